/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_TINY_BLAS_H
#define FLOPMETER_TINY_BLAS_H

/** C := alpha A B + beta C, column major, LP64; the transpose letters are not looked at. */
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
    const int *ldc);

#endif /* FLOPMETER_TINY_BLAS_H */
