/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Ranges give way to profilers of the program's own, over a driver made of scripts: nothing is held, what was done is
 * bounded, one retry later they are back; and whoever ends CUPTI has no call of ours behind it.
 */

#include <string.h>

#include "cuda_mine.h"
#include "cuda_way.h"
#include "session_rig.h"

static bool is_ours(void)
{
    return fake->devices[0].is_enabled || fake->devices[0].is_started || fake->devices[0].is_pushed;
}

static void begin(void)
{
    reset("GH100");
    settings.is_continuous = true;
    fake->devices[0].flop_per_ns[HGMMA] = BUSY;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    flopmeter_cuda_mine_begin();
    flopmeter_cuda_way_open(NULL, FLOPMETER_CUDA_WAY_HOLD_NS);
}

/* Steps as the meter's thread makes them. */
static void go_on(uint64_t seconds)
{
    for (uint64_t i = 0; i < seconds; i++)
    {
        flopmeter_cuda_way_obey(&session);
        pass(SECOND);
    }
    flopmeter_cuda_way_obey(&session);
}

static void should_give_way_and_come_back(void)
{
    begin();
    go_on(20);
    CHECK(0 != lower && is_ours(), "no range is open");
    CHECK(flopmeter_cuda_session_yield(&session, true, false), "it holds on");
    CHECK(!is_ours() && 0 == fake->devices[0].references, "the profiler is not given back");
    const flopmeter_u128_t before = lower;
    const flopmeter_u128_t upper = lower + estimated + bounded;
    for (int second = 0; second < 130; second++)
    {
        CHECK(flopmeter_cuda_session_yield(&session, true, false), "it holds on");
        pass(SECOND);
        CHECK(!is_ours(), "a window was opened beside the program's profiler");
    }
    CHECK(lower == before, "counted beside the program's profiler");
    CHECK(lower + estimated + bounded >= upper + 129 * SECOND * (flopmeter_u128_t)BUSY, "the time has no bound");
    check_laws("given way");
    CHECK(flopmeter_cuda_session_yield(&session, false, false), "back");
    pass(50 * SECOND);
    CHECK(lower == before, "it comes back at once, between two ranges of the program's");
    pass(15 * SECOND);
    CHECK(lower > before, "it does not come back");
    finish("give way", bit(FLOPMETER_GAP_COUNTER_TAKEN));
}

static void should_ask_nothing_of_what_was_ended(void)
{
    begin();
    go_on(20);
    CHECK(flopmeter_cuda_session_yield(&session, true, true), "it holds on");
    CHECK(!is_ours() && 0 == fake->devices[0].references, "the profiler is not given back");
    fake->is_final = true;
    const flopmeter_u128_t upper = lower + estimated + bounded;
    for (int second = 0; second < 200; second++)
    {
        CHECK(flopmeter_cuda_session_yield(&session, true, true), "it holds on");
        pass(SECOND);
    }
    CHECK(lower + estimated + bounded >= upper + 199 * SECOND * (flopmeter_u128_t)BUSY, "the time has no bound");
    flopmeter_cuda_session_close(&session);
    CHECK(0 == fake->misuses, "misuse of CUPTI: %s", fake->misuse);
    fake->is_final = false;
    finish("ended", bit(FLOPMETER_GAP_COUNTER_TAKEN));
}

/* Its chip is not known, so nothing bounds what it did: that is told. */
static void should_say_that_nothing_bounds_what_it_never_saw(void)
{
    begin();
    CHECK(flopmeter_cuda_session_yield(&session, true, false), "it holds on");
    pass(60 * SECOND);
    CHECK(0 == fake->calls[FAKE_CALL_ENABLE], "opened beside the program's profiler");
    flopmeter_cuda_session_close(&session);
    CHECK((bit(FLOPMETER_GAP_COUNTER_TAKEN) | bit(FLOPMETER_GAP_COUNTER_UNBOUNDED)) == gaps,
        "never seen: gaps are %llx", (unsigned long long)gaps);
}

int main(void)
{
    should_give_way_and_come_back();
    should_ask_nothing_of_what_was_ended();
    should_say_that_nothing_bounds_what_it_never_saw();
    return 0;
}
