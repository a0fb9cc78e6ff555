/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_CHILD_H
#define FLOPMETER_RUN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "signals.h"

#define FLOPMETER_EXIT_NOT_EXECUTABLE (126)
#define FLOPMETER_EXIT_NOT_FOUND (127)

/** Called with the new child's pid while the child waits right before its exec. */
typedef void (*flopmeter_child_forked_t)(void *context, pid_t pid);

/**
 * Start COMMAND: same process group, descriptors, directory, limits; dispositions, mask and umask as inherited.
 * `forked` may be NULL: then the child waits for nothing. Waits until exec has happened. Return its pid, or -1 with the
 * errno of fork or exec in `error`.
 */
pid_t flopmeter_child_start(
    char **command,
    char **environment,
    const flopmeter_signals_t *signals,
    flopmeter_child_forked_t forked,
    void *context,
    int *error);

/**
 * Start the aggregator: own session, stdin `in_fd` (-1 = /dev/null), stdout and stderr to `log_fd`, `live_fd` (or -1)
 * as descriptor 3, nothing else; working directory `directory_fd`. Return as above.
 */
pid_t flopmeter_child_start_meter(
    char **command, char **environment, int in_fd, int log_fd, int live_fd, int directory_fd, int *error);

/** Exit code a shell gives for this errno of exec. */
int flopmeter_child_exec_exit_code(int error);

/** Exit code a shell gives for this wait status. */
int flopmeter_child_exit_code(int status);

#endif /* FLOPMETER_RUN_CHILD_H */
