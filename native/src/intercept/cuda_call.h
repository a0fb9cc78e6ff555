/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Library calls, for whoever watches kernels (watch/cuda_watch.h): each outermost one has a number while it runs, and
 * in the end something has become of it. Nobody watching costs a load.
 */

#ifndef FLOPMETER_CUDA_CALL_H
#define FLOPMETER_CUDA_CALL_H

#include "cuda_watching.h"

typedef struct flopmeter_cuda_call_stct
{
    uint64_t number;                            /* 0 = nobody cares */
    const flopmeter_cuda_watch_t *watching;     /* NULL = nobody watches, or it is nested */
}
flopmeter_cuda_call_t;

/** Use FLOPMETER_CUDA_CALL. */
void flopmeter_cuda_call_begin(flopmeter_cuda_call_t *call, const flopmeter_guard_t *guard);
void flopmeter_cuda_call_end(flopmeter_cuda_call_t *call);

/** Behind FLOPMETER_GUARD; ends with the scope, also by an exception. */
#define FLOPMETER_CUDA_CALL(guard)                                                                                     \
    flopmeter_cuda_call_t guard##_call __attribute__((cleanup(flopmeter_cuda_call_end)));                              \
    flopmeter_cuda_call_begin(&guard##_call, &(guard))

#endif /* FLOPMETER_CUDA_CALL_H */
