/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The meter in the program against a driver made of scripts, with a clock that moves only when told: totals and gaps
 * exactly as specified, whatever goes wrong.
 */

#include <math.h>
#include <string.h>

#include "check.h"
#include "session_rig.h"

static void test_windows(void)
{
    reset("GH100");
    fake->devices[0].flop_per_ns[HGMMA] = 7;
    fake->devices[0].flop_per_ns[FP8] = 5;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(600 * SECOND);
    CHECK(10 == session.devices[0].windows, "%llu windows in 600 s", (unsigned long long)session.devices[0].windows);
    CHECK(0 == fake->devices[0].references, "between windows %d references are held", fake->devices[0].references);
    CHECK(!fake->devices[0].is_enabled, "between windows the profiler is enabled");
    finish("windows", 0);
    /* Work that never changes is estimated exactly from the first survey on; before it nothing is. */
    const flopmeter_u128_t whole = (flopmeter_u128_t)12 * 600 * SECOND;
    CHECK(lower + estimated <= whole && lower + estimated >= whole - 12 * SECOND, "point is %llu of %llu",
        (unsigned long long)(lower + estimated), (unsigned long long)whole);
    CHECK(0 == lower_by[FLOPMETER_FP16] && 0 != lower_by[FLOPMETER_BF16] && 0 != lower_by[FLOPMETER_FP8], "precisions");
}

static void test_continuous(void)
{
    reset("GH100");
    settings.is_continuous = true;
    fake->devices[0].flop_per_ns[HMMA] = 9;
    fake->slow_call = FAKE_CALL_START;
    fake->slow_ns = 20 * MS;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(100 * SECOND);
    CHECK(1 == fake->devices[0].references, "continuous: %d references", fake->devices[0].references);
    finish("continuous", 0);
    CHECK(0 == fake->devices[0].references, "after the end %d references", fake->devices[0].references);
    /* One range in eight looks for other formats, boundaries of 20 ms are in nobody's range. */
    CHECK(lower * 100 >= (flopmeter_u128_t)truth() * 80, "only %llu of %llu were counted", (unsigned long long)lower,
        (unsigned long long)truth());
    CHECK(lower < truth(), "what ran between ranges was counted");
}

/* More formats than one pass reads, in a CUPTI that keeps the first set of a profiler and in one that does not. */
static void rotate(const char *what, flopmeter_cuda_rotation_t sets, bool is_first_kept, uint64_t gaps_first)
{
    reset("GH100");
    settings.is_continuous = true;
    settings.sets = sets;
    fake->is_first_kept = is_first_kept;
    for (size_t leaf = HGMMA; leaf <= INT8; leaf++)
    {
        fake->devices[0].flop_per_ns[leaf] = 2 == leaf ? 0 : 9;
    }
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(20 * SECOND);
    CHECK(gaps_first == gaps, "%s: gaps %llx at first", what, (unsigned long long)gaps);
    gaps = 0;
    const flopmeter_u128_t before = lower;
    pass(60 * SECOND);
    CHECK(lower > before, "%s: nothing is counted any more", what);
    finish(what, 0);
}

static void test_rotation(void)
{
    rotate("rotate", FLOPMETER_CUDA_ROTATE, false, 0);
    CHECK(1 == fake->calls[FAKE_CALL_ENABLE], "enabled anew");
    rotate("kept, reopen", FLOPMETER_CUDA_REOPEN, true, 0);
    CHECK(10 < fake->calls[FAKE_CALL_ENABLE], "not enabled anew");
    rotate("kept, fixed", FLOPMETER_CUDA_FIXED, true, 0);
    CHECK(1 == fake->calls[FAKE_CALL_ENABLE], "enabled anew");
    /* Values that are no counts are told, and end by themselves. */
    rotate("kept, rotate", FLOPMETER_CUDA_ROTATE, true, bit(FLOPMETER_GAP_COUNTER_FAILED));
    CHECK(10 < fake->calls[FAKE_CALL_ENABLE], "not enabled anew");
}

static void test_given(void)
{
    reset("GH100");
    settings.precisions = 1U << FLOPMETER_FP64;
    fake->devices[0].flop_per_ns[FP64] = 1;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(130 * SECOND);
    finish("given", 0);
    CHECK(lower_by[FLOPMETER_FP64] == lower && lower > 0, "fp64");
}

/* A context that comes late, one that goes, one that is reset while a range is open in it. */
static void test_contexts(void)
{
    reset("GH100");
    fake->devices[0].is_active = false;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(50 * SECOND);
    CHECK(0 == lower + estimated + bounded, "figures without a context");
    fake_cuda_context(0, true);
    fake->devices[0].flop_per_ns[HGMMA] = BUSY;
    pass(10 * SECOND);
    CHECK(1 == session.devices[0].windows, "no window as soon as there is a context");
    fake->devices[0].flop_per_ns[HGMMA] = 0;
    fake_cuda_context(0, false);
    pass(5 * SECOND);
    const flopmeter_u128_t before = lower + estimated + bounded;
    pass(100 * SECOND);
    CHECK(before == lower + estimated + bounded, "booked although there is no context");
    fake_cuda_context(0, true);
    pass(100 * SECOND);
    CHECK(session.devices[0].windows >= 3, "no window in the new context");
    finish("contexts", 0);

    for (int is_there = 0; is_there < 2; is_there++)
    {
        reset("GH100");
        settings.is_continuous = true;
        fake->devices[0].flop_per_ns[HGMMA] = BUSY;
        CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
        pass(20 * SECOND + 100 * MS);
        CHECK(fake->devices[0].is_pushed, "no range is open");
        fake_cuda_context(0, 1 == is_there);
        fake->devices[0].flop_per_ns[HGMMA] = 1 == is_there ? BUSY : 0;
        pass(200 * SECOND);
        CHECK((1 == is_there) == fake->devices[0].is_pushed, "range %d after a reset", (int)fake->devices[0].is_pushed);
        finish(1 == is_there ? "new context" : "lost context", bit(FLOPMETER_GAP_COUNTER_PAUSED));
    }
}

static flopmeter_gap_reason_t reason_of(int result)
{
    switch (result)
    {
        case 26: case 36: case 39:
            return FLOPMETER_GAP_COUNTER_TAKEN;
        case 35: case 40:
            return FLOPMETER_GAP_COUNTER_PERMISSION;
        case 10: case 11: case 14: case 46:
            return FLOPMETER_GAP_COUNTER_DRIVER;
        case 27: case 31: case 33: case 38: case 41: case 42: case 43: case 44: case 45:
            return FLOPMETER_GAP_COUNTER_ABSENT;
        default:
            return FLOPMETER_GAP_COUNTER_FAILED;
    }
}

/* Every error at every call: at the first one and in the middle, once and for good. */
static void test_errors(void)
{
    static const int results[] = { 1, 7, 10, 11, 14, 26, 27, 31, 33, 35, 36, 38, 39, 40, 41, 43, 45, 46, 999 };
    unsigned scenarios = 0;

    for (int call = FAKE_CALL_INITIALIZE; call <= FAKE_CALL_EVALUATE; call++)
    {
        for (size_t i = 0; i < sizeof(results) / sizeof(results[0]) * 4; i++)
        {
            const int result = results[i / 4];
            char what[64];
            reset("GH100");
            settings.is_continuous = 0 != (i & 2);
            fake->devices[0].flop_per_ns[HGMMA] = BUSY;
            fake->fail_call = (fake_call_t)call;
            fake->fail_result = result;
            fake->fail_after = 0 != (i & 1) ? 3 : 0;
            fake->fail_times = 0 != (i & 1) ? 1 : -1;
            snprintf(what, sizeof(what), "result %d at call %d, variant %zu", result, call, i % 4);
            CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "%s: open", what);
            pass(400 * SECOND);
            flopmeter_cuda_session_close(&session);
            const bool has_failed = fake->fail_times <= 0 && fake->calls[call] > (0 != (i & 1) ? 3 : 0);
            check_laws(what);
            const bool is_search = call >= FAKE_CALL_HOST_INIT && call <= FAKE_CALL_PASSES && call != FAKE_CALL_METRICS;
            const uint64_t seen = gaps & ~bit(FLOPMETER_GAP_COUNTER_UNBOUNDED);
            if (has_failed && !is_search)
            {
                CHECK(bit(reason_of(result)) == seen, "%s: gaps are %llx", what, (unsigned long long)gaps);
            }
            CHECK(has_failed || 0 == seen, "%s: gaps are %llx without an error", what, (unsigned long long)gaps);
            scenarios++;
        }
    }
    printf("%u errors\n", scenarios);
}

/* Who has no permission is not asked again every minute. */
static void test_retries(void)
{
    reset("GH100");
    fake->fail_call = FAKE_CALL_ENABLE;
    fake->fail_result = 35;
    fake->fail_times = -1;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(3000 * SECOND);
    CHECK(1 == fake->calls[FAKE_CALL_ENABLE], "asked %llu times", (unsigned long long)fake->calls[FAKE_CALL_ENABLE]);
    finish("no permission", bit(FLOPMETER_GAP_COUNTER_PERMISSION));

    reset("GH100");
    fake->fail_call = FAKE_CALL_START;
    fake->fail_result = 39;
    fake->fail_times = 3;
    fake->devices[0].flop_per_ns[FP8] = 2;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(1000 * SECOND);
    CHECK(0 != lower, "does not come back after another profiler");
    finish("taken for a while", bit(FLOPMETER_GAP_COUNTER_TAKEN));
}

static void test_devices(void)
{
    reset("GH100");
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(10 * SECOND);
    const uint64_t trials = fake->calls[FAKE_CALL_PASSES];
    finish("one device", 0);

    reset("GH100");
    fake->devices_count = 3;
    fake->devices[1].is_active = false;
    fake->devices[0].flop_per_ns[HGMMA] = 2;
    fake->devices[2].flop_per_ns[FP16] = 3;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(200 * SECOND);
    CHECK(fake->calls[FAKE_CALL_PASSES] < trials + trials / 2, "sets were searched again for the same chip");
    CHECK(0 == session.devices[1].windows && session.devices[2].windows >= 3, "windows");
    CHECK(0 != lower_by[FLOPMETER_BF16] && 0 != lower_by[FLOPMETER_FP16], "one of two devices was not counted");
    finish("three devices", 0);

    reset("GX999");
    fake->devices[0].flop_per_ns[HGMMA] = 2;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(100 * SECOND);
    CHECK(0 == bounded && 0 != lower, "a bound for a chip that nobody knows");
    finish("unknown chip", bit(FLOPMETER_GAP_COUNTER_UNBOUNDED));
}

static void test_oddities(void)
{
    const double values[] = { NAN, -5, INFINITY };

    for (size_t i = 0; i < 3; i++)
    {
        reset("GH100");
        fake->is_value_instead = true;
        fake->value_instead = values[i];
        CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
        pass(10 * SECOND);
        CHECK(0 == lower, "%g was counted", values[i]);
        finish("no number", bit(FLOPMETER_GAP_COUNTER_FAILED));
    }
    for (size_t ranges = 0; ranges <= 2; ranges += 2)
    {
        reset("GH100");
        fake->ranges_in_image = ranges;
        fake->devices[0].flop_per_ns[HGMMA] = 2;
        CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
        pass(10 * SECOND);
        CHECK(0 == lower, "%zu ranges were taken for one", ranges);
        finish("not one range", bit(FLOPMETER_GAP_COUNTER_FAILED));
    }
    reset("GH100");
    fake->length_missing = sizeof(void *);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(10 * SECOND);
    finish("shorter blocks", bit(FLOPMETER_GAP_COUNTER_FAILED) | bit(FLOPMETER_GAP_COUNTER_UNBOUNDED));

    for (int call = FAKE_CALL_RETAIN; call <= FAKE_CALL_EVALUATE; call++)
    {
        reset("GH100");
        fake->slow_call = (fake_call_t)call;
        fake->slow_ns = 300 * MS;
        settings.is_continuous = 0 != (call & 1);
        fake->devices[0].flop_per_ns[HMMA] = 2;
        CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
        pass(300 * SECOND);
        CHECK(0 != lower, "nothing was counted when call %d was slow", call);
        finish("slow", 0);
    }
}

static void test_closed(void)
{
    reset("GH100");
    settings.profiler = "NSYS_PROFILING_SESSION_ID";
    CHECK(FLOPMETER_COUNTER_TAKEN == open_session(), "under another profiler");
    CHECK((bit(FLOPMETER_GAP_COUNTER_TAKEN) | bit(FLOPMETER_GAP_COUNTER_UNBOUNDED)) == gaps, "gaps %llx",
        (unsigned long long)gaps);

    reset("GH100");
    strcpy(settings.cupti, "/nonexistent/libcupti.so");
    CHECK(FLOPMETER_COUNTER_ABSENT == open_session(), "without CUPTI");

    reset("GH100");
    strcpy(settings.cupti, FAKE_BARE);
    CHECK(FLOPMETER_COUNTER_WRONG_DRIVER == open_session(), "with half a CUPTI");
    CHECK((bit(FLOPMETER_GAP_COUNTER_DRIVER) | bit(FLOPMETER_GAP_COUNTER_UNBOUNDED)) == gaps, "gaps %llx",
        (unsigned long long)gaps);

    /* The end in the middle of a window: what the open range has counted is booked. */
    reset("GH100");
    settings.is_continuous = true;
    fake->devices[0].flop_per_ns[HGMMA] = 1;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(20 * SECOND + 500 * MS);
    CHECK(fake->devices[0].is_pushed, "no range is open");
    const flopmeter_u128_t before = lower;
    finish("end", 0);
    CHECK(lower > before, "the last range is lost");
    CHECK(0 == fake->devices[0].references, "%d references at the end", fake->devices[0].references);
}

static void expect_settings(const char *value, bool is_on, bool is_continuous, uint32_t precisions)
{
    setenv("FLOPMETER_EXECUTED", value, 1);
    flopmeter_cuda_settings_load(&settings);
    CHECK(is_on == settings.is_on, "\"%s\" is %s", value, settings.is_on ? "on" : "off");
    CHECK(!is_on || (is_continuous == settings.is_continuous && precisions == settings.precisions), "\"%s\"", value);
}

static void test_settings(void)
{
    expect_settings("windows", true, false, 0);
    expect_settings("continuous,bf16,fp8", true, true, 1U << FLOPMETER_BF16 | 1U << FLOPMETER_FP8);
    expect_settings("", false, false, 0);
    expect_settings("off", false, false, 0);
    expect_settings("windowss", false, false, 0);
    expect_settings("windows,bf17", false, false, 0);
    CHECK(1000 * MS == settings.window_ns && 60 * SECOND == settings.period_ns, "defaults");
    CHECK(FLOPMETER_CUDA_ROTATE == settings.sets, "sets");
    setenv("FLOPMETER_EXECUTED_SETS", "reopen", 1);
    flopmeter_cuda_settings_load(&settings);
    CHECK(FLOPMETER_CUDA_REOPEN == settings.sets, "reopen");
    setenv("FLOPMETER_EXECUTED_SETS", "fixed", 1);
    flopmeter_cuda_settings_load(&settings);
    CHECK(FLOPMETER_CUDA_FIXED == settings.sets, "fixed");
    setenv("FLOPMETER_EXECUTED_SETS", "x", 1);
    setenv("FLOPMETER_EXECUTED_WINDOW_MS", "250", 1);
    setenv("FLOPMETER_EXECUTED_PERIOD_MS", "x", 1);
    setenv("NSYS_PROFILING_SESSION_ID", "1", 1);
    flopmeter_cuda_settings_load(&settings);
    CHECK(FLOPMETER_CUDA_ROTATE == settings.sets, "sets");
    CHECK(250 * MS == settings.window_ns && 60 * SECOND == settings.period_ns, "window and period");
    CHECK(0 == strcmp(settings.profiler, "NSYS_PROFILING_SESSION_ID"), "another profiler");
}

int main(void)
{
    test_windows();
    test_continuous();
    test_rotation();
    test_given();
    test_contexts();
    test_errors();
    test_retries();
    test_devices();
    test_oddities();
    test_closed();
    test_settings();
    return 0;
}
