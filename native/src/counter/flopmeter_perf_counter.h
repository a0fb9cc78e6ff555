/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an open counter of the source "perf" is made of. For perf*.c only.
 */

#ifndef FLOPMETER_PERF_COUNTER_H
#define FLOPMETER_PERF_COUNTER_H

#include "flopmeter_perf.h"

#define FLOPMETER_PERF_CPUS_MAX (4096)

/** One open event on one target. */
typedef struct flopmeter_perf_handle_stct
{
    const flopmeter_cpu_event_t *event;
    size_t event_index;                  /* the same on every CPU */
    flopmeter_perf_account_t account;
    struct perf_event_mmap_page *page;   /* to read without a system call; NULL = no */
    size_t leader;                       /* index of the first handle of its group */
    int fd;
    int cpu;
    bool failing;                        /* the last read gave nothing */
}
flopmeter_perf_handle_t;

struct flopmeter_counter_stct
{
    const flopmeter_perf_setup_t *setup;
    flopmeter_counter_target_t target;
    const flopmeter_cpu_event_t *unseen[FLOPMETER_CPU_EVENTS_MAX];
    size_t unseen_count;
    flopmeter_perf_handle_t *handles;
    size_t handles_count;
    flopmeter_cpu_chip_t chip;
    uint64_t hz;
    uint32_t cpus;                       /* on how many of them one handle can count at the same time */
    uint64_t begin_ns;
    uint64_t blind_ns;                   /* in closed pauses */
    uint64_t paused_ns;                  /* since when; 0 = not paused */
    bool is_pause_failed;                /* events may be on the PMU still; the next call tries again */
    bool is_resume_failed;
    flopmeter_counter_reading_t best;    /* of each figure the highest ends so far */
};

/** Does the counter follow a process and its descendants? Such events are read one by one. */
bool flopmeter_perf_is_tree(const flopmeter_counter_t *counter);

/** The PMU of an event's kind of core. NONE where all cores are of one kind. */
typedef enum flopmeter_perf_pmu_enum
{
    FLOPMETER_PERF_PMU_NONE = 0,
    FLOPMETER_PERF_PMU_CORE = 1,
    FLOPMETER_PERF_PMU_ATOM = 2,
    FLOPMETER_PERF_PMUS = 3
}
flopmeter_perf_pmu_t;

flopmeter_perf_pmu_t flopmeter_perf_pmu(const flopmeter_cpu_event_t *event);

/** Of a task on a hybrid: how long it certainly ran on the other kind of core, as of this handle's reading. Else 0. */
uint64_t flopmeter_perf_elsewhere_ns(const flopmeter_counter_t *counter, const flopmeter_perf_handle_t *handle);

/** Of a task on a hybrid: how long it certainly ran on the other kind than `pmu`, as of the last reading. Else 0. */
uint64_t flopmeter_perf_other_ns(const flopmeter_counter_t *counter, flopmeter_perf_pmu_t pmu);

/** Time by event, and by kind of core the least of its events. */
typedef struct flopmeter_perf_times_stct
{
    uint64_t by_event[FLOPMETER_CPU_EVENTS_MAX];
    uint64_t least_ns[FLOPMETER_PERF_PMUS];      /* UINT64_MAX = no event of that kind */
}
flopmeter_perf_times_t;

/** by_event of this handle's event is whole: is it the least of its kind? */
void flopmeter_perf_note_least(flopmeter_perf_times_t *times, const flopmeter_perf_handle_t *handle);

/** Keep, of all events, the time in which each was meant to count, and that in which each was on its PMU. */
void flopmeter_perf_keep_covered(
    flopmeter_counter_t *counter, const flopmeter_perf_times_t *enabled, const flopmeter_perf_times_t *running);

/** Which CPUs are of that kind: true for those in the kernel's list. Every one for NONE. */
bool flopmeter_perf_pmu_has(const flopmeter_counter_t *counter, flopmeter_perf_pmu_t pmu, int cpu);

/** The rows to count by, at most FLOPMETER_CPU_EVENTS_MAX. Return their number; 0: `probe` says why there is none. */
size_t flopmeter_perf_select(
    const flopmeter_perf_setup_t *setup,
    const flopmeter_cpu_event_t **events,
    flopmeter_cpu_chip_t *chip,
    flopmeter_counter_probe_t *probe);

/** As flopmeter_perf_open(), where the highest clock in Hz is known already: to ask for it takes a file per CPU. */
flopmeter_counter_t *flopmeter_perf_open_at(
    const flopmeter_perf_setup_t *setup,
    const flopmeter_counter_target_t *target,
    uint64_t hz,
    flopmeter_counter_probe_t *probe);

/** Make the handles. Return 0 or -errno; what was opened is then to be closed by the caller. */
int flopmeter_perf_open_handles(
    flopmeter_counter_t *counter, const flopmeter_cpu_event_t *const *events, size_t count);

void flopmeter_perf_close_handles(flopmeter_counter_t *counter);

/** enable or disable all groups. Return 0 or the first -errno. */
int flopmeter_perf_switch(const flopmeter_counter_t *counter, bool is_enabled);

#endif /* FLOPMETER_PERF_COUNTER_H */
