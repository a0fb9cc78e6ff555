/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CUDA graphs, through the runtime and through the driver: the handles of both are the same. What was captured is kept
 * with the graph, goes to each executable instance made of it, and is counted at each launch. Arguments are passed on
 * as whole registers and stack slots, whatever the version's types are; only those that every version has are read.
 */

#include "cuda_abi.h"
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

static bool is_nothing(const flopmeter_cuda_sum_t *const sum)
{
    flopmeter_u128_t all = 0;

    for (int p = 0; p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        all |= sum->by_precision[p].flop_count | sum->by_precision[p].estimate | sum->by_precision[p].bound;
    }
    return 0 == all;
}

/* The instance is worth what its graph is worth now. */
static void instantiated(const void *const exec, const void *const graph, const uint64_t flags)
{
    flopmeter_cuda_sum_t sum;

    flopmeter_cuda_nodes_gone(exec);
    if (!flopmeter_cuda_table_get(FLOPMETER_CUDA_GRAPH, graph, &sum) || is_nothing(&sum))
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
    if (flags < 256 && 0 != (flags & FLOPMETER_CUDA_INSTANTIATE_DEVICE_LAUNCH))
    {
        flopmeter_cuda_gap(); /* a kernel may launch it, where nobody of us is */
    }
}

static void child_added(const void *const graph, const void *const child)
{
    flopmeter_cuda_sum_t sum;

    if (!flopmeter_cuda_table_get(FLOPMETER_CUDA_GRAPH, child, &sum) || is_nothing(&sum))
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

    if (flopmeter_cuda_table_get(FLOPMETER_CUDA_EXEC, exec, &sum))
    {
        flopmeter_cuda_nodes_launch(exec);
        flopmeter_cuda_count_sum(stream, &sum);
        flopmeter_cuda_call_is(FLOPMETER_CUDA_CALL_GRAPH); /* and perhaps of nodes that are in no count */
    }
}

/* An instance's nodes are changed or switched off: what it is worth is not known any more. */
static void altered(const void *const exec)
{
    flopmeter_cuda_sum_t sum;

    flopmeter_cuda_nodes_gone(exec);
    if (flopmeter_cuda_table_get(FLOPMETER_CUDA_EXEC, exec, &sum))
    {
        flopmeter_cuda_gap();
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
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, instantiated(handle_of(a), handle_of(b), 0))
#define ALTER(routine)                                                                                                 \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, altered(handle_of(a)))
/* Its nodes are not those of its graph any more: what it is worth stays, which of them is counted is not known. */
#define CHANGE(routine)                                                                                                \
    GRAPH_WRAPPER(routine, NOTHING_BEFORE, flopmeter_cuda_nodes_gone(handle_of(a)))
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
ALTER(cudaGraphExecChildGraphNodeSetParams)
ALTER(cudaGraphNodeSetEnabled)
CHANGE(cudaGraphExecKernelNodeSetParams)
CHANGE(cudaGraphExecNodeSetParams)
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
ALTER(cuGraphExecChildGraphNodeSetParams)
ALTER(cuGraphNodeSetEnabled)
CHANGE(cuGraphExecKernelNodeSetParams)
CHANGE(cuGraphExecKernelNodeSetParams_v2)
CHANGE(cuGraphExecNodeSetParams)
LAUNCH(cuGraphLaunch, false)
LAUNCH(cuGraphLaunch_ptsz, true)
DESTROY(cuGraphDestroy)
DESTROY_EXEC(cuGraphExecDestroy)
