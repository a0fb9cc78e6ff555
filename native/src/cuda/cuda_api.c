/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_api.h"

#include <dlfcn.h>
#include <string.h>

/* Newest first: a program that has loaded one of them gets that one in any case. */
static const char *const cupti_names[] = { "libcupti.so.13", "libcupti.so.12" };
static const char *const cupti_folders[] = {
    "/usr/local/cuda/lib64/", "/usr/local/cuda/extras/CUPTI/lib64/", "/usr/local/cuda/lib/"
};

/* ISO C has no cast from an object pointer to a function pointer; POSIX says that they are alike. */
static bool find(void *library, const char *symbol, void *field)
{
    void *const address = dlsym(library, symbol);

    memcpy(field, &address, sizeof(address));
    return NULL != address;
}

#define FIND(field, symbol, arguments) found = find(library, symbol, &api->field) && found;

flopmeter_counter_state_t flopmeter_cuda_api_driver(flopmeter_cuda_api_t *api)
{
    void *const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
    bool found = true;

    if (NULL == library)
    {
        return FLOPMETER_COUNTER_ABSENT;
    }
    FLOPMETER_CU_FUNCTIONS(FIND)
    find(library, "cuDeviceGetUuid_v2", &api->device_uuid);
    return found ? FLOPMETER_COUNTER_AVAILABLE : FLOPMETER_COUNTER_WRONG_DRIVER;
}

void *flopmeter_cuda_api_find_cupti(void *(*open)(const char *path))
{
    const size_t names_count = sizeof(cupti_names) / sizeof(cupti_names[0]);
    void *library = NULL;

    for (size_t i = 0; NULL == library && i < names_count; i++)
    {
        library = open(cupti_names[i]);
    }
    for (size_t i = 0; i < names_count; i++)
    {
        for (size_t j = 0; NULL == library && j < sizeof(cupti_folders) / sizeof(cupti_folders[0]); j++)
        {
            char full[128];
            strcpy(full, cupti_folders[j]);
            strcat(full, cupti_names[i]);
            library = open(full);
        }
    }
    return library;
}

static void *load(const char *path)
{
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static void *open_cupti(const char *path)
{
    void *library = NULL;

    if (NULL != path)
    {
        return load(path);
    }
    for (size_t i = 0; NULL == library && i < sizeof(cupti_names) / sizeof(cupti_names[0]); i++)
    {
        library = dlopen(cupti_names[i], RTLD_NOW | RTLD_NOLOAD);
    }
    return NULL == library ? flopmeter_cuda_api_find_cupti(load) : library;
}

flopmeter_counter_state_t flopmeter_cuda_api_cupti(flopmeter_cuda_api_t *api, const char *path, bool is_device)
{
    void *const library = open_cupti(path);
    bool found = true;

    if (NULL == library)
    {
        return FLOPMETER_COUNTER_ABSENT;
    }
    FLOPMETER_CUPTI_HOST_FUNCTIONS(FIND)
    if (is_device)
    {
        FLOPMETER_CUPTI_RANGE_FUNCTIONS(FIND)
    }
    return found ? FLOPMETER_COUNTER_AVAILABLE : FLOPMETER_COUNTER_WRONG_DRIVER;
}

flopmeter_counter_state_t flopmeter_cuda_api_activity(flopmeter_cuda_api_t *api, const char *path)
{
    void *const library = open_cupti(path);
    bool found = true;

    if (NULL == library)
    {
        return FLOPMETER_COUNTER_ABSENT;
    }
    FLOPMETER_CUPTI_ACTIVITY_FUNCTIONS(FIND)
    return found ? FLOPMETER_COUNTER_AVAILABLE : FLOPMETER_COUNTER_WRONG_DRIVER;
}

flopmeter_counter_state_t flopmeter_cuda_api_pm(flopmeter_cuda_api_t *api, const char *path)
{
    void *const driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    void *const library = NULL == driver ? NULL : open_cupti(path);
    bool found = true;

    if (NULL == library)
    {
        return FLOPMETER_COUNTER_ABSENT;
    }
    found = find(driver, "cuInit", &api->cu_init) && found;
    found = find(driver, "cuDeviceGetCount", &api->device_count) && found;
    found = find(driver, "cuDeviceGet", &api->device_get) && found;
    found = find(driver, "cuDeviceGetUuid_v2", &api->device_uuid) && found;
    FLOPMETER_CUPTI_HOST_FUNCTIONS(FIND)
#define FIND_PM(field, symbol, arguments) FIND(pm.field, symbol, arguments)
    FLOPMETER_CUPTI_PM_FUNCTIONS(FIND_PM)
    return found ? FLOPMETER_COUNTER_AVAILABLE : FLOPMETER_COUNTER_WRONG_DRIVER;
}

flopmeter_counter_state_t flopmeter_cuda_state_of(int cupti_result)
{
    switch (cupti_result)
    {
        case FLOPMETER_CUPTI_SUCCESS:
            return FLOPMETER_COUNTER_AVAILABLE;
        case FLOPMETER_CUPTI_PRIVILEGES:
        case FLOPMETER_CUPTI_VIRTUALIZED_PRIVILEGES:
            return FLOPMETER_COUNTER_NO_PERMISSION;
        case FLOPMETER_CUPTI_HARDWARE_BUSY:
        case FLOPMETER_CUPTI_OLD_PROFILER:
        case FLOPMETER_CUPTI_SUBSCRIBERS:
            return FLOPMETER_COUNTER_TAKEN;
        case FLOPMETER_CUPTI_PARAMETER_SIZE:
        case FLOPMETER_CUPTI_NOT_IMPLEMENTED:
        case FLOPMETER_CUPTI_NOT_COMPATIBLE:
        case FLOPMETER_CUPTI_CHIP_NAME:
            return FLOPMETER_COUNTER_WRONG_DRIVER;
        case FLOPMETER_CUPTI_NOT_SUPPORTED:
        case FLOPMETER_CUPTI_WITH_MPS:
        case FLOPMETER_CUPTI_VIRTUALIZED:
        case FLOPMETER_CUPTI_LEGACY_PROFILER:
        case FLOPMETER_CUPTI_CONFIDENTIAL:
        case FLOPMETER_CUPTI_CMP:
        case FLOPMETER_CUPTI_MIG:
        case FLOPMETER_CUPTI_SLI:
        case FLOPMETER_CUPTI_WSL:
            return FLOPMETER_COUNTER_ABSENT;
        default:
            return FLOPMETER_COUNTER_FAILED;
    }
}

flopmeter_gap_reason_t flopmeter_cuda_reason_of(flopmeter_counter_state_t state)
{
    switch (state)
    {
        case FLOPMETER_COUNTER_ABSENT:
            return FLOPMETER_GAP_COUNTER_ABSENT;
        case FLOPMETER_COUNTER_NO_PERMISSION:
            return FLOPMETER_GAP_COUNTER_PERMISSION;
        case FLOPMETER_COUNTER_TAKEN:
            return FLOPMETER_GAP_COUNTER_TAKEN;
        case FLOPMETER_COUNTER_WRONG_DRIVER:
            return FLOPMETER_GAP_COUNTER_DRIVER;
        case FLOPMETER_COUNTER_AVAILABLE:
        case FLOPMETER_COUNTER_FAILED:
        default:
            return FLOPMETER_GAP_COUNTER_FAILED;
    }
}
