/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdbool.h>

#include "flopmeter_drain.h"

#define RECORD_HEADER_LENGTH (32)
#define RECORD_LENGTH_MAX (2048)
#define SAMPLE_LENGTH (16)
#define TYPE_BATCH (1)
#define TYPE_PADDING (-1)

__extension__ typedef unsigned __int128 u128_t;

/** A record as the producer, or whoever else can write the file, left it: each word is loaded once, then checked. */
typedef struct record_stct
{
    int32_t length;
    int32_t type;
    uint64_t sequence;
    uint64_t base_ns;
    uint32_t count;
    uint32_t reserved;
}
record_t;

typedef struct sample_stct
{
    uint32_t slot;
    uint32_t dt_ns;
    uint64_t flop_count;
}
sample_t;

_Static_assert(sizeof(record_t) == RECORD_HEADER_LENGTH, "record header");
_Static_assert(sizeof(sample_t) == SAMPLE_LENGTH, "sample");
_Static_assert(offsetof(flopmeter_drain_t, running) == 80, "DrainDescriptor.java");
_Static_assert(offsetof(flopmeter_drain_t, map_address) == 144, "DrainDescriptor.java");

/* A slot's delta, or a running sum: FLOP and, in the high word, carries (and samples, for a delta). */
typedef struct sum_stct
{
    uint64_t low;
    uint64_t high;
}
sum_t;

/*
 * sum += flop_count, and `more` to the high word. Two words and a comparison, not unsigned __int128: of that gcc 12
 * makes a third more instructions, and the kernel takes 0.82 instead of 0.61 ns per sample.
 */
static inline void add(sum_t *sum, uint64_t flop_count, uint64_t more)
{
    sum->low += flop_count;
    sum->high += more + (sum->low < flop_count ? 1 : 0);
}

static int fault(flopmeter_drain_t *cursor, int code, uint64_t value_0, uint64_t value_1)
{
    cursor->fault_value[0] = value_0;
    cursor->fault_value[1] = value_1;
    return code;
}

static record_t *record_at_position(const flopmeter_drain_t *cursor)
{
    return (record_t *)(cursor->ring_address + (cursor->position & (cursor->ring_capacity - 1)));
}

/* Bytes from the position to the end of the ring. */
static uint64_t to_end(const flopmeter_drain_t *cursor)
{
    return cursor->ring_capacity - (cursor->position & (cursor->ring_capacity - 1));
}

/* False, and nothing changed, when it does not fit into 128 bits. */
static bool add_to_running(flopmeter_drain_sum_t *running, const sum_t *sum, uint64_t samples)
{
    const u128_t before = ((u128_t)running->high << 64) | running->low;
    const u128_t after = before + (((u128_t)sum->high << 64) | sum->low);

    if (after < before)
    {
        return false;
    }
    running->low = (uint64_t)after;
    running->high = (uint64_t)(after >> 64);
    running->samples += samples;
    return true;
}

/*
 * Add samples [open_count, to) to the table and to the running sum. Returns EMPTY when all of them were good; else
 * open_count says how many were.
 */
static int consume(flopmeter_drain_t *cursor, const record_t *record, uint64_t to)
{
    const sample_t *const samples = (const sample_t *)(record + 1);
    sum_t *const table = (sum_t *)cursor->table_address;
    uint8_t *const blocks = (uint8_t *)cursor->block_address;
    const uint64_t one_sample = UINT64_C(1) << FLOPMETER_DRAIN_SAMPLE_SHIFT;
    const uint64_t slot_count = cursor->slot_count;
    const uint64_t from = cursor->open_count;
    sum_t sum = { .low = 0, .high = 0 };
    uint64_t i = from;
    uint32_t slot = 0;

#pragma GCC unroll 4
    for (; i < to; i++)
    {
        slot = __atomic_load_n(&samples[i].slot, __ATOMIC_RELAXED);
        const uint64_t flop_count = __atomic_load_n(&samples[i].flop_count, __ATOMIC_RELAXED);
        if (__builtin_expect(slot >= slot_count, 0))
        {
            break;
        }
        add(&table[slot], flop_count, one_sample);
        blocks[slot >> FLOPMETER_DRAIN_BLOCK_SHIFT] = 1;
        add(&sum, flop_count, 0);
    }

    cursor->open_count = i;
    if (!add_to_running(&cursor->running, &sum, i - from))
    {
        return fault(cursor, FLOPMETER_DRAIN_OVERFLOW, 0, 0);
    }
    return i == to ? FLOPMETER_DRAIN_EMPTY : fault(cursor, FLOPMETER_DRAIN_SLOT, slot, slot_count);
}

/* What open and closed records have in common; `length` is what is claimed. */
static int check_record(flopmeter_drain_t *cursor, const record_t *record, int32_t type, uint64_t length)
{
    const uint64_t sequence = __atomic_load_n(&record->sequence, __ATOMIC_RELAXED);

    if (TYPE_BATCH != type)
    {
        return fault(cursor, FLOPMETER_DRAIN_TYPE, (uint64_t)(int64_t)type, 0);
    }
    if (length < RECORD_HEADER_LENGTH || length > RECORD_LENGTH_MAX || 0 != (length & (SAMPLE_LENGTH - 1)) ||
        length > to_end(cursor))
    {
        return fault(cursor, FLOPMETER_DRAIN_LENGTH, length, to_end(cursor));
    }
    if (sequence != cursor->sequence_next)
    {
        return fault(cursor, FLOPMETER_DRAIN_SEQUENCE, sequence, cursor->sequence_next);
    }
    return FLOPMETER_DRAIN_EMPTY;
}

/* A producer can't have written more than a ring beyond the head it was given. */
static bool is_outstanding(const flopmeter_drain_t *cursor, uint64_t length)
{
    return cursor->position + length - cursor->head_published > cursor->ring_capacity;
}

static int drain_batch(flopmeter_drain_t *cursor, const record_t *record, int32_t type, uint64_t length)
{
    int result = check_record(cursor, record, type, length);
    if (FLOPMETER_DRAIN_EMPTY != result)
    {
        return result;
    }

    const uint64_t count = __atomic_load_n(&record->count, __ATOMIC_ACQUIRE);
    if (count != (length - RECORD_HEADER_LENGTH) / SAMPLE_LENGTH || count < cursor->open_count)
    {
        return fault(cursor, FLOPMETER_DRAIN_COUNT_CLOSED, count, length);
    }
    result = consume(cursor, record, count);
    if (FLOPMETER_DRAIN_EMPTY == result)
    {
        cursor->open_count = 0;
        cursor->sequence_next += 1;
    }
    return result;
}

static int drain_closed(flopmeter_drain_t *cursor, const record_t *record, uint64_t length)
{
    const int32_t type = __atomic_load_n(&record->type, __ATOMIC_RELAXED);
    int result = FLOPMETER_DRAIN_EMPTY;

    if (TYPE_PADDING == type)
    {
        if (0 != cursor->open_count || length != to_end(cursor) || length > RECORD_LENGTH_MAX)
        {
            return fault(cursor, FLOPMETER_DRAIN_PADDING, length, to_end(cursor));
        }
    }
    else
    {
        result = drain_batch(cursor, record, type, length);
    }
    if (FLOPMETER_DRAIN_EMPTY == result)
    {
        cursor->position += length;
        cursor->boundary = cursor->running;
        if (is_outstanding(cursor, 0))
        {
            result = fault(cursor, FLOPMETER_DRAIN_OUTSTANDING, length, 0);
        }
    }
    return result;
}

static int drain_open(flopmeter_drain_t *cursor, const record_t *record, uint64_t length)
{
    const int32_t type = __atomic_load_n(&record->type, __ATOMIC_RELAXED);

    if (TYPE_PADDING == type)
    {
        return FLOPMETER_DRAIN_EMPTY;
    }

    const int result = check_record(cursor, record, type, length);
    if (FLOPMETER_DRAIN_EMPTY != result)
    {
        return result;
    }
    if (is_outstanding(cursor, length))
    {
        return fault(cursor, FLOPMETER_DRAIN_OUTSTANDING, length, 0);
    }

    const uint64_t count = __atomic_load_n(&record->count, __ATOMIC_ACQUIRE);
    if (count < cursor->open_count || count > (length - RECORD_HEADER_LENGTH) / SAMPLE_LENGTH)
    {
        return fault(cursor, FLOPMETER_DRAIN_COUNT_OPEN, count, length);
    }
    return consume(cursor, record, count);
}

int flopmeter_drain(flopmeter_drain_t *cursor, uint64_t length_limit)
{
    const uint64_t limit = cursor->position + length_limit;

    while (cursor->position < limit)
    {
        const record_t *const record = record_at_position(cursor);
        const int32_t length = __atomic_load_n(&record->length, __ATOMIC_ACQUIRE);

        if (length <= 0)
        {
            return 0 == length ? FLOPMETER_DRAIN_EMPTY : drain_open(cursor, record, (uint64_t)-(int64_t)length);
        }

        const int result = drain_closed(cursor, record, (uint64_t)length);
        if (FLOPMETER_DRAIN_EMPTY != result)
        {
            return result;
        }
        if (cursor->sequence_next == cursor->sequence_stop)
        {
            return FLOPMETER_DRAIN_STOP;
        }
    }
    return FLOPMETER_DRAIN_LIMIT;
}
