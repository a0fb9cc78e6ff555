/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nice value of the JVM, relative to the program. */
#define METER_NICE (10)

/*
 * exec's errno comes back through a pipe that a successful exec closes.
 */
static pid_t await_exec(pid_t pid, int pipe_fds[2], int *error)
{
    ssize_t count;

    close(pipe_fds[1]);
    *error = 0;
    do
    {
        count = read(pipe_fds[0], error, sizeof(*error));
    }
    while (count < 0 && EINTR == errno);
    close(pipe_fds[0]);
    if (count > 0)
    {
        waitpid(pid, NULL, 0);
        return -1;
    }
    return pid;
}

static void report_failure(int fd)
{
    const int error = errno;
    if (write(fd, &error, sizeof(error)) < 0)
    {
        _exit(FLOPMETER_EXIT_NOT_EXECUTABLE);
    }
    _exit(FLOPMETER_EXIT_NOT_FOUND);
}

/*
 * Everything inherited stays out of the JVM: a pipe of the program kept open there would hide its end from the reader.
 */
static int place_descriptors(int in_fd, int log_fd, int live_fd, int *error_fd)
{
    const int in = in_fd >= 0 ? fcntl(in_fd, F_DUPFD, 10) : open("/dev/null", O_RDONLY);
    int high_live = -1;

    const int high_log = fcntl(log_fd, F_DUPFD, 10);
    const int high_error = fcntl(*error_fd, F_DUPFD, 10);
    if (live_fd >= 0)
    {
        high_live = fcntl(live_fd, F_DUPFD, 10);
    }
    if (in < 0 || high_log < 0 || high_error < 0 || dup2(in, 0) < 0 || dup2(high_log, 1) < 0 ||
        dup2(high_log, 2) < 0 || dup2(high_error, 4) < 0)
    {
        return -1;
    }
    close(3);
    if (high_live >= 0)
    {
        dup2(high_live, 3);
    }
    fcntl(4, F_SETFD, FD_CLOEXEC);
    *error_fd = 4;
#if defined(SYS_close_range)
    if (0 == syscall(SYS_close_range, 5U, ~0U, 0U))
    {
        return 0;
    }
#endif
    for (int i = 5; i < 65536; i++)
    {
        close(i);
    }
    return 0;
}

/*
 * Wait until the parent has closed its end, or has died. All signals are blocked still.
 */
static void await_parent(int gate_fds[2])
{
    char byte;

    close(gate_fds[1]);
    while (read(gate_fds[0], &byte, 1) < 0 && EINTR == errno)
    {
    }
    close(gate_fds[0]);
}

pid_t flopmeter_child_start(
    char **command,
    char **environment,
    const flopmeter_signals_t *signals,
    flopmeter_child_forked_t forked,
    void *context,
    int *error)
{
    int pipe_fds[2];
    int gate_fds[2];

    if (0 != pipe2(pipe_fds, O_CLOEXEC))
    {
        *error = errno;
        return -1;
    }
    const bool has_gate = NULL != forked && 0 == pipe2(gate_fds, O_CLOEXEC);
    const pid_t pid = fork();
    if (0 == pid)
    {
        if (has_gate)
        {
            await_parent(gate_fds);
        }
        flopmeter_signals_restore(signals);
        execvpe(command[0], command, environment);
        report_failure(pipe_fds[1]);
    }
    *error = errno;
    if (has_gate)
    {
        close(gate_fds[0]);
        if (pid > 0)
        {
            forked(context, pid);
        }
        close(gate_fds[1]);
    }
    if (pid < 0)
    {
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        return -1;
    }
    return await_exec(pid, pipe_fds, error);
}

pid_t flopmeter_child_start_meter(
    char **command, char **environment, int in_fd, int log_fd, int live_fd, int directory_fd, int *error)
{
    int pipe_fds[2];

    if (0 != pipe2(pipe_fds, O_CLOEXEC))
    {
        *error = errno;
        return -1;
    }
    const pid_t pid = fork();
    if (0 == pid)
    {
        setsid();
        /* The JVM's start costs half a second of CPU: it must not take it from the program. Lanes fold meanwhile. */
        (void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + METER_NICE);
        /* A crash report or a core of the JVM must not appear in the user's directory. */
        if (0 != fchdir(directory_fd) || 0 != place_descriptors(in_fd, log_fd, live_fd, &pipe_fds[1]))
        {
            report_failure(pipe_fds[1]);
        }
        flopmeter_signals_default(false);
        execvpe(command[0], command, environment);
        report_failure(pipe_fds[1]);
    }
    if (pid < 0)
    {
        *error = errno;
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        return -1;
    }
    return await_exec(pid, pipe_fds, error);
}

int flopmeter_child_exec_exit_code(int error)
{
    return ENOENT == error ? FLOPMETER_EXIT_NOT_FOUND : FLOPMETER_EXIT_NOT_EXECUTABLE;
}

int flopmeter_child_exit_code(int status)
{
#if defined(FLOPMETER_CANARY_EXIT_CODE)
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
#else
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
#endif
}
