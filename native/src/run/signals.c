/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "signals.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int requests[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static volatile sig_atomic_t requested_exit_code;

static void exit_now(int signal_number)
{
    (void)signal_number;
    _exit(requested_exit_code);
}

int flopmeter_signals_take(flopmeter_signals_t *signals)
{
    sigset_t all;

    memset(signals, 0, sizeof(*signals));
    for (int i = 1; i < NSIG; i++)
    {
        sigaction(i, NULL, &signals->dispositions[i]);
    }
    signals->sigchld_ignored = SIG_IGN == signals->dispositions[SIGCHLD].sa_handler;
    prctl(PR_GET_PDEATHSIG, &signals->parent_death_signal);
    signals->umask = umask(077);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &signals->mask);
    signal(SIGCHLD, SIG_DFL);
    signals->fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    return signals->fd >= 0 ? 0 : -1;
}

size_t flopmeter_signals_take_pending(const flopmeter_signals_t *signals, struct signalfd_siginfo *infos, size_t limit)
{
    size_t count = 0;
    while (count < limit && (ssize_t)sizeof(infos[0]) == read(signals->fd, &infos[count], sizeof(infos[0])))
    {
        count += SIGCHLD != infos[count].ssi_signo ? 1 : 0;
    }
    return count;
}

void flopmeter_signals_restore(const flopmeter_signals_t *signals)
{
    for (int i = 1; i < NSIG; i++)
    {
        if (SIG_IGN == signals->dispositions[i].sa_handler || SIG_DFL == signals->dispositions[i].sa_handler)
        {
            sigaction(i, &signals->dispositions[i], NULL);
        }
    }
    umask(signals->umask);
    if (0 != signals->parent_death_signal)
    {
        prctl(PR_SET_PDEATHSIG, signals->parent_death_signal);
    }
    sigprocmask(SIG_SETMASK, &signals->mask, NULL);
}

void flopmeter_signals_default(bool blocked)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
    {
        signal(i, SIG_DFL);
    }
    if (!blocked)
    {
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
    }
}

void flopmeter_signals_stop_self(int signal_number)
{
    struct sigaction inherited;
    sigset_t one;

    if (SIGSTOP == signal_number)
    {
        raise(SIGSTOP);
        return;
    }
    sigaction(signal_number, NULL, &inherited);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    sigprocmask(SIG_BLOCK, &one, NULL);
    sigaction(signal_number, &inherited, NULL);
}

bool flopmeter_signals_is_request(const flopmeter_signals_t *signals, int signal_number)
{
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
    {
        if (signal_number == requests[i])
        {
            return SIG_IGN != signals->dispositions[signal_number].sa_handler;
        }
    }
    return false;
}

void flopmeter_signals_exit_on_request(const flopmeter_signals_t *signals, int exit_code)
{
    struct sigaction action;
    sigset_t set;

    memset(&action, 0, sizeof(action));
    action.sa_handler = exit_now;
    requested_exit_code = exit_code;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
    {
        if (flopmeter_signals_is_request(signals, requests[i]))
        {
            sigaction(requests[i], &action, NULL);
            sigaddset(&set, requests[i]);
        }
    }
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

bool flopmeter_signals_is_of_own_write(const struct signalfd_siginfo *info)
{
    return (SIGPIPE == info->ssi_signo || SIGXFSZ == info->ssi_signo) &&
        (SI_KERNEL == info->ssi_code || getpid() == (pid_t)info->ssi_pid);
}

void flopmeter_signals_forward(pid_t pid, const struct signalfd_siginfo *info)
{
    if (SI_QUEUE == info->ssi_code)
    {
        union sigval value;
        memset(&value, 0, sizeof(value));
        value.sival_ptr = (void *)(uintptr_t)info->ssi_ptr;
        if (0 == sigqueue(pid, (int)info->ssi_signo, value))
        {
            return;
        }
    }
    kill(pid, (int)info->ssi_signo);
}
