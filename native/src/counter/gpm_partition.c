/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "gpm_partition.h"

#include <stdio.h>
#include <string.h>

#define PARTITIONS_MAX (64)
#define TRY FLOPMETER_NVML_TRY

bool flopmeter_gpm_partition_is_any(const flopmeter_gpm_device_t *device)
{
    unsigned current = 0;
    unsigned pending = 0;

    return FLOPMETER_NVML_SUCCESS == TRY(&device->nvml, nvmlDeviceGetMigMode, device->handle, &current, &pending) &&
        0 != current;
}

/*
 * Partitions of the GPU in turn; those of one GPU instance share its figures. False when there are no more.
 */
static bool next(
    const flopmeter_gpm_device_t *device, unsigned *place, flopmeter_nvml_device_t *mig, unsigned *gpu_instance)
{
    unsigned count = 0;

    if (FLOPMETER_NVML_SUCCESS != TRY(&device->nvml, nvmlDeviceGetMaxMigDeviceCount, device->handle, &count))
    {
        return false;
    }
    for (; *place < count && *place < PARTITIONS_MAX; *place += 1)
    {
        if (FLOPMETER_NVML_SUCCESS ==
                TRY(&device->nvml, nvmlDeviceGetMigDeviceHandleByIndex, device->handle, *place, mig) &&
            FLOPMETER_NVML_SUCCESS == TRY(&device->nvml, nvmlDeviceGetGpuInstanceId, *mig, gpu_instance))
        {
            *place += 1;
            return true;
        }
    }
    return false;
}

/*
 * SM of the GPU instance by its profile, with or without a compute instance on them. 0 where the driver doesn't say, as
 * it may without privileges.
 */
static uint64_t sm_of_profile(const flopmeter_gpm_device_t *device)
{
    const flopmeter_nvml_t *const nvml = &device->nvml;
    flopmeter_nvml_instance_t instance = NULL;
    flopmeter_nvml_instance_info_t info;

    memset(&info, 0, sizeof(info));
    if (FLOPMETER_NVML_SUCCESS !=
            TRY(nvml, nvmlDeviceGetGpuInstanceById, device->handle, device->gpu_instance, &instance) ||
        FLOPMETER_NVML_SUCCESS != TRY(nvml, nvmlGpuInstanceGetInfo, instance, &info))
    {
        return 0;
    }
    for (unsigned place = 0; place < FLOPMETER_NVML_PROFILES_MAX; place++)
    {
        flopmeter_nvml_profile_t profile;
        memset(&profile, 0, sizeof(profile));
        if (FLOPMETER_NVML_SUCCESS ==
                TRY(nvml, nvmlDeviceGetGpuInstanceProfileInfo, device->handle, place, &profile) &&
            profile.id == info.profile)
        {
            return profile.multiprocessor_count;
        }
    }
    return 0;
}

void flopmeter_gpm_partition_count_sm(flopmeter_gpm_device_t *device)
{
    const uint64_t all = sm_of_profile(device);
    flopmeter_nvml_device_t mig = NULL;
    unsigned gpu_instance = 0;
    uint64_t sum = 0;
    bool is_known = true;

    for (unsigned place = 0; next(device, &place, &mig, &gpu_instance);)
    {
        flopmeter_nvml_attributes_t attributes;
        memset(&attributes, 0, sizeof(attributes));
        if (gpu_instance != device->gpu_instance)
        {
            continue;
        }
        is_known = FLOPMETER_NVML_SUCCESS == TRY(&device->nvml, nvmlDeviceGetAttributes_v2, mig, &attributes) &&
            attributes.multiprocessor_count > 0 && is_known;
        sum += attributes.multiprocessor_count;
    }
    device->sm_count.upper = all > 0 && all < device->sm_count.upper ? all : device->sm_count.upper;
    device->sm_count.point = device->sm_count.upper;
    if (is_known && sum > 0 && sum <= device->chip->sm_max)
    {
        device->sm_count.lower = sum;
        device->sm_count.point = sum;
        device->sm_count.upper = sum > device->sm_count.upper ? sum : device->sm_count.upper;
    }
}

flopmeter_nvml_return_t flopmeter_gpm_partition_find(flopmeter_gpm_device_t *device, unsigned wanted)
{
    flopmeter_nvml_device_t mig = NULL;
    unsigned gpu_instance = 0;

    for (unsigned place = 0; next(device, &place, &mig, &gpu_instance);)
    {
        if (gpu_instance == wanted)
        {
            device->mig = mig;
            device->gpu_instance = wanted;
            return FLOPMETER_NVML_SUCCESS;
        }
    }
    return FLOPMETER_NVML_NOT_FOUND;
}

flopmeter_nvml_return_t flopmeter_gpm_partition_find_named(flopmeter_gpm_device_t *device, const char *uuid)
{
    flopmeter_nvml_device_t mig = NULL;
    unsigned gpu_instance = 0;

    for (unsigned place = 0; next(device, &place, &mig, &gpu_instance);)
    {
        if (flopmeter_nvml_is_named(&device->nvml, mig, uuid))
        {
            device->mig = mig;
            device->gpu_instance = gpu_instance;
            return FLOPMETER_NVML_SUCCESS;
        }
    }
    return FLOPMETER_NVML_NOT_FOUND;
}

size_t flopmeter_gpm_partition_list(
    const flopmeter_gpm_device_t *device, char (*names)[FLOPMETER_GPM_NAME_LENGTH], size_t names_max)
{
    uint64_t seen = 0;
    unsigned gpu_instance = 0;
    flopmeter_nvml_device_t mig = NULL;
    size_t count = 0;

    for (unsigned place = 0; count < names_max && next(device, &place, &mig, &gpu_instance);)
    {
        const uint64_t bit = UINT64_C(1) << (gpu_instance & 63);
        if (0 == (seen & bit))
        {
            seen |= bit;
            snprintf(names[count++], sizeof(names[0]), "%u.%u", device->index & 0xFFFF, gpu_instance & 0xFFFF);
        }
    }
    return count;
}
