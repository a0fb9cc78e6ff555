/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdbool.h>
#include <string.h>

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

#define ONE_SAMPLE (UINT64_C(1) << FLOPMETER_DRAIN_SAMPLE_SHIFT)

/* sum += flop_count, in registers. Not unsigned __int128: of that gcc 12 makes a third more instructions. */
static inline void add(sum_t *sum, uint64_t flop_count)
{
    sum->low += flop_count;
    sum->high += sum->low < flop_count ? 1 : 0;
}

/*
 * One sample more for a slot's delta. Two instructions on memory; as C it is seven, and takes 5 to 8 % longer (0005,
 * section 6). Sanitizers see no assembly, so they get the C.
 */
static inline void add_sample(sum_t *delta, uint64_t flop_count)
{
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    __asm__ ("addq %2, %0\n\tadcq %3, %1" : "+m" (delta->low), "+m" (delta->high)
        : "r" (flop_count), "r" (ONE_SAMPLE) : "cc");
#else
    delta->low += flop_count;
    delta->high += ONE_SAMPLE + (delta->low < flop_count ? 1 : 0);
#endif
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

/* Where samples go. */
typedef struct target_stct
{
    sum_t *table;
    uint8_t *blocks;       /* NULL: all are marked when the call ends */
    uint64_t slot_count;
}
target_t;

static target_t target_of(const flopmeter_drain_t *cursor)
{
    const target_t target = {
        .table = (sum_t *)cursor->table_address,
        .blocks = cursor->slot_count > FLOPMETER_DRAIN_UNMARKED_MAX ? (uint8_t *)cursor->block_address : NULL,
        .slot_count = cursor->slot_count,
    };

    return target;
}

/*
 * Add samples [sample, end) to the table and to `sum`. Returns `end`, or the first whose slot is not below slot_count;
 * `*slot` is that of the last one looked at. `marks` is a constant where it matters: a third store for each sample, to
 * a line of its own, makes the loop half as long again.
 */
static inline __attribute__((always_inline)) const sample_t *add_samples(
    const target_t *target, bool marks, const sample_t *sample, const sample_t *end, sum_t *sum, uint32_t *slot)
{
#pragma GCC unroll 4
    for (; sample != end; sample++)
    {
        *slot = __atomic_load_n(&sample->slot, __ATOMIC_RELAXED);
        const uint64_t flop_count = __atomic_load_n(&sample->flop_count, __ATOMIC_RELAXED);
        if (__builtin_expect(*slot >= target->slot_count, 0))
        {
            break;
        }
        add_sample(&target->table[*slot], flop_count);
        if (marks)
        {
            target->blocks[*slot >> FLOPMETER_DRAIN_BLOCK_SHIFT] = 1;
        }
        add(sum, flop_count);
    }
    return sample;
}

/*
 * Add samples [open_count, to) to the table and to the running sum. Returns EMPTY when all of them were good; else
 * open_count says how many were.
 */
static int consume(flopmeter_drain_t *cursor, const record_t *record, uint64_t to)
{
    const sample_t *const samples = (const sample_t *)(record + 1);
    const target_t target = target_of(cursor);
    const uint64_t from = cursor->open_count;
    sum_t sum = { .low = 0, .high = 0 };
    uint32_t slot = 0;

    const sample_t *const end =
        add_samples(&target, NULL != target.blocks, samples + from, samples + to, &sum, &slot);
    cursor->open_count = (uint64_t)(end - samples);
    if (!add_to_running(&cursor->running, &sum, cursor->open_count - from))
    {
        return fault(cursor, FLOPMETER_DRAIN_OVERFLOW, 0, 0);
    }
    return samples + to == end ?
        FLOPMETER_DRAIN_EMPTY : fault(cursor, FLOPMETER_DRAIN_SLOT, slot, cursor->slot_count);
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

/* The record at the position, all checks on. LIMIT: it is consumed, go on; else what the call returns. */
static int drain_record(flopmeter_drain_t *cursor)
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
    return cursor->sequence_next == cursor->sequence_stop ? FLOPMETER_DRAIN_STOP : FLOPMETER_DRAIN_LIMIT;
}

/* No call brings so many samples that this one carries out of 128 bits. */
static bool has_room(const flopmeter_drain_sum_t *running)
{
    return running->high < UINT64_MAX - UINT32_MAX;
}

/* What a run of closed batches brought. */
static void keep(
    flopmeter_drain_t *cursor, uint64_t position, uint64_t sequence, const sum_t *sum, uint64_t samples)
{
    if (position != cursor->position)
    {
        (void)add_to_running(&cursor->running, sum, samples);
        cursor->boundary = cursor->running;
        cursor->position = position;
        cursor->sequence_next = sequence;
    }
}

/*
 * Closed batches, one after the other, as long as everything is as it should be, with the state in registers: that is
 * 3 times as fast for records of one sample. What is not as it should be is left where it is: drain_record() looks at
 * it again, from the beginning, and says why. Returns LIMIT, or SLOT as consume() does.
 */
static inline __attribute__((always_inline)) int run_through(flopmeter_drain_t *cursor, uint64_t limit, bool marks)
{
    const uint64_t capacity = cursor->ring_capacity;
    const uint64_t outstanding = cursor->head_published + capacity;
    const target_t target = target_of(cursor);
    const flopmeter_drain_sum_t running_before = cursor->running;
    uint64_t position = cursor->position;
    uint64_t sequence = cursor->sequence_next;
    uint64_t samples = 0;
    sum_t sum = { .low = 0, .high = 0 };

    while (position < limit && sequence != cursor->sequence_stop)
    {
        const uint64_t at = position & (capacity - 1);
        const record_t *const record = (const record_t *)(cursor->ring_address + at);
        /* Length and type in one word: what is open, empty, padding or too long is more than the longest record. */
        const uint64_t length =
            __atomic_load_n((const uint64_t *)(const void *)record, __ATOMIC_ACQUIRE) - ((uint64_t)TYPE_BATCH << 32);
        if (length - RECORD_HEADER_LENGTH > RECORD_LENGTH_MAX - RECORD_HEADER_LENGTH || length > capacity - at)
        {
            /* Nor is there a whole header for certain: at the end of the ring its other words lie outside. */
            break;
        }
        const uint64_t count = __atomic_load_n(&record->count, __ATOMIC_RELAXED);
        if (length != RECORD_HEADER_LENGTH + count * SAMPLE_LENGTH || position + length > outstanding ||
            __atomic_load_n(&record->sequence, __ATOMIC_RELAXED) != sequence)
        {
            break;
        }

        const sample_t *const first = (const sample_t *)(record + 1);
        sum_t sum_here = sum;
        uint32_t slot = 0;
        const sample_t *const end = add_samples(&target, marks, first, first + count, &sum_here, &slot);
        if (__builtin_expect(first + count != end, 0))
        {
            keep(cursor, position, sequence, &sum, samples);
            cursor->open_count = (uint64_t)(end - first);
            cursor->running = running_before;
            (void)add_to_running(&cursor->running, &sum_here, samples + cursor->open_count);
            return fault(cursor, FLOPMETER_DRAIN_SLOT, slot, cursor->slot_count);
        }
        sum = sum_here;
        samples += count;
        position += length;
        sequence++;
    }
    keep(cursor, position, sequence, &sum, samples);
    return FLOPMETER_DRAIN_LIMIT;
}

static int drain(flopmeter_drain_t *cursor, uint64_t limit)
{
    while (cursor->position < limit)
    {
        const uint64_t position_before = cursor->position;
        if (0 == cursor->open_count && has_room(&cursor->running))
        {
            const bool marks = cursor->slot_count > FLOPMETER_DRAIN_UNMARKED_MAX;
            const int run = marks ? run_through(cursor, limit, true) : run_through(cursor, limit, false);
            if (FLOPMETER_DRAIN_LIMIT != run)
            {
                return run;
            }
        }
        if (cursor->position != position_before)
        {
            if (cursor->sequence_next == cursor->sequence_stop)
            {
                return FLOPMETER_DRAIN_STOP;
            }
            continue;
        }
        const int result = drain_record(cursor);
        if (FLOPMETER_DRAIN_LIMIT != result)
        {
            return result;
        }
    }
    return FLOPMETER_DRAIN_LIMIT;
}

int flopmeter_drain(flopmeter_drain_t *cursor, uint64_t length_limit)
{
    const uint64_t samples_before = cursor->running.samples;
    const int result = drain(cursor, cursor->position + length_limit);

    if (samples_before != cursor->running.samples && cursor->slot_count <= FLOPMETER_DRAIN_UNMARKED_MAX)
    {
        const uint64_t block_slots = UINT64_C(1) << FLOPMETER_DRAIN_BLOCK_SHIFT;
        memset((void *)cursor->block_address, 1, (cursor->slot_count + block_slots - 1) / block_slots);
    }
    return result;
}
