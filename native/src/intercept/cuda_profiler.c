/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The program's own use of the counters that CUPTI reads from the hardware, which has room for one: who watches lets go
 * of them before CUPTI is asked. Every function of CUPTI 13.0 that takes them, and those that give them back.
 */

#include "cuda_profiler.h"

#include "cuda_watching.h"
#include "cuda_words.h"

static atomic_uint holders;         /* that took the counters, and have not given them back */
static __thread unsigned depth __attribute__((tls_model("initial-exec")));     /* CUPTI calls its own functions */

void flopmeter_cuda_profiler_watch(const flopmeter_cuda_watch_t *const watching)
{
    for (unsigned i = atomic_load(&holders); i > 0 && NULL != watching->taking; i--)
    {
        watching->taking();
    }
}

static void take(void)
{
    if (1 != ++depth)
    {
        return;
    }
    atomic_fetch_add(&holders, 1);
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();
    if (NULL != watching && NULL != watching->taking)
    {
        watching->taking();
    }
}

/* Not more often than taken: whoever took them before we were loaded was not counted. */
static void give(void)
{
    unsigned before = atomic_load(&holders);

    while (0 != before && !atomic_compare_exchange_weak(&holders, &before, before - 1))
    {
    }
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();
    if (0 != before && NULL != watching && NULL != watching->given)
    {
        watching->given();
    }
}

static void leave(const bool is_given)
{
    depth--;
    if (0 == depth && is_given)
    {
        give();
    }
}

static void finalize(void)
{
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();

    if (NULL != watching && NULL != watching->finalizing)
    {
        watching->finalizing();
    }
}

/* `before` and `after` are statements; the latter sees the `status`. */
#define HARDWARE(routine, before, after)                                                                               \
    FLOPMETER_WRAPPER int routine(word_t a, word_t b, word_t c, word_t d, word_t e);                                   \
    FLOPMETER_WRAPPER int routine(const word_t a, const word_t b, const word_t c, const word_t d, const word_t e)      \
    {                                                                                                                  \
        typedef int real_t(word_t, word_t, word_t, word_t, word_t);                                                    \
        FLOPMETER_SYMBOL(symbol, #routine, "", FLOPMETER_SOURCE_CUDA);                                                 \
        FLOPMETER_BEGIN(real_t)                                                                                        \
        if (NULL == real)                                                                                              \
        {                                                                                                              \
            return FLOPMETER_CUPTI_NOT_INITIALIZED;                                                                    \
        }                                                                                                              \
        before;                                                                                                        \
        const int status = real(a, b, c, d, e);                                                                        \
        after;                                                                                                         \
        return status;                                                                                                 \
    }

#define TAKES(routine) HARDWARE(routine, take(), leave(FLOPMETER_CUDA_SUCCESS != status))
#define GIVES(routine) HARDWARE(routine, depth++, leave(FLOPMETER_CUDA_SUCCESS == status))

TAKES(cuptiRangeProfilerEnable)
GIVES(cuptiRangeProfilerDisable)
TAKES(cuptiPmSamplingEnable)
GIVES(cuptiPmSamplingDisable)
TAKES(cuptiProfilerBeginSession)
GIVES(cuptiProfilerEndSession)
TAKES(cuptiPCSamplingEnable)
GIVES(cuptiPCSamplingDisable)
TAKES(cuptiSassMetricsEnable)
GIVES(cuptiSassMetricsDisable)
TAKES(cuptiEventGroupEnable)
GIVES(cuptiEventGroupDisable)
TAKES(cuptiEventGroupSetEnable)
GIVES(cuptiEventGroupSetDisable)

/* It ends whatever profiler there is, so ours is to have ended by then. */
HARDWARE(cuptiProfilerDeInitialize, take(), leave(true))

HARDWARE(cuptiFinalize, finalize(), (void)status)
