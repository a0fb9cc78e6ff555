/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which nodes of a graph came from counted calls, for whoever watches kernels (docs/design/0024-kernel-activity.md).
 * Without a watcher nothing of it happens: no call costs more, and the driver is not asked.
 */

#ifndef FLOPMETER_CUDA_NODES_H
#define FLOPMETER_CUDA_NODES_H

#include <stdbool.h>

#include "cuda_watching.h"

/** This thread has begun to capture `stream` into `graph`; NULL: its capture is over. */
void flopmeter_cuda_nodes_capture(const void *stream, const void *graph);

/** An outermost call begins on this thread, and ends; `is_whole`: all that it launched is in a count. */
void flopmeter_cuda_nodes_call_begin(const flopmeter_cuda_watch_t *watching);
void flopmeter_cuda_nodes_call_end(const flopmeter_cuda_watch_t *watching, uint64_t number, bool is_whole);

/** The running call of this thread brings counted work into `graph`: true when its nodes will be known at its end. */
bool flopmeter_cuda_nodes_are_known(const void *graph);

/** Has `graph`, which the running call is about to fill, no nodes yet? False also when nobody watches. */
bool flopmeter_cuda_nodes_are_none(const void *graph);

/** All nodes of `graph` came with the running call. False: not all of them are known. */
bool flopmeter_cuda_nodes_fill(const void *graph);

/** The running call of this thread launches `exec`. */
void flopmeter_cuda_nodes_launch(const void *exec);

/** `exec` is what `graph` is now. */
void flopmeter_cuda_nodes_instance(const void *exec, const void *graph);

/** `exec` is not what it was. */
void flopmeter_cuda_nodes_gone(const void *exec);

#endif /* FLOPMETER_CUDA_NODES_H */
