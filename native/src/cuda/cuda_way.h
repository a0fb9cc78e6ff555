/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The program's own profilers of the hardware go first: the preload library's wrappers tell before one of them is begun
 * (intercept/cuda_profiler.c), and the program's thread waits until the meter's has ended its range, within bounds.
 */

#ifndef FLOPMETER_CUDA_WAY_H
#define FLOPMETER_CUDA_WAY_H

#include "cuda_session.h"

/** As cuda_contexts.c: the end of a range waits for what is queued. */
#define FLOPMETER_CUDA_WAY_HOLD_NS (1000000000ULL)

/**
 * As at the start of a process; `wake` is called on the program's thread, without a lock, when somebody waits, which
 * takes `hold_ns` at most.
 */
void flopmeter_cuda_way_open(void (*wake)(void), uint64_t hold_ns);

/** Set while somebody waits or the program ends: leave what takes long. */
extern atomic_bool flopmeter_cuda_way_hurry;

/** The program ends. */
void flopmeter_cuda_way_stop(void);

/* ---- From the program's threads ---- */

/** The program is about to take the hardware's counters, and may go on when this returns. `holders` stays. */
void flopmeter_cuda_way_taking(const atomic_uint *holders);

/** One of them has given them back, or did not get them. */
void flopmeter_cuda_way_given(const atomic_uint *holders);

/** The program is about to end CUPTI as a whole: nothing that we have from it may be used any more. */
void flopmeter_cuda_way_finalizing(void);

/* ---- From the meter's thread ---- */

/** This thread is the meter's, and need not give way to itself: CUPTI calls its own functions. */
void flopmeter_cuda_way_enter(void);

/** Is it that one? */
bool flopmeter_cuda_way_is_meter(void);

/** Give way, or come back, as the program has it. Before each step. */
void flopmeter_cuda_way_obey(flopmeter_cuda_session_t *session);

/** CUPTI will not be asked again. */
void flopmeter_cuda_way_leave(void);

#endif /* FLOPMETER_CUDA_WAY_H */
