/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "provider.h"

#include "dcgm_source.h"
#include "gpm.h"
#include "pm_source.h"

static const flopmeter_provider_t providers[FLOPMETER_PROVIDERS_MAX] = {
    { &flopmeter_gpm_source, flopmeter_gpm_device, flopmeter_gpm_begun_at, flopmeter_gpm_begin_at,
        flopmeter_gpm_collapse, UINT64_C(400000000) },
    { &flopmeter_dcgm_source, flopmeter_dcgm_device, flopmeter_dcgm_begun_at, flopmeter_dcgm_begin_at,
        flopmeter_dcgm_collapse, UINT64_C(750000000) },
    { &flopmeter_pm_source, flopmeter_pm_device, flopmeter_pm_begun_at, flopmeter_pm_begin_at,
        flopmeter_pm_collapse, UINT64_C(400000000) },
};

const flopmeter_provider_t *flopmeter_provider_at(size_t turn)
{
    const size_t first = FLOPMETER_PM_FIRST == flopmeter_pm_wish() ? FLOPMETER_PROVIDERS_MAX - 1 : 0;

    return &providers[(first + turn) % FLOPMETER_PROVIDERS_MAX];
}

flopmeter_counter_t *flopmeter_provider_open(
    const flopmeter_counter_target_t *target,
    const flopmeter_provider_t **provider,
    flopmeter_counter_probe_t probes[FLOPMETER_PROVIDERS_MAX],
    size_t *asked)
{
    for (*asked = 0; *asked < FLOPMETER_PROVIDERS_MAX;)
    {
        *provider = flopmeter_provider_at(*asked);
        flopmeter_counter_t *const counter = (*provider)->source->open(target, &probes[*asked]);
        *asked += 1;
        if (NULL != counter)
        {
            return counter;
        }
    }
    *provider = NULL;
    return NULL;
}
