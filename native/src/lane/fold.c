/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What happens while the ring is full: samples go to the journal, as they would go to a record, and a journal that is
 * full is added to the cells of its slots (docs/design/0001-wire-format.md, section 3).
 */

#include "flopmeter_double.h"
#include "flopmeter_lane.h"
#include "flopmeter_process.h"

static __attribute__((noinline, cold)) void lost_to_overflow(const flopmeter_lane_t *lane, uint32_t slot)
{
    flopmeter_core_gap(FLOPMETER_GAP_SHAPE, (flopmeter_source_t)lane->file.slots[slot].source);
    flopmeter_lost(1);
}

static flopmeter_sample_t *journal_first(const flopmeter_lane_t *lane)
{
    return (flopmeter_sample_t *)(void *)(lane->file.journal + 1);
}

/* One addition of 128 bits adds the FLOP, and counts the sample above them: a journal is far too short for either to
 * reach the other. */
#define DELTA_SAMPLE ((flopmeter_u128_t)1 << 96)
#define DELTA_FLOP_HIGH_BITS (32)

/* Up to here a look at every delta costs less than a mark per sample. */
#define SLOTS_UNMARKED_MAX (4096)

#define SLOTS_PER_BLOCK (64)

/* The journal is writable by others: a slot is not followed beyond the table, whatever it says. */
static void add_up(flopmeter_lane_t *lane, uint32_t count)
{
    const flopmeter_sample_t *const samples = journal_first(lane);
    flopmeter_u128_t *const deltas = lane->fold_deltas;
    const uint32_t mask = lane->file.slot_capacity - 1;

    for (uint32_t i = 0; i < count; i++)
    {
        deltas[samples[i].slot & mask] += DELTA_SAMPLE + samples[i].flop_count;
    }
}

/* The same with all there is to look at. */
static void add_up_marked(flopmeter_lane_t *lane, uint32_t count)
{
    const flopmeter_sample_t *const samples = journal_first(lane);
    const uint32_t mask = lane->file.slot_capacity - 1;

    for (uint32_t i = 0; i < count; i++)
    {
        const uint32_t word = samples[i].slot;
        const uint32_t slot = word & mask;

        lane->fold_deltas[slot] += DELTA_SAMPLE + samples[i].flop_count;
        lane->fold_marks[slot / SLOTS_PER_BLOCK] = 1;
        if (__builtin_expect(0 != (word & FLOPMETER_JOURNAL_WIDE) && i + 1 < count, 0))
        {
            lane->fold_sums[slot].high += samples[++i].flop_count;
        }
    }
}

/* With stores only: a load may have to wait for the line. The version tells through which journal, and the copy. */
static void store_cell(flopmeter_lane_t *lane, uint32_t slot)
{
    const flopmeter_u128_t delta = lane->fold_deltas[slot];
    const uint64_t above = (uint64_t)(delta >> 64);
    flopmeter_fold_sum_t *const sum = &lane->fold_sums[slot];
    const uint64_t low = sum->low + (uint64_t)delta;

    sum->high += (uint32_t)above + (low < sum->low ? 1 : 0);
    sum->low = low;
    sum->samples += above >> DELTA_FLOP_HIGH_BITS;
    sum->version = (lane->journal_epoch << 1) | (~sum->version & 1);
    lane->fold_deltas[slot] = 0;
    flopmeter_double_store(
        &lane->file.folds[slot], sum->version - 1, flopmeter_u128(sum->low, sum->high), sum->samples);
}

static void store_cells(flopmeter_lane_t *lane, bool is_marked)
{
    for (uint32_t block = 0; block * SLOTS_PER_BLOCK < lane->slot_count; block++)
    {
        const uint32_t first = block * SLOTS_PER_BLOCK;
        const uint32_t left = lane->slot_count - first;

        if (is_marked && 0 == lane->fold_marks[block])
        {
            continue;
        }
        lane->fold_marks[block] = 0;
        for (uint32_t slot = first; slot < first + (left < SLOTS_PER_BLOCK ? left : SLOTS_PER_BLOCK); slot++)
        {
            if (0 != lane->fold_deltas[slot])
            {
                store_cell(lane, slot);
            }
        }
    }
}

/*
 * Killed anywhere in here, a producer leaves a journal that each cell either has or has not, and its version says
 * which. The tally is `flop`, which was never in the journal.
 */
static void fold_journal(flopmeter_lane_t *lane, uint32_t count, flopmeter_u128_t flop)
{
    flopmeter_wire_journal_t *const journal = lane->file.journal;
    const bool is_marked = lane->slot_count > SLOTS_UNMARKED_MAX || 0 != lane->journal_wide;

#if defined(FLOPMETER_CANARY_JOURNAL_EARLY)
    __atomic_store_n(&journal->count, 0, __ATOMIC_RELEASE);
#endif
    if (is_marked)
    {
        add_up_marked(lane, count);
    }
    else
    {
        add_up(lane, count);
    }
    store_cells(lane, is_marked);
    lane->fold_samples += count - lane->journal_wide;
#if defined(FLOPMETER_CANARY_FOLD_TALLY)
    flop -= 1;
#endif
    flopmeter_double_store(&lane->file.header->fold_tally, lane->journal_epoch - 1, flop, lane->fold_samples);
    lane->journal_wide = 0;
    lane->journal_epoch += 1;
    __atomic_store_n(&journal->count, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&journal->epoch, lane->journal_epoch, __ATOMIC_RELEASE);
    /* The new epoch must be out before a sample of the last one is overwritten. */
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

void flopmeter_lane_enter_journal(flopmeter_lane_t *lane)
{
    flopmeter_batch_state_t *const batch = &lane->batch;
    flopmeter_sample_t *const first = journal_first(lane);
    flopmeter_sample_t *const end = first + lane->file.journal_capacity;

    if (!lane->journaling)
    {
        lane->journaling = 1;
        lane->ring_low = batch->flop_low;
        lane->ring_high = batch->flop_high;
        batch->flop_low = lane->fold_low;
        batch->flop_high = lane->fold_high;
        batch->count_released = &lane->file.journal->count;
        batch->sample_next = first + lane->journal_count;
    }
    if (end == batch->sample_next)
    {
        fold_journal(lane, lane->file.journal_capacity, flopmeter_u128(batch->flop_low, batch->flop_high));
        batch->sample_next = first;
    }
    batch->sample_limit = end - batch->sample_next < FLOPMETER_FOLDS_PER_CLAIM ?
        end : batch->sample_next + FLOPMETER_FOLDS_PER_CLAIM;
}

void flopmeter_lane_leave_journal(flopmeter_lane_t *lane)
{
    flopmeter_batch_state_t *const batch = &lane->batch;

    if (lane->journaling)
    {
        lane->journaling = 0;
        lane->journal_count = (uint32_t)(batch->sample_next - journal_first(lane));
        lane->fold_low = batch->flop_low;
        lane->fold_high = batch->flop_high;
        batch->flop_low = lane->ring_low;
        batch->flop_high = lane->ring_high;
        batch->sample_next = NULL;
        batch->sample_limit = NULL;
    }
}

/* In two places of the journal, released at once. */
static void put_wide(flopmeter_lane_t *lane, uint32_t slot, flopmeter_u128_t flop_count)
{
    const flopmeter_u128_t fold_flop = flopmeter_u128(lane->fold_low, lane->fold_high) + flop_count;

    /*
     * No slot has more than the tally of all. A reader takes 2^120 FLOP for a lie and gives the lane up; what is left
     * below it is for samples of 64 bits, which nobody looks at.
     */
    if (__builtin_expect(fold_flop < flop_count || 0 != (fold_flop >> 119), 0))
    {
        lost_to_overflow(lane, slot);
        return;
    }
    if (lane->file.journal_capacity - lane->journal_count < 2)
    {
        fold_journal(lane, lane->journal_count, flopmeter_u128(lane->fold_low, lane->fold_high));
        lane->journal_count = 0;
    }

    flopmeter_sample_t *const sample = journal_first(lane) + lane->journal_count;

    sample[0].slot = slot | FLOPMETER_JOURNAL_WIDE;
    sample[0].dt_ns = 0;
    sample[0].flop_count = (uint64_t)flop_count;
    sample[1].slot = 0;
    sample[1].dt_ns = 0;
    sample[1].flop_count = (uint64_t)(flop_count >> 64);
    lane->journal_count += 2;
    lane->journal_wide += 1;
    lane->fold_low = (uint64_t)fold_flop;
    lane->fold_high = (uint64_t)(fold_flop >> 64);
    __atomic_store_n(&lane->file.journal->count, lane->journal_count, __ATOMIC_RELEASE);
}

void flopmeter_lane_fold(flopmeter_lane_t *lane, flopmeter_key_t key, flopmeter_u128_t flop_count)
{
    const uint32_t slot = flopmeter_lane_slot_of(lane, key);
    const bool journaling = 0 != lane->journaling;

    if (0 == slot || !flopmeter_lane_alive(lane))
    {
        return;
    }
    flopmeter_lane_leave_journal(lane);
    put_wide(lane, slot - 1, flop_count);
    if (journaling)
    {
        flopmeter_lane_enter_journal(lane);
    }
}
