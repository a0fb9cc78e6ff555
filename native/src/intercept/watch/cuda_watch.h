/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the preload library's wrappers tell the library that the driver loads (native/src/cuda), both in one process:
 * one is in the global scope and sees calls, the other knows what they mean. Nobody is linked to the other; the second
 * finds the first by a name.
 */

#ifndef FLOPMETER_CUDA_WATCH_H
#define FLOPMETER_CUDA_WATCH_H

#include <stddef.h>

struct CUctx_st;

/** Who wants to be told. A NULL callback is not called. All are called on the program's threads. */
typedef struct flopmeter_cuda_watch_stct
{
    /** cuCtxCreate() made `context` on `device`. */
    void (*made)(struct CUctx_st *context, int device);

    /** `context` is about to be destroyed; may take its time, within bounds. */
    void (*ending)(struct CUctx_st *context);
}
flopmeter_cuda_watch_t;

/** Name of the function below in the preload library. */
#define FLOPMETER_CUDA_WATCH_NAME "flopmeter_cuda_watch"

/** Tell `watch` from now on, which must stay; NULL: nobody. */
typedef void flopmeter_cuda_watch_fn(const flopmeter_cuda_watch_t *watch);

#endif /* FLOPMETER_CUDA_WATCH_H */
