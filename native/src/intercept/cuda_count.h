/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Counting work that a CUDA library put on a stream. A call on a stream that is being captured computes nothing: what
 * it is worth is kept with the graph, and counted whenever the graph is launched. docs/cuda.md has the rules.
 */

#ifndef FLOPMETER_CUDA_COUNT_H
#define FLOPMETER_CUDA_COUNT_H

#include <stdbool.h>

#include "cuda_call.h"
#include "flopmeter_intercept.h"

#define FLOPMETER_CUDA_PRECISIONS (FLOPMETER_PRECISION_UNKNOWN + 1)

/** What something computes, by precision. `is_open`: it may compute more, which is a gap whenever it is counted. */
typedef struct flopmeter_cuda_sum_stct
{
    flopmeter_shape_t by_precision[FLOPMETER_CUDA_PRECISIONS];
    bool is_open;
}
flopmeter_cuda_sum_t;

/** Something was computed by a CUDA library that is not counted. */
void flopmeter_cuda_gap(void);

/** Add; a precision out of range is none of ours and a gap. */
void flopmeter_cuda_sum_add(
    flopmeter_cuda_sum_t *sum, flopmeter_precision_t precision, const flopmeter_shape_t *shape);

/** Is nothing in it? */
bool flopmeter_cuda_sum_is_nothing(const flopmeter_cuda_sum_t *sum);

/** It may be less: nothing of it is in a lower end any more. */
void flopmeter_cuda_sum_weaken(flopmeter_cuda_sum_t *sum);

/** Count what a call that succeeded put on `stream`. */
void flopmeter_cuda_count(const void *stream, flopmeter_precision_t precision, const flopmeter_shape_t *shape);

/** As flopmeter_cuda_count() for several precisions. */
void flopmeter_cuda_count_sum(const void *stream, const flopmeter_cuda_sum_t *sum);

/** Nodes worth `sum` were added to `graph` by hand. A graph that we did not see begin is a gap. */
void flopmeter_cuda_graph_add(const void *graph, const flopmeter_cuda_sum_t *sum);

/**
 * Can the device of the calling thread multiply in TF32, and may it (NVIDIA_TF32_OVERRIDE)? True when it can't be
 * asked.
 */
bool flopmeter_cuda_has_tf32(void);

/**
 * As flopmeter_symbol_find() for a function beside `real`, which may be missing: looked for once in vain, then no more
 * (`is_missing` is the memory of that).
 */
void *flopmeter_cuda_beside(
    flopmeter_symbol_t *symbol, const flopmeter_symbol_name_t *name, const void *real, _Atomic(int) *is_missing);

#define FLOPMETER_CUDA_DRIVER_NAME (32)

/** Find `count` functions of the driver, NULL for those that it lacks, once it is loaded. `state` is zero at first. */
bool flopmeter_cuda_driver_find(_Atomic(int) *state, const char (*names)[FLOPMETER_CUDA_DRIVER_NAME],
    _Atomic(void *) *functions, int count);

/** Declare a function pointer `function` of `type` to the function `name` of the library that `real` lives in. */
#define FLOPMETER_BESIDE(function, type, symbol_name_text, real)                                                       \
    FLOPMETER_SYMBOL(function##_symbol, symbol_name_text, "", FLOPMETER_SOURCE_CUDA);                                  \
    static _Atomic(int) function##_is_missing;                                                                         \
    type *const function = __extension__(type *)flopmeter_cuda_beside(                                                 \
        &function##_symbol, &function##_symbol_name, (real), &function##_is_missing)

#endif /* FLOPMETER_CUDA_COUNT_H */
