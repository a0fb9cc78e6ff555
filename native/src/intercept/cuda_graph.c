/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CUDA graphs, through the runtime and through the driver: the handles of both are the same. What was captured is kept
 * with the graph, goes to each executable instance made of it, and is counted at each launch. Arguments are passed on
 * as whole registers and stack slots, whatever the version's types are; only those that every version has are read.
 */

#include "cuda_abi.h"
#include "cuda_count.h"
#include "cuda_graph.h"
#include "cuda_nodes.h"

#define UPDATES_MAX (16)    /* an instance that is updated at every step: its nodes are looked at so often */

typedef uint64_t word_t;
typedef int function6_t(word_t, word_t, word_t, word_t, word_t, word_t);

static const void *handle_of(const word_t word)
{
    return (const void *)(uintptr_t)word;
}

/* What a call wrote where its first argument points to. */
static const void *result_of(const word_t word)
{
    return 0 == word ? NULL : *(const void *const *)handle_of(word);
}

static const void *stream_of(const word_t word, const bool is_per_thread)
{
    return handle_of(0 == word && is_per_thread ? FLOPMETER_CUDA_STREAM_PER_THREAD : word);
}

/* The instance is worth what its graph is worth now. */
static void worth(const void *const exec, const void *const graph)
{
    flopmeter_cuda_sum_t sum;

    flopmeter_cuda_nodes_gone(exec);
    if (!flopmeter_cuda_table_get(FLOPMETER_CUDA_GRAPH, graph, &sum) || flopmeter_cuda_sum_is_nothing(&sum))
    {
        flopmeter_cuda_table_remove(FLOPMETER_CUDA_EXEC, exec);
        return;
    }
    if (flopmeter_cuda_table_put(FLOPMETER_CUDA_EXEC, exec, &sum))
    {
        flopmeter_cuda_table_follow(FLOPMETER_CUDA_EXEC, exec, FLOPMETER_CUDA_GRAPH, graph);
        if (flopmeter_cuda_table_updated(exec) <= UPDATES_MAX)
        {
            flopmeter_cuda_nodes_instance(exec, graph);
        }
    }
}

static void instantiated(const void *const exec, const void *const graph, const uint64_t flags)
{
    flopmeter_cuda_table_renew(exec);
    worth(exec, graph);
    if (flags < 256 && 0 != (flags & FLOPMETER_CUDA_INSTANTIATE_DEVICE_LAUNCH))
    {
        flopmeter_cuda_gap(); /* a kernel may launch it, where nobody of us is */
    }
}

/* Nodes that are off stay off. */
static void updated(const void *const exec, const void *const graph)
{
    const bool is_less = flopmeter_cuda_table_is_less(exec);

    worth(exec, graph);
    if (is_less)
    {
        flopmeter_cuda_table_less(exec);
    }
}

static void child_added(const void *const graph, const void *const child)
{
    flopmeter_cuda_sum_t sum;

    if (!flopmeter_cuda_table_get(FLOPMETER_CUDA_GRAPH, child, &sum) || flopmeter_cuda_sum_is_nothing(&sum))
    {
        return;
    }
    if (!flopmeter_cuda_table_add(FLOPMETER_CUDA_GRAPH, graph, &sum, true))
    {
        flopmeter_cuda_gap();
        return;
    }
    flopmeter_cuda_table_follow(FLOPMETER_CUDA_GRAPH, graph, FLOPMETER_CUDA_GRAPH, child);
}

static void launched(const void *const exec, const void *const stream)
{
    flopmeter_cuda_sum_t sum;

    if (flopmeter_cuda_table_get(FLOPMETER_CUDA_EXEC, exec, &sum) && !flopmeter_cuda_sum_is_nothing(&sum))
    {
        flopmeter_cuda_nodes_launch(exec);
        flopmeter_cuda_count_sum(stream, &sum);
        flopmeter_cuda_call_is(FLOPMETER_CUDA_CALL_GRAPH); /* and perhaps of nodes that are in no count */
    }
}

/*
 * Nodes of an instance do something else. Which of them were counted is not known: each launch is worth anything from
 * nothing on, and a gap.
 */
static void altered(const void *const exec)
{
    flopmeter_cuda_nodes_gone(exec);
    (void)flopmeter_cuda_table_alter(FLOPMETER_CUDA_EXEC, exec, FLOPMETER_CUDA_ALTERED_ANY);
}

/* A node is off: at most what it was worth. One that is switched on was off before, or on all the time. */
static void switched(const void *const exec, const uint32_t is_on)
{
    if (0 == is_on)
    {
        flopmeter_cuda_nodes_gone(exec);
        flopmeter_cuda_table_less(exec);
    }
}

/*
 * An instance has another graph in it, in place of one that nobody names. Programs give it the same work again before
 * each launch: what was there stays the point, unless the new one alone is more.
 */
static void child_changed(const void *const exec, const void *const child)
{
    flopmeter_cuda_sum_t sum;

    if (flopmeter_cuda_table_get(FLOPMETER_CUDA_GRAPH, child, &sum) && !flopmeter_cuda_sum_is_nothing(&sum) &&
        !flopmeter_cuda_table_raise(exec, &sum))
    {
        (void)flopmeter_cuda_table_put(FLOPMETER_CUDA_EXEC, exec, &sum);
    }
    altered(exec);
}

/* Parameters of a node whose kind they say. Copies, callbacks and the like are no work. */
static void node_changed(const void *const exec, const flopmeter_cuda_node_t *const node)
{
    if (NULL != node && FLOPMETER_CUDA_NODE_GRAPH == node->type)
    {
        child_changed(exec, node->graph);
    }
    else if (NULL == node || FLOPMETER_CUDA_NODE_KERNEL == node->type || node->type > FLOPMETER_CUDA_NODE_LAST_PLAIN)
    {
        altered(exec);
    }
}

/* The same of a graph's node, of which nobody says what graph that is. */
static void template_changed(const flopmeter_cuda_node_t *const node)
{
    flopmeter_cuda_sum_t sum;

    if (NULL != node && FLOPMETER_CUDA_NODE_GRAPH == node->type &&
        flopmeter_cuda_table_get(FLOPMETER_CUDA_GRAPH, node->graph, &sum) && !flopmeter_cuda_sum_is_nothing(&sum))
    {
        flopmeter_cuda_gap(); /* that work is in a graph now in which there may have been none */
    }
    if (NULL == node || FLOPMETER_CUDA_NODE_KERNEL == node->type || FLOPMETER_CUDA_NODE_GRAPH == node->type ||
        node->type > FLOPMETER_CUDA_NODE_LAST_PLAIN)
    {
        flopmeter_cuda_table_alter_graphs(FLOPMETER_CUDA_ALTERED_ANY);
    }
}

static void capture_began(const void *const stream, const void *const graph)
{
    flopmeter_cuda_table_begin(stream, graph);
    flopmeter_cuda_nodes_capture(stream, graph);
}

static void exec_ends(const void *const exec)
{
    flopmeter_cuda_nodes_gone(exec);
    flopmeter_cuda_table_remove(FLOPMETER_CUDA_EXEC, exec);
}

/* In CUDA 12 the parameters are the fifth argument, in 13 edge data came before the count: tell a count by its size. */
static void node_added(const word_t graph, const word_t fifth, const word_t sixth)
{
    const flopmeter_cuda_node_t *const node = handle_of(fifth > 65535 ? fifth : sixth);

    if (NULL != node && FLOPMETER_CUDA_NODE_GRAPH == node->type)
    {
        child_added(handle_of(graph), node->graph);
        if (FLOPMETER_CUDA_OWNERSHIP_MOVE == node->ownership)
        {
            /* What comes to that handle now comes to its parent: better told as lost than kept with nobody. */
            flopmeter_cuda_table_remove(FLOPMETER_CUDA_GRAPH, node->graph);
        }
    }
}

/* One wrapper: `before` and `after` are statements; `after` runs when the call succeeded and is the outermost. */
#define GRAPH_WRAPPER(routine, before, after)                                                                          \
    FLOPMETER_WRAPPER int routine(word_t a, word_t b, word_t c, word_t d, word_t e, word_t f);                         \
    FLOPMETER_WRAPPER int routine(                                                                                     \
        const word_t a, const word_t b, const word_t c, const word_t d, const word_t e, const word_t f)                \
    {                                                                                                                  \
        FLOPMETER_SYMBOL(symbol, #routine, "", FLOPMETER_SOURCE_CUDA);                                                 \
        const void *const caller = __builtin_return_address(0);                                                        \
        function6_t *const real = __extension__(function6_t *)flopmeter_symbol_find(&symbol, &symbol_name, caller);    \
        if (NULL == real)                                                                                              \
        {                                                                                                              \
            return FLOPMETER_CUDA_NO_SYMBOL;                                                                           \
        }                                                                                                              \
        FLOPMETER_GUARD(guard, caller);                                                                                \
        FLOPMETER_CUDA_CALL(guard);                                                                                    \
        const bool is_outermost = flopmeter_guard_is_outermost(&guard);                                                \
        before;                                                                                                        \
        const int status = real(a, b, c, d, e, f);                                                                     \
        if (FLOPMETER_CUDA_SUCCESS == status && is_outermost)                                                          \
        {                                                                                                              \
            after;                                                                                                     \
        }                                                                                                              \
        return status;                                                                                                 \
    }

#define NOTHING_BEFORE (void)0

/* A capture begins into a graph of its own, which has nothing yet. */
#define CAPTURE_BEGIN(routine, per_thread)                                                                             \
    GRAPH_WRAPPER(                                                                                                     \
        routine, NOTHING_BEFORE,                                                                                       \
        capture_began(stream_of(a, per_thread), flopmeter_cuda_capture_graph(stream_of(a, per_thread))))

/* One that failed leaves no graph: its entry must not wait for the next graph at that address. */
#define CAPTURE_END(routine, per_thread)                                                                               \
    FLOPMETER_WRAPPER int routine(word_t a, word_t b, word_t c, word_t d, word_t e, word_t f);                         \
    FLOPMETER_WRAPPER int routine(                                                                                     \
        const word_t a, const word_t b, const word_t c, const word_t d, const word_t e, const word_t f)                \
    {                                                                                                                  \
        FLOPMETER_SYMBOL(symbol, #routine, "", FLOPMETER_SOURCE_CUDA);                                                 \
        const void *const caller = __builtin_return_address(0);                                                        \
        function6_t *const real = __extension__(function6_t *)flopmeter_symbol_find(&symbol, &symbol_name, caller);    \
        if (NULL == real)                                                                                              \
        {                                                                                                              \
            return FLOPMETER_CUDA_NO_SYMBOL;                                                                           \
        }                                                                                                              \
        FLOPMETER_GUARD(guard, caller);                                                                                \
        FLOPMETER_CUDA_CALL(guard);                                                                                    \
        const int status = real(a, b, c, d, e, f);                                                                     \
        flopmeter_cuda_table_end(                                                                                      \
            stream_of(a, per_thread), FLOPMETER_CUDA_SUCCESS == status ? result_of(b) : NULL);                         \
        flopmeter_cuda_nodes_capture(NULL, NULL);                                                                      \
        return status;                                                                                                 \
    }

#define INSTANTIATE(routine)                                                                                           \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, instantiated(result_of(a), handle_of(b), c))
#define INSTANTIATE_PLAIN(routine)                                                                                     \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, instantiated(result_of(a), handle_of(b), 0))
#define INSTANTIATE_PARAMS(routine)                                                                                    \
    GRAPH_WRAPPER(                                                                                                     \
        routine, NOTHING_BEFORE,                                                                                       \
        instantiated(result_of(a), handle_of(b), 0 == c ? 0 : *(const uint64_t *)handle_of(c)))
#define LAUNCH(routine, per_thread)                                                                                    \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, launched(handle_of(a), stream_of(b, per_thread)))
#define UPDATE(routine)                                                                                                \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, updated(handle_of(a), handle_of(b)))
#define SWITCH(routine)                                                                                                \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, switched(handle_of(a), (uint32_t)c))
#define CHANGE(routine)                                                                                                \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, altered(handle_of(a)))
#define CHANGE_CHILD(routine)                                                                                          \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, child_changed(handle_of(a), handle_of(c)))
#define CHANGE_NODE(routine)                                                                                           \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, node_changed(handle_of(a), handle_of(c)))
#define CHANGE_TEMPLATE(routine)                                                                                       \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, template_changed(NULL))
#define CHANGE_TEMPLATE_NODE(routine)                                                                                  \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, template_changed(handle_of(b)))
/* Of a node's attributes one matters: then kernels may change it. */
#define ATTRIBUTE(routine)                                                                                             \
    GRAPH_WRAPPER(                                                                                                     \
        routine, NOTHING_BEFORE, if (FLOPMETER_CUDA_ATTRIBUTE_UPDATABLE == (int32_t)b) template_changed(NULL))
#define DESTROY_NODE(routine)                                                                                          \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, flopmeter_cuda_table_alter_graphs(FLOPMETER_CUDA_ALTERED_LESS))
#define DESTROY(routine)                                                                                               \
    GRAPH_WRAPPER(routine, flopmeter_cuda_table_remove(FLOPMETER_CUDA_GRAPH, handle_of(a)), NOTHING_BEFORE)
#define DESTROY_EXEC(routine)                                                                                          \
    GRAPH_WRAPPER(routine, exec_ends(handle_of(a)), NOTHING_BEFORE)
#define CREATE(routine)                                                                                                \
    GRAPH_WRAPPER(                                                                                                     \
        routine, NOTHING_BEFORE, (void)flopmeter_cuda_table_put(FLOPMETER_CUDA_GRAPH, result_of(a), NULL))
#define CLONE(routine)                                                                                                 \
    GRAPH_WRAPPER(                                                                                                     \
        routine, NOTHING_BEFORE,                                                                                       \
        if (flopmeter_cuda_table_put(FLOPMETER_CUDA_GRAPH, result_of(a), NULL))                                        \
            child_added(result_of(a), handle_of(b)))
#define ADD_CHILD(routine)                                                                                             \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, child_added(handle_of(b), handle_of(e)))
#define ADD_NODE(routine)                                                                                              \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, node_added(b, e, f))

/* ---- The runtime ---- */
CAPTURE_BEGIN(cudaStreamBeginCapture, false)
CAPTURE_BEGIN(cudaStreamBeginCapture_ptsz, true)
CAPTURE_END(cudaStreamEndCapture, false)
CAPTURE_END(cudaStreamEndCapture_ptsz, true)
CREATE(cudaGraphCreate)
CLONE(cudaGraphClone)
ADD_CHILD(cudaGraphAddChildGraphNode)
ADD_NODE(cudaGraphAddNode)
ADD_NODE(cudaGraphAddNode_v2)
INSTANTIATE(cudaGraphInstantiate)
INSTANTIATE(cudaGraphInstantiateWithFlags)
INSTANTIATE_PARAMS(cudaGraphInstantiateWithParams)
INSTANTIATE_PARAMS(cudaGraphInstantiateWithParams_ptsz)
UPDATE(cudaGraphExecUpdate)
SWITCH(cudaGraphNodeSetEnabled)
CHANGE(cudaGraphExecKernelNodeSetParams)
CHANGE_CHILD(cudaGraphExecChildGraphNodeSetParams)
CHANGE_NODE(cudaGraphExecNodeSetParams)
CHANGE_TEMPLATE(cudaGraphKernelNodeSetParams)
CHANGE_TEMPLATE_NODE(cudaGraphNodeSetParams)
ATTRIBUTE(cudaGraphKernelNodeSetAttribute)
DESTROY_NODE(cudaGraphDestroyNode)
LAUNCH(cudaGraphLaunch, false)
LAUNCH(cudaGraphLaunch_ptsz, true)
DESTROY(cudaGraphDestroy)
DESTROY_EXEC(cudaGraphExecDestroy)

/* ---- The driver, for programs that are linked to it ---- */
CAPTURE_BEGIN(cuStreamBeginCapture, false)
CAPTURE_BEGIN(cuStreamBeginCapture_v2, false)
CAPTURE_BEGIN(cuStreamBeginCapture_v2_ptsz, true)
CAPTURE_END(cuStreamEndCapture, false)
CAPTURE_END(cuStreamEndCapture_ptsz, true)
CREATE(cuGraphCreate)
CLONE(cuGraphClone)
ADD_CHILD(cuGraphAddChildGraphNode)
ADD_NODE(cuGraphAddNode)
ADD_NODE(cuGraphAddNode_v2)
INSTANTIATE_PLAIN(cuGraphInstantiate)
INSTANTIATE_PLAIN(cuGraphInstantiate_v2)
INSTANTIATE(cuGraphInstantiateWithFlags)
INSTANTIATE_PARAMS(cuGraphInstantiateWithParams)
INSTANTIATE_PARAMS(cuGraphInstantiateWithParams_ptsz)
UPDATE(cuGraphExecUpdate)
UPDATE(cuGraphExecUpdate_v2)
SWITCH(cuGraphNodeSetEnabled)
CHANGE(cuGraphExecKernelNodeSetParams)
CHANGE(cuGraphExecKernelNodeSetParams_v2)
CHANGE_CHILD(cuGraphExecChildGraphNodeSetParams)
CHANGE_NODE(cuGraphExecNodeSetParams)
CHANGE_TEMPLATE(cuGraphKernelNodeSetParams)
CHANGE_TEMPLATE(cuGraphKernelNodeSetParams_v2)
CHANGE_TEMPLATE_NODE(cuGraphNodeSetParams)
ATTRIBUTE(cuGraphKernelNodeSetAttribute)
DESTROY_NODE(cuGraphDestroyNode)
LAUNCH(cuGraphLaunch, false)
LAUNCH(cuGraphLaunch_ptsz, true)
DESTROY(cuGraphDestroy)
DESTROY_EXEC(cuGraphExecDestroy)
