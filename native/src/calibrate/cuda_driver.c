/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_driver.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define LIBRARY "libcuda.so.1"

typedef struct entry_stct
{
    size_t offset;
    const char *name;
    const char *older;              /* another name of the same call, NULL when there is none */
}
entry_t;

#define ENTRY(member, name, older) { offsetof(flopmeter_cuda_driver_t, member), name, older }

static const entry_t entries[] =
{
    ENTRY(init, "cuInit", NULL),
    ENTRY(driver_version, "cuDriverGetVersion", NULL),
    ENTRY(error_name, "cuGetErrorName", NULL),
    ENTRY(device_count, "cuDeviceGetCount", NULL),
    ENTRY(device_get, "cuDeviceGet", NULL),
    ENTRY(device_name, "cuDeviceGetName", NULL),
    ENTRY(device_uuid, "cuDeviceGetUuid_v2", "cuDeviceGetUuid"),
    ENTRY(device_attribute, "cuDeviceGetAttribute", NULL),
    ENTRY(context_retain, "cuDevicePrimaryCtxRetain", NULL),
    ENTRY(context_release, "cuDevicePrimaryCtxRelease_v2", "cuDevicePrimaryCtxRelease"),
    ENTRY(context_set, "cuCtxSetCurrent", NULL),
    ENTRY(context_synchronize, "cuCtxSynchronize", NULL),
    ENTRY(module_load, "cuModuleLoadData", NULL),
    ENTRY(module_unload, "cuModuleUnload", NULL),
    ENTRY(module_function, "cuModuleGetFunction", NULL),
    ENTRY(memory_allocate, "cuMemAlloc_v2", NULL),
    ENTRY(memory_free, "cuMemFree_v2", NULL),
    ENTRY(launch, "cuLaunchKernel", NULL),
};

static void answer(flopmeter_counter_probe_t *probe, flopmeter_counter_state_t state, const char *remedy)
{
    probe->state = state;
    snprintf(probe->remedy, sizeof(probe->remedy), "%s", remedy);
}

void flopmeter_cuda_driver_explain(
    const flopmeter_cuda_driver_t *driver, int result, const char *doing, flopmeter_counter_probe_t *probe)
{
    const char *name = NULL;
    if (NULL == driver->error_name || FLOPMETER_CUDA_SUCCESS != driver->error_name(result, &name) || NULL == name)
    {
        name = "an error without a name";
    }
    switch (result)
    {
        case FLOPMETER_CUDA_NO_DEVICE:
            answer(probe, FLOPMETER_COUNTER_ABSENT,
                "pass a device in: nvidia-smi must list one, CUDA_VISIBLE_DEVICES hide none");
            break;
        case FLOPMETER_CUDA_NOT_PERMITTED:
            answer(probe, FLOPMETER_COUNTER_NO_PERMISSION, "give this user the device files /dev/nvidia*");
            break;
        case FLOPMETER_CUDA_DRIVER_MISMATCH:
        case FLOPMETER_CUDA_COMPAT_UNSUPPORTED:
            answer(probe, FLOPMETER_COUNTER_WRONG_DRIVER,
                "libcuda.so.1 and the kernel module are of different drivers: reboot, or install one driver only");
            break;
        case FLOPMETER_CUDA_INVALID_IMAGE:
        case FLOPMETER_CUDA_NO_BINARY:
        case FLOPMETER_CUDA_UNSUPPORTED_PTX:
            answer(probe, FLOPMETER_COUNTER_WRONG_DRIVER,
                "install a driver as new as the CUDA toolkit that built flopmeter, or build with an older toolkit");
            break;
        default:
            answer(probe, FLOPMETER_COUNTER_FAILED,
                "see dmesg and nvidia-smi; a GPU that fell off the bus needs a reset");
            break;
    }
    snprintf(probe->detail, sizeof(probe->detail), "%s: %s (%d)", doing, name, result);
}

static bool resolve(flopmeter_cuda_driver_t *driver, flopmeter_counter_probe_t *probe)
{
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
    {
        void *function = dlsym(driver->library, entries[i].name);
        if (NULL == function && NULL != entries[i].older)
        {
            function = dlsym(driver->library, entries[i].older);
        }
        if (NULL == function)
        {
            answer(probe, FLOPMETER_COUNTER_WRONG_DRIVER, "install a driver of this decade");
            snprintf(probe->detail, sizeof(probe->detail), LIBRARY " has no %s", entries[i].name);
            return false;
        }
        memcpy((char *)driver + entries[i].offset, &function, sizeof(function));
    }
    return true;
}

bool flopmeter_cuda_driver_open(flopmeter_cuda_driver_t *driver, flopmeter_counter_probe_t *probe)
{
    memset(driver, 0, sizeof(*driver));
    memset(probe, 0, sizeof(*probe));
    driver->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (NULL == driver->library)
    {
        answer(probe, FLOPMETER_COUNTER_ABSENT, "where there is an NVIDIA GPU: install its driver");
        snprintf(probe->detail, sizeof(probe->detail), "no " LIBRARY " here");
        return false;
    }
    if (!resolve(driver, probe))
    {
        return false;
    }
    const int result = driver->init(0);
    if (FLOPMETER_CUDA_SUCCESS != result)
    {
        flopmeter_cuda_driver_explain(driver, result, "cuInit", probe);
        return false;
    }
    const int versioned = driver->driver_version(&driver->version);
    if (FLOPMETER_CUDA_SUCCESS != versioned)
    {
        flopmeter_cuda_driver_explain(driver, versioned, "cuDriverGetVersion", probe);
        return false;
    }
    probe->state = FLOPMETER_COUNTER_AVAILABLE;
    return true;
}

void flopmeter_cuda_driver_close(flopmeter_cuda_driver_t *driver)
{
    memset(driver, 0, sizeof(*driver));
}
