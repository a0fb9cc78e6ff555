/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A libcublas.so.13 that multiplies nothing and looks at what it is asked for. FAKE_CUBLAS: "create" cannot be opened,
 * "refuse" multiplies nothing with CUBLAS_STATUS_NOT_SUPPORTED.
 */

#include <stdlib.h>
#include <string.h>

/* The entry points are the library's: no header of ours declares them. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#define FAKE_EXPORT __attribute__((visibility("default")))
#define NOT_INITIALIZED (1)
#define INVALID_VALUE (7)
#define NOT_SUPPORTED (15)
#define CUDA_R_16BF (14)
#define CUDA_R_32F (0)
#define COMPUTE_32F (68)

static int handle_in_use;

static int mode_is(const char *mode)
{
    const char *const chosen = getenv("FAKE_CUBLAS");
    return NULL != chosen && 0 == strcmp(chosen, mode);
}

FAKE_EXPORT int cublasCreate_v2(void **handle)
{
    *handle = &handle_in_use;
    return mode_is("create") ? NOT_INITIALIZED : 0;
}

FAKE_EXPORT int cublasDestroy_v2(void *handle)
{
    return &handle_in_use == handle ? 0 : NOT_INITIALIZED;
}

FAKE_EXPORT int cublasGetPointerMode_v2(void *handle, int *mode)
{
    *mode = 0;
    return &handle_in_use == handle ? 0 : NOT_INITIALIZED;
}

FAKE_EXPORT int cublasGetMathMode(void *handle, int *mode)
{
    *mode = 0;
    return &handle_in_use == handle ? 0 : NOT_INITIALIZED;
}

FAKE_EXPORT int cublasGetStream_v2(void *handle, void **stream)
{
    *stream = NULL;
    return &handle_in_use == handle ? 0 : NOT_INITIALIZED;
}

static int look(const void *handle, int m, int n, int k, int lda, int ldb, int ldc)
{
    return &handle_in_use != handle ? NOT_INITIALIZED : mode_is("refuse") ? NOT_SUPPORTED :
        193 == m && 161 == n && 227 == k && m <= lda && k <= ldb && m <= ldc ? 0 : INVALID_VALUE;
}

FAKE_EXPORT int cublasDgemm_v2(void *handle, int transpose_a, int transpose_b, int m, int n, int k,
    const double *alpha, const void *a, int lda, const void *b, int ldb, const double *beta, void *c, int ldc)
{
    return 0 != transpose_a || 0 != transpose_b || 1.0 != *alpha || 1.0 != *beta || NULL == a || NULL == b ||
        NULL == c ? INVALID_VALUE : look(handle, m, n, k, lda, ldb, ldc);
}

FAKE_EXPORT int cublasSgemm_v2(void *handle, int transpose_a, int transpose_b, int m, int n, int k,
    const float *alpha, const void *a, int lda, const void *b, int ldb, const float *beta, void *c, int ldc)
{
    return 0 != transpose_a || 0 != transpose_b || 1.0f != *alpha || 1.0f != *beta || NULL == a || NULL == b ||
        NULL == c ? INVALID_VALUE : look(handle, m, n, k, lda, ldb, ldc);
}

FAKE_EXPORT int cublasGemmEx(void *handle, int transpose_a, int transpose_b, int m, int n, int k, const void *alpha,
    const void *a, int type_a, int lda, const void *b, int type_b, int ldb, const void *beta, void *c, int type_c,
    int ldc, int compute, int algorithm)
{
    float scalars[2];
    memcpy(&scalars[0], alpha, sizeof(float));
    memcpy(&scalars[1], beta, sizeof(float));
    return 0 != transpose_a || 0 != transpose_b || 1.0f != scalars[0] || 1.0f != scalars[1] || NULL == a ||
        NULL == b || NULL == c || CUDA_R_16BF != type_a || CUDA_R_16BF != type_b || CUDA_R_32F != type_c ||
        COMPUTE_32F != compute || -1 != algorithm ? INVALID_VALUE : look(handle, m, n, k, lda, ldb, ldc);
}
