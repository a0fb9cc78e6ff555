/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Threads of the program that take the counters, and the meter's that gives way: whoever comes or goes in between,
 * nobody calls what is gone, over a driver made of scripts.
 */

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "cuda_mine.h"
#include "cuda_way.h"
#include "session_rig.h"

static bool is_leaving;         /* at the next unlock of a mutex */
static unsigned wakes;
static atomic_uint holders;      /* as the preload library has it */

/* In place of the C library's: what another thread does at the worst moment. */
int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    int (*real)(pthread_mutex_t *) = NULL;
    void *const symbol = dlsym(RTLD_NEXT, "pthread_mutex_unlock");

    memcpy(&real, &symbol, sizeof(symbol));
    const int result = real(mutex);
    if (is_leaving)
    {
        is_leaving = false;
        flopmeter_cuda_way_leave();
    }
    return result;
}

static void wake(void)
{
    wakes++;
}

static void begin(void)
{
    reset("GH100");
    atomic_store(&holders, 0);
    settings.is_continuous = true;
    fake->devices[0].flop_per_ns[HGMMA] = BUSY;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    flopmeter_cuda_mine_begin();
    flopmeter_cuda_way_open(wake, 0);
}

static void should_wake_nobody_who_has_left(void)
{
    begin();
    flopmeter_cuda_way_obey(&session);
    wakes = 0;
    is_leaving = true;
    flopmeter_cuda_way_taking(&holders);
    CHECK(!is_leaving && 1 == wakes, "%u calls in place of the one that was found", wakes);
    flopmeter_cuda_way_taking(&holders);
    CHECK(1 == wakes, "who has left is woken");
}

/* Steps as the meter's thread makes them. */
static void go_on(uint64_t seconds)
{
    for (uint64_t i = 0; i < seconds; i++)
    {
        flopmeter_cuda_way_obey(&session);
        pass(SECOND);
    }
}

/* The meter's thread was not back from CUPTI in time, and the program went on to end it. */
static void should_ask_nothing_of_what_was_ended_too_early(void)
{
    begin();
    go_on(20);
    CHECK(0 != lower && fake->devices[0].is_started, "no range is open");
    flopmeter_cuda_way_finalizing();
    const flopmeter_u128_t before = lower;
    const flopmeter_u128_t upper = lower + estimated + bounded;
    fake->is_final = true;
    fake->devices[0].is_enabled = fake->devices[0].is_started = fake->devices[0].is_pushed = false;
    go_on(200);
    CHECK(0 == fake->misuses, "misuse of CUPTI: %s", fake->misuse);
    CHECK(0 == fake->devices[0].references, "the context is held");
    CHECK(lower == before, "counted by whom");
    CHECK(lower + estimated + bounded >= upper + 199 * SECOND * (flopmeter_u128_t)BUSY, "the time has no bound");
    finish("ended too early", bit(FLOPMETER_GAP_COUNTER_TAKEN) | bit(FLOPMETER_GAP_COUNTER_PAUSED));
    fake->is_final = false;
}

static bool is_hurried(void)
{
    return atomic_load(&flopmeter_cuda_way_hurry);
}

static void take(void)
{
    atomic_fetch_add(&holders, 1);
    flopmeter_cuda_way_taking(&holders);
}

static void give(void)
{
    atomic_fetch_sub(&holders, 1);
    flopmeter_cuda_way_given(&holders);
}

/* Two of them; and one that was told of twice, by who takes and by who begins to watch. */
static void should_wait_for_the_last_of_them(void)
{
    begin();
    go_on(20);
    CHECK(!is_hurried() && 0 != fake->calls[FAKE_CALL_ENABLE], "in a hurry without anybody");
    take();
    take();
    give();
    CHECK(is_hurried(), "one of two has gone, and is taken for both");
    go_on(70);
    CHECK(!fake->devices[0].is_enabled, "counted beside the program's profiler");
    give();
    CHECK(!is_hurried(), "nobody is there, and way is given for ever");
    take();
    flopmeter_cuda_way_taking(&holders);
    give();
    CHECK(!is_hurried(), "told of twice, it is two");
    const flopmeter_u128_t before = lower;
    go_on(70);
    CHECK(lower > before && fake->devices[0].is_enabled, "it does not come back");
    flopmeter_cuda_way_obey(&session);
    finish("the last", bit(FLOPMETER_GAP_COUNTER_TAKEN));
}

int main(void)
{
    should_wait_for_the_last_of_them();
    should_ask_nothing_of_what_was_ended_too_early();
    should_wake_nobody_who_has_left();
    return 0;
}
