/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_COUNTERS_H
#define FLOPMETER_RUN_COUNTERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "flopmeter_counter.h"
#include "pause.h"
#include "text.h"

/** The CPU's counters on COMMAND and everything that it starts. */
typedef struct flopmeter_counters_stct
{
    flopmeter_counter_t *perf;            /* NULL = not open */
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;
    bool is_wanted;                       /* false: nobody asked for them, and nothing is told */
    bool is_read;
    flopmeter_pause_t pause;              /* who wants the PMU for another profiler */
    int64_t look_at_ns;                   /* the next look for such a wish, monotonic; 0 = there is nothing to give */
}
flopmeter_counters_t;

/** Could counters be opened on a child? Costs a few system calls, and one where there is no PMU. */
void flopmeter_counters_probe(flopmeter_counters_t *counters);

/** Is it worth to call flopmeter_counters_open()? */
bool flopmeter_counters_is_possible(const flopmeter_counters_t *counters);

/**
 * Open them on `pid`, from its exec on. The child has not called exec yet. `folder` is that of this run. Not while an
 * outer run is paused: the events would come with the exec, and later they can't be hung on what there is.
 */
void flopmeter_counters_open(flopmeter_counters_t *counters, pid_t pid, const char *folder);

/** Carry out what was wished by flopmeter pause or resume, and say so (docs/design/0029-pause.md). Cheap in between. */
void flopmeter_counters_tick(flopmeter_counters_t *counters);

/** COMMAND has ended: the reading of the run, descendants that are still alive included. */
void flopmeter_counters_read(flopmeter_counters_t *counters);

void flopmeter_counters_close(flopmeter_counters_t *counters);

/** Append their entry for "counters" of facts.json, when there is one. Return whether. */
bool flopmeter_counters_append(const flopmeter_counters_t *counters, flopmeter_text_t *text);

#endif /* FLOPMETER_RUN_COUNTERS_H */
