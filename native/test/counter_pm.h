/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the source "pm" share: a driver and a CUPTI made of scripts (fake_cuda.h), whose clock is the
 * clock, and a fake NVML that only says which card it is.
 */

#ifndef FLOPMETER_TEST_COUNTER_PM_H
#define FLOPMETER_TEST_COUNTER_PM_H

#include "check.h"
#include "fake_cuda.h"
#include "fake_nvml.h"
#include "gpm.h"
#include "pm_source.h"

#define MS (UINT64_C(1000000))
#define SEC (UINT64_C(1000000000))

/* Metrics of the fake chip. */
#define PM_TENSOR (0)
#define PM_ACTIVE (1)
#define PM_HMMA (2)
#define PM_IMMA (3)
#define PM_FP64 (4)
#define PM_FMA (5)
#define PM_DMMA (6)

/** SM cycles of all parts in a ns that the fake card can do at the most: 132 SM at 1.98 GHz, 4 parts. */
#define PM_CYCLES_MAX (1045)

extern fake_nvml_t *card;

/** A fresh card `chip`, asked for first of all. */
void pm_begin(const char *chip);

/** The card works: cycles per ns of the tensor pipes, of which `imma` are IMMA's; the SM is active. */
void pm_work(uint64_t cycles_per_ns, uint64_t imma_per_ns);

/** Cycles of a metric so far. */
uint64_t pm_done(int metric);

flopmeter_counter_t *pm_open(void);

/** Move the clock on and read. What holds for any reading is checked. */
void pm_read_after(flopmeter_counter_t *counter, uint64_t duration_ns, flopmeter_counter_reading_t *reading);

/** Length of all gaps but those of `reason`, in ns; FLOPMETER_COUNTER_AVAILABLE = of none. */
uint64_t pm_gaps_but(const flopmeter_counter_reading_t *reading, flopmeter_counter_state_t reason);

const flopmeter_counter_figure_t *pm_figure(
    const flopmeter_counter_reading_t *reading, flopmeter_precision_t precision);

/** Close, and check that nothing stays open and nothing was misused. */
void pm_end(flopmeter_counter_t *counter, const char *what);

/** Decimal text; four values may be in use at a time. */
const char *pm_text(flopmeter_u128_t value);

#endif /* FLOPMETER_TEST_COUNTER_PM_H */
