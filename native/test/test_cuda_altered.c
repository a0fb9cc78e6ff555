/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Graphs and instances whose nodes are altered after a capture. What is switched off or gone is in no lower end; what
 * does something else is a gap at each launch on top. The calls are plain ones, over the fake libraries.
 */

#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "cuda_abi.h"
#include "fake_cuda_script.h"
#include "stub_core.h"

int cublasSgemm_v2(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const float *alpha,
    const void *a, int lda, const void *b, int ldb, const float *beta, void *c, int ldc);

#define FLOP_COUNT(m) (2 * UINT64_C(5) * 7 * (m))

static fake_stream_t stream;
static fake_handle_t handle = { .stream = &stream };
static uint64_t gaps_before;

static void gemm(int m)
{
    static const float one = 1.0f;

    CHECK(0 == cublasSgemm_v2(&handle, 0, 0, m, 5, 7, &one, NULL, m, NULL, 7, &one, NULL, m), "status");
}

static void *capture(int m)
{
    void *graph = NULL;

    CHECK(0 == cudaStreamBeginCapture(&stream, 1), "begin");
    gemm(m);
    CHECK(0 == cudaStreamEndCapture(&stream, &graph) && NULL != graph, "end");
    return graph;
}

static void *instance_of(void *graph)
{
    void *exec = NULL;

    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    return exec;
}

static void check_launch(void *exec, uint64_t lower, uint64_t estimate, uint64_t gaps, const char *what)
{
    for (int i = 0; i < 3; i++)
    {
        const uint64_t before = stub_gaps(FLOPMETER_GAP_SHAPE);

        memset(stub_last(), 0, sizeof(*stub_last()));
        CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
        CHECK((0 == lower + estimate ? 0u : 1u) == stub_last()->calls, "%s: %llu counts", what,
            (unsigned long long)stub_last()->calls);
        CHECK(lower == stub_last()->shape.flop_count, "%s: lower end %llu", what,
            (unsigned long long)stub_last()->shape.flop_count);
        CHECK(estimate == stub_last()->shape.estimate, "%s: estimate %llu", what,
            (unsigned long long)stub_last()->shape.estimate);
        CHECK(before + gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "%s: %llu gaps", what,
            (unsigned long long)(stub_gaps(FLOPMETER_GAP_SHAPE) - before));
    }
    gaps_before += 3 * gaps;
    CHECK(gaps_before == stub_gaps(FLOPMETER_GAP_SHAPE), "%s: a gap somewhere else", what);
}

/* Off is at most what it was; on again is not known to be all of it. */
static void should_not_claim_what_is_off(void)
{
    void *const graph = capture(3);
    void *const other = capture(4);
    void *exec = instance_of(graph);
    void *const untouched = instance_of(graph);

    CHECK(0 == cudaGraphNodeSetEnabled(exec, NULL, 1), "on, as it was");
    check_launch(exec, FLOP_COUNT(3), 0, 0, "on");
    fake_cuda_fail(1);
    CHECK(1 == cudaGraphNodeSetEnabled(exec, NULL, 0), "refused");
    fake_cuda_fail(0);
    check_launch(exec, FLOP_COUNT(3), 0, 0, "refused");
    CHECK(0 == cudaGraphNodeSetEnabled(exec, NULL, 0), "off");
    check_launch(exec, 0, FLOP_COUNT(3), 0, "off");
    CHECK(0 == cudaGraphNodeSetEnabled(exec, NULL, 1), "on again");
    check_launch(exec, 0, FLOP_COUNT(3), 0, "on again");
    CHECK(0 == cudaGraphExecUpdate(exec, other, NULL), "update");
    check_launch(exec, 0, FLOP_COUNT(4), 0, "updated: what is off stays off");
    check_launch(untouched, FLOP_COUNT(3), 0, 0, "another instance");
    CHECK(0 == cudaGraphExecDestroy(exec), "destroy");
    fake_cuda_next(&exec, 1);
    CHECK(exec == instance_of(other), "another address");
    check_launch(exec, FLOP_COUNT(4), 0, 0, "a new instance at that address");
    CHECK(0 == cudaGraphNodeSetEnabled(exec, NULL, 0), "off");
    fake_cuda_next(&exec, 1);
    CHECK(exec == instance_of(other), "another address");
    check_launch(exec, FLOP_COUNT(4), 0, 0, "a new instance, where the end of the last one was not seen");
}

/* An instance without counted work, of which a node is off, and which gets such work by an update. */
static void should_remember_what_is_off(void)
{
    void *empty = NULL;
    void *exec;

    CHECK(0 == cudaGraphCreate(&empty, 0), "create");
    exec = instance_of(empty);
    check_launch(exec, 0, 0, 0, "nothing");
    CHECK(0 == cudaGraphNodeSetEnabled(exec, NULL, 0), "off");
    check_launch(exec, 0, 0, 0, "nothing");
    CHECK(0 == cudaGraphExecUpdate(exec, capture(3), NULL), "update");
    check_launch(exec, 0, FLOP_COUNT(3), 0, "updated");
    CHECK(0 == cudaGraphExecUpdate(exec, empty, NULL), "update");
    check_launch(exec, 0, 0, 0, "nothing again");
    CHECK(0 == cudaGraphExecUpdate(exec, capture(4), NULL), "update");
    check_launch(exec, 0, FLOP_COUNT(4), 0, "updated again");
}

static void should_tell_what_does_something_else(void)
{
    flopmeter_cuda_node_t parameters = { .type = FLOPMETER_CUDA_NODE_KERNEL };
    void *const graph = capture(3);

    for (int way = 0; way < 3; way++)
    {
        void *const exec = instance_of(graph);

        CHECK(0 == (0 == way ? cudaGraphExecKernelNodeSetParams(exec, NULL, NULL)
                           : cudaGraphExecNodeSetParams(exec, NULL, 1 == way ? &parameters : NULL)), "set");
        check_launch(exec, 0, FLOP_COUNT(3), 1, "another kernel");
        CHECK(0 == cudaGraphNodeSetEnabled(exec, NULL, 0), "off");
        check_launch(exec, 0, FLOP_COUNT(3), 1, "another kernel, and one off");
        CHECK(0 == cudaGraphExecUpdate(exec, graph, NULL), "update");
        check_launch(exec, 0, FLOP_COUNT(3), 0, "an update sets all parameters");
    }
    for (int type = 1; type <= 3; type++)
    {
        void *const exec = instance_of(graph);

        parameters.type = type;
        CHECK(0 == cudaGraphExecNodeSetParams(exec, NULL, &parameters), "set");
        check_launch(exec, FLOP_COUNT(3), 0, 0, "copies, fills, callbacks");
    }
    parameters.type = FLOPMETER_CUDA_NODE_LAST_PLAIN + 1;
    void *const exec = instance_of(graph);

    CHECK(0 == cudaGraphExecNodeSetParams(exec, NULL, &parameters), "set");
    check_launch(exec, 0, FLOP_COUNT(3), 1, "a condition");
}

static void should_tell_of_other_children(void)
{
    void *const graph = capture(3);
    void *const child = capture(5);
    flopmeter_cuda_node_t parameters = { .type = FLOPMETER_CUDA_NODE_GRAPH, .graph = child };
    void *empty = NULL;

    CHECK(0 == cudaGraphCreate(&empty, 0), "create");
    for (int way = 0; way < 2; way++)
    {
        void *const exec = instance_of(graph);
        void *const plain = instance_of(empty);

        for (int times = 1; times <= 3; times++)
        {
            CHECK(0 == (0 == way ? cudaGraphExecChildGraphNodeSetParams(exec, NULL, child)
                               : cudaGraphExecNodeSetParams(exec, NULL, &parameters)), "set");
            check_launch(exec, 0, FLOP_COUNT(5), 1, "another child, however often");
        }
        CHECK(0 == cudaGraphExecChildGraphNodeSetParams(exec, NULL, graph), "set");
        check_launch(exec, 0, FLOP_COUNT(5), 1, "a smaller child");
        CHECK(0 == (0 == way ? cudaGraphExecChildGraphNodeSetParams(plain, NULL, child)
                           : cudaGraphExecNodeSetParams(plain, NULL, &parameters)), "set");
        check_launch(plain, 0, FLOP_COUNT(5), 1, "a child where there was no work");
    }
    void *const exec = instance_of(graph);

    CHECK(0 == cudaGraphExecChildGraphNodeSetParams(exec, NULL, empty), "set");
    check_launch(exec, 0, FLOP_COUNT(3), 1, "a child without work");
}

/* A launch that is captured, and graphs in graphs: what is not known goes along. */
static void should_pass_it_on(void)
{
    void *const exec = instance_of(capture(3));
    void *parent = NULL;
    void *node = NULL;
    void *outer = NULL;

    CHECK(0 == cudaGraphExecKernelNodeSetParams(exec, NULL, NULL), "set");
    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    CHECK(0 == cudaGraphLaunch(exec, &stream), "a captured launch");
    CHECK(0 == cudaStreamEndCapture(&stream, &parent), "end");
    CHECK(gaps_before == stub_gaps(FLOPMETER_GAP_SHAPE), "nothing was launched yet");
    check_launch(instance_of(parent), 0, FLOP_COUNT(3), 1, "a captured launch");
    CHECK(0 == cudaGraphCreate(&outer, 0), "create");
    CHECK(0 == cudaGraphAddChildGraphNode(&node, outer, NULL, 0, parent), "child");
    check_launch(instance_of(outer), 0, FLOP_COUNT(3), 1, "a child with it");
}

/* A graph's own nodes: nobody says of which graph they are. */
static void should_notice_altered_graphs(void)
{
    flopmeter_cuda_node_t parameters = { .type = FLOPMETER_CUDA_NODE_KERNEL };
    void *node = NULL;

    for (int way = 0; way < 6; way++)
    {
        void *const graph = capture(3);
        void *const before = instance_of(graph);
        void *clone = NULL;
        const uint64_t gaps = 0 == way ? 0 : 1;
        const int result = 0 == way ? cudaGraphDestroyNode(node)
            : 1 == way              ? cudaGraphKernelNodeSetParams(node, NULL)
            : 2 == way              ? cudaGraphNodeSetParams(node, &parameters)
            : 3 == way              ? cudaGraphKernelNodeSetAttribute(node, 13, &parameters)
            : 4 == way              ? cudaGraphDestroyNode(node) | cudaGraphKernelNodeSetParams(node, NULL)
                                    : cudaGraphKernelNodeSetParams(node, NULL) | cudaGraphDestroyNode(node);

        CHECK(0 == result, "status");
        check_launch(before, FLOP_COUNT(3), 0, 0, "made before");
        check_launch(instance_of(graph), 0, FLOP_COUNT(3), gaps, "made afterwards");
        CHECK(0 == cudaGraphClone(&clone, graph), "clone");
        check_launch(instance_of(clone), 0, FLOP_COUNT(3), gaps, "a clone");
        check_launch(instance_of(capture(4)), FLOP_COUNT(4), 0, 0, "captured afterwards");
    }
}

static void should_not_mind_other_nodes(void)
{
    flopmeter_cuda_node_t parameters = { .type = 1 };
    void *const graph = capture(3);

    CHECK(0 == cudaGraphNodeSetParams(NULL, &parameters), "a copy");
    CHECK(0 == cudaGraphKernelNodeSetAttribute(NULL, 8, &parameters), "a priority");
    fake_cuda_fail(1);
    CHECK(1 == cudaGraphDestroyNode(NULL) && 1 == cudaGraphKernelNodeSetParams(NULL, NULL), "refused");
    fake_cuda_fail(0);
    check_launch(instance_of(graph), FLOP_COUNT(3), 0, 0, "untouched");
    parameters = (flopmeter_cuda_node_t){ .type = FLOPMETER_CUDA_NODE_GRAPH, .graph = graph };
    CHECK(0 == cudaGraphNodeSetParams(NULL, &parameters), "a graph in some graph");
    CHECK(++gaps_before == stub_gaps(FLOPMETER_GAP_SHAPE), "work went nobody knows where");
}

/* While a stream is captured: what comes behind it is whole. */
static void should_alter_in_a_capture(void)
{
    void *graph = NULL;

    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
    gemm(3);
    CHECK(0 == cudaGraphDestroyNode(NULL), "destroy");
    gemm(4);
    CHECK(0 == cudaStreamEndCapture(&stream, &graph), "end");
    check_launch(instance_of(graph), FLOP_COUNT(4), FLOP_COUNT(3), 0, "one before, one behind");
}

/* A child that is its parent's from now on: what comes to it must not be lost without a word. */
static void should_tell_of_children_that_were_moved(void)
{
    void *const child = capture(3);
    flopmeter_cuda_node_t parameters = { .type = FLOPMETER_CUDA_NODE_GRAPH, .graph = child,
        .ownership = FLOPMETER_CUDA_OWNERSHIP_MOVE };
    void *parent = NULL;
    void *node = NULL;

    CHECK(0 == cudaGraphCreate(&parent, 0), "create");
    CHECK(0 == cudaGraphAddNode(&node, parent, NULL, NULL, 0, &parameters), "moved");
    CHECK(0 == cudaStreamBeginCaptureToGraph(&stream, child, NULL, NULL, 0, 0), "into the child");
    gemm(4);
    CHECK(++gaps_before == stub_gaps(FLOPMETER_GAP_SHAPE), "nobody told");
    CHECK(0 == cudaStreamEndCapture(&stream, &node), "end");
    check_launch(instance_of(parent), FLOP_COUNT(3), 0, 0, "the parent");
}

int main(void)
{
    should_not_claim_what_is_off();
    should_remember_what_is_off();
    should_tell_what_does_something_else();
    should_tell_of_other_children();
    should_pass_it_on();
    should_notice_altered_graphs();
    should_not_mind_other_nodes();
    should_alter_in_a_capture();
    should_tell_of_children_that_were_moved();
    return 0;
}
