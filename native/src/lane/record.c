/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The public calls that count.
 */

#include <string.h>

#include "flopmeter_lane.h"
#include "flopmeter_process.h"
#include "flopmeter_sys.h"

/* What flopmeter_batch_begin() returns without a meter: it never has room, so it is never written to. */
static flopmeter_lane_t no_lane;

static uint64_t meter_time_ns(void)
{
    return __atomic_load_n(__atomic_load_n(&flopmeter_time_word, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}

/* The two ways that are not the usual one are calls of their own: flopmeter_record() then has no register to save. */
static __attribute__((noinline)) void record_in(flopmeter_lane_t *lane, flopmeter_key_t key, uint64_t flop_count)
{
    flopmeter_lane_stamp(lane, meter_time_ns());
    flopmeter_lane_put(lane, key, flop_count);
    flopmeter_lane_let_go_of_cursor(lane);
    flopmeter_thread_leave(lane);
}

static __attribute__((noinline)) void record_anywhere(flopmeter_key_t key, uint64_t flop_count)
{
    flopmeter_lane_t *const lane = flopmeter_thread_enter_slow(0 != key ? 1 : 0);

    if (NULL != lane)
    {
        record_in(lane, key, flop_count);
    }
}

void flopmeter_record(flopmeter_key_t key, uint64_t flop_count)
{
    flopmeter_lane_t *const lane = flopmeter_thread_lane_entered();

    if (__builtin_expect(NULL == lane, 0))
    {
        record_anywhere(key, flop_count);
    }
    /* At the time of the sample before this one, a sample is as far from the record's base as that was. */
    else if (__builtin_expect(meter_time_ns() != lane->now_ns || !flopmeter_lane_try_put(lane, key, flop_count), 0))
    {
        record_in(lane, key, flop_count);
    }
    else
    {
        /* No look at whether the thread is ending: if it were, its lane would have been had in the other way. */
        flopmeter_lane_let_go_of_cursor(lane);
        flopmeter_lane_leave(lane);
    }
}

flopmeter_batch_state_t *flopmeter_batch_open(void)
{
    flopmeter_lane_t *const lane = flopmeter_thread_enter(0);

    if (NULL == lane)
    {
        return &no_lane.batch;
    }

    flopmeter_lane_stamp(lane, flopmeter_sys_coarse_ns());
    if (NULL == lane->record)
    {
        flopmeter_lane_claim(lane);
    }
    lane->busy = FLOPMETER_BUSY_BATCH;
    return flopmeter_lane_alive(lane) ? &lane->batch : &no_lane.batch;
}

/* The cursor knows better than the lane what it wrote. */
static void take_back(const flopmeter_batch_t *batch)
{
    batch->state->sample_next = batch->sample_next;
    batch->state->flop_low = batch->flop_low;
    batch->state->flop_high = batch->flop_high;
}

/* A handler may have turned the meter off: then the lane is closed, and the cursor is of no value. */
static bool is_current(const flopmeter_batch_t *batch)
{
    return 0 != batch->state->key_limit;
}

void flopmeter_batch_close(const flopmeter_batch_t *batch)
{
    flopmeter_lane_t *const lane = flopmeter_lane_of(batch->state);

    if (flopmeter_lane_alive(lane))
    {
        lane->busy = FLOPMETER_BUSY_RECORD;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        if (is_current(batch))
        {
            take_back(batch);
        }
        flopmeter_thread_leave(lane);
    }
}

flopmeter_batch_state_t *flopmeter_batch_add_slow(
    const flopmeter_batch_t *batch, flopmeter_key_t key, uint64_t flop_count)
{
    flopmeter_lane_t *const lane = flopmeter_lane_of(batch->state);

    if (!flopmeter_lane_alive(lane))
    {
        /* No meter, or a cursor that was open across a fork: each sample finds its own way. */
        flopmeter_record(key, flop_count);
        return batch->state;
    }

    lane->busy = FLOPMETER_BUSY_RECORD;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (flopmeter_lane_alive(lane) && is_current(batch))
    {
        take_back(batch);
        if (0 == __atomic_load_n(&flopmeter_detached, __ATOMIC_RELAXED))
        {
            flopmeter_lane_add(lane, key, flop_count);
        }
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    lane->busy = FLOPMETER_BUSY_BATCH;
    flopmeter_lane_let_go_of_cursor(lane);
    return batch->state;
}
