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
void inject_graph(void (*launched)(void), int launches);

void inject_gemm(void (*hook)(void))
{
    static const float one = 1.0f;
    fake_handle_t handle = { .hook = hook };

    CHECK(0 == cublasSgemm_v2(&handle, 0, 0, 3, 5, 7, &one, NULL, 3, NULL, 7, &one, NULL, 3), "status");
}

static fake_stream_t stream;

static void make_node(void)
{
    fake_graph_node(stream.graph, 0, "gemm", 4, NULL);
}

/* A kernel of the program's own, a product, and another kernel of the program's that is the product's in all but its
   grid; launched so many times. */
void inject_graph(void (*launched)(void), int launches)
{
    static const float one = 1.0f;
    fake_handle_t handle = { .stream = &stream, .hook = make_node };
    void *graph = NULL;
    void *exec = NULL;

    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    fake_graph_node(stream.graph, 0, "relu", 4, NULL);
    CHECK(0 == cublasSgemm_v2(&handle, 0, 0, 3, 5, 7, &one, NULL, 3, NULL, 7, &one, NULL, 3), "status");
    fake_graph_node(stream.graph, 0, "gemm", 5, NULL);
    CHECK(0 == cudaStreamEndCapture(&stream, &graph) && 0 == cudaGraphInstantiate(&exec, graph, 0), "end");
    CHECK(0 == cudaGraphDestroy(graph), "destroy");
    fake_graph_launches(launched);
    for (int i = 0; i < launches; i++)
    {
        CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    }
    fake_graph_launches(NULL);
    CHECK(0 == cudaGraphExecDestroy(exec), "destroy");
}
