/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_METER_JVM_H
#define FLOPMETER_RUN_METER_JVM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "directory.h"
#include "options.h"

/** The aggregator's process and its restarts. */
typedef struct flopmeter_meter_jvm_stct
{
    char **command;        /* NULL = no JVM wanted */
    char **environment;
    const flopmeter_directory_t *directory;
    int live_fd;
    int end_fd;            /* a byte into it tells the JVM that the facts are there; -1 = it has to look for itself */
    pid_t pid;             /* 0 = not running */
    int error;             /* errno of an exec that failed: not tried again */
    unsigned restarts;
    bool started;
    bool is_sidecar_wanted;
    bool is_served;        /* by a sidecar, when last looked */
    bool awaits_sidecar;   /* COMMAND has ended, and the result is to come from a sidecar */
    int64_t restart_at_ns; /* monotonic; 0 = nothing planned */
}
flopmeter_meter_jvm_t;

void flopmeter_meter_jvm_init(
    flopmeter_meter_jvm_t *jvm,
    const flopmeter_options_t *options,
    const flopmeter_directory_t *directory,
    int live_fd);

/** COMMAND runs: a sidecar that is there gets a quarter of a second to take over, otherwise the JVM is started. */
void flopmeter_meter_jvm_begin(flopmeter_meter_jvm_t *jvm);

/** The facts are there: the meter, of which kind ever, is to finish. Return false when there is none to be had. */
bool flopmeter_meter_jvm_finish(flopmeter_meter_jvm_t *jvm);

/** It has ended while COMMAND runs: plan the next start, at most 5 in all, after pauses that grow. */
void flopmeter_meter_jvm_ended(flopmeter_meter_jvm_t *jvm);

/** What is planned for now: a look at the sidecar, or the JVM's start. */
void flopmeter_meter_jvm_tick(flopmeter_meter_jvm_t *jvm);

#endif /* FLOPMETER_RUN_METER_JVM_H */
