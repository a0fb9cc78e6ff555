/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_SUPERVISE_H
#define FLOPMETER_RUN_SUPERVISE_H

#include "accelerator.h"
#include "counter_process.h"
#include "directory.h"
#include "facts.h"
#include "lost.h"
#include "meter_jvm.h"
#include "options.h"
#include "sentinel.h"
#include "signals.h"

/** Everything of one run. */
typedef struct flopmeter_supervisor_stct
{
    flopmeter_options_t options;
    flopmeter_signals_t signals;
    flopmeter_directory_t directory;
    flopmeter_accelerators_t accelerators;
    flopmeter_meter_jvm_t jvm;
    flopmeter_counter_process_t counter;
    flopmeter_sentinel_t sentinel;
    flopmeter_facts_t facts;
    pid_t child;
    pid_t watcher;               /* 0 = none */
    pid_t watcher_last;          /* may be reaped before its SIGCONT is read */
    int child_status;
    bool child_ended;
    bool closed;                 /* what is reaped from now on is in the leftovers already */
    bool abandoned;              /* the user wants out while the result is awaited */
    unsigned helpers_reaped;
    int64_t poll_at_ns;
    int64_t events_at_ns;        /* device events are not looked at before */
    int64_t poll_interval_ns;
    flopmeter_process_list_t processes;
    flopmeter_lost_t lost;
}
flopmeter_supervisor_t;

/** From COMMAND's start to its end: signals, terminal stops, CPU times, observations, the JVM's restarts. */
void flopmeter_supervise(flopmeter_supervisor_t *supervisor);

/** Root of the file system in which control groups are looked for: "", but in tests. */
const char *flopmeter_supervise_group_root(void);

/** COMMAND has ended: read what tells the CPU time of its tree without anybody's waiting. */
void flopmeter_supervise_tally(flopmeter_supervisor_t *supervisor);

/** Take what the tree left over into the facts. COMMAND has ended. */
void flopmeter_supervise_leftovers(flopmeter_supervisor_t *supervisor);

/** Wait for the aggregator's result, with one fresh JVM if need be. Return true when it is there. */
bool flopmeter_supervise_result(flopmeter_supervisor_t *supervisor);

#endif /* FLOPMETER_RUN_SUPERVISE_H */
