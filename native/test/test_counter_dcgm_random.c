/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "dcgm" over seeded work, an engine that is late, stalls, pauses and fails, and a driver whose refresh fits
 * nothing: the truth is inside after every reading.
 */

#include "counter_dcgm.h"

#define SEEDS (400)
#define RUN_NS (30 * SEC)

static uint64_t random_state;

static uint64_t random_below(uint64_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (random_state >> 33) % limit;
}

static void make_work(void)
{
    uint64_t at_ns = random_below(500) * MS;
    const bool is_fast = random_below(3) > 0;

    while (at_ns < RUN_NS && fake->segments_count < FAKE_SEGMENTS_MAX)
    {
        const uint64_t length_ns = (5 + random_below(random_below(3) > 0 ? 400 : 5000)) * MS;
        gpu_work(at_ns, at_ns + length_ns, FLOPMETER_GPU_HMMA, (double)random_below(101),
            is_fast ? 1980 : 345 + (unsigned)random_below(1600));
        at_ns += length_ns + (random_below(2) > 0 ? random_below(900) * MS : 0);
    }
}

static void make_faults(void)
{
    engine->jitter_ns = (unsigned)(random_below(3) * 30 * MS);
    engine->seed = random_state;
    fake->refresh_ns = 100600000;
    fake->refresh_phase_ns = random_below(100) * MS;
    for (uint64_t i = random_below(4); i > 0; i--)
    {
        const uint64_t begin_ns = random_below(28000) * MS;
        dcgm_stall(begin_ns, begin_ns + random_below(2500) * MS);
    }
    for (uint64_t i = random_below(3); i > 0; i--)
    {
        const uint64_t begin_ns = random_below(28000) * MS;
        dcgm_lie((fake_lie_t){ .begin_ns = begin_ns, .end_ns = begin_ns + random_below(2000) * MS,
            .is_replaced = true, .value = FLOPMETER_DCGM_FP64_BLANK + (double)(random_below(2) * 3) });
    }
    if (0 == random_below(3))
    {
        dcgm_fault((fake_fault_t){ .function = "dcgmGetValuesSince_v2", .first = (unsigned)random_below(20),
            .count = 1 + (unsigned)random_below(2), .result = 0 == random_below(2) ? -21 : -3 });
    }
    if (0 == random_below(3))
    {
        dcgm_fault((fake_fault_t){ .function = "dcgmGetValuesSince_v2", .first = (unsigned)random_below(20),
            .count = 1, .delay_ns = random_below(3000) * MS });
    }
    engine->fields_max = 0 == random_below(4) ? 4 : 0;
    engine->is_short = 0 == random_below(3);
}

static void should_hold_the_truth(uint64_t seed)
{
    flopmeter_counter_reading_t reading;
    flopmeter_counter_figure_t before = { 0 };
    flopmeter_counter_figure_t figure;
    uint64_t end_before_ns = 0;

    random_state = seed;
    dcgm_begin(NULL);
    make_work();
    make_faults();
    flopmeter_counter_t *const counter = dcgm_open("0");
    for (int i = 0; i < 20; i++)
    {
        if (0 == random_below(12))
        {
            engine->wall_offset_us += (int64_t)random_below(4000000) - 2000000;
        }
        dcgm_read_after(counter, (200 + random_below(2000)) * MS, &reading);
        CHECK(flopmeter_dcgm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure),
            "bf16");
        const flopmeter_u128_t covered =
            gpu_true_cycles(FLOPMETER_GPU_HMMA, 0, reading.end_ns - START) * 2048 / FAKE_WHOLE;
        const flopmeter_u128_t all =
            gpu_true_cycles(FLOPMETER_GPU_HMMA, 0, fake->now_ns - START) * 4096 / FAKE_WHOLE;
        CHECK(figure.upper >= covered * 2, "seed %llu, reading %d: upper %s is below the truth %s",
            (unsigned long long)seed, i, gpu_text(figure.upper), gpu_text(covered * 2));
        CHECK(figure.lower <= all, "seed %llu, reading %d: lower %s is above the truth %s", (unsigned long long)seed, i,
            gpu_text(figure.lower), gpu_text(all));
        CHECK(figure.lower * 2 <= all + 2, "seed %llu: lower at half the rate", (unsigned long long)seed);
        CHECK(figure.lower >= before.lower && figure.point >= before.point && figure.upper >= before.upper &&
            reading.end_ns >= end_before_ns, "seed %llu, reading %d: something fell", (unsigned long long)seed, i);
        before = figure;
        end_before_ns = reading.end_ns;
    }
    dcgm_end(counter);
}

/*
 * Bursts of full load, of which the engine counts half by the time that it states. A rise each, so it is made up for.
 */
static void should_hold_bursts_that_are_shown_late(void)
{
    flopmeter_counter_reading_t reading;
    flopmeter_counter_figure_t figure;

    dcgm_begin(NULL);
    engine->is_adverse = true;
    fake->refresh_ns = 1000000;
    for (uint64_t at_ns = 2 * SEC; at_ns < 60 * SEC; at_ns += SEC)
    {
        gpu_work(at_ns, at_ns + 200 * MS, FLOPMETER_GPU_HMMA, 100, 1980);
    }
    flopmeter_counter_t *const counter = dcgm_open("0");
    for (int second = 0; second < 50; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
    }
    CHECK(0 == reading.gaps_count, "%zu gaps", reading.gaps_count);
    CHECK(flopmeter_dcgm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    const flopmeter_u128_t truth =
        gpu_true_cycles(FLOPMETER_GPU_HMMA, 0, reading.end_ns - START) * 4096 / FAKE_WHOLE;
    CHECK(figure.point < truth * 4 / 5, "the engine is not late: %s of %s", gpu_text(figure.point), gpu_text(truth));
    CHECK(figure.upper >= truth, "bursts: upper %s is below the truth %s", gpu_text(figure.upper), gpu_text(truth));
    dcgm_end(counter);
}

/*
 * Another client watches before we do: the engine's first value for us is of a window that began before, and what was
 * done then is another's.
 */
static void should_not_count_what_was_before(uint64_t age_ns, uint64_t phase_ns)
{
    flopmeter_counter_reading_t reading;
    flopmeter_counter_figure_t figure;

    dcgm_begin(NULL);
    gpu_work(0, 2 * SEC, FLOPMETER_GPU_HMMA, 100, 1980);
    fake->now_ns = START + 2 * SEC + age_ns;
    fake->refresh_phase_ns = phase_ns;
    engine->is_watched_before = true;
    engine->is_adverse = true;
    flopmeter_counter_t *const counter = dcgm_open("0");
    for (int second = 0; second < 4; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
        CHECK(flopmeter_dcgm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure),
            "bf16");
        CHECK(0 == figure.lower, "%llu ms, phase %llu: another's work: lower %s above the truth 0",
            (unsigned long long)(age_ns / MS), (unsigned long long)(phase_ns / MS), gpu_text(figure.lower));
    }
    CHECK(figure.point > 0, "the engine had nothing of the work before us: nothing is shown here");
    dcgm_end(counter);
}

/*
 * An engine whose values are of the last interval only: what was between two of them is not in them.
 */
static void should_not_stretch_a_value(void)
{
    flopmeter_counter_reading_t reading;
    flopmeter_counter_figure_t figure;

    dcgm_begin(NULL);
    engine->is_short = true;
    for (uint64_t at_ns = 2 * SEC; at_ns < 58 * SEC; at_ns += 2 * SEC)
    {
        gpu_work(at_ns + 20 * MS, at_ns + 480 * MS, FLOPMETER_GPU_HMMA, 100, 1980);
        dcgm_stall(at_ns, at_ns + 760 * MS);
    }
    flopmeter_counter_t *const counter = dcgm_open("0");
    for (int second = 0; second < 50; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
    }
    CHECK(flopmeter_dcgm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    const flopmeter_u128_t truth =
        gpu_true_cycles(FLOPMETER_GPU_HMMA, 0, reading.end_ns - START) * 4096 / FAKE_WHOLE;
    CHECK(figure.upper >= truth, "stretched: upper %s is below the truth %s", gpu_text(figure.upper), gpu_text(truth));
    dcgm_end(counter);
}

int main(void)
{
    should_hold_bursts_that_are_shown_late();
    should_not_stretch_a_value();
    for (uint64_t phase_ns = 0; phase_ns < 100 * MS; phase_ns += 7 * MS)
    {
        should_not_count_what_was_before(11 * MS, phase_ns);
        should_not_count_what_was_before(50 * MS, phase_ns);
    }
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
    {
        should_hold_the_truth(seed);
    }
    return 0;
}
