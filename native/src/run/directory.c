/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "directory.h"

#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define CONTROL_LENGTH (8192)
#define CONTROL_MAGIC (0x4C525443504F4C46ULL)
#define CONTROL_WIRE_VERSION (1)
#define CONTROL_STATE_OFFSET (28)
#define CONTROL_TIME_OFFSET (64)
#define CONTROL_PROCESS_FLAGS_OFFSET (4100)
#define CONTROL_GAP_COUNT_OFFSET (4096)
#define CONTROL_GAP_OFFSET (4160)
#define CONTROL_STATE_ACCEPTING (1)
#define CONTROL_STATE_ENDED (2)
#define SHARED_MEMORY_FREE_BYTES_MIN (64ULL * 1024 * 1024)
#define NESTED_PATH_LENGTH_MAX (2048)
#define REMOVE_DEPTH_MAX (64)
/* Facts, result, summary, the rest of an account's log and its next snapshot. */
#define RESERVE_LENGTH (2 * 1024 * 1024)
#define RESERVE_NAME ".reserve"

/* The meter page of the control file; offsets in 0002 section 2. */
typedef struct meter_page_stct
{
    uint64_t magic;
    uint32_t wire_version;
    uint32_t file_length;
    uint64_t meter_nonce;
    uint32_t supervisor_pid;
    uint32_t meter_state;
    uint8_t zero_1[32];
    uint64_t time_ns;
    uint8_t zero_2[56];
    uint32_t gate;
}
meter_page_t;

_Static_assert(offsetof(meter_page_t, meter_state) == CONTROL_STATE_OFFSET, "0002 section 2");
_Static_assert(offsetof(meter_page_t, time_ns) == CONTROL_TIME_OFFSET, "0002 section 2");
_Static_assert(offsetof(meter_page_t, gate) == 128, "0002 section 2");

#if defined(FLOPMETER_RUN_TESTING)
static const char *shared_memory_root(void)
{
    const char *const root = getenv("FLOPMETER_TEST_SHM");
    return NULL != root ? root : "/dev/shm";
}
#else
static const char *shared_memory_root(void)
{
    return "/dev/shm";
}
#endif

static uint64_t random_word(void)
{
    uint64_t word = 0;
    if ((ssize_t)sizeof(word) != getrandom(&word, sizeof(word), GRND_NONBLOCK))
    {
        word = ((uint64_t)flopmeter_text_monotonic_ns() * 0x9E3779B97F4A7C15ULL) ^ (uint64_t)(unsigned)getpid();
    }
    return word;
}

static int write_control(int directory_fd)
{
    static const char *const temporary = ".control.tmp";
    uint8_t content[CONTROL_LENGTH] = { 0 };
    const meter_page_t page = {
        .magic = CONTROL_MAGIC,
        .wire_version = CONTROL_WIRE_VERSION,
        .file_length = CONTROL_LENGTH,
        .meter_nonce = random_word(),
        .supervisor_pid = (uint32_t)getpid(),
        .meter_state = CONTROL_STATE_ACCEPTING,
        .time_ns = (uint64_t)flopmeter_text_monotonic_ns(),
    };

    memcpy(content, &page, sizeof(page));
    const int fd = openat(directory_fd, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
    {
        return -1;
    }
    if (0 != flopmeter_text_write(fd, (const char *)content, sizeof(content)) ||
        0 != renameat(directory_fd, temporary, directory_fd, "control"))
    {
        const int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/*
 * The control file of an outer run, verified as any producer does it (0002 section 3) before its directory is believed.
 */
static bool is_meter_directory(const char *path)
{
    meter_page_t page;
    struct stat status;
    bool valid = false;

    if ('/' != path[0] || strlen(path) > NESTED_PATH_LENGTH_MAX || !flopmeter_directory_is_private(path))
    {
        return false;
    }
    const int directory_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const int fd = directory_fd < 0 ? -1 :
        openat(directory_fd, "control", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0)
    {
        valid = 0 == fstat(fd, &status) && S_ISREG(status.st_mode) && CONTROL_LENGTH == status.st_size &&
            geteuid() == status.st_uid && 0 == (status.st_mode & 022) &&
            (ssize_t)sizeof(page) == pread(fd, &page, sizeof(page), 0) && CONTROL_MAGIC == page.magic &&
            CONTROL_WIRE_VERSION == page.wire_version && CONTROL_STATE_ACCEPTING == page.meter_state;
        close(fd);
    }
    if (directory_fd >= 0)
    {
        close(directory_fd);
    }
    return valid;
}

/*
 * That of a sidecar for processes that belong to no run: it never ends, so nothing is made in it that its end removes.
 */
static bool is_standing(const char *path)
{
    char *mark = NULL;
    const bool standing = asprintf(&mark, "%s/standing", path) >= 0 && 0 == faccessat(AT_FDCWD, mark, F_OK, 0);

    free(mark);
    return standing;
}

static char *state_meter_directory(const flopmeter_options_t *options)
{
    char *const state = flopmeter_directory_state(options);
    char *meter = NULL;

    if (NULL != state && (asprintf(&meter, "%s/meter", state) < 0 || 0 != flopmeter_directory_make_path(meter)))
    {
        free(meter);
        meter = NULL;
    }
    free(state);
    return meter;
}

static char *shared_memory_base(void)
{
    struct statvfs space;
    char *base = NULL;
    const char *const root = shared_memory_root();

    if (0 != statvfs(root, &space) || (uint64_t)space.f_bavail * space.f_frsize < SHARED_MEMORY_FREE_BYTES_MIN ||
        asprintf(&base, "%s/flopmeter-%u", root, (unsigned)geteuid()) < 0)
    {
        return NULL;
    }
    if ((0 != mkdir(base, 0700) && EEXIST != errno) || !flopmeter_directory_is_private(base))
    {
        /* The name may have been taken by somebody else before us. */
        free(base);
        return NULL;
    }
    return base;
}

static char *unique_child(const char *base, const char *prefix)
{
    char *path = NULL;
    for (int i = 0; i < 16; i++)
    {
        if (asprintf(&path, "%s/%s-%08x", base, prefix, (unsigned)random_word()) < 0)
        {
            return NULL;
        }
        if (0 == mkdir(path, 0700))
        {
            return path;
        }
        free(path);
        if (EEXIST != errno)
        {
            return NULL;
        }
    }
    return NULL;
}

static void stamp_of(char *stamp, size_t length)
{
    struct tm parts;
    char day[32];
    const time_t now = time(NULL);

    gmtime_r(&now, &parts);
    strftime(day, sizeof(day), "%Y%m%dT%H%M%SZ", &parts);
    snprintf(stamp, length, "%s-%d", day, (int)getpid());
}

/*
 * Room for the end, taken at the start: the program may fill the file system meanwhile. Nice to have, no more.
 */
static void reserve(int directory_fd)
{
    const int fd = openat(directory_fd, RESERVE_NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0)
    {
        if (0 != posix_fallocate(fd, 0, RESERVE_LENGTH))
        {
            unlinkat(directory_fd, RESERVE_NAME, 0);
        }
        close(fd);
    }
}

static bool fill(flopmeter_directory_t *directory)
{
    directory->fd = open(directory->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory->fd < 0)
    {
        return false;
    }
    directory->lock_fd = openat(directory->fd, "owner.lock", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (directory->lock_fd < 0 || 0 != flock(directory->lock_fd, LOCK_EX | LOCK_NB))
    {
        return false;
    }
    directory->control_fd = write_control(directory->fd);
    reserve(directory->fd);
    return directory->control_fd >= 0;
}

static void clear(flopmeter_directory_t *directory)
{
    const int fds[] = { directory->fd, directory->control_fd, directory->lock_fd };
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
    {
        if (fds[i] >= 0)
        {
            close(fds[i]);
        }
    }
    free(directory->path);
    free(directory->spill);
    memset(directory, 0, sizeof(*directory));
    directory->fd = directory->control_fd = directory->lock_fd = -1;
}

static bool try_base(flopmeter_directory_t *directory, const char *base, const char *prefix)
{
    directory->path = NULL != base ? unique_child(base, prefix) : NULL;
    if (NULL == directory->path)
    {
        return false;
    }
    if (!fill(directory))
    {
        flopmeter_directory_remove(directory);
        return false;
    }
    directory->usable = true;
    return true;
}

static void remove_tree(int parent_fd, const char *name, int depth)
{
    const int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *const stream = fd < 0 ? NULL : fdopendir(fd);
    if (NULL == stream)
    {
        if (fd >= 0)
        {
            close(fd);
        }
        unlinkat(parent_fd, name, 0);
        return;
    }
    for (struct dirent *entry = readdir(stream); NULL != entry; entry = readdir(stream))
    {
        if (0 == strcmp(entry->d_name, ".") || 0 == strcmp(entry->d_name, ".."))
        {
            continue;
        }
        if (0 != unlinkat(fd, entry->d_name, 0) && (EISDIR == errno || EPERM == errno) && depth < REMOVE_DEPTH_MAX)
        {
            remove_tree(fd, entry->d_name, depth + 1);
        }
    }
    closedir(stream);
    unlinkat(parent_fd, name, AT_REMOVEDIR);
}

bool flopmeter_directory_is_private(const char *path)
{
    struct stat status;
    return 0 == lstat(path, &status) && S_ISDIR(status.st_mode) && geteuid() == status.st_uid &&
        0 == (status.st_mode & 022);
}

int flopmeter_directory_make_path(const char *path)
{
    struct stat status;
    char *const copy = strdup(path);
    int rc = NULL != copy ? 0 : -1;

    for (char *slash = copy; 0 == rc && NULL != slash;)
    {
        slash = strchr(slash + 1, '/');
        if (NULL != slash)
        {
            *slash = '\0';
        }
        if ('\0' != copy[0] && 0 != mkdir(copy, 0700) && EEXIST != errno && 0 != stat(copy, &status))
        {
            rc = -1;
        }
        if (NULL != slash)
        {
            *slash = '/';
        }
    }
    free(copy);
    if (0 == rc && (0 != stat(path, &status) || !S_ISDIR(status.st_mode)))
    {
        errno = ENOTDIR;
        rc = -1;
    }
    return rc;
}

char *flopmeter_directory_state(const flopmeter_options_t *options)
{
#if defined(FLOPMETER_RUN_TESTING)
    if (NULL != getenv("FLOPMETER_TEST_NO_PLACE"))
    {
        return NULL;
    }
#endif
    const char *const xdg = getenv("XDG_STATE_HOME");
    const char *const home = getenv("HOME");
    char *candidates[5] = { NULL };
    char *chosen = NULL;

    const char *const named = NULL != options->dir ? options->dir : getenv("FLOPMETER_DIR");
    candidates[0] = (NULL != named && '\0' != named[0]) ? strdup(named) : NULL;
    if (NULL != xdg && '/' == xdg[0] && asprintf(&candidates[1], "%s/flopmeter", xdg) < 0)
    {
        candidates[1] = NULL;
    }
    if (NULL != home && '/' == home[0] && asprintf(&candidates[2], "%s/.local/state/flopmeter", home) < 0)
    {
        candidates[2] = NULL;
    }
    if (asprintf(&candidates[3], "/tmp/flopmeter-%u", (unsigned)geteuid()) < 0)
    {
        candidates[3] = NULL;
    }
    for (size_t i = 0; i < 4; i++)
    {
        if (NULL != candidates[i] && NULL == chosen && 0 == flopmeter_directory_make_path(candidates[i]) &&
            (i < 3 || flopmeter_directory_is_private(candidates[i])))
        {
            char *const resolved = realpath(candidates[i], NULL);
            if (NULL != resolved && 0 == faccessat(AT_FDCWD, resolved, W_OK | X_OK, AT_EACCESS))
            {
                chosen = resolved;
            }
            else
            {
                free(resolved);
            }
        }
        free(candidates[i]);
    }
    return chosen;
}

void flopmeter_directory_create(
    flopmeter_directory_t *directory, const flopmeter_options_t *options, const char **reason)
{
    const char *const outer = getenv("FLOPMETER_LANE_DIR");
    char stamp[64];
    char *base;

    memset(directory, 0, sizeof(*directory));
    directory->fd = directory->control_fd = directory->lock_fd = -1;
    stamp_of(stamp, sizeof(stamp));
    if (NULL != outer && is_meter_directory(outer) && !is_standing(outer))
    {
        directory->nested = try_base(directory, outer, "nested");
    }
    if (!directory->usable)
    {
        base = shared_memory_base();
        if (!try_base(directory, base, stamp))
        {
            free(base);
            base = state_meter_directory(options);
            (void)try_base(directory, base, stamp);
            if (!directory->usable)
            {
                *reason = NULL == base ? "neither /dev/shm nor a state directory can be written" :
                    "neither /dev/shm nor the state directory has room";
            }
        }
        else
        {
            free(base);
            base = state_meter_directory(options);
            directory->spill = NULL != base ? unique_child(base, "spill") : NULL;
        }
        free(base);
    }
    else
    {
        /* Inside that of the outer run, which removes it with its own. */
        const char *const outer_spill = getenv("FLOPMETER_SPILL_DIR");
        directory->spill = (NULL != outer_spill && flopmeter_directory_is_private(outer_spill)) ?
            unique_child(outer_spill, "nested") : NULL;
    }
}

void flopmeter_directory_touch(const flopmeter_directory_t *directory)
{
    const uint64_t now = (uint64_t)flopmeter_text_monotonic_ns();
    if (directory->control_fd >= 0 && pwrite(directory->control_fd, &now, sizeof(now), CONTROL_TIME_OFFSET) < 0)
    {
        return; /* A stale time word costs time resolution, nothing else. */
    }
}

void flopmeter_directory_tell_gap(const flopmeter_directory_t *directory, uint32_t reason, uint32_t source)
{
    const uint64_t now_ns = (uint64_t)flopmeter_text_monotonic_ns();
    const uint32_t count = 1;
    const uint32_t words[6] = {
        1, reason, source, (uint32_t)getpid(), (uint32_t)(now_ns & UINT32_MAX), (uint32_t)(now_ns >> 32)
    };

    if (directory->usable && (ssize_t)sizeof(words) ==
        pwrite(directory->control_fd, words, sizeof(words), CONTROL_GAP_OFFSET))
    {
        const ssize_t written = pwrite(directory->control_fd, &count, sizeof(count), CONTROL_GAP_COUNT_OFFSET);
        (void)written;
    }
}

void flopmeter_directory_release_reserve(const flopmeter_directory_t *directory)
{
    if (directory->fd >= 0)
    {
        unlinkat(directory->fd, RESERVE_NAME, 0);
    }
}

bool flopmeter_directory_is_cpu_flagged(const flopmeter_directory_t *directory)
{
    uint32_t flags = 0;
    if (directory->control_fd < 0)
    {
        return false;
    }
    const ssize_t count = pread(directory->control_fd, &flags, sizeof(flags), CONTROL_PROCESS_FLAGS_OFFSET);
    return (ssize_t)sizeof(flags) != count || 0 != (flags & 1);
}

void flopmeter_directory_end(const flopmeter_directory_t *directory)
{
    const uint32_t ended = CONTROL_STATE_ENDED;
    if (directory->usable && !directory->nested &&
        pwrite(directory->control_fd, &ended, sizeof(ended), CONTROL_STATE_OFFSET) < 0)
    {
        return;
    }
}

void flopmeter_directory_remove(flopmeter_directory_t *directory)
{
    if (NULL != directory->path)
    {
        remove_tree(AT_FDCWD, directory->path, 0);
    }
    if (NULL != directory->spill)
    {
        remove_tree(AT_FDCWD, directory->spill, 0);
    }
    clear(directory);
}
