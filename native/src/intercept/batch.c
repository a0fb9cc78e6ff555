/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * MKL's batched gemm by groups (OpenBLAS has it too): arrays of sizes, one entry per group. The only BLAS whose shape
 * is not in its scalar arguments, so it is not in the table.
 */

#include "flopmeter_shape.h"

typedef struct batch_stct
{
    const void *transa;
    const void *transb;
    const void *m;
    const void *n;
    const void *k;
    const void *alpha;
    const void *lda;
    const void *ldb;
    const void *ldc;
    const void *group_size;
    int64_t group_count;
    int row;
    bool is_cblas;
    bool is_wide;
    char type;
}
batch_t;

static int64_t integer_at(const batch_t *const batch, const void *const array, const int64_t index)
{
    return batch->is_wide ? flopmeter_int64((const int64_t *)array + index)
                          : flopmeter_int32((const int32_t *)array + index);
}

static char option_at(const batch_t *const batch, const void *const array, const int64_t index)
{
    return batch->is_cblas ? flopmeter_enumerator(((const int *)array)[index])
                           : flopmeter_letter((const char *)array + index);
}

/* Sum over groups; one refused group refuses the call. */
static flopmeter_u128_t batch_flop_count(const batch_t *const batch)
{
    const bool is_complex = 'c' == batch->type || 'z' == batch->type;
    const size_t scalar_length = (size_t)('s' == batch->type ? 4 : 'z' == batch->type ? 16 : 8);
    flopmeter_u128_t total = 0;

    for (int64_t g = 0; g < batch->group_count; g++)
    {
        const char transa = option_at(batch, batch->transa, g);
        const char transb = option_at(batch, batch->transb, g);
        const int64_t m = integer_at(batch, batch->m, g);
        const int64_t n = integer_at(batch, batch->n, g);
        const int64_t k = integer_at(batch, batch->k, g);
        const int64_t size = integer_at(batch, batch->group_size, g);
        const int row = batch->row;

        if (row < 0 || !IN(transa, "NTCR") || !IN(transb, "NTCR") || m < 0 || n < 0 || k < 0 || size < 0 ||
            !LD(integer_at(batch, batch->lda, g), transa, m, k) ||
            !LD(integer_at(batch, batch->ldb, g), transb, k, n) || !LD(integer_at(batch, batch->ldc, g), 'N', m, n))
        {
            return 0;
        }
        if (!flopmeter_is_zero((const char *)batch->alpha + (size_t)g * scalar_length, batch->type))
        {
            const flopmeter_i128_t products = (flopmeter_i128_t)m * n * k * size;

            total += flopmeter_total(is_complex, products, products, 1);
        }
    }
    return total;
}

#define BATCH_ARRAYS                                                                                                   \
    const void *const transa, const void *const transb, const void *const m, const void *const n, const void *const k, \
        const void *const alpha, const void *const a, const void *const lda, const void *const b,                      \
        const void *const ldb, const void *const beta, const void *const c, const void *const ldc
#define BATCH_NAMES transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc
#define BATCH_TYPES                                                                                                    \
    const void *, const void *, const void *, const void *, const void *, const void *, const void *, const void *,    \
        const void *, const void *, const void *, const void *, const void *
#define BATCH_COUNT(letter, count, layout, by_cblas, wide)                                                             \
    FLOPMETER_GUARD(guard, caller);                                                                                    \
    const batch_t batch = {transa, transb,     m,       n,        k,        alpha, lda,   ldb,                         \
                           ldc,    group_size, (count), (layout), by_cblas, wide,  letter};                            \
    const flopmeter_u128_t flop_count = flopmeter_guard_is_outermost(&guard) ? batch_flop_count(&batch) : 0;
#define BATCH_END(letter)                                                                                              \
    flopmeter_guard_count(                                                                                             \
        &guard, ('s' == letter || 'c' == letter) ? FLOPMETER_FP32 : FLOPMETER_FP64, FLOPMETER_SOURCE_BLAS,             \
        flop_count);

#define BATCH_FORTRAN(letter, wrapped, sister, bits, wide)                                                             \
    void wrapped(BATCH_TYPES, const void *, const void *, size_t, size_t);                                             \
    FLOPMETER_WRAPPER void wrapped(                                                                                    \
        BATCH_ARRAYS, const void *const group_count, const void *const group_size, const size_t length_a,              \
        const size_t length_b)                                                                                         \
    {                                                                                                                  \
        typedef void real_t(BATCH_TYPES, const void *, const void *, size_t, size_t);                                  \
        FLOPMETER_SYMBOL(symbol, #wrapped, sister, FLOPMETER_SOURCE_BLAS);                                             \
        FLOPMETER_BEGIN(real_t)                                                                                        \
        if (NULL == real)                                                                                              \
        {                                                                                                              \
            return;                                                                                                    \
        }                                                                                                              \
        BATCH_COUNT(letter, flopmeter_int##bits(group_count), 0, false, wide)                                          \
        real(BATCH_NAMES, group_count, group_size, length_a, length_b);                                                \
        BATCH_END(letter)                                                                                              \
    }

#define BATCH_CBLAS(letter, wrapped, sister, bits, wide)                                                               \
    void wrapped(int, BATCH_TYPES, int64_t, const void *);                                                             \
    FLOPMETER_WRAPPER void wrapped(                                                                                    \
        const int order, BATCH_ARRAYS, const int64_t group_count, const void *const group_size)                        \
    {                                                                                                                  \
        typedef void real_t(int, BATCH_TYPES, int64_t, const void *);                                                  \
        FLOPMETER_SYMBOL(symbol, #wrapped, sister, FLOPMETER_SOURCE_BLAS);                                             \
        FLOPMETER_BEGIN(real_t)                                                                                        \
        if (NULL == real)                                                                                              \
        {                                                                                                              \
            return;                                                                                                    \
        }                                                                                                              \
        BATCH_COUNT(letter, (int##bits##_t)group_count, flopmeter_layout(order), true, wide)                           \
        real(order, BATCH_NAMES, group_count, group_size);                                                             \
        BATCH_END(letter)                                                                                              \
    }

#define BATCH(letter, base)                                                                                            \
    BATCH_FORTRAN(letter, base##_, "", 32, false)                                                                    \
    BATCH_FORTRAN(letter, base##_64_, #base "_64", 64, true)                                                           \
    BATCH_FORTRAN(letter, base##_64, #base "_64_", 64, true)                                                           \
    BATCH_FORTRAN(letter, scipy_##base##_64_, #base "_64_", 64, true)                                                  \
    BATCH_CBLAS(letter, cblas_##base, "scipy_cblas_" #base, 32, false)                                                 \
    BATCH_CBLAS(letter, cblas_##base##64_, "cblas_" #base "_64", 64, true)                                             \
    BATCH_CBLAS(letter, cblas_##base##_64, "cblas_" #base "64_", 64, true)                                             \
    BATCH_CBLAS(letter, scipy_cblas_##base##64_, "cblas_" #base "64_", 64, true)

BATCH('s', sgemm_batch)
BATCH('d', dgemm_batch)
BATCH('c', cgemm_batch)
BATCH('z', zgemm_batch)
