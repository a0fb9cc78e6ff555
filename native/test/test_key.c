/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names: checked, unique across threads, and when tables are full the FLOP stay exact.
 */

#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "flopmeter_core.h"
#include "meter_dir.h"

#define THREADS (8)
#define NAMES (1000)
#define MANY (40000)

static int intern(const char *run, const char *node, int precision, int basis, int source, flopmeter_key_t *key)
{
    return flopmeter_intern(run, node, (flopmeter_precision_t)precision, (flopmeter_basis_t)basis,
        (flopmeter_source_t)source, key);
}

static void refuses(const char *run, const char *node, int precision, int basis, int source)
{
    flopmeter_key_t key = 9;
    CHECK(FLOPMETER_INVALID == intern(run, node, precision, basis, source, &key), "%d %d %d", precision, basis, source);
    CHECK(0 == key, "key %u", key);
    CHECK('\0' != flopmeter_errmsg()[0], "no error text");
}

static void checks_arguments(meter_t *meter)
{
    char id[66];
    flopmeter_key_t a = 0;
    flopmeter_key_t b = 0;

    (void)meter;
    memset(id, 'Z', 65);
    id[65] = '\0';
    refuses("", NULL, 1, 1, 1);
    refuses(NULL, "", 1, 1, 1);
    refuses("a b", NULL, 1, 1, 1);
    refuses(NULL, "a/b", 1, 1, 1);
    refuses(id, NULL, 1, 1, 1);
    refuses(NULL, "\xc3\xa4", 1, 1, 1);
    refuses(NULL, NULL, 0, 1, 1);
    refuses(NULL, NULL, 15, 1, 1);
    refuses(NULL, NULL, -1, 1, 1);
    refuses(NULL, NULL, 1, 0, 1);
    refuses(NULL, NULL, 1, 6, 1);
    refuses(NULL, NULL, 1, 1, 0);
    refuses(NULL, NULL, 1, 1, 7);
    CHECK(FLOPMETER_INVALID == intern(NULL, NULL, 1, 1, 1, NULL), "NULL key");
    CHECK(FLOPMETER_OK == intern(id + 1, id + 1, 13, 5, 6, &a) && 0 != a, "longest");
    CHECK(FLOPMETER_OK == intern(id + 1, id + 1, 13, 5, 6, &b) && a == b, "same name, other key");
    CHECK(FLOPMETER_OK == intern(id + 1, NULL, 13, 5, 6, &b) && a != b, "other name, same key");
    CHECK(FLOPMETER_INVALID == flopmeter_context_push("a b", NULL), "push");
    for (int i = 0; i < 64; i++)
    {
        CHECK(FLOPMETER_OK == flopmeter_context_push(NULL, "n"), "push %d", i);
    }
    CHECK(FLOPMETER_INVALID == flopmeter_context_push(NULL, "n"), "push 65");
    CHECK(FLOPMETER_OK == flopmeter_intern_here(FLOPMETER_FP8, FLOPMETER_DERIVED, FLOPMETER_SOURCE_API, &a), "here");
    CHECK(FLOPMETER_OK == intern(NULL, "n", 6, 3, 1, &b) && a == b, "context");
}

static flopmeter_key_t interned[THREADS][NAMES];
static pthread_barrier_t barrier;

static void *intern_names(void *argument)
{
    const uintptr_t thread = (uintptr_t)argument;

    pthread_barrier_wait(&barrier);
    for (size_t i = 0; i < NAMES; i++)
    {
        char node[16];
        snprintf(node, sizeof(node), "n%zu", i);
        if (FLOPMETER_OK != intern(NULL, node, 1, 2, 1, &interned[thread][i]))
        {
            interned[thread][i] = 0;
        }
    }
    return NULL;
}

static void threads_agree(meter_t *meter)
{
    pthread_t threads[THREADS];
    flopmeter_key_t next = 0;

    (void)meter;
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (uintptr_t i = 0; i < THREADS; i++)
    {
        CHECK(0 == pthread_create(&threads[i], NULL, intern_names, (void *)i), "thread");
    }
    for (int i = 0; i < THREADS; i++)
    {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < NAMES; i++)
    {
        for (int thread = 0; thread < THREADS; thread++)
        {
            CHECK(0 != interned[thread][i] && interned[0][i] == interned[thread][i], "name %zu", i);
        }
    }
    CHECK(FLOPMETER_OK == intern(NULL, "one-more", 1, 2, 1, &next), "intern");
    CHECK(next <= NAMES + 1 + THREADS, "races leak keys: %u", next);
}

/* More names than there is room for: the rest counts without run and node, and says so. */
static void overflows(meter_t *meter)
{
    uint64_t overflowed = 0;

    for (uint32_t i = 0; i < MANY; i++)
    {
        char node[16];
        flopmeter_key_t key = 0;
        snprintf(node, sizeof(node), "n%u", i);
        const int result = intern(NULL, node, 1 + (int)(i % 13), 1 + (int)(i % 5), 1 + (int)(i % 6), &key);
        CHECK(0 != key && (FLOPMETER_OK == result || FLOPMETER_OVERFLOW == result), "%d", result);
        overflowed += FLOPMETER_OVERFLOW == result ? 1 : 0;
        flopmeter_record(key, 1);
        if (0 == i % 50)
        {
            meter_drain(meter, true);
        }
    }
    meter_expect(meter, MANY, MANY);
    CHECK(overflowed > 1000, "%" PRIu64 " overflowed", overflowed);
    CHECK(meter_gaps(meter, FLOPMETER_GAP_KEYS) > 0, "gap");

    uint64_t flagged = 0;
    const lane_reader_t *const last = meter->lanes[meter->lane_count - 1];
    for (int lane = 0; lane < meter->lane_count; lane++)
    {
        for (uint32_t slot = 0; slot < lane_reader_slot_count(meter->lanes[lane]); slot++)
        {
            const uint8_t *const bytes = lane_reader_slot(meter->lanes[lane], slot);
            CHECK((0 == bytes[7]) == (0 != bytes[8]), "slot %u: flags %u, run of %u", slot, bytes[7], bytes[8]);
            flagged += 0 != bytes[7] ? lane_reader_slot_total(meter->lanes[lane], slot).samples : 0;
        }
    }
    CHECK(flagged == overflowed, "%" PRIu64 " samples in overflow slots", flagged);
    CHECK(last->slot_capacity > 128, "the table did not grow");
    int open_lanes = 0;
    for (int lane = 0; lane < meter->lane_count; lane++)
    {
        open_lanes += 1 == lane_reader_u32(meter->lanes[lane], 128) ? 1 : 0;
    }
    CHECK(1 == open_lanes, "%d lanes active", open_lanes);
}

/* No room for a successor: the reserved slots take what comes, by precision, basis and source. */
static void slots_overflow(meter_t *meter)
{
    flopmeter_key_t first = 0;
    char moved[300];

    snprintf(moved, sizeof(moved), "%s.moved", meter->path);
    intern(NULL, "first", 1, 1, 1, &first);
    flopmeter_record(first, 1);
    meter_drain(meter, true);
    CHECK(0 == rename(meter->path, moved), "rename");
    CHECK(0 == chmod(meter->spill, 0777), "chmod");
    for (uint32_t i = 0; i < 2000; i++)
    {
        char node[16];
        flopmeter_key_t key = 0;
        snprintf(node, sizeof(node), "n%u", i);
        intern(NULL, node, 1 + (int)(i % 13), 1 + (int)(i % 5), 1 + (int)(i % 6), &key);
        flopmeter_record(key, 1);
    }
    CHECK(0 == rename(moved, meter->path), "rename");
    meter_expect(meter, 2001, 2001);
    CHECK(1 == meter->lane_count, "%d lanes", meter->lane_count);
    CHECK(128 == lane_reader_slot_count(meter->lanes[0]), "%u slots", lane_reader_slot_count(meter->lanes[0]));
    for (uint32_t slot = 0; slot < 128; slot++)
    {
        CHECK((slot >= 64) == (1 == lane_reader_slot(meter->lanes[0], slot)[7]), "flags of slot %u", slot);
    }
    CHECK(0 == meter_lost(meter), "lost");
}

static void run(void (*scenario)(meter_t *))
{
    meter_t *const meter = meter_create();

    meter_run_ok(meter, scenario);
    meter_destroy(meter);
}

int main(void)
{
    setenv("FLOPMETER_LANE_SLOTS", "128", 1);
    setenv("FLOPMETER_LANE_RING", "4096", 1);
    run(checks_arguments);
    run(threads_agree);
    run(overflows);
    run(slots_overflow);
    return 0;
}
