/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One kernel under one source: what it executed beside what the source read.
 */

#ifndef FLOPMETER_MEASURE_H
#define FLOPMETER_MEASURE_H

#include "flopmeter_counter.h"

/** Something to run whose FLOP are known. */
typedef struct flopmeter_workload_stct
{
    const char *name;
    flopmeter_precision_t precision;
    uint64_t flop_count;            /* of one iteration: what is executed, and what every source here counts */
    uint64_t dense_flop_count;      /* likewise with the zeros of sparse matrices; 0 = it has none */
    uint64_t iterations_max;        /* of one call of run */
    uint64_t slice_iterations;      /* of one call, once sized; 0 before */
    const void *context;
    const void *item;

    /**
     * Execute exactly `iterations` and return when they are done. False with `probe` saying why: then nothing is known.
     */
    bool (*run)(
        const struct flopmeter_workload_stct *workload, uint64_t iterations, flopmeter_counter_probe_t *probe);
}
flopmeter_workload_t;

typedef struct flopmeter_measurement_stct
{
    flopmeter_counter_probe_t probe;         /* not AVAILABLE: source or kernel failed, the rest is as far as it got */
    bool is_chip_lost;                       /* it was the kernel that failed: no other will run on this chip */
    flopmeter_u128_t expected;               /* FLOP executed while the source was open */
    uint64_t time_ns;                        /* from the first kernel's start to the last one's end */
    uint64_t age_ns;                         /* how long after the end a reading covered it: 0 at once */
    flopmeter_counter_reading_t reading;
}
flopmeter_measurement_t;

/**
 * How a source is measured. One that samples (basis DERIVED) shows what happened a while ago, and means over a window:
 * GPM 110 ms, DCGM 310 ms and more. So older work must have left its figures before it is opened, and what is measured
 * must be several windows long.
 */
typedef struct flopmeter_pace_stct
{
    uint64_t settle_ns;                      /* before it is opened */
    uint64_t window_ns;                      /* how long kernels run, at least */
    uint64_t cover_ns;                       /* longest wait for a reading that covers the last kernel */
}
flopmeter_pace_t;

/** Of a source whose figures are `age_ns` old, 0 where that is not known yet. */
void flopmeter_measure_pace(
    const flopmeter_counter_source_t *source, bool is_quick, uint64_t age_ns, flopmeter_pace_t *pace);

/** Find how many iterations take about `slice_ns`. Runs the workload, so it is warm afterwards. */
bool flopmeter_measure_size(flopmeter_workload_t *workload, uint64_t slice_ns, flopmeter_counter_probe_t *probe);

/**
 * Open the source, run slices for at least the window, read, close. A source that samples is read until its first
 * figure is there, while the kernel runs, as the meter does it, and at the end until a reading covers the last kernel.
 */
void flopmeter_measure(
    const flopmeter_counter_source_t *source,
    const flopmeter_counter_target_t *target,
    const flopmeter_workload_t *workload,
    const flopmeter_pace_t *pace,
    flopmeter_measurement_t *measurement);

/** The same with nothing running; tells how old the figures are. */
void flopmeter_measure_idle(
    const flopmeter_counter_source_t *source,
    const flopmeter_counter_target_t *target,
    const flopmeter_pace_t *pace,
    flopmeter_measurement_t *measurement);

#endif /* FLOPMETER_MEASURE_H */
