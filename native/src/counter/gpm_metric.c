/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "gpm_metric.h"

#include <math.h>
#include <string.h>

#define ID_SM_UTIL (2)
#define ID_SM_CYCLES_ELAPSED (248)
/* How far the cumulative ids may lie from the ratio: 2 % of the whole. */
#define DISAGREEMENT_MAX (FLOPMETER_GPU_ACTIVITY_WHOLE / 50)
#define NS_PER_SEC (UINT64_C(1000000000))

/* Places in the request: all that belong to SM as a whole, then the ratio of each pipe, then its cycles. */
enum
{
    AT_SM_UTIL = 0,
    AT_ELAPSED = 1,
    AT_RATIO = 2,
    AT_ACTIVE = AT_RATIO + FLOPMETER_GPU_PIPES,
    METRICS_COUNT = AT_ACTIVE + FLOPMETER_GPU_PIPES
};

static const unsigned ratio_ids[FLOPMETER_GPU_PIPES] = {
    [FLOPMETER_GPU_HMMA] = 7, [FLOPMETER_GPU_IMMA] = 9, [FLOPMETER_GPU_DMMA] = 8, [FLOPMETER_GPU_DFMA] = 6,
    [FLOPMETER_GPU_FP64] = 11, [FLOPMETER_GPU_FP32] = 12, [FLOPMETER_GPU_FP16] = 13,
};
static const unsigned active_ids[FLOPMETER_GPU_PIPES] = {
    [FLOPMETER_GPU_HMMA] = 252, [FLOPMETER_GPU_IMMA] = 253, [FLOPMETER_GPU_DMMA] = 251, [FLOPMETER_GPU_DFMA] = 254,
    [FLOPMETER_GPU_FP64] = 258, [FLOPMETER_GPU_FP32] = 259, [FLOPMETER_GPU_FP16] = 260,
};

static bool total_of(const flopmeter_nvml_metric_t *metric, flopmeter_gpu_range_t *range)
{
    return FLOPMETER_NVML_SUCCESS == metric->result && flopmeter_gpu_count(metric->value, range);
}

flopmeter_nvml_return_t flopmeter_gpm_metric_get(
    const flopmeter_nvml_t *nvml,
    flopmeter_nvml_sample_t begin,
    flopmeter_nvml_sample_t end,
    flopmeter_nvml_metrics_t *metrics,
    flopmeter_gpm_totals_t *totals)
{
    memset(metrics, 0, sizeof(*metrics));
    memset(totals, 0, sizeof(*totals));
    metrics->version = FLOPMETER_NVML_GPM_VERSION;
    metrics->count = METRICS_COUNT;
    metrics->begin = begin;
    metrics->end = end;
    metrics->metric[AT_SM_UTIL].id = ID_SM_UTIL;
    metrics->metric[AT_ELAPSED].id = ID_SM_CYCLES_ELAPSED;
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        metrics->metric[AT_RATIO + pipe].id = ratio_ids[pipe];
        metrics->metric[AT_ACTIVE + pipe].id = active_ids[pipe];
    }
    /* An entry that the driver leaves alone is not a zero. */
    for (int i = 0; i < METRICS_COUNT; i++)
    {
        metrics->metric[i].result = FLOPMETER_NVML_UNKNOWN;
    }
    const flopmeter_nvml_return_t result = nvml->nvmlGpmMetricsGet(metrics);
    if (FLOPMETER_NVML_SUCCESS != result)
    {
        return result;
    }
    totals->has_elapsed = total_of(&metrics->metric[AT_ELAPSED], &totals->elapsed);
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        totals->has_active[pipe] = total_of(&metrics->metric[AT_ACTIVE + pipe], &totals->active[pipe]);
    }
    return result;
}

void flopmeter_gpm_metric_first(
    const flopmeter_nvml_t *nvml,
    flopmeter_nvml_sample_t sample,
    flopmeter_nvml_metrics_t *metrics,
    flopmeter_gpm_totals_t *totals)
{
    if (FLOPMETER_NVML_SUCCESS != flopmeter_gpm_metric_get(nvml, sample, sample, metrics, totals))
    {
        memset(totals, 0, sizeof(*totals));
    }
}

static uint64_t upper_of(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

void flopmeter_gpm_metric_begin(
    flopmeter_gpm_seen_t *seen, uint64_t clock_hz_most, const flopmeter_gpm_totals_t *first)
{
    const bool is_sum = seen->is_sum;

    memset(seen, 0, sizeof(*seen));
    seen->is_sum = is_sum;
    seen->clock_hz_most = clock_hz_most;
    flopmeter_gpm_metric_see(seen, first);
}

void flopmeter_gpm_metric_see(flopmeter_gpm_seen_t *seen, const flopmeter_gpm_totals_t *totals)
{
    seen->elapsed_most = upper_of(seen->elapsed_most, totals->has_elapsed ? totals->elapsed.lower : 0);
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        seen->active_most[pipe] =
            upper_of(seen->active_most[pipe], totals->has_active[pipe] ? totals->active[pipe].lower : 0);
    }
}

bool flopmeter_gpm_metric_is_reset(const flopmeter_gpm_totals_t *before, const flopmeter_gpm_totals_t *after)
{
    bool is_reset = before->has_elapsed && after->has_elapsed && after->elapsed.upper < before->elapsed.lower;

    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        is_reset = is_reset || (before->has_active[pipe] && after->has_active[pipe] &&
            after->active[pipe].upper < before->active[pipe].lower);
    }
    return is_reset;
}

bool flopmeter_gpm_metric_is_stale(
    const flopmeter_nvml_metrics_t *metrics,
    const flopmeter_gpm_totals_t *before,
    const flopmeter_gpm_totals_t *after)
{
    if (before->has_elapsed && after->has_elapsed && after->elapsed.point > before->elapsed.point)
    {
        return false;
    }
    for (int i = AT_RATIO; i < AT_ACTIVE; i++)
    {
        /* Not a number counts as something new: the reading must show that it was given. */
        if (FLOPMETER_NVML_SUCCESS == metrics->metric[i].result && !(0 == metrics->metric[i].value))
        {
            return false;
        }
    }
    return FLOPMETER_NVML_SUCCESS != metrics->metric[AT_SM_UTIL].result || 0 == metrics->metric[AT_SM_UTIL].value;
}

static void difference(
    const flopmeter_gpu_range_t *before, const flopmeter_gpu_range_t *after, flopmeter_gpu_range_t *grown)
{
    grown->lower = after->lower > before->upper ? after->lower - before->upper : 0;
    grown->point = after->point > before->point ? after->point - before->point : 0;
    grown->upper = after->upper > before->lower ? after->upper - before->lower : 0;
}

static flopmeter_u128_t cycles_of(uint64_t duration_ns, uint64_t clock_hz)
{
    return (flopmeter_u128_t)duration_ns * clock_hz / NS_PER_SEC;
}

/*
 * Can both counts have run over and landed above where they were? However wide they are, that takes as many cycles as
 * they can hold, and they hold more than they ever showed. At full load both do it alike, and the ratio agrees.
 */
static bool may_have_run_over(
    const flopmeter_gpm_seen_t *seen, flopmeter_gpu_pipe_t pipe, const flopmeter_gpu_interval_t *interval)
{
    const uint64_t clock_hz = upper_of(seen->clock_hz_most, interval->clock_hz.upper);
    const uint64_t sm_count = upper_of(interval->sm_count.upper, 1);
    const flopmeter_u128_t most =
        (cycles_of(interval->dt_ns_upper + interval->refresh_ns, clock_hz) + 1) * sm_count;

    return seen->elapsed_most < most || seen->active_most[pipe] < most;
}

/*
 * By how much to multiply to get a sum over the SM. What one SM can't have run is a sum, and the ids of a driver stay
 * one. Anything less may be of one SM, or a sum over SM that sleep and stand still: then both hold. False when it is
 * more than all of them can have run.
 */
static bool scale_of(
    flopmeter_gpm_seen_t *seen,
    const flopmeter_gpu_interval_t *interval,
    const flopmeter_gpu_range_t *elapsed,
    flopmeter_gpu_range_t *scale)
{
    const uint64_t dt_ns = interval->dt_ns_upper + interval->refresh_ns;
    const uint64_t least_ns =
        interval->dt_ns_lower > interval->refresh_ns ? interval->dt_ns_lower - interval->refresh_ns : 0;
    const flopmeter_u128_t one = cycles_of(dt_ns, upper_of(seen->clock_hz_most, interval->clock_hz.upper)) + 1;
    const flopmeter_u128_t one_least = cycles_of(least_ns, interval->clock_hz.lower);

    seen->is_sum = seen->is_sum || elapsed->lower > one;
    *scale = (flopmeter_gpu_range_t){ 1, 1, 1 };
    if (!seen->is_sum)
    {
        scale->point = elapsed->upper >= one_least ? interval->sm_count.point : 1;
        scale->upper = upper_of(interval->sm_count.upper, 1);
    }
    return elapsed->lower <= one * interval->sm_count.upper;
}

bool flopmeter_gpm_metric_cycles(
    const flopmeter_nvml_metrics_t *metrics,
    flopmeter_gpu_pipe_t pipe,
    const flopmeter_gpu_interval_t *interval,
    flopmeter_gpm_seen_t *seen,
    const flopmeter_gpm_totals_t *before,
    const flopmeter_gpm_totals_t *after,
    flopmeter_gpu_range_t *active)
{
    flopmeter_gpu_range_t elapsed;
    flopmeter_gpu_range_t scale;
    flopmeter_gpu_range_t ratio;

    if (!before->has_elapsed || !after->has_elapsed || !before->has_active[pipe] || !after->has_active[pipe] ||
        may_have_run_over(seen, pipe, interval))
    {
        return false;
    }
    difference(&before->elapsed, &after->elapsed, &elapsed);
    difference(&before->active[pipe], &after->active[pipe], active);
    if (0 == elapsed.lower || active->lower > elapsed.upper || !scale_of(seen, interval, &elapsed, &scale))
    {
        return false;
    }
    const uint64_t share =
        (uint64_t)((flopmeter_u128_t)active->point * FLOPMETER_GPU_ACTIVITY_WHOLE / elapsed.point);
    const bool has_ratio = flopmeter_gpm_metric_activity(metrics, pipe, &ratio);
    if (has_ratio && (share > ratio.upper + DISAGREEMENT_MAX || share + DISAGREEMENT_MAX < ratio.lower))
    {
        return false;
    }
    if (!has_ratio || 0 != ratio.upper || 0 != active->point)
    {
        /* A mean over the SM may have lost its fraction at either end. */
        active->upper += 1;
        active->lower -= active->lower > 0 ? 1 : 0;
    }
    active->lower *= scale.lower;
    active->point *= scale.point;
    active->upper *= scale.upper;
    return true;
}

bool flopmeter_gpm_metric_activity(
    const flopmeter_nvml_metrics_t *metrics, flopmeter_gpu_pipe_t pipe, flopmeter_gpu_range_t *activity)
{
    const flopmeter_nvml_metric_t *const metric = &metrics->metric[AT_RATIO + pipe];

    return FLOPMETER_NVML_SUCCESS == metric->result && flopmeter_gpu_activity(metric->value, activity);
}

bool flopmeter_gpm_metric_is_missing(const flopmeter_nvml_metrics_t *metrics, flopmeter_gpu_pipe_t pipe)
{
    return FLOPMETER_NVML_SUCCESS != metrics->metric[AT_RATIO + pipe].result;
}
