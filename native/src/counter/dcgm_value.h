/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a value of DCGM is: an activity, or none and why. Internal to the source "dcgm".
 */

#ifndef FLOPMETER_DCGM_VALUE_H
#define FLOPMETER_DCGM_VALUE_H

#include "dcgm.h"
#include "gpu_meter.h"

typedef enum flopmeter_dcgm_kind_enum
{
    FLOPMETER_DCGM_VALUE_ACTIVITY,
    FLOPMETER_DCGM_VALUE_NONE,          /* `state` says why */
    FLOPMETER_DCGM_VALUE_NO_FIELD       /* this chip doesn't have it */
}
flopmeter_dcgm_kind_t;

/** Judge a value of an activity. */
flopmeter_dcgm_kind_t flopmeter_dcgm_judge(
    const flopmeter_dcgm_value_t *value, flopmeter_gpu_range_t *activity, flopmeter_counter_state_t *state);

#endif /* FLOPMETER_DCGM_VALUE_H */
