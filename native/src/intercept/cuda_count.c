/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Counts now, or keeps with the graph that a stream is being captured into.
 */

#include "cuda_count.h"

#include "cuda_graph.h"
#include "cuda_nodes.h"

/* Who watches learns on which card: that of the context is the one that library handles and streams belong to. */
static void count(const flopmeter_precision_t precision, const flopmeter_shape_t *const shape)
{
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();

    flopmeter_core_count(precision, FLOPMETER_SOURCE_CUDA, shape);
    if (!FLOPMETER_LIKELY(NULL == watching) && NULL != watching->states)
    {
        watching->states(flopmeter_cuda_current_device(), shape);
    }
}

static void count_now(const flopmeter_cuda_sum_t *const sum)
{
    for (int p = 0; p < FLOPMETER_CUDA_PRECISIONS; p++)
    {
        const flopmeter_shape_t *const shape = &sum->by_precision[p];

        if (0 != (shape->flop_count | shape->estimate | shape->bound))
        {
            count((flopmeter_precision_t)p, shape);
        }
    }
    if (sum->is_open)
    {
        /* Not flopmeter_cuda_gap(): what was counted of this call stays counted for whoever watches kernels. */
        flopmeter_core_gap(FLOPMETER_GAP_SHAPE, FLOPMETER_SOURCE_CUDA);
    }
}

void flopmeter_cuda_graph_add(const void *const graph, const flopmeter_cuda_sum_t *const sum)
{
    if (!flopmeter_cuda_table_add(FLOPMETER_CUDA_GRAPH, graph, sum, flopmeter_cuda_nodes_are_known(graph)))
    {
        flopmeter_cuda_gap();
    }
}

void flopmeter_cuda_count_sum(const void *const stream, const flopmeter_cuda_sum_t *const sum)
{
    const void *graph;

#ifdef FLOPMETER_CANARY_CAPTURE
    /* The bug that the tests must catch: a capture is taken for a call that computes. */
    count_now(sum);
    return;
#endif
    switch (flopmeter_cuda_capture_of(stream, &graph))
    {
        case FLOPMETER_CUDA_CAPTURED_NOT:
            count_now(sum);
            flopmeter_cuda_call_is(FLOPMETER_CUDA_CALL_COUNTED);
            break;

        case FLOPMETER_CUDA_CAPTURED_YES:
            flopmeter_cuda_graph_add(graph, sum);
            break;

        default:
            flopmeter_cuda_gap();
            break;
    }
}

void flopmeter_cuda_count(
    const void *const stream, const flopmeter_precision_t precision, const flopmeter_shape_t *const shape)
{
    const void *graph;

    /* The usual call: not captured, and no table of precisions to be filled for it. */
    if (FLOPMETER_CUDA_CAPTURED_NOT == flopmeter_cuda_capture_of(stream, &graph))
    {
        count(precision, shape);
        flopmeter_cuda_call_is(FLOPMETER_CUDA_CALL_COUNTED);
        return;
    }
    flopmeter_cuda_sum_t sum = { 0 };

    flopmeter_cuda_sum_add(&sum, precision, shape);
    flopmeter_cuda_count_sum(stream, &sum);
}
