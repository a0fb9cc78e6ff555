/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nodes of graphs, for whoever watches kernels: those that counted calls made are told from the others in captures,
 * clones, graphs in graphs and updates; and whatever leaves that open is told as not known, never as one of both.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "check.h"
#include "cuda_abi.h"
#include "fake_cuda_script.h"
#include "nodes_rig.h"
#include "stub_core.h"

int cublasSgemm_v2(fake_handle_t *handle, int transa, int transb, int m, int n, int k, const float *alpha,
    const void *a, int lda, const void *b, int ldb, const float *beta, void *c, int ldc);

int cuGraphGetNodes(const void *graph, const void **nodes, size_t *count);

static fake_stream_t stream;
static fake_handle_t handle = { .stream = &stream };
static const float one = 1.0f;

/* ---- A program ---- */

static const char *made_name;
static unsigned made_grid;
static int made_count;

/* What the library does inside: kernels, and what is none. */
static void make_nodes(void)
{
    for (int i = 0; i < made_count; i++)
    {
        fake_graph_node(stream.graph, FLOPMETER_CUDA_NODE_KERNEL, made_name, made_grid, NULL);
    }
    fake_graph_node(stream.graph, 2, NULL, 0, NULL);
}

static void gemm(const char *const name, const unsigned grid, const int count)
{
    made_name = name;
    made_grid = grid;
    made_count = count;
    handle.hook = make_nodes;
    CHECK(handle.status == cublasSgemm_v2(&handle, 0, 0, 3, 5, 7, &one, NULL, 3, NULL, 7, &one, NULL, 3), "gemm");
    handle.hook = NULL;
}

static void *own(const char *const name, const unsigned grid)
{
    return fake_graph_node(stream.graph, FLOPMETER_CUDA_NODE_KERNEL, name, grid, NULL);
}

static void begin(void)
{
    CHECK(0 == cudaStreamBeginCapture(&stream, 0), "begin");
}

static void *end(void)
{
    void *graph = NULL;

    CHECK(0 == cudaStreamEndCapture(&stream, &graph) && NULL != graph, "end");
    return graph;
}

static void *instantiate(void *const graph)
{
    void *exec = NULL;

    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    return exec;
}

/* The instance that the launch is told as. */
static uint64_t launch(void *const exec)
{
    launched = NOT_TOLD;
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    return launched;
}

static void *capture(const char *const name, const unsigned grid)
{
    begin();
    own("relu", grid);
    gemm(name, grid, 2);
    own("relu", grid + 1);
    return end();
}

static void should_tell_counted_nodes_from_others(void)
{
    for (int variant = 0; variant < 4; variant++)
    {
        fake_graph_order(variant & 1);
        fake_graph_kernels(variant >> 1);
        begin();
        own("relu", 4);
        gemm("gemm_a", 4, 2);
        own("relu", 4);
        own("gemm_a", 5);
        gemm("gemm_b", 8, 1);
        handle.status = 13;
        gemm("failed", 8, 1);
        handle.status = 0;
        own("both", 1);
        gemm("both", 1, 1);
        gemm("gemm_b", 9, 0);
        void *const graph = end();
        void *const exec = instantiate(graph);
        const uint64_t instance = launch(exec);

        CHECK(instance_count == instance, "instance %llu", (unsigned long long)instance);
        CHECK_CLASS(COUNTED, instance, "gemm_a", 4);
        CHECK_CLASS(OTHER, instance, "gemm_a", 5);
        CHECK_CLASS(COUNTED, instance, "gemm_b", 8);
        CHECK_CLASS(OPEN, instance, "gemm_b", 9);
        CHECK_CLASS(OTHER, instance, "relu", 4);
        CHECK_CLASS(OTHER, instance, "failed", 8);
        CHECK_CLASS(OPEN, instance, "both", 1);
        CHECK(5 == instances[instance].count, "%zu signatures", instances[instance].count);
        CHECK(0 == cudaGraphDestroy(graph) && instance == launch(exec), "destroy");
        CHECK(!instances[instance].is_gone, "gone while it is there");
        CHECK(0 == cudaGraphExecDestroy(exec) && instances[instance].is_gone, "there when it is gone");
    }
    fake_graph_order(0);
    fake_graph_kernels(0);
}

static void should_follow_graphs_into_graphs(void)
{
    void *const first = capture("gemm_a", 4);
    void *const second = capture("gemm_b", 4);
    void *clone = NULL;
    void *parent = NULL;
    void *node = NULL;

    CHECK(0 == cudaGraphClone(&clone, first), "clone");
    fake_graph_copy(clone, first);
    CHECK_CLASS(COUNTED, launch(instantiate(clone)), "gemm_a", 4);
    CHECK_CLASS(OTHER, launched, "relu", 5);

    CHECK(0 == cudaGraphCreate(&parent, 0), "create");
    CHECK(0 == cudaGraphAddChildGraphNode(&node, parent, NULL, 0, clone), "child");
    fake_graph_node(parent, FLOPMETER_CUDA_NODE_GRAPH, NULL, 0, clone);
    CHECK(0 == cudaGraphAddChildGraphNode(&node, parent, NULL, 0, second), "child");
    fake_graph_node(parent, FLOPMETER_CUDA_NODE_GRAPH, NULL, 0, second);
    fake_graph_node(parent, FLOPMETER_CUDA_NODE_KERNEL, "gemm_b", 9, NULL);
    CHECK_CLASS(COUNTED, launch(instantiate(parent)), "gemm_a", 4);
    CHECK_CLASS(COUNTED, launched, "gemm_b", 4);
    CHECK_CLASS(OTHER, launched, "gemm_b", 9);
    CHECK_CLASS(OTHER, launched, "relu", 4);

    /* A launch that is captured itself launches nothing, and its nodes come with it. */
    void *const exec = instantiate(second);
    begin();
    CHECK(NOT_TOLD == launch(exec), "a captured launch was told as one");
    fake_graph_node(stream.graph, FLOPMETER_CUDA_NODE_GRAPH, NULL, 0, second);
    gemm("gemm_c", 1, 1);
    CHECK_CLASS(COUNTED, launch(instantiate(end())), "gemm_b", 4);
    CHECK_CLASS(COUNTED, launched, "gemm_c", 1);
    CHECK_CLASS(OTHER, launched, "relu", 4);
}

/* An instance that is another now is told as such, and one whose nodes were set as not known. */
static void should_follow_updates(void)
{
    void *const first = capture("gemm_a", 4);
    void *const second = capture("gemm_b", 4);
    void *const exec = instantiate(first);
    const uint64_t before = launch(exec);

    CHECK_CLASS(COUNTED, before, "gemm_a", 4);
    CHECK(0 == cudaGraphExecUpdate(exec, second, NULL) && instances[before].is_gone, "the old one is not gone");
    const uint64_t after = launch(exec);
    CHECK(before != after, "the same number for another graph");
    CHECK_CLASS(COUNTED, after, "gemm_b", 4);
    CHECK_CLASS(OPEN, after, "gemm_a", 4);
    CHECK(0 == cudaGraphExecKernelNodeSetParams(exec, NULL, NULL) && instances[after].is_gone, "set");
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);

    CHECK(0 == launch(exec), "nodes that were set are known");
    CHECK(gaps + 1 == stub_gaps(FLOPMETER_GAP_SHAPE), "they may do anything");
    /* One that is updated at every step must not cost the whole graph at every step. */
    for (int i = 0; i < 40; i++)
    {
        CHECK(0 == cudaGraphExecUpdate(exec, first, NULL), "update");
        launch(exec);
    }
    CHECK(0 == launched, "looked at for ever");
    const int questions = fake_graph_questions();
    CHECK(0 == cudaGraphExecUpdate(exec, first, NULL) && questions == fake_graph_questions(), "asked for ever");
    CHECK(0 == cudaGraphExecDestroy(exec), "destroy");
}

static void *end_elsewhere(void *const graph)
{
    CHECK(0 == cudaStreamEndCapture(&stream, graph), "end");
    return NULL;
}

/* Each of these leaves open which nodes are counted. */
static void should_say_what_is_not_known(void)
{
    void *graph = NULL;
    pthread_t thread;

    CHECK(0 == cudaGraphCreate(&graph, 0), "create");
    CHECK(0 == cudaStreamBeginCaptureToGraph(&stream, graph, NULL, NULL, 0, 0), "into one that is there");
    gemm("gemm_a", 4, 1);
    CHECK(0 == launch(instantiate(end())), "a capture that was not seen to begin");

    begin();
    gemm("gemm_a", 4, 1);
    fake_graph_node(stream.graph, 13, NULL, 0, NULL);
    CHECK(0 == launch(instantiate(end())), "a conditional node");

    begin();
    fake_graph_fail(999);
    gemm("gemm_a", 4, 1);
    fake_graph_fail(0);
    CHECK(0 == launch(instantiate(end())), "a driver that does not answer");

    graph = capture("gemm_a", 4);
    fake_graph_fail(999);
    void *const exec = instantiate(graph);
    fake_graph_fail(0);
    CHECK(0 == launch(exec), "a driver that does not answer at the end");

    begin();
    gemm("gemm_a", 4, 1);
    void *const other = own("other", 4);
    graph = end();
    fake_graph_change(other, "other", 5);
    CHECK_CLASS(OTHER, launch(instantiate(graph)), "other", 5);

    begin();
    gemm("gemm_a", 4, 1);
    gemm(NULL, 4, 1);
    CHECK(0 == launch(instantiate(end())), "a kernel without a name");

    /* Ended by another thread: this one knows nothing of what it captures next. */
    begin();
    gemm("gemm_a", 4, 1);
    CHECK(0 == pthread_create(&thread, NULL, end_elsewhere, &graph) && 0 == pthread_join(thread, NULL), "thread");
    CHECK_CLASS(COUNTED, launch(instantiate(graph)), "gemm_a", 4);
    const int questions = fake_graph_questions();
    gemm("gemm_a", 4, 0);
    CHECK(questions == fake_graph_questions(), "asks about a capture that is over");

    is_full = true;
    CHECK(0 == launch(instantiate(capture("gemm_a", 4))), "without room");
    is_full = false;
}

/* A counted node that is another kernel now, beside a kernel that is what it was. */
static void should_notice_changed_nodes(void)
{
    begin();
    gemm("gemm_a", 4, 1);
    void *const graph = end();
    size_t count = 16;
    const void *nodes[16];

    CHECK(0 == cuGraphGetNodes(graph, nodes, &count) && 2 == count, "%zu nodes", count);
    fake_graph_change((void *)(uintptr_t)nodes[0], "relu", 4);
    CHECK(0 == launch(instantiate(graph)), "a node that was counted is gone");
}

static void should_say_when_it_is_too_much(void)
{
    static char names[900][16];

    begin();
    for (unsigned i = 0; i < 900; i++)
    {
        snprintf(names[i], sizeof(names[i]), "gemm_%u", i);
        gemm(names[i], 1, 1);
    }
    CHECK(0 == launch(instantiate(end())), "900 signatures");
    begin();
    gemm("gemm_a", 1, 1);
    for (int i = 0; i < 16384; i++)
    {
        own("relu", 1);
    }
    void *const graph = end();
    CHECK(0 == launch(instantiate(graph)), "16386 nodes");
    /* What was taken by others before is there again. */
    CHECK_CLASS(COUNTED, launch(instantiate(capture("gemm_a", 4))), "gemm_a", 4);
}

/* Nobody watches: no question is asked. */
static void should_ask_nothing_unwatched(void)
{
    const int before = fake_graph_questions();

    watch_by(NULL);
    void *const exec = instantiate(capture("gemm_a", 4));
    CHECK(NOT_TOLD == launch(exec) && before == fake_graph_questions(), "asked for nobody");
    watch_by(&watch);
    CHECK(0 == launch(exec), "a graph of before");
}

int main(void)
{
    should_ask_nothing_unwatched();
    should_tell_counted_nodes_from_others();
    should_follow_graphs_into_graphs();
    should_follow_updates();
    should_say_what_is_not_known();
    should_notice_changed_nodes();
    should_say_when_it_is_too_much();
    CHECK(1 == stub_gaps(FLOPMETER_GAP_SHAPE), "%llu gaps", (unsigned long long)stub_gaps(FLOPMETER_GAP_SHAPE));
    return 0;
}
