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

#include "flopmeter_core.h"
#include "flopmeter_key.h"
#include "flopmeter_wire.h"

#define FLOPMETER_LANE_PRIVATE_MAGIC (UINT64_C(0x656E616C6D706F6C))
#define FLOPMETER_BATCH_AGE_NS_MAX (2000000000)
#define FLOPMETER_NESTING_MAX (8)
#define FLOPMETER_KEY_CACHE (64)

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
    size_t length;
    uint32_t slot_capacity;
    uint32_t ring_capacity;
}
flopmeter_lane_file_t;

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
    uint32_t samples_until_retry;          /* folded samples before the next claim is tried */
    flopmeter_batch_t batch;

    flopmeter_wire_record_t *record;       /* open record, NULL when none */
    uint64_t position;                     /* where it begins, or where the next one will */
    uint64_t head;                         /* last reading that made sense */
    uint64_t sequence;
    uint64_t base_ns;
    uint64_t now_ns;                       /* time of the sample or batch in hand */
    uint64_t samples_at_claim;
    flopmeter_u128_t fold_flop;            /* tally of what was folded, not derived from the cells */
    uint64_t fold_samples;

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

static inline flopmeter_lane_t *flopmeter_lane_of(flopmeter_batch_t *batch)
{
    return (flopmeter_lane_t *)(void *)((uint8_t *)(void *)batch - offsetof(flopmeter_lane_t, batch));
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

/** Put the current time in: closes a record that is too old. */
void flopmeter_lane_stamp(flopmeter_lane_t *lane, uint64_t now_ns);

/** Try to claim a record; does nothing when one is open or the ring is full. */
void flopmeter_lane_claim(flopmeter_lane_t *lane);

/** Close the open record, if any: tally first, then length. */
void flopmeter_lane_close(flopmeter_lane_t *lane);

/** Fold: `flop_count` more for `key`, not through the ring. False when the key names nothing. */
bool flopmeter_lane_fold(flopmeter_lane_t *lane, flopmeter_key_t key, flopmeter_u128_t flop_count);

/** Count one sample where the inline path gave up. */
void flopmeter_lane_add(flopmeter_lane_t *lane, flopmeter_key_t key, uint64_t flop_count);

/** Close for good and let go of the file. */
void flopmeter_lane_retire(flopmeter_lane_t *lane);

/** Whether the last sample was released whole (a thread can end inside of one). */
bool flopmeter_lane_consistent(const flopmeter_lane_t *lane);

/** This thread's lane, marked busy, or NULL; then `samples` are lost if a meter is there. Pairs with leave. */
flopmeter_lane_t *flopmeter_thread_enter(uint64_t samples_at_stake);
void flopmeter_thread_leave(flopmeter_lane_t *lane);

/** This thread's context. */
uint32_t flopmeter_thread_context(void);

/** Called when the library is loaded; idempotent. */
void flopmeter_thread_init(void);

#endif /* FLOPMETER_LANE_H */
