/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "dcgm": pipe activity of NVIDIA GPUs through a DCGM engine, basis DERIVED (docs/design/0025-dcgm-mig.md).
 */

#ifndef FLOPMETER_DCGM_SOURCE_H
#define FLOPMETER_DCGM_SOURCE_H

#include "dcgm.h"
#include "gpm_device.h"

/**
 * Entry of the vtable. `target->device` as in flopmeter_gpm_device_open(); `pid` and `cpu` are not looked at.
 *
 * A reading's `end_ns` is the time up to which its figures are whole, about half a second behind the call. To connect,
 * a call waits for an engine that is away for 1 s at most. How long an engine that is connected takes to answer is its
 * own affair: nothing ends that wait.
 */
extern const flopmeter_counter_source_t flopmeter_dcgm_source;

/** The engine that FLOPMETER_DCGM names, NULL = none; not for a process with more rights than its user. */
const char *flopmeter_dcgm_address(void);

/** Take library, address and time from `host` in counters opened from now on; NULL = the system's, FLOPMETER_DCGM. */
void flopmeter_dcgm_use_host(const flopmeter_dcgm_host_t *host);

/** The device of an open counter. */
const flopmeter_gpm_device_t *flopmeter_dcgm_device(const flopmeter_counter_t *counter);

/** As flopmeter_gpm_begun_at(). */
uint64_t flopmeter_dcgm_begun_at(const flopmeter_counter_t *counter);

/** As flopmeter_gpm_begin_at(). */
void flopmeter_dcgm_begin_at(flopmeter_counter_t *counter, uint64_t begin_ns);

/** As flopmeter_gpm_collapse(). */
bool flopmeter_dcgm_collapse(
    const flopmeter_counter_t *counter,
    flopmeter_gpu_pipe_t pipe,
    unsigned units,
    flopmeter_precision_t precision,
    flopmeter_counter_figure_t *figure);

#endif /* FLOPMETER_DCGM_SOURCE_H */
