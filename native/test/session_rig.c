/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "session_rig.h"

#include <string.h>
#include <unistd.h>

fake_cuda_t *fake;
flopmeter_cuda_session_t session;
flopmeter_cuda_settings_t settings;
flopmeter_u128_t lower;
flopmeter_u128_t estimated;
flopmeter_u128_t bounded;
flopmeter_u128_t lower_by[FLOPMETER_CUDA_PRECISIONS];
uint64_t gaps;                /* bits */
uint64_t done_before;         /* FLOP before the first context */

static void count(void *context, flopmeter_precision_t precision, const flopmeter_shape_t *shape)
{
    (void)context;
    lower += shape->flop_count;
    estimated += shape->estimate;
    bounded += shape->bound;
    lower_by[precision] += shape->flop_count;
}

static void gap(void *context, flopmeter_gap_reason_t reason)
{
    (void)context;
    gaps |= UINT64_C(1) << reason;
}

static uint64_t now(void *context)
{
    (void)context;
    return fake->now_ns;
}

uint64_t bit(flopmeter_gap_reason_t reason)
{
    return UINT64_C(1) << reason;
}

uint64_t truth(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < fake->devices_count; i++)
    {
        for (size_t j = 0; j < fake->metrics_count; j++)
        {
            sum += fake->devices[i].done[j];
        }
    }
    for (size_t i = 0; i < FAKE_CONTEXTS_MAX * fake->metrics_count; i++)
    {
        sum += fake->contexts[i / fake->metrics_count].done[i % fake->metrics_count];
    }
    return sum - done_before;
}

uint64_t told(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < fake->devices_count; i++)
    {
        for (size_t j = 0; j < fake->metrics_count; j++)
        {
            sum += fake->devices[i].told[j];
        }
    }
    for (size_t i = 0; i < FAKE_CONTEXTS_MAX * fake->metrics_count; i++)
    {
        sum += fake->contexts[i / fake->metrics_count].told[i % fake->metrics_count];
    }
    return sum;
}

void reset(const char *chip)
{
    fake = fake_cuda();
    fake_cuda_reset(chip);
    flopmeter_cuda_contexts_open(NULL, getpid());
    lower = estimated = bounded = 0;
    memset(lower_by, 0, sizeof(lower_by));
    gaps = 0;
    done_before = 0;
    memset(&settings, 0, sizeof(settings));
    settings.is_on = true;
    settings.window_ns = SECOND;
    settings.period_ns = 60 * SECOND;
    strcpy(settings.cupti, FAKE_CUDA);
}

const flopmeter_cuda_world_t rig_world = { .count = count, .gap = gap, .now_ns = now };

flopmeter_counter_state_t open_session(void)
{
    return flopmeter_cuda_session_open(&session, &settings, &rig_world, fake->now_ns);
}

/* Step until `ns` later; waits are waited as asked for. */
void pass(uint64_t ns)
{
    const uint64_t end_ns = fake->now_ns + ns;
    unsigned idle = 0;

    while (fake->now_ns < end_ns)
    {
        const uint64_t wait_ns = flopmeter_cuda_session_step(&session);
        const uint64_t left_ns = end_ns - (fake->now_ns < end_ns ? fake->now_ns : end_ns);
        fake_cuda_advance(wait_ns < left_ns ? wait_ns : left_ns);
        idle = 0 == wait_ns ? idle + 1 : 0;
        CHECK(idle < 1000, "1000 steps and the clock stands");
    }
}

/* What holds in any case. */
void check_laws(const char *what)
{
    CHECK(0 == fake->misuses, "%s: misuse of CUPTI: %s", what, fake->misuse);
    CHECK(lower == told(), "%s: lower is %llu, the ranges told of %llu", what, (unsigned long long)lower,
        (unsigned long long)told());
    CHECK(lower <= truth(), "%s: lower is %llu of %llu", what, (unsigned long long)lower, (unsigned long long)truth());
    CHECK(0 != (gaps & bit(FLOPMETER_GAP_COUNTER_UNBOUNDED)) || lower + estimated + bounded >= truth(),
        "%s: upper is %llu, %llu were done", what, (unsigned long long)(lower + estimated + bounded),
        (unsigned long long)truth());
    for (int i = 0; i < fake->devices_count; i++)
    {
        CHECK(0 == fake->devices[i].contexts_made, "%s: a context was made", what);
        CHECK(!fake->devices[i].is_started && !fake->devices[i].is_pushed, "%s: a range is left open", what);
    }
}

void finish(const char *what, uint64_t gaps_expected)
{
    flopmeter_cuda_session_close(&session);
    check_laws(what);
    CHECK(gaps_expected == gaps, "%s: gaps are %llx, expected %llx", what, (unsigned long long)gaps,
        (unsigned long long)gaps_expected);
}
