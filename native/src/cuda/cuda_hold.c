/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_hold.h"

bool flopmeter_cuda_hold_is_primary(const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device)
{
    unsigned flags = 0;
    int active = 0;

    return FLOPMETER_CU_SUCCESS == session->api.primary_state(device->device, &flags, &active) && 0 != active;
}

unsigned flopmeter_cuda_hold_count(const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device)
{
    return flopmeter_cuda_contexts_count(device->device) + (flopmeter_cuda_hold_is_primary(session, device) ? 1 : 0);
}

bool flopmeter_cuda_hold_is_any(const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device)
{
    return 0 != flopmeter_cuda_hold_count(session, device);
}

/* The device's primary context and its number; the caller owns one reference. */
static bool retain(
    const flopmeter_cuda_session_t *session,
    const flopmeter_cuda_device_t *device,
    flopmeter_cu_context_t *context,
    unsigned long long *id)
{
    if (FLOPMETER_CU_SUCCESS != session->api.primary_retain(context, device->device))
    {
        return false;
    }
    if (FLOPMETER_CU_SUCCESS == session->api.context_id(*context, id))
    {
        return true;
    }
    session->api.primary_release(device->device);
    return false;
}

bool flopmeter_cuda_hold_is_same(const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device)
{
    flopmeter_cu_context_t context = NULL;
    unsigned long long id = 0;

    if (0 != device->serial)
    {
        return flopmeter_cuda_contexts_is_there(device->serial);
    }
    if (!flopmeter_cuda_hold_is_primary(session, device) || !retain(session, device, &context, &id))
    {
        return false;
    }
    session->api.primary_release(device->device);
    return context == device->context && id == device->context_id;
}

bool flopmeter_cuda_hold_take(const flopmeter_cuda_session_t *session, flopmeter_cuda_device_t *device)
{
    const bool is_primary_there = flopmeter_cuda_hold_is_primary(session, device);

    device->serial = flopmeter_cuda_contexts_hold(device->device, device->turn, &device->context);
    if (0 == device->serial && !is_primary_there)
    {
        device->serial = flopmeter_cuda_contexts_hold(device->device, 0, &device->context);
    }
    device->turn = device->serial;
    if (0 == device->serial)
    {
        return is_primary_there && retain(session, device, &device->context, &device->context_id);
    }
    if (FLOPMETER_CU_SUCCESS == session->api.context_id(device->context, &device->context_id))
    {
        return true;
    }
    flopmeter_cuda_contexts_release(device->serial);
    return false;
}

void flopmeter_cuda_hold_give_back(
    const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device, bool is_lost)
{
    if (0 != device->serial)
    {
        flopmeter_cuda_contexts_release(device->serial);
    }
    else if (!is_lost)
    {
        session->api.primary_release(device->device);
    }
}

bool flopmeter_cuda_hold_is_shared(const flopmeter_cuda_session_t *session, const flopmeter_cuda_device_t *device)
{
    const bool is_primary_there = device->is_primary_there || flopmeter_cuda_hold_is_primary(session, device);

    return session->has_lost_contexts ||
        flopmeter_cuda_contexts_most(device->device) + (is_primary_there ? 1 : 0) > 1;
}

bool flopmeter_cuda_hold_is_wanted(const flopmeter_cuda_device_t *device)
{
    return 0 != device->serial && flopmeter_cuda_contexts_is_wanted(device->serial);
}
