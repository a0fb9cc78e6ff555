/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the environment asks of the executed counts:
 *   FLOPMETER_EXECUTED            windows | continuous | off, then optionally ",bf16,fp8...": precisions in use in any
 * case
 *   FLOPMETER_EXECUTED_WINDOW_MS  length of a window, or of a range when continuous (1000)
 *   FLOPMETER_EXECUTED_PERIOD_MS  from the begin of a window to that of the next (60000)
 *   FLOPMETER_EXECUTED_SETS       rotate | reopen | fixed: how sets of metrics follow each other (rotate)
 *   FLOPMETER_KERNELS             on: kernel activity, when FLOPMETER_EXECUTED is not on
 *   FLOPMETER_CUPTI               libcupti.so to use, an absolute path
 */

#ifndef FLOPMETER_CUDA_SETTINGS_H
#define FLOPMETER_CUDA_SETTINGS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum flopmeter_cuda_rotation_enum
{
    FLOPMETER_CUDA_ROTATE,      /* another set in the profiler that is enabled */
    FLOPMETER_CUDA_REOPEN,      /* the profiler is enabled anew for another set */
    FLOPMETER_CUDA_FIXED        /* one set, the first that covers the formats that the user named: nothing rotates */
}
flopmeter_cuda_rotation_t;

typedef struct flopmeter_cuda_settings_stct
{
    bool is_on;
    bool is_continuous;
    bool are_kernels;           /* kernel activity; not while is_on */
    uint32_t precisions;        /* bits */
    flopmeter_cuda_rotation_t sets;
    uint64_t window_ns;
    uint64_t period_ns;
    char cupti[PATH_MAX];       /* "" = to be found */
    const char *profiler;       /* variable that says that somebody else profiles this process, or NULL */
}
flopmeter_cuda_settings_t;

/** Read the environment. Anything that can't be understood turns the counts off. */
void flopmeter_cuda_settings_load(flopmeter_cuda_settings_t *settings);

/** Reads a variable of some environment; NULL = not set. */
typedef const char *flopmeter_cuda_variable_fn(const char *name);

/** A variable of this process, unless it has more rights than its user. */
flopmeter_cuda_variable_fn flopmeter_cuda_settings_here;

/** The first variable that says that Nsight profiles the process, or NULL. */
const char *flopmeter_cuda_settings_profiler(flopmeter_cuda_variable_fn *variable);

/** The libcupti that FLOPMETER_CUPTI names, an absolute path; whatever else it holds is not looked at: NULL. */
const char *flopmeter_cuda_settings_cupti(flopmeter_cuda_variable_fn *variable);

#endif /* FLOPMETER_CUDA_SETTINGS_H */
