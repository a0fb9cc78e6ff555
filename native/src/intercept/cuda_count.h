/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Counting work that a CUDA library put on a stream. A call on a stream that is being captured computes nothing: what
 * it is worth is kept with the graph, and counted whenever the graph is launched. docs/cuda.md has the rules.
 */

#ifndef FLOPMETER_CUDA_COUNT_H
#define FLOPMETER_CUDA_COUNT_H

#include <stdbool.h>

#include "cuda_call.h"
#include "cuda_driver.h"
#include "cuda_sum.h"

/** Count what a call that succeeded put on `stream`. */
void flopmeter_cuda_count(const void *stream, flopmeter_precision_t precision, const flopmeter_shape_t *shape);

/** As flopmeter_cuda_count() for several precisions. */
void flopmeter_cuda_count_sum(const void *stream, const flopmeter_cuda_sum_t *sum);

/** Nodes worth `sum` were added to `graph` by hand. A graph that we did not see begin is a gap. */
void flopmeter_cuda_graph_add(const void *graph, const flopmeter_cuda_sum_t *sum);

#endif /* FLOPMETER_CUDA_COUNT_H */
