/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Batched gemm by groups: the sum over groups, in both integer widths and all four precisions. Usage: FAKE_ONE
 */

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fake_blas.h"
#include "stub_core.h"

int64_t main_call(fake_call_t *function, const double *d, const int64_t *a);

typedef struct variant_stct
{
    const char *symbol;
    char type;
    bool is_cblas;
    bool is_wide;
}
variant_t;

static const variant_t variants[] = {
    { "sgemm_batch_", 's', false, false },       { "dgemm_batch_64_", 'd', false, true },
    { "scipy_cgemm_batch_64_", 'c', false, true }, { "cblas_zgemm_batch", 'z', true, false },
    { "scipy_cblas_dgemm_batch64_", 'd', true, true }, { "cblas_sgemm_batch_64", 's', true, true },
};

static int64_t wide[8][2];
static int32_t narrow[8][2];
static char letters[2][2] = { { 'N', 'T' }, { 'n', 'c' } };
static int enumerators[2][2] = { { 111, 112 }, { 111, 113 } };
static float single[4] = { 1, 0, 1, 0 };
static double full[4] = { 1, 0, 1, 0 };

/* m n k lda ldb ldc size of two groups. */
static const int64_t sizes[7][2] = { { 3, 10 }, { 4, 11 }, { 5, 12 }, { 16, 16 }, { 16, 16 }, { 16, 16 }, { 7, 2 } };

static int64_t pointer_to(const variant_t *const variant, const int index)
{
    return variant->is_wide ? (int64_t)(uintptr_t)wide[index] : (int64_t)(uintptr_t)narrow[index];
}

static void call(const variant_t *const variant)
{
    void *const object = dlsym(RTLD_DEFAULT, variant->symbol);
    const bool is_single = 's' == variant->type || 'c' == variant->type;
    const int64_t alpha = is_single ? (int64_t)(uintptr_t)single : (int64_t)(uintptr_t)full;
    const double d[2] = { 0, 0 };
    int64_t a[FAKE_WORDS] = { 0 };
    int w = 0;

    if (variant->is_cblas)
    {
        a[w++] = 102;
    }
    for (int side = 0; side < 2; side++)
    {
        a[w++] = variant->is_cblas ? (int64_t)(uintptr_t)enumerators[side] : (int64_t)(uintptr_t)letters[side];
    }
    a[w++] = pointer_to(variant, 0);
    a[w++] = pointer_to(variant, 1);
    a[w++] = pointer_to(variant, 2);
    a[w++] = alpha;
    w++;
    a[w++] = pointer_to(variant, 3);
    w++;
    a[w++] = pointer_to(variant, 4);
    a[w++] = alpha;
    w++;
    a[w++] = pointer_to(variant, 5);
    wide[7][0] = narrow[7][0] = 2;
    a[w++] = variant->is_cblas ? 2 : pointer_to(variant, 7);
    a[w] = pointer_to(variant, 6);
    memset(stub_last(), 0, sizeof(*stub_last()));
    main_call((fake_call_t *)(uintptr_t)object, d, a);
}

static int check(const variant_t *const variant, const int64_t products)
{
    const int64_t expected = products * ('c' == variant->type || 'z' == variant->type ? 8 : 2);

    call(variant);
    if ((flopmeter_u128_t)expected != stub_last()->sum)
    {
        fprintf(stderr, "%s: expected %lld, counted %lld\n", variant->symbol, (long long)expected,
            (long long)stub_last()->sum);
        return 1;
    }
    return 0;
}

int main(const int argc, char **const argv)
{
    int wrong = 0;

    if (argc < 2 || NULL == dlopen(argv[1], RTLD_NOW | RTLD_LOCAL))
    {
        fprintf(stderr, "usage, or %s\n", dlerror());
        return 1;
    }
    for (size_t v = 0; v < sizeof(variants) / sizeof(variants[0]); v++)
    {
        const bool is_wider = 'c' == variants[v].type || 'z' == variants[v].type;

        for (int i = 0; i < 7; i++)
        {
            for (int g = 0; g < 2; g++)
            {
                wide[i][g] = sizes[i][g];
                narrow[i][g] = (int32_t)sizes[i][g];
            }
        }
        single[1] = is_wider ? 0 : 1;
        full[1] = is_wider ? 0 : 1;
        wrong += check(&variants[v], 7 * 3 * 4 * 5 + 2 * 10 * 11 * 12);
        single[is_wider ? 2 : 1] = 0;
        full[is_wider ? 2 : 1] = 0;
        wrong += check(&variants[v], 7 * 3 * 4 * 5);
        single[2] = 1;
        full[2] = 1;
        wide[3][1] = narrow[3][1] = 2;
        wrong += check(&variants[v], 0);
    }
    printf("%d wrong\n", wrong);
    return 0 == wrong ? 0 : 1;
}
