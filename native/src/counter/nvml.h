/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of NVML that the meter calls, declared here so that no vendor header is needed, and loaded at run time.
 * Layouts as of driver 580.159.04, where they were tried. Every function may be missing.
 */

#ifndef FLOPMETER_NVML_H
#define FLOPMETER_NVML_H

#include <stddef.h>
#include <stdint.h>

#include "flopmeter_counter.h"

typedef int flopmeter_nvml_return_t;
typedef void *flopmeter_nvml_device_t;
typedef void *flopmeter_nvml_sample_t;
typedef void *flopmeter_nvml_instance_t;

/** nvmlReturn_t, those that are told apart. */
enum
{
    FLOPMETER_NVML_SUCCESS = 0,
    FLOPMETER_NVML_UNINITIALIZED = 1,
    FLOPMETER_NVML_INVALID_ARGUMENT = 2,
    FLOPMETER_NVML_NOT_SUPPORTED = 3,
    FLOPMETER_NVML_NO_PERMISSION = 4,
    FLOPMETER_NVML_NOT_FOUND = 6,
    FLOPMETER_NVML_INSUFFICIENT_SIZE = 7,
    FLOPMETER_NVML_DRIVER_NOT_LOADED = 9,
    FLOPMETER_NVML_TIMEOUT = 10,
    FLOPMETER_NVML_FUNCTION_NOT_FOUND = 13,
    FLOPMETER_NVML_GPU_IS_LOST = 15,
    FLOPMETER_NVML_RESET_REQUIRED = 16,
    FLOPMETER_NVML_LIB_RM_VERSION_MISMATCH = 18,
    FLOPMETER_NVML_IN_USE = 19,
    FLOPMETER_NVML_ARGUMENT_VERSION_MISMATCH = 25,
    FLOPMETER_NVML_GPU_NOT_FOUND = 28,
    FLOPMETER_NVML_UNKNOWN = 999
};

#define FLOPMETER_NVML_CLOCK_SM (1)
#define FLOPMETER_NVML_PSTATES (16)
/* NVML's array has 98, 166, 210 or 333 entries by version, all under struct version 1; it touches `count` only. */
#define FLOPMETER_NVML_METRICS_MAX (512)
#define FLOPMETER_NVML_GPM_VERSION (1)
#define FLOPMETER_NVML_TEXT_LENGTH (96)

typedef struct flopmeter_nvml_metric_stct
{
    unsigned id;
    flopmeter_nvml_return_t result;   /* of this metric alone */
    double value;
    char *names[3];
}
flopmeter_nvml_metric_t;

typedef struct flopmeter_nvml_metrics_stct
{
    unsigned version;
    unsigned count;
    flopmeter_nvml_sample_t begin;
    flopmeter_nvml_sample_t end;
    flopmeter_nvml_metric_t metric[FLOPMETER_NVML_METRICS_MAX];
}
flopmeter_nvml_metrics_t;

typedef struct flopmeter_nvml_support_stct
{
    unsigned version;
    unsigned is_supported;
}
flopmeter_nvml_support_t;

typedef struct flopmeter_nvml_process_stct
{
    unsigned pid;
    unsigned long long memory_used;
    unsigned gpu_instance;
    unsigned compute_instance;
}
flopmeter_nvml_process_t;

/* Drivers of the 530 generation wrote one field more under the same name of the function. */
#define FLOPMETER_NVML_PROCESS_LENGTH_MAX (32)

typedef struct flopmeter_nvml_attributes_stct
{
    unsigned multiprocessor_count;
    unsigned other[7];
    unsigned long long memory_size_mib;
}
flopmeter_nvml_attributes_t;

typedef struct flopmeter_nvml_instance_info_stct
{
    flopmeter_nvml_device_t device;
    unsigned id;
    unsigned profile;        /* id of the profile that it was made by */
    unsigned placement[2];
}
flopmeter_nvml_instance_info_t;

typedef struct flopmeter_nvml_profile_stct
{
    unsigned id;
    unsigned before[3];
    unsigned multiprocessor_count;
    unsigned other[5];
    unsigned long long memory_size_mib;
}
flopmeter_nvml_profile_t;

/* Profiles are asked for by place; there were 10 places at first, 17 by now. */
#define FLOPMETER_NVML_PROFILES_MAX (64)

_Static_assert(sizeof(flopmeter_nvml_metric_t) == 40, "nvmlGpmMetric_t");
_Static_assert(offsetof(flopmeter_nvml_metrics_t, metric) == 24, "nvmlGpmMetricsGet_t");
_Static_assert(sizeof(flopmeter_nvml_process_t) == 24, "nvmlProcessInfo_v2_t");

/** Every function that is called: name, whether nothing (1) or GPM (2) goes without it, arguments. */
#define FLOPMETER_NVML_FUNCTIONS(X) \
    X(nvmlInit_v2, 1, (void)) \
    X(nvmlShutdown, 1, (void)) \
    X(nvmlSystemGetDriverVersion, 0, (char *text, unsigned length)) \
    X(nvmlDeviceGetCount_v2, 0, (unsigned *count)) \
    X(nvmlDeviceGetHandleByIndex_v2, 1, (unsigned index, flopmeter_nvml_device_t *device)) \
    X(nvmlDeviceGetHandleByUUID, 0, (const char *uuid, flopmeter_nvml_device_t *device)) \
    X(nvmlDeviceGetUUID, 0, (flopmeter_nvml_device_t device, char *text, unsigned length)) \
    X(nvmlDeviceGetName, 1, (flopmeter_nvml_device_t device, char *text, unsigned length)) \
    X(nvmlDeviceGetCudaComputeCapability, 1, (flopmeter_nvml_device_t device, int *major, int *minor)) \
    X(nvmlDeviceGetNumGpuCores, 0, (flopmeter_nvml_device_t device, unsigned *cores)) \
    X(nvmlDeviceGetClockInfo, 0, (flopmeter_nvml_device_t device, int clock, unsigned *mhz)) \
    X(nvmlDeviceGetMaxClockInfo, 0, (flopmeter_nvml_device_t device, int clock, unsigned *mhz)) \
    X(nvmlDeviceGetMinMaxClockOfPState, 0, \
        (flopmeter_nvml_device_t device, int clock, int state, unsigned *min, unsigned *max)) \
    X(nvmlGpmQueryDeviceSupport, 2, (flopmeter_nvml_device_t device, flopmeter_nvml_support_t *support)) \
    X(nvmlGpmSampleAlloc, 2, (flopmeter_nvml_sample_t *sample)) \
    X(nvmlGpmSampleFree, 2, (flopmeter_nvml_sample_t sample)) \
    X(nvmlGpmSampleGet, 2, (flopmeter_nvml_device_t device, flopmeter_nvml_sample_t sample)) \
    X(nvmlGpmMigSampleGet, 0, \
        (flopmeter_nvml_device_t device, unsigned gpu_instance, flopmeter_nvml_sample_t sample)) \
    X(nvmlGpmMetricsGet, 2, (flopmeter_nvml_metrics_t *metrics)) \
    X(nvmlDeviceGetMigMode, 0, (flopmeter_nvml_device_t device, unsigned *current, unsigned *pending)) \
    X(nvmlDeviceGetMaxMigDeviceCount, 0, (flopmeter_nvml_device_t device, unsigned *count)) \
    X(nvmlDeviceGetMigDeviceHandleByIndex, 0, \
        (flopmeter_nvml_device_t device, unsigned index, flopmeter_nvml_device_t *mig)) \
    X(nvmlDeviceGetGpuInstanceId, 0, (flopmeter_nvml_device_t mig, unsigned *gpu_instance)) \
    X(nvmlDeviceGetAttributes_v2, 0, (flopmeter_nvml_device_t mig, flopmeter_nvml_attributes_t *attributes)) \
    X(nvmlDeviceGetGpuInstanceById, 0, \
        (flopmeter_nvml_device_t device, unsigned gpu_instance, flopmeter_nvml_instance_t *instance)) \
    X(nvmlGpuInstanceGetInfo, 0, (flopmeter_nvml_instance_t instance, flopmeter_nvml_instance_info_t *info)) \
    X(nvmlDeviceGetGpuInstanceProfileInfo, 0, \
        (flopmeter_nvml_device_t device, unsigned place, flopmeter_nvml_profile_t *profile)) \
    X(nvmlDeviceGetComputeRunningProcesses_v3, 0, \
        (flopmeter_nvml_device_t device, unsigned *count, flopmeter_nvml_process_t *processes)) \
    X(nvmlDeviceGetGraphicsRunningProcesses_v3, 0, \
        (flopmeter_nvml_device_t device, unsigned *count, flopmeter_nvml_process_t *processes))

#define FLOPMETER_NVML_FIELD(name, is_required, arguments) flopmeter_nvml_return_t (*name) arguments;

/** The loaded library. A function that is missing is NULL. */
typedef struct flopmeter_nvml_stct
{
    void *library;
    FLOPMETER_NVML_FUNCTIONS(FLOPMETER_NVML_FIELD)
}
flopmeter_nvml_t;

/** Call a function that may be missing. */
#define FLOPMETER_NVML_TRY(nvml, name, ...) \
    (NULL == (nvml)->name ? FLOPMETER_NVML_FUNCTION_NOT_FOUND : (nvml)->name(__VA_ARGS__))

/** Where the library and the time come from. Tests put their own here; there is no environment variable. */
typedef struct flopmeter_nvml_host_stct
{
    void *(*open)(void);                                  /* NULL when there is none */
    void *(*symbol)(void *library, const char *name);
    void (*close)(void *library);
    uint64_t (*now_ns)(void);                             /* CLOCK_MONOTONIC */
}
flopmeter_nvml_host_t;

/** libnvidia-ml.so.1 and the clock of the system. */
extern const flopmeter_nvml_host_t flopmeter_nvml_system;

/** Load and initialise. Return 0, or -1 with `probe` saying why not; then nothing stays open. */
int flopmeter_nvml_open(flopmeter_nvml_t *nvml, const flopmeter_nvml_host_t *host, flopmeter_counter_probe_t *probe);

/** Name of the first function that is missing and without which GPM can't be read, or NULL. */
const char *flopmeter_nvml_missing_for_gpm(const flopmeter_nvml_t *nvml);

/** Is that the UUID of the GPU or partition? False where the driver doesn't say. */
bool flopmeter_nvml_is_named(const flopmeter_nvml_t *nvml, flopmeter_nvml_device_t device, const char *uuid);

/** Shut down and unload. Idempotent. */
void flopmeter_nvml_close(flopmeter_nvml_t *nvml, const flopmeter_nvml_host_t *host);

/** What an error of `call` means, with the remedy. */
void flopmeter_nvml_explain(flopmeter_counter_probe_t *probe, const char *call, flopmeter_nvml_return_t result);

/** The state alone. */
flopmeter_counter_state_t flopmeter_nvml_state(flopmeter_nvml_return_t result);

#endif /* FLOPMETER_NVML_H */
