/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "deliver.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DOCUMENT_LENGTH_MAX (256UL * 1024 * 1024)
#define FIFO_READER_TIMEOUT_NS (10000000000LL)

static int replace_file(const char *target, const char *bytes, size_t length, mode_t mode)
{
    char *temporary = NULL;
    int error = 0;

    if (asprintf(&temporary, "%s.%d.tmp", target, (int)getpid()) < 0)
    {
        errno = ENOMEM;
        return -1;
    }
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
    {
        error = errno;
    }
    else
    {
        error = (0 == flopmeter_text_write(fd, bytes, length) && 0 == fchmod(fd, mode)) ? 0 : errno;
        error = (0 == close(fd) || 0 != error) ? error : errno;
        error = (0 != error || 0 == rename(temporary, target)) ? error : errno;
        if (0 != error)
        {
            unlink(temporary);
        }
    }
    free(temporary);
    errno = error;
    return 0 == error ? 0 : -1;
}

/*
 * A FIFO without a reader would hold the supervisor for ever.
 */
static int open_special(const char *path)
{
    const int64_t deadline_ns = flopmeter_text_monotonic_ns() + FIFO_READER_TIMEOUT_NS;
    const struct timespec pause = { 0, 10000000 };
    int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

    while (fd < 0 && ENXIO == errno && flopmeter_text_monotonic_ns() < deadline_ns)
    {
        nanosleep(&pause, NULL);
        fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    }
    return fd;
}

static int write_out(const flopmeter_options_t *options, const char *bytes, size_t length, mode_t inherited_umask)
{
    struct stat status;

    if (options->out_fd >= 0)
    {
        return flopmeter_text_write(options->out_fd, bytes, length);
    }
    const bool exists = 0 == stat(options->out, &status);
    if (exists && !S_ISREG(status.st_mode))
    {
        const int fd = open_special(options->out);
        if (fd < 0)
        {
            return -1;
        }
        const int rc = flopmeter_text_write(fd, bytes, length);
        const int error = errno;
        close(fd);
        errno = error;
        return rc;
    }
    char *const target = flopmeter_text_resolve(options->out);
    if (NULL == target)
    {
        return -1;
    }
    const int rc = replace_file(target, bytes, length, (exists ? status.st_mode : 0666 & ~inherited_umask) & 0777);
    const int error = errno;
    free(target);
    errno = error;
    return rc;
}

static int deliver_result(
    const flopmeter_directory_t *directory, const flopmeter_options_t *options, mode_t inherited_umask)
{
    char *result = NULL;
    const int64_t length = flopmeter_text_read(directory->fd, "result.json", DOCUMENT_LENGTH_MAX, &result);
    const int rc = length < 0 ? -1 : write_out(options, result, (size_t)length, inherited_umask);

    if (0 != rc)
    {
        flopmeter_text_warn("cannot write the result to %s: %s", options->out, strerror(errno));
    }
    free(result);
    return rc;
}

bool flopmeter_deliver_is_ready(const flopmeter_directory_t *directory)
{
    return 0 == faccessat(directory->fd, "result.json", F_OK, AT_SYMLINK_NOFOLLOW);
}

int flopmeter_deliver(
    const flopmeter_directory_t *directory, const flopmeter_options_t *options, mode_t inherited_umask)
{
    char *summary = NULL;
    int rc = 0;

    if (!options->quiet)
    {
        const int64_t length = flopmeter_text_read(directory->fd, "summary.txt", DOCUMENT_LENGTH_MAX, &summary);
        if (length > 0)
        {
            /* A stderr that is closed or full loses the summary, not the result. */
            (void)flopmeter_text_write(STDERR_FILENO, summary, (size_t)length);
        }
        free(summary);
    }
    if (NULL != options->out)
    {
        rc = deliver_result(directory, options, inherited_umask);
    }
    return rc;
}
