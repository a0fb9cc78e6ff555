/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Graphs that cuDNN fills: for whoever watches kernels, all nodes of one that was empty are the plan's; and an update
 * by another plan, or by other sizes, leaves nothing of it in a lower end.
 */

#include "check.h"
#include "cuda_abi.h"
#include "fake_cudnn.h"
#include "nodes_rig.h"
#include "stub_core.h"

#define DESCRIPTOR (15)
#define FLOP_COUNT(m) (2 * INT64_C(5) * 7 * (m))

static fake_stream_t stream;
static fake_dnn_t handle = { .stream = &stream };

static void *make(int type, int name, int kind, int64_t count, const void *elements)
{
    void *descriptor = NULL;

    CHECK(0 == cudnnBackendCreateDescriptor(type, &descriptor), "create");
    CHECK(0 == cudnnBackendSetAttribute(descriptor, name, kind, count, elements), "set %d", name);
    return descriptor;
}

/* Its descriptors stay: nobody counts them here. */
static void *plan_of(int64_t m)
{
    const int64_t dims[3][3] = { { 1, m, 7 }, { 1, 7, 5 }, { 1, m, 5 } };
    const int type = 9;
    void *tensors[3];

    for (int i = 0; i < 3; i++)
    {
        tensors[i] = make(17, 902, 3, 3, dims[i]);
        CHECK(0 == cudnnBackendSetAttribute(tensors[i], 901, 1, 1, &type), "type");
    }
    void *const operation = make(19, 1520, DESCRIPTOR, 1, &tensors[0]);

    for (int i = 1; i < 3; i++)
    {
        CHECK(0 == cudnnBackendSetAttribute(operation, 1520 + i, DESCRIPTOR, 1, &tensors[i]), "operand");
    }
    void *const graph = make(15, 801, DESCRIPTOR, 1, &operation);
    void *const engine = make(2, 1300, DESCRIPTOR, 1, &graph);
    void *const configuration = make(3, 300, DESCRIPTOR, 1, &engine);

    return make(5, 401, DESCRIPTOR, 1, &configuration);
}

/* ---- What the library makes inside ---- */
static void *filled;
static int made_type;
static void *made_child;
static const char *made_name;

static void make_nodes(void)
{
    fake_graph_node(filled, FLOPMETER_CUDA_NODE_KERNEL, "fused", 4, NULL);
    fake_graph_node(filled, FLOPMETER_CUDA_NODE_KERNEL, "fused", 4, NULL);
    fake_graph_node(filled, made_type, made_name, 2, made_child);
}

static void *new_graph(void)
{
    void *graph = NULL;

    CHECK(0 == cudaGraphCreate(&graph, 0), "create");
    return graph;
}

static void populate(void *graph, void *plan)
{
    filled = graph;
    fake_cudnn_hook(make_nodes);
    CHECK(0 == cudnnBackendPopulateCudaGraph(&handle, plan, NULL, graph), "populate");
    fake_cudnn_hook(NULL);
}

static void *instance_of(void *graph)
{
    void *exec = NULL;

    CHECK(0 == cudaGraphInstantiate(&exec, graph, 0), "instantiate");
    return exec;
}

static uint64_t launch(void *exec, int64_t lower, int64_t estimate, const char *what)
{
    launched = NOT_TOLD;
    memset(stub_last(), 0, sizeof(*stub_last()));
    CHECK(0 == cudaGraphLaunch(exec, &stream), "launch");
    CHECK((flopmeter_u128_t)lower == stub_last()->shape.flop_count, "%s: lower end %llu", what,
        (unsigned long long)stub_last()->shape.flop_count);
    CHECK((flopmeter_u128_t)estimate == stub_last()->shape.estimate, "%s: estimate %llu", what,
        (unsigned long long)stub_last()->shape.estimate);
    return launched;
}

static void should_know_nodes_of_an_empty_graph(void)
{
    void *const plan = plan_of(3);
    void *const graph = new_graph();
    void *parent = new_graph();
    void *node = NULL;
    uint64_t instance;

    made_type = 2; /* a fill beside the kernels */
    populate(graph, plan);
    instance = launch(instance_of(graph), FLOP_COUNT(3), 0, "filled");
    CHECK(0 != instance && NOT_TOLD != instance, "its kernels are not known");
    CHECK_CLASS(COUNTED, instance, "fused", 4);
    CHECK_CLASS(OPEN, instance, "other", 4);

    /* As the front end has it: a child of the program's graph, beside its own kernels. */
    fake_graph_node(parent, FLOPMETER_CUDA_NODE_KERNEL, "relu", 4, NULL);
    CHECK(0 == cudaGraphAddChildGraphNode(&node, parent, NULL, 0, graph), "child");
    fake_graph_node(parent, FLOPMETER_CUDA_NODE_GRAPH, NULL, 0, graph);
    instance = launch(instance_of(parent), FLOP_COUNT(3), 0, "in a graph");
    CHECK_CLASS(COUNTED, instance, "fused", 4);
    CHECK_CLASS(OTHER, instance, "relu", 4);
}

/* Each of these leaves open which nodes are counted: mixed, and counted all the same. */
static void should_say_what_is_not_known_of_them(void)
{
    void *const plan = plan_of(3);
    void *graph = new_graph();

    made_type = 2;
    fake_graph_node(graph, FLOPMETER_CUDA_NODE_KERNEL, "own", 4, NULL);
    populate(graph, plan);
    CHECK(0 == launch(instance_of(graph), FLOP_COUNT(3), 0, "not empty"), "a graph that was not empty");

    made_type = FLOPMETER_CUDA_NODE_GRAPH;
    made_child = new_graph();
    graph = new_graph();
    populate(graph, plan);
    CHECK(0 == launch(instance_of(graph), FLOP_COUNT(3), 0, "a child"), "a graph with a child");

    made_type = FLOPMETER_CUDA_NODE_LAST_PLAIN + 1;
    graph = new_graph();
    populate(graph, plan);
    CHECK(0 == launch(instance_of(graph), FLOP_COUNT(3), 0, "a condition"), "a graph with a condition");

    made_type = FLOPMETER_CUDA_NODE_KERNEL; /* without a name */
    graph = new_graph();
    populate(graph, plan);
    CHECK(0 == launch(instance_of(graph), FLOP_COUNT(3), 0, "no name"), "a kernel without a name");
    made_type = 2;

    graph = new_graph();
    fake_graph_fail(999); /* a driver that does not say */
    populate(graph, plan);
    fake_graph_fail(0);
    CHECK(0 == launch(instance_of(graph), FLOP_COUNT(3), 0, "no answer"), "a driver that did not answer");
}

/* One that nobody saw being made is never asked for: it may not be one. */
static void should_not_ask_for_strangers(void)
{
    static int stranger;
    const uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);
    const int questions = fake_graph_questions();

    populate(&stranger, plan_of(3));
    CHECK(questions == fake_graph_questions(), "asked for");
    CHECK(gaps + 1 == stub_gaps(FLOPMETER_GAP_SHAPE), "nobody told");
}

static void should_ask_nothing_unwatched(void)
{
    void *const graph = new_graph();
    const int questions = fake_graph_questions();

    watch_by(NULL);
    made_type = 2;
    populate(graph, plan_of(3));
    (void)launch(instance_of(graph), FLOP_COUNT(3), 0, "unwatched");
    CHECK(questions == fake_graph_questions(), "asked for");
    watch_by(&watch);
    CHECK(0 == launch(instance_of(graph), FLOP_COUNT(3), 0, "filled before"), "a graph of before");
}

/* An update is by the same plan; nothing keeps a program from giving another one. */
static void should_notice_updates(void)
{
    void *const plan = plan_of(3);
    void *const graph = new_graph();
    const int64_t shapes[] = { 1, 9, 7 };
    void *const pack = make(16, 1011, 3, 3, shapes);
    uint64_t gaps = stub_gaps(FLOPMETER_GAP_SHAPE);

    populate(graph, plan);
    CHECK(0 == cudnnBackendUpdateCudaGraph(&handle, plan, NULL, graph), "update");
    (void)launch(instance_of(graph), FLOP_COUNT(3), 0, "the same plan");
    handle.status = 3000;
    CHECK(3000 == cudnnBackendUpdateCudaGraph(&handle, plan_of(9), NULL, graph), "refused");
    handle.status = 0;
    (void)launch(instance_of(graph), FLOP_COUNT(3), 0, "refused");
    CHECK(0 == cudnnBackendUpdateCudaGraph(&handle, plan, NULL, &stream), "a child that was handed out");
    (void)launch(instance_of(graph), FLOP_COUNT(3), 0, "the same plan in a graph that is not known");
    CHECK(gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "gaps");
    CHECK(0 == cudnnBackendUpdateCudaGraph(&handle, plan_of(9), NULL, graph), "update");
    CHECK(gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "nothing was launched");
    (void)launch(instance_of(graph), 0, FLOP_COUNT(3), "another plan");
    CHECK(++gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "more than it was");

    void *const other = new_graph();

    populate(other, plan);
    CHECK(0 == cudnnBackendUpdateCudaGraph(&handle, plan, pack, &stream), "sizes that are given now");
    CHECK(++gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "sizes that are not known");
    (void)launch(instance_of(other), 0, FLOP_COUNT(3), "other sizes");
    CHECK(++gaps == stub_gaps(FLOPMETER_GAP_SHAPE), "more than it was");
}

int main(void)
{
    watch_by(&watch);
    should_know_nodes_of_an_empty_graph();
    should_say_what_is_not_known_of_them();
    should_not_ask_for_strangers();
    should_ask_nothing_unwatched();
    should_notice_updates();
    return 0;
}
