/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A driver that can tell that a stream is captured, but not into what.
 */

#include "check.h"
#include "fake_cuda_script.h"
#include "stub_core.h"

int cublasSgemm_v2(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const float *alpha,
    const void *a, int lda, const void *b, int ldb, const float *beta, void *c, int ldc);

int main(void)
{
    static const float one = 1.0f;
    fake_stream_t stream = { 0 };
    fake_handle_t handle = { .stream = &stream };
    void *graph = NULL;
    void *exec = NULL;

    CHECK(0 == cublasSgemm_v2(&handle, 0, 0, 3, 5, 7, &one, NULL, 3, NULL, 7, &one, NULL, 3), "status");
    CHECK(210 == stub_last()->sum && 0 == stub_gaps(FLOPMETER_GAP_SHAPE), "not captured");
    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    CHECK(0 == cublasSgemm_v2(&handle, 0, 0, 3, 5, 7, &one, NULL, 3, NULL, 7, &one, NULL, 3), "status");
    CHECK(210 == stub_last()->sum && 1 == stub_gaps(FLOPMETER_GAP_SHAPE), "captured");
    CHECK(0 == cudaStreamEndCapture(&stream, &graph), "end");
    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0) && 0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK(210 == stub_last()->sum, "nothing is known of that graph");
    return 0;
}
