/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The driver and CUPTI for PM sampling, and which of CUDA's cards one of NVML's is. Internal to the source "pm".
 */

#ifndef FLOPMETER_PM_CARD_H
#define FLOPMETER_PM_CARD_H

#include "cuda_api.h"
#include "gpm_device.h"

/** Say no. Return -1. */
int flopmeter_pm_card_refuse(
    flopmeter_counter_probe_t *probe, flopmeter_counter_state_t state, const char *detail, const char *remedy);

/** As flopmeter_pm_card_refuse() for what CUPTI says, which is not success. */
int flopmeter_pm_card_explain(flopmeter_counter_probe_t *probe, int result);

/** Load the libraries, once, and find the card. NULL: `probe` says why not. */
const flopmeter_cuda_api_t *flopmeter_pm_card_find(
    const flopmeter_gpm_device_t *device, size_t *ordinal, flopmeter_counter_probe_t *probe);

#endif /* FLOPMETER_PM_CARD_H */
