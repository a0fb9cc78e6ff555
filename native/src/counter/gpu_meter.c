/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "gpu_meter.h"

#include <math.h>

#define NS_PER_SEC (UINT64_C(1000000000))
#define PPM (UINT64_C(1000000))
#define ACTIVITY_PER_PERCENT (FLOPMETER_GPU_ACTIVITY_WHOLE / 100)
/* The driver computes in single precision: two figures of one pipe were 7e-7 apart. */
#define PERCENT_ERROR (2e-6)
#define PERCENT_ROUNDING_MAX (101.0)

static uint64_t cut(uint64_t activity)
{
    return activity < FLOPMETER_GPU_ACTIVITY_WHOLE ? activity : FLOPMETER_GPU_ACTIVITY_WHOLE;
}

bool flopmeter_gpu_activity(double percent, flopmeter_gpu_range_t *activity)
{
    if (!isfinite(percent) || percent < 0 || percent > PERCENT_ROUNDING_MAX)
    {
        return false;
    }
    const double parts = percent * (double)ACTIVITY_PER_PERCENT;
    activity->lower = cut((uint64_t)floor(parts * (1 - PERCENT_ERROR)));
    activity->point = cut((uint64_t)llround(parts));
    activity->upper = cut((uint64_t)ceil(parts * (1 + PERCENT_ERROR)));
    return true;
}

bool flopmeter_gpu_count(double count, flopmeter_gpu_range_t *range)
{
    if (!isfinite(count) || count < 0 || count >= 0x1p63)
    {
        return false;
    }
    const double below = nextafter(count, 0);
    range->point = (uint64_t)count;
    range->lower = count < 0x1p53 ? (uint64_t)floor(count) : (uint64_t)below;
    range->upper = count < 0x1p53 ? (uint64_t)ceil(count) : (uint64_t)nextafter(count, INFINITY);
    return true;
}

/*
 * SM cycles of a time, rounded down.
 */
static flopmeter_u128_t sm_cycles(uint64_t duration_ns, uint64_t clock_hz, uint64_t sm_count)
{
    return (flopmeter_u128_t)duration_ns * clock_hz / NS_PER_SEC * sm_count;
}

static flopmeter_u128_t sm_cycles_up(uint64_t duration_ns, uint64_t clock_hz, uint64_t sm_count)
{
    return ((flopmeter_u128_t)duration_ns * clock_hz + NS_PER_SEC - 1) / NS_PER_SEC * sm_count;
}

/*
 * Whatever rounding does, the order holds: the upper end is widened, never the lower one raised.
 */
static void add(
    flopmeter_gpu_cycles_t *cycles, flopmeter_u128_t lower, flopmeter_u128_t point, flopmeter_u128_t upper)
{
    const flopmeter_u128_t paid = cycles->debt < lower ? cycles->debt : lower;

    cycles->debt -= paid;
    cycles->lower += lower - paid;
    cycles->point += point;
    cycles->upper += upper;
    cycles->point = cycles->point < cycles->lower ? cycles->lower : cycles->point;
    cycles->upper = cycles->upper < cycles->point ? cycles->point : cycles->upper;
}

void flopmeter_gpu_add_activity(
    flopmeter_gpu_cycles_t *cycles,
    const flopmeter_gpu_interval_t *interval,
    uint64_t clock_ppm,
    const flopmeter_gpu_range_t *activity)
{
    const uint64_t rise = activity->upper > cycles->activity_last ? activity->upper - cycles->activity_last : 0;
    const uint64_t dt_ns = interval->dt_ns_lower + (interval->dt_ns_upper - interval->dt_ns_lower) / 2;
    const uint64_t clock_hz = (uint64_t)((flopmeter_u128_t)interval->clock_hz.point * clock_ppm / PPM);
    const flopmeter_u128_t slack = sm_cycles_up(
        interval->refresh_ns, interval->clock_hz.lower, interval->sm_count.lower) * rise;

    cycles->debt += slack;
    cycles->activity_last = activity->upper;
    add(cycles,
        sm_cycles(interval->dt_ns_lower, interval->clock_hz.lower, interval->sm_count.lower) * activity->lower,
        sm_cycles(dt_ns, clock_hz, interval->sm_count.point) * activity->point,
        sm_cycles_up(interval->dt_ns_upper, interval->clock_hz.upper, interval->sm_count.upper) * activity->upper +
            sm_cycles_up(interval->refresh_ns, interval->clock_hz.upper, interval->sm_count.upper) * rise);
}

void flopmeter_gpu_add_cycles(flopmeter_gpu_cycles_t *cycles, const flopmeter_gpu_range_t *active)
{
    add(cycles, (flopmeter_u128_t)active->lower * FLOPMETER_GPU_ACTIVITY_WHOLE,
        (flopmeter_u128_t)active->point * FLOPMETER_GPU_ACTIVITY_WHOLE,
        (flopmeter_u128_t)active->upper * FLOPMETER_GPU_ACTIVITY_WHOLE);
}

void flopmeter_gpu_add_unknown(
    flopmeter_gpu_cycles_t *cycles, uint64_t duration_ns, uint64_t clock_hz_upper, uint64_t sm_count_upper)
{
    add(cycles, 0, 0, sm_cycles_up(duration_ns, clock_hz_upper, sm_count_upper) * FLOPMETER_GPU_ACTIVITY_WHOLE);
}

void flopmeter_gpu_owe(
    flopmeter_gpu_cycles_t *cycles, uint64_t duration_ns, uint64_t clock_hz_upper, uint64_t sm_count_upper)
{
    cycles->debt += sm_cycles_up(duration_ns, clock_hz_upper, sm_count_upper) * FLOPMETER_GPU_ACTIVITY_WHOLE;
}

void flopmeter_gpu_break(flopmeter_gpu_cycles_t *cycles)
{
    cycles->activity_last = 0;
}

void flopmeter_gpu_charge(
    flopmeter_counter_figure_t *figure, const flopmeter_gpu_cycles_t *cycles, const flopmeter_gpu_span_t *span)
{
    const flopmeter_u128_t whole = FLOPMETER_GPU_ACTIVITY_WHOLE;
    const flopmeter_u128_t lower = cycles->lower * span->lowest / whole;
    const flopmeter_u128_t point = cycles->point * span->point / whole;

    figure->lower += lower;
    figure->point += point < lower ? lower : point;
    figure->upper += (cycles->upper * span->highest + whole - 1) / whole;
}
