/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Can CUPTI count here? What counts is a session inside the metered program (native/src/cuda), which finds out when the
 * program makes its first context; this tells before a run, without a context, as far as that can be told.
 */

#ifndef FLOPMETER_CUPTI_PROBE_H
#define FLOPMETER_CUPTI_PROBE_H

#include "cuda_settings.h"
#include "flopmeter_counter.h"

/** What is asked; tests have their own. */
typedef struct flopmeter_cupti_look_stct
{
    const char *root;                                        /* "" = this machine's */
    flopmeter_cuda_variable_fn *variable;                    /* of the environment */
    void *(*open)(const char *path);                         /* load a library */
    void *(*symbol)(void *library, const char *name);
}
flopmeter_cupti_look_t;

/** This machine, this environment. */
extern const flopmeter_cupti_look_t flopmeter_cupti_here;

/** Names of the two ways to count, in the order of the probes: `run --executed`, `run --kernels`. */
#define FLOPMETER_CUPTI_RANGE "cupti-range"
#define FLOPMETER_CUPTI_ACTIVITY "cupti-activity"

/**
 * ABSENT: no driver or no libcupti. WRONG_DRIVER: a libcupti without the range profiler. TAKEN: another profiler says
 * in the environment that it is there, or CUDA_INJECTION64_PATH is. NO_PERMISSION: the driver gives counters to
 * administrators only (executed counts; kernel activity needs none). AVAILABLE says what could not be told.
 */
void flopmeter_cupti_probe(
    const flopmeter_cupti_look_t *look, flopmeter_counter_probe_t *range, flopmeter_counter_probe_t *activity);

#endif /* FLOPMETER_CUPTI_PROBE_H */
