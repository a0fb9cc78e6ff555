/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_CUDA_PROFILER_H
#define FLOPMETER_CUDA_PROFILER_H

#include "cuda_watch.h"

/** Tell who begins to watch of those who hold the hardware's counters already. */
void flopmeter_cuda_profiler_watch(const flopmeter_cuda_watch_t *watching);

#endif /* FLOPMETER_CUDA_PROFILER_H */
