/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The drain kernel: consumes the records of one lane's ring into a delta table (docs/design/0005-hot-path.md). Its twin
 * is org.flopmeter.wire.JavaDrainKernel: the same call leaves the same bytes. No JVM in here: the fuzzer links it.
 */

#ifndef FLOPMETER_DRAIN_H
#define FLOPMETER_DRAIN_H

#include <stddef.h>
#include <stdint.h>

/** Nothing more is released. */
#define FLOPMETER_DRAIN_EMPTY (0)
/** `length_limit` bytes are consumed; there may be more. */
#define FLOPMETER_DRAIN_LIMIT (1)
/** A sample names slot `fault_value[0]`, not below `slot_count`: look at the slot table again. */
#define FLOPMETER_DRAIN_SLOT (2)
/** The record before sequence_stop is consumed. */
#define FLOPMETER_DRAIN_STOP (3)

/** Violations of the wire format (0001). The cursor is at the record; table and sums are undefined. */
#define FLOPMETER_DRAIN_PADDING (-1)
#define FLOPMETER_DRAIN_LENGTH (-2)
#define FLOPMETER_DRAIN_OUTSTANDING (-3)
#define FLOPMETER_DRAIN_TYPE (-4)
#define FLOPMETER_DRAIN_SEQUENCE (-5)
#define FLOPMETER_DRAIN_COUNT_CLOSED (-6)
#define FLOPMETER_DRAIN_COUNT_OPEN (-7)
#define FLOPMETER_DRAIN_OVERFLOW (-8)
/** A page of the lane's map is gone: the file was truncated. Only from a guarded call. */
#define FLOPMETER_DRAIN_TRUNCATED (-9)

/** What one sample adds to the high word of its slot's delta, apart from the carry. */
#define FLOPMETER_DRAIN_SAMPLE_SHIFT (32)
/** Slots per byte of the block map. */
#define FLOPMETER_DRAIN_BLOCK_SHIFT (6)
/**
 * In a table of more slots each sample marks its block. In a smaller one a call that consumes anything marks all of
 * them: to look through 16 KiB once per commit is cheaper than a store for each sample.
 */
#if !defined(FLOPMETER_DRAIN_UNMARKED_MAX)
#define FLOPMETER_DRAIN_UNMARKED_MAX (1024)
#endif

/** u128 and how many samples are in it. */
typedef struct flopmeter_drain_sum_stct
{
    uint64_t low;
    uint64_t high;
    uint64_t samples;
}
flopmeter_drain_sum_t;

/** State of one reader, private to it. Addresses are of this process; the ring is what nobody believes. */
typedef struct flopmeter_drain_stct
{
    uint64_t ring_address;          /* 8-aligned */
    uint64_t ring_capacity;         /* bytes, a power of two */
    uint64_t table_address;         /* slot_count deltas {low, samples << 32 | carries}, 16-aligned */
    uint64_t block_address;         /* a byte for each 64 slots: 0 = none of them was touched */
    uint64_t slot_count;
    uint64_t head_published;        /* bytes the producer was given back: it can't be further ahead than one ring */
    uint64_t sequence_stop;         /* return when this is the next sequence */
    uint64_t position;              /* bytes consumed, at a record boundary */
    uint64_t open_count;            /* samples consumed of the record at the position */
    uint64_t sequence_next;         /* of the record at the position */
    flopmeter_drain_sum_t running;  /* all that was consumed */
    flopmeter_drain_sum_t boundary; /* what was consumed up to the position */
    uint64_t fault_value[2];        /* what made the call return */
    uint64_t map_address;           /* of the lane's file, for the guard */
    uint64_t map_length;
}
flopmeter_drain_t;

/**
 * Consume released samples until nothing is left, or a record ends `length_limit` bytes or more after the position.
 * One thread per cursor; no allocation, no lock, no system call. Returns one of the codes above.
 */
int flopmeter_drain(flopmeter_drain_t *cursor, uint64_t length_limit);

/** As flopmeter_drain(), and a SIGBUS inside the lane's map ends the call with FLOPMETER_DRAIN_TRUNCATED. */
int flopmeter_drain_guarded(flopmeter_drain_t *cursor, uint64_t length_limit);

/**
 * Install the handler behind flopmeter_drain_guarded(), before any call of it; once per process, idempotent. A SIGBUS
 * that is not ours goes to the handler that was there. 0, or the errno of sigaction().
 */
int flopmeter_drain_guard_install(void);

#endif /* FLOPMETER_DRAIN_H */
