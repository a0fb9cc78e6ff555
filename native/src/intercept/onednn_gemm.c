/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * oneDNN's matrix products without a primitive: 2 m n k each, 0 when alpha is 0. Scaling and offsets are not counted.
 */

#include "flopmeter_intercept.h"
#include "onednn_abi.h"

static flopmeter_u128_t product_of(const float alpha, const int64_t m, const int64_t n, const int64_t k)
{
    flopmeter_u128_t product = 2;

    if (0.0f == alpha || m <= 0 || n <= 0 || k <= 0 || __builtin_mul_overflow(product, (flopmeter_u128_t)m, &product) ||
        __builtin_mul_overflow(product, (flopmeter_u128_t)n, &product) ||
        __builtin_mul_overflow(product, (flopmeter_u128_t)k, &product))
    {
        return 0;
    }
    return product;
}

/* One wrapper: the parenthesised lists are its parameters and what it passes on. */
#define GEMM_WRAPPER(routine, precision, parameters, arguments) \
    FLOPMETER_WRAPPER int routine parameters; \
    FLOPMETER_WRAPPER int routine parameters \
    { \
        typedef int routine_fn parameters; \
        FLOPMETER_SYMBOL(symbol, #routine, "", FLOPMETER_SOURCE_ONEDNN); \
        const void *const caller = __builtin_return_address(0); \
        routine_fn *const real = __extension__(routine_fn *)flopmeter_symbol_find(&symbol, &symbol_name, caller); \
        if (NULL == real) \
        { \
            return FLOPMETER_DNNL_UNIMPLEMENTED; \
        } \
        FLOPMETER_GUARD(guard, caller); \
        const int status = real arguments; \
        if (FLOPMETER_DNNL_SUCCESS == status) \
        { \
            flopmeter_guard_count(&guard, precision, FLOPMETER_SOURCE_ONEDNN, product_of(alpha, m, n, k)); \
        } \
        return status; \
    }

#define FLOAT_PARAMETERS \
    char transa, char transb, int64_t m, int64_t n, int64_t k, float alpha, const void *a, int64_t lda, const void *b, \
        int64_t ldb, float beta, float *c, int64_t ldc
#define FLOAT_ARGUMENTS transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc

#define INTEGER_PARAMETERS(offset_t) \
    char transa, char transb, char offsetc, int64_t m, int64_t n, int64_t k, float alpha, const void *a, int64_t lda, \
        offset_t ao, const void *b, int64_t ldb, int8_t bo, float beta, int32_t *c, int64_t ldc, const int32_t *co
#define INTEGER_ARGUMENTS transa, transb, offsetc, m, n, k, alpha, a, lda, ao, b, ldb, bo, beta, c, ldc, co

GEMM_WRAPPER(dnnl_sgemm, FLOPMETER_FP32, (FLOAT_PARAMETERS), (FLOAT_ARGUMENTS))
GEMM_WRAPPER(dnnl_gemm_bf16bf16f32, FLOPMETER_BF16, (FLOAT_PARAMETERS), (FLOAT_ARGUMENTS))
GEMM_WRAPPER(dnnl_gemm_u8s8s32, FLOPMETER_INT8, (INTEGER_PARAMETERS(uint8_t)), (INTEGER_ARGUMENTS))
GEMM_WRAPPER(dnnl_gemm_s8s8s32, FLOPMETER_INT8, (INTEGER_PARAMETERS(int8_t)), (INTEGER_ARGUMENTS))

/* Libraries built for a thread pool of their host. */
GEMM_WRAPPER(
    dnnl_threadpool_interop_sgemm, FLOPMETER_FP32, (FLOAT_PARAMETERS, void *threadpool), (FLOAT_ARGUMENTS, threadpool))
GEMM_WRAPPER(
    dnnl_threadpool_interop_gemm_u8s8s32,
    FLOPMETER_INT8,
    (INTEGER_PARAMETERS(uint8_t), void *threadpool),
    (INTEGER_ARGUMENTS, threadpool))
GEMM_WRAPPER(
    dnnl_threadpool_interop_gemm_s8s8s32,
    FLOPMETER_INT8,
    (INTEGER_PARAMETERS(int8_t), void *threadpool),
    (INTEGER_ARGUMENTS, threadpool))

/*
 * The micro kernels of major 3 (dnnl_ukernel.h) are handles whose shape can't be asked back. Counting them would need
 * a table of handles with its own life; they are named as a gap instead.
 */
#define UKERNEL_WRAPPER(routine, parameters, arguments) \
    FLOPMETER_WRAPPER int routine parameters; \
    FLOPMETER_WRAPPER int routine parameters \
    { \
        typedef int routine_fn parameters; \
        FLOPMETER_SYMBOL(symbol, #routine, "", FLOPMETER_SOURCE_ONEDNN); \
        const void *const caller = __builtin_return_address(0); \
        routine_fn *const real = __extension__(routine_fn *)flopmeter_symbol_find(&symbol, &symbol_name, caller); \
        if (NULL == real) \
        { \
            return FLOPMETER_DNNL_UNIMPLEMENTED; \
        } \
        FLOPMETER_GUARD(guard, caller); \
        const int status = real arguments; \
        if (FLOPMETER_DNNL_SUCCESS == status && flopmeter_guard_is_outermost(&guard)) \
        { \
            flopmeter_core_gap(FLOPMETER_GAP_SHAPE, FLOPMETER_SOURCE_ONEDNN); \
        } \
        return status; \
    }

UKERNEL_WRAPPER(
    dnnl_brgemm_execute,
    (const void *brgemm, const void *a, const void *b, const int64_t *offsets, void *c, void *scratchpad),
    (brgemm, a, b, offsets, c, scratchpad))
UKERNEL_WRAPPER(
    dnnl_brgemm_execute_postops,
    (const void *brgemm,
     const void *a,
     const void *b,
     const int64_t *offsets,
     const void *c,
     void *d,
     void *scratchpad,
     const void *attributes),
    (brgemm, a, b, offsets, c, d, scratchpad, attributes))
