/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names of states and precisions as in every document of this project. In a header, since programs that say them have
 * no library in common.
 */

#ifndef FLOPMETER_COUNTER_NAMES_H
#define FLOPMETER_COUNTER_NAMES_H

#include "flopmeter_counter.h"

/** "AVAILABLE"; "unknown" for a code that is none. */
static inline const char *flopmeter_counter_state_name(flopmeter_counter_state_t state)
{
    static const char *const names[] = {
        [FLOPMETER_COUNTER_AVAILABLE] = "AVAILABLE", [FLOPMETER_COUNTER_ABSENT] = "ABSENT",
        [FLOPMETER_COUNTER_NO_PERMISSION] = "NO_PERMISSION", [FLOPMETER_COUNTER_TAKEN] = "TAKEN",
        [FLOPMETER_COUNTER_WRONG_DRIVER] = "WRONG_DRIVER", [FLOPMETER_COUNTER_FAILED] = "FAILED",
        [FLOPMETER_COUNTER_PAUSED] = "PAUSED",
    };
    return (size_t)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

/** "fp64"; "unknown" for FLOPMETER_PRECISION_UNKNOWN and for a code that is none. */
static inline const char *flopmeter_counter_precision_name(flopmeter_precision_t precision)
{
    static const char *const names[] = {
        [FLOPMETER_FP64] = "fp64", [FLOPMETER_FP32] = "fp32", [FLOPMETER_TF32] = "tf32", [FLOPMETER_FP16] = "fp16",
        [FLOPMETER_BF16] = "bf16", [FLOPMETER_FP8] = "fp8", [FLOPMETER_FP6] = "fp6", [FLOPMETER_FP4] = "fp4",
        [FLOPMETER_INT32] = "int32", [FLOPMETER_INT16] = "int16", [FLOPMETER_INT8] = "int8",
        [FLOPMETER_INT4] = "int4", [FLOPMETER_INT1] = "int1",
    };
    return (size_t)precision < sizeof(names) / sizeof(names[0]) && NULL != names[precision] ? names[precision] :
        "unknown";
}

#endif /* FLOPMETER_COUNTER_NAMES_H */
