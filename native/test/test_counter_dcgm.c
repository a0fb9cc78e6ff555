/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "dcgm" over an engine that misbehaves on demand: states, totals, gaps.
 */

#include "counter_dcgm.h"

#include <inttypes.h>
#include <math.h>

static flopmeter_counter_reading_t reading;

static void check_state(flopmeter_counter_state_t expected, const char *part)
{
    const flopmeter_counter_target_t target = { .pid = -1, .cpu = -1, .device = "0" };
    flopmeter_counter_probe_t probe;

    flopmeter_dcgm_source.probe(&target, &probe);
    CHECK(expected == probe.state, "%s: expected %d, got %d (%s)", part, (int)expected, (int)probe.state,
        probe.detail);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == expected || 0 == strcmp("switched off", part) || '\0' != probe.remedy[0],
        "%s: no remedy", part);
    CHECK(NULL != strstr(probe.detail, part) || '\0' == part[0], "%s not in \"%s\"", part, probe.detail);
    CHECK(0 == engine->connections && 0 == engine->groups && 0 == engine->watches && 0 == engine->is_initialised,
        "%s: something stays open", part);
    CHECK(0 == engine->calls_after_end, "%s: %u calls after the end", part, engine->calls_after_end);
}

static void should_tell_why_it_cannot_count(void)
{
    static const struct
    {
        int result;
        flopmeter_counter_state_t state;
    }
    rows[] = {
        { -36, FLOPMETER_COUNTER_ABSENT }, { -33, FLOPMETER_COUNTER_ABSENT }, { -17, FLOPMETER_COUNTER_NO_PERMISSION },
        { -29, FLOPMETER_COUNTER_NO_PERMISSION }, { -34, FLOPMETER_COUNTER_TAKEN }, { -54, FLOPMETER_COUNTER_TAKEN },
        { -12, FLOPMETER_COUNTER_WRONG_DRIVER }, { -44, FLOPMETER_COUNTER_WRONG_DRIVER },
        { -37, FLOPMETER_COUNTER_FAILED }, { -3, FLOPMETER_COUNTER_FAILED }, { 77, FLOPMETER_COUNTER_FAILED },
    };
    static const char *const calls[] = { "dcgmInit", "dcgmEntitiesGetLatestValues", "dcgmGroupCreate",
        "dcgmGroupAddEntity", "dcgmFieldGroupCreate", "dcgmWatchFields" };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    {
        for (size_t call = 0; call < sizeof(calls) / sizeof(calls[0]); call++)
        {
            dcgm_begin(NULL);
            dcgm_fault((fake_fault_t){ .function = calls[call], .count = 9, .result = rows[i].result });
            check_state(rows[i].state, call < 2 ? calls[call] : "");
        }
    }
    dcgm_begin(NULL);
    dcgm_hide_library(true);
    check_state(FLOPMETER_COUNTER_ABSENT, "libdcgm.so");
    dcgm_begin(NULL);
    engine->has_engine = false;
    engine->has_own = false;
    check_state(FLOPMETER_COUNTER_ABSENT, "dcgmConnect_v2");
    dcgm_begin(NULL);
    engine->is_other_machine = true;
    check_state(FLOPMETER_COUNTER_FAILED, "knows no GPU-11111111");
    dcgm_begin(NULL);
    dcgm_address("off");
    check_state(FLOPMETER_COUNTER_ABSENT, "switched off");
    dcgm_begin(NULL);
    fake->is_mig = 1;
    check_state(FLOPMETER_COUNTER_ABSENT, "partitioned");
    dcgm_begin(NULL);
    gpu_hide_library(true);
    check_state(FLOPMETER_COUNTER_ABSENT, "libnvidia-ml");
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
        FLOPMETER_DCGM_FUNCTIONS(ROW)
    };

    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
    {
        dcgm_begin(functions[i].name);
        if (functions[i].is_required)
        {
            check_state(FLOPMETER_COUNTER_WRONG_DRIVER, functions[i].name);
            continue;
        }
        gpu_work(0, 20 * SEC, FLOPMETER_GPU_DFMA, 80, 1700);
        flopmeter_counter_t *const counter = dcgm_open("0");
        dcgm_read_after(counter, 3 * SEC, &reading);
        CHECK(gpu_figure(&reading, FLOPMETER_FP64)->point > 0, "without %s", functions[i].name);
        flopmeter_dcgm_source.close(counter);
    }
}

static void should_choose_an_engine(void)
{
    static const struct
    {
        const char *given;
        bool has_engine;
        const char *used;
    }
    rows[] = {
        { NULL, true, "127.0.0.1" }, { NULL, false, "own" }, { "embedded", true, "own" },
        { "10.1.2.3:6666", true, "10.1.2.3:6666" }, { "/run/engine", true, "/run/engine" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    {
        dcgm_begin(NULL);
        engine->has_engine = rows[i].has_engine;
        dcgm_address(rows[i].given);
        flopmeter_counter_t *const counter = dcgm_open("0");
        CHECK(0 == strcmp(rows[i].used, engine->address), "%s instead of %s", engine->address, rows[i].used);
        dcgm_end(counter);
    }
    dcgm_begin(NULL);
    engine->has_engine = false;
    dcgm_address("10.1.2.3");
    check_state(FLOPMETER_COUNTER_ABSENT, "dcgmConnect_v2");
    CHECK(0 == strcmp("10.1.2.3", engine->address), "nobody else's, and not one of our own");
}

/*
 * Cycles at a rate: FLOP of `pipe` in a time after START.
 */
static flopmeter_u128_t true_flop(flopmeter_gpu_pipe_t pipe, uint64_t begin_ns, uint64_t end_ns, unsigned rate)
{
    return gpu_true_cycles(pipe, begin_ns, end_ns) * rate / FAKE_WHOLE;
}

static void check_collapsed(
    const flopmeter_counter_t *counter, flopmeter_gpu_pipe_t pipe, flopmeter_u128_t truth, const char *what)
{
    flopmeter_counter_figure_t figure;
    const flopmeter_precision_t precision = FLOPMETER_GPU_HMMA == pipe ? FLOPMETER_BF16 : FLOPMETER_FP64;

    CHECK(flopmeter_dcgm_collapse(counter, pipe, FLOPMETER_GPU_UNIT_ANY, precision, &figure), "%s", what);
    CHECK(figure.lower <= truth && truth <= figure.upper, "%s: truth outside: %s not in [%s, %s]", what,
        gpu_text(truth), gpu_text(figure.lower), gpu_text(figure.upper));
}

static void should_book_totals(void)
{
    dcgm_begin(NULL);
    engine->is_backwards = true;
    gpu_work(2 * SEC, 12 * SEC, FLOPMETER_GPU_DFMA, 60, 1700);
    flopmeter_counter_t *const counter = dcgm_open("0");
    for (int second = 0; second < 15; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
        CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 0 == reading.gaps_count, "second %d: state %d", second,
            (int)reading.state);
    }
    CHECK(reading.end_ns > fake->now_ns - 520 * MS && reading.end_ns <= fake->now_ns - 310 * MS, "covered to %llu",
        (unsigned long long)(fake->now_ns - reading.end_ns));
    const flopmeter_u128_t truth = true_flop(FLOPMETER_GPU_DFMA, 0, 15 * SEC, 256);
    const flopmeter_counter_figure_t *const figure = gpu_figure(&reading, FLOPMETER_FP64);
    /* The point: activity x stated clock (1888 for 1700 MHz), all SM, and nothing else of it. */
    const flopmeter_u128_t expected = truth * 1888 / 1700;
    CHECK(figure->point > expected * 98 / 100 && figure->point < expected * 102 / 100, "point %s of %s",
        gpu_text(figure->point), gpu_text(expected));
    CHECK(figure->is_bounded && figure->lower <= truth && truth <= figure->upper, "[%s, %s]",
        gpu_text(figure->lower), gpu_text(figure->upper));
    CHECK(figure->upper < truth * 5 / 2, "as wide as no measurement: %s", gpu_text(figure->upper));
    dcgm_end(counter);
}

static void should_ask_for_less_where_the_hardware_can_less(void)
{
    static const size_t limits[] = { 7, 6, 4, 3, 1 };

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
    {
        flopmeter_counter_figure_t fp64;
        dcgm_begin(NULL);
        engine->fields_max = limits[i];
        gpu_work(0, 12 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
        flopmeter_counter_t *const counter = dcgm_open("0");
        for (int second = 0; second < 10; second++)
        {
            dcgm_read_after(counter, SEC, &reading);
        }
        CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 0 == reading.gaps_count, "%zu: state %d", limits[i],
            (int)reading.state);
        check_collapsed(counter, FLOPMETER_GPU_HMMA, true_flop(FLOPMETER_GPU_HMMA, 0, 9480 * MS, 4096), "fewer fields");
        CHECK(flopmeter_dcgm_collapse(counter, FLOPMETER_GPU_FP64, FLOPMETER_GPU_UNIT_ANY, FLOPMETER_FP64, &fp64),
            "fp64");
        /* Watched and idle: little more than what was before the first value. Not watched: all the time. */
        const flopmeter_u128_t peak = (flopmeter_u128_t)128 * 132 * 1980 * 1000000 * 10;
        CHECK(limits[i] >= 4 ? fp64.upper < peak / 10 : fp64.upper >= peak * 9 / 10, "%zu: fp64 %s of %s", limits[i],
            gpu_text(fp64.upper), gpu_text(peak));
        flopmeter_counter_figure_t int8;
        CHECK(flopmeter_dcgm_collapse(counter, FLOPMETER_GPU_IMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_INT8, &int8) &&
            0 == gpu_figure(&reading, FLOPMETER_FP64)->point && 0 == int8.point,
            "%zu: work of one tensor pipe is none of the others", limits[i]);
        dcgm_end(counter);
    }
    dcgm_begin(NULL);
    engine->fields_max = 4;
    engine->unknown_field = FLOPMETER_DCGM_FIELD_TENSOR;
    flopmeter_counter_t *const counter = dcgm_open("0");
    dcgm_read_after(counter, 2 * SEC, &reading);
    CHECK(0 == reading.gaps_count && gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper >
        (flopmeter_u128_t)8192 * 132 * 1980 * 1000000 * 19 / 10, "a pipe that nobody shows may have been busy");
    dcgm_end(counter);
}

static void should_fall_back_on_all_tensor_pipes(void)
{
    dcgm_begin(NULL);
    engine->unknown_field = FLOPMETER_DCGM_FIELD_HMMA;
    gpu_work(0, 12 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
    flopmeter_counter_t *const counter = dcgm_open("0");
    for (int second = 0; second < 10; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
    }
    CHECK(0 == reading.gaps_count && FLOPMETER_COUNTER_AVAILABLE == reading.state, "state %d", (int)reading.state);
    const flopmeter_u128_t truth = true_flop(FLOPMETER_GPU_HMMA, 0, 10 * SEC, 4096);
    check_collapsed(counter, FLOPMETER_GPU_HMMA, truth * 94 / 100, "by field 1004");
    CHECK(gpu_figure(&reading, FLOPMETER_PRECISION_UNKNOWN)->point > truth * 8 / 10, "no point");
    dcgm_end(counter);
}

/*
 * Ten seconds of half a load, of which values from 4 to 6 s are not what they should be. Expected: a gap for that
 * reason there and nowhere else, and a total that holds whatever was done.
 */
static void lie_for_two_seconds(fake_lie_t lie, flopmeter_counter_state_t reason, const char *what)
{
    dcgm_begin(NULL);
    gpu_work(0, 20 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
    lie.begin_ns = 4 * SEC;
    lie.end_ns = 6 * SEC;
    dcgm_lie(lie);
    flopmeter_counter_t *const counter = dcgm_open("0");
    bool was_told = false;
    for (int second = 0; second < 10; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
        was_told = was_told || reason == reading.state;
        CHECK(reading.state == reason || FLOPMETER_COUNTER_AVAILABLE == reading.state, "%s: state %d", what,
            (int)reading.state);
    }
    CHECK(was_told && FLOPMETER_COUNTER_AVAILABLE == reading.state, "%s: not told", what);
    CHECK(1 == reading.gaps_count && reason == reading.gaps[0].reason, "%s: %zu gaps, reason %d", what,
        reading.gaps_count, (int)reading.gaps[0].reason);
    CHECK(reading.gaps[0].begin_ns >= START + 3700 * MS && reading.gaps[0].begin_ns <= START + 4000 * MS &&
        reading.gaps[0].end_ns >= START + 5700 * MS && reading.gaps[0].end_ns <= START + 6300 * MS,
        "%s: the gap is elsewhere", what);
    const flopmeter_u128_t all = true_flop(FLOPMETER_GPU_HMMA, 0, 9480 * MS, 4096);
    const flopmeter_u128_t around = true_flop(FLOPMETER_GPU_HMMA, 0, 8200 * MS, 4096);
    flopmeter_counter_figure_t figure;
    check_collapsed(counter, FLOPMETER_GPU_HMMA, all, what);
    CHECK(flopmeter_dcgm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    CHECK(figure.point < around, "%s: the gap has a point: %s above %s", what, gpu_text(figure.point),
        gpu_text(around));
    /* Twice the load for two seconds: the peak. */
    CHECK(figure.upper > all + true_flop(FLOPMETER_GPU_HMMA, 0, 1900 * MS, 4096), "%s: the gap is no work", what);
    dcgm_end(counter);
}

static void should_not_believe_what_is_no_value(void)
{
    const double blank = FLOPMETER_DCGM_FP64_BLANK;

    lie_for_two_seconds((fake_lie_t){ .is_replaced = true, .value = blank }, FLOPMETER_COUNTER_TAKEN, "blank");
    lie_for_two_seconds((fake_lie_t){ .is_replaced = true, .value = blank + 1 }, FLOPMETER_COUNTER_ABSENT, "not found");
    lie_for_two_seconds(
        (fake_lie_t){ .is_replaced = true, .value = blank + 3 }, FLOPMETER_COUNTER_NO_PERMISSION, "not permitted");
    lie_for_two_seconds((fake_lie_t){ .is_replaced = true, .value = blank * 4 }, FLOPMETER_COUNTER_FAILED, "huge");
    lie_for_two_seconds((fake_lie_t){ .is_replaced = true, .value = (double)NAN }, FLOPMETER_COUNTER_FAILED, "NaN");
    lie_for_two_seconds(
        (fake_lie_t){ .is_replaced = true, .value = (double)INFINITY }, FLOPMETER_COUNTER_FAILED, "infinite");
    lie_for_two_seconds((fake_lie_t){ .is_replaced = true, .value = -0.1 }, FLOPMETER_COUNTER_FAILED, "negative");
    lie_for_two_seconds((fake_lie_t){ .is_replaced = true, .value = 1.5 }, FLOPMETER_COUNTER_FAILED, "above all");
    lie_for_two_seconds((fake_lie_t){ .type = 'i' }, FLOPMETER_COUNTER_FAILED, "wrong type");
    lie_for_two_seconds((fake_lie_t){ .status = -14 }, FLOPMETER_COUNTER_TAKEN, "no data");
    lie_for_two_seconds((fake_lie_t){ .status = -54 }, FLOPMETER_COUNTER_TAKEN, "paused");
    lie_for_two_seconds((fake_lie_t){ .status = -17 }, FLOPMETER_COUNTER_NO_PERMISSION, "no permission");
    lie_for_two_seconds((fake_lie_t){ .late_us = 5000000 }, FLOPMETER_COUNTER_FAILED, "of the future");
    lie_for_two_seconds((fake_lie_t){ .late_us = -60000000 }, FLOPMETER_COUNTER_FAILED, "stale");
}

static void should_declare_lost_samples(void)
{
    dcgm_begin(NULL);
    gpu_work(0, 20 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
    dcgm_stall(4050 * MS, 5 * SEC);
    flopmeter_counter_t *const counter = dcgm_open("0");
    for (int second = 0; second < 8; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
    }
    CHECK(1 == reading.gaps_count && FLOPMETER_COUNTER_FAILED == reading.gaps[0].reason, "lost: %zu gaps",
        reading.gaps_count);
    check_collapsed(counter, FLOPMETER_GPU_HMMA, true_flop(FLOPMETER_GPU_HMMA, 0, 7480 * MS, 4096), "lost");
    dcgm_end(counter);

    /* A little late is no loss, but what was between is not known either. */
    dcgm_begin(NULL);
    gpu_work(0, 20 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
    for (uint64_t at_ns = SEC; at_ns < 8 * SEC; at_ns += SEC)
    {
        dcgm_stall(at_ns, at_ns + 350 * MS);
    }
    flopmeter_counter_t *const late = dcgm_open("0");
    for (int second = 0; second < 8; second++)
    {
        dcgm_read_after(late, SEC, &reading);
    }
    CHECK(0 == reading.gaps_count, "late: %zu gaps", reading.gaps_count);
    check_collapsed(late, FLOPMETER_GPU_HMMA, true_flop(FLOPMETER_GPU_HMMA, 0, 7480 * MS, 4096), "late");
    dcgm_end(late);
}

static void should_lose_nothing_between_two_readings(void)
{
    flopmeter_counter_figure_t figure;

    dcgm_begin(NULL);
    /* Busy from 2 to 4 s only: the latest values at 0, 6, 12 s would show nothing. */
    gpu_work(2 * SEC, 4 * SEC, FLOPMETER_GPU_HMMA, 100, 1700);
    flopmeter_counter_t *const counter = dcgm_open("0");
    dcgm_read_after(counter, 6 * SEC, &reading);
    dcgm_read_after(counter, 6 * SEC, &reading);
    const flopmeter_u128_t truth = true_flop(FLOPMETER_GPU_HMMA, 0, 12 * SEC, 4096);
    CHECK(flopmeter_dcgm_collapse(counter, FLOPMETER_GPU_HMMA, FLOPMETER_GPU_TENSOR, FLOPMETER_BF16, &figure), "bf16");
    CHECK(0 == reading.gaps_count && figure.point > truth * 9 / 10 && figure.point < truth * 11 / 10, "%s of %s",
        gpu_text(figure.point), gpu_text(truth));
    dcgm_end(counter);
}

static void should_come_back_after_an_engine_was_away(void)
{
    dcgm_begin(NULL);
    gpu_work(0, 40 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
    flopmeter_counter_t *const counter = dcgm_open("0");
    dcgm_read_after(counter, 2 * SEC, &reading);
    engine->is_restarted = true;
    engine->has_engine = false;
    dcgm_read_after(counter, SEC, &reading);
    CHECK(FLOPMETER_COUNTER_FAILED == reading.state, "restart: state %d", (int)reading.state);
    for (int second = 0; second < 3; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
        CHECK(FLOPMETER_COUNTER_ABSENT == reading.state, "away: state %d", (int)reading.state);
        CHECK(0 != strcmp("own", engine->address), "ours took the hardware from the engine that was there");
    }
    engine->has_engine = true;
    for (int second = 0; second < 4; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
    }
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && reading.gaps_count >= 1, "back: state %d",
        (int)reading.state);
    check_collapsed(counter, FLOPMETER_GPU_HMMA, true_flop(FLOPMETER_GPU_HMMA, 0, 9480 * MS, 4096), "away");
    dcgm_end(counter);

    static const int results[] = { -11, -18, -3, -21, -37, 5 };
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
    {
        dcgm_begin(NULL);
        gpu_work(0, 40 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
        flopmeter_counter_t *const other = dcgm_open("0");
        dcgm_read_after(other, 2 * SEC, &reading);
        engine->break_after = 7;
        engine->break_result = results[i];
        dcgm_fault((fake_fault_t){ .function = "dcgmGetValuesSince_v2", .first = 2, .count = 1,
            .result = results[i] });
        for (int second = 0; second < 8; second++)
        {
            dcgm_read_after(other, SEC, &reading);
        }
        CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && reading.gaps_count >= 1, "%d: state %d", results[i],
            (int)reading.state);
        check_collapsed(
            other, FLOPMETER_GPU_HMMA, true_flop(FLOPMETER_GPU_HMMA, 0, 9480 * MS, 4096), "failed calls");
        dcgm_end(other);
    }
}

static void should_bear_a_clock_that_is_set(void)
{
    static const int64_t steps_us[] = { 7000000, -7000000, 60000, -60000 };

    for (size_t i = 0; i < sizeof(steps_us) / sizeof(steps_us[0]); i++)
    {
        dcgm_begin(NULL);
        gpu_work(0, 40 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
        flopmeter_counter_t *const counter = dcgm_open("0");
        dcgm_read_after(counter, 2 * SEC, &reading);
        dcgm_read_after(counter, 500 * MS, &reading);
        fake->now_ns += 450 * MS;
        engine->wall_offset_us += steps_us[i];
        for (int second = 0; second < 12; second++)
        {
            dcgm_read_after(counter, SEC, &reading);
        }
        CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 1 == reading.gaps_count, "step: state %d, %zu gaps",
            (int)reading.state, reading.gaps_count);
        check_collapsed(counter, FLOPMETER_GPU_HMMA, true_flop(FLOPMETER_GPU_HMMA, 0, 14430 * MS, 4096), "step");
        dcgm_end(counter);
    }
}

static void should_not_take_old_values_for_new_ones(void)
{
    dcgm_begin(NULL);
    /* Idle for eight seconds, whose values come again when the clock has been set back: then the GPU is busy. */
    gpu_work(8500 * MS, 60 * SEC, FLOPMETER_GPU_HMMA, 100, 1980);
    flopmeter_counter_t *const counter = dcgm_open("0");
    for (int second = 0; second < 9; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
    }
    engine->wall_offset_us -= 9000000;
    for (int second = 0; second < 14; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
    }
    check_collapsed(counter, FLOPMETER_GPU_HMMA, true_flop(FLOPMETER_GPU_HMMA, 0, reading.end_ns - START, 4096),
        "old values");
    dcgm_end(counter);
}

static void should_bear_slow_calls(void)
{
    dcgm_begin(NULL);
    gpu_work(0, 60 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
    flopmeter_counter_t *const counter = dcgm_open("0");
    dcgm_fault((fake_fault_t){ .function = "dcgmGetValuesSince_v2", .first = 1, .count = 3, .delay_ns = 4 * SEC });
    for (int second = 0; second < 10; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
    }
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 0 == reading.gaps_count, "slow: state %d",
        (int)reading.state);
    check_collapsed(counter, FLOPMETER_GPU_HMMA,
        true_flop(FLOPMETER_GPU_HMMA, 0, fake->now_ns - START - 520 * MS, 4096), "slow");
    dcgm_end(counter);
}

static void should_give_way_and_come_back(void)
{
    dcgm_begin(NULL);
    engine->has_engine = false;
    gpu_work(0, 60 * SEC, FLOPMETER_GPU_HMMA, 50, 1700);
    flopmeter_counter_t *const counter = dcgm_open("0");
    dcgm_read_after(counter, 2 * SEC, &reading);
    flopmeter_dcgm_source.pause(counter);
    flopmeter_dcgm_source.pause(counter);
    CHECK(0 == engine->connections && 0 == engine->watches, "an engine of ours still holds the hardware");
    dcgm_read_after(counter, 3 * SEC, &reading);
    CHECK(FLOPMETER_COUNTER_PAUSED == reading.state && 1 == reading.gaps_count &&
        fake->now_ns == reading.gaps[0].end_ns, "paused: state %d", (int)reading.state);
    flopmeter_dcgm_source.resume(counter);
    flopmeter_dcgm_source.resume(counter);
    for (int second = 0; second < 4; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
    }
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && FLOPMETER_COUNTER_PAUSED == reading.gaps[0].reason, "back");
    check_collapsed(counter, FLOPMETER_GPU_HMMA, true_flop(FLOPMETER_GPU_HMMA, 0, 8480 * MS, 4096), "paused");
    dcgm_end(counter);
}

static void should_read_gpu_instances(void)
{
    dcgm_begin(NULL);
    fake->is_mig = 1;
    fake->sm_count = 60;
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_DFMA, 50, 1700);
    flopmeter_counter_t *const busy = dcgm_open("0.3");
    flopmeter_counter_t *const idle = dcgm_open("MIG-51111111-2222-3333-4444-555555555555");
    CHECK(60 == flopmeter_dcgm_device(busy)->sm_count.upper && 16 == flopmeter_dcgm_device(idle)->sm_count.upper, "SM");
    CHECK(1 == engine->connections && 2 == engine->watches, "%u connections", engine->connections);
    for (int second = 0; second < 5; second++)
    {
        dcgm_read_after(busy, SEC, &reading);
        dcgm_read_after(idle, 0, &reading);
    }
    CHECK(0 == gpu_figure(&reading, FLOPMETER_FP64)->point, "work on the other instance");
    CHECK(gpu_figure(&reading, FLOPMETER_FP64)->upper < (flopmeter_u128_t)16 * 1980 * 1000000 * 256, "idle: %s",
        gpu_text(gpu_figure(&reading, FLOPMETER_FP64)->upper));
    check_collapsed(busy, FLOPMETER_GPU_DFMA, true_flop(FLOPMETER_GPU_DFMA, 0, 4480 * MS, 256), "mig");
    flopmeter_dcgm_source.close(idle);
    dcgm_read_after(busy, SEC, &reading);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state, "the other's end is not ours");
    dcgm_end(busy);
}

static void should_follow_an_instance_that_is_made_anew(void)
{
    dcgm_begin(NULL);
    fake->is_mig = 1;
    fake->sm_count = 60;
    fake->instance_sm = 16;
    fake->compute_sm = 16;
    gpu_work(0, 100 * SEC, FLOPMETER_GPU_DFMA, 90, 1700);
    flopmeter_counter_t *const counter = dcgm_open("0.3");
    const flopmeter_gpm_device_t *const device = flopmeter_dcgm_device(counter);
    dcgm_read_after(counter, SEC, &reading);
    CHECK(16 == device->sm_count.upper, "small");
    fake->instance_sm = 60;
    fake->compute_sm = 60;
    engine->is_restarted = true;
    for (int second = 0; second < 6; second++)
    {
        dcgm_read_after(counter, SEC, &reading);
    }
    CHECK(60 == device->sm_count.lower && 60 == device->sm_count.upper, "SM %" PRIu64, device->sm_count.upper);
    CHECK(gpu_figure(&reading, FLOPMETER_FP64)->upper >= true_flop(FLOPMETER_GPU_DFMA, SEC, 6480 * MS, 256),
        "made anew: below the truth");
    dcgm_end(counter);
}

int main(void)
{
    should_tell_why_it_cannot_count();
    should_bear_any_missing_function();
    should_choose_an_engine();
    should_book_totals();
    should_ask_for_less_where_the_hardware_can_less();
    should_fall_back_on_all_tensor_pipes();
    should_not_believe_what_is_no_value();
    should_declare_lost_samples();
    should_lose_nothing_between_two_readings();
    should_come_back_after_an_engine_was_away();
    should_bear_a_clock_that_is_set();
    should_not_take_old_values_for_new_ones();
    should_bear_slow_calls();
    should_give_way_and_come_back();
    should_read_gpu_instances();
    should_follow_an_instance_that_is_made_anew();
    return 0;
}
