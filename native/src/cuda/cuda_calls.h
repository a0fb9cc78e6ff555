/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Numbers of library calls, and what became of the last of them. Any thread begins and ends calls, without a lock;
 * whoever asks too late gets "not counted".
 */

#ifndef FLOPMETER_CUDA_CALLS_H
#define FLOPMETER_CUDA_CALLS_H

#include "cuda_watch.h"

#define FLOPMETER_CUDA_CALLS (65536)

/** Number of a call that begins now; never 0. */
uint64_t flopmeter_cuda_calls_begin(void);

/** Call `number`, which has not ended, launches an instance of a graph (cuda_plans.h). */
void flopmeter_cuda_calls_launches(uint64_t number, uint64_t instance);

/** What it launched; 0: none, or it is not known any more. */
uint64_t flopmeter_cuda_calls_instance(uint64_t number);

void flopmeter_cuda_calls_end(uint64_t number, flopmeter_cuda_outcome_t outcome);

/** UNCOUNTED when so many began since that it is not known any more. */
flopmeter_cuda_outcome_t flopmeter_cuda_calls_outcome(uint64_t number);

/** Calls that ended as counted so far. */
uint64_t flopmeter_cuda_calls_counted(void);

#endif /* FLOPMETER_CUDA_CALLS_H */
