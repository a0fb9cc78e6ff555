/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fake_dcgm_engine.h"

#include <stdlib.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define GPU_ID (7)
#define WATCHES_MAX (8)
#define US (UINT64_C(1000))
#define HANDLE (UINT64_C(0x7ffff001))
#define GPU_UUID "GPU-11111111-2222-3333-4444-555555555555"

EXPORT fake_dcgm_t *fake_dcgm_state(void);

static fake_dcgm_t state;
static bool is_configured;
static watch_t watches[WATCHES_MAX];

/*
 * In a process of its own the fake finds what to do in FAKE_DCGM.
 */
EXPORT fake_dcgm_t *fake_dcgm_state(void)
{
    if (!is_configured)
    {
        const char *const text = getenv("FAKE_DCGM");
        is_configured = true;
        fake_dcgm_reset(&state, NULL);
        state.has_engine = NULL == text || 0 != strcmp(text, "own");
        if (NULL != text && 1 == sscanf(text, "crash-at=%u", &state.faults[0].first))
        {
            state.faults[0].function = "dcgmGetValuesSince_v2";
            state.faults[0].count = 1;
            state.faults[0].action = 1;
            state.faults_count = 1;
        }
    }
    return &state;
}

static int result_of(const char *function)
{
    const fake_fault_t *found = NULL;

    fake_dcgm_state();
    for (size_t i = 0; i < state.faults_count; i++)
    {
        fake_fault_t *const fault = &state.faults[i];
        if (0 != strcmp(fault->function, function))
        {
            continue;
        }
        if (fault->first > 0)
        {
            fault->first -= 1;
        }
        else if (fault->count > 0)
        {
            fault->count -= 1;
            found = fault;
        }
    }
    if (NULL != found && 1 == found->action)
    {
        abort();
    }
    if (NULL != found && NULL != state.gpu)
    {
        state.gpu->now_ns += found->delay_ns;
    }
    return NULL != found ? found->result : 0;
}

/*
 * As result_of(), of a call that needs the engine.
 */
static int engine_result(const char *function, uintptr_t handle)
{
    const int result = result_of(function);

    if (HANDLE != handle || 0 == state.connections || 0 == state.is_initialised)
    {
        state.calls_after_end += 1;
        return FLOPMETER_DCGM_CONNECTION_NOT_VALID;
    }
    if (state.is_restarted)
    {
        state.is_restarted = false;
        memset(watches, 0, sizeof(watches));
        state.groups = 0;
        state.watches = 0;
        return FLOPMETER_DCGM_CONNECTION_NOT_VALID;
    }
    return result;
}

/* ---- Calls ---- */

EXPORT int dcgmInit(void);
EXPORT int dcgmInit(void)
{
    const int result = result_of("dcgmInit");
    state.is_initialised += 0 == result;
    return result;
}

EXPORT int dcgmShutdown(void);
EXPORT int dcgmShutdown(void)
{
    state.is_initialised -= state.is_initialised > 0;
    return result_of("dcgmShutdown");
}

static int open_handle(bool is_there, int result, uintptr_t *handle)
{
    if (0 == result && !is_there)
    {
        result = FLOPMETER_DCGM_CONNECTION_NOT_VALID;
    }
    if (0 == result)
    {
        state.connections += 1;
        *handle = HANDLE;
    }
    return result;
}

EXPORT int dcgmConnect_v2(const char *address, flopmeter_dcgm_connect_t *parameters, uintptr_t *handle);
EXPORT int dcgmConnect_v2(const char *address, flopmeter_dcgm_connect_t *parameters, uintptr_t *handle)
{
    const int result = result_of("dcgmConnect_v2");

    if (FLOPMETER_DCGM_VERSION(flopmeter_dcgm_connect_t, 2) != parameters->version ||
        ('/' == address[0]) != parameters->is_unix_socket || 0 != parameters->persist_after_disconnect)
    {
        return FLOPMETER_DCGM_VER_MISMATCH;
    }
    snprintf(state.address, sizeof(state.address), "%s", address);
    return open_handle(state.has_engine, result, handle);
}

EXPORT int dcgmStartEmbedded(int mode, uintptr_t *handle);
EXPORT int dcgmStartEmbedded(int mode, uintptr_t *handle)
{
    const int result = result_of("dcgmStartEmbedded");

    snprintf(state.address, sizeof(state.address), "own");
    return FLOPMETER_DCGM_MODE_AUTO == mode ? open_handle(state.has_own, result, handle) : -1;
}

static int close_handle(const char *function, uintptr_t handle)
{
    const int result = result_of(function);

    if (HANDLE != handle || 0 == state.connections)
    {
        state.calls_after_end += 1;
        return FLOPMETER_DCGM_CONNECTION_NOT_VALID;
    }
    state.connections -= 1;
    /* Whatever the connection made goes with it. */
    memset(watches, 0, sizeof(watches));
    state.groups = 0;
    state.watches = 0;
    return result;
}

EXPORT int dcgmDisconnect(uintptr_t handle);
EXPORT int dcgmDisconnect(uintptr_t handle)
{
    return close_handle("dcgmDisconnect", handle);
}

EXPORT int dcgmStopEmbedded(uintptr_t handle);
EXPORT int dcgmStopEmbedded(uintptr_t handle)
{
    return close_handle("dcgmStopEmbedded", handle);
}

EXPORT int dcgmGetEntityGroupEntities(uintptr_t handle, int group, unsigned *entities, int *count, unsigned flags);
EXPORT int dcgmGetEntityGroupEntities(uintptr_t handle, int group, unsigned *entities, int *count, unsigned flags)
{
    const int result = engine_result("dcgmGetEntityGroupEntities", handle);

    (void)flags;
    if (0 == result && (FLOPMETER_DCGM_ENTITY_GPU != group || *count < 2))
    {
        return -1;
    }
    entities[0] = 3;
    entities[1] = GPU_ID;
    *count = 2;
    return result;
}

EXPORT int dcgmEntitiesGetLatestValues(uintptr_t handle, flopmeter_dcgm_entity_t *entities, unsigned count,
    unsigned short *fields, unsigned fields_count, unsigned flags, flopmeter_dcgm_entity_value_t *values);
EXPORT int dcgmEntitiesGetLatestValues(uintptr_t handle, flopmeter_dcgm_entity_t *entities, unsigned count,
    unsigned short *fields, unsigned fields_count, unsigned flags, flopmeter_dcgm_entity_value_t *values)
{
    const int result = engine_result("dcgmEntitiesGetLatestValues", handle);

    for (unsigned i = 0; 0 == result && i < count; i++)
    {
        flopmeter_dcgm_entity_value_t *const value = &values[state.is_backwards ? count - 1 - i : i];
        memset(value, 0, sizeof(*value));
        value->entity_group = entities[i].group;
        value->entity = entities[i].id;
        value->field = fields[0];
        value->type = FLOPMETER_DCGM_TYPE_STRING;
        snprintf(value->content.str, sizeof(value->content.str), "%s",
            GPU_ID == entities[i].id && !state.is_other_machine ? GPU_UUID : "GPU-99999999");
        if (1 != fields_count || FLOPMETER_DCGM_LIVE != flags)
        {
            return FLOPMETER_DCGM_NO_DATA;
        }
    }
    return result;
}

EXPORT int dcgmGetGpuInstanceHierarchy(uintptr_t handle, flopmeter_dcgm_hierarchy_t *hierarchy);
EXPORT int dcgmGetGpuInstanceHierarchy(uintptr_t handle, flopmeter_dcgm_hierarchy_t *hierarchy)
{
    static const unsigned instances[] = { 3, 3, 5 };
    const int result = engine_result("dcgmGetGpuInstanceHierarchy", handle);

    if (FLOPMETER_DCGM_VERSION(flopmeter_dcgm_hierarchy_t, 2) != hierarchy->version)
    {
        return FLOPMETER_DCGM_VER_MISMATCH;
    }
    /* A compute instance stands between the two: it is no instance of the GPU. */
    hierarchy->count = 3;
    for (unsigned i = 0; 0 == result && i < 3; i++)
    {
        flopmeter_dcgm_partition_t *const partition = &hierarchy->partitions[i];
        partition->entity.group = FLOPMETER_DCGM_ENTITY_INSTANCE + (1 == i ? 1 : 0);
        partition->entity.id = 1 == i ? 90U : FAKE_DCGM_INSTANCE_FIRST_ID + i / 2;
        partition->parent = (flopmeter_dcgm_entity_t){ FLOPMETER_DCGM_ENTITY_GPU, GPU_ID };
        snprintf(partition->gpu_uuid, sizeof(partition->gpu_uuid), "%s",
            state.is_other_machine ? "GPU-99999999" : GPU_UUID);
        partition->instance = instances[i];
        partition->compute_instance = 1 == i ? 0 : 0xFFFFFFFFU;
    }
    return result;
}

/* Groups of entities are even, of fields odd; a place in `watches` each. */
EXPORT int dcgmGroupCreate(uintptr_t handle, int type, const char *name, uintptr_t *group);
EXPORT int dcgmGroupCreate(uintptr_t handle, int type, const char *name, uintptr_t *group)
{
    const int result = engine_result("dcgmGroupCreate", handle);

    for (size_t i = 0; 0 == result && i < WATCHES_MAX; i++)
    {
        if (!watches[i].is_open)
        {
            memset(&watches[i], 0, sizeof(watches[i]));
            watches[i].is_open = true;
            *group = 2 * i;
            state.groups += 1;
            return FLOPMETER_DCGM_GROUP_EMPTY == type && '\0' != name[0] ? 0 : -1;
        }
    }
    return result;
}

EXPORT int dcgmGroupAddEntity(uintptr_t handle, uintptr_t group, int entity_group, unsigned entity);
EXPORT int dcgmGroupAddEntity(uintptr_t handle, uintptr_t group, int entity_group, unsigned entity)
{
    watches[group / 2].entity_group = entity_group;
    watches[group / 2].entity = entity;
    return engine_result("dcgmGroupAddEntity", handle);
}

EXPORT int dcgmGroupDestroy(uintptr_t handle, uintptr_t group);
EXPORT int dcgmGroupDestroy(uintptr_t handle, uintptr_t group)
{
    const int result = engine_result("dcgmGroupDestroy", handle);

    watches[group / 2].is_open = false;
    state.groups -= state.groups > 0;
    return result;
}

static unsigned short pending[16];
static size_t pending_count;

EXPORT int dcgmFieldGroupCreate(
    uintptr_t handle, int count, const unsigned short *fields, const char *name, uintptr_t *group);
EXPORT int dcgmFieldGroupCreate(
    uintptr_t handle, int count, const unsigned short *fields, const char *name, uintptr_t *group)
{
    const int result = engine_result("dcgmFieldGroupCreate", handle);

    if (0 == result)
    {
        pending_count = (size_t)count;
        memcpy(pending, fields, sizeof(pending[0]) * pending_count);
        state.groups += 1;
        *group = 1;
    }
    return '\0' != name[0] ? result : -1;
}

EXPORT int dcgmFieldGroupDestroy(uintptr_t handle, uintptr_t group);
EXPORT int dcgmFieldGroupDestroy(uintptr_t handle, uintptr_t group)
{
    (void)group;
    state.groups -= state.groups > 0;
    return engine_result("dcgmFieldGroupDestroy", handle);
}

EXPORT int dcgmWatchFields(uintptr_t handle, uintptr_t group, uintptr_t fields, long long interval_us,
    double keep_sec, int keep_count);
EXPORT int dcgmWatchFields(uintptr_t handle, uintptr_t group, uintptr_t fields, long long interval_us,
    double keep_sec, int keep_count)
{
    const int result = engine_result("dcgmWatchFields", handle);
    watch_t *const watch = &watches[group / 2];
    size_t activities = 0;

    (void)fields;
    for (size_t i = 0; i < pending_count; i++)
    {
        activities += pending[i] > 1000;
    }
    if (0 != result || (0 != state.fields_max && activities > state.fields_max))
    {
        return 0 != result ? result : FLOPMETER_DCGM_PROFILING_MULTI_PASS;
    }
    watch->ids_count = pending_count;
    memcpy(watch->ids, pending, sizeof(pending));
    watch->interval_ns = (uint64_t)interval_us * US;
    watch->due_ns = fake_dcgm_now_ns();
    watch->due_ns -= fake_dcgm_state()->is_watched_before ? watch->interval_ns + watch->interval_ns / 20 : 0;
    watch->is_watched = keep_sec > 0 && 0 == keep_count;
    state.watches += 1;
    return 0;
}

EXPORT int dcgmUnwatchFields(uintptr_t handle, uintptr_t group, uintptr_t fields);
EXPORT int dcgmUnwatchFields(uintptr_t handle, uintptr_t group, uintptr_t fields)
{
    (void)fields;
    watches[group / 2].is_watched = false;
    state.watches -= state.watches > 0;
    return engine_result("dcgmUnwatchFields", handle);
}

EXPORT int dcgmGetValuesSince_v2(uintptr_t handle, uintptr_t group, uintptr_t fields, long long since_us,
    long long *next_us, flopmeter_dcgm_take_t take, void *context);
EXPORT int dcgmGetValuesSince_v2(uintptr_t handle, uintptr_t group, uintptr_t fields, long long since_us,
    long long *next_us, flopmeter_dcgm_take_t take, void *context)
{
    const int result = engine_result("dcgmGetValuesSince_v2", handle);
    watch_t *const watch = &watches[group / 2];
    const uint64_t asked_ns = fake_dcgm_now_ns();
    unsigned given = 0;

    (void)fields;
    if (0 != result)
    {
        return result;
    }
    fake_dcgm_go_on(watch);
    /* Field by field, each from old to new. */
    for (size_t f = 0; f < watch->ids_count; f++)
    {
        for (size_t i = 0; i < watch->values_count; i++)
        {
            flopmeter_dcgm_value_t copy = watch->values[i];
            if (copy.field != watch->ids[f] || watch->made_us[i] < since_us)
            {
                continue;
            }
            if (0 != state.break_after && ++given > state.break_after)
            {
                state.break_after = 0;
                return state.break_result;
            }
            if (0 != take(watch->entity_group, watch->entity, &copy, 1, context))
            {
                return 0;
            }
        }
    }
    *next_us = fake_dcgm_wall_us(asked_ns) + 1;
    return 0;
}
