/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_chip.h"

#include <string.h>

static const flopmeter_cuda_known_t *known_alike(
    const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device)
{
    for (int i = 0; i < session->devices_count; i++)
    {
        const flopmeter_cuda_device_t *const other = &session->devices[i];
        if (other != device && 0 != other->known.sets.count &&
            0 == strcmp(other->known.chip.name, device->known.chip.name))
        {
            return &other->known;
        }
    }
    return NULL;
}

int flopmeter_cuda_chip_know(const flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device)
{
    device->known.chip.is_stopped = session->world.is_stopped;
    device->known.chip.was_stopped = false;
    int result = flopmeter_cuda_known_name(&device->known, &session->api, device->ordinal);

    if (FLOPMETER_CUPTI_SUCCESS == result)
    {
        result = flopmeter_cuda_known_find(&device->known, known_alike(session, device), device->context);
    }
    if (device->known.chip.was_stopped)
    {
        /* Some of the sets would leave out what only the others read, for good and on every card alike. */
        device->known.sets.count = 0;
        return result;
    }
    if (FLOPMETER_CUPTI_SUCCESS == result &&
        !flopmeter_cuda_turns_begin(&device->turns, &device->known.table, &device->known.sets))
    {
        result = FLOPMETER_CUPTI_NOT_SUPPORTED;
    }
    if (FLOPMETER_CUDA_FIXED == session->settings.sets)
    {
        device->turns.ranges = device->turns.survey_count;
    }
    return result;
}
