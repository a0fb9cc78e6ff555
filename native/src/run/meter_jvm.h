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
    pid_t pid;             /* 0 = not running */
    int error;             /* errno of an exec that failed: not tried again */
    unsigned restarts;
    bool started;
    int64_t restart_at_ns; /* monotonic; 0 = nothing planned */
}
flopmeter_meter_jvm_t;

void flopmeter_meter_jvm_init(
    flopmeter_meter_jvm_t *jvm,
    const flopmeter_options_t *options,
    const flopmeter_directory_t *directory,
    int live_fd);

/** Start it now. Return true when it runs. */
bool flopmeter_meter_jvm_start(flopmeter_meter_jvm_t *jvm);

/** It has ended while COMMAND runs: plan the next start, at most 5 in all, after pauses that grow. */
void flopmeter_meter_jvm_ended(flopmeter_meter_jvm_t *jvm);

/** Start it again when the pause is over. */
void flopmeter_meter_jvm_tick(flopmeter_meter_jvm_t *jvm);

#endif /* FLOPMETER_RUN_METER_JVM_H */
