/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a pipe that lumps several precisions did if all of its work was of one of them: docs/design/0008-counters.md
 * section 6. Somebody else has to know which one, so it is no count and goes into a file beside the lanes.
 */

#ifndef FLOPMETER_WATCH_NOTE_H
#define FLOPMETER_WATCH_NOTE_H

#include "provider.h"

#define FLOPMETER_WATCH_PRECISIONS (FLOPMETER_PRECISION_UNKNOWN + 1)

/** What a device's counter told at its last reading, by pipe and precision; UNKNOWN = any. Zero at its opening. */
typedef struct flopmeter_watch_views_stct
{
    flopmeter_counter_figure_t last[FLOPMETER_GPU_PIPES][FLOPMETER_WATCH_PRECISIONS];
}
flopmeter_watch_views_t;

/** The sums of this process; shapes are what a lane would have got. */
typedef struct flopmeter_watch_note_stct
{
    flopmeter_shape_t recorded;            /* what the lane did get as FLOPMETER_PRECISION_UNKNOWN */
    flopmeter_shape_t sums[FLOPMETER_GPU_PIPES][FLOPMETER_WATCH_PRECISIONS];
    bool is_missing[FLOPMETER_GPU_PIPES][FLOPMETER_WATCH_PRECISIONS];  /* some device that lumps has no such rate */
    bool is_lumped[FLOPMETER_GPU_PIPES];
    bool is_unbounded;
    uint64_t nonce;                        /* of the file's name; 0 = none chosen yet */
}
flopmeter_watch_note_t;

/**
 * Add what `counter` has done since `views` were taken, and take them anew. Not ours alone: only an upper end, as in
 * the lane.
 */
void flopmeter_watch_note_add(
    flopmeter_watch_note_t *note,
    const flopmeter_provider_t *provider,
    const flopmeter_counter_t *counter,
    bool is_ours,
    flopmeter_watch_views_t *views);

/** This went into the lane as FLOPMETER_PRECISION_UNKNOWN. */
void flopmeter_watch_note_recorded(flopmeter_watch_note_t *note, const flopmeter_shape_t *shape);

/** Write it anew, by rename, as pipes-<16 hex>.json in `folder`. False: the old one stays. */
bool flopmeter_watch_note_write(flopmeter_watch_note_t *note, const char *folder);

/**
 * Was more missed than `gaps_known`, other than in pauses that were wished and are told as such, however many? Also
 * where nothing bounds it.
 */
bool flopmeter_watch_is_missing(const flopmeter_counter_reading_t *reading, size_t gaps_known);

/** Difference of two readings of one figure as a lane takes it: lower, the point above it, upper above that. */
void flopmeter_watch_difference(
    const flopmeter_counter_figure_t *before, const flopmeter_counter_figure_t *now, flopmeter_shape_t *shape);

/** What is not known to be ours alone may be ours whole or not at all. */
void flopmeter_watch_disclaim(flopmeter_shape_t *shape);

#endif /* FLOPMETER_WATCH_NOTE_H */
