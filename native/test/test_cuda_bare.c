/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Libraries that lack what the meter asks with, and a driver from before capture information: the program runs on, what
 * can't be told is a gap, and a function that is missing is not looked for again and again.
 */

#include <string.h>

#include "check.h"
#include "fake_cuda_script.h"
#include "fake_cublaslt.h"
#include "stub_core.h"

int cublasSgemm_v2(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const float *alpha,
    const void *a, int lda, const void *b, int ldb, const float *beta, void *c, int ldc);

int main(void)
{
    static const float one = 1.0f;
    fake_stream_t stream = { 0 };
    fake_handle_t handle = { .stream = &stream };
    fake_desc_t desc = { .compute = 68 };
    const fake_layout_t layout = { .rows = 10, .cols = 10, .batch = 1 };

    for (uint64_t i = 1; i <= 3; i++)
    {
        CHECK(0 == cublasSgemm_v2(&handle, 0, 0, 3, 5, 7, &one, NULL, 3, NULL, 7, &one, NULL, 3), "status");
        CHECK(i == handle.calls && 0 == stub_last()->calls, "no way to ask for the stream");
        CHECK(1 == stub_gaps(FLOPMETER_GAP_SYMBOL) && i == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
    }
    for (uint64_t i = 4; i <= 5; i++)
    {
        const int status = cublasLtMatmul(&stream, &desc, &one, NULL, &layout, NULL, &layout, NULL, NULL, &layout, NULL,
            &layout, NULL, NULL, 12345, &stream);

        CHECK(0 == status, "status %d", status);
        CHECK(0 == stub_last()->calls, "no way to read a layout");
        CHECK(2 == stub_gaps(FLOPMETER_GAP_SYMBOL) && i == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
    }
    return 0;
}
