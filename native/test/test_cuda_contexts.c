/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Contexts that the program makes itself, beside the primary one and beside each other, and devices of which one is
 * lost: what one context or one card does to the meter, the others do not notice.
 */

#include <string.h>
#include <unistd.h>

#include "session_rig.h"

static unsigned wakes;

/* The meter's thread, as far as a test with one thread has one. */
static void wake(void)
{
    wakes++;
    for (int i = 0; i < 3; i++)
    {
        flopmeter_cuda_session_step(&session);
    }
}

static flopmeter_cu_context_t handle_of(int number)
{
    return (flopmeter_cu_context_t)(void *)&fake->contexts[number];
}

static int create(int ordinal, size_t metric, uint64_t flop_per_ns)
{
    const int number = fake_cuda_create(ordinal, metric, flop_per_ns);

    flopmeter_cuda_contexts_made(handle_of(number), 10 + ordinal);
    return number;
}

static void destroy(int number)
{
    flopmeter_cuda_contexts_ending(handle_of(number));
    CHECK(!fake->contexts[number].is_enabled, "the meter has not let go of context %d", number);
    fake_cuda_destroy(number);
}

static void open_without_primary(const char *chip, bool is_continuous)
{
    reset(chip);
    flopmeter_cuda_contexts_open(wake, getpid());
    wakes = 0;
    settings.is_continuous = is_continuous;
    fake->devices[0].is_active = false;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(SECOND);
    CHECK(0 == lower + estimated + bounded, "figures without a context");
}

static void test_one(void)
{
    for (int is_continuous = 0; is_continuous < 2; is_continuous++)
    {
        open_without_primary("GH100", 1 == is_continuous);
        const int number = create(0, HGMMA, BUSY);
        pass(130 * SECOND);
        CHECK(0 != lower, "a context that the program made is not counted");
        /* Destroyed in the middle of a range: what it counted is there, and the program does not wait for the rest. */
        pass(50 * SECOND + 100 * MS);
        const uint64_t before_ns = fake->now_ns;
        const flopmeter_u128_t before = lower;
        const bool is_open = fake->contexts[number].is_pushed;
        destroy(number);
        CHECK(0 == fake->destroyed_in_use, "destroyed under the profiler");
        CHECK(fake->now_ns - before_ns < SECOND, "the program waited");
        CHECK(is_open == (lower > before), "the last range is lost");
        pass(100 * SECOND);
        const flopmeter_u128_t after = lower + estimated + bounded;
        pass(100 * SECOND);
        CHECK(after == lower + estimated + bounded, "booked although there is no context");
        finish("one context", 0);
    }
}

static flopmeter_cu_context_t going;

/* The program destroys the context, after it has waited as long as it does. */
static void go(fake_call_t call)
{
    (void)call;
    fake->hook = NULL;
    flopmeter_cuda_contexts_ending(going);
    fake_cuda_destroy(0);
}

static void test_going(void)
{
    open_without_primary("GH100", true);
    const int number = create(0, HGMMA, BUSY);
    going = handle_of(number);
    pass(5 * SECOND);
    destroy(number);
    pass(SECOND);
    fake->hook_call = FAKE_CALL_STATE;
    fake->hook = go;
    create(0, HGMMA, BUSY);
    pass(SECOND);
    CHECK(NULL == fake->hook, "the meter did not look");
    const flopmeter_u128_t before = lower;
    create(0, HGMMA, BUSY);
    pass(10 * SECOND);
    CHECK(lower > before, "a context after one that went early is not counted for a while");
    finish("going", 0);
}

/* A context that goes after its range has ended: the range counts, and nothing more is done in the context. */
static void test_going_late(void)
{
    for (int i = 0; i < 4; i++)
    {
        const bool is_at_close = 0 != (i & 1);
        open_without_primary("GH100", 0 == (i & 2));
        flopmeter_cuda_contexts_open(NULL, getpid());
        going = handle_of(create(0, HGMMA, BUSY));
        pass(is_at_close ? 100 * MS : 5 * SECOND);
        CHECK(is_at_close || 0 != (i & 2) || 0 != lower, "variant %d: nothing is counted", i);
        const flopmeter_u128_t before = lower;
        fake->hook_call = FAKE_CALL_EVALUATE;
        fake->hook = go;
        if (!is_at_close)
        {
            pass(100 * SECOND);
            CHECK(NULL == fake->hook, "variant %d: no range has ended", i);
            CHECK(lower > before, "variant %d: a range that had ended is lost", i);
        }
        finish("going late", 0);
        CHECK(NULL == fake->hook && lower > before, "variant %d: the range is not counted", i);
    }
}

static uint64_t now_and_go(void *context)
{
    (void)context;
    if (0 != fake->calls[FAKE_CALL_STOP] && fake->contexts[0].is_enabled)
    {
        go(FAKE_CALL_STOP);
    }
    return fake->now_ns;
}

/* A context that goes while the end of a range waits: CUPTI is not asked for what it counted. */
static void test_going_meanwhile(void)
{
    flopmeter_cuda_world_t world = rig_world;

    reset("GH100");
    settings.is_continuous = true;
    fake->devices[0].is_active = false;
    world.now_ns = now_and_go;
    going = handle_of(create(0, HGMMA, BUSY));
    CHECK(FLOPMETER_COUNTER_AVAILABLE == flopmeter_cuda_session_open(&session, &settings, &world, fake->now_ns),
        "open");
    pass(10 * SECOND);
    CHECK(1 == fake->calls[FAKE_CALL_STOP] && 0 == fake->calls[FAKE_CALL_DECODE], "no range ended, or it was read");
    finish("going meanwhile", bit(FLOPMETER_GAP_COUNTER_PAUSED));
}

/* The next context at the same address is another one. */
static void test_again(void)
{
    open_without_primary("GH100", true);
    for (int i = 0; i < 20; i++)
    {
        const int number = create(0, FP16, BUSY);
        CHECK(0 == number, "context %d", number);
        pass(2 * SECOND + (uint64_t)i * 77 * MS);
        destroy(number);
        pass((uint64_t)i * 33 * MS);
    }
    CHECK(20 <= session.devices[0].windows, "%llu windows", (unsigned long long)session.devices[0].windows);
    CHECK(lower * 10 > truth() * 4, "of %llu only %llu were counted", (unsigned long long)truth(),
        (unsigned long long)lower);
    finish("again", 0);
}

/* Contexts share a card: each is counted in in turn, and what the others do meanwhile is in the bound. */
static void test_shared(void)
{
    for (int i = 0; i < 8; i++)
    {
        const bool has_primary = 0 != (i & 1);
        const bool is_continuous = 0 != (i & 2);
        const bool are_three = 0 != (i & 4);
        open_without_primary("GH100", is_continuous);
        if (has_primary)
        {
            fake_cuda_context(0, true);
            fake->devices[0].flop_per_ns[HGMMA] = BUSY / 4;
        }
        pass(10 * SECOND);
        const int first = create(0, FP8, BUSY / 4);
        if (are_three || !has_primary)
        {
            create(0, HMMA, BUSY / 4);
        }
        const int third = are_three ? create(0, FP16, BUSY / 4) : -1;
        const flopmeter_u128_t before = estimated;
        pass(300 * SECOND);
        CHECK(!is_continuous || before == estimated, "variant %d: estimated from one of several contexts", i);
        CHECK(0 != lower_by[FLOPMETER_FP8], "variant %d: the first context is not counted", i);
        CHECK(0 != lower_by[FLOPMETER_BF16], "variant %d: another context is not counted", i);
        CHECK(third < 0 || 0 != lower_by[FLOPMETER_FP16], "variant %d: the third context is not counted", i);
        destroy(first);
        pass(70 * SECOND);
        finish("shared", 0);
        for (int j = 0; j < FAKE_CONTEXTS_MAX; j++)
        {
            CHECK(!fake->contexts[j].is_enabled, "variant %d: a profiler is left in context %d", i, j);
        }
    }
}

/* Nobody can count in a context that is gone before anybody looked. */
static void test_brief(void)
{
    reset("GH100");
    fake->devices[0].is_active = false;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(SECOND);
    const int number = create(0, HGMMA, BUSY);
    fake_cuda_advance(5 * MS);
    destroy(number);
    pass(SECOND);
    CHECK(0 == lower + bounded, "a bound for a chip that nobody knows yet");
    finish("brief", bit(FLOPMETER_GAP_COUNTER_FAILED) | bit(FLOPMETER_GAP_COUNTER_UNBOUNDED));

    /* When the chip is known, it is bounded. */
    reset("GH100");
    settings.is_continuous = true;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    pass(10 * SECOND);
    fake_cuda_context(0, false);
    pass(10 * SECOND);
    const flopmeter_u128_t before = bounded;
    const int next = create(0, HGMMA, BUSY);
    fake_cuda_advance(5 * MS);
    destroy(next);
    pass(SECOND);
    CHECK(bounded > before, "what ran between two looks is not bounded");
    finish("brief, known", bit(FLOPMETER_GAP_COUNTER_PAUSED));
}

/* A meter that does not answer holds the program up for a second at most, and asks CUPTI no more about the context. */
static void test_stuck(void)
{
    reset("GH100");
    flopmeter_cuda_contexts_open(wake, getpid());
    fake->devices[0].is_active = false;
    settings.is_continuous = true;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
    const int number = create(0, HGMMA, BUSY);
    pass(5 * SECOND + 100 * MS);
    CHECK(fake->contexts[number].is_pushed, "no range is open");
    /* Nobody steps: as a meter whose range does not end. */
    flopmeter_cuda_contexts_ending(handle_of(number == 0 ? 1 : 0));
    flopmeter_cuda_contexts_open(NULL, getpid());
    fake_cuda_destroy(number);
    pass(10 * SECOND);
    CHECK(0 == fake->misuses, "CUPTI was asked about a context that is gone: %s", fake->misuse);
    finish("stuck", bit(FLOPMETER_GAP_COUNTER_PAUSED));
}

static void test_many(void)
{
    open_without_primary("GH100", true);
    for (uintptr_t i = 1; i <= FLOPMETER_CUDA_CONTEXTS_MAX; i++)
    {
        flopmeter_cuda_contexts_made((flopmeter_cu_context_t)(i * 4096), 11);
    }
    CHECK(0 == gaps, "gaps %llx with room for all", (unsigned long long)gaps);
    flopmeter_cuda_contexts_made((flopmeter_cu_context_t)(void *)fake, 11);
    pass(SECOND);
    CHECK(session.has_lost_contexts, "a context without room is not noticed");
    finish("many", bit(FLOPMETER_GAP_MEMORY) | bit(FLOPMETER_GAP_COUNTER_UNBOUNDED));
}

/* One of several cards falls off the bus, in a range or between two; its primary context may say that it is there. */
static void test_lost_device(void)
{
    for (int i = 0; i < 8; i++)
    {
        const int count = 0 != (i & 4) ? 3 : 2;
        reset("GH100");
        flopmeter_cuda_contexts_open(wake, getpid());
        fake->devices_count = count;
        fake->is_state_kept = 0 != (i & 2);
        settings.is_continuous = 0 != (i & 1);
        for (int j = 0; j < count; j++)
        {
            fake->devices[j].flop_per_ns[HGMMA] = BUSY / 2;
        }
        CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "open");
        pass(100 * SECOND + 100 * MS);
        CHECK(0 == gaps, "gaps %llx before anything happened", (unsigned long long)gaps);
        fake->devices[1].is_lost = true;
        fake->devices[1].flop_per_ns[HGMMA] = 0;
        const uint64_t windows = session.devices[0].windows;
        const uint64_t ranges = fake->devices[0].ranges;
        const uint64_t of_lost = fake->devices[1].told[HGMMA];
        pass(600 * SECOND);
        CHECK(fake->devices[1].told[HGMMA] == of_lost, "variant %d: the lost card counts on", i);
        CHECK(settings.is_continuous ? fake->devices[0].ranges >= ranges + 500 :
            session.devices[0].windows == windows + 10,
            "variant %d: the other card has %llu windows and %llu ranges more", i,
            (unsigned long long)(session.devices[0].windows - windows),
            (unsigned long long)(fake->devices[0].ranges - ranges));
        /* Where its context says that it is there each try fails and is told; else nothing is left to try. */
        flopmeter_cuda_session_close(&session);
        CHECK(0 == fake->misuses, "variant %d: %s", i, fake->misuse);
        CHECK(lower == told() && lower + estimated + bounded >= truth(), "variant %d: totals", i);
        const uint64_t most = bit(FLOPMETER_GAP_COUNTER_PAUSED) | bit(FLOPMETER_GAP_COUNTER_FAILED);
        CHECK(0 == (gaps & ~most) && (!settings.is_continuous || 0 != gaps), "variant %d: gaps %llx", i,
            (unsigned long long)gaps);
        CHECK(0 == fake->devices[0].references, "variant %d: %d references", i, fake->devices[0].references);
    }
}

int main(void)
{
    test_one();
    test_going();
    test_going_late();
    test_going_meanwhile();
    test_again();
    test_shared();
    test_brief();
    test_stuck();
    test_many();
    test_lost_device();
    return 0;
}
