/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * flopmeter-counter gives way on request and comes back: test_counter_pause COUNTER FAKE_NVML.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "flopmeter_wire.h"
#include "hold_files.h"
#include "meter_dir.h"

#define GAP_COUNTER (9)
#define GAP_PAUSED (17)
#define PAUSES_MANY (40)
#define READINGS_BETWEEN (3)
#define NAME "flopmeter-counter"
#define SEC (UINT64_C(1000000000))

static const char *counter;
static meter_t *meter;
static unsigned long long begin_ns;
static pid_t running;

static void clean(void)
{
    if (running > 0)
    {
        kill(running, SIGKILL);
    }
    if (NULL != meter)
    {
        meter_destroy(meter);
    }
}

static void begin(void)
{
    char pid[32];

    meter = meter_create();
    begin_ns = test_now_ns();
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("FAKE_NVML", "busy", 1);
    setenv("FAKE_NVML_PID", pid, 1);
}

static void start(void)
{
    char since[32];
    const pid_t pid = fork();

    CHECK(pid >= 0, "fork");
    if (0 == pid)
    {
        snprintf(since, sizeof(since), "%llu", begin_ns);
        execl(counter, counter, "watch", "--interval-ms", "20", "--begin-ns", since, NULL);
        _exit(127);
    }
    running = pid;
}

static void stop(int number)
{
    int status = -1;

    kill(running, number);
    CHECK(running == waitpid(running, &status, 0), "waitpid");
    running = 0;
    CHECK(SIGKILL == number ? WIFSIGNALED(status) : WIFEXITED(status) && 0 == WEXITSTATUS(status), "status %#x",
        (unsigned)status);
}

static void end(bool is_killed)
{
    meter_drain(meter, true);
    meter_check(meter, is_killed);
    meter_destroy(meter);
    meter = NULL;
}

/* What it recorded as done or estimated, and its bound. */
static u128_t done(void)
{
    meter_drain(meter, true);
    return meter_total(meter, NULL, 0).flop + meter_total(meter, NULL, 1).flop;
}

static u128_t bound(void)
{
    meter_drain(meter, true);
    return meter_total(meter, NULL, 2).flop;
}

static void await_said(uint64_t number, bool is_free)
{
    CHECK_EVENTUALLY(hold_has_said(meter->path, NAME, number, is_free), "wish %llx, free %d: %s",
        (unsigned long long)number, is_free, hold_text(meter->path, NAME));
}

/* The paused stretches that were told, with an end or without. */
static unsigned paused(bool has_end)
{
    const flopmeter_wire_control_t *const control = (const flopmeter_wire_control_t *)(const void *)meter->control;
    unsigned count = 0;

    for (size_t i = 0; i < FLOPMETER_GAPS_MAX; i++)
    {
        const flopmeter_wire_gap_t *const gap = &control->gap[i];
        count += 1 == gap->state && GAP_PAUSED == gap->reason && has_end == (gap->end_ns > gap->begin_ns) ? 1 : 0;
    }
    return count;
}

static void should_give_way_and_come_back(void)
{
    begin();
    start();
    CHECK_EVENTUALLY(done() > 0, "nothing is counted");
    for (unsigned round = 1; round <= 2; round++)
    {
        await_said(hold_wish(meter->path, HOLD_WITHOUT_END), true);
        CHECK(1 == paused(false) && round - 1 == paused(true), "round %u: the gap is not told while it lasts", round);
        const u128_t done_before = done();
        const u128_t bound_before = bound();
        CHECK_EVENTUALLY(bound() > bound_before, "no bound grows: a pause would be zero");
        await_said(hold_wish(meter->path, HOLD_WITHOUT_END), true);
        CHECK(done() == done_before, "it counts while it is paused");
        await_said(hold_wish(meter->path, 0), false);
        CHECK_EVENTUALLY(done() > done_before, "it does not come back");
        CHECK(0 == paused(false) && round == paused(true), "round %u: %u gaps with an end", round, paused(true));
    }
    stop(SIGTERM);
    CHECK(0 == meter_gaps(meter, GAP_COUNTER), "a pause is bounded, and no gap of another kind");
    CHECK(0 == hold_count(meter->path), "it holds something when it is gone");
    end(false);
}

/* What was told of pauses: how many, and how many of them are over. */
static void count_told(unsigned *told, unsigned *over)
{
    const flopmeter_wire_control_t *const control = (const flopmeter_wire_control_t *)(const void *)meter->control;

    *told = 0;
    *over = 0;
    for (size_t i = 0; i < FLOPMETER_GAPS_MAX; i++)
    {
        const flopmeter_wire_gap_t *const gap = &control->gap[i];
        if (1 == gap->state && GAP_PAUSED == gap->reason)
        {
            *told += 1 + gap->joined;
            *over += gap->ended;
            CHECK(gap->ended == 1 + gap->joined ? gap->end_ns > gap->begin_ns : 0 != gap->joined || 0 == gap->end_ns,
                "entry %zu: %u of %u pauses are over", i, gap->ended, 1 + gap->joined);
        }
    }
}

/* More than a reading has gaps for, and more than the control page shows one by one. */
static void should_be_paused_many_times(void)
{
    uint64_t now_ns = 0;
    unsigned told = 0;
    unsigned over = 0;

    begin();
    const flopmeter_wire_control_t *const control = (const flopmeter_wire_control_t *)(const void *)meter->control;
    start();
    CHECK_EVENTUALLY(done() > 0, "nothing is counted");
    for (unsigned round = 1; round <= PAUSES_MANY; round++)
    {
        await_said(hold_wish(meter->path, HOLD_WITHOUT_END), true);
        count_told(&told, &over);
        CHECK(round == told && round - 1 == over, "pause %u: %u were told, %u are over", round, told, over);
        await_said(hold_wish(meter->path, 0), false);
        now_ns = test_now_ns();
        /* Figures lie a refresh behind: what is covered must reach beyond the pause, or the next one touches it. */
        for (unsigned reading = 0; reading < READINGS_BETWEEN; reading++)
        {
            const u128_t before = done();
            CHECK_EVENTUALLY(done() > before, "it does not come back");
        }
    }
    stop(SIGTERM);
    count_told(&told, &over);
    CHECK(PAUSES_MANY == told && PAUSES_MANY == over, "%u were told, %u are over", told, over);
    CHECK(control->gap_count <= FLOPMETER_GAPS_MAX / 2, "%u entries: no room is left for others", control->gap_count);
    CHECK(control->gap[control->gap_count - 1].end_ns + SEC > now_ns, "the last one ends too early");
    CHECK(0 == meter_gaps(meter, GAP_COUNTER), "pauses are bounded, and no gap of another kind");
    end(false);
}

static void should_end_paused(void)
{
    begin();
    start();
    CHECK_EVENTUALLY(done() > 0, "nothing is counted");
    await_said(hold_wish(meter->path, HOLD_WITHOUT_END), true);
    stop(SIGTERM);
    CHECK(1 == paused(true) && 0 == meter_gaps(meter, GAP_COUNTER), "never resumed: the gap ends with it");
    end(false);
}

static void should_come_back_by_itself(void)
{
    begin();
    start();
    CHECK_EVENTUALLY(done() > 0, "nothing is counted");
    const uint64_t number = hold_wish(meter->path, test_now_ns() + SEC);
    await_said(number, true);
    await_said(number, false);
    const u128_t before = done();
    CHECK_EVENTUALLY(done() > before, "it does not come back");
    stop(SIGTERM);
    end(false);
}

/* Killed in a pause: the next one opens nothing until it is resumed, and all of the time is bounded. */
static void should_stay_away_when_it_begins_paused(void)
{
    begin();
    start();
    CHECK_EVENTUALLY(done() > 0, "nothing is counted");
    await_said(hold_wish(meter->path, HOLD_WITHOUT_END), true);
    stop(SIGKILL);
    const u128_t before = done();
    const uint64_t again = hold_wish(meter->path, HOLD_WITHOUT_END);
    start();
    await_said(again, true);
    CHECK(done() == before, "it opened the hardware of another profiler");
    const u128_t bound_before = bound();
    const uint64_t number = hold_wish(meter->path, 0);
    await_said(number, false);
    CHECK_EVENTUALLY(done() > before && bound() > bound_before, "it does not come back");
    stop(SIGTERM);
    CHECK(1 == meter_gaps(meter, GAP_COUNTER), "that one died is a gap of its own");
    end(true);
}

static void should_take_no_lie_for_a_wish(void)
{
    begin();
    start();
    CHECK_EVENTUALLY(done() > 0, "nothing is counted");
    hold_wish_text(meter->path, "flopmeter/wish/v1 pause 99999999999999999999999999 -1\n\n\n%s%n");
    const u128_t before = done();
    CHECK_EVENTUALLY(done() > before, "it stands still");
    await_said(hold_wish(meter->path, HOLD_WITHOUT_END), true);
    stop(SIGTERM);
    end(false);
}

int main(int argc, char **argv)
{
    CHECK(3 == argc, "usage: test_counter_pause COUNTER FAKE_NVML");
    counter = argv[1];
    setenv("FLOPMETER_TEST_NVML", argv[2], 1);
    setenv("FLOPMETER_DCGM", "off", 1);
    check_cleanup = clean;
    should_give_way_and_come_back();
    should_be_paused_many_times();
    should_end_paused();
    should_come_back_by_itself();
    should_stay_away_when_it_begins_paused();
    should_take_no_lie_for_a_wish();
    return 0;
}
