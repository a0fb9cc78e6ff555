/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_TEXT_H
#define FLOPMETER_RUN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A string that grows. After a failed allocation it is marked and stays as it was. */
typedef struct flopmeter_text_stct
{
    char *bytes;
    size_t length;
    size_t capacity;
    bool failed;
}
flopmeter_text_t;

/** Put "flopmeter: ...\n" on stderr as one write, control characters shown as '?'. */
void flopmeter_text_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

void flopmeter_text_append(flopmeter_text_t *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * Append `string` as a JSON string. What is not valid UTF-8 (an argument of a command may hold any bytes) becomes
 * U+FFFD, one for each bad byte: every reader takes the document, the damage is visible, and the length of it is kept.
 */
void flopmeter_text_append_json(flopmeter_text_t *text, const char *string);

void flopmeter_text_free(flopmeter_text_t *text);

/** Whether a line can be written to `fd` now without waiting for who reads it. */
bool flopmeter_text_has_room(int fd);

/** Write everything, whatever the kernel takes at a time. Return 0, or -1 with errno. */
int flopmeter_text_write(int fd, const char *bytes, size_t length);

/** Write `text` as `name` in `directory` by temporary file and rename. Return 0, or -1 with errno. */
int flopmeter_text_publish(int directory_fd, const char *name, const flopmeter_text_t *text);

/** Path behind symbolic links, whose last part need not exist. Heap string, or NULL with errno. */
char *flopmeter_text_resolve(const char *path);

/** Whole file, NUL-terminated, at most `limit` bytes. Return its length, or -1 with errno. */
int64_t flopmeter_text_read(int directory_fd, const char *name, size_t limit, char **bytes);

/** CLOCK_MONOTONIC and CLOCK_REALTIME in nanoseconds. */
int64_t flopmeter_text_monotonic_ns(void);
int64_t flopmeter_text_epoch_ns(void);

#endif /* FLOPMETER_RUN_TEXT_H */
