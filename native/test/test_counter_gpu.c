/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "gpm" over a fake NVML: totals and gaps, exactly.
 */

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "counter_gpu.h"

static flopmeter_counter_reading_t reading;

static void check_state(flopmeter_counter_state_t expected, const char *word)
{
    const flopmeter_counter_target_t target = { .pid = -1, .cpu = -1 };
    flopmeter_counter_probe_t probe;

    flopmeter_gpm_source.probe(&target, &probe);
    CHECK(expected == probe.state, "expected %d, found %d: %s", (int)expected, (int)probe.state, probe.detail);
    CHECK(NULL != strstr(probe.detail, word), "\"%s\" says nothing of \"%s\"", probe.detail, word);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == expected || '\0' != probe.remedy[0], "no remedy for %s", probe.detail);
    CHECK(NULL == flopmeter_gpm_source.open(&target, &probe) || FLOPMETER_COUNTER_AVAILABLE == expected, "opened");
    CHECK(expected == probe.state, "open says %d", (int)probe.state);
    CHECK(0 == fake->samples_open, "%u samples left", fake->samples_open);
    CHECK(0 == fake->calls_after_shutdown, "%u calls after the end", fake->calls_after_shutdown);
}

static void should_tell_why_it_cannot_count(void)
{
    static const struct
    {
        int result;
        flopmeter_counter_state_t state;
    }
    rows[] = {
        { 9, FLOPMETER_COUNTER_ABSENT }, { 4, FLOPMETER_COUNTER_NO_PERMISSION }, { 19, FLOPMETER_COUNTER_TAKEN },
        { 18, FLOPMETER_COUNTER_WRONG_DRIVER }, { 25, FLOPMETER_COUNTER_WRONG_DRIVER },
        { 15, FLOPMETER_COUNTER_FAILED }, { 999, FLOPMETER_COUNTER_FAILED }, { 12345, FLOPMETER_COUNTER_FAILED },
        { -1, FLOPMETER_COUNTER_FAILED },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    {
        static const char *const calls[] = { "nvmlInit_v2", "nvmlDeviceGetHandleByIndex_v2",
            "nvmlGpmQueryDeviceSupport" };
        for (size_t call = 0; call < sizeof(calls) / sizeof(calls[0]); call++)
        {
            gpu_begin(NULL);
            gpu_fault((fake_fault_t){ .function = calls[call], .count = 9, .result = rows[i].result });
            check_state(rows[i].state, calls[call]);
        }
    }
    gpu_begin(NULL);
    gpu_hide_library(true);
    check_state(FLOPMETER_COUNTER_ABSENT, "libnvidia-ml");
    gpu_begin(NULL);
    fake->is_supported = 0;
    check_state(FLOPMETER_COUNTER_ABSENT, "no GPM");
    gpu_begin(NULL);
    fake->minor = 7;
    check_state(FLOPMETER_COUNTER_ABSENT, "unknown chip");
    gpu_begin(NULL);
    snprintf(fake->name, sizeof(fake->name), "NVIDIA Z999");
    check_state(FLOPMETER_COUNTER_ABSENT, "unknown chip");
    gpu_begin(NULL);
    fake->is_mig = 1;
    check_state(FLOPMETER_COUNTER_ABSENT, "partitioned");
}

static void should_bear_any_missing_function(void)
{
    static const struct
    {
        const char *name;
        int is_required;
    }
    functions[] = {
#define ROW(name, is_required, arguments) { #name, is_required },
        FLOPMETER_NVML_FUNCTIONS(ROW)
    };

    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
    {
        gpu_begin(functions[i].name);
        if (functions[i].is_required)
        {
            check_state(FLOPMETER_COUNTER_WRONG_DRIVER, functions[i].name);
            continue;
        }
        gpu_work(0, 20 * SEC, FLOPMETER_GPU_DFMA, 80, 1700);
        flopmeter_counter_t *const counter = gpu_open("0");
        for (int second = 0; second < 5; second++)
        {
            gpu_read_after(counter, SEC, &reading);
        }
        const flopmeter_counter_figure_t *const figure = gpu_figure(&reading, FLOPMETER_FP64);
        const flopmeter_u128_t flop_count = gpu_true_cycles(FLOPMETER_GPU_DFMA, 0, 4900 * MS) * 256 / FAKE_WHOLE;
        CHECK(figure->lower <= flop_count && flop_count <= figure->upper, "without %s: %s not in [%s, %s]",
            functions[i].name, gpu_text(flop_count), gpu_text(figure->lower), gpu_text(figure->upper));
        CHECK((0 != strcmp("nvmlDeviceGetMaxClockInfo", functions[i].name)) == figure->is_bounded,
            "without %s: bounded %d", functions[i].name, figure->is_bounded);
        flopmeter_gpm_source.close(counter);
        CHECK(0 == fake->samples_open, "samples left");
    }
}

static void should_turn_percent_into_activity_outwards(void)
{
    flopmeter_gpu_range_t activity;
    static const double bad[] = { NAN, -NAN, INFINITY, -INFINITY, -0.001, 101.5, 1e300 };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    {
        CHECK(!flopmeter_gpu_activity(bad[i], &activity), "%g is no activity", bad[i]);
    }
    CHECK(flopmeter_gpu_activity(100.4, &activity), "rounding");
    CHECK(FLOPMETER_GPU_ACTIVITY_WHOLE == activity.upper && FLOPMETER_GPU_ACTIVITY_WHOLE == activity.lower, "cut");
    CHECK(flopmeter_gpu_activity(50, &activity), "half");
    CHECK(499999000 == activity.lower && 500000000 == activity.point && 500001000 == activity.upper,
        "%llu %llu %llu", (unsigned long long)activity.lower, (unsigned long long)activity.point,
        (unsigned long long)activity.upper);
    CHECK(flopmeter_gpu_activity(0, &activity) && 0 == activity.upper, "zero is zero");
    CHECK(flopmeter_gpu_activity(1e-12, &activity) && 0 == activity.lower && 1 == activity.upper, "never to nothing");
    CHECK(flopmeter_gpu_count(0x1p53 + 2, &activity) && activity.lower < activity.point &&
        activity.point < activity.upper, "a double above 2^53 is an interval");
    CHECK(!flopmeter_gpu_count(0x1p63, &activity) && !flopmeter_gpu_count(-1, &activity), "no count");
}

/*
 * Steady work, every number by hand. Clock 1800 true, 1900 stated, 1980 at most, 345 at least; 132 SM; 40 %.
 */
static void should_book_exact_totals(void)
{
    flopmeter_counter_figure_t figure;

    gpu_begin(NULL);
    fake->refresh_phase_ns = 0;
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_HMMA, 40, 1800);
    fake->segments[0].nominal_mhz = 1900;
    fake->now_ns = START + 5 * SEC;
    flopmeter_counter_t *const counter = gpu_open("0");
    for (int second = 0; second < 3; second++)
    {
        gpu_read_after(counter, SEC, &reading);
        CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 0 == reading.gaps_count, "a gap");
    }
    CHECK(flopmeter_gpm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    /* 40 % in single precision is 40 exactly; outwards by 2e-6; one rise of 110 ms; 110 ms before us at full load. */
    const flopmeter_u128_t lower = (flopmeter_u128_t)345000000 * 132 * 399999200 * 3 -
        (flopmeter_u128_t)345000000 * 11 / 100 * 132 * 400000800 -
        (flopmeter_u128_t)1980000000 * 11 / 100 * 132 * FAKE_WHOLE;
    const flopmeter_u128_t point = (flopmeter_u128_t)1900 * 903000 * 132 * 400000000 * 3;
    const flopmeter_u128_t upper = (flopmeter_u128_t)1980000000 * 132 * 400000800 * 3 +
        (flopmeter_u128_t)1980000000 * 11 / 100 * 132 * 400000800;
    CHECK(lower * 2048 / FAKE_WHOLE == figure.lower, "lower %s, expected %s", gpu_text(figure.lower),
        gpu_text(lower * 2048 / FAKE_WHOLE));
    CHECK(point * 4096 / FAKE_WHOLE == figure.point, "point %s, expected %s", gpu_text(figure.point),
        gpu_text(point * 4096 / FAKE_WHOLE));
    CHECK((upper * 4096 + FAKE_WHOLE - 1) / FAKE_WHOLE == figure.upper, "upper %s, expected %s",
        gpu_text(figure.upper), gpu_text(upper * 4096 / FAKE_WHOLE));
    CHECK(0 == gpu_figure(&reading, FLOPMETER_FP64)->upper, "idle pipes stay at zero");
    CHECK(START + 8 * SEC - 110 * MS == reading.end_ns, "covered until a refresh before the call");
    flopmeter_gpm_source.close(counter);
}

static void should_not_take_a_stale_sample_for_idleness(void)
{
    flopmeter_counter_figure_t figure;

    gpu_begin(NULL);
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_HMMA, 90, 1800);
    fake->now_ns = START + SEC + 7 * MS;
    flopmeter_counter_t *const counter = gpu_open("0");
    /* Far more often than the driver renews its figures. */
    for (int i = 0; i < 1000; i++)
    {
        gpu_read_after(counter, 10 * MS, &reading);
    }
    CHECK(flopmeter_gpm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    const flopmeter_u128_t flop_count =
        gpu_true_cycles(FLOPMETER_GPU_HMMA, SEC + 7 * MS, 11 * SEC - 103 * MS) * 4096 / FAKE_WHOLE;
    CHECK(figure.lower <= flop_count && flop_count <= figure.upper, "stale: %s not in [%s, %s]",
        gpu_text(flop_count), gpu_text(figure.lower), gpu_text(figure.upper));
    CHECK(figure.point > flop_count / 100 * 95, "stale: point %s of %s", gpu_text(figure.point), gpu_text(flop_count));
    CHECK(0 == reading.gaps_count, "no gap");

    /* And idleness is idleness: nothing more comes. */
    fake->segments_count = 0;
    flopmeter_gpm_source.close(counter);
    flopmeter_counter_t *const idle = gpu_open("0");
    for (int i = 0; i < 100; i++)
    {
        gpu_read_after(idle, 70 * MS, &reading);
    }
    CHECK(0 == gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper, "work on an idle GPU");
    CHECK(reading.end_ns + 400 * MS > fake->now_ns, "idle time is covered");
    flopmeter_gpm_source.close(idle);
}

/*
 * The data sheet's clock is not the card's, and NVML's is not the true one: the upper end takes the highest there is.
 */
static void should_bound_from_above_whatever_the_stated_clock(void)
{
    flopmeter_counter_figure_t figure;

    gpu_begin(NULL);
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_HMMA, 95, 1980);
    fake->segments[0].nominal_mhz = 345;
    flopmeter_counter_t *const counter = gpu_open("0");
    for (int second = 0; second < 10; second++)
    {
        gpu_read_after(counter, SEC, &reading);
    }
    CHECK(flopmeter_gpm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    const flopmeter_u128_t flop_count = gpu_true_cycles(FLOPMETER_GPU_HMMA, 0, 9890 * MS) * 4096 / FAKE_WHOLE;
    CHECK(figure.lower <= flop_count && flop_count <= figure.upper, "clock: %s not in [%s, %s]",
        gpu_text(flop_count), gpu_text(figure.lower), gpu_text(figure.upper));
    flopmeter_gpm_source.close(counter);
}

static flopmeter_u128_t peak_of(uint64_t duration_ns, unsigned rate)
{
    return ((flopmeter_u128_t)duration_ns * 1980000000 + SEC - 1) / SEC * 132 * rate;
}

/* Of the pipes whose format is not known: HMMA all in fp8 and IMMA all in int1. */
static flopmeter_u128_t peak(uint64_t duration_ns)
{
    return peak_of(duration_ns, 8192 + 65536);
}

static void should_bound_failed_reads_by_peak_and_time(void)
{
    gpu_begin(NULL);
    gpu_fault((fake_fault_t){ .function = "nvmlGpmSampleGet", .first = 3, .count = 3, .result = 10 });
    flopmeter_counter_t *const counter = gpu_open("0");
    gpu_read_after(counter, SEC, &reading);
    gpu_read_after(counter, SEC, &reading);
    CHECK(0 == gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper, "idle");
    const uint64_t covered_ns = START + 2 * SEC - 110 * MS;
    CHECK(covered_ns == reading.end_ns, "covered");
    for (uint64_t second = 3; second < 6; second++)
    {
        gpu_read_after(counter, SEC, &reading);
        CHECK(FLOPMETER_COUNTER_FAILED == reading.state, "state %d", (int)reading.state);
        CHECK(1 == reading.gaps_count && covered_ns == reading.gaps[0].begin_ns &&
            START + second * SEC == reading.gaps[0].end_ns, "one gap that grows");
        CHECK(START + second * SEC == reading.end_ns, "time goes on");
    }
    gpu_read_after(counter, SEC, &reading);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state, "back");
    CHECK(1 == reading.gaps_count && START + 6 * SEC == reading.gaps[0].end_ns &&
        FLOPMETER_COUNTER_FAILED == reading.gaps[0].reason, "the gap ends where a sample begins anew");
    const flopmeter_u128_t upper = gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper;
    CHECK(upper == peak(SEC + 110 * MS) + 3 * peak(SEC), "upper %s, expected %s", gpu_text(upper),
        gpu_text(peak(SEC + 110 * MS) + 3 * peak(SEC)));
    CHECK(0 == gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->point, "nothing was counted");
    gpu_read_after(counter, SEC, &reading);
    CHECK(upper == gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper, "and nothing comes after");
    flopmeter_gpm_source.close(counter);
    CHECK(0 == fake->samples_open, "samples left");
}

static void should_find_a_lost_gpu_again(void)
{
    static const int results[] = { 15, 16, 1 };

    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
    {
        gpu_begin(NULL);
        gpu_fault((fake_fault_t){ .function = "nvmlGpmMetricsGet", .first = 2, .count = 1, .result = results[i] });
        gpu_fault((fake_fault_t){ .function = "nvmlInit_v2", .first = 1, .count = 2, .result = 9 });
        flopmeter_counter_t *const counter = gpu_open("GPU-11111111-2222-3333-4444-555555555555");
        gpu_read_after(counter, SEC, &reading);
        gpu_read_after(counter, SEC, &reading);
        CHECK(FLOPMETER_COUNTER_FAILED == reading.state && 0 == fake->samples_open, "lost");
        gpu_read_after(counter, SEC, &reading);
        CHECK(FLOPMETER_COUNTER_ABSENT == reading.state, "no driver");
        gpu_read_after(counter, SEC, &reading);
        gpu_read_after(counter, SEC, &reading);
        CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state, "back: %d", (int)reading.state);
        CHECK(0 == fake->calls_after_shutdown, "%u calls into a library that was shut down",
            fake->calls_after_shutdown);
        CHECK(reading.gaps[reading.gaps_count - 1].end_ns == START + 5 * SEC &&
            reading.gaps[0].begin_ns == START + SEC - 110 * MS, "the gap is whole");
        CHECK(peak(4 * SEC + 110 * MS) <= gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper, "and bounded");
        flopmeter_gpm_source.close(counter);
        CHECK(0 == fake->samples_open && 0 == fake->is_initialised, "left open");
    }
}

static void should_not_believe_figures_that_are_none(void)
{
    static const double values[] = { NAN, INFINITY, -3, 250 };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
    {
        gpu_begin(NULL);
        gpu_work(0, 100 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
        gpu_fault((fake_fault_t){
            .function = "nvmlGpmMetricsGet", .first = 2, .count = 1, .metric = 7, .value = values[i] });
        flopmeter_counter_t *const counter = gpu_open("0");
        gpu_read_after(counter, SEC, &reading);
        const flopmeter_u128_t before = gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper;
        gpu_read_after(counter, SEC, &reading);
        const flopmeter_u128_t after = gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper;
        CHECK(after - before == peak_of(SEC + 110 * MS, 8192), "%g: %s, expected %s", values[i],
            gpu_text(after - before), gpu_text(peak_of(SEC + 110 * MS, 8192)));
        CHECK(1 == reading.gaps_count && FLOPMETER_COUNTER_FAILED == reading.gaps[0].reason, "said so");
        flopmeter_gpm_source.close(counter);
    }
    /* An id that the driver doesn't have: its pipe may have been busy. */
    gpu_begin(NULL);
    gpu_fault((fake_fault_t){
        .function = "nvmlGpmMetricsGet", .first = 1, .count = 99, .metric = 9, .metric_result = 3 });
    flopmeter_counter_t *const counter = gpu_open("0");
    gpu_read_after(counter, SEC, &reading);
    CHECK(peak_of(SEC + 110 * MS, 65536) == gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper,
        "unknown is never zero");
    CHECK(0 == gpu_figure(&reading, FLOPMETER_FP64)->upper, "the others are known");
    flopmeter_gpm_source.close(counter);
}

static void should_bear_slow_calls(void)
{
    flopmeter_counter_figure_t figure;

    gpu_begin(NULL);
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
    gpu_fault((fake_fault_t){ .function = "nvmlGpmSampleGet", .first = 2, .count = 2, .delay_ns = 5 * SEC });
    gpu_fault((fake_fault_t){ .function = "nvmlGpmMetricsGet", .first = 3, .count = 1, .delay_ns = 2 * SEC });
    flopmeter_counter_t *const counter = gpu_open("0");
    for (int i = 0; i < 6; i++)
    {
        gpu_read_after(counter, SEC, &reading);
    }
    CHECK(flopmeter_gpm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    const flopmeter_u128_t least =
        gpu_true_cycles(FLOPMETER_GPU_HMMA, 0, reading.end_ns - START) * 4096 / FAKE_WHOLE;
    const flopmeter_u128_t most = gpu_true_cycles(FLOPMETER_GPU_HMMA, 0, fake->now_ns - START) * 4096 / FAKE_WHOLE;
    CHECK(figure.lower <= most && least <= figure.upper, "slow: %s not in [%s, %s]", gpu_text(least),
        gpu_text(figure.lower), gpu_text(figure.upper));
    flopmeter_gpm_source.close(counter);
}

static void should_give_way_and_come_back(void)
{
    gpu_begin(NULL);
    flopmeter_counter_t *const counter = gpu_open("0");
    gpu_read_after(counter, SEC, &reading);
    flopmeter_gpm_source.pause(counter);
    flopmeter_gpm_source.pause(counter);
    CHECK(0 == fake->samples_open, "nothing is held while paused");
    gpu_read_after(counter, 3 * SEC, &reading);
    CHECK(FLOPMETER_COUNTER_PAUSED == reading.state, "paused");
    fake->now_ns += SEC;
    flopmeter_gpm_source.resume(counter);
    flopmeter_gpm_source.resume(counter);
    gpu_read_after(counter, SEC, &reading);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 1 == reading.gaps_count, "one gap");
    CHECK(START + SEC - 110 * MS == reading.gaps[0].begin_ns && START + 5 * SEC == reading.gaps[0].end_ns &&
        FLOPMETER_COUNTER_PAUSED == reading.gaps[0].reason, "from the last whole figure to the new sample");
    CHECK(peak(3 * SEC + 110 * MS) + peak(SEC) == gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper,
        "bounded by peak and time");
    flopmeter_gpm_source.close(counter);
}

static void should_read_gpu_instances(void)
{
    char names[8][FLOPMETER_GPM_NAME_LENGTH];
    flopmeter_counter_probe_t probe;

    gpu_begin(NULL);
    fake->is_mig = 1;
    fake->sm_count = 60;
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_DMMA, 50, 1700);
    CHECK(2 == flopmeter_gpm_device_list(flopmeter_gpm_host(), names, 8, &probe), "two instances");
    CHECK(0 == strcmp("0.3", names[0]) && 0 == strcmp("0.5", names[1]), "%s %s", names[0], names[1]);
    flopmeter_counter_t *const busy = gpu_open("0.3");
    flopmeter_counter_t *const idle = gpu_open("MIG-51111111-2222-3333-4444-555555555555");
    CHECK(60 == flopmeter_gpm_device(busy)->sm_count.upper && 16 == flopmeter_gpm_device(idle)->sm_count.lower, "SM");
    for (int second = 0; second < 5; second++)
    {
        gpu_read_after(idle, SEC, &reading);
    }
    CHECK(0 == gpu_figure(&reading, FLOPMETER_FP64)->upper, "no work on the other instance");
    gpu_read_after(busy, 0, &reading);
    const flopmeter_counter_figure_t *const figure = gpu_figure(&reading, FLOPMETER_FP64);
    const flopmeter_u128_t flop_count = gpu_true_cycles(FLOPMETER_GPU_DMMA, 0, 4890 * MS) * 256 / FAKE_WHOLE;
    CHECK(figure->lower <= flop_count && flop_count <= figure->upper && flop_count < figure->point * 2, "mig");
    flopmeter_gpm_source.close(busy);
    flopmeter_gpm_source.close(idle);
    CHECK(0 == fake->samples_open && 0 == fake->is_initialised, "left open");
}

/*
 * The activity of an instance may be a mean over the SM of its compute instances, or over all of it.
 */
static void should_hold_whatever_an_activity_is_a_mean_of(const char *missing, unsigned all)
{
    flopmeter_counter_figure_t figure;

    gpu_begin(missing);
    fake->is_mig = 1;
    fake->instance_sm = 60;
    fake->compute_sm = 16;
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
    flopmeter_counter_t *const counter = gpu_open("0.3");
    const flopmeter_gpu_range_t sm_count = flopmeter_gpm_device(counter)->sm_count;
    CHECK(16 == sm_count.lower && 16 == sm_count.point && all == sm_count.upper, "SM %" PRIu64 " %" PRIu64 " %" PRIu64,
        sm_count.lower, sm_count.point, sm_count.upper);
    for (int second = 0; second < 50; second++)
    {
        gpu_read_after(counter, SEC, &reading);
    }
    CHECK(flopmeter_gpm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    fake->sm_count = 16;
    CHECK(0 < figure.lower &&
        figure.lower <= gpu_true_cycles(FLOPMETER_GPU_HMMA, 0, 50 * SEC) * 2048 / FAKE_WHOLE, "lower: of 16 SM");
    fake->sm_count = 60;
    CHECK(figure.upper >= gpu_true_cycles(FLOPMETER_GPU_HMMA, 0, 49890 * MS) * 4096 / FAKE_WHOLE, "upper: of 60 SM");
    flopmeter_gpm_source.close(counter);
}

static void make_anew(unsigned sm_count, int result)
{
    fake->instance_sm = sm_count;
    fake->compute_sm = sm_count;
    fake->faults_count = 0;
    gpu_fault((fake_fault_t){ .function = "nvmlGpmMigSampleGet", .count = 1, .result = result });
}

static void should_follow_an_instance_that_is_made_anew(void)
{
    gpu_begin(NULL);
    fake->is_mig = 1;
    fake->sm_count = 60;
    make_anew(16, 0);
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_DMMA, 90, 1700);
    flopmeter_counter_t *const counter = gpu_open("0.3");
    const flopmeter_gpm_device_t *const device = flopmeter_gpm_device(counter);
    gpu_read_after(counter, SEC, &reading);
    CHECK(16 == device->sm_count.upper, "small");
    make_anew(60, FLOPMETER_NVML_NOT_FOUND);
    for (int second = 0; second < 6; second++)
    {
        gpu_read_after(counter, SEC, &reading);
    }
    CHECK(60 == device->sm_count.lower && 60 == device->sm_count.upper, "SM %" PRIu64, device->sm_count.upper);
    CHECK(gpu_figure(&reading, FLOPMETER_FP64)->upper >=
        gpu_true_cycles(FLOPMETER_GPU_DMMA, SEC, 6890 * MS) * 256 / FAKE_WHOLE, "made anew: below the truth");

    /* In the gap it was still the large one. */
    const flopmeter_u128_t before = gpu_figure(&reading, FLOPMETER_FP64)->upper;
    make_anew(16, FLOPMETER_NVML_NOT_FOUND);
    gpu_read_after(counter, SEC, &reading);
    gpu_read_after(counter, SEC, &reading);
    CHECK(16 == device->sm_count.lower && 16 == device->sm_count.upper, "SM %" PRIu64, device->sm_count.upper);
    CHECK(gpu_figure(&reading, FLOPMETER_FP64)->upper - before >=
        gpu_true_cycles(FLOPMETER_GPU_DMMA, 7000 * MS, 9000 * MS) * 256 / FAKE_WHOLE, "made small: below the truth");

    /* What stood in its place while the GPU was lost nobody knows: it may have been all of it. */
    make_anew(16, FLOPMETER_NVML_GPU_IS_LOST);
    gpu_read_after(counter, SEC, &reading);
    CHECK(144 == device->sm_count_most, "lost: %" PRIu64 " SM", device->sm_count_most);
    gpu_read_after(counter, SEC, &reading);
    CHECK(144 == device->sm_count_most && 16 == device->sm_count.upper, "back: %" PRIu64, device->sm_count.upper);
    flopmeter_gpm_source.close(counter);
    CHECK(0 == fake->samples_open && 0 == fake->is_initialised, "left open");
}

static void should_tell_an_instance_from_another(void)
{
    flopmeter_gpm_device_t device;
    flopmeter_counter_probe_t probe;

    gpu_begin(NULL);
    fake->is_mig = 1;
    CHECK(0 == flopmeter_gpm_device_open(&device, flopmeter_gpm_host(), "0.3", &probe), "%s", probe.detail);
    CHECK(!flopmeter_gpm_device_is_other(&device, "0.3"), "the same");
    CHECK(!flopmeter_gpm_device_is_other(&device, "0.4"), "one that is not there");
    gpu_fault((fake_fault_t){ .function = "nvmlDeviceGetAttributes_v2", .count = 1, .result = 999 });
    CHECK(!flopmeter_gpm_device_is_other(&device, "0.3"), "the driver doesn't say");
    fake->compute_sm = 16;
    CHECK(flopmeter_gpm_device_is_other(&device, "0.3"), "another size");
    fake->compute_sm = 60;
    CHECK(!flopmeter_gpm_device_is_other(&device, "0.3"), "as it was");
    fake->generation = 1;
    CHECK(flopmeter_gpm_device_is_other(&device, "0.3"), "another UUID");
    flopmeter_gpm_device_close(&device);
    CHECK(0 == fake->is_initialised, "left open");
}

int main(void)
{
    should_tell_why_it_cannot_count();
    should_bear_any_missing_function();
    should_turn_percent_into_activity_outwards();
    should_not_take_a_stale_sample_for_idleness();
    should_bound_from_above_whatever_the_stated_clock();
    should_book_exact_totals();
    should_bound_failed_reads_by_peak_and_time();
    should_find_a_lost_gpu_again();
    should_not_believe_figures_that_are_none();
    should_bear_slow_calls();
    should_give_way_and_come_back();
    should_read_gpu_instances();
    should_hold_whatever_an_activity_is_a_mean_of(NULL, 60);
    should_hold_whatever_an_activity_is_a_mean_of("nvmlDeviceGetGpuInstanceById", 132);
    should_follow_an_instance_that_is_made_anew();
    should_tell_an_instance_from_another();
    return 0;
}
