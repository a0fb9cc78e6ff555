/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_FACTS_H
#define FLOPMETER_RUN_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "accelerator.h"
#include "counter_process.h"
#include "counters.h"
#include "directory.h"
#include "group.h"
#include "options.h"
#include "proc.h"
#include "tally.h"

/** Why CPU time may be missing from what was waited for. Names in facts.json: flopmeter_facts_cpu_why(). */
typedef enum flopmeter_cpu_why_enum
{
    FLOPMETER_CPU_COMPLETE = 0,
    FLOPMETER_CPU_SIGCHLD_IGNORED,
    FLOPMETER_CPU_NOT_WAITED_FOR,
    FLOPMETER_CPU_HIDDEN,
    FLOPMETER_CPU_RIGHTS_GAINED,
    FLOPMETER_CPU_SAID_BY_PROCESS,
    FLOPMETER_CPU_NOT_LOOKED_AT,
    FLOPMETER_CPU_GROUP_USED_MORE,
    FLOPMETER_CPU_NO_TALLY
}
flopmeter_cpu_why_t;

/** What only the supervisor knows about a run, docs/design/0002-meter-directory.md section 4. */
typedef struct flopmeter_facts_stct
{
    const flopmeter_options_t *options;
    const char *node;
    const flopmeter_directory_t *directory;
    int exit_code;
    int64_t begin_ns;
    int64_t end_ns;
    int64_t begin_monotonic_ns;
    int64_t end_monotonic_ns;
    uint64_t cpu_ns;               /* everything reaped and, at the end, everything left over */
    uint64_t supervisor_cpu_ns;    /* helpers, added to the supervisor's own */
    uint64_t aggregator_cpu_ns;
    flopmeter_cpu_why_t cpu_why;   /* the first reason found */
    flopmeter_tally_t tally;
    flopmeter_group_t group;       /* in place of the tally where that is not known */
    long online_cpus;
    unsigned meter_restarts;
    flopmeter_process_list_t leftovers;
    flopmeter_counters_t counters;
    const flopmeter_counter_process_t *counter;
}
flopmeter_facts_t;

/** Name of a reason in facts.json; NULL for FLOPMETER_CPU_COMPLETE. */
const char *flopmeter_facts_cpu_why(flopmeter_cpu_why_t why);

/** CPU time may be missing from what was waited for. */
void flopmeter_facts_miss_cpu(flopmeter_facts_t *facts, flopmeter_cpu_why_t why);

/** CPU time by a tally that needs nobody to wait. Return what it is, or NULL when there is none. */
const char *flopmeter_facts_tally(const flopmeter_facts_t *facts, uint64_t *cpu_ns);

/**
 * All has been waited for or looked at: does the tally agree with it? That what was waited for is complete is believed
 * only then. Call it once, last.
 */
void flopmeter_facts_settle_cpu(flopmeter_facts_t *facts);

/** Publish run.json. Return 0, or -1 with errno. */
int flopmeter_facts_publish_run(const flopmeter_facts_t *facts);

/** Publish facts.json. Return 0, or -1 with errno. */
int flopmeter_facts_publish(const flopmeter_facts_t *facts, const flopmeter_accelerators_t *accelerators);

#endif /* FLOPMETER_RUN_FACTS_H */
