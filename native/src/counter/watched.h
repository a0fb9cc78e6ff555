/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The devices that flopmeter-counter watches, one and all.
 */

#ifndef FLOPMETER_WATCHED_H
#define FLOPMETER_WATCHED_H

#include "owner.h"
#include "watch_device.h"
#include "watch_note.h"

#define FLOPMETER_WATCHED_NODE_LENGTH (65)

typedef struct flopmeter_watched_stct
{
    const flopmeter_provider_t *provider;
    flopmeter_counter_t *counter;
    char name[FLOPMETER_GPM_NAME_LENGTH];  /* "N", or "N.G" */
    bool is_retired;         /* others stand for it: it is not read any more, and may have been busy ever since */
    char node[FLOPMETER_WATCHED_NODE_LENGTH];
    flopmeter_counter_reading_t last;
    flopmeter_watch_views_t views;         /* as of `last` */
    uint64_t looked_ns;      /* the last look at its owners began */
    flopmeter_seen_t seen;          /* since the last reading; of a run its kinds are owners */
    flopmeter_seen_t seen_before;   /* in the interval before: its last refresh shows in this one */
    flopmeter_watch_device_t told;  /* of a host: what its document says */
    uint64_t known_ns;       /* it was still the one that it is then */
    size_t gaps_known;       /* the time before the first sample is in the upper end and needs no telling */
    bool is_gap_told;
}
flopmeter_watched_t;

/** What the driver says of it. */
const flopmeter_gpm_device_t *flopmeter_watched_device(const flopmeter_watched_t *device);

/** Is there one of that name that is read? */
bool flopmeter_watched_is_open(const flopmeter_watched_t *devices, size_t count, const char *name);

/** Up to when all of them were read; UINT64_MAX where there are none. */
uint64_t flopmeter_watched_until(const flopmeter_watched_t *devices, size_t count);

/** How many cards they are: instances of one card are one. */
uint64_t flopmeter_watched_cards(const flopmeter_watched_t *devices, size_t count);

/** How long the last figures of any of them may take. */
uint64_t flopmeter_watched_settle_ns(const flopmeter_watched_t *devices, size_t count);

/** Give all of the hardware to another profiler, or take it back. */
void flopmeter_watched_pause(const flopmeter_watched_t *devices, size_t count, bool is_paused);

/** "" when each is counted, else why one is not. */
const char *flopmeter_watched_missing(const flopmeter_watched_t *devices, size_t count);

#endif /* FLOPMETER_WATCHED_H */
