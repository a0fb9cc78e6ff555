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

#include "cuda_nodeset.h"
#include "cuda_sum.h"

typedef enum flopmeter_cuda_kind_enum
{
    FLOPMETER_CUDA_GRAPH = 1,
    FLOPMETER_CUDA_EXEC = 2
}
flopmeter_cuda_kind_t;

/** How nodes were altered. */
typedef enum flopmeter_cuda_alteration_enum
{
    FLOPMETER_CUDA_ALTERED_LESS,  /* some are off, or gone: at most what was there is computed */
    FLOPMETER_CUDA_ALTERED_ANY    /* some do something else: anything may be computed */
}
flopmeter_cuda_alteration_t;

/** Make the entry of (kind, handle) anew with `sum`, or empty when that is NULL. False: no room, a gap was told. */
bool flopmeter_cuda_table_put(flopmeter_cuda_kind_t kind, const void *handle, const flopmeter_cuda_sum_t *sum);

/** Copy the entry's sum. False when there is none. */
bool flopmeter_cuda_table_get(flopmeter_cuda_kind_t kind, const void *handle, flopmeter_cuda_sum_t *sum);

/** Add to the entry's sum. `is_clear`: somebody will say of which nodes it came. False when there is none. */
bool flopmeter_cuda_table_add(
    flopmeter_cuda_kind_t kind, const void *handle, const flopmeter_cuda_sum_t *sum, bool is_clear);

void flopmeter_cuda_table_remove(flopmeter_cuda_kind_t kind, const void *handle);

/** Nodes of (kind, handle) were altered: nothing of it is in a lower end any more. False when there is no entry. */
bool flopmeter_cuda_table_alter(
    flopmeter_cuda_kind_t kind, const void *handle, flopmeter_cuda_alteration_t alteration);

/** An instance's entry may be worth `sum` instead: flopmeter_cuda_sum_raise(). False when there is none. */
bool flopmeter_cuda_table_raise(const void *exec, const flopmeter_cuda_sum_t *sum);

/**
 * Nodes of an instance were switched off: LESS, and its entry is kept for what comes by an update, which does not
 * switch nodes on again; it is made if there was none. Say it after each update.
 */
void flopmeter_cuda_table_less(const void *exec);

/** Was that said of it since it was a new one? */
bool flopmeter_cuda_table_is_less(const void *exec);

/** A new instance has this handle: what was said of the last one is over. */
void flopmeter_cuda_table_renew(const void *exec);

/** Nodes of some graph were altered, and nobody knows of which: of each that holds work now. */
void flopmeter_cuda_table_alter_graphs(flopmeter_cuda_alteration_t alteration);

/** A capture of `stream` into `graph`, which is new, begins. */
void flopmeter_cuda_table_begin(const void *stream, const void *graph);

/** It ended with `graph`; NULL: it failed, and the graph that it began with is gone. */
void flopmeter_cuda_table_end(const void *stream, const void *graph);

/** Is `graph` being captured from `stream`, as far as it was seen? */
bool flopmeter_cuda_table_is_captured(const void *stream, const void *graph);

/** Kernels that came to `graph` by counted calls. NULL: such came, and nobody knows which. */
void flopmeter_cuda_table_came(const void *graph, const uint64_t *signatures, size_t count);

/** The nodes that counted calls made are in the entry of `from_handle`, and now in that of `handle` too. */
void flopmeter_cuda_table_follow(
    flopmeter_cuda_kind_t kind, const void *handle, flopmeter_cuda_kind_t from_kind, const void *from_handle);

/** Copy an instance's into `counts` of FLOPMETER_CUDA_SIGNATURES. False when nobody knows them. */
bool flopmeter_cuda_table_nodes(const void *exec, flopmeter_cuda_node_count_t *counts, size_t *count);

/** An instance's number with whoever watches, and a new one for it unless that is NULL. 0 = none. */
uint64_t flopmeter_cuda_table_instance(const void *exec, const uint64_t *instance);

/** An instance is updated: how often it was by now, 0 = it is not there. */
uint64_t flopmeter_cuda_table_updated(const void *exec);

/** The graph that `stream` is being captured into; NULL when it is not or the driver can't tell. */
const void *flopmeter_cuda_capture_graph(const void *stream);

#endif /* FLOPMETER_CUDA_GRAPH_H */
