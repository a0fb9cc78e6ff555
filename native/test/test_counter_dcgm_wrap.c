/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "dcgm" over a driver whose raw counters run over at 32, 40 or 48 bits, and engines that know what that
 * means and engines that don't: the truth is inside, and what can't be a mean is a gap.
 */

#include "counter_dcgm.h"

#define SEEDS (12)
#define READINGS (25)
#define CLOCK_HZ (UINT64_C(1980000000))

/* By what the engine does: readings that refused something, and the last point of each seed. */
static size_t refused[4];
static flopmeter_u128_t points[4][SEEDS + 1];

static const char *const words[] = { "modulo", "signed", "unsigned", "clamped" };

static uint64_t random_state;

static uint64_t random_below(uint64_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (random_state >> 33) % limit;
}

/* Cycles of a counter that runs at full speed since the clock of the fake began, until some seconds after the start. */
static uint64_t wrap_within_run(double share)
{
    return (uint64_t)((double)START / 1e9 * (double)fake->clock_mhz_min * 1e6 +
        share * (double)CLOCK_HZ * (double)(2 + random_below(10)));
}

static void check(
    flopmeter_counter_t *counter, const flopmeter_counter_reading_t *reading, unsigned bits, int wrap, uint64_t seed)
{
    flopmeter_counter_figure_t figure;

    CHECK(flopmeter_dcgm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    const flopmeter_u128_t covered =
        gpu_true_cycles(FLOPMETER_GPU_HMMA, 0, reading->end_ns - START) * 4096 / FAKE_WHOLE;
    const flopmeter_u128_t all = gpu_true_cycles(FLOPMETER_GPU_HMMA, 0, fake->now_ns - START) * 4096 / FAKE_WHOLE;
    CHECK(figure.upper >= covered, "%u bits, %s, seed %llu: upper %s is below the truth %s", bits, words[wrap],
        (unsigned long long)seed, gpu_text(figure.upper), gpu_text(covered));
    CHECK(figure.lower <= all, "%u bits, %s, seed %llu: lower %s is above the truth %s", bits, words[wrap],
        (unsigned long long)seed, gpu_text(figure.lower), gpu_text(all));
    refused[wrap] += FLOPMETER_COUNTER_FAILED == reading->state ? 1 : 0;
    points[wrap][seed] = figure.point;
}

/* Steady load, with rests now and then; the counters run over at times of their own. */
static void should_hold_the_truth(unsigned bits, int wrap, uint64_t seed)
{
    flopmeter_counter_reading_t reading;
    size_t failed = 0;

    random_state = seed;
    dcgm_begin(NULL);
    engine->wrap_bits = bits;
    engine->wrap = (fake_wrap_t)wrap;
    engine->wrap_elapsed = wrap_within_run(1);
    engine->wrap_active = random_below(3) == 0 ? engine->wrap_elapsed :
        CLOCK_HZ * (2 + random_below(10)) / 2;
    fake->refresh_ns = 100600000;
    for (uint64_t at_ns = 0; at_ns < 30 * SEC; at_ns += 3 * SEC)
    {
        gpu_work(at_ns, at_ns + (2000 + random_below(1000)) * MS, FLOPMETER_GPU_HMMA,
            30 + (double)random_below(71), 1980);
    }
    flopmeter_counter_t *const counter = dcgm_open("0");
    for (int i = 0; i < READINGS; i++)
    {
        dcgm_read_after(counter, (300 + random_below(1200)) * MS, &reading);
        check(counter, &reading, bits, wrap, seed);
        failed += FLOPMETER_COUNTER_FAILED == reading.state ? 1 : 0;
        CHECK(0 == failed || reading.gaps_count > 0, "%u bits, %s: failed, and no gap", bits, words[wrap]);
    }
    CHECK(FAKE_WRAP_MODULO != wrap || (0 == failed && 0 == reading.gaps_count),
        "%u bits: nothing is wrong with an engine that knows its counters, and there are %zu gaps", bits,
        reading.gaps_count);
    dcgm_end(counter);
}

/* One counter of the two runs over once: a mean below zero is a gap, whatever it may have been. */
static void should_take_no_mean_below_zero(unsigned bits)
{
    flopmeter_counter_reading_t reading;

    dcgm_begin(NULL);
    engine->wrap_bits = bits;
    engine->wrap = FAKE_WRAP_SIGNED;
    engine->wrap_active = CLOCK_HZ * 2;
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_HMMA, 50, 1980);
    flopmeter_counter_t *const counter = dcgm_open("0");
    size_t gaps = 0;
    for (int i = 0; i < 10; i++)
    {
        dcgm_read_after(counter, SEC, &reading);
        check(counter, &reading, bits, FAKE_WRAP_SIGNED, 0);
        gaps = reading.gaps_count;
    }
    CHECK(gaps > 0, "%u bits: no gap where a counter ran over", bits);
    CHECK(FLOPMETER_COUNTER_FAILED == reading.gaps[0].reason, "reason %d", (int)reading.gaps[0].reason);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state, "it goes on: state %d", (int)reading.state);
    dcgm_end(counter);
}

int main(void)
{
    static const unsigned widths[] = { 32, 40, 48 };

    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
    {
        size_t lacking = 0;
        should_take_no_mean_below_zero(widths[i]);
        for (int wrap = FAKE_WRAP_MODULO; wrap <= FAKE_WRAP_CLAMPED; wrap++)
        {
            for (uint64_t seed = 1; seed <= SEEDS; seed++)
            {
                should_hold_the_truth(widths[i], wrap, seed);
            }
        }
        for (uint64_t seed = 1; seed <= SEEDS; seed++)
        {
            lacking += points[FAKE_WRAP_CLAMPED][seed] < points[FAKE_WRAP_MODULO][seed] ? 1 : 0;
        }
        CHECK(refused[FAKE_WRAP_SIGNED] > SEEDS / 2 && refused[FAKE_WRAP_UNSIGNED] > SEEDS / 4 &&
            lacking > SEEDS / 4, "%u bits: hardly anything ran over: %zu, %zu, %zu", widths[i],
            refused[FAKE_WRAP_SIGNED], refused[FAKE_WRAP_UNSIGNED], lacking);
        memset(refused, 0, sizeof(refused));
    }
    return 0;
}
