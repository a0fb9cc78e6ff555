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

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct CUctx_st;
struct flopmeter_shape_stct;

/** What became of a call. */
typedef enum flopmeter_cuda_outcome_enum
{
    FLOPMETER_CUDA_CALL_RUNNING = 0,
    FLOPMETER_CUDA_CALL_UNCOUNTED = 1,
    FLOPMETER_CUDA_CALL_COUNTED = 2,    /* all that it launched is in a count by shape */
    FLOPMETER_CUDA_CALL_GRAPH = 3       /* it launched a graph, some of whose nodes are */
}
flopmeter_cuda_outcome_t;

/** Who wants to be told. A NULL callback is not called. All are called on the program's threads. */
typedef struct flopmeter_cuda_watch_stct
{
    /** cuCtxCreate() made `context` on `device`. */
    void (*made)(struct CUctx_st *context, int device);

    /** `context` is about to be destroyed; may take its time, within bounds. */
    void (*ending)(struct CUctx_st *context);

    /** An outermost library call begins on this thread: its number, 0 = nobody cares. */
    uint64_t (*call_begin)(void);

    /**
     * The running call of this thread counts `stated` on the device of its context, -1 = the driver does not say.
     * Also where call_begin gave 0.
     */
    void (*states)(int device, const struct flopmeter_shape_stct *stated);

    /** Call `number` ends on this thread. */
    void (*call_end)(uint64_t number, flopmeter_cuda_outcome_t outcome);

    /**
     * A graph that holds counted work was instantiated or an instance updated: signatures of its kernels, each with
     * what is known of it (cuda_signature.h). Its number, 0 = nobody cares or there is no room.
     */
    uint64_t (*instance)(const uint64_t *nodes, size_t count);

    /** The instance of that number is gone, or is another now. Launches of it may still be at work. */
    void (*instance_gone)(uint64_t instance);

    /** Call `number`, which runs on this thread, launches that instance, 0 = one of which nothing is known. */
    void (*launches)(uint64_t number, uint64_t instance);

    /** Somebody is about to use CUPTI for itself, or has done so before, and may go on when this returns. */
    void (*profiler)(void);

    /**
     * Likewise to take the hardware's counters; may take its time, within bounds. `holders` have them or are about to;
     * it stays, and is to be read anew whenever somebody wants to know.
     */
    void (*taking)(const atomic_uint *holders);

    /** One of them has given them back, or did not get them. */
    void (*given)(const atomic_uint *holders);

    /** CUPTI is about to be ended: what was got from it is worth nothing when this has returned. */
    void (*finalizing)(void);
}
flopmeter_cuda_watch_t;

/** Name of the function below in the preload library. */
#define FLOPMETER_CUDA_WATCH_NAME "flopmeter_cuda_watch"

/** Tell `watch` from now on, which must stay, and at once of a profiler that came before; NULL: nobody. */
typedef void flopmeter_cuda_watch_fn(const flopmeter_cuda_watch_t *watch);

#endif /* FLOPMETER_CUDA_WATCH_H */
