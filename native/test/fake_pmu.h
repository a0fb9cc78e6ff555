/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A kernel with a PMU that does what a test scripts: it rotates groups over a few counters, forgets, fails, wraps, and
 * keeps the true counts apart.
 */

#ifndef FLOPMETER_TEST_FAKE_PMU_H
#define FLOPMETER_TEST_FAKE_PMU_H

#include "flopmeter_perf.h"

#define FAKE_PMU_EVENTS_MAX (512)

typedef struct fake_pmu_event_stct
{
    struct perf_event_attr attr;
    struct perf_event_mmap_page page;
    pid_t pid;
    int cpu;
    int leader;             /* index */
    bool is_open;
    bool is_enabled;
    bool is_mapped;
    uint64_t value;         /* as the kernel tells */
    uint64_t enabled_ns;
    uint64_t running_ns;
    uint64_t truth;         /* as it was */
}
fake_pmu_event_t;

typedef struct fake_pmu_stct
{
    fake_pmu_event_t events[FAKE_PMU_EVENTS_MAX];
    int count;
    int counters;           /* how many events fit on the PMU at a time */
    int group_max;          /* larger groups are refused, as perf does */
    size_t turn;            /* of the rotation */
    uint64_t now_ns;
    unsigned threads;       /* that run at the same time: so much faster goes their time */
    int open_calls;
    int open_fails_at;      /* number of the call, -1 = never */
    int open_error;
    int read_error;         /* 0 = none; -1 = end of file, as of an event in error state */
    int enable_error;
    int fd_first;           /* number of the first descriptor */
    int fd_limit;
    int reads;              /* system calls so far */
    uint32_t kind;          /* of a hybrid: type of the PMU of the core that the task is on; 0 = no hybrid */
    bool no_rdpmc;
    int page_changes;       /* so many times the page changes under the reader */
    flopmeter_perf_sys_t sys;
}
fake_pmu_t;

void fake_pmu_init(fake_pmu_t *pmu);

/** Time goes by for `ns`: one turn of the rotation. Event i truly comes counts[i] times in it. */
void fake_pmu_run(fake_pmu_t *pmu, uint64_t ns, const uint64_t *counts);

/** The process calls exec. */
void fake_pmu_exec(fake_pmu_t *pmu);

/** How many descriptors are open. */
int fake_pmu_open_count(const fake_pmu_t *pmu);

/** First event with this config, or NULL. */
fake_pmu_event_t *fake_pmu_find(fake_pmu_t *pmu, uint64_t config);

#endif /* FLOPMETER_TEST_FAKE_PMU_H */
