/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the source "gpm" share: a fake NVML as the library, its clock as the clock.
 */

#ifndef FLOPMETER_TEST_COUNTER_GPU_H
#define FLOPMETER_TEST_COUNTER_GPU_H

#include "check.h"
#include "fake_nvml.h"
#include "gpm.h"

#define MS (UINT64_C(1000000))
#define SEC (UINT64_C(1000000000))
/* The virtual clock begins here. */
#define START (1000 * SEC)

extern fake_nvml_t *fake;

/** Load the fake and use it; `missing` functions are hidden, NULL = none. */
void gpu_begin(const char *missing);

/** Hide the library itself. */
void gpu_hide_library(bool is_hidden);

void gpu_fault(fake_fault_t fault);

/** The GPU does this from `begin_ns` to `end_ns`, both after START. */
void gpu_work(uint64_t begin_ns, uint64_t end_ns, flopmeter_gpu_pipe_t pipe, double percent, unsigned clock_mhz);

flopmeter_counter_t *gpu_open(const char *device);

/** Move the clock on and read. */
void gpu_read_after(flopmeter_counter_t *counter, uint64_t duration_ns, flopmeter_counter_reading_t *reading);

/** SM cycles x 10^9 in which `pipe` was active between two times after START. */
flopmeter_u128_t gpu_true_cycles(flopmeter_gpu_pipe_t pipe, uint64_t begin_ns, uint64_t end_ns);

const flopmeter_counter_figure_t *gpu_figure(
    const flopmeter_counter_reading_t *reading, flopmeter_precision_t precision);

/** Decimal text; four values may be in use at a time. */
const char *gpu_text(flopmeter_u128_t value);

#endif /* FLOPMETER_TEST_COUNTER_GPU_H */
