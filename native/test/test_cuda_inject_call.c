/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The call of test_cuda_inject.c: apart, since the fakes of driver and libraries have names in common.
 */

#include <stddef.h>

#include "check.h"
#include "fake_cuda_script.h"

int cublasSgemm_v2(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const float *alpha,
    const void *a, int lda, const void *b, int ldb, const float *beta, void *c, int ldc);
void inject_gemm(void (*hook)(void));

void inject_gemm(void (*hook)(void))
{
    static const float one = 1.0f;
    fake_handle_t handle = { .hook = hook };

    CHECK(0 == cublasSgemm_v2(&handle, 0, 0, 3, 5, 7, &one, NULL, 3, NULL, 7, &one, NULL, 3), "status");
}
