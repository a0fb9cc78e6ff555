/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_SIGNALS_H
#define FLOPMETER_RUN_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/types.h>

/** What the supervisor inherited: COMMAND gets exactly this back. */
typedef struct flopmeter_signals_stct
{
    struct sigaction dispositions[NSIG];
    sigset_t mask;
    mode_t umask;
    int parent_death_signal;
    bool sigchld_ignored;
    int fd;               /* signalfd of everything; all signals are blocked in the supervisor */
}
flopmeter_signals_t;

/**
 * Record what was inherited, then block every signal and open the descriptor they are read from. SIGCHLD becomes
 * SIG_DFL: ignored, the kernel would throw the children's CPU times away. Return 0, or -1 with errno.
 */
int flopmeter_signals_take(flopmeter_signals_t *signals);

/** Take what is pending, SIGCHLD left out. Return how many of at most `limit`. */
size_t flopmeter_signals_take_pending(const flopmeter_signals_t *signals, struct signalfd_siginfo *infos, size_t limit);

/** In the child, before exec: back to what was inherited. The mask comes last. */
void flopmeter_signals_restore(const flopmeter_signals_t *signals);

/** In a child that is ours (JVM, helpers): default dispositions and, unless `blocked`, an empty mask. */
void flopmeter_signals_default(bool blocked);

/** Stop as `signal_number` stops COMMAND, so that the shell sees its job stopped. Returns when continued. */
void flopmeter_signals_stop_self(int signal_number);

/** Does this signal ask the supervisor to end? Not when it was ignored from the start, as nohup does. */
bool flopmeter_signals_is_request(const flopmeter_signals_t *signals, int signal_number);

/**
 * From here on such a signal ends the supervisor at once with `exit_code`: the last writes may block on a pipe that
 * nobody reads.
 */
void flopmeter_signals_exit_on_request(const flopmeter_signals_t *signals, int exit_code);

/** Did the supervisor bring this upon itself by a write, to a closed pipe or beyond RLIMIT_FSIZE? COMMAND did not. */
bool flopmeter_signals_is_of_own_write(const struct signalfd_siginfo *info);

/** Send on what was received, with its value when it had one. */
void flopmeter_signals_forward(pid_t pid, const struct signalfd_siginfo *info);

#endif /* FLOPMETER_RUN_SIGNALS_H */
