/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "meter_jvm.h"

#include "child.h"
#include "environment.h"
#include "sidecar.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESTARTS_MAX (5)
#define RESTART_PAUSE_NS (100000000LL)
#define NS_PER_MS (1000000LL)
#define CLAIM_PATIENCE_NS (250 * NS_PER_MS)
#define SERVED_LOOK_NS (100 * NS_PER_MS)
/* A sidecar that is started again adopts its runs; and not all of them shall start a JVM in the same instant. */
#define SIDECAR_RETURN_NS (500 * NS_PER_MS)
#define SIDECAR_RETURN_SPREAD_MS (1000)

/* What the JVM finds its end of --live under. */
#define LIVE_FD_IN_JVM "3"

void flopmeter_meter_jvm_init(
    flopmeter_meter_jvm_t *jvm, const flopmeter_options_t *options, const flopmeter_directory_t *directory, int live_fd)
{
    size_t count = options->jvm_count;

    memset(jvm, 0, sizeof(*jvm));
    jvm->directory = directory;
    jvm->live_fd = live_fd;
    jvm->end_fd = -1;
    jvm->is_sidecar_wanted = flopmeter_sidecar_is_wanted(directory, options);
    if (0 == count || !directory->usable)
    {
        return;
    }
    jvm->command = calloc(count + 9, sizeof(char *));
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
    jvm->command[count++] = (char *)"--end-on-stdin";
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

static void disconnect_end(flopmeter_meter_jvm_t *jvm)
{
    if (jvm->end_fd >= 0)
    {
        close(jvm->end_fd);
        jvm->end_fd = -1;
    }
}

/*
 * A socket, since writing into a pipe whose reader has died is a signal. Return the JVM's end, or -1.
 */
static int connect_end(flopmeter_meter_jvm_t *jvm)
{
    int ends[2] = { -1, -1 };

    disconnect_end(jvm);
    if (0 == socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    {
        jvm->end_fd = ends[0];
    }
    return ends[1];
}

static bool start(flopmeter_meter_jvm_t *jvm)
{
    int error = 0;

    jvm->restart_at_ns = 0;
    jvm->awaits_sidecar = false;
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
    const int in_fd = connect_end(jvm);
    const pid_t pid = flopmeter_child_start_meter(
        jvm->command, jvm->environment, in_fd, log_fd, jvm->live_fd, jvm->directory->fd, &error);
    close(log_fd);
    if (in_fd >= 0)
    {
        close(in_fd);
    }
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

/*
 * True when a sidecar may be expected to take this run, soon.
 */
static bool call_sidecar(flopmeter_meter_jvm_t *jvm)
{
    if (!jvm->is_sidecar_wanted || !flopmeter_sidecar_is_up(jvm->directory))
    {
        return false;
    }
    flopmeter_sidecar_poke(jvm->directory);
    jvm->restart_at_ns = flopmeter_text_monotonic_ns() + CLAIM_PATIENCE_NS;
    return true;
}

void flopmeter_meter_jvm_begin(flopmeter_meter_jvm_t *jvm)
{
    if (!call_sidecar(jvm))
    {
        (void)start(jvm);
    }
}

bool flopmeter_meter_jvm_finish(flopmeter_meter_jvm_t *jvm)
{
    if (0 == jvm->pid && call_sidecar(jvm))
    {
        jvm->awaits_sidecar = true;
        return true;
    }
    if (jvm->end_fd >= 0)
    {
        /* It may be asleep for long, and would look then only. */
        (void)send(jvm->end_fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    return start(jvm);
}

void flopmeter_meter_jvm_ended(flopmeter_meter_jvm_t *jvm)
{
    jvm->pid = 0;
    disconnect_end(jvm);
    if (jvm->restarts < RESTARTS_MAX)
    {
        jvm->restart_at_ns = flopmeter_text_monotonic_ns() + (RESTART_PAUSE_NS << jvm->restarts);
    }
}

void flopmeter_meter_jvm_tick(flopmeter_meter_jvm_t *jvm)
{
    const int64_t now_ns = flopmeter_text_monotonic_ns();
    const bool was_served = jvm->is_served;

    if (0 == jvm->restart_at_ns || now_ns < jvm->restart_at_ns)
    {
        return;
    }
    jvm->is_served = jvm->is_sidecar_wanted && flopmeter_sidecar_is_serving(jvm->directory, jvm->pid);
    if (jvm->is_served)
    {
        jvm->restart_at_ns = now_ns + SERVED_LOOK_NS;
    }
    else if (was_served && !jvm->awaits_sidecar)
    {
        jvm->restart_at_ns = now_ns + SIDECAR_RETURN_NS + (getpid() % SIDECAR_RETURN_SPREAD_MS) * NS_PER_MS;
    }
    else
    {
        (void)start(jvm);
    }
}
