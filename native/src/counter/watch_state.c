/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "watch_state.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

int flopmeter_watch_state_open(const char *folder, bool *is_there, uint64_t *covered_ns)
{
    char path[PATH_MAX];

    *is_there = false;
    *covered_ns = 0;
    if (NULL == folder ||
        (size_t)snprintf(path, sizeof(path), "%s/" FLOPMETER_WATCH_STATE, folder) >= sizeof(path))
    {
        return -1;
    }
    const int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    *is_there = fd >= 0 && (ssize_t)sizeof(*covered_ns) == pread(fd, covered_ns, sizeof(*covered_ns), 0);
    return fd;
}

void flopmeter_watch_state_write(int *fd, const flopmeter_watch_state_t *state)
{
    if (*fd >= 0 && pwrite(*fd, state, sizeof(*state), 0) < 0)
    {
        close(*fd);
        *fd = -1;
    }
}
