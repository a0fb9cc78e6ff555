/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the source "dcgm" share: a fake engine beside the fake NVML of counter_gpu.h.
 */

#ifndef FLOPMETER_TEST_COUNTER_DCGM_H
#define FLOPMETER_TEST_COUNTER_DCGM_H

#include "counter_gpu.h"
#include "dcgm_link.h"
#include "dcgm_source.h"
#include "fake_dcgm.h"

extern fake_dcgm_t *engine;

/** gpu_begin() with an NVML that has no GPM, and a fake DCGM; `missing` functions of DCGM are hidden, NULL = none. */
void dcgm_begin(const char *missing);

/** Hide the library itself. */
void dcgm_hide_library(bool is_hidden);

/** What FLOPMETER_DCGM says. */
void dcgm_address(const char *address);

void dcgm_fault(fake_fault_t fault);
void dcgm_lie(fake_lie_t lie);
void dcgm_stall(uint64_t begin_ns, uint64_t end_ns);

flopmeter_counter_t *dcgm_open(const char *device);

/** Move the clock on and read; the order of the ends is checked. */
void dcgm_read_after(flopmeter_counter_t *counter, uint64_t duration_ns, flopmeter_counter_reading_t *reading);

/** Close, and check that nothing stays open in either library. */
void dcgm_end(flopmeter_counter_t *counter);

#endif /* FLOPMETER_TEST_COUNTER_DCGM_H */
