/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Parts of flopmeter-bench-producer. The library is used through its public header only; what the lane looks like from
 * outside (head, tail, tally) is read from the file, by docs/design/0001-wire-format.md.
 */

#ifndef FLOPMETER_BENCH_PRODUCER_H
#define FLOPMETER_BENCH_PRODUCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <flopmeter/flopmeter.h>

#include "bench_common.h"

#define HISTOGRAM_BUCKETS (4096)

__extension__ typedef unsigned __int128 bench_u128_t;

typedef struct options_stct
{
    int cpu;                  /* negative: not pinned */
    uint32_t threads;
    uint32_t slots;           /* keys in use per thread */
    uint32_t batch;           /* samples per flopmeter_batch_begin() .. end() */
    uint32_t room_resume;     /* part of the ring, 1/N, that must be free before a full one is written to again */
    uint64_t seed;
    bool plant;               /* the canary: expect one FLOP too many */
    const char *stamps_path;
}
options_t;

typedef struct pattern_entry_stct
{
    flopmeter_key_t key;
    uint32_t slot;            /* index into the table of all keys of the process */
    uint64_t flop_count;
}
pattern_entry_t;

/** What one thread sends again and again. */
typedef struct pattern_stct
{
    pattern_entry_t *entries;
    bench_u128_t *prefix;     /* FLOP of the first i entries */
    uint32_t length;          /* a power of two */
    uint64_t produced;        /* samples so far; the next entry is this, modulo the length */
}
pattern_t;

/** The lane of the calling thread, seen from outside. */
typedef struct lane_view_stct
{
    uint8_t *base;
    uint8_t *ring;
    uint64_t *tail;
    uint64_t *head;
    uint32_t ring_capacity;
    uint64_t nonce;
    uint64_t head_cached;
    uint64_t position;        /* of the walk that plays the reader */
    uint64_t sequence_next;
    uint64_t samples_walked;
}
lane_view_t;

/** (position, time) of records as they are closed, for the meter's side to compare with the head it has published. */
typedef struct stamp_stct
{
    uint64_t position;
    uint64_t time_ns;
}
stamp_t;

#define STAMPS (8192)

typedef struct stamps_stct
{
    uint64_t nonce;
    uint64_t written;
    uint64_t pad[6];
    stamp_t stamps[STAMPS];
}
stamps_t;

/** What one command did on one thread. */
typedef struct work_result_stct
{
    uint64_t samples;
    uint64_t busy_ticks;      /* inside of the library, and in reading the pattern */
    uint64_t bursts;
    uint64_t begin_ns;
    uint64_t end_ns;
    uint64_t waits;           /* times that it found no room and waited */
    uint64_t late;            /* bursts that began later than one interval after their time */
    bool exact;               /* where the thread could tell itself */
}
work_result_t;

typedef struct worker_stct
{
    const options_t *options;
    uint32_t index;
    pattern_t pattern;
    lane_view_t lane;
    stamps_t *stamps;
    work_result_t result;
    uint64_t *histogram;      /* ns of each timed burst, the last bucket for all above */
    double tick_ns;
    uint64_t tick_overhead;
}
worker_t;

/** How one command works; set before the workers are woken. */
typedef struct command_stct
{
    const char *name;
    void (*run)(worker_t *worker, const struct command_stct *command);
    uint64_t samples;         /* per thread */
    uint64_t samples_per_sec; /* per thread, 0 = as fast as possible */
    bool single;              /* flopmeter_record() instead of batches */
}
command_t;

/** Intern all keys of the process; workers share the table. */
void pattern_intern(const options_t *options);

/** Fill one worker's pattern from the seed and its index. */
void pattern_create(pattern_t *pattern, const options_t *options, uint32_t index);

/** FLOP of the first `samples` samples of this pattern. */
bench_u128_t pattern_sum(const pattern_t *pattern, uint64_t samples);

/** One line "node precision FLOP samples" per key that has samples, exact, computed from the pattern alone. */
void pattern_write_totals(const options_t *options, const worker_t *workers, FILE *out);

/** Find the calling thread's lane in FLOPMETER_LANE_DIR, after its first record. */
void lane_view_open(lane_view_t *view);

/** Wait until a reader has made room for `length` bytes. Return whether there was a wait. */
bool lane_view_wait(lane_view_t *view, uint64_t length, uint32_t room_resume, bool yields);

/** Play a reader that costs nothing: move the head over all closed records. */
void lane_view_discard(lane_view_t *view);

/** Does the producer's own tally in the lane equal the pattern, as far as it has got? */
bool lane_view_tally_exact(const lane_view_t *view, const pattern_t *pattern);

/** Commands. */
void mode_flow(worker_t *worker, const command_t *command);
void mode_push(worker_t *worker, const command_t *command);
void mode_pace(worker_t *worker, const command_t *command);
void mode_free(worker_t *worker, const command_t *command);
void mode_stamped(worker_t *worker, const command_t *command);
void mode_baseline(worker_t *worker, const command_t *command);

#endif /* FLOPMETER_BENCH_PRODUCER_H */
