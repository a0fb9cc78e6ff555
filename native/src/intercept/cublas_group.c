/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuBLAS's grouped gemm: arrays of sizes in host memory, one entry per group, as MKL's batches have them (batch.c). And
 * what has no formula of its own: a gap.
 */

#include "cublas.h"

typedef uint64_t word_t;

/* Arrays of one call; the widths of their elements. */
typedef struct groups_stct
{
    word_t m;
    word_t n;
    word_t k;
    word_t alpha;
    word_t size;
    int64_t count;
    int32_t alpha_type;
    int32_t operand;
    bool is_wide;
}
groups_t;

static int64_t integer_at(const groups_t *const groups, const word_t array, const int64_t index)
{
    const void *const base = (const void *)(uintptr_t)array;

    return groups->is_wide ? flopmeter_int64((const int64_t *)base + index)
                           : flopmeter_int32((const int32_t *)base + index);
}

static size_t length_of(const int32_t type)
{
    return FLOPMETER_CUDA_R_16F == type || FLOPMETER_CUDA_R_16BF == type ? 2
        : FLOPMETER_CUDA_R_32F == type || FLOPMETER_CUDA_R_32I == type   ? 4
        : FLOPMETER_CUDA_C_64F == type                                   ? 16
                                                                         : 8;
}

static flopmeter_u128_t groups_flop_count(const groups_t *const groups)
{
    const char *const alpha = (const char *)(uintptr_t)groups->alpha;
    const int is_complex = flopmeter_cuda_is_complex(groups->operand);
    flopmeter_u128_t total = 0;

    for (int64_t g = 0; g < groups->count; g++)
    {
        const int64_t m = integer_at(groups, groups->m, g);
        const int64_t n = integer_at(groups, groups->n, g);
        const int64_t k = integer_at(groups, groups->k, g);
        const int64_t size = integer_at(groups, groups->size, g);

        if (m > 0 && n > 0 && k > 0 && size > 0 &&
            !flopmeter_cuda_is_zero(alpha + (size_t)g * length_of(groups->alpha_type), groups->alpha_type))
        {
            const flopmeter_i128_t products = (flopmeter_i128_t)m * n * k * size;

            total += flopmeter_total(is_complex, products, products, 1);
        }
    }
    return total;
}

/* The scalars are arrays in host memory by the routine's definition, so no pointer mode is asked. */
#define GROUPED_COUNT(type, compute_type, wide)                                                                        \
    const int status = real GROUPED_ARGUMENTS;                                                                         \
    if (FLOPMETER_CUDA_SUCCESS == status && flopmeter_guard_is_outermost(&guard))                                      \
    {                                                                                                                  \
        const groups_t groups = { m, n, k, alpha, size, (wide) ? (int64_t)count : (int32_t)count,                      \
            flopmeter_cublas_scale_type((compute_type), (type)), (type), wide };                                       \
        const flopmeter_cublas_call_t call = { (const void *)(uintptr_t)real, (const void *)(uintptr_t)handle, NULL,   \
            0, (type), (type), (compute_type), true };                                                                 \
        flopmeter_cublas_count(&call, groups_flop_count(&groups));                                                     \
    }                                                                                                                  \
    return status;

#define GROUPED(routine, type, compute_type, wide)                                                                     \
    FLOPMETER_WRAPPER int routine GROUPED_PARAMETERS;                                                                  \
    FLOPMETER_WRAPPER int routine GROUPED_PARAMETERS                                                                   \
    {                                                                                                                  \
        typedef int real_t GROUPED_PARAMETERS;                                                                         \
        FLOPMETER_SYMBOL(symbol, #routine, "", FLOPMETER_SOURCE_CUDA);                                                 \
        FLOPMETER_BEGIN(real_t)                                                                                        \
        if (NULL == real)                                                                                              \
        {                                                                                                              \
            return FLOPMETER_CUBLAS_NOT_SUPPORTED;                                                                     \
        }                                                                                                              \
        FLOPMETER_GUARD(guard, caller);                                                                                \
        FLOPMETER_CUDA_CALL(guard);                                                                                    \
        GROUPED_COUNT(type, compute_type, wide)                                                                        \
    }

#define GROUPED_PARAMETERS                                                                                             \
    (word_t handle, word_t transa, word_t transb, word_t m, word_t n, word_t k, word_t alpha, word_t a, word_t lda,    \
     word_t b, word_t ldb, word_t beta, word_t c, word_t ldc, word_t count, word_t size)
#define GROUPED_ARGUMENTS (handle, transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, count, size)

GROUPED(cublasSgemmGroupedBatched, FLOPMETER_CUDA_R_32F, FLOPMETER_CUBLAS_COMPUTE_NONE, false)
GROUPED(cublasSgemmGroupedBatched_64, FLOPMETER_CUDA_R_32F, FLOPMETER_CUBLAS_COMPUTE_NONE, true)
GROUPED(cublasDgemmGroupedBatched, FLOPMETER_CUDA_R_64F, FLOPMETER_CUBLAS_COMPUTE_64F, false)
GROUPED(cublasDgemmGroupedBatched_64, FLOPMETER_CUDA_R_64F, FLOPMETER_CUBLAS_COMPUTE_64F, true)

#undef GROUPED_PARAMETERS
#undef GROUPED_ARGUMENTS
#define GROUPED_PARAMETERS                                                                                             \
    (word_t handle, word_t transa, word_t transb, word_t m, word_t n, word_t k, word_t alpha, word_t a, word_t atype,  \
     word_t lda, word_t b, word_t btype, word_t ldb, word_t beta, word_t c, word_t ctype, word_t ldc, word_t count,    \
     word_t size, word_t compute)
#define GROUPED_ARGUMENTS                                                                                              \
    (handle, transa, transb, m, n, k, alpha, a, atype, lda, b, btype, ldb, beta, c, ctype, ldc, count, size, compute)

GROUPED(cublasGemmGroupedBatchedEx, (int32_t)atype, (int32_t)compute, false)
GROUPED(cublasGemmGroupedBatchedEx_64, (int32_t)atype, (int32_t)compute, true)

/* Rotations whose types are all arguments: real and complex mixed in ways that have no one formula. */
#define UNCOUNTED(routine)                                                                                             \
    FLOPMETER_WRAPPER int routine UNCOUNTED_PARAMETERS;                                                                \
    FLOPMETER_WRAPPER int routine UNCOUNTED_PARAMETERS                                                                 \
    {                                                                                                                  \
        typedef int real_t UNCOUNTED_PARAMETERS;                                                                       \
        FLOPMETER_SYMBOL(symbol, #routine, "", FLOPMETER_SOURCE_CUDA);                                                 \
        FLOPMETER_BEGIN(real_t)                                                                                        \
        if (NULL == real)                                                                                              \
        {                                                                                                              \
            return FLOPMETER_CUBLAS_NOT_SUPPORTED;                                                                     \
        }                                                                                                              \
        FLOPMETER_GUARD(guard, caller);                                                                                \
        FLOPMETER_CUDA_CALL(guard);                                                                                    \
        const int status = real(handle, n, x, xtype, incx, y, ytype, incy, c, s, cstype, execution);                   \
        if (FLOPMETER_CUDA_SUCCESS == status && flopmeter_guard_is_outermost(&guard))                                  \
        {                                                                                                              \
            flopmeter_cuda_gap();                                                                                      \
        }                                                                                                              \
        return status;                                                                                                 \
    }

#define UNCOUNTED_PARAMETERS                                                                                           \
    (word_t handle, word_t n, word_t x, word_t xtype, word_t incx, word_t y, word_t ytype, word_t incy, word_t c,      \
     word_t s, word_t cstype, word_t execution)

UNCOUNTED(cublasRotEx)
UNCOUNTED(cublasRotEx_64)
UNCOUNTED(cublasRotmEx)
UNCOUNTED(cublasRotmEx_64)
