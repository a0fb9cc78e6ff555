/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What NVIDIA's driver tells of the calling thread, and functions beside one that is known. The driver is only ever
 * asked, by functions that change nothing and do not touch the runtime's last error.
 */

#ifndef FLOPMETER_CUDA_DRIVER_H
#define FLOPMETER_CUDA_DRIVER_H

#include <stdbool.h>

#include "flopmeter_intercept.h"

/** Is a stream being captured? */
typedef enum flopmeter_cuda_capture_enum
{
    FLOPMETER_CUDA_CAPTURED_NOT,
    FLOPMETER_CUDA_CAPTURED_YES,  /* *graph is set */
    FLOPMETER_CUDA_CAPTURED_LOST  /* yes, but into what can't be told; or the driver does not answer */
}
flopmeter_cuda_capture_t;

/** Is `stream` being captured, and into which graph? NULL in *graph: into none that is known. */
flopmeter_cuda_capture_t flopmeter_cuda_capture_of(const void *stream, const void **graph);

/** The graph that `stream` is being captured into, NULL = none that is known. */
const void *flopmeter_cuda_capture_graph(const void *stream);

/** The device of this thread's context, -1 = it can't be told. */
int flopmeter_cuda_current_device(void);

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

#endif /* FLOPMETER_CUDA_DRIVER_H */
