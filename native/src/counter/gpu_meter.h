/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Activity of pipes -> SM cycles -> FLOP, in integers. Cycles are kept as an interval per pipe; a rate is applied when
 * somebody reads, so that a precision that gets known later narrows what was measured before.
 */

#ifndef FLOPMETER_GPU_METER_H
#define FLOPMETER_GPU_METER_H

#include "flopmeter_counter.h"
#include "gpu_chip.h"

/** Parts of a whole activity: 100 %. */
#define FLOPMETER_GPU_ACTIVITY_WHOLE (UINT64_C(1000000000))

/** SM cycles x 10^9 in which the pipe was active, since open. lower <= point <= upper. */
typedef struct flopmeter_gpu_cycles_stct
{
    flopmeter_u128_t lower;
    flopmeter_u128_t point;
    flopmeter_u128_t upper;
    flopmeter_u128_t debt;        /* what later intervals must still give back from `lower` */
    uint64_t activity_last;       /* of the interval before, upper end */
}
flopmeter_gpu_cycles_t;

/** A triple of what is not known exactly. */
typedef struct flopmeter_gpu_range_stct
{
    uint64_t lower;
    uint64_t point;
    uint64_t upper;
}
flopmeter_gpu_range_t;

/** Between two samples of the driver. */
typedef struct flopmeter_gpu_interval_stct
{
    uint64_t dt_ns_lower;         /* the two calls took time themselves */
    uint64_t dt_ns_upper;
    uint64_t refresh_ns;          /* each sample may be this much older than the call */
    flopmeter_gpu_range_t clock_hz;
    flopmeter_gpu_range_t sm_count;
}
flopmeter_gpu_interval_t;

/**
 * A percentage of the driver as an activity, rounded outwards; up to 101 % is taken as rounding and cut to the whole.
 * False: not a number, negative, infinite or above that, so no activity at all.
 */
bool flopmeter_gpu_activity(double percent, flopmeter_gpu_range_t *activity);

/** A cumulative count of the driver, which a double may hold only roughly, rounded outwards. False: no count. */
bool flopmeter_gpu_count(double count, flopmeter_gpu_range_t *range);

/**
 * Add an interval of which the driver tells the mean activity. The two samples are up to refresh_ns older than the
 * calls, each by an unknown time: over a whole reading that is refresh_ns times the rises of activity at most.
 */
void flopmeter_gpu_add_activity(
    flopmeter_gpu_cycles_t *cycles,
    const flopmeter_gpu_interval_t *interval,
    uint64_t clock_ppm,
    const flopmeter_gpu_range_t *activity);

/** Add an interval of which the driver tells the active cycles, summed over the SM. */
void flopmeter_gpu_add_cycles(flopmeter_gpu_cycles_t *cycles, const flopmeter_gpu_range_t *active);

/** Add a time of which nothing is known: `upper` as if the pipe had been active all the time. */
void flopmeter_gpu_add_unknown(
    flopmeter_gpu_cycles_t *cycles, uint64_t duration_ns, uint64_t clock_hz_upper, uint64_t sm_count_upper);

/**
 * The first sample is up to `duration_ns` older than the counter: what was done then is another's, and `lower` does
 * without as much as that can have been. By the highest clock: the mean that the driver gives is by cycles, not by
 * time, so a moment at a high clock weighs as much as a long time at a low one.
 */
void flopmeter_gpu_owe(
    flopmeter_gpu_cycles_t *cycles, uint64_t duration_ns, uint64_t clock_hz_upper, uint64_t sm_count_upper);

/** Begin anew: what comes next is not the neighbour of what was before. */
void flopmeter_gpu_break(flopmeter_gpu_cycles_t *cycles);

/** Add what `cycles` are at `span` to `figure`. */
void flopmeter_gpu_charge(
    flopmeter_counter_figure_t *figure, const flopmeter_gpu_cycles_t *cycles, const flopmeter_gpu_span_t *span);

#endif /* FLOPMETER_GPU_METER_H */
