/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "perf" over all CPUs of a host, for as long as the host lives: CPUs come and go, and each has counters of
 * its own (docs/design/0009-perf.md, section 8). Internal; not installed.
 */

#ifndef FLOPMETER_PERF_HOST_H
#define FLOPMETER_PERF_HOST_H

#include "flopmeter_perf.h"

/** How many CPUs there are, and how many of them are watched. */
typedef struct flopmeter_perf_host_cpus_stct
{
    size_t online;
    size_t watched;
}
flopmeter_perf_host_cpus_t;

/**
 * The entry of the vtable, for this machine. A target's pid must be -1 and its cpu -1. A reading is taken as often as
 * the reader likes; what happens to a CPU is noticed at the next one, and what it may have executed unwatched until
 * then is in the upper ends, with a gap: also of one that may have come and left between two readings.
 */
extern const flopmeter_counter_source_t flopmeter_perf_host_source;

/**
 * As the vtable's open, on any machine. `since_ns` (CLOCK_MONOTONIC): begin there, with a gap until now that is bounded
 * by what the CPUs that are present can have executed; 0 = begin now. `setup` must outlive the counter.
 */
flopmeter_counter_t *flopmeter_perf_host_open(
    const flopmeter_perf_setup_t *setup, uint64_t since_ns, flopmeter_counter_probe_t *probe);

/** As of the last reading, or of open. */
void flopmeter_perf_host_cpus(const flopmeter_counter_t *counter, flopmeter_perf_host_cpus_t *cpus);

/** Why a CPU is not watched, as of the last reading: the newest refusal. AVAILABLE when all are. */
void flopmeter_perf_host_refusal(const flopmeter_counter_t *counter, flopmeter_counter_probe_t *probe);

void flopmeter_perf_host_probe(
    const flopmeter_perf_setup_t *setup,
    const flopmeter_counter_target_t *target,
    flopmeter_counter_probe_t *probe);
void flopmeter_perf_host_read(flopmeter_counter_t *counter, flopmeter_counter_reading_t *reading);
void flopmeter_perf_host_pause(flopmeter_counter_t *counter);
void flopmeter_perf_host_resume(flopmeter_counter_t *counter);

/** It is paused, and none of its events is on a PMU. */
bool flopmeter_perf_host_is_free(const flopmeter_counter_t *counter);
void flopmeter_perf_host_close(flopmeter_counter_t *counter);

#endif /* FLOPMETER_PERF_HOST_H */
