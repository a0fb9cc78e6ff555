/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "dcgm_value.h"

#include <math.h>

#define PERCENT (100.0)

flopmeter_dcgm_kind_t flopmeter_dcgm_judge(
    const flopmeter_dcgm_value_t *value, flopmeter_gpu_range_t *activity, flopmeter_counter_state_t *state)
{
    const double number = value->content.dbl;

    *state = FLOPMETER_COUNTER_FAILED;
    if (FLOPMETER_DCGM_NO_DATA == value->status || FLOPMETER_DCGM_NOT_WATCHED == value->status)
    {
        *state = FLOPMETER_COUNTER_TAKEN;
        return FLOPMETER_DCGM_VALUE_NONE;
    }
    if (FLOPMETER_DCGM_OK != value->status)
    {
        *state = flopmeter_dcgm_state(value->status);
        return FLOPMETER_DCGM_NOT_SUPPORTED == value->status ?
            FLOPMETER_DCGM_VALUE_NO_FIELD : FLOPMETER_DCGM_VALUE_NONE;
    }
    if (FLOPMETER_DCGM_TYPE_DOUBLE != value->type || !isfinite(number))
    {
        return FLOPMETER_DCGM_VALUE_NONE;
    }
    if (number >= FLOPMETER_DCGM_FP64_BLANK)
    {
        const double kind = number - FLOPMETER_DCGM_FP64_BLANK;
        *state = 0.0 == kind ? FLOPMETER_COUNTER_TAKEN : 1.0 == kind ? FLOPMETER_COUNTER_ABSENT :
            3.0 == kind ? FLOPMETER_COUNTER_NO_PERMISSION : FLOPMETER_COUNTER_FAILED;
        return 2.0 == kind ? FLOPMETER_DCGM_VALUE_NO_FIELD : FLOPMETER_DCGM_VALUE_NONE;
    }
    return flopmeter_gpu_activity(number * PERCENT, activity) ?
        FLOPMETER_DCGM_VALUE_ACTIVITY : FLOPMETER_DCGM_VALUE_NONE;
}
