/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "nvml.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void *system_open(void)
{
    return dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
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

const flopmeter_nvml_host_t flopmeter_nvml_system = { system_open, system_symbol, system_close, system_now_ns };

static void say(
    flopmeter_counter_probe_t *probe, flopmeter_counter_state_t state, const char *detail, const char *remedy)
{
    probe->state = state;
    snprintf(probe->detail, sizeof(probe->detail), "%s", detail);
    snprintf(probe->remedy, sizeof(probe->remedy), "%s", remedy);
}

flopmeter_counter_state_t flopmeter_nvml_state(flopmeter_nvml_return_t result)
{
    switch (result)
    {
        case FLOPMETER_NVML_SUCCESS:
            return FLOPMETER_COUNTER_AVAILABLE;
        case FLOPMETER_NVML_NOT_SUPPORTED:
        case FLOPMETER_NVML_NOT_FOUND:
        case FLOPMETER_NVML_DRIVER_NOT_LOADED:
        case FLOPMETER_NVML_GPU_NOT_FOUND:
            return FLOPMETER_COUNTER_ABSENT;
        case FLOPMETER_NVML_NO_PERMISSION:
            return FLOPMETER_COUNTER_NO_PERMISSION;
        case FLOPMETER_NVML_IN_USE:
            return FLOPMETER_COUNTER_TAKEN;
        case FLOPMETER_NVML_FUNCTION_NOT_FOUND:
        case FLOPMETER_NVML_LIB_RM_VERSION_MISMATCH:
        case FLOPMETER_NVML_ARGUMENT_VERSION_MISMATCH:
            return FLOPMETER_COUNTER_WRONG_DRIVER;
        default:
            return FLOPMETER_COUNTER_FAILED;
    }
}

void flopmeter_nvml_explain(flopmeter_counter_probe_t *probe, const char *call, flopmeter_nvml_return_t result)
{
    static const char *const remedies[] = {
        [FLOPMETER_COUNTER_AVAILABLE] = "",
        [FLOPMETER_COUNTER_ABSENT] = "GPM needs a GPU of the Hopper generation or newer and its driver loaded",
        [FLOPMETER_COUNTER_NO_PERMISSION] =
            "let this user read the device nodes /dev/nvidia*, or set NVreg_RestrictProfilingToAdminUsers=0",
        [FLOPMETER_COUNTER_TAKEN] = "end the profiler that holds the counters",
        [FLOPMETER_COUNTER_WRONG_DRIVER] =
            "install libnvidia-ml.so.1 of the loaded kernel driver's version (reboot after an upgrade), 525 or newer",
        [FLOPMETER_COUNTER_FAILED] = "see the kernel log for Xid messages; a reset or reboot may be needed",
    };
    char detail[FLOPMETER_COUNTER_TEXT_LENGTH];
    const flopmeter_counter_state_t state = flopmeter_nvml_state(result);

    snprintf(detail, sizeof(detail), "%s returned %d%s", call, result,
        FLOPMETER_NVML_GPU_IS_LOST == result ? " (GPU is lost)" : "");
    say(probe, state, FLOPMETER_NVML_SUCCESS == result ? "" : detail, remedies[state]);
}

/*
 * Look up all functions. The name of the first required one that is missing, or NULL.
 */
static const char *resolve(flopmeter_nvml_t *nvml, const flopmeter_nvml_host_t *host)
{
    const char *missing = NULL;
    void *address;

    /* A function pointer through an object pointer, as POSIX asks for it. */
#define RESOLVE(name, is_required, arguments) \
    address = host->symbol(nvml->library, #name); \
    memcpy(&nvml->name, &address, sizeof(address)); \
    missing = NULL == address && 1 == is_required && NULL == missing ? #name : missing;
    FLOPMETER_NVML_FUNCTIONS(RESOLVE)
#undef RESOLVE
    return missing;
}

const char *flopmeter_nvml_missing_for_gpm(const flopmeter_nvml_t *nvml)
{
#define MISSING(name, is_required, arguments) \
    if (2 == is_required && NULL == nvml->name) \
    { \
        return #name; \
    }
    FLOPMETER_NVML_FUNCTIONS(MISSING)
#undef MISSING
    return NULL;
}

int flopmeter_nvml_open(flopmeter_nvml_t *nvml, const flopmeter_nvml_host_t *host, flopmeter_counter_probe_t *probe)
{
    char detail[FLOPMETER_COUNTER_TEXT_LENGTH];

    memset(nvml, 0, sizeof(*nvml));
    nvml->library = host->open();
    if (NULL == nvml->library)
    {
        say(probe, FLOPMETER_COUNTER_ABSENT, "libnvidia-ml.so.1 can't be loaded",
            "install the NVIDIA driver; in a container start it with the NVIDIA runtime, capability utility");
        return -1;
    }
    const char *const missing = resolve(nvml, host);
    if (NULL != missing)
    {
        snprintf(detail, sizeof(detail), "libnvidia-ml.so.1 has no %s", missing);
        say(probe, FLOPMETER_COUNTER_WRONG_DRIVER, detail, "install a driver of version 525 or newer");
        host->close(nvml->library);
        memset(nvml, 0, sizeof(*nvml));
        return -1;
    }
    const flopmeter_nvml_return_t result = nvml->nvmlInit_v2();
    if (FLOPMETER_NVML_SUCCESS != result)
    {
        flopmeter_nvml_explain(probe, "nvmlInit_v2", result);
        host->close(nvml->library);
        memset(nvml, 0, sizeof(*nvml));
        return -1;
    }
    say(probe, FLOPMETER_COUNTER_AVAILABLE, "", "");
    return 0;
}

bool flopmeter_nvml_is_named(const flopmeter_nvml_t *nvml, flopmeter_nvml_device_t device, const char *uuid)
{
    char found[FLOPMETER_NVML_TEXT_LENGTH] = "";
    const bool is_named =
        FLOPMETER_NVML_SUCCESS == FLOPMETER_NVML_TRY(nvml, nvmlDeviceGetUUID, device, found, (unsigned)sizeof(found));

    found[sizeof(found) - 1] = '\0';
    return is_named && 0 == strcmp(found, uuid);
}

void flopmeter_nvml_close(flopmeter_nvml_t *nvml, const flopmeter_nvml_host_t *host)
{
    if (NULL != nvml->library)
    {
        (void)nvml->nvmlShutdown();
        host->close(nvml->library);
        memset(nvml, 0, sizeof(*nvml));
    }
}
