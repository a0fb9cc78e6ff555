/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a process knows about its meter: the environment (copied when the library is loaded), the control file, and the
 * block of state that a forked child finds zeroed.
 */

#ifndef FLOPMETER_PROCESS_H
#define FLOPMETER_PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "flopmeter_key.h"
#include "flopmeter_wire.h"

struct flopmeter_lane_stct;

/** The environment. Plain memory: children inherit it. Written before there is a second thread, or by attach. */
typedef struct flopmeter_config_stct
{
    char lane_dir[PATH_MAX];
    char spill_dir[PATH_MAX];
    flopmeter_context_t context;
    uint32_t slot_capacity;
    uint32_t ring_capacity;
}
flopmeter_config_t;

/** State of this process, in a page of its own with MADV_WIPEONFORK: `pid` 0 means a child that has not looked yet. */
typedef struct flopmeter_process_stct
{
    uint32_t pid;
    uint32_t off;                          /* the meter could not be reached: recording does nothing */
    uint32_t attached;
    uint32_t lanes_idle;
    struct flopmeter_lane_stct *lanes;     /* every lane of this process, newest first */
    uint64_t start_ticks;
    uint64_t lane_failed_ns;               /* when the last lane could not be had, 0 = never */
    uint32_t lane_gap;                     /* gap entry + 1 of that */
    uint32_t gaps_told[32];                /* by reason: one bit per source */
}
flopmeter_process_t;

extern flopmeter_config_t flopmeter_config;

/** Never NULL; zero until attached. */
extern const uint64_t *flopmeter_time_word;

/** Set by flopmeter_detach(); children stay detached. */
extern uint32_t flopmeter_detached;

/** Read the environment into flopmeter_config. */
void flopmeter_config_load(void);

/** mmap() of private memory that a forked child finds zeroed. NULL when there is none. */
void *flopmeter_private_map(size_t length);

/** This process's block, NULL when there is no memory for it. */
flopmeter_process_t *flopmeter_process(void);

/** The block as a child inherits it, without looking at what is in it. */
flopmeter_process_t *flopmeter_process_inherited(void);

/** Field 22 of /proc/self/stat, read once. */
uint64_t flopmeter_process_start_ticks(flopmeter_process_t *process);

/** Attach unless attached; false when there is no meter. Any number of threads and handlers at once. */
bool flopmeter_process_attach(flopmeter_process_t *process);

/** The mapped control file, NULL before attach. */
flopmeter_wire_control_t *flopmeter_control(void);

/** Add to the count of samples whose FLOP are in no total. */
void flopmeter_lost(uint64_t samples);

/** Write a gap once per (process, reason, source). Return its entry, or NULL. */
flopmeter_wire_gap_t *flopmeter_gap(flopmeter_process_t *process, uint32_t reason, uint32_t source);

/** Write a gap that will have an end, however many of its kind there are. Return its entry, or NULL. */
flopmeter_wire_gap_t *flopmeter_gap_open(flopmeter_process_t *process, uint32_t reason, uint32_t source);

/** The gap of an entry ends now. */
void flopmeter_gap_close(flopmeter_wire_gap_t *gap);

/** What flopmeter_errmsg() says next on this thread; `text` is a literal. */
void flopmeter_error(const char *text);

#endif /* FLOPMETER_PROCESS_H */
