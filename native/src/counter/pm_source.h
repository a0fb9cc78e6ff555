/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "pm": pipe cycles of NVIDIA GPUs through CUPTI's PM sampling, basis DERIVED
 * (docs/design/0028-pm-sampling.md).
 */

#ifndef FLOPMETER_PM_SOURCE_H
#define FLOPMETER_PM_SOURCE_H

#include "gpm_device.h"

/** When it may be opened at all: it takes the card's profiling hardware. */
typedef enum flopmeter_pm_wish_enum
{
    FLOPMETER_PM_NEVER = 0,
    FLOPMETER_PM_LAST = 1,       /* for cards that nothing else can read */
    FLOPMETER_PM_FIRST = 2
}
flopmeter_pm_wish_t;

/**
 * Entry of the vtable. `target->device` as in flopmeter_gpm_device_open(), whole cards only; `pid` and `cpu` are not
 * looked at. Opening loads the driver and CUPTI into this process and takes CUDA_VISIBLE_DEVICES and
 * CUDA_INJECTION64_PATH out of its environment. What a call of CUPTI takes nobody ends.
 *
 * A reading's `end_ns` is the time up to which its upper end is whole: that of the call, less 100 ms where the chip has
 * no trigger by time (Turing, GA100).
 */
extern const flopmeter_counter_source_t flopmeter_pm_source;

/** What is wished from now on, and which CUPTI to load (NULL = to be found; must stay). */
void flopmeter_pm_use(flopmeter_pm_wish_t wish, const char *cupti);

flopmeter_pm_wish_t flopmeter_pm_wish(void);

/** The device of an open counter. */
const flopmeter_gpm_device_t *flopmeter_pm_device(const flopmeter_counter_t *counter);

/** As flopmeter_gpm_begun_at(). */
uint64_t flopmeter_pm_begun_at(const flopmeter_counter_t *counter);

/** As flopmeter_gpm_begin_at(). */
void flopmeter_pm_begin_at(flopmeter_counter_t *counter, uint64_t begin_ns);

/** As flopmeter_gpm_collapse(). */
bool flopmeter_pm_collapse(
    const flopmeter_counter_t *counter,
    flopmeter_gpu_pipe_t pipe,
    unsigned units,
    flopmeter_precision_t precision,
    flopmeter_counter_figure_t *figure);

#endif /* FLOPMETER_PM_SOURCE_H */
