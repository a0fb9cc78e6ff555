/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "flopmeter_control.h"

#define LENGTH_MAX (UINT64_C(1) << 30)
#define STAT_THREADS_FIELD (20)
#define STAT_START_TICKS_FIELD (22)

_Static_assert(24 == sizeof(flopmeter_control_map_t), "Java reads the map as three longs");

static _Thread_local char errmsg[256];

static int fail(const int result, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(const int result, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(errmsg, sizeof(errmsg), format, args);
    va_end(args);
    return result;
}

static int fail_errno(const char *what, const int error)
{
    const int is_refusal = ELOOP == error || ENOTDIR == error || EISDIR == error || EACCES == error || ENXIO == error;

    return fail(
        is_refusal ? FLOPMETER_CONTROL_REFUSED : FLOPMETER_CONTROL_AGAIN, "%s: %s", what, strerrordesc_np(error));
}

static int open_directory(const char *directory)
{
    return open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* A name with a slash would leave the directory. */
static int is_plain_name(const char *name)
{
    return '\0' != name[0] && NULL == strchr(name, '/') && 0 != strcmp(name, ".") && 0 != strcmp(name, "..");
}

static int check_file(const struct stat *file, const struct stat *directory, const uint64_t length_expected)
{
    if (!S_ISREG(file->st_mode))
    {
        return fail(FLOPMETER_CONTROL_REFUSED, "not a regular file");
    }
    if (file->st_uid != directory->st_uid || file->st_uid != geteuid())
    {
        return fail(FLOPMETER_CONTROL_REFUSED, "belongs to uid %u", (unsigned int)file->st_uid);
    }
    if (1 != file->st_nlink)
    {
        return fail(FLOPMETER_CONTROL_REFUSED, "has %ju links", (uintmax_t)file->st_nlink);
    }
    if (0 != (file->st_mode & 077))
    {
        return fail(FLOPMETER_CONTROL_REFUSED, "has mode %04o", (unsigned int)(file->st_mode & 07777));
    }
    if (file->st_size <= 0 || (uint64_t)file->st_size > LENGTH_MAX ||
        (0 != length_expected && (uint64_t)file->st_size != length_expected))
    {
        return fail(FLOPMETER_CONTROL_REFUSED, "has %jd bytes", (intmax_t)file->st_size);
    }
    return FLOPMETER_CONTROL_OK;
}

static int map_open(const int fd, const int directory_fd, const uint64_t length_expected, flopmeter_control_map_t *map)
{
    struct stat directory;
    struct stat file;
    void *address;
    int result;

    if (fstat(directory_fd, &directory) < 0 || fstat(fd, &file) < 0)
    {
        return fail_errno("fstat", errno);
    }
    result = check_file(&file, &directory, length_expected);
    if (FLOPMETER_CONTROL_OK != result)
    {
        return result;
    }
    address = mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (MAP_FAILED == address)
    {
        return fail_errno("mmap", errno);
    }
    map->address = (uint64_t)(uintptr_t)address;
    map->length = (uint64_t)file.st_size;
    map->fd = fd;
    return FLOPMETER_CONTROL_OK;
}

static int map_in(
    const int directory_fd, const char *name, const uint64_t length_expected, flopmeter_control_map_t *map)
{
    /* O_NONBLOCK: the name may be that of a FIFO, on which an open would wait for ever. */
    const int fd = openat(directory_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int result;

    if (fd < 0)
    {
        return fail_errno("open", errno);
    }
    result = map_open(fd, directory_fd, length_expected, map);
    if (FLOPMETER_CONTROL_OK != result)
    {
        close(fd);
    }
    return result;
}

int flopmeter_control_map(
    const char *directory, const char *name, const uint64_t length_expected, flopmeter_control_map_t *map)
{
    int directory_fd;
    int result;

    if (!is_plain_name(name))
    {
        return fail(FLOPMETER_CONTROL_REFUSED, "not a plain name");
    }
    directory_fd = open_directory(directory);
    if (directory_fd < 0)
    {
        return fail(FLOPMETER_CONTROL_AGAIN, "directory: %s", strerrordesc_np(errno));
    }
    result = map_in(directory_fd, name, length_expected, map);
    close(directory_fd);
    return result;
}

int64_t flopmeter_control_file_length(const int64_t fd)
{
    struct stat file;

    return fstat((int)fd, &file) < 0 ? -1 : (int64_t)file.st_size;
}

void flopmeter_control_unmap(const uint64_t address, const uint64_t length, const int64_t fd)
{
    munmap((void *)(uintptr_t)address, (size_t)length);
    close((int)fd);
}

typedef struct process_stat_stct
{
    char state;
    uint64_t threads;
    uint64_t start_ticks;
}
process_stat_t;

/* The command name may hold blanks and parentheses: fields are counted from the last parenthesis. */
static int parse_stat(const char *stat_text, process_stat_t *stat)
{
    const char *text = strrchr(stat_text, ')');
    int field;

    memset(stat, 0, sizeof(*stat));
    if (NULL == text || ' ' != text[1])
    {
        return -1;
    }
    stat->state = text[2];
    for (field = 2; NULL != text && field < STAT_START_TICKS_FIELD; field++)
    {
        if (STAT_THREADS_FIELD == field && 1 != sscanf(text, " %" SCNu64, &stat->threads))
        {
            return -1;
        }
        text = strchr(text + 1, ' ');
    }
    return NULL != text && 1 == sscanf(text, " %" SCNu64, &stat->start_ticks) ? 0 : -1;
}

static uint64_t inode_of(const char *path)
{
    struct stat file;

    return 0 == stat(path, &file) ? (uint64_t)file.st_ino : 0;
}

/* /proc may hide the processes of others (hidepid), and a lane may have changed hands by setuid. */
static int is_there(const uint32_t pid)
{
    return 0 == kill((pid_t)pid, 0) || ESRCH != errno;
}

/* Each time namespace counts start times from another zero, so a wrong one says little about a process of another. */
static int is_of_our_time(const uint32_t pid)
{
    char path[40];
    const uint64_t ours = inode_of("/proc/self/ns/time");

    snprintf(path, sizeof(path), "/proc/%" PRIu32 "/ns/time", pid);
    return 0 == ours || ours == inode_of(path);
}

int flopmeter_control_is_alive(const uint32_t pid, const uint64_t start_ticks, const uint64_t pid_namespace)
{
    char path[32];
    char text[1024];
    process_stat_t stat;
    ssize_t length;
    int fd;

    if (0 == pid_namespace || inode_of("/proc/self/ns/pid") != pid_namespace)
    {
        return 1;
    }
    snprintf(path, sizeof(path), "/proc/%" PRIu32 "/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
    {
        return ENOENT == errno ? is_there(pid) : 1;
    }
    length = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (length <= 0)
    {
        return length < 0 && ESRCH == errno ? 0 : 1;
    }
    text[length] = '\0';
    if (parse_stat(text, &stat) < 0)
    {
        return 1;
    }
    if (stat.start_ticks != start_ticks)
    {
        return !is_of_our_time(pid);
    }
    if ('X' == stat.state)
    {
        return 0;
    }
    /* A zombie runs no code, and its lanes are final; but a leader that ended before its threads looks like one. */
    return 'Z' != stat.state || stat.threads > 1;
}

int flopmeter_control_is_locked(const char *directory, const char *name)
{
    const int directory_fd = is_plain_name(name) ? open_directory(directory) : -1;
    int locked = 1;
    int fd;

    if (directory_fd < 0)
    {
        return 1;
    }
    fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
    {
        locked = ENOENT == errno ? 0 : 1;
    }
    else
    {
        /* Shared, so that two meters that ask at once don't see each other as owner. */
        locked = 0 == flock(fd, LOCK_SH | LOCK_NB) ? 0 : 1;
        close(fd);
    }
    close(directory_fd);
    return locked;
}

int flopmeter_control_unlink(const char *directory, const char *name)
{
    const int directory_fd = is_plain_name(name) ? open_directory(directory) : -1;
    int result = FLOPMETER_CONTROL_OK;

    if (directory_fd < 0)
    {
        return fail(FLOPMETER_CONTROL_AGAIN, "no such directory, or not a plain name");
    }
    if (unlinkat(directory_fd, name, 0) < 0 && ENOENT != errno)
    {
        result = fail(FLOPMETER_CONTROL_AGAIN, "unlink: %s", strerrordesc_np(errno));
    }
    close(directory_fd);
    return result;
}

int64_t flopmeter_control_cpu_ns(void)
{
    struct timespec time = { .tv_sec = 0, .tv_nsec = 0 };

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

const char *flopmeter_control_errmsg(void)
{
    return errmsg;
}
