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
#include "options.h"
#include "proc.h"

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
    bool cpu_complete;
    long online_cpus;
    unsigned meter_restarts;
    flopmeter_process_list_t leftovers;
    flopmeter_counters_t counters;
    const flopmeter_counter_process_t *counter;
}
flopmeter_facts_t;

/** Publish run.json. Return 0, or -1 with errno. */
int flopmeter_facts_publish_run(const flopmeter_facts_t *facts);

/** Publish facts.json. Return 0, or -1 with errno. */
int flopmeter_facts_publish(const flopmeter_facts_t *facts, const flopmeter_accelerators_t *accelerators);

#endif /* FLOPMETER_RUN_FACTS_H */
