/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "perf": executed FLOP by the CPU's own counters, through perf_event_open (docs/design/0009-perf.md).
 * Internal; not installed. Every system call goes through a table, so that a test can be the kernel.
 */

#ifndef FLOPMETER_PERF_H
#define FLOPMETER_PERF_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "flopmeter_counter.h"
#include "flopmeter_cpu.h"

/** What the source needs of the kernel. Every call returns -errno on failure, `map` NULL. */
typedef struct flopmeter_perf_sys_stct
{
    void *context;
    int (*open)(void *context, struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd, unsigned long flags);
    ssize_t (*read)(void *context, int fd, void *buffer, size_t length);
    int (*ioctl)(void *context, int fd, unsigned long request, unsigned long argument);
    void (*close)(void *context, int fd);
    struct perf_event_mmap_page *(*map)(void *context, int fd);
    void (*unmap)(void *context, struct perf_event_mmap_page *page);
    bool (*rdpmc)(void *context, uint32_t index, uint64_t *value);    /* false: this CPU has no such instruction */
    uint64_t (*now_ns)(void *context);                                /* CLOCK_MONOTONIC */
    int (*fd_limit)(void *context);                                   /* soft RLIMIT_NOFILE */
}
flopmeter_perf_sys_t;

/** The real kernel. */
extern const flopmeter_perf_sys_t flopmeter_perf_sys;

/** Which machine to look at, and which events to count. */
typedef struct flopmeter_perf_setup_stct
{
    const flopmeter_perf_sys_t *sys;
    const char *root;                          /* "" for this machine */
    const flopmeter_cpu_event_t *events;       /* NULL: those of the chip that is found below root */
    size_t events_count;
}
flopmeter_perf_setup_t;

/** The entry of the vtable, for this machine. */
extern const flopmeter_counter_source_t flopmeter_perf_source;

/** As the functions of the vtable, on any machine. `setup` must outlive the counter. */
void flopmeter_perf_probe(
    const flopmeter_perf_setup_t *setup,
    const flopmeter_counter_target_t *target,
    flopmeter_counter_probe_t *probe);
flopmeter_counter_t *flopmeter_perf_open(
    const flopmeter_perf_setup_t *setup,
    const flopmeter_counter_target_t *target,
    flopmeter_counter_probe_t *probe);
void flopmeter_perf_read(flopmeter_counter_t *counter, flopmeter_counter_reading_t *reading);
void flopmeter_perf_pause(flopmeter_counter_t *counter);
void flopmeter_perf_resume(flopmeter_counter_t *counter);

/** It is paused, and none of its events is on a PMU: the kernel has taken them off, or not put them back. */
bool flopmeter_perf_is_free(const flopmeter_counter_t *counter);

/** It is not paused, and no resume has failed. */
bool flopmeter_perf_is_counting(const flopmeter_counter_t *counter);

void flopmeter_perf_close(flopmeter_counter_t *counter);

/** State, words and remedy for an errno of perf_event_open. */
void flopmeter_perf_explain(
    const flopmeter_perf_setup_t *setup,
    const flopmeter_counter_target_t *target,
    int error,
    flopmeter_counter_probe_t *probe);

/* ---- Arithmetic of one event ---- */

/** One reading of the kernel. All three only grow, unless something is wrong. */
typedef struct flopmeter_perf_raw_stct
{
    uint64_t value;
    uint64_t enabled_ns;
    uint64_t running_ns;
}
flopmeter_perf_raw_t;

/** What one event can have counted at most. */
typedef struct flopmeter_perf_limit_stct
{
    uint32_t rate;         /* counts per cycle, 0 = not known */
    uint64_t hz;
    uint32_t cpus;         /* how many can count at the same time */
    uint64_t elsewhere_ns; /* of a hybrid: the other kind of core certainly ran so long; there this event can't come */
}
flopmeter_perf_limit_t;

/** Counts since open: what was seen, the best guess, what may have been. */
typedef struct flopmeter_perf_counts_stct
{
    flopmeter_u128_t lower;
    flopmeter_u128_t point;
    flopmeter_u128_t upper;
    bool is_bounded;
}
flopmeter_perf_counts_t;

/** One event's account. A stretch in which all readings grew is a segment; the closed ones are summed. */
typedef struct flopmeter_perf_account_stct
{
    flopmeter_perf_raw_t first;          /* of the open segment */
    flopmeter_perf_raw_t last;
    flopmeter_perf_counts_t closed;
    uint64_t closed_enabled_ns;
    uint64_t closed_running_ns;
    uint64_t lost_ns;                    /* wall time between segments */
    uint64_t last_ns;                    /* when `last` was read */
}
flopmeter_perf_account_t;

void flopmeter_perf_account_open(flopmeter_perf_account_t *account, uint64_t now_ns);

/**
 * Take a reading. Return false when it is below the one before: the counter was reset, or it wrapped. What happened
 * between the two is then bounded by rate x time, and not a count.
 */
bool flopmeter_perf_account_take(
    flopmeter_perf_account_t *account,
    const flopmeter_perf_raw_t *raw,
    uint64_t now_ns,
    const flopmeter_perf_limit_t *limit);

/** Sum up. `blind_ns`: wall time in which it was not, or could not be, watched. */
void flopmeter_perf_account_sum(
    const flopmeter_perf_account_t *account,
    uint64_t blind_ns,
    const flopmeter_perf_limit_t *limit,
    flopmeter_perf_counts_t *counts);

/**
 * Time in which the event certainly counted, as of `enabled_ns` of its time, which may be before its last reading.
 * 0 where a segment was closed: then it can't be told.
 */
uint64_t flopmeter_perf_account_running_ns(const flopmeter_perf_account_t *account, uint64_t enabled_ns);

/** Time in which the event was meant to count. */
uint64_t flopmeter_perf_account_enabled_ns(const flopmeter_perf_account_t *account);

/** Time of that in which it did: it was on the PMU. */
uint64_t flopmeter_perf_account_on_pmu_ns(const flopmeter_perf_account_t *account);

/** rate x hz x time, rounded up, on `cpus` CPUs. */
flopmeter_u128_t flopmeter_perf_bound(const flopmeter_perf_limit_t *limit, flopmeter_u128_t time_ns);

#endif /* FLOPMETER_PERF_H */
