/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cublasLtMatmul. Its descriptors are opaque, but the library reads them back to anyone: nothing is kept here that
 * could outlive them. 2 m n k each product, complex 8; an epilogue (bias, activation) is not counted.
 */

#include "cublas.h"

typedef int get_attribute_fn(const void *object, int attribute, void *buffer, size_t length, size_t *written);

/* The functions that read descriptors. */
typedef struct reader_stct
{
    get_attribute_fn *layout;
    get_attribute_fn *desc;
}
reader_t;

typedef struct matrix_stct
{
    uint64_t rows;
    uint64_t cols;
    int32_t type;
    int32_t batch;
}
matrix_t;

static bool read_value(
    get_attribute_fn *const get, const void *const object, const int attribute, void *const value, const size_t length)
{
    size_t written = 0;

    return FLOPMETER_CUDA_SUCCESS == get(object, attribute, value, length, &written) && length == written;
}

static bool read_matrix(const reader_t *const reader, const void *const layout, matrix_t *const matrix)
{
    uint32_t batch_mode = 0;

    if (NULL == layout ||
        !read_value(reader->layout, layout, FLOPMETER_CUBLASLT_LAYOUT_ROWS, &matrix->rows, sizeof(matrix->rows)) ||
        !read_value(reader->layout, layout, FLOPMETER_CUBLASLT_LAYOUT_COLS, &matrix->cols, sizeof(matrix->cols)) ||
        !read_value(reader->layout, layout, FLOPMETER_CUBLASLT_LAYOUT_TYPE, &matrix->type, sizeof(matrix->type)) ||
        !read_value(
            reader->layout, layout, FLOPMETER_CUBLASLT_LAYOUT_BATCH_COUNT, &matrix->batch, sizeof(matrix->batch)))
    {
        return false;
    }
    /* Groups of matrices have their sizes on the device. Older libraries have no such attribute, nor groups. */
    return !read_value(
               reader->layout, layout, FLOPMETER_CUBLASLT_LAYOUT_BATCH_MODE, &batch_mode, sizeof(batch_mode)) ||
        batch_mode <= FLOPMETER_CUBLASLT_BATCH_POINTER_ARRAY;
}

static bool product_of(const matrix_t *const left, const uint64_t k, const matrix_t *const result,
    flopmeter_u128_t *const flop_count)
{
    *flop_count = flopmeter_cuda_is_complex(left->type) ? 8 : 2;
    return result->batch >= 0 && !__builtin_mul_overflow(*flop_count, (flopmeter_u128_t)result->rows, flop_count) &&
        !__builtin_mul_overflow(*flop_count, (flopmeter_u128_t)result->cols, flop_count) &&
        !__builtin_mul_overflow(*flop_count, (flopmeter_u128_t)k, flop_count) &&
        !__builtin_mul_overflow(*flop_count, (flopmeter_u128_t)result->batch, flop_count);
}

typedef struct matmul_stct
{
    const void *desc;
    const void *alpha;
    const void *left;
    const void *right;
    const void *result;
    const void *stream;
}
matmul_t;

/* False: the descriptors can't be read, or not as any version known. */
static bool matmul_count(const reader_t *const reader, const matmul_t *const matmul)
{
    flopmeter_u128_t flop_count;
    matrix_t left;
    matrix_t right;
    matrix_t result;
    int32_t compute;
    int32_t scale_type;
    int32_t pointer_mode;
    int32_t transa;

    if (!read_matrix(reader, matmul->left, &left) || !read_matrix(reader, matmul->right, &right) ||
        !read_matrix(reader, matmul->result, &result) ||
        !read_value(reader->desc, matmul->desc, FLOPMETER_CUBLASLT_DESC_COMPUTE_TYPE, &compute, sizeof(compute)) ||
        !read_value(reader->desc, matmul->desc, FLOPMETER_CUBLASLT_DESC_SCALE_TYPE, &scale_type, sizeof(scale_type)) ||
        !read_value(
            reader->desc, matmul->desc, FLOPMETER_CUBLASLT_DESC_POINTER_MODE, &pointer_mode, sizeof(pointer_mode)) ||
        !read_value(reader->desc, matmul->desc, FLOPMETER_CUBLASLT_DESC_TRANSA, &transa, sizeof(transa)) ||
        !product_of(&left, FLOPMETER_CUBLAS_OP_N == transa ? left.cols : left.rows, &result, &flop_count))
    {
        return false;
    }
    flopmeter_shape_t shape = { flop_count, 0, 0 };

    if (FLOPMETER_CUBLAS_POINTER_HOST != pointer_mode)
    {
        shape = (flopmeter_shape_t){ 0, flop_count, 0 };
    }
    else if (NULL == matmul->alpha || flopmeter_cuda_is_zero(matmul->alpha, scale_type))
    {
        return true;
    }
    if (0 != flop_count)
    {
        flopmeter_cuda_count(
            matmul->stream, flopmeter_cublas_precision(left.type, right.type, compute, 0), &shape);
    }
    return true;
}

typedef int matmul_fn(const void *handle, const void *desc, const void *alpha, const void *a, const void *a_layout,
    const void *b, const void *b_layout, const void *beta, const void *c, const void *c_layout, void *d,
    const void *d_layout, const void *algo, void *workspace, size_t workspace_length, const void *stream);

FLOPMETER_WRAPPER matmul_fn cublasLtMatmul;
FLOPMETER_WRAPPER int cublasLtMatmul(const void *const handle, const void *const desc, const void *const alpha,
    const void *const a, const void *const a_layout, const void *const b, const void *const b_layout,
    const void *const beta, const void *const c, const void *const c_layout, void *const d, const void *const d_layout,
    const void *const algo, void *const workspace, const size_t workspace_length, const void *const stream)
{
    FLOPMETER_SYMBOL(symbol, "cublasLtMatmul", "", FLOPMETER_SOURCE_CUDA);
    FLOPMETER_BEGIN(matmul_fn)
    if (NULL == real)
    {
        return FLOPMETER_CUBLAS_NOT_SUPPORTED;
    }
    FLOPMETER_GUARD(guard, caller);
    FLOPMETER_CUDA_CALL(guard);
    const int status = real(handle, desc, alpha, a, a_layout, b, b_layout, beta, c, c_layout, d, d_layout, algo,
        workspace, workspace_length, stream);

    if (FLOPMETER_CUDA_SUCCESS == status && flopmeter_guard_is_outermost(&guard))
    {
        const void *const library = (const void *)(uintptr_t)real;
        FLOPMETER_BESIDE(get_layout, get_attribute_fn, "cublasLtMatrixLayoutGetAttribute", library);
        FLOPMETER_BESIDE(get_desc, get_attribute_fn, "cublasLtMatmulDescGetAttribute", library);
        const reader_t reader = { get_layout, get_desc };
        const matmul_t matmul = { desc, alpha, a_layout, b_layout, d_layout, stream };

        if (NULL == get_layout || NULL == get_desc || !matmul_count(&reader, &matmul))
        {
            flopmeter_cuda_gap();
        }
    }
    return status;
}
