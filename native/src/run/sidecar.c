/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "sidecar.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCK_NAME "../sidecar.lock"
#define WAKE_NAME "../sidecar.wake"
#define ACCOUNT_LOCK_NAME ".account.lock"

/*
 * Does another process than `own` hold the lock that a JVM takes on a file (POSIX, of the whole file)? To ask takes
 * nothing: F_GETLK never holds a lock itself, so two that ask don't see each other.
 */
static bool is_held_by_other(int directory_fd, const char *name, pid_t own)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0 };
    const int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool held = false;

    if (fd >= 0)
    {
        /* A holder in another pid namespace has no pid here, and is one all the same. */
        held = 0 == fcntl(fd, F_GETLK, &lock) && F_UNLCK != lock.l_type && (0 == own || own != lock.l_pid);
        close(fd);
    }
    return held;
}

bool flopmeter_sidecar_is_wanted(const flopmeter_directory_t *directory, const flopmeter_options_t *options)
{
    return directory->usable && !directory->nested && !options->live && NULL == options->cpu_budget &&
        0 == options->reads_count && 0 == options->writes_count && NULL == options->purpose;
}

bool flopmeter_sidecar_is_up(const flopmeter_directory_t *directory)
{
    return directory->usable && !directory->nested && is_held_by_other(directory->fd, LOCK_NAME, 0);
}

bool flopmeter_sidecar_is_serving(const flopmeter_directory_t *directory, pid_t own_meter)
{
    return directory->usable && is_held_by_other(directory->fd, ACCOUNT_LOCK_NAME, own_meter);
}

void flopmeter_sidecar_poke(const flopmeter_directory_t *directory)
{
    static const char byte = '.';
    const int fd = openat(directory->fd, WAKE_NAME, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd >= 0)
    {
        /* The write is the message. When it fails the sidecar finds out by itself, a little later. */
        const ssize_t written = pwrite(fd, &byte, sizeof(byte), 0);
        (void)written;
        close(fd);
    }
}

const char *flopmeter_sidecar_language(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    {
        const char *const value = getenv(names[i]);
        if (NULL != value && '\0' != value[0])
        {
            return value;
        }
    }
    return NULL;
}
