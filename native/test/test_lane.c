/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What one thread records is what the reader finds: sums, times, open batches, wraps, folds.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "flopmeter_core.h"
#include "meter_dir.h"

#define KEYS_MANY (6000)

static uint64_t seed = 20261123;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static flopmeter_key_t key_of(const char *node)
{
    flopmeter_key_t key = 0;
    CHECK(FLOPMETER_OK == flopmeter_intern(
        NULL, node, FLOPMETER_FP32, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key), "intern");
    return key;
}

static void counts_exactly(meter_t *meter)
{
    const flopmeter_key_t a = key_of("a");
    const flopmeter_key_t none = key_of(NULL);

    flopmeter_record(a, 5);
    flopmeter_record(a, UINT64_MAX);
    flopmeter_record(none, 7);
    flopmeter_record(0, 1000);
    flopmeter_record(60000, 1000);
    flopmeter_record(UINT32_MAX, 1000);

    meter_drain(meter, true);
    meter_check(meter, false);
    CHECK(meter_total(meter, "a", 0).flop == (u128_t)UINT64_MAX + 5, "node a");
    CHECK(meter_total(meter, "", 0).flop == 7, "no node");
    CHECK(meter_total(meter, NULL, -1).samples == 3, "samples");
    CHECK(1 == meter->lane_count, "%d lanes", meter->lane_count);
    const uint8_t *const slot = lane_reader_slot(meter->lanes[0], 0);
    const uint8_t expected[10] = { 2, 0, 2, 0, 1, 0, 0, 0, 4, 1 };
    CHECK(0 == memcmp(slot, expected, sizeof(expected)), "codes of the slot");
    CHECK(0 == memcmp(slot + 16, "test", 5), "run");

    struct stat space;
    CHECK(0 == stat("/proc/self/ns/pid", &space), "stat");
    CHECK((uint32_t)space.st_ino == lane_reader_u32(meter->lanes[0], 88), "pid namespace");
}

static void open_batch_is_visible(meter_t *meter)
{
    const flopmeter_key_t key = key_of("open");
    flopmeter_batch_t batch = flopmeter_batch_begin();

    for (uint64_t i = 1; i <= 300; i++)
    {
        flopmeter_batch_add(&batch, key, i);
        meter_drain(meter, false);
        CHECK(meter_total(meter, "open", 0).flop == (u128_t)i * (i + 1) / 2, "after %" PRIu64, i);
    }
    flopmeter_batch_end(&batch);
    meter_check(meter, false);
    CHECK(meter->lanes[0]->records == 2, "%" PRIu64 " closed records", meter->lanes[0]->records);
}

/* Random samples over many wraps of the smallest ring, drained at random moments. */
static void wraps(meter_t *meter)
{
    const flopmeter_key_t keys[4] = { key_of("w0"), key_of("w1"), key_of("w2"), NULL == meter ? 0 : key_of("w3") };
    u128_t flop = 0;
    uint64_t samples = 0;
    uint64_t time_ns = test_now_ns();

    for (int i = 0; i < 200000; i++)
    {
        const uint64_t draw = next_random();
        const uint64_t value = next_random();
        if (0 == draw % 3)
        {
            flopmeter_batch_t batch = flopmeter_batch_begin();
            for (uint64_t n = (draw >> 8) % 40; n > 0; n--)
            {
                flopmeter_batch_add(&batch, keys[n & 3], value);
                flop += value;
                samples += 1;
            }
            flopmeter_batch_end(&batch);
        }
        else
        {
            flopmeter_record(keys[draw & 3], value);
            flop += value;
            samples += 1;
        }
        if (0 == draw % 101)
        {
            time_ns += 2500000000;
            meter_time(meter, time_ns);
        }
        if (0 == draw % 13)
        {
            meter_drain(meter, true);
            meter_check(meter, false);
        }
    }
    meter_expect(meter, flop, samples);
    CHECK(meter->lanes[0]->position > 100 * 4096, "few wraps: %" PRIu64, meter->lanes[0]->position);
    CHECK(meter_folded(meter).samples < samples / 2, "mostly folded");
}

/* Nobody reads: the ring fills up, everything else is folded, nothing is lost, and it comes back when there is room. */
static void folds(meter_t *meter)
{
    const flopmeter_key_t keys[2] = { key_of("f0"), key_of("f1") };
    u128_t flop = 0;

    for (uint64_t i = 0; i < 100000; i++)
    {
        const uint64_t value = next_random();
        flopmeter_record(keys[i & 1], value);
        flop += value;
    }
    meter_drain(meter, false);
    meter_check(meter, false);
    const total_t folded = meter_folded(meter);
    CHECK(folded.samples >= 100000 - 256, "%" PRIu64 " folded", folded.samples);
    CHECK(meter_total(meter, NULL, -1).flop == flop && meter_total(meter, NULL, -1).samples == 100000, "sums");

    meter_drain(meter, true);
    for (uint64_t i = 0; i < 200; i++)
    {
        flopmeter_record(keys[i & 1], 1);
    }
    meter_expect(meter, flop + 200, 100200);
    CHECK(meter_folded(meter).samples <= folded.samples + 126, "claim not tried again");

    for (uint64_t i = 0; i < 300; i++)
    {
        flopmeter_record(keys[0], 1);
    }
    meter_drain(meter, true);
    const uint64_t before = meter_folded(meter).samples;
    flopmeter_batch_t none = flopmeter_batch_begin();
    flopmeter_batch_end(&none);
    flopmeter_record(keys[0], 1);
    CHECK(meter_folded(meter).samples == before, "batch_begin did not try the claim");
    meter_expect(meter, flop + 501, 100501);
}

/* Nobody reads; counts of 2^64 FLOP and more, which take two places of the journal, are among the others. */
static void folds_into(meter_t *meter, uint32_t key_count)
{
    static flopmeter_key_t keys[KEYS_MANY];
    static u128_t flop_of[KEYS_MANY];
    const flopmeter_shape_t wide = { .flop_count = ((u128_t)3 << 64) + 1, .estimate = 0, .bound = 0 };
    char node[16];
    uint64_t wide_count = 0;

    for (uint32_t i = 0; i < key_count; i++)
    {
        snprintf(node, sizeof(node), "m%" PRIu32, i);
        keys[i] = key_of(node);
    }
    for (int i = 0; i < 100000; i++)
    {
        const uint32_t at = (uint32_t)(next_random() % key_count);
        const uint64_t value = next_random();
        flopmeter_record(keys[at], value);
        flop_of[at] += value;
        if (0 == value % 5000)
        {
            flopmeter_core_count(FLOPMETER_FP64, FLOPMETER_SOURCE_BLAS, &wide);
            wide_count += 1;
        }
    }

    meter_drain(meter, false);
    meter_check(meter, false);
    CHECK(wide_count > 5, "%" PRIu64 " wide ones", wide_count);
    CHECK(meter_folded(meter).samples >= 99000, "%" PRIu64 " folded", meter_folded(meter).samples);
    CHECK(meter_total(meter, NULL, -1).samples == 100000 + wide_count, "samples");
    CHECK(meter_total(meter, "", 0).flop == wide_count * wide.flop_count, "wide ones");
    for (uint32_t i = 0; i < key_count; i += 1 + key_count / 500)
    {
        snprintf(node, sizeof(node), "m%" PRIu32, i);
        CHECK(meter_total(meter, node, 0).flop == flop_of[i], "FLOP of %s", node);
    }
}

static void folds_into_few_slots(meter_t *meter)
{
    folds_into(meter, 100);
}

/* More than are looked at one by one. */
static void folds_into_many_slots(meter_t *meter)
{
    folds_into(meter, KEYS_MANY);
}

static void times(meter_t *meter)
{
    const flopmeter_key_t key = key_of("t");
    const uint64_t begin_ns = test_now_ns();

    meter_time(meter, begin_ns);
    flopmeter_record(key, 1);
    meter_drain(meter, true);
    CHECK(meter->lanes[0]->base_ns_last == begin_ns, "record takes the meter's time");
    meter_time(meter, begin_ns + 1500000000);
    flopmeter_record(key, 1);
    meter_drain(meter, true);
    CHECK(meter->lanes[0]->records == 0 && meter->lanes[0]->dt_ns_max == 1500000000, "offset");
    meter_time(meter, begin_ns + 2500000000);
    flopmeter_record(key, 1);
    meter_drain(meter, true);
    CHECK(meter->lanes[0]->records == 1, "a batch older than 2 s stays open");
    CHECK(meter->lanes[0]->base_ns_last == begin_ns + 2500000000, "base of the next");
    meter_time(meter, 5);
    flopmeter_record(key, 1);
    meter_expect(meter, 4, 4);
    CHECK(meter->lanes[0]->records == 1, "time going back closes nothing");
}

static void counts_shapes(meter_t *meter)
{
    const flopmeter_shape_t plain = { .flop_count = 10, .estimate = 3, .bound = 2 };
    const flopmeter_shape_t big = { .flop_count = ((u128_t)7 << 64) + 9, .estimate = 0, .bound = 0 };
    const flopmeter_shape_t nothing = { .flop_count = 0, .estimate = 0, .bound = 0 };

    flopmeter_core_count(FLOPMETER_FP64, FLOPMETER_SOURCE_BLAS, &plain);
    flopmeter_core_count(FLOPMETER_FP64, FLOPMETER_SOURCE_BLAS, &nothing);
    CHECK(FLOPMETER_OK == flopmeter_context_push(NULL, "layer-1"), "push");
    flopmeter_core_count(FLOPMETER_FP64, FLOPMETER_SOURCE_BLAS, &plain);
    CHECK(FLOPMETER_OK == flopmeter_context_push(NULL, "layer-2"), "push");
    flopmeter_core_count(FLOPMETER_FP64, FLOPMETER_SOURCE_BLAS, &big);
    CHECK(FLOPMETER_OK == flopmeter_context_pop(), "pop");
    flopmeter_core_count(FLOPMETER_FP64, FLOPMETER_SOURCE_BLAS, &plain);
    CHECK(FLOPMETER_OK == flopmeter_context_pop(), "pop");
    CHECK(FLOPMETER_INVALID == flopmeter_context_pop(), "pop of nothing");
    CHECK(FLOPMETER_OK == flopmeter_context_push(NULL, "device"), "push");
    flopmeter_core_count_on(FLOPMETER_PRECISION_UNKNOWN, FLOPMETER_DERIVED, FLOPMETER_SOURCE_CUDA, &plain);
    flopmeter_core_count_on((flopmeter_precision_t)15, FLOPMETER_DERIVED, FLOPMETER_SOURCE_CUDA, &plain);
    CHECK(FLOPMETER_OK == flopmeter_context_pop(), "pop");

    meter_drain(meter, true);
    meter_check(meter, false);
    CHECK(meter_total(meter, "", 0).flop == 10 && meter_total(meter, "", 1).flop == 3, "no node");
    CHECK(meter_total(meter, "layer-1", 0).flop == 20 && meter_total(meter, "layer-1", 2).flop == 4, "layer-1");
    CHECK(meter_total(meter, "layer-2", -1).flop == big.flop_count, "layer-2");
    CHECK(meter_total(meter, "layer-2", -1).samples == 1, "one call, one sample");
    CHECK(meter_total(meter, "device", 0).flop == 10 && meter_total(meter, "device", 2).flop == 2,
        "a counter's reading");
}

/* More than a reader believes is refused when it is counted, and what comes after it counts. */
static void refuses_what_no_reader_believes(meter_t *meter)
{
    const flopmeter_shape_t most = { .flop_count = (u128_t)1 << 118, .estimate = 0, .bound = 0 };
    const flopmeter_shape_t plain = { .flop_count = 10, .estimate = 0, .bound = 0 };

    flopmeter_core_count(FLOPMETER_FP64, FLOPMETER_SOURCE_BLAS, &most);
    CHECK(0 == meter_gaps(meter, FLOPMETER_GAP_SHAPE), "%u gaps", meter_gaps(meter, FLOPMETER_GAP_SHAPE));
    flopmeter_core_count(FLOPMETER_FP64, FLOPMETER_SOURCE_BLAS, &most);
    CHECK(1 == meter_gaps(meter, FLOPMETER_GAP_SHAPE), "%u gaps", meter_gaps(meter, FLOPMETER_GAP_SHAPE));
    flopmeter_core_count(FLOPMETER_FP64, FLOPMETER_SOURCE_BLAS, &plain);

    meter_drain(meter, true);
    meter_check(meter, false);
    CHECK(meter_total(meter, "", 0).flop == most.flop_count + 10, "FLOP");
}

static void run(const char *slots, const char *ring, void (*scenario)(meter_t *))
{
    meter_t *const meter = meter_create();

    setenv("FLOPMETER_LANE_SLOTS", slots, 1);
    setenv("FLOPMETER_LANE_RING", ring, 1);
    meter_run_ok(meter, scenario);
    meter_destroy(meter);
}

int main(void)
{
    run("", "", counts_exactly);
    run("", "", open_batch_is_visible);
    run("128", "4096", wraps);
    run("128", "8192", wraps);
    run("128", "4096", folds);
    run("128", "4096", folds_into_few_slots);
    run("8192", "4096", folds_into_many_slots);
    run("", "", times);
    run("", "", counts_shapes);
    run("", "", refuses_what_no_reader_believes);
    return 0;
}
