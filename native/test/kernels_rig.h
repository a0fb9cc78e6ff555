/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kernel activity against a CUPTI made of scripts, for its tests.
 */
#ifndef FLOPMETER_KERNELS_RIG_H
#define FLOPMETER_KERNELS_RIG_H

#include "cuda_calls.h"
#include "cuda_kernels.h"
#include "session_rig.h"

static fake_activity_t *activity;

static inline const flopmeter_cuda_kernels_state_t *state(void)
{
    return flopmeter_cuda_kernels_state();
}

static inline flopmeter_counter_state_t begin(void)
{
    activity = fake_activity();
    flopmeter_cuda_kernels_reset();
    return flopmeter_cuda_kernels_open(&settings, &rig_world, fake->now_ns);
}

static inline void start(void)
{
    reset("GH100");
    CHECK(FLOPMETER_COUNTER_AVAILABLE == begin(), "open");
}

static inline void steps(int count)
{
    for (int i = 0; i < count; i++)
    {
        fake_cuda_advance(flopmeter_cuda_kernels_step());
    }
}

/* A library call that launches kernels. */
static inline void call(int device, uint64_t ns, size_t kernels, flopmeter_cuda_outcome_t outcome)
{
    const uint64_t number = flopmeter_cuda_kernels_call_begin();

    for (size_t i = 0; i < kernels; i++)
    {
        fake_cuda_kernel(device, ns, 0);
    }
    if (0 != number)
    {
        flopmeter_cuda_kernels_call_end(number, outcome);
    }
}

static inline void check_times(
    const flopmeter_cuda_times_t *times, uint64_t covered, uint64_t mixed, uint64_t uncovered, const char *what)
{
    CHECK(covered == times->covered_ns && mixed == times->mixed_ns && uncovered == times->uncovered_ns,
        "%s: covered %llu, mixed %llu, uncovered %llu, expected %llu, %llu, %llu", what,
        (unsigned long long)times->covered_ns, (unsigned long long)times->mixed_ns,
        (unsigned long long)times->uncovered_ns, (unsigned long long)covered, (unsigned long long)mixed,
        (unsigned long long)uncovered);
}

static inline void end(const char *what, uint64_t gaps_expected)
{
    flopmeter_cuda_kernels_close();
    CHECK(state()->is_closed, "%s: not closed", what);
    CHECK(gaps_expected == gaps, "%s: gaps are %llx, expected %llx", what, (unsigned long long)gaps,
        (unsigned long long)gaps_expected);
    CHECK(0 == activity->subscribers, "%s: %u subscriptions are left", what, activity->subscribers);
    uint64_t all = 0;
    for (int i = 0; i < state()->cards_count; i++)
    {
        const flopmeter_cuda_times_t *const times = &state()->cards[i].times;
        all += times->covered_ns + times->mixed_ns + times->uncovered_ns;
    }
    /* What a CUPTI that does not flush keeps to itself is unseen. */
    CHECK(all == activity->kernel_ns || (FAKE_CALL_FLUSH == fake->fail_call && all < activity->kernel_ns &&
        all + state()->unseen_ns >= activity->kernel_ns), "%s: %llu ns of kernels, %llu were recorded", what,
        (unsigned long long)all, (unsigned long long)activity->kernel_ns);
    /* Whatever was not recorded is unseen: here one kernel runs at a time, so that time is enough to bound it. */
    CHECK(0 == activity->lost_ns || state()->unseen_ns >= activity->lost_ns, "%s: unseen %llu, %llu were lost", what,
        (unsigned long long)state()->unseen_ns, (unsigned long long)activity->lost_ns);
    CHECK(state()->end_ns == fake->now_ns, "%s: the end", what);
}

#endif /* FLOPMETER_KERNELS_RIG_H */
