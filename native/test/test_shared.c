/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A producer and the drain kernel, as two threads, on the same mapping of one lane. A thread sanitizer knows addresses,
 * not pages: with a mapping each, as a meter has, it would see nothing. What no one may write to is poisoned for an
 * address sanitizer, and must be zero at the end in any build.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "flopmeter/flopmeter.h"
#include "flopmeter_drain.h"
#include "flopmeter_wire.h"
#include "meter_dir.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(begin, end) __asan_poison_memory_region((begin), (size_t)((end) - (begin)))
#define UNPOISON(begin, end) __asan_unpoison_memory_region((begin), (size_t)((end) - (begin)))
#else
#define POISON(begin, end) ((void)(begin))
#define UNPOISON(begin, end) ((void)(begin))
#endif

#define SAMPLES (400000)
#define NODES (60)
/* So often the producer waits for the reader: or else it may fold everything before the reader has begun. */
#define MEETINGS (200)
#define SLOTS (128)
#define GUARDS (10)

typedef struct guard_stct
{
    uint8_t *begin;
    uint8_t *end;
}
guard_t;

static uint8_t *base;
static flopmeter_wire_lane_t *header;
static flopmeter_wire_trailer_t *trailer;
static guard_t guards[GUARDS];
static flopmeter_drain_t cursor;
static _Alignas(16) uint64_t deltas[2 * SLOTS];
static uint8_t blocks[SLOTS / 64];
static uint32_t producer_ready;
static uint32_t reader_ready;
static uint32_t producer_ended;
static uint32_t drains;

/* Where this process has its one lane mapped. */
static void find_lane(void)
{
    FILE *const maps = fopen("/proc/self/maps", "r");
    char line[512];

    CHECK(NULL != maps, "maps");
    while (NULL == base && NULL != fgets(line, sizeof(line), maps))
    {
        if (NULL != strstr(line, ".lane\n"))
        {
            base = (uint8_t *)(uintptr_t)strtoull(line, NULL, 16);
        }
    }
    fclose(maps);
    CHECK(NULL != base, "no lane in this process");
    header = (flopmeter_wire_lane_t *)(void *)base;
    trailer = (flopmeter_wire_trailer_t *)(void *)(base + header->ring_offset + header->ring_capacity);
}

static void set_guards(void)
{
    uint8_t *const tail = (uint8_t *)trailer;
    uint8_t *const folds_end =
        base + header->fold_table_offset + header->slot_capacity * sizeof(flopmeter_wire_double_t);
    flopmeter_wire_journal_t *const journal = (flopmeter_wire_journal_t *)(void *)(base + header->journal_offset);
    const guard_t all[GUARDS] =
    {
        { header->zero_108, header->zero_108 + sizeof(header->zero_108) },
        { header->zero_136, header->zero_136 + sizeof(header->zero_136) },
        { header->zero_320, header->zero_320 + sizeof(header->zero_320) },
        { folds_end, base + header->ring_offset },
        { tail, tail + sizeof(trailer->zero_0) },
        { trailer->zero_136, trailer->zero_136 + sizeof(trailer->zero_136) },
        { trailer->zero_264, trailer->zero_264 + sizeof(trailer->zero_264) },
        { trailer->zero_392, trailer->zero_392 + sizeof(trailer->zero_392) },
        { journal->zero_8, journal->zero_8 + sizeof(journal->zero_8) },
        { base + header->file_length, base + ((header->file_length + 4095) & ~UINT64_C(4095)) }
    };

    memcpy(guards, all, sizeof(all));
    for (int i = 0; i < GUARDS; i++)
    {
        POISON(guards[i].begin, guards[i].end);
    }
}

static void check_guards(void)
{
    for (int i = 0; i < GUARDS; i++)
    {
        UNPOISON(guards[i].begin, guards[i].end);
        for (const uint8_t *at = guards[i].begin; at < guards[i].end; at++)
        {
            CHECK(0 == *at, "guard %d is overwritten at offset %td of the lane", i, at - base);
        }
    }
}

/* New slots all the time, single samples and batches; the n-th sample is worth n. */
static void *produce(void *argument)
{
    uint64_t meeting = SAMPLES / MEETINGS;
    flopmeter_key_t key = 0;
    char node[16];

    for (uint64_t n = 1; n <= SAMPLES;)
    {
        if (n >= meeting)
        {
            const uint32_t before = __atomic_load_n(&drains, __ATOMIC_RELAXED);
            CHECK_EVENTUALLY(before != __atomic_load_n(&drains, __ATOMIC_RELAXED), "the reader stands still");
            meeting += SAMPLES / MEETINGS;
        }
        if (1 == n % (SAMPLES / NODES))
        {
            snprintf(node, sizeof(node), "n%" PRIu64, n);
            CHECK(FLOPMETER_OK == flopmeter_intern(
                NULL, node, FLOPMETER_FP64, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key), "intern");
        }
        if (0 == n % 7)
        {
            flopmeter_batch_t batch = flopmeter_batch_begin();
            for (uint64_t i = 0; i < 50 && n <= SAMPLES; i++, n++)
            {
                flopmeter_batch_add(&batch, key, n);
            }
            flopmeter_batch_end(&batch);
        }
        else
        {
            flopmeter_record(key, n++);
        }
        if (2 == n)
        {
            __atomic_store_n(&producer_ready, 1, __ATOMIC_RELEASE);
            CHECK_EVENTUALLY(0 != __atomic_load_n(&reader_ready, __ATOMIC_ACQUIRE), "no reader");
        }
    }
    __atomic_store_n(&producer_ended, 1, __ATOMIC_RELEASE);
    return argument;
}

/* The slots that are new, each as the writer left it. */
static void take_slots(void)
{
    const uint32_t count = __atomic_load_n(&header->slot_count, __ATOMIC_ACQUIRE);

    CHECK(count >= cursor.slot_count && count <= SLOTS, "%u slots", count);
    for (uint64_t slot = cursor.slot_count; slot < count; slot++)
    {
        flopmeter_wire_slot_t copy;
        memcpy(&copy, base + header->slot_table_offset + slot * sizeof(copy), sizeof(copy));
        CHECK(1 == copy.precision && 4 == copy.run_length && 'n' == copy.node[0], "slot %" PRIu64, slot);
    }
    cursor.slot_count = count;
}

static void drain(void)
{
    int code = FLOPMETER_DRAIN_SLOT;

    while (FLOPMETER_DRAIN_SLOT == code || FLOPMETER_DRAIN_LIMIT == code)
    {
        take_slots();
        code = flopmeter_drain(&cursor, 1 << 20);
    }
    CHECK(FLOPMETER_DRAIN_EMPTY == code, "violation %d: %" PRIu64 " %" PRIu64,
        code, cursor.fault_value[0], cursor.fault_value[1]);
    __atomic_store_n(&trailer->head, cursor.position, __ATOMIC_RELEASE);
    cursor.head_published = cursor.position;
    __atomic_fetch_add(&drains, 1, __ATOMIC_RELAXED);
}

/* A double record: false when the writer was faster. */
static bool read_double(const flopmeter_wire_double_t *record, total_t *total)
{
    const uint64_t version = __atomic_load_n(&record->version, __ATOMIC_ACQUIRE);
    const flopmeter_wire_copy_t *const copy = &record->copy[version & 1];

    total->flop = __atomic_load_n(&copy->low, __ATOMIC_ACQUIRE);
    total->flop |= (u128_t)__atomic_load_n(&copy->high, __ATOMIC_ACQUIRE) << 64;
    total->samples = __atomic_load_n(&copy->samples, __ATOMIC_ACQUIRE);
    return version == __atomic_load_n(&record->version, __ATOMIC_ACQUIRE);
}

/* What was folded and is in no cell yet; the producer has ended. */
static void add_journal(total_t *total)
{
    const flopmeter_wire_journal_t *const journal =
        (const flopmeter_wire_journal_t *)(const void *)(base + header->journal_offset);
    const flopmeter_sample_t *const samples = (const flopmeter_sample_t *)(const void *)(journal + 1);
    const uint32_t count = __atomic_load_n(&journal->count, __ATOMIC_ACQUIRE);

    CHECK(count <= header->journal_capacity, "%u samples in the journal", count);
    for (uint32_t i = 0; i < count; i++)
    {
        CHECK(samples[i].slot < SLOTS, "slot %u", samples[i].slot);
        total->flop += samples[i].flop_count;
        total->samples += 1;
    }
}

static void consume_all(void)
{
    total_t folded = { 0, 0 };

    cursor.ring_address = (uint64_t)(uintptr_t)(base + header->ring_offset);
    cursor.ring_capacity = header->ring_capacity;
    cursor.table_address = (uint64_t)(uintptr_t)deltas;
    cursor.block_address = (uint64_t)(uintptr_t)blocks;
    cursor.sequence_next = 1;
    while (0 == __atomic_load_n(&producer_ended, __ATOMIC_ACQUIRE))
    {
        total_t now = { 0, 0 };
        drain();
        if (read_double(&header->fold_tally, &now))
        {
            CHECK(now.samples >= folded.samples && now.flop >= folded.flop, "fold tally falls");
            folded = now;
        }
    }
    drain();
    CHECK(read_double(&header->fold_tally, &folded), "fold tally");
    add_journal(&folded);
    CHECK(cursor.sequence_next > MEETINGS / 4, "%" PRIu64 " records", cursor.sequence_next);
    const u128_t ring = ((u128_t)cursor.running.high << 64) | cursor.running.low;
    CHECK(SAMPLES == cursor.running.samples + folded.samples, "%" PRIu64 " + %" PRIu64 " samples",
        cursor.running.samples, folded.samples);
    CHECK((u128_t)SAMPLES * (SAMPLES + 1) / 2 == ring + folded.flop, "FLOP");
}

int main(void)
{
    meter_t *const meter = meter_create();
    pthread_t producer;

    setenv("FLOPMETER_LANE_SLOTS", "128", 1);
    setenv("FLOPMETER_LANE_RING", "4096", 1);
    CHECK(FLOPMETER_OK == flopmeter_attach(), "%s", flopmeter_errmsg());
    CHECK(0 == pthread_create(&producer, NULL, produce, NULL), "thread");
    CHECK_EVENTUALLY(0 != __atomic_load_n(&producer_ready, __ATOMIC_ACQUIRE), "no lane");
    find_lane();
    set_guards();
    __atomic_store_n(&reader_ready, 1, __ATOMIC_RELEASE);
    consume_all();
    pthread_join(producer, NULL);
    check_guards();
    meter_destroy(meter);
    return 0;
}
