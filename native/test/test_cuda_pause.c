/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Ranges and kernel activity give way to a profiler that was announced, and come back: over a driver made of scripts.
 */

#include <string.h>

#include "cuda_kernels.h"
#include "session_rig.h"
#include "kernels_rig.h"

static bool is_ours(void)
{
    return fake->devices[0].is_enabled || fake->devices[0].is_started || fake->devices[0].is_pushed;
}

static void begin_session(bool is_continuous)
{
    reset("GH100");
    settings.is_continuous = is_continuous;
    fake->devices[0].flop_per_ns[HGMMA] = BUSY;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
}

static void should_let_go_of_ranges(bool is_continuous)
{
    begin_session(is_continuous);
    pass(20 * SECOND + 300 * MS);
    CHECK(0 != lower && (!is_continuous || is_ours()), "no range is open");
    CHECK(flopmeter_cuda_session_pause(&session, true), "it says that it holds on");
    CHECK(!is_ours() && 0 == fake->devices[0].references, "the profiler is not given back");
    CHECK(flopmeter_cuda_session_pause(&session, true), "twice");
    const flopmeter_u128_t before = lower;
    const flopmeter_u128_t upper = lower + estimated + bounded;
    for (int second = 0; second < 130; second++)
    {
        pass(SECOND);
        CHECK(!is_ours(), "a window was opened in the pause");
    }
    CHECK(lower == before, "counted while paused");
    CHECK(lower + estimated + bounded >= upper + 129 * SECOND * (flopmeter_u128_t)BUSY, "the pause has no bound");
    check_laws("paused");
    CHECK(flopmeter_cuda_session_pause(&session, false), "resume");
    pass(3 * SECOND);
    CHECK(lower > before, "it does not come back at once");
    finish("pause", 0);
}

static void should_meet_another_profiler_when_it_comes_back(void)
{
    begin_session(true);
    pass(5 * SECOND);
    CHECK(flopmeter_cuda_session_pause(&session, true), "pause");
    fake_cuda_fail(FAKE_CALL_ENABLE, 39);
    CHECK(flopmeter_cuda_session_pause(&session, false), "resume");
    const flopmeter_u128_t before = lower;
    pass(30 * SECOND);
    CHECK(lower == before && !is_ours(), "beside the other one");
    fake_cuda_fail(FAKE_CALL_ENABLE, 0);
    CHECK(flopmeter_cuda_session_pause(&session, true), "paused once more");
    CHECK(flopmeter_cuda_session_pause(&session, false), "resume");
    pass(2 * SECOND);
    CHECK(lower > before, "a resume does not wait for the next try");
    finish("taken", bit(FLOPMETER_GAP_COUNTER_TAKEN));
}

static void should_open_nothing_where_it_begins_paused(void)
{
    begin_session(true);
    CHECK(flopmeter_cuda_session_pause(&session, true), "pause");
    pass(60 * SECOND);
    CHECK(0 == lower && 0 == fake->calls[FAKE_CALL_ENABLE], "opened in the pause");
    CHECK(flopmeter_cuda_session_pause(&session, false), "resume");
    pass(10 * SECOND);
    CHECK(0 != lower, "not opened after it");
    finish("from the beginning", 0);
}

/* ---- Kernel activity ---- */

static void should_let_go_of_kernels(void)
{
    start();
    call(0, 100, 1, FLOPMETER_CUDA_CALL_COUNTED);
    steps(3);
    const uint64_t unseen = state()->unseen_ns;
    const uint32_t registrations = activity->registrations;
    CHECK(flopmeter_cuda_kernels_pause(true) && flopmeter_cuda_kernels_pause(true), "it says that it holds on");
    CHECK(0 == activity->enabled && 0 == activity->held, "kinds or buffers are left with CUPTI");
    CHECK(0 == flopmeter_cuda_kernels_call_begin(), "calls are numbered for nobody");
    fake_cuda_kernel(0, 9, 0);
    steps(10);
    CHECK(9 * SECOND + unseen <= state()->unseen_ns, "%llu ns unseen", (unsigned long long)state()->unseen_ns);
    fake_cuda_advance(900 * MS);
    const uint64_t before = state()->unseen_ns;
    CHECK(flopmeter_cuda_kernels_pause(false) && flopmeter_cuda_kernels_pause(false), "resume");
    CHECK(0 != activity->enabled && registrations == activity->registrations, "it registered again");
    call(0, 50, 1, FLOPMETER_CUDA_CALL_COUNTED);
    steps(1);
    CHECK(900 * MS + before <= state()->unseen_ns, "the end of the pause is taken as seen");
    steps(5);
    check_times(&state()->cards[0].times, 150, 0, 0, "before and after");
    CHECK(FLOPMETER_COUNTER_AVAILABLE == state()->state, "state %d", (int)state()->state);
    end("pause", 0);
}

static void should_stay_away_from_a_profiler_in_the_program(void)
{
    /* It asked for way in the pause. */
    start();
    steps(2);
    CHECK(flopmeter_cuda_kernels_pause(true), "pause");
    flopmeter_cuda_kernels_give_way();
    const uint32_t registrations = activity->registrations;
    (void)flopmeter_cuda_kernels_pause(false);
    steps(3);
    CHECK(0 == activity->enabled && registrations == activity->registrations, "it came back to another's records");
    end("asked in the pause", bit(FLOPMETER_GAP_COUNTER_TAKEN));

    /* It did not ask: it is subscribed. */
    start();
    steps(2);
    CHECK(flopmeter_cuda_kernels_pause(true), "pause");
    activity->has_other_subscriber = true;
    CHECK(!flopmeter_cuda_kernels_pause(false), "as wished?");
    CHECK(0 == activity->enabled, "it came back beside a subscriber");
    CHECK(FLOPMETER_COUNTER_TAKEN == (steps(1), state()->state), "state %d", (int)state()->state);
    activity->has_other_subscriber = false;
    end("subscribed", bit(FLOPMETER_GAP_COUNTER_TAKEN));
}

static void should_begin_paused(void)
{
    reset("GH100");
    activity = fake_activity();
    flopmeter_cuda_kernels_reset();
    CHECK(flopmeter_cuda_kernels_pause(true), "before the start");
    CHECK(FLOPMETER_COUNTER_AVAILABLE == flopmeter_cuda_kernels_open(&settings, &rig_world, fake->now_ns), "open");
    CHECK(0 == activity->registrations && 0 == fake->calls[FAKE_CALL_SUBSCRIBE], "CUPTI was asked in the pause");
    steps(5);
    CHECK(4 * SECOND <= state()->unseen_ns, "%llu ns unseen", (unsigned long long)state()->unseen_ns);
    CHECK(flopmeter_cuda_kernels_pause(false) && 1 == activity->registrations, "resume");
    call(0, 70, 1, FLOPMETER_CUDA_CALL_COUNTED);
    steps(4);
    check_times(&state()->cards[0].times, 70, 0, 0, "after it");
    end("from the beginning", 0);

    /* Where nothing could be had there is nothing to come back to. */
    reset("GH100");
    activity = fake_activity();
    flopmeter_cuda_kernels_reset();
    strcpy(settings.cupti, "/nonexistent/libcupti.so");
    CHECK(flopmeter_cuda_kernels_pause(true), "before the start");
    CHECK(FLOPMETER_COUNTER_ABSENT == flopmeter_cuda_kernels_open(&settings, &rig_world, fake->now_ns), "open");
    (void)flopmeter_cuda_kernels_pause(false);
    steps(2);
    end("without CUPTI", bit(FLOPMETER_GAP_COUNTER_ABSENT));
}

int main(void)
{
    should_let_go_of_ranges(true);
    should_let_go_of_ranges(false);
    should_meet_another_profiler_when_it_comes_back();
    should_open_nothing_where_it_begins_paused();
    should_let_go_of_kernels();
    should_stay_away_from_a_profiler_in_the_program();
    should_begin_paused();
    return 0;
}
