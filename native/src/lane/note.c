/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Notes for the graph: what the program says it read and wrote, and where its segments begin and end, appended to one
 * file of the meter directory by one write each, docs/design/0021-mapped-index.md section 4. Nothing is opened of what
 * is named: the meter does, later.
 */

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "flopmeter_core.h"
#include "flopmeter_note.h"
#include "flopmeter_process.h"
#include "flopmeter_sys.h"

#define NOTE_MAGIC (UINT32_C(0x52414C46))
#define NOTE_NAME_MAX (4096)
#define NOTES_LENGTH_MAX (INT64_C(16) << 20)
#define DIGEST_PREFIX "sha256:"
#define DIGEST_LENGTH (sizeof(DIGEST_PREFIX) - 1 + 64)

/** A note in the file, little-endian; zeros up to a multiple of 8 follow the name. */
typedef struct note_stct
{
    uint32_t magic;
    uint32_t length;
    uint64_t epoch_ns;
    uint64_t link;                 /* `artifact-<16 hex digits>` in the directory leads to the file; 0: a digest */
    uint32_t call;
    uint32_t kind;
    uint32_t pid;
    uint32_t name_length;
    char name[NOTE_NAME_MAX];
}
note_t;

#define NOTE_HEADER_LENGTH (offsetof(note_t, name))

_Static_assert(40 == NOTE_HEADER_LENGTH, "as docs/design/0021 has it");

static bool is_digest(const char *name)
{
    if (0 != strncmp(name, DIGEST_PREFIX, sizeof(DIGEST_PREFIX) - 1) || DIGEST_LENGTH != strlen(name))
    {
        return false;
    }
    return DIGEST_LENGTH - (sizeof(DIGEST_PREFIX) - 1) ==
        strspn(name + sizeof(DIGEST_PREFIX) - 1, "0123456789abcdef");
}

/* Segments have names, and no file. */
static bool is_file(uint32_t call)
{
    return FLOPMETER_NOTE_READ == call || FLOPMETER_NOTE_WRITTEN == call;
}

/* The name from the root. The aggregator works elsewhere. False when it is too long or the directory is gone. */
static bool set_name(note_t *note, const char *name)
{
    const size_t length = strlen(name);
    size_t working = 0;

    if (is_file(note->call) && '/' != name[0] && !is_digest(name))
    {
        /* The length with its 0, which becomes the slash. */
        const long found = syscall(SYS_getcwd, note->name, sizeof(note->name));
        if (found < 2 || '/' != note->name[0])
        {
            return false;
        }
        working = (size_t)found;
        note->name[working - 1] = '/';
    }
    /* A path of PATH_MAX and more is none that anybody could open. */
    if (working + length >= NOTE_NAME_MAX)
    {
        return false;
    }
    memcpy(note->name + working, name, length + 1);
    note->name_length = (uint32_t)(working + length);
    note->length = (uint32_t)((NOTE_HEADER_LENGTH + note->name_length + 7) & ~(size_t)7);
    memset(note->name + note->name_length, 0, note->length - NOTE_HEADER_LENGTH - note->name_length);
    return true;
}

static bool link_file(int dir, note_t *note)
{
    char name[32] = "artifact-";
    char *at = name + strlen(name);

    note->link = flopmeter_sys_nonce();
    for (int shift = 60; shift >= 0; shift -= 4)
    {
        *at++ = "0123456789abcdef"[(note->link >> shift) & 15];
    }
    *at = '\0';
    return 0 == syscall(SYS_symlinkat, note->name, dir, name);
}

/* Not a FIFO, which would make us wait; not past a limit, for which the kernel would send a signal. */
static bool may_append(int fd, uint32_t length)
{
    struct stat stat;
    struct rlimit limit;

    return 0 == fstat(fd, &stat) && S_ISREG(stat.st_mode) && 0 == flopmeter_sys_check_owner(fd) &&
        stat.st_size + (off_t)length <= NOTES_LENGTH_MAX && 0 == getrlimit(RLIMIT_FSIZE, &limit) &&
        (RLIM_INFINITY == limit.rlim_cur || (rlim_t)stat.st_size + length <= limit.rlim_cur);
}

static bool append(note_t *note)
{
    const int dir = flopmeter_sys_open_dir(flopmeter_config.lane_dir);
    bool written = false;

    if (dir < 0)
    {
        return false;
    }
    const int fd = flopmeter_sys_openat(dir, "artifacts", O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0600);
    if (fd >= 0)
    {
        written = may_append(fd, note->length) &&
            (!is_file(note->call) || is_digest(note->name) || link_file(dir, note)) &&
            (long)note->length == syscall(SYS_write, fd, note, note->length);
        flopmeter_sys_close(fd);
    }
    flopmeter_sys_close(dir);
    return written;
}

int flopmeter_note(const char *name, uint32_t call, uint32_t kind)
{
    note_t note = { .magic = NOTE_MAGIC, .call = call, .kind = kind };
    struct timespec now = { 0, 0 };
    sigset_t before;

    if (NULL == name || '\0' == name[0] || !set_name(&note, name))
    {
        flopmeter_error("the name is NULL, empty or too long");
        return FLOPMETER_INVALID;
    }
    flopmeter_process_t *const process = flopmeter_process();
    if (0 != __atomic_load_n(&flopmeter_detached, __ATOMIC_RELAXED) || NULL == process ||
        !flopmeter_process_attach(process))
    {
        return FLOPMETER_OFF;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    note.epoch_ns = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
    note.pid = process->pid;
    flopmeter_sys_block_signals(&before);
    const bool written = append(&note);
    flopmeter_sys_restore_signals(&before);
    if (!written)
    {
        flopmeter_gap(process, FLOPMETER_GAP_DIRECTORY, FLOPMETER_SOURCE_API);
        flopmeter_error("nothing could be noted: no room in the meter directory, or it is gone");
        return FLOPMETER_LOST;
    }
    return FLOPMETER_OK;
}
