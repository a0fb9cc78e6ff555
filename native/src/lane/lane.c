/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "flopmeter_double.h"
#include "flopmeter_lane.h"
#include "flopmeter_process.h"
#include "flopmeter_sys.h"

_Static_assert(sizeof(flopmeter_sample_t) == 16, "sample");
_Static_assert(
    FLOPMETER_RECORD_LENGTH_MAX == sizeof(flopmeter_wire_record_t) + FLOPMETER_RECORD_SAMPLES_MAX * 16, "record");

#define FLOPMETER_LINE (64)

static size_t fold_sums_length(const flopmeter_lane_file_t *file)
{
    return file->slot_capacity * (sizeof(flopmeter_fold_sum_t) + sizeof(flopmeter_u128_t)) +
        (file->slot_capacity + 63) / 64;
}

static void drop_file(const flopmeter_lane_file_t *file)
{
    __atomic_store_n(&file->header->state, FLOPMETER_LANE_CLOSED, __ATOMIC_RELEASE);
    munmap(file->header, file->length);
}

static void use_file(flopmeter_lane_t *lane, const flopmeter_lane_file_t *file, flopmeter_fold_sum_t *fold_sums)
{
    lane->file = *file;
    lane->fold_sums = fold_sums;
    lane->fold_deltas = (flopmeter_u128_t *)(void *)(fold_sums + file->slot_capacity);
    lane->fold_marks = (uint8_t *)(void *)(lane->fold_deltas + file->slot_capacity);
    lane->record = NULL;
    lane->position = 0;
    lane->head = 0;
    lane->sequence = 0;
    lane->slot_count = 0;
    lane->no_successor = 0;
    lane->overflow_count = 0;
    lane->ring_low = 0;
    lane->ring_high = 0;
    lane->fold_low = 0;
    lane->fold_high = 0;
    lane->fold_samples = 0;
    lane->journal_epoch = 1;
    lane->journal_count = 0;
    lane->journal_wide = 0;
    lane->journaling = 0;
    lane->batch.sample_next = NULL;
    lane->batch.sample_limit = NULL;
    lane->batch.flop_low = 0;
    lane->batch.flop_high = 0;
    lane->samples_at_claim = 0;
    lane->batch.slot_by_key = lane->slot_by_key;
    lane->batch.key_limit = FLOPMETER_KEYS;
}

static bool succeed_unsignalled(flopmeter_lane_t *lane)
{
    flopmeter_process_t *const process = flopmeter_process();
    const flopmeter_lane_file_t old = lane->file;
    flopmeter_lane_file_t next;

    if (NULL == process || lane->no_successor || old.slot_capacity >= FLOPMETER_SLOTS_MAX ||
        0 != flopmeter_lane_file_create(
            &next, process->pid, flopmeter_process_start_ticks(process), 2 * old.slot_capacity, old.ring_capacity))
    {
        lane->no_successor = 1;
        return false;
    }

    flopmeter_fold_sum_t *const fold_sums =
        next.slot_capacity <= old.slot_capacity ? NULL : flopmeter_private_map(fold_sums_length(&next));
    if (NULL == fold_sums)
    {
        /* Only a small one could be had: keep the old one, the meter finds an empty lane and drops it. */
        drop_file(&next);
        lane->no_successor = 1;
        return false;
    }

    flopmeter_fold_sum_t *const fold_sums_old = lane->fold_sums;
    flopmeter_lane_close(lane);
    memset(lane->slot_by_key, 0, sizeof(lane->slot_by_key));
    use_file(lane, &next, fold_sums);
    drop_file(&old);
    munmap(fold_sums_old, fold_sums_length(&old));
    return true;
}

/* The lane's own slots are full: go on in a new file with twice as many, under the same cursor. */
static bool succeed(flopmeter_lane_t *lane)
{
    const int errno_before = errno;
    sigset_t before;

    flopmeter_sys_block_signals(&before);
    const bool succeeded = succeed_unsignalled(lane);
    flopmeter_sys_restore_signals(&before);
    errno = errno_before;
    return succeeded;
}

static void fill_slot(flopmeter_wire_slot_t *slot, uint32_t content)
{
    const uint32_t context_id = flopmeter_key_context(content);

    slot->precision = (uint16_t)((content >> 12) & 15);
    slot->basis = (uint16_t)((content >> 8) & 15);
    slot->source = (uint16_t)((content >> 4) & 15);
    slot->part = (uint8_t)((content >> 2) & 3);

    if (FLOPMETER_CONTEXT_OVERFLOW == context_id)
    {
        slot->flags = FLOPMETER_SLOT_FLAG_OVERFLOW;
        return;
    }

    const flopmeter_context_t *const context = flopmeter_context_of(context_id);
    const flopmeter_context_t *const run = 0 == context->run_length ? &flopmeter_config.context : context;
    const flopmeter_context_t *const node = 0 == context->node_length ? &flopmeter_config.context : context;

    slot->run_length = run->run_length;
    memcpy(slot->run, run->run, run->run_length);
    slot->node_length = node->node_length;
    memcpy(slot->node, node->node, node->node_length);
}

static uint32_t append_slot(flopmeter_lane_t *lane, uint32_t content)
{
    const uint32_t slot = lane->slot_count;

    fill_slot(&lane->file.slots[slot], content);
    lane->slot_count = slot + 1;
    __atomic_store_n(&lane->file.header->slot_count, slot + 1, __ATOMIC_RELEASE);
    return slot;
}

static uint32_t overflow_slot(flopmeter_lane_t *lane, uint32_t content)
{
    const uint32_t bare = (content & 0xFFFF) | ((uint32_t)FLOPMETER_CONTEXT_OVERFLOW << 16);

    for (uint32_t i = 0; i < lane->overflow_count; i++)
    {
        if (bare == lane->overflow_content[i])
        {
            return lane->overflow_slot[i];
        }
    }
    if (lane->slot_count == lane->file.slot_capacity || lane->overflow_count == FLOPMETER_SLOTS_RESERVED)
    {
        return lane->overflow_slot[lane->overflow_count - 1];
    }

    const uint32_t slot = append_slot(lane, bare);
    lane->overflow_content[lane->overflow_count] = bare;
    lane->overflow_slot[lane->overflow_count] = slot;
    lane->overflow_count += 1;
    return slot;
}

uint32_t flopmeter_lane_new_slot(flopmeter_lane_t *lane, flopmeter_key_t key)
{
    const uint32_t content = flopmeter_key_content(key);

    if (0 != content)
    {
        const uint32_t limit = lane->file.slot_capacity - FLOPMETER_SLOTS_RESERVED;
        const bool overflow = FLOPMETER_CONTEXT_OVERFLOW == flopmeter_key_context(content);
        const bool room = !overflow && (lane->slot_count < limit || succeed(lane));

        lane->slot_by_key[key] = 1 + (room ? append_slot(lane, content) : overflow_slot(lane, content));
        return lane->slot_by_key[key];
    }
    return 0;
}

/* Bytes between the reader's head and the end of the ring that may be written. The head is not believed blindly. */
static uint64_t room(flopmeter_lane_t *lane, uint64_t required)
{
    const uint64_t capacity = lane->file.ring_capacity;

    if (capacity - (lane->position - lane->head) < required)
    {
        const uint64_t head = __atomic_load_n(&lane->file.trailer->head, __ATOMIC_ACQUIRE);
        if (head >= lane->head && head <= lane->position)
        {
            lane->head = head;
        }
    }
    return capacity - (lane->position - lane->head);
}

static flopmeter_wire_record_t *record_at(const flopmeter_lane_t *lane, uint64_t position)
{
    return (flopmeter_wire_record_t *)(void *)(lane->file.ring + (position & (lane->file.ring_capacity - 1)));
}

static void zero_header(const flopmeter_lane_t *lane, uint64_t position)
{
#if !defined(FLOPMETER_CANARY_NEXT_HEADER)
    flopmeter_wire_record_t *const record = record_at(lane, position);

    __atomic_store_n(&record->type, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&record->length, 0, __ATOMIC_RELEASE);
#else
    (void)lane;
    (void)position;
#endif
}

static void pad(flopmeter_lane_t *lane, uint32_t length)
{
    flopmeter_wire_record_t *const record = record_at(lane, lane->position);

    zero_header(lane, lane->position + length);
    __atomic_store_n(&record->type, FLOPMETER_RECORD_TYPE_PADDING, __ATOMIC_RELAXED);
    lane->position += length;
    __atomic_store_n(&lane->file.trailer->tail, lane->position, __ATOMIC_RELEASE);
    __atomic_store_n(&record->length, (int32_t)length, __ATOMIC_RELEASE);
}

/*
 * Fetch the first lines of the ring for writing: each sample asks for those further on, and none was before these.
 * Where the instruction is not known it does nothing.
 */
static void fetch_first(const flopmeter_wire_record_t *record)
{
    for (uint32_t offset = 0; offset < FLOPMETER_SAMPLE_AHEAD; offset += FLOPMETER_LINE)
    {
#if defined(__x86_64__)
        __asm__ volatile ("prefetchw %0" : : "m" (((const uint8_t *)record)[offset]));
#else
        __builtin_prefetch((const uint8_t *)record + offset, 1);
#endif
    }
}

void flopmeter_lane_claim(flopmeter_lane_t *lane)
{
    const uint32_t capacity = lane->file.ring_capacity;
    const uint32_t to_end = capacity - (uint32_t)(lane->position & (capacity - 1));
    const uint32_t padding = to_end < FLOPMETER_RECORD_LENGTH_MIN ? to_end : 0;
    const uint32_t claim = 0 != padding || to_end > FLOPMETER_RECORD_LENGTH_MAX ? FLOPMETER_RECORD_LENGTH_MAX : to_end;

    if (NULL != lane->record)
    {
        return;
    }
    if (room(lane, padding + claim + 8) < padding + claim + 8)
    {
        return;
    }
    flopmeter_lane_leave_journal(lane);
    if (0 != padding)
    {
        pad(lane, padding);
    }

    flopmeter_wire_record_t *const record = record_at(lane, lane->position);
    flopmeter_sample_t *const samples = (flopmeter_sample_t *)(void *)(record + 1);

    if (record_at(lane, 0) == record)
    {
        fetch_first(record);
    }
    /* Not plain: a drain kernel loads the word that the type shares with the length, whatever the length is. */
    __atomic_store_n(&record->type, FLOPMETER_RECORD_TYPE_BATCH, __ATOMIC_RELAXED);
    record->sequence = lane->sequence + 1;
    record->base_ns = lane->now_ns;
    record->reserved = 0;
    __atomic_store_n(&record->count, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&lane->file.trailer->tail, lane->position + claim, __ATOMIC_RELEASE);
    __atomic_store_n(&record->length, -(int32_t)claim, __ATOMIC_RELEASE);

    lane->sequence += 1;
    lane->base_ns = lane->now_ns;
    lane->record = record;
    lane->batch.dt_ns = 0;
    lane->batch.count_released = &record->count;
    lane->batch.sample_limit = samples + (claim - sizeof(*record)) / sizeof(*samples);
    lane->batch.sample_next = samples;
}

void flopmeter_lane_close(flopmeter_lane_t *lane)
{
    flopmeter_wire_record_t *const record = lane->record;

    if (NULL == record)
    {
        return;
    }

    const uint32_t count = (uint32_t)(lane->batch.sample_next - flopmeter_lane_sample_first(lane));
    const uint32_t length = (uint32_t)(sizeof(*record) + count * sizeof(flopmeter_sample_t));

    lane->record = NULL;
    lane->samples_at_claim += count;
    lane->batch.sample_limit = NULL;
    lane->batch.sample_next = NULL;
    lane->position += length;
    zero_header(lane, lane->position);
#if defined(FLOPMETER_CANARY_TALLY_LATE)
    __atomic_store_n(&record->length, (int32_t)length, __ATOMIC_RELEASE);
#endif
    /* Written once per batch, so its version is the sequence of the batch before. */
    flopmeter_double_store(
        &lane->file.header->ring_tally,
        lane->sequence - 1,
        flopmeter_u128(lane->batch.flop_low, lane->batch.flop_high),
        lane->samples_at_claim);
    __atomic_store_n(&lane->file.trailer->tail, lane->position, __ATOMIC_RELEASE);
    __atomic_store_n(&record->length, (int32_t)length, __ATOMIC_RELEASE);
}

void flopmeter_lane_add(flopmeter_lane_t *lane, flopmeter_key_t key, uint64_t flop_count)
{
    /* Not alive: a child goes on where its parent was interrupted, and the parent counts it. */
    if (!flopmeter_lane_alive(lane))
    {
        return;
    }

    const uint32_t slot = flopmeter_lane_slot_of(lane, key);

    if (0 == slot)
    {
        return;
    }

    if (lane->batch.sample_next == lane->batch.sample_limit)
    {
        flopmeter_lane_close(lane);
        flopmeter_lane_claim(lane);
        if (NULL == lane->record)
        {
            flopmeter_lane_enter_journal(lane);
        }
    }

    flopmeter_lane_put(lane, key, flop_count);
}

void flopmeter_lane_retire(flopmeter_lane_t *lane)
{
    flopmeter_lane_close(lane);
    __atomic_store_n(&lane->file.header->state, FLOPMETER_LANE_CLOSED, __ATOMIC_RELEASE);
}

void flopmeter_lane_catch_up(flopmeter_lane_t *lane)
{
    if (NULL == lane->batch.sample_limit)
    {
        return;
    }

    flopmeter_sample_t *const first = flopmeter_lane_sample_first(lane);
    const uint32_t claimed = (uint32_t)(lane->batch.sample_limit - first);
    const uint32_t count = __atomic_load_n(lane->batch.count_released, __ATOMIC_RELAXED);

    /* The lane is writable by others: a count that can't be ours is not followed. */
    for (const flopmeter_sample_t *const end = first + (count < claimed ? count : claimed);
        lane->batch.sample_next < end; lane->batch.sample_next++)
    {
        const uint64_t flop_count = lane->batch.sample_next->flop_count;
        lane->batch.flop_low += flop_count;
        lane->batch.flop_high += (lane->batch.flop_low < flop_count) ? 1 : 0;
    }
}

flopmeter_lane_t *flopmeter_lane_create(uint32_t pid, uint64_t start_ticks, uint32_t *gap_reason)
{
    flopmeter_lane_t *const lane = flopmeter_private_map(sizeof(*lane));
    flopmeter_lane_file_t file;

    if (NULL == lane)
    {
        *gap_reason = FLOPMETER_GAP_MEMORY;
        return NULL;
    }

    const int result = flopmeter_lane_file_create(
        &file, pid, start_ticks, flopmeter_config.slot_capacity, flopmeter_config.ring_capacity);
    if (0 != result)
    {
        munmap(lane, sizeof(*lane));
        *gap_reason = -ENOENT == result || -ENOTDIR == result || -EACCES == result || -EPERM == result ?
            FLOPMETER_GAP_DIRECTORY : -ENOMEM == result ? FLOPMETER_GAP_MEMORY : FLOPMETER_GAP_LANE;
        return NULL;
    }

    flopmeter_fold_sum_t *const fold_sums = flopmeter_private_map(fold_sums_length(&file));
    if (NULL == fold_sums)
    {
        drop_file(&file);
        munmap(lane, sizeof(*lane));
        *gap_reason = FLOPMETER_GAP_MEMORY;
        return NULL;
    }
    use_file(lane, &file, fold_sums);
    lane->magic = FLOPMETER_LANE_PRIVATE_MAGIC;
    return lane;
}
