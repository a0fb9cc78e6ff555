/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Contexts that the program made by cuCtxCreate(). The driver has no list of them, so the preload library's wrappers
 * tell of each as it is made and before it goes (intercept/cuda_context.c). The meter's thread counts in one while it
 * holds it, and a program that destroys that one waits until the meter has let go, HOLD_NS at most.
 */

#ifndef FLOPMETER_CUDA_CONTEXTS_H
#define FLOPMETER_CUDA_CONTEXTS_H

#include <stdbool.h>

#include "cuda_abi.h"

#define FLOPMETER_CUDA_CONTEXTS_MAX (64)

/** How a context is told from another one at the same address. 0 is none. */
typedef uint64_t flopmeter_cuda_serial_t;

/**
 * Forget all contexts: the process begins to watch. `wake` (may be NULL) is called, on the program's thread and
 * without a lock, when one was made or is wanted back; `pid` is who watches: a forked child's calls do nothing.
 */
void flopmeter_cuda_contexts_open(void (*wake)(void), int pid);

/* ---- From the program's threads ---- */

/** A context was made on `device`. */
void flopmeter_cuda_contexts_made(flopmeter_cu_context_t context, flopmeter_cu_device_t device);

/** A context is about to be destroyed. Returns when the meter does not hold it, or has not let go in time. */
void flopmeter_cuda_contexts_ending(flopmeter_cu_context_t context);

/* ---- From the meter's thread ---- */

/** How many there are on `device`. */
unsigned flopmeter_cuda_contexts_count(flopmeter_cu_device_t device);

/** The most that there were at once on `device` since this was last asked, those that are there now included. */
unsigned flopmeter_cuda_contexts_most(flopmeter_cu_device_t device);

/** True once a context found no room here: it is not counted, and nothing bounds what runs in it. Asking clears it. */
bool flopmeter_cuda_contexts_took_loss(void);

/** Hold the context on `device` that comes after `serial` in turn (0 = the first). 0: there is none. */
flopmeter_cuda_serial_t flopmeter_cuda_contexts_hold(
    flopmeter_cu_device_t device, flopmeter_cuda_serial_t serial, flopmeter_cu_context_t *context);

/** Is the held context still the program's? */
bool flopmeter_cuda_contexts_is_there(flopmeter_cuda_serial_t serial);

/** Does the program wait for it? */
bool flopmeter_cuda_contexts_is_wanted(flopmeter_cuda_serial_t serial);

/** Let go. */
void flopmeter_cuda_contexts_release(flopmeter_cuda_serial_t serial);

#endif /* FLOPMETER_CUDA_CONTEXTS_H */
