/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Captures and graphs: a call that is captured counts nothing, each launch of what was captured counts it; and what
 * can't be followed is a gap. The calls are plain ones, bound to the versioned symbols of the fake libraries.
 */

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "cuda_abi.h"
#include "fake_cuda_script.h"
#include "stub_core.h"
#include "watch/cuda_watch.h"

int cublasSgemm_v2(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const float *alpha,
    const void *a, int lda, const void *b, int ldb, const float *beta, void *c, int ldc);
int cublasGemmEx(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const void *alpha, const void *a,
    int atype, int lda, const void *b, int btype, int ldb, const void *beta, void *c, int ctype, int ldc, int compute,
    int algo);

static fake_stream_t stream;
static fake_handle_t handle = { .stream = &stream };
static const float one = 1.0f;

static void gemm(fake_handle_t *const with, const int m)
{
    CHECK(
        0 == cublasSgemm_v2(with, 0, 0, m, 5, 7, &one, NULL, m, NULL, 7, &one, NULL, m), "status of the real routine");
}

static void gemm_bf16(const int m)
{
    CHECK(
        0 == cublasGemmEx(&handle, 0, 0, m, 5, 7, &one, NULL, 14, m, NULL, 14, 7, &one, NULL, 14, m, 68, -1),
        "status of the real routine");
}

/* What this thread counted since the last look, as fp32 and bf16. */
static uint64_t counted(const flopmeter_precision_t precision)
{
    const uint64_t flop_count = (uint64_t)stub_last()->by_precision[precision];

    stub_last()->by_precision[precision] = 0;
    return flop_count;
}

#define CHECK_COUNTED(fp32, bf16)                                                                                      \
    do                                                                                                                 \
    {                                                                                                                  \
        const uint64_t got_fp32 = counted(FLOPMETER_FP32);                                                             \
        const uint64_t got_bf16 = counted(FLOPMETER_BF16);                                                             \
        CHECK((uint64_t)(fp32) == got_fp32, "fp32 counted %llu", (unsigned long long)got_fp32);                        \
        CHECK((uint64_t)(bf16) == got_bf16, "bf16 counted %llu", (unsigned long long)got_bf16);                        \
    }                                                                                                                  \
    while (0)

#define CHECK_GAPS(expected)                                                                                           \
    CHECK((uint64_t)(expected) == stub_gaps(FLOPMETER_GAP_SHAPE), "%llu gaps",                                         \
        (unsigned long long)stub_gaps(FLOPMETER_GAP_SHAPE))

static void *capture(const int m)
{
    void *graph = NULL;

    CHECK(0 == cudaStreamBeginCapture(&stream, 1), "begin");
    gemm(&handle, m);
    gemm_bf16(2 * m);
    gemm(&handle, m);
    CHECK(0 == cudaStreamEndCapture(&stream, &graph) && NULL != graph, "end");
    CHECK_COUNTED(0, 0);
    return graph;
}

static void should_count_each_launch(void)
{
    void *const graph = capture(3);
    void *exec = NULL;
    void *other = NULL;
    unsigned long long parameters[5] = { 0 };

    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    CHECK(0 == cudaGraphInstantiateWithParams(&other, graph, parameters), "instantiate");
    CHECK(0 == cudaGraphDestroy(graph), "destroy"); /* as PyTorch does */
    CHECK_COUNTED(0, 0);
    for (int i = 0; i < 17; i++)
    {
        CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
        CHECK_COUNTED(2 * 2 * 3 * 5 * 7, 2 * 6 * 5 * 7);
    }
    CHECK(0 == cuGraphLaunch(other, &stream), "launch by the driver");
    CHECK_COUNTED(2 * 2 * 3 * 5 * 7, 2 * 6 * 5 * 7);
    fake_cuda_fail(2);
    CHECK(2 == cudaGraphLaunch(exec, &stream), "a launch that fails");
    fake_cuda_fail(0);
    CHECK_COUNTED(0, 0);
    CHECK(0 == cudaGraphExecDestroy(exec), "destroy");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "the fake does not mind");
    CHECK_COUNTED(0, 0);
    gemm(&handle, 4);
    CHECK_COUNTED(2 * 4 * 5 * 7, 0);
    CHECK_GAPS(0);
}

/* Addresses come again: what was there before must not be counted. */
static void should_forget_what_is_gone(void)
{
    static char place[4];
    void *const addresses[] = { &place[0], &place[1], &place[0], &place[1], &place[2], &place[1] };
    void *exec = NULL;
    void *graph = NULL;

    fake_cuda_next(addresses, 6);
    graph = capture(3);
    CHECK(0 == cudaGraphInstantiateWithFlags(&exec, graph, 1), "instantiate");
    CHECK(0 == cudaStreamBeginCapture(&stream, 0) && &place[0] == stream.graph, "the same graph again");
    gemm(&handle, 9);
    CHECK(0 == cudaStreamEndCapture(&stream, &graph), "end");
    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0) && &place[1] == exec, "the same instance again");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK_COUNTED(2 * 9 * 5 * 7, 0);
    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    CHECK(0 == cudaStreamEndCapture(&stream, &graph), "an empty capture");
    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0) && &place[1] == exec, "the same instance again");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK_COUNTED(0, 0);
    fake_cuda_next(NULL, 0);
    CHECK_GAPS(0);
}

static void should_forget_a_failed_capture(void)
{
    static char place[2];
    void *const addresses[] = { &place[0], &place[1] };
    void *graph = NULL;
    void *exec = NULL;

    fake_cuda_next(addresses, 2);
    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    gemm(&handle, 3);
    stream.status = 2;
    CHECK(0 == cudaStreamEndCapture(&stream, &graph) && NULL == graph, "invalidated");
    CHECK_COUNTED(0, 0);
    /* The address is a graph of the application's own now, made where we do not look. */
    CHECK(0 == cudaGraphInstantiate(&exec, &place[0], 0), "instantiate");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    fake_cuda_next(NULL, 0);
    CHECK_GAPS(0);
}

/* Child graphs, clones, updates, nodes by hand: what one is worth goes along. */
static void should_follow_graphs_into_graphs(void)
{
    void *const first = capture(3);
    void *const second = capture(10);
    void *parent = NULL;
    void *clone = NULL;
    void *node = NULL;
    void *exec = NULL;
    flopmeter_cuda_node_t parameters = { .type = FLOPMETER_CUDA_NODE_GRAPH, .graph = second };

    CHECK(0 == cudaGraphCreate(&parent, 0), "create");
    CHECK(0 == cudaGraphAddChildGraphNode(&node, parent, NULL, 0, first), "child");
    CHECK(0 == cudaGraphAddNode(&node, parent, NULL, NULL, 0, &parameters), "child, as CUDA 13 has it");
    CHECK(0 == cudaGraphClone(&clone, parent), "clone");
    CHECK(0 == cudaGraphInstantiate(&exec, clone, 0), "instantiate");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK_COUNTED(2 * 2 * 13 * 5 * 7, 2 * 26 * 5 * 7);
    CHECK(0 == cudaGraphExecUpdate(exec, first, NULL), "update");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK_COUNTED(2 * 2 * 3 * 5 * 7, 2 * 6 * 5 * 7);

    /* A launch that is captured itself. */
    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK_COUNTED(0, 0);
    CHECK(0 == cudaStreamEndCapture(&stream, &parent), "end");
    CHECK(0 == cudaGraphInstantiate(&exec, parent, 0), "instantiate");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK_COUNTED(2 * 2 * 2 * 3 * 5 * 7, 2 * 2 * 6 * 5 * 7);

    CHECK(0 == cudaGraphCreate(&parent, 0), "create");
    CHECK(0 == cudaStreamBeginCaptureToGraph(&stream, parent, NULL, NULL, 0, 0), "into one that is there");
    gemm(&handle, 3);
    CHECK(0 == cudaStreamEndCapture(&stream, &parent), "end");
    CHECK(0 == cudaGraphInstantiate(&exec, parent, 0), "instantiate");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK_COUNTED(2 * 3 * 5 * 7, 0);
    CHECK_GAPS(0);
}

/* Streams that no capture can be on are not asked about; a second stream of a capture leads to the same graph. */
static void should_know_streams(void)
{
    fake_stream_t forked = { 0 };
    fake_handle_t on_legacy = { .stream = NULL };
    fake_handle_t on_forked = { .stream = &forked };
    void *graph = NULL;
    void *exec = NULL;

    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    gemm(&on_legacy, 3);
    CHECK_COUNTED(2 * 3 * 5 * 7, 0);
    on_legacy.stream = (fake_stream_t *)1;
    gemm(&on_legacy, 3);
    CHECK_COUNTED(2 * 3 * 5 * 7, 0);
    forked.status = 1;
    forked.graph = stream.graph;
    gemm(&on_forked, 8);
    CHECK_COUNTED(0, 0);
    CHECK(0 == cudaStreamEndCapture(&stream, &graph), "end");
    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK_COUNTED(2 * 8 * 5 * 7, 0);
    CHECK_GAPS(0);
}

static void *other_thread(void *const argument)
{
    uint64_t *const flop_count = argument;
    fake_stream_t own = { 0 };
    fake_handle_t own_handle = { .stream = &own };

    for (int i = 0; i < 300; i++)
    {
        void *graph = NULL;
        void *exec = NULL;

        CHECK(0 == cudaStreamBeginCapture(&own, 2), "begin");
        gemm(&own_handle, 1 + i % 5);
        CHECK(0 == cudaStreamEndCapture(&own, &graph), "end");
        CHECK(0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
        CHECK(0 == cudaGraphDestroy(graph), "destroy");
        for (int j = 0; j < i % 4; j++)
        {
            CHECK(0 == cudaGraphLaunch(exec, &own), "launch");
            *flop_count += 2 * (uint64_t)(1 + i % 5) * 5 * 7;
        }
        gemm(&own_handle, 2);
        *flop_count += 2 * 2 * 5 * 7;
        CHECK(0 == cudaGraphExecDestroy(exec), "destroy");
    }
    CHECK((flopmeter_u128_t)*flop_count == stub_last()->sum, "this thread's sum");
    return NULL;
}

static void should_keep_threads_apart(void)
{
    uint64_t flop_count[4] = { 0 };
    pthread_t threads[4];

    for (int t = 0; t < 4; t++)
    {
        CHECK(0 == pthread_create(&threads[t], NULL, other_thread, &flop_count[t]), "thread");
    }
    for (int t = 0; t < 4; t++)
    {
        CHECK(0 == pthread_join(threads[t], NULL), "join");
    }
    CHECK_GAPS(0);
}

/* A child forked while others are in the table's lock must not wait for them. */
static void should_go_on_in_a_child(void)
{
    uint64_t flop_count[2] = { 0 };
    pthread_t threads[2];
    void *exec = NULL;

    CHECK(0 == cudaGraphInstantiate(&exec, capture(3), 0), "instantiate");
    for (int t = 0; t < 2; t++)
    {
        CHECK(0 == pthread_create(&threads[t], NULL, other_thread, &flop_count[t]), "thread");
    }
    for (int i = 0; i < 20; i++)
    {
        const pid_t child = fork();

        if (0 == child)
        {
            CHECK_COUNTED(0, 0);
            CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
            CHECK_COUNTED(2 * 2 * 3 * 5 * 7, 2 * 6 * 5 * 7);
            _exit(0);
        }
        int status = 0;

        CHECK(child > 0 && child == waitpid(child, &status, 0) && 0 == status, "child: status %d", status);
    }
    for (int t = 0; t < 2; t++)
    {
        CHECK(0 == pthread_join(threads[t], NULL), "join");
    }
    CHECK_GAPS(0);
}

/* More graphs than the table holds: what does not fit is told, the rest stays right while others come and go. */
static void should_tell_when_it_is_full(void)
{
    static char place[20000];
    static void *addresses[20000];
    void *execs[500] = { NULL };
    void *const graph = capture(3);
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);

    for (int i = 0; i < 20000; i++)
    {
        addresses[i] = &place[i];
    }
    for (int i = 0; i < 20000; i++)
    {
        void *other = NULL;

        fake_cuda_next(&addresses[i], 1);
        CHECK(0 == cudaGraphCreate(&other, 0) && addresses[i] == other, "create");
        /* In between, so that they stand where others stood before them. */
        if (i >= 4500 && i < 5000)
        {
            CHECK(0 == cudaGraphInstantiate(&execs[i - 4500], graph, 0), "instantiate");
        }
    }
    CHECK(stub_gaps(FLOPMETER_GAP_SHAPE) > gaps, "nobody told");
    for (int step = 0; step < 2; step++)
    {
        for (int i = 0; i < 20000; i += 2 - step)
        {
            CHECK(0 == cudaGraphDestroy(&place[i]), "destroy");
        }
        for (int i = 0; i < 500; i++)
        {
            CHECK(0 == cudaGraphLaunch(execs[i], &stream), "launch");
            CHECK_COUNTED(2 * 2 * 3 * 5 * 7, 2 * 6 * 5 * 7);
        }
    }
}

/* Each of these loses the way from a call to its launches, and must say so. */
static void should_tell_what_it_loses(void)
{
    void *graph = NULL;
    void *exec = NULL;
    uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);

    stream.status = 1; /* begun where we do not look: a runtime linked in statically */
    stream.graph = &graph;
    gemm(&handle, 3);
    CHECK_GAPS(++gaps);
    stream.graph = NULL;
    gemm(&handle, 3);
    CHECK_GAPS(++gaps);
    stream.status = 0;
    stream.query_result = 4; /* the driver does not answer */
    gemm(&handle, 3);
    CHECK_GAPS(++gaps);
    stream.query_result = 0;
    handle.getter_status = 1; /* nor does cuBLAS */
    gemm(&handle, 3);
    CHECK_GAPS(++gaps);
    handle.getter_status = 0;
    CHECK(0 == cudaStreamBeginCaptureToGraph(&stream, &gaps, NULL, NULL, 0, 0), "a conditional node's body");
    gemm(&handle, 3);
    CHECK_GAPS(++gaps);
    CHECK(0 == cudaStreamEndCapture(&stream, &graph), "end");
    graph = capture(3);
    CHECK_GAPS(gaps);
    CHECK(0 == cudaGraphInstantiateWithFlags(&exec, graph, 4), "to be launched by a kernel");
    CHECK_GAPS(++gaps);
    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    CHECK(0 == cudaGraphExecKernelNodeSetParams(exec, NULL, NULL), "a node does something else");
    CHECK_GAPS(gaps);
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK_GAPS(++gaps);
    CHECK_COUNTED(0, 0);
}

static void inner_call(void)
{
    handle.hook = NULL;
    gemm(&handle, 100);
}

static void should_count_the_outermost_call(void)
{
    handle.hook = inner_call;
    gemm_bf16(4);
    /* The inner call comes from this very program: not the library's own, and counted. */
    CHECK_COUNTED(2 * 100 * 5 * 7, 2 * 4 * 5 * 7);
}

static void should_know_devices_without_tf32(void)
{
    handle.math_mode = 3;
    gemm(&handle, 3);
    CHECK(2 * 3 * 5 * 7 == counted(FLOPMETER_TF32), "tf32");
    fake_cuda_major(7);
    gemm(&handle, 3);
    CHECK_COUNTED(2 * 3 * 5 * 7, 0);
    fake_cuda_major(9);
    handle.math_mode = 0;
}

static uint64_t stated_on[8];

static void take_stated(const int device, const struct flopmeter_shape_stct *const stated)
{
    CHECK(device >= 0 && device < 8, "device %d", device);
    stated_on[device] += (uint64_t)stated->flop_count;
}

/* Whoever watches learns of each count on which card it was: that of the context, 3 in this driver. */
static void should_tell_on_which_card(void)
{
    static const flopmeter_cuda_watch_t watch = { .states = take_stated };
    flopmeter_cuda_watch_fn *watch_calls = NULL;
    void *const symbol = dlsym(RTLD_DEFAULT, FLOPMETER_CUDA_WATCH_NAME);
    void *const graph = capture(3);
    void *exec = NULL;

    CHECK(NULL != symbol, "the preload library has no " FLOPMETER_CUDA_WATCH_NAME);
    memcpy(&watch_calls, &symbol, sizeof(symbol));
    watch_calls(&watch);
    gemm(&handle, 4);
    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0) && 0 == cudaGraphLaunch(exec, &stream), "launch");
    watch_calls(NULL);
    gemm(&handle, 4);
    CHECK(2 * 4 * 5 * 7 + 2 * 2 * 3 * 5 * 7 + 2 * 6 * 5 * 7 == stated_on[3], "%llu on card 3",
        (unsigned long long)stated_on[3]);
    CHECK_COUNTED(2 * 2 * 4 * 5 * 7 + 2 * 2 * 3 * 5 * 7, 2 * 6 * 5 * 7);
    CHECK(0 == cudaGraphExecDestroy(exec) && 0 == cudaGraphDestroy(graph), "destroy");
}

int main(void)
{
    should_count_each_launch();
    should_tell_on_which_card();
    should_forget_what_is_gone();
    should_forget_a_failed_capture();
    should_follow_graphs_into_graphs();
    should_know_streams();
    should_keep_threads_apart();
    should_go_on_in_a_child();
    should_count_the_outermost_call();
    should_know_devices_without_tf32();
    should_tell_when_it_is_full();
    should_tell_what_it_loses();
    return 0;
}
