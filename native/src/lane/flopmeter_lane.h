/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The writer of one lane. One thread at a time owns a lane; `busy` keeps that thread's signal handlers out of it.
 */

#ifndef FLOPMETER_LANE_H
#define FLOPMETER_LANE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "flopmeter_core.h"
#include "flopmeter_key.h"
#include "flopmeter_process.h"
#include "flopmeter_wire.h"

#define FLOPMETER_LANE_PRIVATE_MAGIC (UINT64_C(0x656E616C6D706F6C))
/** In a child whose fork interrupted a record: what is still running in here is its parent's to count. */
#define FLOPMETER_LANE_FORKED_MAGIC (UINT64_C(0x64656B726F666F6C))
#define FLOPMETER_BATCH_AGE_NS_MAX (2000000000)
#define FLOPMETER_NESTING_MAX (8)
#define FLOPMETER_KEY_CACHE (64)
/** Folded samples from one try to claim a record to the next. */
#define FLOPMETER_FOLDS_PER_CLAIM (126)

#define FLOPMETER_BUSY_NOT (0)
/** Inside a function of this library. */
#define FLOPMETER_BUSY_RECORD (1)
/** Between flopmeter_batch_begin() and flopmeter_batch_end(). */
#define FLOPMETER_BUSY_BATCH (2)

/** A mapped lane file. */
typedef struct flopmeter_lane_file_stct
{
    flopmeter_wire_lane_t *header;
    flopmeter_wire_slot_t *slots;
    flopmeter_wire_double_t *folds;
    uint8_t *ring;
    flopmeter_wire_trailer_t *trailer;
    flopmeter_wire_journal_t *journal;
    size_t length;
    uint32_t slot_capacity;
    uint32_t ring_capacity;
    uint32_t journal_capacity;
}
flopmeter_lane_file_t;

/** What was folded into one slot: its cell is written from this and never read. */
typedef struct flopmeter_fold_sum_stct
{
    uint64_t low;
    uint64_t high;
    uint64_t samples;
    uint64_t version;                      /* of the cell */
}
flopmeter_fold_sum_t;

/**
 * Producer-private side of a lane. In pages with MADV_WIPEONFORK and never unmapped, so a pointer to one that a forked
 * child inherited leads to zeros: `magic` is 0 and every limit in `batch` refuses.
 */
typedef struct flopmeter_lane_stct
{
    uint64_t magic;
    uint32_t busy;
    uint32_t owned;                        /* 1 while it belongs to a thread */
    uint32_t owner_tid;
    uint32_t reserved;
    flopmeter_batch_state_t batch;

    flopmeter_wire_record_t *record;       /* open record, NULL when none */
    uint64_t position;                     /* where it begins, or where the next one will */
    uint64_t head;                         /* last reading that made sense */
    uint64_t sequence;
    uint64_t base_ns;
    uint64_t now_ns;                       /* time of the sample or batch in hand */
    uint64_t samples_at_claim;             /* through the ring, before the open record */
    uint64_t ring_low;                     /* tally of the ring, while the cursor is in the journal */
    uint64_t ring_high;
    uint64_t fold_low;                     /* tally of what was folded, not derived from the cells; while it is not */
    uint64_t fold_high;
    uint64_t fold_samples;                 /* before the journal */
    uint64_t journal_epoch;
    uint32_t journal_count;                /* while the cursor is elsewhere */
    uint32_t journal_wide;                 /* places that only hold upper bits */
    uint32_t journaling;                   /* the cursor is in the journal */
    flopmeter_fold_sum_t *fold_sums;       /* one per slot of the file */
    flopmeter_u128_t *fold_deltas;         /* behind them: what the journal being folded adds to each */
    uint8_t *fold_marks;                   /* behind those: one per 64 slots, not 0 where there may be such a delta */

    flopmeter_lane_file_t file;
    uint32_t slot_count;
    uint32_t no_successor;
    uint32_t overflow_count;
    uint32_t overflow_content[FLOPMETER_SLOTS_RESERVED];
    uint32_t overflow_slot[FLOPMETER_SLOTS_RESERVED];

    struct flopmeter_lane_stct *nested;    /* the thread's next lane, for handlers that interrupt this one */
    struct flopmeter_lane_stct *older;     /* in the list of the process */
    uint64_t key_cache[FLOPMETER_KEY_CACHE];

    uint32_t slot_by_key[FLOPMETER_KEYS] __attribute__((aligned(4096)));
}
flopmeter_lane_t;

static inline flopmeter_lane_t *flopmeter_lane_of(flopmeter_batch_state_t *batch)
{
    return (flopmeter_lane_t *)(void *)((uint8_t *)(void *)batch - offsetof(flopmeter_lane_t, batch));
}

/** Of the record or journal that the cursor is in. */
static inline flopmeter_sample_t *flopmeter_lane_sample_first(const flopmeter_lane_t *lane)
{
    return (flopmeter_sample_t *)(void *)(lane->batch.count_released + 2);
}

static inline bool flopmeter_lane_alive(const flopmeter_lane_t *lane)
{
    return FLOPMETER_LANE_PRIVATE_MAGIC == lane->magic;
}

/** Create and map a file with at least these capacities, or smaller ones where room is short. 0 or -errno. */
int flopmeter_lane_file_create(
    flopmeter_lane_file_t *file, uint32_t pid, uint64_t start_ticks, uint32_t slot_capacity, uint32_t ring_capacity);

/** A new lane of this process with no owner yet. Returns NULL and says why in `gap_reason`. Signals are blocked. */
flopmeter_lane_t *flopmeter_lane_create(uint32_t pid, uint64_t start_ticks, uint32_t *gap_reason);

/** Try to claim a record; does nothing when one is open or the ring is full. Takes the cursor out of the journal. */
void flopmeter_lane_claim(flopmeter_lane_t *lane);

/** Close the open record, if any: tally first, then length. */
void flopmeter_lane_close(flopmeter_lane_t *lane);

/** Slot + 1 for a key that has none here yet, 0 when the key names nothing. */
uint32_t flopmeter_lane_new_slot(flopmeter_lane_t *lane, flopmeter_key_t key);

/** Fold: `flop_count` more for `key`, not through the ring. */
void flopmeter_lane_fold(flopmeter_lane_t *lane, flopmeter_key_t key, flopmeter_u128_t flop_count);

/** Count one sample where the inline path gave up. */
void flopmeter_lane_add(flopmeter_lane_t *lane, flopmeter_key_t key, uint64_t flop_count);

/** Close for good and let go of the file. */
void flopmeter_lane_retire(flopmeter_lane_t *lane);

/** Put the cursor into the journal, or further on in it: there is no record. It has room for a sample then. */
void flopmeter_lane_enter_journal(flopmeter_lane_t *lane);

/** Take the cursor out of the journal. */
void flopmeter_lane_leave_journal(flopmeter_lane_t *lane);

/** Slot + 1 of `key` in this lane, 0 when the key names nothing. */
static inline uint32_t flopmeter_lane_slot_of(flopmeter_lane_t *lane, flopmeter_key_t key)
{
    const uint32_t slot = key < FLOPMETER_KEYS ? lane->slot_by_key[key] : 0;

    return 0 != slot ? slot : flopmeter_lane_new_slot(lane, key);
}

/** Forked inside of a call: from now on the cursor has no room, and its samples go to a lane of the child. */
static inline void flopmeter_lane_let_go_of_cursor(flopmeter_lane_t *lane)
{
    if (__builtin_expect(FLOPMETER_LANE_FORKED_MAGIC == lane->magic, 0))
    {
        memset(&lane->batch, 0, sizeof(lane->batch));
        lane->magic = 0;
    }
}

/** Take over what a cursor that nobody will end has released. */
void flopmeter_lane_catch_up(flopmeter_lane_t *lane);

/** Count one sample, if its slot is known and the cursor has room. The lane is entered. */
static inline bool flopmeter_lane_try_put(flopmeter_lane_t *lane, flopmeter_key_t key, uint64_t flop_count)
{
    flopmeter_sample_t *const sample = lane->batch.sample_next;
    const uint32_t slot =
        (sample != lane->batch.sample_limit && key < FLOPMETER_KEYS) ? lane->slot_by_key[key] : 0;

    if (__builtin_expect(0 == slot, 0))
    {
        return false;
    }
    lane->batch.sample_next = sample + 1;
    lane->batch.flop_low += flop_count;
    lane->batch.flop_high += (lane->batch.flop_low < flop_count) ? 1 : 0;
    flopmeter_sample_put(
        sample, ((uint64_t)lane->batch.dt_ns << 32) + (slot - 1), flop_count, lane->batch.count_released,
        (uint32_t)(sample - flopmeter_lane_sample_first(lane)) + 1);
    return true;
}

/** Count one sample; the lane is entered. */
static inline void flopmeter_lane_put(flopmeter_lane_t *lane, flopmeter_key_t key, uint64_t flop_count)
{
    if (__builtin_expect(!flopmeter_lane_try_put(lane, key, flop_count), 0))
    {
        flopmeter_lane_add(lane, key, flop_count);
    }
}

/** First lane of this thread's chain. Copied by fork(): in a child it leads to a wiped lane, which is not alive. */
extern __thread flopmeter_lane_t *flopmeter_thread_lane
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/** This thread has run its destructors: it holds a lane only while it records. */
extern __thread uint32_t flopmeter_thread_ending __attribute__((tls_model("initial-exec"), visibility("hidden")));

/** flopmeter_thread_enter() without a lane at hand. */
flopmeter_lane_t *flopmeter_thread_enter_slow(uint64_t samples_at_stake);

/** Let go of all lanes of this thread. */
void flopmeter_thread_let_go(void);

/** Register the fork handlers. */
void flopmeter_fork_init(void);

/** This thread's context. */
uint32_t flopmeter_thread_context(void);

/** Called when the library is loaded; idempotent. */
void flopmeter_thread_init(void);

/**
 * Mark `lane` busy if it is free and alive. In this order: a fork (in a handler) before the mark leaves zeros that the
 * second check finds, one after it is looked after by fork.c.
 */
static inline bool flopmeter_lane_enter(flopmeter_lane_t *lane)
{
    if (FLOPMETER_BUSY_NOT != lane->busy)
    {
        return false;
    }
    lane->busy = FLOPMETER_BUSY_RECORD;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(!flopmeter_lane_alive(lane), 0))
    {
        lane->busy = FLOPMETER_BUSY_NOT;
        return false;
    }
    return true;
}

/** The first lane of this thread, marked busy, or NULL when there is none that is free. */
static inline flopmeter_lane_t *flopmeter_thread_lane_entered(void)
{
    flopmeter_lane_t *const lane = flopmeter_thread_lane;

    return NULL == lane || 0 != __atomic_load_n(&flopmeter_detached, __ATOMIC_RELAXED) || !flopmeter_lane_enter(lane) ?
        NULL : lane;
}

/** This thread's lane, marked busy, or NULL; then the samples are lost if a meter is there. Pairs with leave. */
static inline flopmeter_lane_t *flopmeter_thread_enter(uint64_t samples_at_stake)
{
    flopmeter_lane_t *const lane = flopmeter_thread_lane_entered();

    return NULL != lane ? lane : flopmeter_thread_enter_slow(samples_at_stake);
}

static inline void flopmeter_lane_leave(flopmeter_lane_t *lane)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    lane->busy = FLOPMETER_BUSY_NOT;
}

static inline void flopmeter_thread_leave(flopmeter_lane_t *lane)
{
    flopmeter_lane_leave(lane);
    if (__builtin_expect(0 != flopmeter_thread_ending, 0))
    {
        flopmeter_thread_let_go();
    }
}

/** Put the current time in: closes a record that is too old. */
static inline void flopmeter_lane_stamp(flopmeter_lane_t *lane, uint64_t now_ns)
{
    const int64_t age_ns = (int64_t)(now_ns - lane->base_ns);

    lane->now_ns = now_ns;
    if (__builtin_expect(age_ns > FLOPMETER_BATCH_AGE_NS_MAX, 0))
    {
        flopmeter_lane_close(lane);
    }
    /* The meter's time word lags behind the clock, so a time before the base is no error. */
    lane->batch.dt_ns = age_ns <= 0 ? 0 : (uint32_t)age_ns;
}

#endif /* FLOPMETER_LANE_H */
