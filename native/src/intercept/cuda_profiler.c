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

/* A session of one kind may be ended by what leaves others alone. */
typedef enum kind_enum
{
    RANGE, PM, SESSION, PC, SASS,
    GROUP,      /* of events, each by itself: sets of them are enabled at once, and disabled one by one */
    CALL,       /* as long as the call of a function */
    KINDS
}
kind_t;

#define GROUPS_MAX (256)

/* CUpti_EventGroupSet */
typedef struct group_set_stct
{
    uint32_t count;
    void **groups;
}
group_set_t;

static atomic_uint holders;         /* that took the counters, and have not given them back; the sum of these: */
static atomic_uint by_kind[KINDS];
static _Atomic(void *) groups[GROUPS_MAX];      /* that are enabled; more are refused by CUPTI or refuse us */
static __thread unsigned depth __attribute__((tls_model("initial-exec")));     /* CUPTI calls its own functions */

void flopmeter_cuda_profiler_watch(const flopmeter_cuda_watch_t *const watching)
{
    if (NULL != watching->taking && 0 != atomic_load(&holders))
    {
        watching->taking(&holders);
    }
}

static void hold(const kind_t kind)
{
    atomic_fetch_add(&by_kind[kind], 1);
    atomic_fetch_add(&holders, 1);
}

static void take(const kind_t kind)
{
    if (1 != ++depth)
    {
        return;
    }
    hold(kind);
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();
    if (NULL != watching && NULL != watching->taking)
    {
        watching->taking(&holders);
    }
}

/* Not more often than taken: whoever took them before we were loaded was not counted. */
static void give(const kind_t kind)
{
    unsigned before = atomic_load(&by_kind[kind]);

    while (0 != before && !atomic_compare_exchange_weak(&by_kind[kind], &before, before - 1))
    {
    }
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();
    if (0 != before)
    {
        atomic_fetch_sub(&holders, 1);
        if (NULL != watching && NULL != watching->given)
        {
            watching->given(&holders);
        }
    }
}

static void leave(const kind_t kind, const bool is_given)
{
    depth--;
    if (0 == depth && is_given)
    {
        give(kind);
    }
}

/* Enabled twice it is one, and disabled twice none. */
static void set_group(void *const group, const bool is_enabled)
{
    for (size_t i = 0; i < GROUPS_MAX; i++)
    {
        void *expected = group;
        if (is_enabled ? group == atomic_load(&groups[i]) :
            atomic_compare_exchange_strong(&groups[i], &expected, NULL))
        {
            if (!is_enabled)
            {
                give(GROUP);
            }
            return;
        }
    }
    for (size_t i = 0; is_enabled && NULL != group && i < GROUPS_MAX; i++)
    {
        void *expected = NULL;
        if (atomic_compare_exchange_strong(&groups[i], &expected, group))
        {
            hold(GROUP);
            return;
        }
    }
}

static void set_groups(const word_t set, const bool is_enabled)
{
    const group_set_t *const groups_of = (const group_set_t *)(uintptr_t)set;

    for (uint32_t i = 0; NULL != groups_of && i < groups_of->count; i++)
    {
        set_group(groups_of->groups[i], is_enabled);
    }
}

/* It ends whatever profiler there is, with or without an end or a disabling before. */
static void deinitialized(const int status)
{
    static const kind_t ended[] = { RANGE, PM, SESSION };

    for (size_t i = 0; 1 == depth && FLOPMETER_CUDA_SUCCESS == status && i < sizeof(ended) / sizeof(ended[0]); i++)
    {
        for (unsigned left = atomic_load(&by_kind[ended[i]]); left > 0; left--)
        {
            give(ended[i]);
        }
    }
    leave(CALL, true);
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

#define TAKES(routine, kind) HARDWARE(routine, take(kind), leave(kind, FLOPMETER_CUDA_SUCCESS != status))
#define GIVES(routine, kind) HARDWARE(routine, depth++, leave(kind, FLOPMETER_CUDA_SUCCESS == status))

/* `mark` is a statement for an outermost call that succeeded. Held is what it marks, when the call is over. */
#define ON_GROUPS(routine, mark)                                                                                       \
    HARDWARE(routine, take(CALL), if (1 == depth && FLOPMETER_CUDA_SUCCESS == status) { mark; } leave(CALL, true))

TAKES(cuptiRangeProfilerEnable, RANGE)
GIVES(cuptiRangeProfilerDisable, RANGE)
TAKES(cuptiPmSamplingEnable, PM)
GIVES(cuptiPmSamplingDisable, PM)
TAKES(cuptiProfilerBeginSession, SESSION)
GIVES(cuptiProfilerEndSession, SESSION)
TAKES(cuptiPCSamplingEnable, PC)
GIVES(cuptiPCSamplingDisable, PC)
TAKES(cuptiSassMetricsEnable, SASS)
GIVES(cuptiSassMetricsDisable, SASS)

/* One that is enabled can't be destroyed. */
ON_GROUPS(cuptiEventGroupEnable, set_group((void *)(uintptr_t)a, true))
ON_GROUPS(cuptiEventGroupDisable, set_group((void *)(uintptr_t)a, false))
ON_GROUPS(cuptiEventGroupSetEnable, set_groups(a, true))
ON_GROUPS(cuptiEventGroupSetDisable, set_groups(a, false))

/* Ours is to have ended by then. */
HARDWARE(cuptiProfilerDeInitialize, take(CALL), deinitialized(status))

HARDWARE(cuptiFinalize, finalize(), (void)status)
