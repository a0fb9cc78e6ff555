/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_COUNTERS_H
#define FLOPMETER_RUN_COUNTERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "flopmeter_counter.h"
#include "text.h"

/** The CPU's counters on COMMAND and everything that it starts. */
typedef struct flopmeter_counters_stct
{
    flopmeter_counter_t *perf;            /* NULL = not open */
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;
    bool is_wanted;                       /* false: nobody asked for them, and nothing is told */
    bool is_read;
}
flopmeter_counters_t;

/** Could counters be opened on a child? Costs a few system calls, and one where there is no PMU. */
void flopmeter_counters_probe(flopmeter_counters_t *counters);

/** Is it worth to call flopmeter_counters_open()? */
bool flopmeter_counters_is_possible(const flopmeter_counters_t *counters);

/** Open them on `pid`, from its exec on. The child has not called exec yet. */
void flopmeter_counters_open(flopmeter_counters_t *counters, pid_t pid);

/** COMMAND has ended: the reading of the run, descendants that are still alive included. */
void flopmeter_counters_read(flopmeter_counters_t *counters);

void flopmeter_counters_close(flopmeter_counters_t *counters);

/** Append their entry for "counters" of facts.json, when there is one. Return whether. */
bool flopmeter_counters_append(const flopmeter_counters_t *counters, flopmeter_text_t *text);

#endif /* FLOPMETER_RUN_COUNTERS_H */
