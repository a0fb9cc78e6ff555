/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "check.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

void (*check_cleanup)(void);

void check_failed(void)
{
    void (*const cleanup)(void) = check_cleanup;

    check_cleanup = NULL;
    if (NULL != cleanup)
    {
        cleanup();
    }
    _exit(1);
}

bool check_may_trace(void)
{
    int status = 0;
    const pid_t pid = fork();

    CHECK(pid >= 0, "fork: %s", strerror(errno));
    if (0 == pid)
    {
        _exit(0 == ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? 0 : TEST_SKIP);
    }
    CHECK(pid == waitpid(pid, &status, 0), "wait: %s", strerror(errno));
    return WIFEXITED(status) && 0 == WEXITSTATUS(status);
}
