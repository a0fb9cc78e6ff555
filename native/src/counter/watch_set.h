/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The devices of a watch: which are open, whose they are, and where what is read of one goes. One thread.
 */

#ifndef FLOPMETER_WATCH_SET_H
#define FLOPMETER_WATCH_SET_H

#include "provider.h"
#include "watch.h"
#include "watch_device.h"
#include "watch_note.h"

#define FLOPMETER_WATCH_NODE_LENGTH (65)
/** In place of "device:" in a node: what may have been this run's, too, and stands under the host in full. */
#define FLOPMETER_WATCH_SHARED_NODE ("shared:")

typedef struct flopmeter_watched_stct
{
    const flopmeter_provider_t *provider;
    flopmeter_counter_t *counter;
    char name[FLOPMETER_GPM_NAME_LENGTH];  /* "N", or "N.G" */
    bool is_retired;         /* others stand for it: it is not read any more, and may have been busy ever since */
    char node[FLOPMETER_WATCH_NODE_LENGTH];
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

typedef struct flopmeter_watch_set_stct
{
    const flopmeter_watch_options_t *options;
    flopmeter_watched_t devices[FLOPMETER_WATCH_DEVICES_MAX];
    size_t devices_count;
    flopmeter_watch_refused_t refused;     /* of a run: a gap that was told */
    bool is_fallback_open;   /* they may be sampled later on: their gap is not told yet */
    uint64_t begin_ns;       /* everything is to be recorded since then */
    flopmeter_nvml_t keeper; /* open while no device is: the supervisor must not find one that was opened and left */
    flopmeter_watch_note_t note;
    bool is_listed;          /* the driver said which devices there are */
    uint64_t retry_ns;       /* of a host: what could not be opened is tried again then */
}
flopmeter_watch_set_t;

uint64_t flopmeter_watch_now_ns(void);

const flopmeter_gpm_device_t *flopmeter_watched_device(const flopmeter_watched_t *device);

/** Tell the meter that something of the devices is not counted. */
void flopmeter_watch_tell_gap(flopmeter_gap_reason_t reason);

/** The same of a time that is in the upper end already. */
void flopmeter_watch_tell_bounded_gap(const flopmeter_watch_set_t *set);

/** Note who is on a device now. To be called more often than readings are due: processes come and go. */
void flopmeter_watch_look_for_owners(flopmeter_watch_set_t *set, flopmeter_watched_t *device);

/** Read one, and put what it did since the last time into the lane. */
void flopmeter_watch_read_device(flopmeter_watch_set_t *set, flopmeter_watched_t *device);

/** Open what there is, for all time since `begin_ns`; 0 = since now. */
void flopmeter_watch_open_devices(flopmeter_watch_set_t *set, uint64_t begin_ns);

/** Open what came since, and what others may read now; retire what is gone. */
void flopmeter_watch_look_for_changes(flopmeter_watch_set_t *set);

#endif /* FLOPMETER_WATCH_SET_H */
