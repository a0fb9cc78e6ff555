/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fake_cuda_script.h"

int cublasDgemm_v2(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const double *alpha,
    const void *a, int lda, const void *b, int ldb, const double *beta, void *c, int ldc);
void bench_calls(int count);

void bench_calls(int count)
{
    const double one = 1.0;
    fake_handle_t handle = { .stream = NULL };

    for (int i = 0; i < count; i++)
    {
        cublasDgemm_v2(&handle, 0, 0, 4, 5, 7, &one, NULL, 4, NULL, 7, &one, NULL, 4);
    }
}
