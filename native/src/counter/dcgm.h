/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of DCGM that the meter calls, declared here so that no vendor header is needed, and loaded at run time.
 * What DCGM 3.1 to 4.6 have in common; test_dcgm_abi holds it to NVIDIA's headers where they are installed.
 */

#ifndef FLOPMETER_DCGM_H
#define FLOPMETER_DCGM_H

#include <stddef.h>
#include <stdint.h>

#include "flopmeter_counter.h"

typedef int flopmeter_dcgm_return_t;
typedef uintptr_t flopmeter_dcgm_handle_t;
typedef uintptr_t flopmeter_dcgm_group_t;
typedef uintptr_t flopmeter_dcgm_fields_t;

/** dcgmReturn_t, those that are told apart. */
enum
{
    FLOPMETER_DCGM_OK = 0,
    FLOPMETER_DCGM_NOT_SUPPORTED = -6,
    FLOPMETER_DCGM_UNINITIALIZED = -10,
    FLOPMETER_DCGM_TIMEOUT = -11,
    FLOPMETER_DCGM_VER_MISMATCH = -12,
    FLOPMETER_DCGM_UNKNOWN_FIELD = -13,
    FLOPMETER_DCGM_NO_DATA = -14,
    FLOPMETER_DCGM_NOT_WATCHED = -16,
    FLOPMETER_DCGM_NO_PERMISSION = -17,
    FLOPMETER_DCGM_GPU_IS_LOST = -18,
    FLOPMETER_DCGM_RESET_REQUIRED = -19,
    FLOPMETER_DCGM_FUNCTION_NOT_FOUND = -20,
    FLOPMETER_DCGM_CONNECTION_NOT_VALID = -21,
    FLOPMETER_DCGM_GPU_NOT_SUPPORTED = -22,
    FLOPMETER_DCGM_LIBRARY_NOT_FOUND = -25,
    FLOPMETER_DCGM_REQUIRES_ROOT = -29,
    FLOPMETER_DCGM_MODULE_NOT_LOADED = -33,
    FLOPMETER_DCGM_IN_USE = -34,
    FLOPMETER_DCGM_PROFILING_NOT_SUPPORTED = -36,
    FLOPMETER_DCGM_PROFILING_LIBRARY_ERROR = -37,
    FLOPMETER_DCGM_PROFILING_MULTI_PASS = -38,
    FLOPMETER_DCGM_INSUFFICIENT_DRIVER_VERSION = -44,
    FLOPMETER_DCGM_INSTANCE_NOT_FOUND = -45,
    FLOPMETER_DCGM_PAUSED = -54,
    FLOPMETER_DCGM_NVML_NOT_LOADED = -56
};

/** Fields, dcgm_fields.h. Activities are of one, not percent. */
enum
{
    FLOPMETER_DCGM_FIELD_UUID = 54,
    FLOPMETER_DCGM_FIELD_SM_CLOCK = 100,
    FLOPMETER_DCGM_FIELD_TENSOR = 1004,
    FLOPMETER_DCGM_FIELD_FP64 = 1006,
    FLOPMETER_DCGM_FIELD_FP32 = 1007,
    FLOPMETER_DCGM_FIELD_FP16 = 1008,
    FLOPMETER_DCGM_FIELD_IMMA = 1013,
    FLOPMETER_DCGM_FIELD_HMMA = 1014,
    FLOPMETER_DCGM_FIELD_DFMA = 1015
};

#define FLOPMETER_DCGM_TYPE_DOUBLE ('d')
#define FLOPMETER_DCGM_TYPE_INT64 ('i')
#define FLOPMETER_DCGM_TYPE_STRING ('s')

/** From here on a value is none: unknown, not found (+ 1), not supported (+ 2), not permitted (+ 3). */
#define FLOPMETER_DCGM_FP64_BLANK (140737488355328.0)
#define FLOPMETER_DCGM_INT64_BLANK (INT64_C(0x7ffffffffffffff0))

/** dcgm_field_entity_group_t */
enum
{
    FLOPMETER_DCGM_ENTITY_GPU = 1,
    FLOPMETER_DCGM_ENTITY_INSTANCE = 4
};

#define FLOPMETER_DCGM_MODE_AUTO (1)
#define FLOPMETER_DCGM_GROUP_EMPTY (1)
#define FLOPMETER_DCGM_LIVE (1)
#define FLOPMETER_DCGM_BLOB_LENGTH (4096)
#define FLOPMETER_DCGM_GPUS_MAX (32)
#define FLOPMETER_DCGM_HIERARCHY_MAX (32 * 14)
#define FLOPMETER_DCGM_VERSION(type, version) ((unsigned)(sizeof(type) | ((unsigned long)(version) << 24U)))

typedef union flopmeter_dcgm_content_unn
{
    int64_t i64;
    double dbl;
    char str[256];
    char blob[FLOPMETER_DCGM_BLOB_LENGTH];
}
flopmeter_dcgm_content_t;

/** dcgmFieldValue_v1 */
typedef struct flopmeter_dcgm_value_stct
{
    unsigned version;
    unsigned short field;
    unsigned short type;
    int status;
    int64_t time_us;               /* since 1970 */
    flopmeter_dcgm_content_t content;
}
flopmeter_dcgm_value_t;

/** dcgmFieldValue_v2 */
typedef struct flopmeter_dcgm_entity_value_stct
{
    unsigned version;
    int entity_group;
    unsigned entity;
    unsigned short field;
    unsigned short type;
    int status;
    unsigned unused;
    int64_t time_us;
    flopmeter_dcgm_content_t content;
}
flopmeter_dcgm_entity_value_t;

/** dcgmGroupEntityPair_t */
typedef struct flopmeter_dcgm_entity_stct
{
    int group;
    unsigned id;
}
flopmeter_dcgm_entity_t;

/** dcgmMigHierarchyInfo_v2 */
typedef struct flopmeter_dcgm_partition_stct
{
    flopmeter_dcgm_entity_t entity;
    flopmeter_dcgm_entity_t parent;
    char gpu_uuid[128];
    unsigned gpu_index;
    unsigned instance;
    unsigned compute_instance;     /* UINT_MAX for a GPU instance itself */
    unsigned profile;
    unsigned slices;
}
flopmeter_dcgm_partition_t;

/** dcgmMigHierarchy_v2 */
typedef struct flopmeter_dcgm_hierarchy_stct
{
    unsigned version;
    unsigned count;
    flopmeter_dcgm_partition_t partitions[FLOPMETER_DCGM_HIERARCHY_MAX];
}
flopmeter_dcgm_hierarchy_t;

/** dcgmConnectV2Params_v2 */
typedef struct flopmeter_dcgm_connect_stct
{
    unsigned version;
    unsigned persist_after_disconnect;
    unsigned timeout_ms;
    unsigned is_unix_socket;
}
flopmeter_dcgm_connect_t;

/** dcgmFieldValueEntityEnumeration_f: not 0 ends the enumeration. */
typedef int (*flopmeter_dcgm_take_t)(
    int entity_group, unsigned entity, flopmeter_dcgm_value_t *values, int count, void *context);

_Static_assert(sizeof(flopmeter_dcgm_value_t) == 4120, "dcgmFieldValue_v1");
_Static_assert(sizeof(flopmeter_dcgm_entity_value_t) == 4128, "dcgmFieldValue_v2");
_Static_assert(sizeof(flopmeter_dcgm_partition_t) == 164, "dcgmMigHierarchyInfo_v2");
_Static_assert(sizeof(flopmeter_dcgm_hierarchy_t) == 73480, "dcgmMigHierarchy_v2");

/** Every function that is called: name, whether nothing goes without it, arguments. */
#define FLOPMETER_DCGM_FUNCTIONS(X) \
    X(dcgmInit, 1, (void)) \
    X(dcgmShutdown, 1, (void)) \
    X(dcgmConnect_v2, 0, \
        (const char *address, flopmeter_dcgm_connect_t *parameters, flopmeter_dcgm_handle_t *handle)) \
    X(dcgmDisconnect, 0, (flopmeter_dcgm_handle_t handle)) \
    X(dcgmStartEmbedded, 0, (int mode, flopmeter_dcgm_handle_t *handle)) \
    X(dcgmStopEmbedded, 0, (flopmeter_dcgm_handle_t handle)) \
    X(dcgmGetEntityGroupEntities, 1, \
        (flopmeter_dcgm_handle_t handle, int group, unsigned *entities, int *count, unsigned flags)) \
    X(dcgmEntitiesGetLatestValues, 1, \
        (flopmeter_dcgm_handle_t handle, flopmeter_dcgm_entity_t *entities, unsigned entities_count, \
            unsigned short *fields, unsigned fields_count, unsigned flags, flopmeter_dcgm_entity_value_t *values)) \
    X(dcgmGetGpuInstanceHierarchy, 0, \
        (flopmeter_dcgm_handle_t handle, flopmeter_dcgm_hierarchy_t *hierarchy)) \
    X(dcgmGroupCreate, 1, \
        (flopmeter_dcgm_handle_t handle, int type, const char *name, flopmeter_dcgm_group_t *group)) \
    X(dcgmGroupAddEntity, 1, \
        (flopmeter_dcgm_handle_t handle, flopmeter_dcgm_group_t group, int entity_group, unsigned entity)) \
    X(dcgmGroupDestroy, 1, (flopmeter_dcgm_handle_t handle, flopmeter_dcgm_group_t group)) \
    X(dcgmFieldGroupCreate, 1, \
        (flopmeter_dcgm_handle_t handle, int count, const unsigned short *fields, const char *name, \
            flopmeter_dcgm_fields_t *group)) \
    X(dcgmFieldGroupDestroy, 1, (flopmeter_dcgm_handle_t handle, flopmeter_dcgm_fields_t group)) \
    X(dcgmWatchFields, 1, \
        (flopmeter_dcgm_handle_t handle, flopmeter_dcgm_group_t group, flopmeter_dcgm_fields_t fields, \
            long long interval_us, double keep_sec, int keep_count)) \
    X(dcgmUnwatchFields, 1, \
        (flopmeter_dcgm_handle_t handle, flopmeter_dcgm_group_t group, flopmeter_dcgm_fields_t fields)) \
    X(dcgmGetValuesSince_v2, 1, \
        (flopmeter_dcgm_handle_t handle, flopmeter_dcgm_group_t group, flopmeter_dcgm_fields_t fields, \
            long long since_us, long long *next_us, flopmeter_dcgm_take_t take, void *context))

#define FLOPMETER_DCGM_FIELD(name, is_required, arguments) flopmeter_dcgm_return_t (*name) arguments;

/** The loaded library. A function that is missing is NULL. */
typedef struct flopmeter_dcgm_stct
{
    void *library;
    FLOPMETER_DCGM_FUNCTIONS(FLOPMETER_DCGM_FIELD)
}
flopmeter_dcgm_t;

/** Where the library and the time come from. Tests put their own here. */
typedef struct flopmeter_dcgm_host_stct
{
    void *(*open)(void);                                  /* NULL when there is none */
    void *(*symbol)(void *library, const char *name);
    void (*close)(void *library);
    uint64_t (*now_ns)(void);                             /* CLOCK_MONOTONIC */
    int64_t (*wall_us)(void);                             /* since 1970 */
    const char *address;                                  /* NULL: this machine's engine, else one of our own */
}
flopmeter_dcgm_host_t;

/** libdcgm.so.4 or .3, and the clocks of the system. */
extern const flopmeter_dcgm_host_t flopmeter_dcgm_system;

/** Load and initialise. Return 0, or -1 with `probe` saying why not; then nothing stays open. */
int flopmeter_dcgm_open(flopmeter_dcgm_t *dcgm, const flopmeter_dcgm_host_t *host, flopmeter_counter_probe_t *probe);

/** Shut down and unload. Idempotent. */
void flopmeter_dcgm_close(flopmeter_dcgm_t *dcgm, const flopmeter_dcgm_host_t *host);

/** What an error of `call` means, with the remedy. */
void flopmeter_dcgm_explain(flopmeter_counter_probe_t *probe, const char *call, flopmeter_dcgm_return_t result);

/** The state alone. */
flopmeter_counter_state_t flopmeter_dcgm_state(flopmeter_dcgm_return_t result);

#endif /* FLOPMETER_DCGM_H */
