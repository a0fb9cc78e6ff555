/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tally.h"

#include <errno.h>
#include <string.h>

/* Descriptors that stay free for the rest of the supervisor. */
#define FD_RESERVE (32)
#define INTERRUPTED_MAX (1000)

void flopmeter_tally_open(flopmeter_tally_t *const tally, const flopmeter_perf_sys_t *const sys, const pid_t pid)
{
    struct perf_event_attr attr;
    int fd = -EINTR;

    flopmeter_tally_close(tally);
    memset(tally, 0, sizeof(*tally));
    for (int i = 0; i < INTERRUPTED_MAX && -EINTR == fd; i++)
    {
        memset(&attr, 0, sizeof(attr));
        attr.size = sizeof(attr);
        attr.type = PERF_TYPE_SOFTWARE;
        attr.config = PERF_COUNT_SW_TASK_CLOCK;
        attr.disabled = 1;
        attr.enable_on_exec = 1;
        attr.inherit = 1;
        /* The clock runs in the kernel all the same; without this a user would need a right for it. */
        attr.exclude_kernel = 1;
        attr.exclude_hv = 1;
        attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
        fd = sys->open(sys->context, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
    }
    if (fd >= 0 && fd > sys->fd_limit(sys->context) - FD_RESERVE)
    {
        sys->close(sys->context, fd);
        fd = -EMFILE;
    }
    tally->sys = sys;
    tally->fd = fd;
}

void flopmeter_tally_doubt(flopmeter_tally_t *const tally)
{
    tally->is_doubtful = true;
}

bool flopmeter_tally_is_trusted(const flopmeter_tally_t *const tally)
{
    return NULL != tally->sys && !tally->is_doubtful && (tally->fd >= 0 || tally->is_read);
}

void flopmeter_tally_read(flopmeter_tally_t *const tally)
{
    flopmeter_perf_raw_t raw;

    if (NULL == tally->sys || tally->fd < 0)
    {
        return;
    }
    const ssize_t length = tally->sys->read(tally->sys->context, tally->fd, &raw, sizeof(raw));
    /* A clock that was ever off the CPU while its task was on it has missed something. */
    if ((ssize_t)sizeof(raw) == length && raw.running_ns == raw.enabled_ns)
    {
        tally->cpu_ns = raw.value;
        tally->is_read = true;
    }
    flopmeter_tally_close(tally);
}

void flopmeter_tally_close(flopmeter_tally_t *const tally)
{
    if (NULL != tally->sys && tally->fd >= 0)
    {
        tally->sys->close(tally->sys->context, tally->fd);
        tally->fd = -1;
    }
}

bool flopmeter_tally_cpu_ns(const flopmeter_tally_t *const tally, uint64_t *const cpu_ns)
{
    *cpu_ns = tally->cpu_ns;
    return tally->is_read && !tally->is_doubtful;
}
