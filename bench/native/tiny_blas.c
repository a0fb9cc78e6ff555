/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A dgemm of our own behind the standard name, column major, no transposes: the plain call that interception is
 * measured against.
 */

#include <stddef.h>

#include "tiny_blas.h"

void dgemm_(
    const char *trans_a,
    const char *trans_b,
    const int *m,
    const int *n,
    const int *k,
    const double *alpha,
    const double *a,
    const int *lda,
    const double *b,
    const int *ldb,
    const double *beta,
    double *c,
    const int *ldc)
{
    (void)trans_a;
    (void)trans_b;
    for (int j = 0; j < *n; j++)
    {
        double *const column = c + (ptrdiff_t)j * *ldc;
        for (int i = 0; i < *m; i++)
        {
            column[i] *= *beta;
        }
        for (int p = 0; p < *k; p++)
        {
            const double factor = *alpha * b[p + (ptrdiff_t)j * *ldb];
            const double *const source = a + (ptrdiff_t)p * *lda;
            for (int i = 0; i < *m; i++)
            {
                column[i] += factor * source[i];
            }
        }
    }
}
