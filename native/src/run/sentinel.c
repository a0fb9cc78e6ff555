/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "sentinel.h"

#include "proc.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_MS (50)
#define WATCH_PERIOD_NS (10000000)

/*
 * A helper must hold nothing of the program's: a pipe end kept open here would keep its reader from seeing the end.
 */
static void keep_only(int fd)
{
    const int limit = (int)sysconf(_SC_OPEN_MAX);
    const int null = open("/dev/null", O_RDWR);

    for (int i = 0; i < 3; i++)
    {
        if (null >= 0 && i != null)
        {
            dup2(null, i);
        }
    }
    if (fd >= 0 && 3 != fd)
    {
        dup2(fd, 3);
    }
#if defined(SYS_close_range)
    if (0 == syscall(SYS_close_range, fd >= 0 ? 4U : 3U, ~0U, 0U))
    {
        return;
    }
#endif
    for (int i = fd >= 0 ? 4 : 3; i < limit && i < 65536; i++)
    {
        close(i);
    }
}

static void serve(void)
{
    const struct timespec now = { 0, 0 };
    sigset_t all;
    char request;

    sigfillset(&all);
    while (1 == read(3, &request, 1))
    {
        uint64_t received = 0;
        for (int number = sigtimedwait(&all, NULL, &now); number > 0; number = sigtimedwait(&all, NULL, &now))
        {
            received |= 1ULL << (number - 1);
        }
        if ((ssize_t)sizeof(received) != write(3, &received, sizeof(received)))
        {
            break;
        }
    }
    _exit(0);
}

void flopmeter_sentinel_start(flopmeter_sentinel_t *sentinel)
{
    int pair[2];
    const pid_t supervisor = getpid();

    sentinel->pid = 0;
    sentinel->fd = -1;
    if (0 != socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
    {
        return;
    }
    sentinel->pid = fork();
    if (0 == sentinel->pid)
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != supervisor)
        {
            _exit(0);
        }
        prctl(PR_SET_NAME, "flopmeter-group");
        flopmeter_signals_default(true);
        keep_only(pair[1]);
        serve();
    }
    close(pair[1]);
    if (sentinel->pid < 0)
    {
        sentinel->pid = 0;
        close(pair[0]);
        return;
    }
    sentinel->fd = pair[0];
}

uint64_t flopmeter_sentinel_take(flopmeter_sentinel_t *sentinel)
{
    uint64_t received = 0;
    struct pollfd wait_for = { sentinel->fd, POLLIN, 0 };

    if (0 == sentinel->pid || 1 != send(sentinel->fd, "?", 1, MSG_NOSIGNAL | MSG_DONTWAIT))
    {
        return 0;
    }
    if (1 != poll(&wait_for, 1, ANSWER_TIMEOUT_MS) ||
        (ssize_t)sizeof(received) != recv(sentinel->fd, &received, sizeof(received), MSG_DONTWAIT))
    {
        /* An answer that comes late would be taken for the answer to a later question. */
        flopmeter_sentinel_stop(sentinel, NULL);
        return 0;
    }
    return received;
}

void flopmeter_sentinel_stop(flopmeter_sentinel_t *sentinel, struct rusage *usage)
{
    struct rusage unused;

    if (sentinel->pid > 0)
    {
        kill(sentinel->pid, SIGKILL);
        wait4(sentinel->pid, NULL, 0, NULL != usage ? usage : &unused);
        flopmeter_sentinel_ended(sentinel);
    }
}

void flopmeter_sentinel_ended(flopmeter_sentinel_t *sentinel)
{
    close(sentinel->fd);
    sentinel->pid = 0;
    sentinel->fd = -1;
}

pid_t flopmeter_sentinel_watch_stopped(pid_t child)
{
    const pid_t supervisor = getpid();
    const struct timespec period = { 0, WATCH_PERIOD_NS };
    const pid_t pid = fork();

    if (0 != pid)
    {
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    keep_only(-1);
    prctl(PR_SET_NAME, "flopmeter-watch");

    /* First until the supervisor has stopped itself, then until one of the two runs again. */
    for (int i = 0; i < 100 && 'T' != flopmeter_proc_state(supervisor) && getppid() == supervisor; i++)
    {
        nanosleep(&period, NULL);
    }
    while (getppid() == supervisor && 'T' == flopmeter_proc_state(supervisor))
    {
        const char state = flopmeter_proc_state(child);
        if ('T' != state && 't' != state)
        {
            kill(supervisor, SIGCONT);
            break;
        }
        nanosleep(&period, NULL);
    }
    _exit(0);
}
