/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "watch_state.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

bool flopmeter_watch_state_open(int *fd, const char *meter_dir, uint64_t *covered_ns)
{
    char path[PATH_MAX];

    *fd = -1;
    if (NULL == meter_dir ||
        (size_t)snprintf(path, sizeof(path), "%s/counter.state", meter_dir) >= sizeof(path))
    {
        return false;
    }
    *fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    return *fd >= 0 && (ssize_t)sizeof(*covered_ns) == pread(*fd, covered_ns, sizeof(*covered_ns), 0);
}

void flopmeter_watch_state_write(int *fd, uint64_t covered_ns, uint64_t cards)
{
    const uint64_t state[] = { covered_ns, cards };

    if (*fd >= 0 && 0 != cards && pwrite(*fd, state, sizeof(state), 0) < 0)
    {
        close(*fd);
        *fd = -1;
    }
}
