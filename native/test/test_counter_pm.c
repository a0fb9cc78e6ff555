/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "pm" over a CUPTI that misbehaves on demand: states, totals, gaps. That the upper end is never below what
 * was done is checked at every reading (counter_pm.c).
 */

#include "counter_pm.h"

#include <math.h>
#include <stdlib.h>

static flopmeter_counter_reading_t reading;

/* FLOP of cycles of all parts at a rate per SM cycle, times parts of a million. */
static flopmeter_u128_t flop_of(uint64_t cycles, uint64_t ppm, uint64_t rate)
{
    return (flopmeter_u128_t)cycles * ppm / 1000000 / 4 * rate;
}

static bool is_near(flopmeter_u128_t value, flopmeter_u128_t expected, flopmeter_u128_t tolerance)
{
    return value + tolerance >= expected && value <= expected + tolerance;
}

static flopmeter_counter_figure_t collapsed(
    const flopmeter_counter_t *counter, flopmeter_gpu_pipe_t pipe, flopmeter_precision_t precision)
{
    flopmeter_counter_figure_t figure;

    CHECK(flopmeter_pm_collapse(counter, pipe, FLOPMETER_GPU_TENSOR, precision, &figure), "no such rate");
    return figure;
}

static void should_count(void)
{
    pm_begin("GH100");
    pm_work(900, 300);
    flopmeter_counter_t *const counter = pm_open();
    const uint64_t hmma_before = pm_done(PM_HMMA);
    const uint64_t imma_before = pm_done(PM_IMMA);
    for (int i = 0; i < 60; i++)
    {
        pm_read_after(counter, SEC, &reading);
        CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 0 == reading.gaps_count, "state %d, %zu gaps",
            (int)reading.state, reading.gaps_count);
        CHECK(reading.end_ns == fake_cuda()->now_ns, "not whole up to the call");
    }
    const uint64_t hmma = pm_done(PM_HMMA) - hmma_before;
    const uint64_t imma = pm_done(PM_IMMA) - imma_before;
    const flopmeter_counter_figure_t bf16 = collapsed(counter, FLOPMETER_GPU_HMMA, FLOPMETER_BF16);
    /* Each batch may round down by a cycle. */
    CHECK(is_near(bf16.point, flop_of(hmma, 903000, 4096), 60 * 4096), "bf16 %s", pm_text(bf16.point));
    CHECK(is_near(bf16.lower, flop_of(hmma, 850000, 2048), 60 * 2048), "bf16 lower %s", pm_text(bf16.lower));
    CHECK(is_near(bf16.upper, flop_of(hmma, 1000000, 4096), 60 * 4096), "bf16 upper %s", pm_text(bf16.upper));
    const flopmeter_counter_figure_t int8 = collapsed(counter, FLOPMETER_GPU_IMMA, FLOPMETER_INT8);
    CHECK(is_near(int8.point, flop_of(imma, 903000, 5461), 60 * 5461), "int8 %s", pm_text(int8.point));
    CHECK(is_near(int8.upper, flop_of(imma, 1000000, 8192), 60 * 8192), "int8 upper %s", pm_text(int8.upper));
    CHECK(0 == int8.lower, "int8 has no slowest rate that was measured");
    pm_end(counter, "count");
}

static void should_say_nothing_of_an_idle_card(void)
{
    pm_begin("GH100");
    flopmeter_counter_t *const counter = pm_open();
    for (int i = 0; i < 10; i++)
    {
        pm_read_after(counter, SEC, &reading);
    }
    for (size_t i = 0; i < reading.figures_count; i++)
    {
        CHECK(0 == reading.figures[i].upper && reading.figures[i].is_bounded, "precision %d: upper is %s",
            (int)reading.figures[i].precision, pm_text(reading.figures[i].upper));
    }
    pm_end(counter, "idle");
}

static void check_state(flopmeter_counter_state_t expected, const char *what)
{
    const flopmeter_counter_target_t target = { .pid = -1, .cpu = -1, .device = "0" };
    flopmeter_counter_probe_t probe;

    flopmeter_pm_source.probe(&target, &probe);
    CHECK(expected == probe.state, "%s: expected %d, got %d (%s)", what, (int)expected, (int)probe.state, probe.detail);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == expected || '\0' != probe.remedy[0], "%s: no remedy", what);
    CHECK('\0' != probe.detail[0], "%s: no detail", what);
    CHECK(0 == fake_pm_enabled() && 0 == card->is_initialised, "%s: something stays open", what);
    CHECK(0 == fake_cuda()->misuses, "%s: misuse of CUPTI: %s", what, fake_cuda()->misuse);
}

static void should_tell_why_it_cannot_sample(void)
{
    static const struct
    {
        int result;
        flopmeter_counter_state_t state;
    }
    rows[] = {
        { 26, FLOPMETER_COUNTER_TAKEN }, { 39, FLOPMETER_COUNTER_TAKEN }, { 35, FLOPMETER_COUNTER_NO_PERMISSION },
        { 40, FLOPMETER_COUNTER_NO_PERMISSION }, { 14, FLOPMETER_COUNTER_WRONG_DRIVER },
        { 33, FLOPMETER_COUNTER_ABSENT }, { 41, FLOPMETER_COUNTER_ABSENT }, { 43, FLOPMETER_COUNTER_ABSENT },
        { 999, FLOPMETER_COUNTER_FAILED }
    };
    static const fake_call_t calls[] = { FAKE_CALL_INITIALIZE, FAKE_CALL_CHIP, FAKE_CALL_PM_AVAILABILITY,
        FAKE_CALL_HOST_INIT, FAKE_CALL_METRICS, FAKE_CALL_PM_ENABLE, FAKE_CALL_PM_CONFIG, FAKE_CALL_PM_IMAGE_LENGTH,
        FAKE_CALL_PM_IMAGE_INIT, FAKE_CALL_PM_START };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    {
        for (size_t call = 0; call < sizeof(calls) / sizeof(calls[0]); call++)
        {
            pm_begin("GH100");
            fake_cuda_fail(calls[call], rows[i].result);
            check_state(rows[i].state, "a call fails");
        }
    }
    pm_begin("GH100");
    check_state(FLOPMETER_COUNTER_AVAILABLE, "all is well");
    fake_pm()->is_taken = true;
    check_state(FLOPMETER_COUNTER_TAKEN, "enabled by somebody else");
    pm_begin("GH100");
    fake_pm()->is_card_of_nvml = false;
    check_state(FLOPMETER_COUNTER_ABSENT, "CUDA does not see it");
    pm_begin("GH100");
    fake_cuda_fail(FAKE_CALL_INIT, 100);
    check_state(FLOPMETER_COUNTER_FAILED, "cuInit");
    pm_begin("GH100");
    fake_cuda()->length_missing = 1;
    check_state(FLOPMETER_COUNTER_FAILED, "blocks of another size");
    pm_begin("GH100");
    fake_cuda()->metrics_count = 0;
    check_state(FLOPMETER_COUNTER_ABSENT, "no metrics");
    pm_begin("GH100");
    card->is_mig = 1;
    check_state(FLOPMETER_COUNTER_ABSENT, "partitioned");
    pm_begin("GH100");
    card->major = 7;
    check_state(FLOPMETER_COUNTER_ABSENT, "a chip that is not in the tables");
    pm_begin("GH100");
    flopmeter_pm_use(FLOPMETER_PM_NEVER, FAKE_CUDA);
    check_state(FLOPMETER_COUNTER_ABSENT, "not asked for");
    pm_begin("GH100");
    flopmeter_pm_use(FLOPMETER_PM_LAST, FAKE_BARE);
    check_state(FLOPMETER_COUNTER_WRONG_DRIVER, "functions are missing");
    flopmeter_pm_use(FLOPMETER_PM_LAST, "/nowhere/libcupti.so");
    check_state(FLOPMETER_COUNTER_ABSENT, "no CUPTI");
    pm_begin("GH100");
    setenv("NSYS_PROFILING_SESSION_ID", "1", 1);
    check_state(FLOPMETER_COUNTER_TAKEN, "Nsight");
    unsetenv("NSYS_PROFILING_SESSION_ID");
    pm_begin("GH100");
    setenv("CUDA_VISIBLE_DEVICES", "", 1);
    setenv("CUDA_INJECTION64_PATH", "/nowhere", 1);
    check_state(FLOPMETER_COUNTER_AVAILABLE, "the program's own choice of cards");
    CHECK(NULL == getenv("CUDA_VISIBLE_DEVICES") && NULL == getenv("CUDA_INJECTION64_PATH"), "the environment");
}

static void check_loss(const char *what, uint64_t gap_ns, uint64_t slack_ns)
{
    const uint64_t told_ns = pm_gaps_but(&reading, FLOPMETER_COUNTER_AVAILABLE);

    CHECK(told_ns + slack_ns >= gap_ns && told_ns <= gap_ns + slack_ns, "%s: gaps of %llu ns, expected %llu", what,
        (unsigned long long)told_ns, (unsigned long long)gap_ns);
}

/* The buffer takes half a second. What is kept counts, the rest is a gap of that length and no more. */
static void overflow(bool is_error)
{
    pm_begin("GH100");
    pm_work(1000, 400);
    fake_pm()->capacity = 500;
    fake_pm()->is_overflow_error = is_error;
    flopmeter_counter_t *const counter = pm_open();
    pm_read_after(counter, 2 * SEC, &reading);
    CHECK(1 == reading.gaps_count && FLOPMETER_COUNTER_FAILED == reading.gaps[0].reason, "%zu gaps",
        reading.gaps_count);
    check_loss("overflow", 1500 * MS, MS);
    const flopmeter_counter_figure_t bf16 = collapsed(counter, FLOPMETER_GPU_HMMA, FLOPMETER_BF16);
    const flopmeter_counter_figure_t int8 = collapsed(counter, FLOPMETER_GPU_IMMA, FLOPMETER_INT8);
    CHECK(is_near(bf16.lower, flop_of(600 * 500 * MS, 850000, 2048), 2048), "lower %s", pm_text(bf16.lower));
    /* What can have been in the gap, and not more: 1.5 s of all parts of all SM. */
    const flopmeter_u128_t most = flop_of(400 * 500 * MS, 1000000, 8192) +
        (flopmeter_u128_t)8192 * 132 * 198 / 100 * 1501 * MS;
    CHECK(int8.upper <= most, "upper %s of %s", pm_text(int8.upper), pm_text(most));
    pm_read_after(counter, 400 * MS, &reading);
    check_loss("after it", 1500 * MS, MS);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state, "does not go on");
    pm_end(counter, "overflow");
}

static void lose(uint64_t samples, bool is_hidden, uint64_t gap_ns)
{
    pm_begin("GH100");
    pm_work(1000, 0);
    flopmeter_counter_t *const counter = pm_open();
    pm_read_after(counter, SEC, &reading);
    fake_pm()->lost = samples;
    fake_pm()->is_loss_hidden = is_hidden;
    for (int i = 0; i < 5; i++)
    {
        pm_read_after(counter, SEC, &reading);
    }
    check_loss(is_hidden ? "hidden loss" : "loss", gap_ns, 2 * MS);
    pm_end(counter, "loss");
}

static void odd(double value)
{
    pm_begin("GH100");
    pm_work(1000, 0);
    flopmeter_counter_t *const counter = pm_open();
    pm_read_after(counter, SEC, &reading);
    fake_pm()->odd_samples = 3;
    fake_pm()->odd_value = value;
    const flopmeter_u128_t point = pm_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->point;
    pm_read_after(counter, SEC, &reading);
    check_loss("odd value", SEC, 0);
    const flopmeter_u128_t next = pm_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->point;
    CHECK(is_near(next, 2 * point, 4096), "point %s after %s", pm_text(next), pm_text(point));
    pm_end(counter, "odd value");
}

static void should_not_count_twice(void)
{
    pm_begin("GH100");
    pm_work(1000, 400);
    flopmeter_counter_t *const counter = pm_open();
    pm_read_after(counter, SEC, &reading);
    fake_pm()->is_repeating = true;
    pm_read_after(counter, SEC, &reading);
    fake_pm()->is_odd_time = true;
    pm_read_after(counter, SEC, &reading);
    const flopmeter_counter_figure_t bf16 = collapsed(counter, FLOPMETER_GPU_HMMA, FLOPMETER_BF16);
    /* The sample without a time is in the upper end only. */
    CHECK(is_near(bf16.lower, flop_of(600 * 2999 * MS, 850000, 2048), 3 * 2048), "lower %s of %s",
        pm_text(bf16.lower), pm_text(flop_of(600 * 2999 * MS, 850000, 2048)));
    CHECK(bf16.upper >= flop_of(600 * 3000 * MS, 1000000, 4096), "upper");
    pm_end(counter, "twice");
}

static void should_wait_for_late_samples(void)
{
    pm_begin("GH100");
    pm_work(1000, 0);
    fake_pm()->late_ns = 40 * MS;
    flopmeter_counter_t *const counter = pm_open();
    for (int i = 0; i < 100; i++)
    {
        pm_read_after(counter, 137 * MS, &reading);
        CHECK(0 == reading.gaps_count, "a gap of %llu ns", (unsigned long long)pm_gaps_but(&reading, 0));
    }
    /* What came late was let pass once, not each time. */
    const flopmeter_u128_t truth = flop_of(pm_done(PM_HMMA), 1000000, 8192);
    CHECK(collapsed(counter, FLOPMETER_GPU_HMMA, FLOPMETER_FP8).upper < truth + truth / 50, "upper is loose");
    pm_end(counter, "late");
}

static void should_take_a_long_reading(void)
{
    pm_begin("GH100");
    pm_work(1000, 0);
    fake_pm()->capacity = 8000;
    flopmeter_counter_t *const counter = pm_open();
    pm_read_after(counter, 7 * SEC, &reading);
    CHECK(0 == reading.gaps_count && FLOPMETER_COUNTER_AVAILABLE == reading.state, "not all of four images");
    fake_pm()->is_stuck = true;
    pm_read_after(counter, SEC, &reading);
    CHECK(0 == reading.gaps_count, "a gap");
    fake_pm()->is_stuck = false;
    fake_cuda_slow(FAKE_CALL_PM_DECODE, 2 * SEC);
    pm_read_after(counter, SEC, &reading);
    pm_read_after(counter, SEC, &reading);
    CHECK(0 == reading.gaps_count, "a gap after a slow call");
    pm_end(counter, "long");
}

static void fail_and_come_back(fake_call_t call, int result, flopmeter_counter_state_t reason)
{
    pm_begin("GH100");
    pm_work(1000, 0);
    flopmeter_counter_t *const counter = pm_open();
    pm_read_after(counter, SEC, &reading);
    fake_cuda_fail(call, result);
    pm_read_after(counter, SEC, &reading);
    CHECK(reason == reading.state && 0 == fake_pm_enabled(), "state %d, enabled %d", (int)reading.state,
        fake_pm_enabled());
    const uint64_t opened = fake_cuda_calls(FAKE_CALL_PM_ENABLE);
    for (int i = 0; i < 58; i++)
    {
        pm_read_after(counter, SEC, &reading);
        CHECK(reason == reading.state, "state %d", (int)reading.state);
    }
    CHECK(opened == fake_cuda_calls(FAKE_CALL_PM_ENABLE), "tried again within a minute");
    fake_cuda()->fail_call = FAKE_CALL_NONE;
    for (int i = 0; i < 5; i++)
    {
        pm_read_after(counter, SEC, &reading);
    }
    const bool is_final = FLOPMETER_COUNTER_ABSENT == reason || FLOPMETER_COUNTER_WRONG_DRIVER == reason;
    CHECK(is_final == (FLOPMETER_COUNTER_AVAILABLE != reading.state), "state %d at last", (int)reading.state);
    CHECK(0 == pm_gaps_but(&reading, reason), "gaps of another reason");
    CHECK(pm_gaps_but(&reading, FLOPMETER_COUNTER_AVAILABLE) >= 59 * SEC, "the gap is short");
    pm_end(counter, "come back");
}

static void should_refuse_what_is_not_in_an_image(void)
{
    pm_begin("GH100");
    flopmeter_counter_t *const counter = pm_open();
    fake_pm()->samples_claimed = 100000;
    pm_read_after(counter, SEC, &reading);
    CHECK(FLOPMETER_COUNTER_FAILED == reading.state, "state %d", (int)reading.state);
    pm_end(counter, "claimed");
}

static void should_pause(void)
{
    pm_begin("GH100");
    pm_work(1000, 0);
    flopmeter_counter_t *const counter = pm_open();
    pm_read_after(counter, SEC, &reading);
    flopmeter_pm_source.pause(counter);
    flopmeter_pm_source.pause(counter);
    CHECK(0 == fake_pm_enabled(), "the hardware is not given back");
    pm_read_after(counter, 2 * SEC, &reading);
    CHECK(FLOPMETER_COUNTER_PAUSED == reading.state, "state %d", (int)reading.state);
    flopmeter_pm_source.resume(counter);
    pm_read_after(counter, SEC, &reading);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state, "state %d", (int)reading.state);
    check_loss("pause", 2 * SEC, MS);
    CHECK(0 == pm_gaps_but(&reading, FLOPMETER_COUNTER_PAUSED), "another reason");
    pm_end(counter, "pause");
}

static void should_begin_earlier(void)
{
    pm_begin("GH100");
    flopmeter_counter_t *const counter = pm_open();
    const uint64_t begun_ns = flopmeter_pm_begun_at(counter);
    flopmeter_pm_begin_at(counter, begun_ns - 3 * SEC);
    pm_read_after(counter, SEC, &reading);
    CHECK(begun_ns - 3 * SEC == reading.begin_ns, "begin");
    check_loss("before it", 3 * SEC, 0);
    const flopmeter_u128_t peak = (flopmeter_u128_t)8192 * 132 * 198 / 100 * 3 * SEC;
    const flopmeter_counter_figure_t fp8 = collapsed(counter, FLOPMETER_GPU_HMMA, FLOPMETER_FP8);
    CHECK(fp8.upper >= peak, "upper %s of %s", pm_text(fp8.upper), pm_text(peak));
    pm_end(counter, "earlier");
}

/* A trigger in clocks tells no time; and what was not measured there has the wider end. */
static void should_sample_without_a_time(void)
{
    pm_begin("GA100");
    pm_work(400, 0);
    fake_cuda()->metrics[PM_HMMA] = "nothing";
    fake_cuda()->metrics[PM_IMMA] = "nothing";
    flopmeter_counter_t *const counter = pm_open();
    for (int i = 0; i < 10; i++)
    {
        pm_read_after(counter, SEC, &reading);
        CHECK(0 == reading.gaps_count && FLOPMETER_COUNTER_AVAILABLE == reading.state, "state %d", (int)reading.state);
    }
    const flopmeter_counter_figure_t fp16 = collapsed(counter, FLOPMETER_GPU_HMMA, FLOPMETER_FP16);
    const uint64_t cycles = pm_done(PM_TENSOR);
    CHECK(0 == fp16.lower, "lower of any tensor pipe");
    CHECK(is_near(fp16.point, flop_of(cycles, 1000000, 2048), 10 * 2048), "point %s", pm_text(fp16.point));
    CHECK(is_near(fp16.upper, 4 * flop_of(cycles, 1000000, 2048), 10 * 2048), "upper %s", pm_text(fp16.upper));
    fake_pm()->lost = 700;
    pm_read_after(counter, SEC, &reading);
    pm_read_after(counter, SEC, &reading);
    CHECK(pm_gaps_but(&reading, FLOPMETER_COUNTER_AVAILABLE) >= 700 * MS, "loss");
    fake_pm()->capacity = 100;
    pm_read_after(counter, SEC, &reading);
    CHECK(pm_gaps_but(&reading, FLOPMETER_COUNTER_AVAILABLE) >= 1600 * MS, "overflow");
    pm_end(counter, "clocks");
}

/* Whatever goes wrong in whatever order: pm_read_after() holds the ends against the truth. */
static void should_hold_whatever_happens(unsigned seed)
{
    static const int results[] = { 1, 7, 8, 26, 999 };

    srand(seed);
    pm_begin(0 == seed % 3 ? "GA100" : "GH100");
    fake_pm()->capacity = 300 + (size_t)rand() % 3000;
    pm_work((uint64_t)rand() % 800, 0);
    flopmeter_counter_t *const counter = pm_open();
    for (int i = 0; i < 200; i++)
    {
        fake_cuda()->fail_call = FAKE_CALL_NONE;
        fake_cuda()->slow_call = FAKE_CALL_NONE;
        fake_pm()->late_ns = (uint64_t)(rand() % 80) * MS;
        switch (rand() % 12)
        {
            case 0:
                fake_cuda_fail((fake_call_t)(FAKE_CALL_PM_AVAILABILITY + rand() % 11), results[rand() % 5]);
                fake_cuda()->fail_after = rand() % 400;
                fake_cuda()->fail_times = 1 + rand() % 3;
                break;
            case 1:
                fake_cuda_slow((fake_call_t)(FAKE_CALL_PM_AVAILABILITY + rand() % 11), (uint64_t)(rand() % 500) * 1000);
                break;
            case 2:
                fake_pm()->lost = (uint64_t)(rand() % 300);
                fake_pm()->is_loss_hidden = 0 == rand() % 2;
                break;
            case 3:
                fake_pm()->odd_samples = 2;
                fake_pm()->odd_value = 0 == rand() % 2 ? NAN : -1;
                break;
            case 4:
                fake_pm()->is_repeating = true;
                break;
            case 5:
                fake_pm()->is_odd_time = true;
                break;
            default:
                break;
        }
        const uint64_t duration_ns = (uint64_t)(1 + rand() % 3000) * MS;
        pm_read_after(counter, duration_ns, &reading);
    }
    CHECK(0 == fake_cuda()->misuses, "seed %u: misuse: %s", seed, fake_cuda()->misuse);
    fake_cuda()->fail_call = FAKE_CALL_NONE;
    pm_end(counter, "random");
}

int main(void)
{
    should_count();
    should_say_nothing_of_an_idle_card();
    should_tell_why_it_cannot_sample();
    overflow(false);
    overflow(true);
    lose(300, false, 300 * MS);
    lose(5, false, 5 * MS);
    lose(500, true, 500 * MS);
    lose(50, true, 0);
    odd(NAN);
    odd(-1);
    odd(INFINITY);
    odd(1e300);
    odd(1e15);
    should_not_count_twice();
    should_wait_for_late_samples();
    should_take_a_long_reading();
    fail_and_come_back(FAKE_CALL_PM_DECODE, 999, FLOPMETER_COUNTER_FAILED);
    fail_and_come_back(FAKE_CALL_PM_INFO, 26, FLOPMETER_COUNTER_TAKEN);
    fail_and_come_back(FAKE_CALL_PM_SAMPLE, 35, FLOPMETER_COUNTER_NO_PERMISSION);
    fail_and_come_back(FAKE_CALL_EVALUATE, 999, FLOPMETER_COUNTER_FAILED);
    fail_and_come_back(FAKE_CALL_PM_IMAGE_INIT, 27, FLOPMETER_COUNTER_ABSENT);
    should_refuse_what_is_not_in_an_image();
    should_pause();
    should_begin_earlier();
    should_sample_without_a_time();
    for (unsigned seed = 1; seed <= 24; seed++)
    {
        should_hold_whatever_happens(seed);
    }
    return 0;
}
