/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What every source of NVIDIA GPUs keeps since open: cycles of each pipe and the gaps. Its readings are made of it.
 */

#ifndef FLOPMETER_GPU_ACCOUNT_H
#define FLOPMETER_GPU_ACCOUNT_H

#include "gpm_device.h"

typedef struct flopmeter_gpu_account_stct
{
    flopmeter_gpu_cycles_t cycles[FLOPMETER_GPU_PIPES];
    uint64_t begin_ns;
    bool is_unbounded;                             /* something could not be bounded since open */
    size_t gaps_count;
    flopmeter_counter_gap_t gaps[FLOPMETER_COUNTER_GAPS_MAX];
    uint64_t gaps_unasked;                         /* those that are not PAUSED, however many there are */
}
flopmeter_gpu_account_t;

/**
 * Note a gap; one that touches the last one and has its reason widens that, and so does one too many: an entry with a
 * pause and others in it has the reason of another.
 */
void flopmeter_gpu_account_gap(
    flopmeter_gpu_account_t *account, uint64_t begin_ns, uint64_t end_ns, flopmeter_counter_state_t reason);

/** Nothing is known of `pipe` for so long: it may have been busy on every SM at the highest clock. */
void flopmeter_gpu_account_unknown(
    flopmeter_gpu_account_t *account,
    const flopmeter_gpm_device_t *device,
    flopmeter_gpu_pipe_t pipe,
    uint64_t duration_ns);

/**
 * The first sample is up to `duration_ns` older than the counter, and whoever was there before may have been busy then:
 * the lower end of every pipe does without as much. `clock_hz` is what the driver states now. Once, on opening.
 */
void flopmeter_gpu_account_before(
    flopmeter_gpu_account_t *account, const flopmeter_gpm_device_t *device, uint64_t duration_ns, uint64_t clock_hz);

/** Figures and gaps as of now, everything else of `reading` is zero but for `begin_ns`. */
void flopmeter_gpu_account_report(
    const flopmeter_gpu_account_t *account, const flopmeter_gpu_chip_t *chip, flopmeter_counter_reading_t *reading);

/** As flopmeter_gpm_collapse(). */
bool flopmeter_gpu_account_collapse(
    const flopmeter_gpu_account_t *account,
    const flopmeter_gpu_chip_t *chip,
    flopmeter_gpu_pipe_t pipe,
    unsigned units,
    flopmeter_precision_t precision,
    flopmeter_counter_figure_t *figure);

#endif /* FLOPMETER_GPU_ACCOUNT_H */
