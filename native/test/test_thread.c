/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A lane per thread; lanes of ended threads go to new ones, so that thousands of short threads need a handful.
 */

#include <inttypes.h>
#include <pthread.h>

#include "check.h"
#include "flopmeter_core.h"
#include "meter_dir.h"

#define CONCURRENT (1000)
#define SHORT_GROUPS (625)
#define SHORT_AT_ONCE (8)

static flopmeter_key_t key;
static pthread_barrier_t barrier;

static void intern_key(void)
{
    CHECK(FLOPMETER_OK == flopmeter_intern(
        NULL, "t", FLOPMETER_INT8, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key), "intern");
}

static void *record_together(void *argument)
{
    const uint64_t value = (uint64_t)(uintptr_t)argument;

    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 100; i++)
    {
        flopmeter_record(key, value);
    }
    flopmeter_batch_t batch = flopmeter_batch_begin();
    for (int i = 0; i < 50; i++)
    {
        flopmeter_batch_add(&batch, key, value);
    }
    flopmeter_batch_end(&batch);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void many_at_once(meter_t *meter)
{
    static pthread_t threads[CONCURRENT];
    pthread_attr_t small;
    u128_t flop = 0;

    intern_key();
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 * 1024);
    pthread_barrier_init(&barrier, NULL, CONCURRENT);
    for (uint64_t i = 0; i < CONCURRENT; i++)
    {
        if (0 != pthread_create(&threads[i], &small, record_together, (void *)(uintptr_t)(i + 1)))
        {
            fprintf(stderr, "skipped: no room for %d threads here\n", CONCURRENT);
            _exit(TEST_SKIP);
        }
        flop += 150 * (i + 1);
    }
    for (int i = 0; i < CONCURRENT; i++)
    {
        pthread_join(threads[i], NULL);
    }
    meter_expect(meter, flop, 150 * CONCURRENT);
    CHECK(CONCURRENT == meter->lane_count, "%d lanes", meter->lane_count);
}

static void *record_once(void *argument)
{
    (void)argument;
    flopmeter_record(key, 3);
    return NULL;
}

static void many_short(meter_t *meter)
{
    intern_key();
    for (int group = 0; group < SHORT_GROUPS; group++)
    {
        pthread_t threads[SHORT_AT_ONCE];
        for (int i = 0; i < SHORT_AT_ONCE; i++)
        {
            CHECK(0 == pthread_create(&threads[i], NULL, record_once, NULL), "thread");
        }
        for (int i = 0; i < SHORT_AT_ONCE; i++)
        {
            pthread_join(threads[i], NULL);
        }
        meter_drain(meter, true);
    }
    meter_expect(meter, 3 * SHORT_GROUPS * SHORT_AT_ONCE, SHORT_GROUPS * SHORT_AT_ONCE);
    CHECK(meter->lane_count <= SHORT_AT_ONCE, "%d lanes for %d threads at once", meter->lane_count, SHORT_AT_ONCE);
    for (int i = 0; i < meter->lane_count; i++)
    {
        CHECK(2 == lane_reader_u32(meter->lanes[i], 128), "lane %d is not idle", i);
    }
}

#if defined(__SANITIZE_THREAD__)
/* TSan lets go of a thread in the last round of destructors; instrumented code must not run after it. */
#define LATE_ROUNDS (2)
#else
#define LATE_ROUNDS (4)
#endif

static pthread_key_t late_key;

/* Comes back as often as pthread allows, each time recording after the library's own destructor has run. */
static void record_late(void *count)
{
    flopmeter_record(key, 1);
    flopmeter_batch_t batch = flopmeter_batch_begin();
    flopmeter_batch_add(&batch, key, 1);
    flopmeter_batch_end(&batch);
    if ((uintptr_t)count > 1)
    {
        pthread_setspecific(late_key, (void *)((uintptr_t)count - 1));
    }
}

static void *end_late(void *argument)
{
    pthread_setspecific(late_key, (void *)LATE_ROUNDS);
    return record_once(argument);
}

static void records_in_destructors(meter_t *meter)
{
    intern_key();
    CHECK(0 == pthread_key_create(&late_key, record_late), "key");
    for (int i = 0; i < 100; i++)
    {
        pthread_t thread;
        CHECK(0 == pthread_create(&thread, NULL, end_late, NULL), "thread");
        pthread_join(thread, NULL);
    }
    meter_expect(meter, 100 * (3 + 2 * LATE_ROUNDS), 100 * (1 + 2 * LATE_ROUNDS));
    CHECK(meter->lane_count <= 2, "%d lanes", meter->lane_count);
}

static void *end_in_batch(void *argument)
{
    (void)argument;
    flopmeter_batch_t batch = flopmeter_batch_begin();
    flopmeter_batch_add(&batch, key, 1);
    pthread_exit(NULL);
}

static void threads_that_never_end_a_batch(meter_t *meter)
{
    intern_key();
    for (int i = 0; i < 50; i++)
    {
        pthread_t thread;
        CHECK(0 == pthread_create(&thread, NULL, end_in_batch, NULL), "thread");
        pthread_join(thread, NULL);
    }
    meter_expect(meter, 50, 50);
    CHECK(1 == meter->lane_count, "%d lanes", meter->lane_count);
}

static void *count_contexts(void *argument)
{
    const flopmeter_shape_t shape = { .flop_count = 1, .estimate = 0, .bound = 0 };
    const bool named = NULL != argument;

    for (int i = 0; i < 1000; i++)
    {
        if (named)
        {
            flopmeter_context_push(NULL, "named");
        }
        flopmeter_core_count(FLOPMETER_FP64, FLOPMETER_SOURCE_LAPACK, &shape);
        if (named)
        {
            flopmeter_context_pop();
        }
    }
    return NULL;
}

static void contexts_are_of_a_thread(meter_t *meter)
{
    pthread_t threads[4];

    for (uintptr_t i = 0; i < 4; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, count_contexts, (void *)(i & 1)), "thread");
    }
    for (int i = 0; i < 4; i++)
    {
        pthread_join(threads[i], NULL);
    }
    meter_expect(meter, 4000, 4000);
    CHECK(2000 == meter_total(meter, "named", 0).samples, "named");
}

static int run(void (*scenario)(meter_t *))
{
    meter_t *const meter = meter_create();
    const int status = meter_run(meter, scenario);

    meter_destroy(meter);
    CHECK(0 == (status & 0x7F) && (0 == status || TEST_SKIP == status >> 8), "status %#x", (unsigned)status);
    return status >> 8;
}

int main(void)
{
    setenv("FLOPMETER_LANE_SLOTS", "128", 1);
    setenv("FLOPMETER_LANE_RING", "4096", 1);
    run(many_short);
    run(records_in_destructors);
    run(threads_that_never_end_a_batch);
    run(contexts_are_of_a_thread);
    return run(many_at_once);
}
