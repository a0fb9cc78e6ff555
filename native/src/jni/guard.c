/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A lane's file can be cut while it is read; the page that is gone then raises SIGBUS on the reading thread. The way
 * out is a jump back to the beginning of the call: between the two there are only frames of drain.c, which own nothing.
 */

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>

#include "flopmeter_drain.h"

/* Initial-exec: a handler must not be the first to touch a variable that has to be allocated. */
#define HANDLER_LOCAL __thread __attribute__((tls_model("initial-exec")))

static HANDLER_LOCAL sigjmp_buf guard_jump;
static HANDLER_LOCAL uintptr_t guard_begin;
static HANDLER_LOCAL uintptr_t guard_end;

static struct sigaction action_before;
static int install_result;
static pthread_once_t install_once = PTHREAD_ONCE_INIT;

static void hand_on(int signal_number, siginfo_t *info, void *context)
{
    if (0 != (action_before.sa_flags & SA_SIGINFO))
    {
        /* It expects its own mask; returning from our handler restores the one of the interrupted code. */
        sigset_t mask = action_before.sa_mask;
        sigaddset(&mask, SIGBUS);
        pthread_sigmask(SIG_BLOCK, &mask, NULL);
        action_before.sa_sigaction(signal_number, info, context);
    }
    else if (SIG_DFL == action_before.sa_handler || SIG_IGN == action_before.sa_handler)
    {
        /* The access is tried again, and this time nobody is in the way. */
        sigaction(SIGBUS, &action_before, NULL);
    }
    else
    {
        action_before.sa_handler(signal_number);
    }
}

static void on_bus_error(int signal_number, siginfo_t *info, void *context)
{
    const uintptr_t address = (uintptr_t)info->si_addr;

    if (info->si_code > 0 && address >= guard_begin && address < guard_end)
    {
        guard_end = 0;
        siglongjmp(guard_jump, 1);
    }
    hand_on(signal_number, info, context);
}

static void install(void)
{
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

    action.sa_sigaction = on_bus_error;
    sigemptyset(&action.sa_mask);
    install_result = 0 == sigaction(SIGBUS, &action, &action_before) ? 0 : errno;
}

int flopmeter_drain_guard_install(void)
{
    pthread_once(&install_once, install);
    return install_result;
}

int flopmeter_drain_guarded(flopmeter_drain_t *cursor, uint64_t length_limit)
{
    /* SA_NODEFER: the mask has not changed when the handler jumps, so there is none to save. */
    if (0 != sigsetjmp(guard_jump, 0))
    {
        return FLOPMETER_DRAIN_TRUNCATED;
    }

    guard_begin = cursor->map_address;
    guard_end = cursor->map_address + cursor->map_length;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    const int result = flopmeter_drain(cursor, length_limit);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    guard_end = 0;
    return result;
}
