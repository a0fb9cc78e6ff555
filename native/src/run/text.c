/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINKS_MAX (40)

static bool reserve(flopmeter_text_t *text, size_t more)
{
    const size_t needed = text->length + more + 1;
    if (text->failed || needed <= text->capacity)
    {
        return !text->failed;
    }
    const size_t capacity = needed < 256 ? 256 : needed * 2;
    char *const bytes = realloc(text->bytes, capacity);
    if (NULL == bytes)
    {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

static void append_bytes(flopmeter_text_t *text, const char *bytes, size_t length)
{
    if (reserve(text, length))
    {
        memcpy(text->bytes + text->length, bytes, length);
        text->length += length;
        text->bytes[text->length] = '\0';
    }
}

/*
 * Length of the well-formed UTF-8 sequence at `s` (no overlong form, no surrogate, at most U+10FFFF), 0 when there is
 * none.
 */
static size_t utf8_length(const unsigned char *s)
{
    const unsigned char lead = s[0];
    size_t length;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;

    if (lead < 0x80)
    {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF)
    {
        length = 2;
    }
    else if ((lead & 0xF0) == 0xE0)
    {
        length = 3;
        low = 0xE0 == lead ? 0xA0 : low;
        high = 0xED == lead ? 0x9F : high;
    }
    else if (lead >= 0xF0 && lead <= 0xF4)
    {
        length = 4;
        low = 0xF0 == lead ? 0x90 : low;
        high = 0xF4 == lead ? 0x8F : high;
    }
    else
    {
        return 0;
    }
    if (s[1] < low || s[1] > high)
    {
        return 0;
    }
    for (size_t i = 2; i < length; i++)
    {
        if ((s[i] & 0xC0) != 0x80)
        {
            return 0;
        }
    }
    return length;
}

static int64_t clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void flopmeter_text_warn(const char *format, ...)
{
    char line[1024] = "flopmeter: ";
    const size_t prefix = strlen(line);
    va_list arguments;

    va_start(arguments, format);
    const int made = vsnprintf(line + prefix, sizeof(line) - prefix - 1, format, arguments);
    va_end(arguments);
    if (made < 0)
    {
        return;
    }
    const size_t length = strlen(line);
    for (size_t i = 0; i < length; i++)
    {
        /* A path or an argument must not steer the terminal. */
        line[i] = ((unsigned char)line[i] < 0x20 || 0x7F == line[i]) ? '?' : line[i];
    }
    line[length] = '\n';
    (void)flopmeter_text_write(STDERR_FILENO, line, length + 1);
}

void flopmeter_text_append(flopmeter_text_t *text, const char *format, ...)
{
    va_list arguments;
    char *made = NULL;

    va_start(arguments, format);
    const int length = vasprintf(&made, format, arguments);
    va_end(arguments);
    if (length < 0)
    {
        text->failed = true;
        return;
    }
    append_bytes(text, made, (size_t)length);
    free(made);
}

void flopmeter_text_append_json(flopmeter_text_t *text, const char *string)
{
    append_bytes(text, "\"", 1);
    for (const unsigned char *s = (const unsigned char *)string; '\0' != *s;)
    {
        const size_t length = utf8_length(s);
        if (0 == length)
        {
            append_bytes(text, "\xEF\xBF\xBD", 3);
            s++;
            continue;
        }
        if (*s < 0x20 || 0x7F == *s)
        {
            flopmeter_text_append(text, "\\u%04x", *s);
        }
        else if ('"' == *s || '\\' == *s)
        {
            flopmeter_text_append(text, "\\%c", *s);
        }
        else
        {
            append_bytes(text, (const char *)s, length);
        }
        s += length;
    }
    append_bytes(text, "\"", 1);
}

void flopmeter_text_free(flopmeter_text_t *text)
{
    free(text->bytes);
    memset(text, 0, sizeof(*text));
}

bool flopmeter_text_has_room(int fd)
{
    struct pollfd wait = { fd, POLLOUT, 0 };

    /* A pipe says so when PIPE_BUF bytes fit, more than a line has. */
    return 1 == poll(&wait, 1, 0) && 0 != (wait.revents & POLLOUT);
}

int flopmeter_text_write(int fd, const char *bytes, size_t length)
{
    size_t done = 0;
    while (done < length)
    {
        const ssize_t written = write(fd, bytes + done, length - done);
        if (written >= 0)
        {
            done += (size_t)written;
        }
        else if (EAGAIN == errno)
        {
            /* The program may have left its pipe or terminal non-blocking. */
            const struct timespec pause = { 0, 2000000 };
            nanosleep(&pause, NULL);
        }
        else if (EINTR != errno)
        {
            return -1;
        }
    }
    return 0;
}

int flopmeter_text_publish(int directory_fd, const char *name, const flopmeter_text_t *text)
{
    char temporary[64];
    int error = 0;

    if (text->failed)
    {
        errno = ENOMEM;
        return -1;
    }
    snprintf(temporary, sizeof(temporary), ".%s.tmp", name);
    const int fd = openat(directory_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
    {
        return -1;
    }
    error = 0 == flopmeter_text_write(fd, text->bytes, text->length) ? 0 : errno;
    error = (0 == close(fd) || 0 != error) ? error : errno;
    if (0 == error && 0 != renameat(directory_fd, temporary, directory_fd, name))
    {
        error = errno;
    }
    if (0 != error)
    {
        unlinkat(directory_fd, temporary, 0);
        errno = error;
        return -1;
    }
    return 0;
}

/*
 * The path of a file that isn't there yet, in a directory that is.
 */
static char *resolve_new(const char *path)
{
    char *const for_dirname = strdup(path);
    char *const for_basename = strdup(path);
    char *joined = NULL;
    if (NULL != for_dirname && NULL != for_basename)
    {
        char *const directory = realpath(dirname(for_dirname), NULL);
        if (NULL != directory && asprintf(&joined, "%s/%s", directory, basename(for_basename)) < 0)
        {
            joined = NULL;
        }
        free(directory);
    }
    free(for_dirname);
    free(for_basename);
    return joined;
}

char *flopmeter_text_resolve(const char *path)
{
    char target[PATH_MAX];
    char *resolved = realpath(path, NULL);

    if (NULL != resolved || ENOENT != errno)
    {
        return resolved;
    }
    /* A link to a file that isn't there makes that file, as it does for a shell. */
    resolved = resolve_new(path);
    for (int i = 0; i < LINKS_MAX && NULL != resolved; i++)
    {
        char *next = NULL;
        const ssize_t length = readlink(resolved, target, sizeof(target) - 1);
        if (length <= 0)
        {
            return resolved;
        }
        target[length] = '\0';
        if ('/' == target[0] || asprintf(&next, "%s/%s", dirname(resolved), target) >= 0)
        {
            free(resolved);
            resolved = resolve_new(NULL != next ? next : target);
        }
        free(next);
    }
    return resolved;
}

int64_t flopmeter_text_read(int directory_fd, const char *name, size_t limit, char **bytes)
{
    const int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
    {
        return -1;
    }
    struct stat status;
    size_t length = 0;
    char *content = NULL;
    if (0 == fstat(fd, &status) && S_ISREG(status.st_mode) && (uint64_t)status.st_size <= limit)
    {
        const size_t expected = (size_t)status.st_size;
        content = malloc(expected + 1);
        while (NULL != content && length < expected)
        {
            const ssize_t count = read(fd, content + length, expected - length);
            if (count <= 0)
            {
                break;
            }
            length += (size_t)count;
        }
    }
    else
    {
        errno = EFBIG;
    }
    close(fd);
    if (NULL == content)
    {
        return -1;
    }
    content[length] = '\0';
    *bytes = content;
    return (int64_t)length;
}

int64_t flopmeter_text_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t flopmeter_text_epoch_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}
