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

void flopmeter_record(flopmeter_key_t key, uint64_t flop_count)
{
    flopmeter_lane_t *const lane = flopmeter_thread_enter(0 != key ? 1 : 0);

    if (NULL != lane)
    {
        flopmeter_lane_stamp(lane, meter_time_ns());
        flopmeter_batch_add(&lane->batch, key, flop_count);
        flopmeter_thread_leave(lane);
    }
}

flopmeter_batch_t *flopmeter_batch_begin(void)
{
    flopmeter_lane_t *const lane = flopmeter_thread_enter(0);

    if (NULL == lane)
    {
        return &no_lane.batch;
    }

    flopmeter_lane_stamp(lane, flopmeter_sys_monotonic_ns());
    if (NULL == lane->record)
    {
        flopmeter_lane_claim(lane);
    }
    lane->busy = FLOPMETER_BUSY_BATCH;
    return flopmeter_lane_alive(lane) ? &lane->batch : &no_lane.batch;
}

void flopmeter_batch_end(flopmeter_batch_t *batch)
{
    flopmeter_lane_t *const lane = flopmeter_lane_of(batch);

    if (flopmeter_lane_alive(lane))
    {
        flopmeter_thread_leave(lane);
    }
}

/* Forked inside of a call: from now on the cursor has no room, and its samples go to a lane of the child. */
static void let_go_of_cursor(flopmeter_lane_t *lane)
{
    if (FLOPMETER_LANE_FORKED_MAGIC == lane->magic)
    {
        memset(&lane->batch, 0, sizeof(lane->batch));
        lane->magic = 0;
    }
}

void flopmeter_batch_add_slow(flopmeter_batch_t *batch, flopmeter_key_t key, uint64_t flop_count)
{
    flopmeter_lane_t *const lane = flopmeter_lane_of(batch);
    const uint32_t busy = lane->busy;

    if (FLOPMETER_LANE_FORKED_MAGIC == lane->magic)
    {
        return;
    }
    if (!flopmeter_lane_alive(lane))
    {
        /* No meter, or a cursor that was open across a fork: each sample finds its own way. */
        flopmeter_record(key, flop_count);
        return;
    }
    if (0 != __atomic_load_n(&flopmeter_detached, __ATOMIC_RELAXED))
    {
        return;
    }

    lane->busy = FLOPMETER_BUSY_RECORD;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (flopmeter_lane_alive(lane))
    {
        flopmeter_lane_add(lane, key, flop_count);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    }
    lane->busy = busy;
    let_go_of_cursor(lane);
}
