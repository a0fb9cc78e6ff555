/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The figures of GPM: which ids, and what can be made of one answer. Internal to the source "gpm".
 */

#ifndef FLOPMETER_GPM_METRIC_H
#define FLOPMETER_GPM_METRIC_H

#include "gpu_meter.h"
#include "nvml.h"

/** The cumulative ids, "since reboot". Those that the driver gave. */
typedef struct flopmeter_gpm_totals_stct
{
    bool has_elapsed;
    bool has_active[FLOPMETER_GPU_PIPES];
    flopmeter_gpu_range_t elapsed;
    flopmeter_gpu_range_t active[FLOPMETER_GPU_PIPES];
}
flopmeter_gpm_totals_t;

/** Ask for all ids over [begin, end]. `metrics` has each id's own result and `totals` the cumulative ones. */
flopmeter_nvml_return_t flopmeter_gpm_metric_get(
    const flopmeter_nvml_t *nvml,
    flopmeter_nvml_sample_t begin,
    flopmeter_nvml_sample_t end,
    flopmeter_nvml_metrics_t *metrics,
    flopmeter_gpm_totals_t *totals);

/** The cumulative ids at one sample, none where the driver won't say. */
void flopmeter_gpm_metric_first(
    const flopmeter_nvml_t *nvml,
    flopmeter_nvml_sample_t sample,
    flopmeter_nvml_metrics_t *metrics,
    flopmeter_gpm_totals_t *totals);

/** What the cumulative ids were seen to do in an unbroken piece. */
typedef struct flopmeter_gpm_seen_stct
{
    uint64_t clock_hz_most;                  /* no SM runs faster */
    uint64_t elapsed_most;                   /* the highest total of each */
    uint64_t active_most[FLOPMETER_GPU_PIPES];
    bool is_sum;                             /* of this driver: elapsed once grew by more than one SM can run */
}
flopmeter_gpm_seen_t;

/** Begin anew, with the totals of the first sample. What the ids are of is still known, unless the driver changed. */
void flopmeter_gpm_metric_begin(
    flopmeter_gpm_seen_t *seen, uint64_t clock_hz_most, const flopmeter_gpm_totals_t *first);

/** Totals that are no lower than those before. */
void flopmeter_gpm_metric_see(flopmeter_gpm_seen_t *seen, const flopmeter_gpm_totals_t *totals);

/** Has a count fallen? Then the counters were reset, or wrapped. */
bool flopmeter_gpm_metric_is_reset(const flopmeter_gpm_totals_t *before, const flopmeter_gpm_totals_t *after);

/** Is everything zero, as it is between two samples of one refresh and on an idle GPU alike? */
bool flopmeter_gpm_metric_is_stale(
    const flopmeter_nvml_metrics_t *metrics,
    const flopmeter_gpm_totals_t *before,
    const flopmeter_gpm_totals_t *after);

/**
 * Active cycles of `pipe`, summed over the SM, from the cumulative ids. False where they can't be used: the driver has
 * none, or they disagree with elapsed time or the ratio. No driver with these ids was at hand, so they are believed
 * only where something else that is known confirms them, and where `seen` shows that they can't have run over: what
 * lands above the old value has gone round by more than it ever showed. While they may be of one SM or a sum over SM
 * that sleep, the lower end is that of the sum and the upper end that of one SM, times all of them.
 */
bool flopmeter_gpm_metric_cycles(
    const flopmeter_nvml_metrics_t *metrics,
    flopmeter_gpu_pipe_t pipe,
    const flopmeter_gpu_interval_t *interval,
    flopmeter_gpm_seen_t *seen,
    const flopmeter_gpm_totals_t *before,
    const flopmeter_gpm_totals_t *after,
    flopmeter_gpu_range_t *active);

/** Activity of `pipe` from its ratio id. False when the driver gave none, or no number. */
bool flopmeter_gpm_metric_activity(
    const flopmeter_nvml_metrics_t *metrics, flopmeter_gpu_pipe_t pipe, flopmeter_gpu_range_t *activity);

/** Did the driver refuse the ratio id of `pipe`? */
bool flopmeter_gpm_metric_is_missing(const flopmeter_nvml_metrics_t *metrics, flopmeter_gpu_pipe_t pipe);

#endif /* FLOPMETER_GPM_METRIC_H */
