/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What libflopmeter.so offers to the project's own native parts and to nobody else. Not installed.
 */

#ifndef FLOPMETER_CORE_H
#define FLOPMETER_CORE_H

#include "flopmeter/flopmeter.h"

__extension__ typedef unsigned __int128 flopmeter_u128_t;

/** Parts of an interval, docs/design/0001-wire-format.md. */
typedef enum flopmeter_part_enum
{
    FLOPMETER_PART_COUNT = 0,
    FLOPMETER_PART_ESTIMATE = 1,
    FLOPMETER_PART_BOUND = 2
}
flopmeter_part_t;

/** Reasons of a gap, docs/design/0002-meter-directory.md. */
typedef enum flopmeter_gap_reason_enum
{
    FLOPMETER_GAP_LANE = 1,
    FLOPMETER_GAP_DIRECTORY = 2,
    FLOPMETER_GAP_SYMBOL = 3,
    FLOPMETER_GAP_MEMORY = 4,
    FLOPMETER_GAP_NESTING = 5,
    FLOPMETER_GAP_KEYS = 6,
    FLOPMETER_GAP_SHAPE = 7,
    FLOPMETER_GAP_INTERRUPTED = 8,
    FLOPMETER_GAP_COUNTER = 9,
    FLOPMETER_GAP_SHARED = 10,
    FLOPMETER_GAP_COUNTER_ABSENT = 11,
    FLOPMETER_GAP_COUNTER_PERMISSION = 12,
    FLOPMETER_GAP_COUNTER_TAKEN = 13,
    FLOPMETER_GAP_COUNTER_DRIVER = 14,
    FLOPMETER_GAP_COUNTER_FAILED = 15,
    FLOPMETER_GAP_COUNTER_UNBOUNDED = 16,  /* nor can it be said what can at most have happened */
    FLOPMETER_GAP_COUNTER_PAUSED = 17      /* the counter's bound covers it */
}
flopmeter_gap_reason_t;

/**
 * What one call, or one reading of a counter, did: lower end, and how far the point and the stated upper end lie above
 * it in turn.
 */
typedef struct flopmeter_shape_stct
{
    flopmeter_u128_t flop_count;
    flopmeter_u128_t estimate;
    flopmeter_u128_t bound;
}
flopmeter_shape_t;

/**
 * Count one intercepted call on this thread's context, basis EXACT_BY_SHAPE, stamped with the time of the call.
 * A shape of zero counts nothing. Same guarantees as flopmeter_record().
 */
FLOPMETER_EXPORT void flopmeter_core_count(
    flopmeter_precision_t precision, flopmeter_source_t source, const flopmeter_shape_t *shape);

/** As flopmeter_core_count(), on any basis: a counter's reading since the last one is a shape like any other. */
FLOPMETER_EXPORT void flopmeter_core_count_on(
    flopmeter_precision_t precision,
    flopmeter_basis_t basis,
    flopmeter_source_t source,
    const flopmeter_shape_t *shape);

/** Tell the meter, once per (process, reason, source), that something was not counted. Never fails. */
FLOPMETER_EXPORT void flopmeter_core_gap(flopmeter_gap_reason_t reason, flopmeter_source_t source);

/** Write one more gap, which will have an end: a number for flopmeter_core_gap_end(), 0 = there was no room. */
FLOPMETER_EXPORT uint32_t flopmeter_core_gap_begin(flopmeter_gap_reason_t reason, flopmeter_source_t source);

/** That gap ends now. */
FLOPMETER_EXPORT void flopmeter_core_gap_end(uint32_t gap);

/** Tell the meter that the CPU time of children of this process may be lost (SIGCHLD ignored). Never fails. */
FLOPMETER_EXPORT void flopmeter_core_flag_cpu_incomplete(void);

#endif /* FLOPMETER_CORE_H */
