/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Giving the hardware to another profiler on request, docs/design/0029-pause.md: whoever holds counters looks for a
 * wish in the meter's folder, carries it out and says so in a file of its own. Everything is read from a folder that
 * the metered program can write to: whatever is in it, the worst is a pause or the end of one.
 */

#ifndef FLOPMETER_PAUSE_H
#define FLOPMETER_PAUSE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A nested run obeys the wishes of the runs that it is in, too. */
#define FLOPMETER_PAUSE_LEVELS_MAX (8)
#define FLOPMETER_PAUSE_DETAIL_LENGTH (96)

/** Holders look at least so often: an answer comes soon after a wish. */
#define FLOPMETER_PAUSE_LOOK_NS (UINT64_C(250000000))

/** One holder. Of one thread, which is the one that holds the hardware: when it is gone, so is what it held. */
typedef struct flopmeter_pause_stct
{
    const char *name;                                       /* constant; NULL = not open */
    char folder[PATH_MAX];
    char file[PATH_MAX];                                    /* the answer */
    size_t lengths[FLOPMETER_PAUSE_LEVELS_MAX];             /* of `folder`, and of those that it is nested in */
    size_t levels;
    uint64_t wishes[FLOPMETER_PAUSE_LEVELS_MAX];            /* their numbers at the last look, 0 = none */
    uint64_t until_ns[FLOPMETER_PAUSE_LEVELS_MAX];          /* CLOCK_MONOTONIC: to pause until then; 0 = to resume */
    bool is_told;
    bool was_free;
    uint64_t wishes_told[FLOPMETER_PAUSE_LEVELS_MAX];
    char detail[FLOPMETER_PAUSE_DETAIL_LENGTH];
}
flopmeter_pause_t;

/**
 * Be a holder in `folder`, a meter's or a sidecar's; NULL = none, then nobody wishes anything. Before the hardware is
 * opened: who wishes looks for holders afterwards, so either it finds this one or this one finds the wish.
 */
void flopmeter_pause_open(flopmeter_pause_t *pause, const char *folder, const char *name);

/** Is the hardware wanted by another profiler now? What can't be read now is as it was. */
bool flopmeter_pause_look(flopmeter_pause_t *pause, uint64_t now_ns);

/**
 * Say that the wishes of the last look are carried out, or how far: `is_free` = nothing is held. `detail`, in words of
 * our own, says why it is not as wished, "" = it is. Cheap when it was said already. False: it could not be written;
 * the next call tries again.
 */
bool flopmeter_pause_answer(flopmeter_pause_t *pause, bool is_free, const char *detail);

/** Hold nothing any more. */
void flopmeter_pause_close(flopmeter_pause_t *pause);

#endif /* FLOPMETER_PAUSE_H */
