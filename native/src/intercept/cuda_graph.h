/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is remembered about CUDA objects whose work is done later: graphs, their executable instances, and cuDNN's
 * backend descriptors. A table of fixed size that exists only in processes that use them; no call waits for another
 * longer than a few stores take.
 */

#ifndef FLOPMETER_CUDA_GRAPH_H
#define FLOPMETER_CUDA_GRAPH_H

#include "cuda_count.h"

typedef enum flopmeter_cuda_kind_enum
{
    FLOPMETER_CUDA_GRAPH = 1,
    FLOPMETER_CUDA_EXEC = 2
}
flopmeter_cuda_kind_t;

/** Make the entry of (kind, handle) anew with `sum`, or empty when that is NULL. False: no room, a gap was told. */
bool flopmeter_cuda_table_put(flopmeter_cuda_kind_t kind, const void *handle, const flopmeter_cuda_sum_t *sum);

/** Copy the entry's sum. False when there is none. */
bool flopmeter_cuda_table_get(flopmeter_cuda_kind_t kind, const void *handle, flopmeter_cuda_sum_t *sum);

/** Add to the entry's sum. False when there is none. */
bool flopmeter_cuda_table_add(flopmeter_cuda_kind_t kind, const void *handle, const flopmeter_cuda_sum_t *sum);

void flopmeter_cuda_table_remove(flopmeter_cuda_kind_t kind, const void *handle);

/** A capture of `stream` into `graph`, which is new, begins. */
void flopmeter_cuda_table_begin(const void *stream, const void *graph);

/** It ended with `graph`; NULL: it failed, and the graph that it began with is gone. */
void flopmeter_cuda_table_end(const void *stream, const void *graph);

/** The graph that `stream` is being captured into; NULL when it is not or the driver can't tell. */
const void *flopmeter_cuda_capture_graph(const void *stream);

#endif /* FLOPMETER_CUDA_GRAPH_H */
