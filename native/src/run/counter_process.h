/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_COUNTER_PROCESS_H
#define FLOPMETER_RUN_COUNTER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "directory.h"
#include "options.h"
#include "text.h"

/** flopmeter-counter, which reads accelerators beside the program. */
typedef struct flopmeter_counter_process_stct
{
    char *command[8];      /* [0] NULL = none wanted */
    char path[4096];
    char begin[32];
    char parent[32];
    char **environment;
    const flopmeter_directory_t *directory;
    pid_t pid;             /* 0 = not running */
    unsigned restarts;
    bool is_gone;          /* it ended before it was asked to, and was not followed by another */
    int64_t restart_at_ns; /* monotonic; 0 = nothing planned */
    const char *device_root;
    uint64_t devices;      /* cards there at its start */
    uint64_t providers;    /* flopmeter_watch_state_t; 0 = nobody knows */
    uint64_t covered_ns;   /* monotonic; it watched from its begin to here without a break. 0 = that can't be said */
}
flopmeter_counter_process_t;

/**
 * Start it when there is an NVIDIA device under `device_root` and the program lies beside this one. Not in a nested
 * run: the outer one counts the device already. `begin_ns`: monotonic; from then to its first reading is a gap.
 */
void flopmeter_counter_process_start(
    flopmeter_counter_process_t *counter,
    const flopmeter_options_t *options,
    const flopmeter_directory_t *directory,
    const char *device_root,
    int64_t begin_ns);

/** It has ended while COMMAND runs: plan another start, at most 3 in all. */
void flopmeter_counter_process_ended(flopmeter_counter_process_t *counter);

/** Start it again when the pause is over. */
void flopmeter_counter_process_tick(flopmeter_counter_process_t *counter);

/**
 * COMMAND has ended: let it read a last time, for 1 s at most, then kill it. What it could not read is told to the
 * meter as a gap. `usage` is what was used since; the time of earlier ones is with who reaped them.
 */
void flopmeter_counter_process_stop(flopmeter_counter_process_t *counter, struct rusage *usage);

/**
 * Append its entry for "counters" of facts.json, after a comma unless `is_first`; nothing when none was wanted. Its
 * figures are in lanes. Return whether there was one.
 */
bool flopmeter_counter_process_append(
    const flopmeter_counter_process_t *counter, bool is_first, flopmeter_text_t *text);

#endif /* FLOPMETER_RUN_COUNTER_PROCESS_H */
