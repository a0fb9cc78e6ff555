/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What flopmeter-counter does while a run lasts: read each device at intervals and put the differences into a lane.
 */

#ifndef FLOPMETER_WATCH_H
#define FLOPMETER_WATCH_H

#include <signal.h>

#include "owner.h"
#include "tenant.h"

/** Owners are looked at every 100 ms. Who was there in a longer time than this between two looks nobody knows. */
#define FLOPMETER_WATCH_UNSEEN_NS (UINT64_C(300000000))

/** File in the meter's folder: the library in the program can open no ranges (native/src/cuda/cuda_inject.c). */
#define FLOPMETER_PM_WANTED "pm.wanted"

typedef struct flopmeter_watch_options_stct
{
    uint64_t interval_ns;
    uint64_t unseen_ns;                    /* FLOPMETER_WATCH_UNSEEN_NS */
    uint64_t begin_ns;                     /* of the run, CLOCK_MONOTONIC; 0 = now */
    flopmeter_owner_identity_t identity;
    pid_t parent;                          /* when it is not the parent any more, the watch ends */
    const char *meter_dir;                 /* NULL = none, then nothing is recorded either */
    bool has_fallback;                     /* executed counts were asked for: FLOPMETER_PM_WANTED is looked for */
    const char *cupti;                     /* to load then, NULL = to be found */
    uint64_t retry_ns;                     /* of a host: what can't be read is tried again so often */
    const flopmeter_tenant_host_t *host;   /* not NULL: of no run, but for all who are on this host; no identity then */
}
flopmeter_watch_options_t;

/**
 * Watch all devices until a signal of `signals` arrives, which must be blocked, or the parent is gone; then read a last
 * time. What can't be read, and what is shared with others, is told to the meter as a gap. Return the exit code.
 */
int flopmeter_watch(const flopmeter_watch_options_t *options, const sigset_t *signals);

#endif /* FLOPMETER_WATCH_H */
