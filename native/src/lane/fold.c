/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What happens while the ring is full: a sample is added to the cell of its slot (docs/design/0001-wire-format.md,
 * section 3).
 */

#include "flopmeter_double.h"
#include "flopmeter_lane.h"
#include "flopmeter_process.h"

static __attribute__((noinline, cold)) void lost_to_overflow(const flopmeter_lane_t *lane, uint32_t slot)
{
    flopmeter_core_gap(FLOPMETER_GAP_SHAPE, (flopmeter_source_t)lane->file.slots[slot].source);
    flopmeter_lost(1);
}

/*
 * Put a slot's sum into its cell, with stores only: a load may have to wait for the line. The cell's version is the
 * number of its samples.
 */
static inline void store_cell(flopmeter_wire_double_t *cell, const flopmeter_fold_sum_t *sum)
{
    flopmeter_double_store(cell, sum->samples - 1, flopmeter_u128(sum->low, sum->high), sum->samples);
}

/* Cell first, tally second: docs/design/0001-wire-format.md, section 3. */
void flopmeter_lane_fold_slot(flopmeter_lane_t *lane, uint32_t slot, flopmeter_u128_t flop_count)
{
    flopmeter_fold_sum_t *const sum = &lane->fold_sums[slot];
    const flopmeter_u128_t fold_flop = flopmeter_u128(lane->fold_low, lane->fold_high) + flop_count;
    const flopmeter_u128_t slot_flop = flopmeter_u128(sum->low, sum->high) + flop_count;

    /* No slot has more than the tally of all, so when this does not wrap, none does. */
    if (__builtin_expect(fold_flop < flop_count, 0))
    {
        lost_to_overflow(lane, slot);
        return;
    }

    sum->low = (uint64_t)slot_flop;
    sum->high = (uint64_t)(slot_flop >> 64);
    sum->samples += 1;
    store_cell(&lane->file.folds[slot], sum);
    lane->fold_low = (uint64_t)fold_flop;
    lane->fold_high = (uint64_t)(fold_flop >> 64);
    lane->fold_samples += 1;
#if !defined(FLOPMETER_CANARY_FOLD_TALLY)
    /* Written once per folded sample, so its version is their number. */
    flopmeter_double_store(&lane->file.header->fold_tally, lane->fold_samples - 1, fold_flop, lane->fold_samples);
#endif
}

void flopmeter_lane_fold(flopmeter_lane_t *lane, flopmeter_key_t key, flopmeter_u128_t flop_count)
{
    const uint32_t slot = flopmeter_lane_slot_of(lane, key);

    if (0 != slot)
    {
        flopmeter_lane_fold_slot(lane, slot - 1, flop_count);
    }
}

static inline bool fold_on(flopmeter_lane_t *lane, uint32_t slot, uint64_t flop_count)
{
    const uint64_t fold_samples = lane->fold_samples;
    const uint64_t fold_low = lane->fold_low + flop_count;

    /* The rest is for fold(): this one is what a full ring costs, sample by sample. */
    if (__builtin_expect(0 == slot || flopmeter_lane_is_claim_due(lane) || fold_low < flop_count, 0))
    {
        return false;
    }

    flopmeter_fold_sum_t *const sum = &lane->fold_sums[slot - 1];

    sum->low += flop_count;
    if (__builtin_expect(sum->low < flop_count, 0))
    {
        sum->high += 1;
    }
    sum->samples += 1;
    store_cell(&lane->file.folds[slot - 1], sum);
    lane->fold_low = fold_low;
    lane->fold_samples = fold_samples + 1;
#if !defined(FLOPMETER_CANARY_FOLD_TALLY)
    flopmeter_double_store_low(
        &lane->file.header->fold_tally, fold_samples, fold_low, lane->fold_high, fold_samples + 1);
#endif
    return true;
}

bool flopmeter_lane_fold_on(flopmeter_lane_t *lane, flopmeter_key_t key, uint64_t flop_count)
{
    return fold_on(lane, key < FLOPMETER_KEYS ? lane->slot_by_key[key] : 0, flop_count);
}

/* Whether the meter was turned off is asked with the next try to claim, 128 samples on at most. */
int flopmeter_batch_fold(flopmeter_batch_state_t *state, flopmeter_key_t key, uint64_t flop_count)
{
    flopmeter_lane_t *const lane = flopmeter_lane_of(state);
    bool done = false;

    if (__builtin_expect(key >= state->key_limit, 0))
    {
        return 0;
    }
    lane->busy = FLOPMETER_BUSY_RECORD;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(flopmeter_lane_alive(lane), 1))
    {
        done = fold_on(lane, lane->slot_by_key[key], flop_count);
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    lane->busy = FLOPMETER_BUSY_BATCH;
    flopmeter_lane_let_go_of_cursor(lane);
    return done;
}
