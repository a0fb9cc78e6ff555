/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * libFuzzer on the drain kernel. The first bytes of an input say where the reader stands, the others are the ring. They
 * are mended before they are read: each record gets the length, type, sequence and count that are due, but for those
 * fields that the record itself asks to be left alone; else hardly an input would come past its first header. What the
 * kernel leaves behind must be what a second reader, below, makes of the same bytes.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flopmeter_drain.h"

#define RING_LENGTH (4096)
#define SLOTS_MAX (64)
#define HEADER_LENGTH (32)
#define RECORD_MAX (2048)
#define SAMPLES_MAX (126)
#define CALLS_MAX (6)

#define LEAVE_LENGTH (0x01)
#define LEAVE_TYPE (0x02)
#define LEAVE_SEQUENCE (0x04)
#define LEAVE_COUNT (0x08)
#define LEAVE_SLOTS (0x10)
#define AS_PADDING (0x20)
#define AS_OPEN (0x40)
#define LESS_COUNT (0x80)

__extension__ typedef unsigned __int128 u128_t;

/* Where the reader stands: the first bytes of an input. */
typedef struct scene_stct
{
    uint8_t slot_count;
    uint8_t position;
    uint8_t position_high;
    uint8_t open_count;
    uint8_t lag;
    uint8_t stop;
    uint8_t limit;
    uint8_t running_high;
}
scene_t;

typedef struct reference_stct
{
    const uint8_t *ring;
    uint64_t slot_count;
    uint64_t head;
    uint64_t stop;
    uint64_t position;
    uint64_t open_count;
    uint64_t sequence;
    u128_t running;
    u128_t boundary;
    uint64_t running_samples;
    uint64_t boundary_samples;
    u128_t flop_counts[SLOTS_MAX];
    uint64_t samples[SLOTS_MAX];
}
reference_t;

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void fail(const char *what, uint64_t found, uint64_t expected)
{
    fprintf(stderr, "fuzz_drain: %s: found %" PRIu64 ", expected %" PRIu64 "\n", what, found, expected);
    abort();
}

static void expect(const char *what, uint64_t found, uint64_t expected)
{
    if (found != expected)
    {
        fail(what, found, expected);
    }
}

static uint32_t word(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return value;
}

static uint64_t long_word(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof(value));
    return value;
}

static void put(uint8_t *bytes, uint32_t value)
{
    memcpy(bytes, &value, sizeof(value));
}

/* Near the end of the ring there is room for a padding only. */
static uint8_t wish_of(const uint8_t *record, uint64_t to_end)
{
    return to_end >= HEADER_LENGTH ? record[28] : (uint8_t)(AS_PADDING | (record[12] & (LEAVE_LENGTH | LEAVE_TYPE)));
}

/* One record. Returns its length, 0 when it is the last one. */
static uint32_t mend_one(uint8_t *record, uint32_t to_end, uint64_t sequence, uint32_t slot_count)
{
    const uint8_t wish = wish_of(record, to_end);
    const uint32_t samples_max = to_end < HEADER_LENGTH ? 0 : (to_end - HEADER_LENGTH) / 16;
    uint32_t samples = word(record) % (SAMPLES_MAX + 1);
    samples = samples > samples_max ? samples_max : samples;
    uint32_t length = HEADER_LENGTH + 16 * samples;

    if (0 != (wish & AS_PADDING))
    {
        length = to_end;
    }
    if (0 == (wish & LEAVE_LENGTH))
    {
        put(record, 0 != (wish & AS_OPEN) ? (uint32_t)-(int32_t)length : length);
    }
    if (0 == (wish & LEAVE_TYPE))
    {
        put(record + 4, 0 != (wish & AS_PADDING) ? UINT32_MAX : 1);
    }
    if (0 != (wish & AS_PADDING))
    {
        return length;
    }
    if (0 == (wish & LEAVE_SEQUENCE))
    {
        memcpy(record + 8, &sequence, sizeof(sequence));
    }
    if (0 == (wish & LEAVE_COUNT))
    {
        put(record + 24, 0 != (wish & LESS_COUNT) && samples > 0 ? word(record + 24) % samples : samples);
    }
    for (uint32_t i = 0; 0 == (wish & LEAVE_SLOTS) && i < samples; i++)
    {
        uint8_t *const slot = record + HEADER_LENGTH + 16 * i;
        put(slot, word(slot) % slot_count);
    }
    return 0 != (wish & AS_OPEN) ? 0 : length;
}

static void mend(uint8_t *ring, uint64_t position, uint64_t sequence, uint32_t slot_count)
{
    uint64_t length = 1;

    for (uint64_t at = position; at < position + RING_LENGTH && length > 0; at += length)
    {
        const uint32_t to_end = (uint32_t)(RING_LENGTH - (at & (RING_LENGTH - 1)));
        uint8_t *const record = ring + (at & (RING_LENGTH - 1));
        /* What is not there is zero: the ring ends. */
        const bool is_end = 0 == word(record) && 0 == word(record + 4);
        const bool is_batch = 0 == (wish_of(record, to_end) & AS_PADDING);
        length = is_end ? 0 : mend_one(record, to_end, sequence, slot_count);
        sequence += is_batch ? 1 : 0;
    }
}

/* The second reader: 0001, word by word, slowly. Returns a code of the kernel, -1 for every violation. */
static int take(reference_t *reader, const uint8_t *record, uint64_t count)
{
    for (; reader->open_count < count; reader->open_count++)
    {
        const uint8_t *const sample = record + HEADER_LENGTH + 16 * reader->open_count;
        const uint32_t slot = word(sample);
        const uint64_t flop_count = long_word(sample + 8);
        if (slot >= reader->slot_count)
        {
            return FLOPMETER_DRAIN_SLOT;
        }
        if (reader->running + flop_count < flop_count)
        {
            return -1;
        }
        reader->flop_counts[slot] += flop_count;
        reader->samples[slot] += 1;
        reader->running += flop_count;
        reader->running_samples += 1;
    }
    return FLOPMETER_DRAIN_EMPTY;
}

static int read_batch(reference_t *reader, const uint8_t *record, uint64_t length, uint64_t to_end, bool is_open)
{
    const uint64_t capacity = (length - HEADER_LENGTH) / 16;

    if (1 != word(record + 4) || length < HEADER_LENGTH || length > RECORD_MAX || 0 != length % 16 ||
        length > to_end || long_word(record + 8) != reader->sequence)
    {
        return -1;
    }
    const uint64_t count = word(record + 24);
    if (count < reader->open_count || (is_open ? count > capacity : count != capacity))
    {
        return -1;
    }
    if (is_open && reader->position + length - reader->head > RING_LENGTH)
    {
        return -1;
    }
    return take(reader, record, count);
}

static int read_closed(reference_t *reader, const uint8_t *record, uint64_t length, uint64_t to_end)
{
    if (UINT32_MAX == word(record + 4))
    {
        if (0 != reader->open_count || length != to_end || length > RECORD_MAX)
        {
            return -1;
        }
    }
    else
    {
        const int result = read_batch(reader, record, length, to_end, false);
        if (FLOPMETER_DRAIN_EMPTY != result)
        {
            return result;
        }
        reader->open_count = 0;
        reader->sequence += 1;
    }
    reader->position += length;
    reader->boundary = reader->running;
    reader->boundary_samples = reader->running_samples;
    return reader->position - reader->head > RING_LENGTH ? -1 : FLOPMETER_DRAIN_EMPTY;
}

static int read_all(reference_t *reader, uint64_t limit)
{
    const uint64_t end = reader->position + limit;

    while (reader->position < end)
    {
        const uint64_t at = reader->position & (RING_LENGTH - 1);
        const uint8_t *const record = reader->ring + at;
        const int64_t length = (int32_t)word(record);
        if (0 == length || (length < 0 && UINT32_MAX == word(record + 4)))
        {
            return FLOPMETER_DRAIN_EMPTY;
        }
        if (length < 0)
        {
            return read_batch(reader, record, (uint64_t)-length, RING_LENGTH - at, true);
        }
        const int result = read_closed(reader, record, (uint64_t)length, RING_LENGTH - at);
        if (FLOPMETER_DRAIN_EMPTY != result)
        {
            return result;
        }
        if (reader->sequence == reader->stop)
        {
            return FLOPMETER_DRAIN_STOP;
        }
    }
    return FLOPMETER_DRAIN_LIMIT;
}

static void compare(const flopmeter_drain_t *cursor, const reference_t *reader)
{
    const uint64_t *const table = (const uint64_t *)cursor->table_address;
    const uint8_t *const blocks = (const uint8_t *)cursor->block_address;
    uint64_t samples = 0;

    expect("open count", cursor->open_count, reader->open_count);
    expect("sequence", cursor->sequence_next, reader->sequence);
    expect("running low", cursor->running.low, (uint64_t)reader->running);
    expect("running high", cursor->running.high, (uint64_t)(reader->running >> 64));
    expect("running samples", cursor->running.samples, reader->running_samples);
    expect("boundary low", cursor->boundary.low, (uint64_t)reader->boundary);
    expect("boundary high", cursor->boundary.high, (uint64_t)(reader->boundary >> 64));
    expect("boundary samples", cursor->boundary.samples, reader->boundary_samples);
    for (uint64_t slot = 0; slot < reader->slot_count; slot++)
    {
        const uint64_t high = table[2 * slot + 1];
        expect("delta low", table[2 * slot], (uint64_t)reader->flop_counts[slot]);
        expect("delta carries", (uint32_t)high, (uint64_t)(reader->flop_counts[slot] >> 64));
        expect("delta samples", high >> FLOPMETER_DRAIN_SAMPLE_SHIFT, reader->samples[slot]);
        samples += reader->samples[slot];
    }
    expect("block", 0 != blocks[0], 0 != samples);
}

static void run(flopmeter_drain_t *cursor, reference_t *reader, uint64_t limit)
{
    for (int call = 0; call < CALLS_MAX; call++)
    {
        const int found = flopmeter_drain_guarded(cursor, limit);
        const int expected = read_all(reader, limit);

        expect("code", (uint64_t)(found < 0 ? -1 : found), (uint64_t)expected);
        expect("position", cursor->position, reader->position);
        if (found < 0)
        {
            return;
        }
        compare(cursor, reader);
        if (FLOPMETER_DRAIN_EMPTY == found || FLOPMETER_DRAIN_SLOT == found)
        {
            return;
        }
        /* As after a commit. */
        cursor->head_published = cursor->position;
        reader->head = reader->position;
        cursor->sequence_stop += 1;
        reader->stop += 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    static reference_t reader;
    scene_t scene;
    flopmeter_drain_t cursor;

    if (length <= sizeof(scene))
    {
        return 0;
    }
    memcpy(&scene, input, sizeof(scene));
    const uint32_t slot_count = 1 + scene.slot_count % SLOTS_MAX;
    const uint64_t position = ((uint64_t)scene.position_high << 30) + 16u * scene.position;
    const uint64_t sequence = 1 + (uint64_t)scene.position_high;
    /* To the byte, so that one byte too far is seen. */
    uint8_t *const ring = calloc(1, RING_LENGTH);
    uint64_t *const table = calloc(slot_count, 16);
    uint8_t *const block = calloc(1, 1);
    const size_t rest = length - sizeof(scene) > RING_LENGTH ? RING_LENGTH : length - sizeof(scene);
    for (size_t i = 0; i < rest; i++)
    {
        ring[(position + i) & (RING_LENGTH - 1)] = input[sizeof(scene) + i];
    }
    mend(ring, position, sequence, slot_count);

    memset(&reader, 0, sizeof(reader));
    memset(&cursor, 0, sizeof(cursor));
    reader.ring = ring;
    reader.slot_count = slot_count;
    reader.position = position;
    reader.head = position - 16u * scene.lag;
    reader.stop = 0 == scene.stop ? 0 : sequence + scene.stop;
    reader.open_count = scene.open_count % (SAMPLES_MAX + 1) % 4;
    reader.sequence = sequence;
    reader.running = scene.running_high < 128 ? 0 : ~(u128_t)0 - scene.running_high;
    reader.boundary = reader.running;
    cursor.ring_address = (uint64_t)(uintptr_t)ring;
    cursor.ring_capacity = RING_LENGTH;
    cursor.table_address = (uint64_t)(uintptr_t)table;
    cursor.block_address = (uint64_t)(uintptr_t)block;
    cursor.slot_count = slot_count;
    cursor.head_published = reader.head;
    cursor.sequence_stop = reader.stop;
    cursor.position = position;
    cursor.open_count = reader.open_count;
    cursor.sequence_next = sequence;
    cursor.running.low = (uint64_t)reader.running;
    cursor.running.high = (uint64_t)(reader.running >> 64);
    cursor.boundary = cursor.running;
    run(&cursor, &reader, 0 == scene.limit ? UINT32_MAX : 64u * scene.limit);

    free(ring);
    free(table);
    free(block);
    return 0;
}
