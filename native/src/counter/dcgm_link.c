/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "dcgm_link.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ADDRESS_LOCAL "127.0.0.1"
#define CONNECT_TIMEOUT_MS (1000)
#define RETRY_PAUSE_NS (UINT64_C(1000000000))
#define KEEP_SEC (30.0)
#define NAME_LENGTH (64)

typedef struct link_stct
{
    const flopmeter_dcgm_host_t *host;
    flopmeter_dcgm_t dcgm;                     /* library NULL = not connected */
    flopmeter_dcgm_handle_t handle;
    bool is_own;                               /* the engine is in this process */
    bool had_engine;                           /* another's; then ours would take the hardware from it */
    unsigned generation;
    unsigned watches;
    unsigned names;                            /* that were given to groups */
    uint64_t failed_at_ns;                     /* 0 = it did not */
    flopmeter_counter_probe_t failure;
}
link_t;

static link_t engine;

static const unsigned short sets[][FLOPMETER_DCGM_WATCH_FIELDS_MAX] = {
    { FLOPMETER_DCGM_FIELD_TENSOR, FLOPMETER_DCGM_FIELD_HMMA, FLOPMETER_DCGM_FIELD_IMMA, FLOPMETER_DCGM_FIELD_DFMA,
      FLOPMETER_DCGM_FIELD_FP64, FLOPMETER_DCGM_FIELD_FP32, FLOPMETER_DCGM_FIELD_FP16,
      FLOPMETER_DCGM_FIELD_SM_CLOCK },
    { FLOPMETER_DCGM_FIELD_TENSOR, FLOPMETER_DCGM_FIELD_FP64, FLOPMETER_DCGM_FIELD_FP32, FLOPMETER_DCGM_FIELD_FP16,
      FLOPMETER_DCGM_FIELD_SM_CLOCK },
    { FLOPMETER_DCGM_FIELD_TENSOR, FLOPMETER_DCGM_FIELD_SM_CLOCK },
};

void flopmeter_dcgm_link_reset(void)
{
    const unsigned generation = engine.generation;

    if (NULL == engine.dcgm.library)
    {
        memset(&engine, 0, sizeof(engine));
        engine.generation = generation;
    }
}

static void disconnect(void)
{
    if (NULL == engine.dcgm.library)
    {
        return;
    }
    if (engine.is_own)
    {
        (void)(NULL != engine.dcgm.dcgmStopEmbedded ? engine.dcgm.dcgmStopEmbedded(engine.handle) : 0);
    }
    else
    {
        (void)(NULL != engine.dcgm.dcgmDisconnect ? engine.dcgm.dcgmDisconnect(engine.handle) : 0);
    }
    flopmeter_dcgm_close(&engine.dcgm, engine.host);
    engine.watches = 0;
}

static flopmeter_dcgm_return_t connect_to(const char *address)
{
    flopmeter_dcgm_connect_t parameters = {
        FLOPMETER_DCGM_VERSION(flopmeter_dcgm_connect_t, 2), 0, CONNECT_TIMEOUT_MS, '/' == address[0] ? 1 : 0 };

    return NULL == engine.dcgm.dcgmConnect_v2 ? FLOPMETER_DCGM_FUNCTION_NOT_FOUND :
        engine.dcgm.dcgmConnect_v2(address, &parameters, &engine.handle);
}

static flopmeter_dcgm_return_t start_own(void)
{
    const flopmeter_dcgm_return_t result = NULL == engine.dcgm.dcgmStartEmbedded ?
        FLOPMETER_DCGM_FUNCTION_NOT_FOUND :
        engine.dcgm.dcgmStartEmbedded(FLOPMETER_DCGM_MODE_AUTO, &engine.handle);

    engine.is_own = FLOPMETER_DCGM_OK == result;
    return result;
}

/*
 * To the engine that was named; else to this machine's, and where there never was one, to one of our own.
 */
static flopmeter_dcgm_return_t choose(const char **call)
{
    const char *const address = engine.host->address;
    flopmeter_dcgm_return_t result = FLOPMETER_DCGM_CONNECTION_NOT_VALID;

    engine.is_own = false;
    *call = "dcgmStartEmbedded";
    if (NULL != address && 0 == strcmp(address, "embedded"))
    {
        return start_own();
    }
    *call = "dcgmConnect_v2";
    result = connect_to(NULL != address ? address : ADDRESS_LOCAL);
    engine.had_engine = engine.had_engine || FLOPMETER_DCGM_OK == result;
    if (FLOPMETER_DCGM_OK != result && NULL == address && !engine.had_engine)
    {
        const flopmeter_dcgm_return_t own = start_own();
        *call = FLOPMETER_DCGM_OK == own ? "dcgmStartEmbedded" : *call;
        result = FLOPMETER_DCGM_OK == own ? own : result;
    }
    return result;
}

static int fail(const flopmeter_counter_probe_t *probe)
{
    engine.failed_at_ns = engine.host->now_ns();
    engine.failure = *probe;
    return -1;
}

static int connect_engine(const flopmeter_dcgm_host_t *host, flopmeter_counter_probe_t *probe)
{
    const char *call = "";

    if (NULL != engine.dcgm.library)
    {
        return 0;
    }
    engine.host = host;
    if (NULL != host->address && 0 == strcmp(host->address, "off"))
    {
        memset(probe, 0, sizeof(*probe));
        probe->state = FLOPMETER_COUNTER_ABSENT;
        snprintf(probe->detail, sizeof(probe->detail), "DCGM is switched off");
        return -1;
    }
    if (0 != engine.failed_at_ns && host->now_ns() - engine.failed_at_ns < RETRY_PAUSE_NS)
    {
        *probe = engine.failure;
        return -1;
    }
    if (0 != flopmeter_dcgm_open(&engine.dcgm, host, probe))
    {
        return fail(probe);
    }
    const flopmeter_dcgm_return_t result = choose(&call);
    if (FLOPMETER_DCGM_OK != result)
    {
        flopmeter_dcgm_explain(probe, call, result);
        flopmeter_dcgm_close(&engine.dcgm, host);
        return fail(probe);
    }
    engine.failed_at_ns = 0;
    engine.generation += 1;
    return 0;
}

/* ---- Which entity is the device ---- */

static flopmeter_dcgm_return_t find_gpu(const flopmeter_gpm_device_t *device, flopmeter_dcgm_watch_t *watch)
{
    static flopmeter_dcgm_entity_value_t values[FLOPMETER_DCGM_GPUS_MAX];
    flopmeter_dcgm_entity_t entities[FLOPMETER_DCGM_GPUS_MAX];
    unsigned ids[FLOPMETER_DCGM_GPUS_MAX];
    unsigned short field = FLOPMETER_DCGM_FIELD_UUID;
    int count = FLOPMETER_DCGM_GPUS_MAX;

    memset(values, 0, sizeof(values));
    flopmeter_dcgm_return_t result =
        engine.dcgm.dcgmGetEntityGroupEntities(engine.handle, FLOPMETER_DCGM_ENTITY_GPU, ids, &count, 0);
    count = count > FLOPMETER_DCGM_GPUS_MAX ? FLOPMETER_DCGM_GPUS_MAX : count;
    if (FLOPMETER_DCGM_OK != result || count <= 0)
    {
        return FLOPMETER_DCGM_OK != result ? result : FLOPMETER_DCGM_INSTANCE_NOT_FOUND;
    }
    for (int i = 0; i < count; i++)
    {
        entities[i] = (flopmeter_dcgm_entity_t){ FLOPMETER_DCGM_ENTITY_GPU, ids[i] };
    }
    result = engine.dcgm.dcgmEntitiesGetLatestValues(
        engine.handle, entities, (unsigned)count, &field, 1, FLOPMETER_DCGM_LIVE, values);
    /* Their order may be any. */
    for (int i = 0; FLOPMETER_DCGM_OK == result && '\0' != device->gpu_uuid[0] && i < count; i++)
    {
        const flopmeter_dcgm_entity_value_t *const value = &values[i];
        if (FLOPMETER_DCGM_OK == value->status && FLOPMETER_DCGM_TYPE_STRING == value->type &&
            FLOPMETER_DCGM_ENTITY_GPU == value->entity_group &&
            0 == strncmp(value->content.str, device->gpu_uuid, sizeof(value->content.str)))
        {
            watch->entity_group = FLOPMETER_DCGM_ENTITY_GPU;
            watch->entity = value->entity;
            return FLOPMETER_DCGM_OK;
        }
    }
    return FLOPMETER_DCGM_OK != result ? result : FLOPMETER_DCGM_INSTANCE_NOT_FOUND;
}

static flopmeter_dcgm_return_t find_instance(const flopmeter_gpm_device_t *device, flopmeter_dcgm_watch_t *watch)
{
    static flopmeter_dcgm_hierarchy_t hierarchy;

    if (NULL == engine.dcgm.dcgmGetGpuInstanceHierarchy)
    {
        return FLOPMETER_DCGM_FUNCTION_NOT_FOUND;
    }
    memset(&hierarchy, 0, sizeof(hierarchy));
    hierarchy.version = FLOPMETER_DCGM_VERSION(flopmeter_dcgm_hierarchy_t, 2);
    const flopmeter_dcgm_return_t result = engine.dcgm.dcgmGetGpuInstanceHierarchy(engine.handle, &hierarchy);
    for (unsigned i = 0; FLOPMETER_DCGM_OK == result && i < hierarchy.count && i < FLOPMETER_DCGM_HIERARCHY_MAX; i++)
    {
        const flopmeter_dcgm_partition_t *const partition = &hierarchy.partitions[i];
        if (FLOPMETER_DCGM_ENTITY_INSTANCE == partition->entity.group &&
            partition->instance == device->gpu_instance && '\0' != device->gpu_uuid[0] &&
            0 == strncmp(partition->gpu_uuid, device->gpu_uuid, sizeof(partition->gpu_uuid)))
        {
            watch->entity_group = FLOPMETER_DCGM_ENTITY_INSTANCE;
            watch->entity = partition->entity.id;
            return FLOPMETER_DCGM_OK;
        }
    }
    return FLOPMETER_DCGM_OK != result ? result : FLOPMETER_DCGM_INSTANCE_NOT_FOUND;
}

/* ---- The watch ---- */

/*
 * Watch one set of fields. An instance has no clock of its own.
 */
static flopmeter_dcgm_return_t watch_set(flopmeter_dcgm_watch_t *watch, const unsigned short *ids)
{
    char name[NAME_LENGTH];

    watch->ids_count = 0;
    for (size_t i = 0; i < FLOPMETER_DCGM_WATCH_FIELDS_MAX && 0 != ids[i]; i++)
    {
        if (FLOPMETER_DCGM_FIELD_SM_CLOCK != ids[i] || FLOPMETER_DCGM_ENTITY_GPU == watch->entity_group)
        {
            watch->ids[watch->ids_count++] = ids[i];
        }
    }
    snprintf(name, sizeof(name), "flopmeter-%d-%u", (int)getpid(), engine.names++);
    flopmeter_dcgm_return_t result = engine.dcgm.dcgmFieldGroupCreate(
        engine.handle, (int)watch->ids_count, watch->ids, name, &watch->fields);
    if (FLOPMETER_DCGM_OK != result)
    {
        return result;
    }
    watch->since_us = engine.host->wall_us();
    result = engine.dcgm.dcgmWatchFields(
        engine.handle, watch->group, watch->fields, FLOPMETER_DCGM_INTERVAL_US, KEEP_SEC, 0);
    if (FLOPMETER_DCGM_OK != result)
    {
        (void)engine.dcgm.dcgmFieldGroupDestroy(engine.handle, watch->fields);
    }
    return result;
}

static bool is_set_refused(flopmeter_dcgm_return_t result)
{
    return FLOPMETER_DCGM_PROFILING_MULTI_PASS == result || FLOPMETER_DCGM_UNKNOWN_FIELD == result ||
        FLOPMETER_DCGM_NOT_SUPPORTED == result;
}

static flopmeter_dcgm_return_t start_watch(flopmeter_dcgm_watch_t *watch, const char **call)
{
    char name[NAME_LENGTH];

    *call = "dcgmGroupCreate";
    snprintf(name, sizeof(name), "flopmeter-%d-%u", (int)getpid(), engine.names++);
    flopmeter_dcgm_return_t result =
        engine.dcgm.dcgmGroupCreate(engine.handle, FLOPMETER_DCGM_GROUP_EMPTY, name, &watch->group);
    if (FLOPMETER_DCGM_OK != result)
    {
        return result;
    }
    *call = "dcgmGroupAddEntity";
    result = engine.dcgm.dcgmGroupAddEntity(engine.handle, watch->group, watch->entity_group, watch->entity);
    for (size_t i = 0; FLOPMETER_DCGM_OK == result && i < sizeof(sets) / sizeof(sets[0]); i++)
    {
        *call = "dcgmWatchFields";
        result = watch_set(watch, sets[i]);
        if (!is_set_refused(result))
        {
            break;
        }
        /* Only the last one's refusal is one. */
        result = i + 1 < sizeof(sets) / sizeof(sets[0]) ? FLOPMETER_DCGM_OK : result;
    }
    if (FLOPMETER_DCGM_OK != result)
    {
        (void)engine.dcgm.dcgmGroupDestroy(engine.handle, watch->group);
    }
    return result;
}

static bool is_gone(flopmeter_dcgm_return_t result)
{
    return FLOPMETER_DCGM_CONNECTION_NOT_VALID == result || FLOPMETER_DCGM_UNINITIALIZED == result ||
        FLOPMETER_DCGM_TIMEOUT == result;
}

int flopmeter_dcgm_watch_open(
    flopmeter_dcgm_watch_t *watch,
    const flopmeter_dcgm_host_t *host,
    const flopmeter_gpm_device_t *device,
    flopmeter_counter_probe_t *probe)
{
    const char *call = "dcgmEntitiesGetLatestValues";

    memset(watch, 0, sizeof(*watch));
    if (0 != connect_engine(host, probe))
    {
        return -1;
    }
    flopmeter_dcgm_return_t result = NULL != device->mig ? find_instance(device, watch) : find_gpu(device, watch);
    const bool is_unknown = FLOPMETER_DCGM_INSTANCE_NOT_FOUND == result;
    if (FLOPMETER_DCGM_OK == result)
    {
        result = start_watch(watch, &call);
    }
    flopmeter_dcgm_explain(probe, call, result);
    if (FLOPMETER_DCGM_OK != result)
    {
        if (is_unknown)
        {
            probe->state = FLOPMETER_COUNTER_FAILED;
            snprintf(probe->detail, sizeof(probe->detail), "the DCGM engine knows no %.100s",
                NULL != device->mig ? device->uuid : device->gpu_uuid);
            snprintf(probe->remedy, sizeof(probe->remedy), "name the engine of this machine: FLOPMETER_DCGM");
        }
        if (is_gone(result) || 0 == engine.watches)
        {
            disconnect();
        }
        return -1;
    }
    engine.watches += 1;
    watch->generation = engine.generation;
    return 0;
}

static bool is_connected(const flopmeter_dcgm_watch_t *watch)
{
    return 0 != watch->generation && NULL != engine.dcgm.library && watch->generation == engine.generation;
}

void flopmeter_dcgm_watch_close(flopmeter_dcgm_watch_t *watch)
{
    if (is_connected(watch))
    {
        (void)engine.dcgm.dcgmUnwatchFields(engine.handle, watch->group, watch->fields);
        (void)engine.dcgm.dcgmFieldGroupDestroy(engine.handle, watch->fields);
        (void)engine.dcgm.dcgmGroupDestroy(engine.handle, watch->group);
        engine.watches -= 1;
        if (0 == engine.watches)
        {
            disconnect();
        }
    }
    watch->generation = 0;
}

bool flopmeter_dcgm_watch_has(const flopmeter_dcgm_watch_t *watch, unsigned short field)
{
    for (size_t i = 0; i < watch->ids_count; i++)
    {
        if (field == watch->ids[i])
        {
            return true;
        }
    }
    return false;
}

flopmeter_dcgm_return_t flopmeter_dcgm_watch_read(
    flopmeter_dcgm_watch_t *watch, flopmeter_dcgm_take_t take, void *context)
{
    long long next_us = watch->since_us;

    if (!is_connected(watch))
    {
        watch->generation = 0;
        return FLOPMETER_DCGM_CONNECTION_NOT_VALID;
    }
    const flopmeter_dcgm_return_t result = engine.dcgm.dcgmGetValuesSince_v2(
        engine.handle, watch->group, watch->fields, watch->since_us, &next_us, take, context);
    if (is_gone(result))
    {
        disconnect();
        watch->generation = 0;
    }
    else if (FLOPMETER_DCGM_OK == result)
    {
        watch->since_us = next_us;
    }
    return result;
}
