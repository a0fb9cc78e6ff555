/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_SENTINEL_H
#define FLOPMETER_RUN_SENTINEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/**
 * A process that sleeps in the supervisor's process group with every signal blocked. kill() to the group and kill() to
 * the supervisor look the same to the supervisor (SI_USER, same sender); but a signal that the sentinel got as well
 * went to the group, so COMMAND has it already and must not get it twice.
 */
typedef struct flopmeter_sentinel_stct
{
    pid_t pid;   /* 0 = none */
    int fd;
}
flopmeter_sentinel_t;

/** Start it, before COMMAND can be signalled. Without it every signal counts as sent to the supervisor alone. */
void flopmeter_sentinel_start(flopmeter_sentinel_t *sentinel);

/** Signals (bit n - 1) that the sentinel has received since the last call. */
uint64_t flopmeter_sentinel_take(flopmeter_sentinel_t *sentinel);

/** End and reap it; its CPU time goes to `usage` unless NULL. */
void flopmeter_sentinel_stop(flopmeter_sentinel_t *sentinel, struct rusage *usage);

/** It has been reaped by somebody else. */
void flopmeter_sentinel_ended(flopmeter_sentinel_t *sentinel);

/**
 * A process outside the group that continues the (stopped) supervisor as soon as `child` runs again: somebody who
 * stops and continues COMMAND by its own pid, as cpulimit does, does not know about the supervisor. Ends by itself.
 */
pid_t flopmeter_sentinel_watch_stopped(pid_t child);

#endif /* FLOPMETER_RUN_SENTINEL_H */
