/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pause.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WISH_FILE "pause.wish"
#define WISH_LENGTH_MAX (128)
#define ANSWER_LENGTH_MAX (1024)
#define STAT_LENGTH_MAX (1024)
#define START_TICKS_FIELD (22)
#define NESTED "nested-"

static uint64_t monotonic_ns(void)
{
    struct timespec now = { 0, 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* ---- The wish ---- */

/*
 * "flopmeter/wish/v1 pause 0123456789abcdef 18446744073709551615\n", and nothing else. The time is when the pause ends
 * by itself; a wish to resume has 0.
 */
static bool parse(const char *text, uint64_t *number, uint64_t *until_ns)
{
    char word[8];
    int end = 0;

    return 3 == sscanf(text, "flopmeter/wish/v1 %7[a-z] %16" SCNx64 " %20" SCNu64 "%n", word, number, until_ns, &end) &&
        end > 0 && 0 == strcmp("\n", text + end) && 0 != *number &&
        (0 == strcmp("pause", word) ? 0 != *until_ns : 0 == strcmp("resume", word) && 0 == *until_ns);
}

static void look_at(flopmeter_pause_t *pause, size_t level)
{
    char path[PATH_MAX];
    char text[WISH_LENGTH_MAX + 1];
    uint64_t number = 0;
    uint64_t until_ns = 0;

    if ((size_t)snprintf(path, sizeof(path), "%.*s/" WISH_FILE, (int)pause->lengths[level], pause->folder) >=
        sizeof(path))
    {
        return;
    }
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && ENOENT != errno && ELOOP != errno && ENOTDIR != errno)
    {
        /* No descriptor is left, or the like: whoever profiles is not to be disturbed by that. */
        return;
    }
    const ssize_t length = fd >= 0 ? read(fd, text, WISH_LENGTH_MAX) : 0;
    if (fd >= 0)
    {
        close(fd);
    }
    text[length > 0 ? length : 0] = '\0';
    const bool is_one = length > 0 && parse(text, &number, &until_ns);
    pause->wishes[level] = is_one ? number : 0;
    pause->until_ns[level] = is_one ? until_ns : 0;
}

bool flopmeter_pause_look(flopmeter_pause_t *pause, uint64_t now_ns)
{
    bool is_wished = false;

    for (size_t i = 0; NULL != pause->name && i < pause->levels; i++)
    {
        look_at(pause, i);
        is_wished = is_wished || now_ns < pause->until_ns[i];
    }
    return is_wished;
}

/* ---- The answer ---- */

/*
 * Field 22 of this thread's stat: with it a number that was given again is no other's. The command name may hold
 * anything, so fields are counted from its end.
 */
static uint64_t start_ticks(pid_t thread)
{
    char path[64];
    char text[STAT_LENGTH_MAX + 1];
    uint64_t ticks = 0;

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd >= 0 ? read(fd, text, STAT_LENGTH_MAX) : 0;
    if (fd >= 0)
    {
        close(fd);
    }
    text[length > 0 ? length : 0] = '\0';
    const char *at = strrchr(text, ')');
    for (int field = 2; NULL != at && field < START_TICKS_FIELD; field++)
    {
        at = strchr(at + 1, ' ');
    }
    return NULL != at && 1 == sscanf(at, " %" SCNu64, &ticks) ? ticks : 0;
}

static uint64_t pid_namespace(void)
{
    struct stat file;

    return 0 == stat("/proc/self/ns/pid", &file) ? (uint64_t)file.st_ino : 0;
}

static size_t print(char *text, const flopmeter_pause_t *pause, bool is_free, const char *detail)
{
    const pid_t thread = (pid_t)syscall(SYS_gettid);
    int length = snprintf(text, ANSWER_LENGTH_MAX, "{\"schema\": \"flopmeter/hold/v1\", \"name\": \"%s\", \"pid\": %d, "
        "\"thread\": %d, \"startTicks\": %" PRIu64 ", \"pidNamespace\": %" PRIu64 ", \"isFree\": %s, \"wishes\": [",
        pause->name, (int)getpid(), (int)thread, start_ticks(thread), pid_namespace(), is_free ? "true" : "false");

    for (size_t i = 0; i < pause->levels && length < ANSWER_LENGTH_MAX; i++)
    {
        length += snprintf(text + length, (size_t)(ANSWER_LENGTH_MAX - length), "%s\"%016" PRIx64 "\"",
            0 == i ? "" : ", ", pause->wishes[i]);
    }
    if (length < ANSWER_LENGTH_MAX)
    {
        length += snprintf(text + length, (size_t)(ANSWER_LENGTH_MAX - length), "], \"detail\": \"%s\"}\n", detail);
    }
    return length < ANSWER_LENGTH_MAX ? (size_t)length : 0;
}

static bool publish(const flopmeter_pause_t *pause, const char *text, size_t length)
{
    char fresh[PATH_MAX];

    if ((size_t)snprintf(fresh, sizeof(fresh), "%s.tmp", pause->file) >= sizeof(fresh))
    {
        return false;
    }
    const int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
    {
        return false;
    }
    const bool is_written = (ssize_t)length == write(fd, text, length);
    close(fd);
    if (is_written && 0 == rename(fresh, pause->file))
    {
        return true;
    }
    unlink(fresh);
    return false;
}

bool flopmeter_pause_answer(flopmeter_pause_t *pause, bool is_free, const char *detail)
{
    char text[ANSWER_LENGTH_MAX];

    if (NULL == pause->name || (pause->is_told && is_free == pause->was_free && 0 == strcmp(detail, pause->detail) &&
        0 == memcmp(pause->wishes, pause->wishes_told, sizeof(pause->wishes))))
    {
        return true;
    }
    snprintf(pause->detail, sizeof(pause->detail), "%s", detail);
    const size_t length = print(text, pause, is_free, pause->detail);
    pause->is_told = 0 != length && publish(pause, text, length);
    pause->was_free = is_free;
    memcpy(pause->wishes_told, pause->wishes, sizeof(pause->wishes));
    return pause->is_told;
}

/* ---- Open and close ---- */

/*
 * A nested run's folder lies in that of the run that it is in, and is called so.
 */
static void find_levels(flopmeter_pause_t *pause)
{
    size_t length = strlen(pause->folder);

    pause->levels = 0;
    while (pause->levels < FLOPMETER_PAUSE_LEVELS_MAX)
    {
        while (length > 1 && '/' == pause->folder[length - 1])
        {
            length -= 1;
        }
        pause->lengths[pause->levels++] = length;
        const char *const slash = memrchr(pause->folder, '/', length);
        if (NULL == slash || slash == pause->folder || 0 != strncmp(slash + 1, NESTED, sizeof(NESTED) - 1))
        {
            return;
        }
        length = (size_t)(slash - pause->folder);
    }
}

void flopmeter_pause_open(flopmeter_pause_t *pause, const char *folder, const char *name)
{
    /* One process of a machine at one time; and nobody but its user can write into the folder. */
    const uint64_t number = monotonic_ns() << 22 ^ (uint64_t)getpid();

    memset(pause, 0, sizeof(*pause));
    if (NULL == folder || (size_t)snprintf(pause->folder, sizeof(pause->folder), "%s", folder) >= PATH_MAX ||
        (size_t)snprintf(pause->file, sizeof(pause->file), "%s/hold-%016" PRIx64 ".json", folder, number) >= PATH_MAX)
    {
        return;
    }
    pause->name = name;
    find_levels(pause);
    (void)flopmeter_pause_answer(pause, false, "");
}

void flopmeter_pause_close(flopmeter_pause_t *pause)
{
    if (NULL != pause->name)
    {
        unlink(pause->file);
        pause->name = NULL;
    }
}
