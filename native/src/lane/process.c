/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flopmeter_core.h"
#include "flopmeter_process.h"
#include "flopmeter_sys.h"

/* Beyond so many entries of all kinds pauses share one of theirs: the rest is for gaps without a bound. */
#define PAUSES_APART (FLOPMETER_GAPS_MAX / 2)

static const uint64_t no_time;

const uint64_t *flopmeter_time_word = &no_time;
uint32_t flopmeter_detached;

/* Plain memory: the pointers survive a fork, what `block` points to does not. */
static flopmeter_process_t *block;
static flopmeter_wire_control_t *control;

static void install(flopmeter_wire_control_t *mapped)
{
    flopmeter_wire_control_t *none = NULL;

    if (__atomic_compare_exchange_n(&control, &none, mapped, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    {
        __atomic_store_n(&flopmeter_time_word, (const uint64_t *)&mapped->time_ns, __ATOMIC_RELEASE);
    }
    else
    {
        munmap(mapped, FLOPMETER_CONTROL_LENGTH);
    }
}

/* The control file as a file: ours or root's, private, of the one length. */
static flopmeter_wire_control_t *map_control(int fd)
{
    struct stat stat;
    void *base;

    if (0 != fstat(fd, &stat) || !S_ISREG(stat.st_mode) || FLOPMETER_CONTROL_LENGTH != stat.st_size ||
        0 != flopmeter_sys_check_owner(fd))
    {
        return NULL;
    }
    base = mmap(NULL, FLOPMETER_CONTROL_LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (MAP_FAILED == base)
    {
        return NULL;
    }
    if (4096 == sysconf(_SC_PAGESIZE))
    {
        mprotect(base, 4096, PROT_READ);
    }
    return base;
}

static bool control_valid(const flopmeter_wire_control_t *mapped)
{
    return FLOPMETER_CONTROL_MAGIC == mapped->magic && FLOPMETER_CONTROL_WIRE_VERSION == mapped->wire_version &&
        FLOPMETER_CONTROL_LENGTH == mapped->file_length;
}

static bool open_control(void)
{
    const int dir = flopmeter_sys_open_dir(flopmeter_config.lane_dir);

    if (dir < 0)
    {
        flopmeter_error("no meter: FLOPMETER_LANE_DIR is not an accessible directory of this user");
        return false;
    }

    const int fd = flopmeter_sys_openat(dir, "control", O_RDWR, 0);
    flopmeter_sys_close(dir);
    if (fd < 0)
    {
        flopmeter_error("no meter: FLOPMETER_LANE_DIR has no accessible control file");
        return false;
    }

    flopmeter_wire_control_t *const mapped = map_control(fd);
    flopmeter_sys_close(fd);
    if (NULL == mapped || !control_valid(mapped))
    {
        flopmeter_error("no meter: the control file has a wrong owner, mode, length, magic or version");
        if (NULL != mapped)
        {
            munmap(mapped, FLOPMETER_CONTROL_LENGTH);
        }
        return false;
    }

    install(mapped);
    return true;
}

void *flopmeter_private_map(size_t length)
{
    void *const base = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (MAP_FAILED == base)
    {
        return NULL;
    }
    /* Where the kernel refuses, the fork handlers of fork.c wipe instead. */
#if defined(MADV_WIPEONFORK) && !defined(FLOPMETER_TEST_NO_WIPEONFORK)
    madvise(base, length, MADV_WIPEONFORK);
#endif
    return base;
}

flopmeter_process_t *flopmeter_process(void)
{
    flopmeter_process_t *process = __atomic_load_n(&block, __ATOMIC_ACQUIRE);

    if (NULL == process)
    {
        flopmeter_process_t *const mapped = flopmeter_private_map(sizeof(*mapped));
        if (NULL == mapped)
        {
            return NULL;
        }
        if (__atomic_compare_exchange_n(&block, &process, mapped, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        {
            process = mapped;
        }
        else
        {
            munmap(mapped, sizeof(*mapped));
        }
    }

    /* A vfork child shares the block and must not put its own pid there: it finds that of its parent. */
    if (0 == __atomic_load_n(&process->pid, __ATOMIC_ACQUIRE))
    {
        __atomic_store_n(&process->pid, flopmeter_sys_pid(), __ATOMIC_RELEASE);
    }
    return process;
}

flopmeter_process_t *flopmeter_process_inherited(void)
{
    return __atomic_load_n(&block, __ATOMIC_ACQUIRE);
}

uint64_t flopmeter_process_start_ticks(flopmeter_process_t *process)
{
    uint64_t ticks = __atomic_load_n(&process->start_ticks, __ATOMIC_RELAXED);

    if (0 == ticks)
    {
        ticks = flopmeter_sys_start_ticks(process->pid);
        __atomic_store_n(&process->start_ticks, ticks, __ATOMIC_RELAXED);
    }
    return ticks;
}

bool flopmeter_process_attach(flopmeter_process_t *process)
{
    if (0 != __atomic_load_n(&process->attached, __ATOMIC_ACQUIRE))
    {
        return true;
    }
    if (0 != __atomic_load_n(&process->off, __ATOMIC_RELAXED))
    {
        return false;
    }

    const int errno_before = errno;
    bool attached = NULL != flopmeter_control();

    if ('\0' == flopmeter_config.lane_dir[0])
    {
        flopmeter_error("no meter: FLOPMETER_LANE_DIR is not set");
    }
    else if (!attached)
    {
        attached = open_control();
    }

    if (attached && FLOPMETER_METER_ACCEPTING != __atomic_load_n(&flopmeter_control()->meter_state, __ATOMIC_ACQUIRE))
    {
        flopmeter_error("no meter: it has ended");
        flopmeter_gap(process, FLOPMETER_GAP_DIRECTORY, 0);
        attached = false;
    }
    __atomic_store_n(attached ? &process->attached : &process->off, 1, __ATOMIC_RELEASE);
    errno = errno_before;
    return attached;
}

flopmeter_wire_control_t *flopmeter_control(void)
{
    return __atomic_load_n(&control, __ATOMIC_ACQUIRE);
}

void flopmeter_lost(uint64_t samples)
{
    flopmeter_wire_control_t *const page = flopmeter_control();

    if (NULL != page)
    {
        __atomic_fetch_add(&page->lost_samples, samples, __ATOMIC_RELAXED);
    }
}

void flopmeter_gap_close(flopmeter_wire_gap_t *gap)
{
    const uint64_t now_ns = flopmeter_sys_monotonic_ns();
    uint64_t end_ns = __atomic_load_n(&gap->end_ns, __ATOMIC_RELAXED);

    while (end_ns < now_ns &&
        !__atomic_compare_exchange_n(&gap->end_ns, &end_ns, now_ns, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
    {
        /* Another process ends a pause in the same entry. */
    }
    /* After the end: a reader that finds all of them ended finds the latest end. */
    __atomic_fetch_add(&gap->ended, 1, __ATOMIC_RELEASE);
}

/*
 * A pause in an entry that there is, or NULL. What it had no room in would be a gap without a bound; in one entry with
 * others it is in their time and the time between: never less than it was. Whoever made the entry may have looked at
 * the clock after us: the begin goes back first, and a reader that finds us counted finds it.
 */
static flopmeter_wire_gap_t *join(flopmeter_wire_control_t *page, uint32_t source, uint64_t begin_ns)
{
    uint32_t index = __atomic_load_n(&page->gap_count, __ATOMIC_RELAXED);

    if (index < PAUSES_APART)
    {
        return NULL;
    }
    index = index < FLOPMETER_GAPS_MAX ? index : FLOPMETER_GAPS_MAX;
    while (index > 0)
    {
        flopmeter_wire_gap_t *const gap = &page->gap[--index];
        if (1 == __atomic_load_n(&gap->state, __ATOMIC_ACQUIRE) && FLOPMETER_GAP_COUNTER_PAUSED == gap->reason &&
            source == gap->source)
        {
            uint64_t first_ns = __atomic_load_n(&gap->begin_ns, __ATOMIC_RELAXED);
            while (begin_ns < first_ns && !__atomic_compare_exchange_n(
                &gap->begin_ns, &first_ns, begin_ns, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            {
                /* Another process joins it, too. */
            }
            __atomic_fetch_add(&gap->joined, 1, __ATOMIC_ACQ_REL);
            return gap;
        }
    }
    return NULL;
}

flopmeter_wire_gap_t *flopmeter_gap_open(flopmeter_process_t *process, uint32_t reason, uint32_t source)
{
    flopmeter_wire_control_t *const page = flopmeter_control();

    if (NULL == page)
    {
        return NULL;
    }
    const uint64_t begin_ns = flopmeter_sys_monotonic_ns();
    flopmeter_wire_gap_t *const joined =
        FLOPMETER_GAP_COUNTER_PAUSED == reason ? join(page, source, begin_ns) : NULL;
    if (NULL != joined)
    {
        return joined;
    }

    const uint32_t index = __atomic_fetch_add(&page->gap_count, 1, __ATOMIC_RELAXED);
    if (index >= FLOPMETER_GAPS_MAX)
    {
        return NULL;
    }

    flopmeter_wire_gap_t *const gap = &page->gap[index];
    gap->reason = reason;
    gap->source = source;
    gap->pid = process->pid;
    gap->begin_ns = begin_ns;
    __atomic_store_n(&gap->state, 1, __ATOMIC_RELEASE);
    return gap;
}

flopmeter_wire_gap_t *flopmeter_gap(flopmeter_process_t *process, uint32_t reason, uint32_t source)
{
    const uint32_t bit = UINT32_C(1) << (source & 31);

    if (NULL == flopmeter_control() ||
        0 != (__atomic_fetch_or(&process->gaps_told[reason & 31], bit, __ATOMIC_RELAXED) & bit))
    {
        return NULL;
    }
    flopmeter_wire_gap_t *const gap = flopmeter_gap_open(process, reason, source);
    if (NULL != gap && FLOPMETER_GAP_COUNTER_PAUSED == reason)
    {
        /* Told, and no stretch that anybody ends: the entry would be open for good with the next pause in it. */
        if (0 != __atomic_load_n(&gap->joined, __ATOMIC_ACQUIRE))
        {
            flopmeter_gap_close(gap);
        }
        else
        {
            __atomic_fetch_add(&gap->ended, 1, __ATOMIC_RELEASE);
        }
    }
    return gap;
}
