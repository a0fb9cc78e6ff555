/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who watches is told of calls, and of anybody who is about to use CUPTI for itself: activity records go to whoever
 * registered last, and a profiler must not lose them to us.
 */

#include "cuda_watching.h"

#include "cuda_profiler.h"
#include "cuda_words.h"

static _Atomic(const flopmeter_cuda_watch_t *) watch;
static atomic_bool is_profiled;     /* somebody has used CUPTI for itself, perhaps before anybody watched */
static __thread flopmeter_cuda_outcome_t outcome __attribute__((tls_model("initial-exec")));
static __thread bool has_gap __attribute__((tls_model("initial-exec")));

FLOPMETER_WRAPPER flopmeter_cuda_watch_fn flopmeter_cuda_watch;
FLOPMETER_WRAPPER void flopmeter_cuda_watch(const flopmeter_cuda_watch_t *const watching)
{
    /* In this order, and the other one in the wrappers: one of both sees the other, or both do. */
    atomic_store(&watch, watching);
    if (NULL != watching && NULL != watching->profiler && atomic_load(&is_profiled))
    {
        watching->profiler();
    }
    if (NULL != watching)
    {
        flopmeter_cuda_profiler_watch(watching);
    }
}

const flopmeter_cuda_watch_t *flopmeter_cuda_watching(void)
{
    return atomic_load_explicit(&watch, memory_order_acquire);
}

void flopmeter_cuda_outcome_begin(void)
{
    outcome = FLOPMETER_CUDA_CALL_UNCOUNTED;
    has_gap = false;
}

flopmeter_cuda_outcome_t flopmeter_cuda_outcome(bool *const is_whole)
{
    *is_whole = !has_gap;
    return has_gap ? FLOPMETER_CUDA_CALL_UNCOUNTED : outcome;
}

void flopmeter_cuda_call_is(const flopmeter_cuda_outcome_t became)
{
    outcome = became;
    has_gap = has_gap || FLOPMETER_CUDA_CALL_UNCOUNTED == became;
}

void flopmeter_cuda_gap(void)
{
    flopmeter_core_gap(FLOPMETER_GAP_SHAPE, FLOPMETER_SOURCE_CUDA);
    flopmeter_cuda_call_is(FLOPMETER_CUDA_CALL_UNCOUNTED);
}

static void tell_of_profiler(void)
{
    atomic_store(&is_profiled, true);
    const flopmeter_cuda_watch_t *const watching = atomic_load(&watch);
    if (NULL != watching && NULL != watching->profiler)
    {
        watching->profiler();
    }
}

/* The meter's own calls come by dlsym(), which gives it the real functions (resolve.c). */
#define PROFILER_WRAPPER(routine)                                                                                      \
    FLOPMETER_CUDA_WORDS(routine, FLOPMETER_CUPTI_NOT_INITIALIZED, tell_of_profiler(), FLOPMETER_CUDA_NOTHING)

PROFILER_WRAPPER(cuptiSubscribe)
PROFILER_WRAPPER(cuptiSubscribe_v2)
PROFILER_WRAPPER(cuptiActivityRegisterCallbacks)
PROFILER_WRAPPER(cuptiActivityRegisterCallbacks_v2)
