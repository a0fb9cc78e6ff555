/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kernels that are longer than a second and have no record, or one without an end: the time that is told to be unseen
 * has all of theirs in it, since they began.
 */

#include <stdlib.h>
#include <string.h>

#include "cuda_unseen.h"
#include "kernels_rig.h"

#define TICKS (200)
#define ROUNDS (2000)

static void check_unseen(uint64_t least_ns, uint64_t most_ns, const char *what)
{
    CHECK(least_ns <= state()->unseen_ns && most_ns >= state()->unseen_ns, "%s: %llu ns unseen, expected %llu to %llu",
        what, (unsigned long long)state()->unseen_ns, (unsigned long long)least_ns, (unsigned long long)most_ns);
}

/* A program that ends without waiting for its kernel of 100 seconds. */
static void should_reach_back_to_the_begin_of_a_kernel_at_work(void)
{
    start();
    steps(10);
    activity->is_endless = true;
    fake_cuda_kernel(0, 0, 0);
    steps(100);
    check_unseen(0, 0, "while it may end yet");
    CHECK(state()->is_running, "a process at work is said to be done");
    end("at work", bit(FLOPMETER_GAP_COUNTER_FAILED));
    check_unseen(100 * SECOND, 100 * SECOND, "a kernel at work at the end");
    CHECK(state()->is_running, "what goes on after the end is not told");

    start();
    steps(10);
    activity->is_not_begun = true;
    fake_cuda_kernel(0, 0, 0);
    steps(100);
    end("no begin", bit(FLOPMETER_GAP_COUNTER_FAILED));
    check_unseen(110 * SECOND, 110 * SECOND, "a kernel of which the begin is not told");

    start();
    steps(10);
    fake_cuda_kernel(0, 5, 0);
    steps(10);
    end("all done", 0);
    check_unseen(0, 0, "all done");
    CHECK(!state()->is_running, "kernels are said to go on");
}

/* Time goes by between two looks at a clock. */
static uint64_t late_now(void *context)
{
    fake_cuda_advance(SECOND / 10);
    return rig_world.now_ns(context);
}

static void should_not_lose_what_passes_between_two_clocks(void)
{
    flopmeter_cuda_world_t world = rig_world;

    reset("GH100");
    activity = fake_activity();
    world.now_ns = late_now;
    flopmeter_cuda_kernels_reset();
    CHECK(FLOPMETER_COUNTER_AVAILABLE == flopmeter_cuda_kernels_open(&settings, &world, fake->now_ns), "open");
    steps(10);
    activity->is_endless = true;
    const uint64_t before_ns = state()->unseen_ns;
    const uint64_t then_ns = fake->now_ns;
    fake_cuda_kernel(0, 0, 0);
    steps(100);
    flopmeter_cuda_kernels_close();
    const uint64_t unseen_ns = state()->unseen_ns - before_ns;
    const uint64_t age_ns = state()->end_ns - then_ns;
    CHECK(unseen_ns >= age_ns && unseen_ns <= age_ns + SECOND, "between two clocks: %llu ns unseen of %llu",
        (unsigned long long)unseen_ns, (unsigned long long)age_ns);
}

/* CUPTI's clock is another than ours, and may not be there, or jump. */
static void should_trust_no_begin_that_can_be_none(void)
{
    start();
    steps(10);
    fake->fail_call = FAKE_CALL_TIMESTAMP;
    fake->fail_result = 999;
    fake->fail_times = -1;
    activity->is_endless = true;
    fake_cuda_kernel(0, 0, 0);
    steps(5);
    end("no clock", bit(FLOPMETER_GAP_COUNTER_FAILED));
    check_unseen(15 * SECOND, 15 * SECOND, "without a clock");

    for (int is_back = 0; is_back < 2; is_back++)
    {
        start();
        steps(10);
        activity->clock_ns += 3600 * SECOND;
        activity->is_endless = true;
        fake_cuda_kernel(0, 0, 0);
        activity->clock_ns = 0 == is_back ? activity->clock_ns + 3600 * SECOND : activity->clock_ns - 3600 * SECOND;
        steps(5);
        end("jump", bit(FLOPMETER_GAP_COUNTER_FAILED));
        check_unseen(15 * SECOND, 15 * SECOND, "a clock that jumps");
    }
}

/* It ran for 100 seconds, and its record found no room. */
static void should_take_a_dropped_record_for_that_of_a_long_kernel(void)
{
    start();
    steps(100);
    activity->dropped = 1;
    activity->lost_ns = 100 * SECOND;
    fake_cuda_kernel(0, 5, 0);
    steps(1);
    check_unseen(100 * SECOND, 100 * SECOND + 5, "a dropped record");
    steps(20);
    check_unseen(100 * SECOND, 100 * SECOND + 5, "all has been seen since");
    end("dropped", bit(FLOPMETER_GAP_COUNTER_PAUSED));
    CHECK(!state()->is_running, "kernels are said to go on");
}

static void should_keep_what_began_before_a_pause(void)
{
    start();
    steps(10);
    activity->is_endless = true;
    fake_cuda_kernel(0, 0, 0);
    steps(30);
    CHECK(flopmeter_cuda_kernels_pause(true), "pause");
    steps(5);
    CHECK(flopmeter_cuda_kernels_pause(false), "resume");
    steps(3);
    check_unseen(35 * SECOND, 35 * SECOND, "a pause in the middle of a kernel");
    end("pause", bit(FLOPMETER_GAP_COUNTER_FAILED));

    start();
    steps(10);
    flopmeter_cuda_kernels_give_way();
    steps(5);
    end("gave way", bit(FLOPMETER_GAP_COUNTER_TAKEN));
    check_unseen(5 * SECOND, 6 * SECOND, "who gave way");
    CHECK(state()->is_running, "who gave way knows what goes on");
}

/* Stretches of any kind against the same told tick by tick. */
static void should_never_add_up_to_less(void)
{
    unsigned seed = 20261129;
    uint64_t exact = 0;

    for (int round = 0; round < ROUNDS; round++)
    {
        flopmeter_cuda_unseen_t unseen;
        bool are_unseen[TICKS] = { false };
        uint64_t to = 0;

        flopmeter_cuda_unseen_open(&unseen, 1000);
        while (to < TICKS - 20)
        {
            to += 1 + (uint64_t)rand_r(&seed) % 20;
            const uint64_t length = (uint64_t)rand_r(&seed) % (0 == rand_r(&seed) % 4 ? TICKS : 10);
            const uint64_t from = length > to ? 0 : to - length;
            flopmeter_cuda_unseen_add(&unseen, 1000 + from, 1000 + to);
            memset(are_unseen + from, true, to - from);
        }
        uint64_t sum = 0;
        for (int i = 0; i < TICKS; i++)
        {
            sum += are_unseen[i] ? 1 : 0;
        }
        CHECK(unseen.ns >= sum && unseen.ns <= to, "round %d: %llu of %llu ns unseen", round,
            (unsigned long long)unseen.ns, (unsigned long long)sum);
        exact += unseen.ns == sum ? 1 : 0;
    }
    CHECK(exact > ROUNDS / 4, "exact in %llu of %d rounds only", (unsigned long long)exact, ROUNDS);
}

int main(void)
{
    should_never_add_up_to_less();
    should_reach_back_to_the_begin_of_a_kernel_at_work();
    should_not_lose_what_passes_between_two_clocks();
    should_trust_no_begin_that_can_be_none();
    should_take_a_dropped_record_for_that_of_a_long_kernel();
    should_keep_what_began_before_a_pause();
    return 0;
}
