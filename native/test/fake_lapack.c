/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A LAPACK that works by calling BLAS through the dynamic linker, as the reference one does: one count each.
 */

#include <stddef.h>
#include <stdint.h>

#include "fake_blas.h"

void dgemm_(
    const char *transa,
    const char *transb,
    const int32_t *m,
    const int32_t *n,
    const int32_t *k,
    const double *alpha,
    const void *a,
    const int32_t *lda,
    const void *b,
    const int32_t *ldb,
    const double *beta,
    void *c,
    const int32_t *ldc);
void dgetrf_(const int32_t *m, const int32_t *n, void *a, const int32_t *lda, int32_t *ipiv, int32_t *info);
void xerbla_(const char *name, const int32_t *info, size_t length);
void dgesv_(
    const int32_t *n,
    const int32_t *nrhs,
    void *a,
    const int32_t *lda,
    int32_t *ipiv,
    void *b,
    const int32_t *ldb,
    int32_t *info);
void cblas_dgemm(
    int order,
    int transa,
    int transb,
    int32_t m,
    int32_t n,
    int32_t k,
    double alpha,
    const void *a,
    int32_t lda,
    const void *b,
    int32_t ldb,
    double beta,
    void *c,
    int32_t ldc);
void (**fake_lapack_hook(void))(void);

static __thread void (*hook)(void);

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void (**fake_lapack_hook(void))(void)
{
    return &hook;
}

EXPORTED void cblas_dgemm(
    const int order,
    const int transa,
    const int transb,
    const int32_t m,
    const int32_t n,
    const int32_t k,
    const double alpha,
    const void *const a,
    const int32_t lda,
    const void *const b,
    const int32_t ldb,
    const double beta,
    void *const c,
    const int32_t ldc)
{
    (void)order, (void)transa, (void)transb;
    dgemm_("N", "N", &m, &n, &k, &alpha, a, &lda, b, &ldb, &beta, c, &ldc);
}

EXPORTED void dgesv_(
    const int32_t *const n,
    const int32_t *const nrhs,
    void *const a,
    const int32_t *const lda,
    int32_t *const ipiv,
    void *const b,
    const int32_t *const ldb,
    int32_t *const info)
{
    const double one = 1;

    dgetrf_(n, n, a, lda, ipiv, info);
    for (int i = 0; i < 3; i++)
    {
        dgemm_("N", "N", n, nrhs, n, &one, a, lda, b, ldb, &one, b, ldb);
    }
    if (*n > 1000)
    {
        xerbla_("DGESV ", n, 6);
    }
    if (NULL != hook)
    {
        hook();
    }
}

/* R's and Octave's leave by longjmp. */
EXPORTED void xerbla_(const char *const name, const int32_t *const info, const size_t length)
{
    (void)name, (void)info, (void)length;
    if (NULL != hook)
    {
        hook();
    }
}
