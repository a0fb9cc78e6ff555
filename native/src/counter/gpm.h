/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "gpm": pipe activity of NVIDIA GPUs from outside the process, basis DERIVED.
 */

#ifndef FLOPMETER_GPM_H
#define FLOPMETER_GPM_H

#include "gpm_device.h"

/**
 * Entry of the vtable. `target->device` as in flopmeter_gpm_device_open(); `pid` and `cpu` are not looked at: GPM knows
 * whole devices only (owner.h tells whose the work was).
 *
 * A reading's `end_ns` is the time up to which its figures are whole: the driver renews its figures every 100 ms, so it
 * lies that far behind the call. `upper` is whole up to there; `lower` and `point` may hold a little that came later.
 * The first sample may be as old: `lower` does without what can have been done before `begin_ns`, `point` does not.
 */
extern const flopmeter_counter_source_t flopmeter_gpm_source;

/** Take library and time from `host` in counters opened from now on; NULL = the system's. For tests. */
void flopmeter_gpm_use_host(const flopmeter_nvml_host_t *host);

/** The host in use. */
const flopmeter_nvml_host_t *flopmeter_gpm_host(void);

/** The device of an open counter; its library may be closed for the time being. */
const flopmeter_gpm_device_t *flopmeter_gpm_device(const flopmeter_counter_t *counter);

/**
 * FLOP of `pipe` since open if all work on it was of `precision` and in `units`, which somebody else has to know: the
 * interval of the chip's table for that alone. False when the chip has no such rate.
 */
bool flopmeter_gpm_collapse(
    const flopmeter_counter_t *counter,
    flopmeter_gpu_pipe_t pipe,
    unsigned units,
    flopmeter_precision_t precision,
    flopmeter_counter_figure_t *figure);

/** Time of the first sample, before which nothing is counted, or what begin_at made of it. */
uint64_t flopmeter_gpm_begun_at(const flopmeter_counter_t *counter);

/** Count as if open since `begin_ns`, before the real one: the time until then is a gap. Before the first read only. */
void flopmeter_gpm_begin_at(flopmeter_counter_t *counter, uint64_t begin_ns);

/** Number of intervals booked from the cumulative ids (248 and up), and from ratios. */
void flopmeter_gpm_modes(const flopmeter_counter_t *counter, uint64_t *cumulative, uint64_t *ratio);

#endif /* FLOPMETER_GPM_H */
