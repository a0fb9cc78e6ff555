/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A search for sets that is cut short, at any question, is made again, over a driver made of scripts: what is counted
 * then is what is counted without.
 */

#include <string.h>

#include "session_rig.h"

#define CARDS (2)

static atomic_bool hurry;
static uint64_t last_question;       /* 0 = nobody is in a hurry */

/* How a session goes on once its search is whole. */
typedef struct run_stct
{
    flopmeter_u128_t lower;
    flopmeter_cuda_sets_t sets[CARDS];
}
run_t;

static void ask(fake_call_t call)
{
    if (0 != last_question && fake->calls[call] + 1 >= last_question)
    {
        atomic_store(&hurry, true);
    }
}

static void begin(uint64_t question)
{
    flopmeter_cuda_world_t world = rig_world;

    reset("GH100");
    fake->devices_count = CARDS;
    fake->hook_call = FAKE_CALL_PASSES;
    fake->hook = ask;
    for (int i = 0; i < CARDS; i++)
    {
        static const int busy[] = { HGMMA, FP16, FP8, FP64, INT8 };
        for (size_t j = 0; j < sizeof(busy) / sizeof(busy[0]); j++)
        {
            fake->devices[i].flop_per_ns[busy[j]] = BUSY / 50;
        }
    }
    last_question = question;
    atomic_store(&hurry, false);
    world.is_stopped = &hurry;
    settings.is_continuous = true;
    const flopmeter_counter_state_t state =
        flopmeter_cuda_session_open(&session, &settings, &world, fake->now_ns);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == state, "open");
}

static void count(run_t *run, const char *what)
{
    memset(run, 0, sizeof(*run));
    pass(200 * SECOND);
    run->lower = lower;
    for (int i = 0; i < CARDS; i++)
    {
        CHECK(0 != session.devices[i].known.sets.count, "%s: no sets on card %d", what, i);
        run->sets[i] = session.devices[i].known.sets;
    }
    finish(what, 0);
}

static void should_search_again_what_was_cut_short(void)
{
    static const uint64_t questions[] = { 1, 2, 9, 20 };
    run_t whole;

    begin(0);
    count(&whole, "a whole search");
    CHECK(0 != whole.lower && fake->calls[FAKE_CALL_PASSES] > 20, "the search is too short for this test");
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
    {
        const unsigned long long question = questions[i];
        run_t run;
        begin(question);
        pass(10 * SECOND);
        CHECK(atomic_load(&hurry) && question == fake->calls[FAKE_CALL_PASSES], "question %llu: the search goes on",
            question);
        last_question = 0;
        atomic_store(&hurry, false);
        pass(50 * SECOND);
        CHECK(0 == lower && 0 == fake->calls[FAKE_CALL_ENABLE], "question %llu: counted with half of the sets",
            question);
        count(&run, "a search cut short");
        CHECK(0 == memcmp(run.sets, whole.sets, sizeof(run.sets)), "question %llu: some sets are never read", question);
        CHECK(run.lower == whole.lower, "question %llu: lower is %llu, %llu without the hurry", question,
            (unsigned long long)run.lower, (unsigned long long)whole.lower);
    }
}

/* Nobody sees the word go up and down again but the search. */
static void should_not_need_to_see_the_hurry_last(void)
{
    run_t whole;
    run_t run;

    begin(0);
    count(&whole, "a whole search");
    begin(9);
    while (!atomic_load(&hurry))
    {
        flopmeter_cuda_session_step(&session);
    }
    last_question = 0;
    atomic_store(&hurry, false);
    pass(61 * SECOND);
    CHECK(0 == memcmp(&whole.sets[0], &session.devices[0].known.sets, sizeof(whole.sets[0])), "half of the sets stay");
    count(&run, "a moment's hurry");
    CHECK(0 == memcmp(run.sets, whole.sets, sizeof(run.sets)), "some sets are never read");
}

/* What is booked ahead is booked once, however often the search begins. */
static void should_book_ahead_once(void)
{
    flopmeter_u128_t before = 0;

    begin(9);
    flopmeter_cuda_session_step(&session);
    flopmeter_cuda_session_step(&session);
    before = lower + estimated + bounded;
    CHECK(0 != before, "nothing is booked ahead");
    for (int times = 0; times < 4; times++)
    {
        last_question = fake->calls[FAKE_CALL_PASSES] + 2;
        atomic_store(&hurry, false);
        fake->hook = ask;
        for (int i = 0; i < CARDS; i++)
        {
            session.devices[i].window_ns = fake->now_ns;
        }
        while (!atomic_load(&hurry))
        {
            flopmeter_cuda_session_step(&session);
        }
        CHECK(before == lower + estimated + bounded, "booked ahead again");
    }
    finish("ahead", 0);
}

int main(void)
{
    should_not_need_to_see_the_hurry_last();
    should_search_again_what_was_cut_short();
    should_book_ahead_once();
    return 0;
}
