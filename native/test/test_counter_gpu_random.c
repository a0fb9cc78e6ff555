/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "gpm" under random work, random reading times and a driver that misbehaves at random: the truth, which the
 * fake GPU knows, lies inside the bounds at every reading, and no figure ever falls. Then the cumulative ids by hand.
 */

#include <math.h>
#include <string.h>

#include "counter_gpu.h"

#define SEEDS (600)
#define READINGS (60)
#define SEGMENTS (120)

static uint64_t random_state;
static flopmeter_counter_reading_t reading;

/* What is checked: each pipe by the rate that its point is of. */
static const struct
{
    flopmeter_gpu_pipe_t pipe;
    flopmeter_gpu_unit_t unit;
    flopmeter_precision_t precision;
}
views[FLOPMETER_GPU_PIPES] = {
    { FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16 },
    { FLOPMETER_GPU_IMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_INT8 },
    { FLOPMETER_GPU_DMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_FP64 },
    { FLOPMETER_GPU_DFMA, FLOPMETER_GPU_TENSOR, FLOPMETER_FP64 },
    { FLOPMETER_GPU_FP64, FLOPMETER_GPU_CUDA, FLOPMETER_FP64 },
    { FLOPMETER_GPU_FP32, FLOPMETER_GPU_CUDA, FLOPMETER_FP32 },
    { FLOPMETER_GPU_FP16, FLOPMETER_GPU_CUDA, FLOPMETER_FP16 },
};

static uint64_t random_below(uint64_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % limit;
}

static void make_work(void)
{
    uint64_t time_ns = 0;

    for (int i = 0; i < SEGMENTS; i++)
    {
        const uint64_t begin_ns = time_ns + (0 == random_below(3) ? random_below(700 * MS) : 0);
        const uint64_t end_ns = begin_ns + 1 + random_below(0 == random_below(4) ? 3 * SEC : 200 * MS);
        gpu_work(begin_ns, end_ns, FLOPMETER_GPU_HMMA, 0, (unsigned)(345 + random_below(1636)));
        fake_segment_t *const segment = &fake->segments[fake->segments_count - 1];
        /* What the driver states as the clock need not be near the truth. */
        segment->nominal_mhz = (unsigned)(345 + random_below(1636));
        for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
        {
            segment->activity[pipe] = 0 == random_below(2) ? (uint32_t)random_below(FAKE_WHOLE + 1) : 0;
        }
        segment->sm_util = FAKE_WHOLE;
        time_ns = end_ns;
    }
}

static void make_faults(void)
{
    static const char *const functions[] = {
        "nvmlGpmSampleGet", "nvmlGpmMetricsGet", "nvmlGpmSampleAlloc", "nvmlInit_v2", "nvmlDeviceGetClockInfo",
        "nvmlGpmQueryDeviceSupport", "nvmlDeviceGetUUID",
    };
    static const int results[] = { 0, 2, 3, 4, 10, 15, 16, 19, 1, 999, 0, 0 };
    static const unsigned metrics[] = { FAKE_ANY_METRIC, FAKE_ANY_METRIC, 7, 9, 6, 11, 2, 12 };
    static const double values[] = { NAN, INFINITY, -1, 1e9, 100.7 };
    const uint64_t count = random_below(8);

    for (uint64_t i = 0; i < count; i++)
    {
        fake_fault_t fault = { .function = functions[random_below(7)], .first = 3 + (unsigned)random_below(60),
            .count = 1 + (unsigned)random_below(3), .result = results[random_below(12)],
            .delay_ns = 0 == random_below(2) ? random_below(4 * SEC) : 0,
            .value = values[random_below(4)], .metric_result = 0 == random_below(3) ? 3 : 0 };
        fault.metric = 0 == strcmp(fault.function, "nvmlGpmMetricsGet") ? metrics[random_below(8)] : FAKE_ANY_METRIC;
        gpu_fault(fault);
    }
}

static void check_views(const flopmeter_counter_t *counter, uint64_t seed, flopmeter_counter_figure_t *last)
{
    for (int i = 0; i < FLOPMETER_GPU_PIPES; i++)
    {
        flopmeter_counter_figure_t figure;
        flopmeter_gpu_span_t span;
        CHECK(flopmeter_gpm_collapse(counter, views[i].pipe, views[i].unit, views[i].precision, &figure) &&
            flopmeter_gpu_chip_span(flopmeter_gpm_device(counter)->chip, views[i].pipe, views[i].unit,
                views[i].precision, &span), "view %d", i);
        const uint64_t begin_ns = reading.begin_ns - START;
        /* Each segment rounds down by less than one cycle of each SM. */
        const flopmeter_u128_t most = gpu_true_cycles(views[i].pipe, begin_ns, fake->now_ns - START) +
            (flopmeter_u128_t)SEGMENTS * 132 * FAKE_WHOLE;
        const flopmeter_u128_t least = gpu_true_cycles(views[i].pipe, begin_ns, reading.end_ns - START);
        CHECK(figure.lower <= most * span.lowest / FAKE_WHOLE, "seed %llu, pipe %d: lower %s above the truth %s",
            (unsigned long long)seed, i, gpu_text(figure.lower), gpu_text(most * span.lowest / FAKE_WHOLE));
        CHECK(!figure.is_bounded || least * span.highest / FAKE_WHOLE <= figure.upper,
            "seed %llu, pipe %d: upper %s below the truth %s", (unsigned long long)seed, i, gpu_text(figure.upper),
            gpu_text(least * span.highest / FAKE_WHOLE));
        CHECK(last[i].lower <= figure.lower && last[i].point <= figure.point && last[i].upper <= figure.upper &&
            figure.lower <= figure.point && figure.point <= figure.upper, "seed %llu, pipe %d: fell, or out of order",
            (unsigned long long)seed, i);
        last[i] = figure;
    }
}

static void check_gaps(uint64_t seed)
{
    for (size_t i = 0; i < reading.gaps_count; i++)
    {
        CHECK(reading.gaps[i].begin_ns < reading.gaps[i].end_ns && reading.gaps[i].end_ns <= fake->now_ns &&
            reading.begin_ns <= reading.gaps[i].begin_ns && FLOPMETER_COUNTER_AVAILABLE != reading.gaps[i].reason,
            "seed %llu: gap %zu", (unsigned long long)seed, i);
    }
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state || reading.gaps_count > 0, "seed %llu: state %d without a gap",
        (unsigned long long)seed, (int)reading.state);
}

static void should_hold_the_truth(uint64_t seed)
{
    flopmeter_counter_figure_t last[FLOPMETER_GPU_PIPES];

    memset(last, 0, sizeof(last));
    random_state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    gpu_begin(NULL);
    fake->refresh_ns = (80 + random_below(30)) * MS;
    fake->refresh_phase_ns = random_below(fake->refresh_ns);
    fake->cumulative = (int)random_below(3);
    fake->wrap_mask = 0 == random_below(4) ? (UINT64_C(1) << (32 + 8 * random_below(3))) - 1 : 0;
    fake->counted_before = 0 == random_below(2) ? UINT64_C(1) << (36 + random_below(14)) : 0;
    /* Ratios over a reset are nonsense, and only the cumulative ids show that there was one. */
    fake->reset_ns = 0 != fake->cumulative && 0 == random_below(4) ? START + random_below(40 * SEC) : 0;
    make_work();
    make_faults();
    fake->now_ns += random_below(SEC);
    flopmeter_counter_t *const counter = gpu_open("0");
    const uint64_t pace_ns = 0 == random_below(3) ? 30 * MS : 2 * SEC;
    for (int i = 0; i < READINGS; i++)
    {
        const uint64_t choice = random_below(40);
        if (choice < 2)
        {
            (0 == choice ? flopmeter_gpm_source.pause : flopmeter_gpm_source.resume)(counter);
        }
        gpu_read_after(counter, random_below(pace_ns) + 1, &reading);
        check_views(counter, seed, last);
        check_gaps(seed);
    }
    flopmeter_gpm_source.close(counter);
    CHECK(0 == fake->samples_open && 0 == fake->is_initialised && 0 == fake->calls_after_shutdown,
        "seed %llu: %u samples, %u initialised, %u late calls", (unsigned long long)seed, fake->samples_open,
        fake->is_initialised, fake->calls_after_shutdown);
}

static void should_use_cumulative_ids_that_make_sense(int kind)
{
    flopmeter_counter_figure_t figure;
    uint64_t cumulative;
    uint64_t ratio;

    gpu_begin(NULL);
    fake->cumulative = kind;
    fake->counted_before = UINT64_C(1) << 42;
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_HMMA, 40, 1700);
    fake->segments[0].nominal_mhz = 1980;
    fake->now_ns = START + SEC;
    flopmeter_counter_t *const counter = gpu_open("0");
    gpu_read_after(counter, 10 * SEC, &reading);
    flopmeter_gpm_modes(counter, &cumulative, &ratio);
    CHECK(FLOPMETER_GPU_PIPES == cumulative && 0 == ratio, "kind %d: %llu, %llu", kind,
        (unsigned long long)cumulative, (unsigned long long)ratio);
    CHECK(flopmeter_gpm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    /* 10 s at the true clock: no clock of the driver, no slack for its refresh. */
    const flopmeter_u128_t flop_count = (flopmeter_u128_t)1700000000 * 10 * 2 / 5 * 132 * 4096;
    /* A count that one SM can have run may be a sum as well: in the lower end it is. */
    const flopmeter_u128_t sum = 1 == kind ? flop_count / 132 : flop_count;
    /* The fraction of a cycle that an integer may have lost, of one SM or of all. */
    const flopmeter_u128_t fraction = 1 == kind ? 132 * 4096 : 4096;
    /* The first sample may be 110 ms older than we are. */
    const flopmeter_u128_t before = (flopmeter_u128_t)1980000000 * 11 / 100 * 132 * 4096;
    const flopmeter_u128_t lower = sum - 4096 > before ? (sum - 4096 - before) / 2 : 0;
    CHECK(flop_count == figure.point && flop_count + fraction == figure.upper && lower == figure.lower,
        "kind %d: %s %s %s, expected %s", kind, gpu_text(figure.lower), gpu_text(figure.point),
        gpu_text(figure.upper), gpu_text(flop_count));
    flopmeter_gpm_source.close(counter);
}

static void should_not_use_cumulative_ids_that_do_not(void)
{
    uint64_t cumulative;
    uint64_t ratio;

    /* A count that runs twice as fast as the ratio says. */
    gpu_begin(NULL);
    fake->cumulative = 1;
    fake->counted_before = UINT64_C(1) << 42;
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_DFMA, 40, 1700);
    gpu_fault((fake_fault_t){ .function = "nvmlGpmMetricsGet", .first = 1, .count = 1, .metric = 254,
        .value = 0x1p42 + 1700e6 * 9 });
    flopmeter_counter_t *const counter = gpu_open("0");
    gpu_read_after(counter, 10 * SEC, &reading);
    flopmeter_gpm_modes(counter, &cumulative, &ratio);
    CHECK(FLOPMETER_GPU_PIPES - 1 == cumulative && 1 == ratio, "%llu, %llu", (unsigned long long)cumulative,
        (unsigned long long)ratio);
    flopmeter_gpm_source.close(counter);

    /* Counts that are young: however wide they are, they may have run over in 10 s, and who worked is not known. */
    gpu_begin(NULL);
    fake->cumulative = 2;
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_DFMA, 40, 1700);
    flopmeter_counter_t *const young = gpu_open("0");
    gpu_read_after(young, 10 * SEC, &reading);
    flopmeter_gpm_modes(young, &cumulative, &ratio);
    CHECK(0 == cumulative && FLOPMETER_GPU_PIPES == ratio, "%llu, %llu", (unsigned long long)cumulative,
        (unsigned long long)ratio);
    flopmeter_gpm_source.close(young);

    /* A reset between two readings. */
    gpu_begin(NULL);
    fake->cumulative = 2;
    fake->reset_ns = START + 7 * SEC;
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_DFMA, 40, 1700);
    fake->now_ns = START + 5 * SEC;
    flopmeter_counter_t *const reset = gpu_open("0");
    gpu_read_after(reset, SEC, &reading);
    CHECK(0 == reading.gaps_count, "not yet");
    gpu_read_after(reset, 2 * SEC, &reading);
    CHECK(1 == reading.gaps_count && FLOPMETER_COUNTER_FAILED == reading.gaps[0].reason &&
        START + 6 * SEC - 110 * MS == reading.gaps[0].begin_ns && START + 8 * SEC == reading.gaps[0].end_ns,
        "the interval with the reset is a gap");
    flopmeter_gpm_source.close(reset);
}

int main(void)
{
    should_use_cumulative_ids_that_make_sense(1);
    should_use_cumulative_ids_that_make_sense(2);
    should_not_use_cumulative_ids_that_do_not();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
    {
        should_hold_the_truth(seed);
    }
    return 0;
}
