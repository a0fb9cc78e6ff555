/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What does one sample cost the program that is metered? Budgets: 5 ns per record, 1 ns per batch add, 4 ns folded.
 * Not a test: prints medians of 15 rounds. `drained`: the reader is played by moving the head, off the clock.
 */

#include <string.h>

#include "check.h"
#include "flopmeter_core.h"
#include "meter_dir.h"

#define ROUNDS (15)
#define CHUNK (1000)
#define CHUNKS (200)

static meter_t *meter;
static flopmeter_key_t key;

static void records(void)
{
    for (uint64_t i = 0; i < CHUNK; i++)
    {
        flopmeter_record(key, i);
    }
}

static void adds(void)
{
    flopmeter_batch_t batch = flopmeter_batch_begin();
    for (uint64_t i = 0; i < CHUNK; i++)
    {
        flopmeter_batch_add(&batch, key, i);
    }
    flopmeter_batch_end(&batch);
}

static void small_batches(void)
{
    for (uint64_t i = 0; i < CHUNK; i++)
    {
        flopmeter_batch_t batch = flopmeter_batch_begin();
        flopmeter_batch_add(&batch, key, i);
        flopmeter_batch_end(&batch);
    }
}

static void calls(void)
{
    const flopmeter_shape_t shape = { .flop_count = 2000000, .estimate = 0, .bound = 0 };
    for (uint64_t i = 0; i < CHUNK; i++)
    {
        flopmeter_core_count(FLOPMETER_FP32, FLOPMETER_SOURCE_BLAS, &shape);
    }
}

static void contexts(void)
{
    for (uint64_t i = 0; i < CHUNK; i++)
    {
        flopmeter_context_push(NULL, 0 == (i & 1) ? "layer-1" : "layer-2");
        flopmeter_context_pop();
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *name, void (*work)(void), bool drained)
{
    double ns[ROUNDS];

    for (int round = 0; round < ROUNDS; round++)
    {
        unsigned long long spent_ns = 0;
        for (int i = 0; i < CHUNKS; i++)
        {
            if (drained && meter->lane_count > 0)
            {
                uint8_t *const trailer = meter->lanes[0]->ring + meter->lanes[0]->ring_capacity;
                memcpy(trailer + 384, trailer + 128, 8);
            }
            const unsigned long long begin_ns = test_now_ns();
            work();
            spent_ns += test_now_ns() - begin_ns;
        }
        ns[round] = (double)spent_ns / (CHUNK * (double)CHUNKS);
    }
    qsort(ns, ROUNDS, sizeof(ns[0]), by_value);
    printf("%-28s %6.2f ns (min %.2f, max %.2f)\n", name, ns[ROUNDS / 2], ns[0], ns[ROUNDS - 1]);
}

int main(void)
{
    meter = meter_create();
    measure("record, no meter", records, false);
    CHECK(FLOPMETER_OK == flopmeter_attach(), "%s", flopmeter_errmsg());
    CHECK(FLOPMETER_OK == flopmeter_intern(
        NULL, "bench", FLOPMETER_FP32, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key), "intern");
    flopmeter_record(key, 1);
    meter_drain(meter, false);
    small_batches();

    measure("record, drained", records, true);
    measure("batch add, drained", adds, true);
    measure("batch of one, drained", small_batches, true);
    measure("intercepted call, drained", calls, true);
    measure("context push + pop", contexts, true);
    measure("record, folded", records, false);
    measure("batch add, folded", adds, false);
    measure("intercepted call, folded", calls, false);
    meter_destroy(meter);
    return 0;
}
