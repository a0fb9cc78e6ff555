/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "meter_jvm.h"

#include "child.h"
#include "environment.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESTARTS_MAX (5)
#define RESTART_PAUSE_NS (100000000LL)

/* What the JVM finds its end of --live under. */
#define LIVE_FD_IN_JVM "3"

void flopmeter_meter_jvm_init(
    flopmeter_meter_jvm_t *jvm, const flopmeter_options_t *options, const flopmeter_directory_t *directory, int live_fd)
{
    size_t count = options->jvm_count;

    memset(jvm, 0, sizeof(*jvm));
    jvm->directory = directory;
    jvm->live_fd = live_fd;
    if (0 == count || !directory->usable)
    {
        return;
    }
    jvm->command = calloc(count + 8, sizeof(char *));
    jvm->environment = flopmeter_environment_of_meter();
    if (NULL == jvm->command || NULL == jvm->environment)
    {
        jvm->command = NULL;
        jvm->error = ENOMEM;
        return;
    }
    memcpy(jvm->command, options->jvm, count * sizeof(char *));
    if (NULL != strchr(jvm->command[0], '/') && '/' != jvm->command[0][0])
    {
        /* It is started in the meter directory. */
        char *const absolute = realpath(jvm->command[0], NULL);
        jvm->command[0] = NULL != absolute ? absolute : jvm->command[0];
    }
    jvm->command[count++] = (char *)"aggregate";
    jvm->command[count++] = (char *)"--meter-dir";
    jvm->command[count++] = directory->path;
    if (NULL != options->cpu_budget)
    {
        jvm->command[count++] = (char *)"--cpu-budget";
        jvm->command[count++] = (char *)options->cpu_budget;
    }
    if (live_fd >= 0)
    {
        jvm->command[count++] = (char *)"--live-fd";
        jvm->command[count++] = (char *)LIVE_FD_IN_JVM;
    }
}

bool flopmeter_meter_jvm_start(flopmeter_meter_jvm_t *jvm)
{
    int error = 0;

    jvm->restart_at_ns = 0;
    if (NULL == jvm->command || 0 != jvm->error || 0 != jvm->pid)
    {
        return 0 != jvm->pid;
    }
    const int log_fd = openat(
        jvm->directory->fd, "meter.log", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (log_fd < 0)
    {
        jvm->error = errno;
        return false;
    }
    const pid_t pid = flopmeter_child_start_meter(
        jvm->command, jvm->environment, log_fd, jvm->live_fd, jvm->directory->fd, &error);
    close(log_fd);
    if (pid < 0)
    {
        jvm->error = error;
        return false;
    }
    jvm->restarts += jvm->started ? 1 : 0;
    jvm->started = true;
    jvm->pid = pid;
    return true;
}

void flopmeter_meter_jvm_ended(flopmeter_meter_jvm_t *jvm)
{
    jvm->pid = 0;
    if (jvm->restarts < RESTARTS_MAX)
    {
        jvm->restart_at_ns = flopmeter_text_monotonic_ns() + (RESTART_PAUSE_NS << jvm->restarts);
    }
}

void flopmeter_meter_jvm_tick(flopmeter_meter_jvm_t *jvm)
{
    if (0 != jvm->restart_at_ns && flopmeter_text_monotonic_ns() >= jvm->restart_at_ns)
    {
        (void)flopmeter_meter_jvm_start(jvm);
    }
}
