/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How far a counter has come, in a file beside its lanes: what flopmeter-counter leaves for the one that comes after
 * it, and for its supervisor, which has no library in common with it.
 */

#ifndef FLOPMETER_WATCH_STATE_H
#define FLOPMETER_WATCH_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define FLOPMETER_WATCH_STATE "counter.state"

typedef struct flopmeter_watch_state_stct
{
    uint64_t covered_ns;   /* CLOCK_MONOTONIC; everything up to here is in the lane */
    uint64_t cards;        /* of so many */
    uint64_t providers;    /* that read them: a bit for each name, in the order of flopmeter_watch_provider_name() */
}
flopmeter_watch_state_t;

_Static_assert(24 == sizeof(flopmeter_watch_state_t), "no padding");

/**
 * Open it. Return the descriptor, -1 = none. `is_there`: somebody was here before; `covered_ns` is what he says then.
 */
int flopmeter_watch_state_open(const char *folder, bool *is_there, uint64_t *covered_ns);

/** Say it. After an error nothing more is said. */
void flopmeter_watch_state_write(int *fd, const flopmeter_watch_state_t *state);

/** Name of the source behind a bit of `providers`; NULL for one that is none. */
static inline const char *flopmeter_watch_provider_name(unsigned bit)
{
    static const char *const names[] = { "gpm", "dcgm", "pm" };
    return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : NULL;
}

/** The bit of a source's name, as a mask; 0 for one that is none. */
static inline uint64_t flopmeter_watch_provider_mask(const char *name)
{
    for (unsigned bit = 0; NULL != flopmeter_watch_provider_name(bit); bit++)
    {
        if (0 == strcmp(name, flopmeter_watch_provider_name(bit)))
        {
            return UINT64_C(1) << bit;
        }
    }
    return 0;
}

#endif /* FLOPMETER_WATCH_STATE_H */
