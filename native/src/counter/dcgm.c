/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "dcgm.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void *system_open(void)
{
    void *const library = dlopen("libdcgm.so.4", RTLD_NOW | RTLD_LOCAL);

    return NULL != library ? library : dlopen("libdcgm.so.3", RTLD_NOW | RTLD_LOCAL);
}

static void *system_symbol(void *library, const char *name)
{
    return dlsym(library, name);
}

static void system_close(void *library)
{
    (void)dlclose(library);
}

static uint64_t system_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

static int64_t system_wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

const flopmeter_dcgm_host_t flopmeter_dcgm_system = {
    system_open, system_symbol, system_close, system_now_ns, system_wall_us, NULL,
};

flopmeter_counter_state_t flopmeter_dcgm_state(flopmeter_dcgm_return_t result)
{
    switch (result)
    {
        case FLOPMETER_DCGM_OK:
            return FLOPMETER_COUNTER_AVAILABLE;
        case FLOPMETER_DCGM_NOT_SUPPORTED:
        case FLOPMETER_DCGM_GPU_NOT_SUPPORTED:
        case FLOPMETER_DCGM_LIBRARY_NOT_FOUND:
        case FLOPMETER_DCGM_MODULE_NOT_LOADED:
        case FLOPMETER_DCGM_PROFILING_NOT_SUPPORTED:
        case FLOPMETER_DCGM_INSTANCE_NOT_FOUND:
        case FLOPMETER_DCGM_NVML_NOT_LOADED:
        case FLOPMETER_DCGM_CONNECTION_NOT_VALID:
            return FLOPMETER_COUNTER_ABSENT;
        case FLOPMETER_DCGM_NO_PERMISSION:
        case FLOPMETER_DCGM_REQUIRES_ROOT:
            return FLOPMETER_COUNTER_NO_PERMISSION;
        case FLOPMETER_DCGM_IN_USE:
        case FLOPMETER_DCGM_PAUSED:
            return FLOPMETER_COUNTER_TAKEN;
        case FLOPMETER_DCGM_VER_MISMATCH:
        case FLOPMETER_DCGM_UNKNOWN_FIELD:
        case FLOPMETER_DCGM_FUNCTION_NOT_FOUND:
        case FLOPMETER_DCGM_INSUFFICIENT_DRIVER_VERSION:
            return FLOPMETER_COUNTER_WRONG_DRIVER;
        default:
            return FLOPMETER_COUNTER_FAILED;
    }
}

static const char *remedy_of(flopmeter_dcgm_return_t result)
{
    static const char *const remedies[] = {
        [FLOPMETER_COUNTER_AVAILABLE] = "",
        [FLOPMETER_COUNTER_ABSENT] =
            "install datacenter-gpu-manager with its profiling module; it knows data-centre GPUs from Volta on",
        [FLOPMETER_COUNTER_NO_PERMISSION] =
            "start nv-hostengine as root (systemctl start nvidia-dcgm), the meter need not be root then",
        [FLOPMETER_COUNTER_TAKEN] = "end the profiler that holds the counters, or: dcgmi profile --resume",
        [FLOPMETER_COUNTER_WRONG_DRIVER] =
            "install DCGM 3.1 or newer; library, nv-hostengine and driver must fit each other",
        [FLOPMETER_COUNTER_FAILED] = "restart nv-hostengine (systemctl restart nvidia-dcgm) and see its log",
    };

    if (FLOPMETER_DCGM_CONNECTION_NOT_VALID == result)
    {
        return "start nv-hostengine (systemctl start nvidia-dcgm), or name the engine: FLOPMETER_DCGM=ADDRESS:PORT";
    }
    if (FLOPMETER_DCGM_PROFILING_LIBRARY_ERROR == result)
    {
        return "end CUPTI profilers on this machine's GPUs, then restart nv-hostengine";
    }
    return remedies[flopmeter_dcgm_state(result)];
}

void flopmeter_dcgm_explain(flopmeter_counter_probe_t *probe, const char *call, flopmeter_dcgm_return_t result)
{
    probe->state = flopmeter_dcgm_state(result);
    probe->detail[0] = '\0';
    if (FLOPMETER_DCGM_OK != result)
    {
        snprintf(probe->detail, sizeof(probe->detail), "%s returned %d", call, result);
    }
    snprintf(probe->remedy, sizeof(probe->remedy), "%s", remedy_of(result));
}

/*
 * Look up all functions. The name of the first required one that is missing, or NULL.
 */
static const char *resolve(flopmeter_dcgm_t *dcgm, const flopmeter_dcgm_host_t *host)
{
    const char *missing = NULL;
    void *address;

    /* A function pointer through an object pointer, as POSIX asks for it. */
#define RESOLVE(name, is_required, arguments) \
    address = host->symbol(dcgm->library, #name); \
    memcpy(&dcgm->name, &address, sizeof(address)); \
    missing = NULL == address && is_required && NULL == missing ? #name : missing;
    FLOPMETER_DCGM_FUNCTIONS(RESOLVE)
#undef RESOLVE
    return missing;
}

int flopmeter_dcgm_open(flopmeter_dcgm_t *dcgm, const flopmeter_dcgm_host_t *host, flopmeter_counter_probe_t *probe)
{
    memset(dcgm, 0, sizeof(*dcgm));
    dcgm->library = host->open();
    if (NULL == dcgm->library)
    {
        flopmeter_dcgm_explain(probe, "", FLOPMETER_DCGM_LIBRARY_NOT_FOUND);
        snprintf(probe->detail, sizeof(probe->detail), "neither libdcgm.so.4 nor libdcgm.so.3 can be loaded");
        return -1;
    }
    const char *const missing = resolve(dcgm, host);
    if (NULL != missing)
    {
        flopmeter_dcgm_explain(probe, missing, FLOPMETER_DCGM_FUNCTION_NOT_FOUND);
        snprintf(probe->detail, sizeof(probe->detail), "libdcgm has no %s", missing);
        host->close(dcgm->library);
        memset(dcgm, 0, sizeof(*dcgm));
        return -1;
    }
    const flopmeter_dcgm_return_t result = dcgm->dcgmInit();
    flopmeter_dcgm_explain(probe, "dcgmInit", result);
    if (FLOPMETER_DCGM_OK != result)
    {
        host->close(dcgm->library);
        memset(dcgm, 0, sizeof(*dcgm));
        return -1;
    }
    return 0;
}

void flopmeter_dcgm_close(flopmeter_dcgm_t *dcgm, const flopmeter_dcgm_host_t *host)
{
    if (NULL != dcgm->library)
    {
        (void)dcgm->dcgmShutdown();
        host->close(dcgm->library);
        memset(dcgm, 0, sizeof(*dcgm));
    }
}
