/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_DRIVER_H
#define FLOPMETER_RUN_DRIVER_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ACK_FD (9)
#define MARKER (SIGRTMIN + 5)
#define FINISH (SIGRTMIN + 6)
#define DEADLINE_MS (20000)

static int failures;

#define CHECK(condition, ...)                                          \
    do                                                                 \
    {                                                                  \
        if (!(condition))                                              \
        {                                                              \
            failures++;                                                \
            fprintf(stderr, "FAIL %s:%d: ", __FILE__, __LINE__);       \
            fprintf(stderr, __VA_ARGS__);                              \
            fprintf(stderr, "\n");                                     \
        }                                                              \
    }                                                                  \
    while (0)

/* Next acknowledged signal, -1 when none comes. `value`: what sigqueue sent along. */
static inline int next_ack(int fd, int *value)
{
    unsigned char bytes[2];
    struct pollfd wait_for = { fd, POLLIN, 0 };
    if (1 != poll(&wait_for, 1, DEADLINE_MS) || (ssize_t)sizeof(bytes) != read(fd, bytes, sizeof(bytes)))
    {
        return -1;
    }
    if (NULL != value)
    {
        *value = bytes[1];
    }
    return bytes[0];
}

/*
 * How often `number` is acknowledged until the marker, which is sent to the supervisor alone, comes back. Signals are
 * taken lowest number first, so whatever the supervisor sends on twice has come before the marker.
 */
static inline int acks_until_marker(int fd, pid_t supervisor, int number)
{
    int count = 0;
    kill(supervisor, MARKER);
    for (;;)
    {
        const int got = next_ack(fd, NULL);
        if (got < 0)
        {
            CHECK(false, "no acknowledgement of the marker behind signal %d", number);
            return -1;
        }
        if (MARKER == got)
        {
            return count;
        }
        count += got == number ? 1 : 0;
        CHECK(got == number, "signal %d came, expected only %d", got, number);
    }
}

/* waitpid with a deadline; 0 when nothing happened. */
static inline pid_t await_change(pid_t pid, int *status, int options)
{
    const struct timespec pause = { 0, 2000000 };
    for (int i = 0; i < DEADLINE_MS / 2; i++)
    {
        const pid_t got = waitpid(pid, status, options | WNOHANG);
        if (0 != got)
        {
            return got;
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}

#endif /* FLOPMETER_RUN_DRIVER_H */
