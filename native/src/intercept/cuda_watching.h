/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who watches kernels (watch/cuda_watch.h), and what has become of the library call that runs on a thread.
 */

#ifndef FLOPMETER_CUDA_WATCHING_H
#define FLOPMETER_CUDA_WATCHING_H

#include <stdbool.h>

#include "cuda_watch.h"
#include "flopmeter_intercept.h"

/** Who watches, or NULL. */
const flopmeter_cuda_watch_t *flopmeter_cuda_watching(void);

/** An outermost call begins on this thread: nothing of it is counted. */
void flopmeter_cuda_outcome_begin(void);

/** What has become of it; `is_whole`: there was no gap. */
flopmeter_cuda_outcome_t flopmeter_cuda_outcome(bool *is_whole);

/** The running call of this thread was counted, or launched a graph that was. UNCOUNTED: not wholly, and that stays. */
void flopmeter_cuda_call_is(flopmeter_cuda_outcome_t outcome);

/** Something was computed by a CUDA library that is not counted. */
void flopmeter_cuda_gap(void);

#endif /* FLOPMETER_CUDA_WATCHING_H */
