/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pm_card.h"

#include "cuda_settings.h"
#include "pm_source.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UUID_LENGTH (16)

static struct
{
    flopmeter_pm_wish_t wish;
    const char *cupti;
    bool is_loaded;
    flopmeter_cuda_api_t api;
}
world;

void flopmeter_pm_use(flopmeter_pm_wish_t wish, const char *cupti)
{
    memset(&world, 0, sizeof(world));
    world.wish = wish;
    world.cupti = cupti;
}

flopmeter_pm_wish_t flopmeter_pm_wish(void)
{
    return world.wish;
}

static int refuse(
    flopmeter_counter_probe_t *probe, flopmeter_counter_state_t state, const char *detail, const char *remedy)
{
    probe->state = state;
    snprintf(probe->detail, sizeof(probe->detail), "%s", detail);
    snprintf(probe->remedy, sizeof(probe->remedy), "%s", remedy);
    return -1;
}

int flopmeter_pm_card_refuse(
    flopmeter_counter_probe_t *probe, flopmeter_counter_state_t state, const char *detail, const char *remedy)
{
    return refuse(probe, state, detail, remedy);
}

int flopmeter_pm_card_explain(flopmeter_counter_probe_t *probe, int result)
{
    char detail[64];
    const flopmeter_counter_state_t state = flopmeter_cuda_state_of(result);

    snprintf(detail, sizeof(detail), "PM sampling: CUPTI says %d", result);
    switch (state)
    {
        case FLOPMETER_COUNTER_NO_PERMISSION:
            return refuse(probe, state, detail, "run as root, or load the driver's module with "
                "NVreg_RestrictProfilingToAdminUsers=0");
        case FLOPMETER_COUNTER_TAKEN:
            return refuse(probe, state, detail, "another profiler has the card: end it, or do without");
        case FLOPMETER_COUNTER_WRONG_DRIVER:
            return refuse(probe, state, detail, "install a CUPTI that knows the driver and the card");
        case FLOPMETER_COUNTER_AVAILABLE:
        case FLOPMETER_COUNTER_ABSENT:
        case FLOPMETER_COUNTER_FAILED:
        default:
            return refuse(probe, state, detail, "no PM sampling in a virtual machine's share of a card, "
                "a partition, or with confidential computing");
    }
}

/* Once. What fails is tried again by the next one. */
static int load(flopmeter_counter_probe_t *probe)
{
    if (world.is_loaded)
    {
        return 0;
    }
    if (NULL != flopmeter_cuda_settings_profiler(flopmeter_cuda_settings_here))
    {
        return refuse(probe, FLOPMETER_COUNTER_TAKEN, "Nsight profiles this run", "end it, or do without");
    }
    /* Cards are found by UUID; and the library that is injected into programs is not for this one. */
    unsetenv("CUDA_VISIBLE_DEVICES");
    unsetenv("CUDA_INJECTION64_PATH");
    unsetenv("NVTX_INJECTION64_PATH");
    const flopmeter_counter_state_t state = flopmeter_cuda_api_pm(&world.api, world.cupti);
    if (FLOPMETER_COUNTER_AVAILABLE != state)
    {
        return FLOPMETER_COUNTER_ABSENT == state ?
            refuse(probe, state, "no libcuda.so.1, or no libcupti.so.13 or .12", "install the driver and CUPTI") :
            refuse(probe, state, "a function of PM sampling is missing", "install the CUPTI of CUDA 13");
    }
    if (FLOPMETER_CU_SUCCESS != world.api.cu_init(0))
    {
        return refuse(probe, FLOPMETER_COUNTER_FAILED, "cuInit fails", "look at nvidia-smi");
    }
    world.is_loaded = true;
    return 0;
}

/* The 16 bytes of "GPU-xxxxxxxx-xxxx-..."; false when it is none. */
static bool bytes_of(const char *text, uint8_t *bytes)
{
    size_t digits = 0;

    memset(bytes, 0, UUID_LENGTH);
    if (0 != strncmp(text, "GPU-", 4))
    {
        return false;
    }
    for (text += 4; '\0' != *text && digits < 2 * UUID_LENGTH; text++)
    {
        if ('-' == *text)
        {
            continue;
        }
        if (!isxdigit((unsigned char)*text))
        {
            return false;
        }
        const char digit[2] = { *text, '\0' };
        bytes[digits / 2] = (uint8_t)((unsigned long)bytes[digits / 2] << 4 | strtoul(digit, NULL, 16));
        digits += 1;
    }
    return 2 * UUID_LENGTH == digits && '\0' == *text;
}

const flopmeter_cuda_api_t *flopmeter_pm_card_find(
    const flopmeter_gpm_device_t *device, size_t *ordinal, flopmeter_counter_probe_t *probe)
{
    uint8_t wanted[UUID_LENGTH];
    uint8_t found[UUID_LENGTH];
    int count = 0;

    if (0 != load(probe))
    {
        return NULL;
    }
    if (NULL != device->mig || !bytes_of(device->gpu_uuid, wanted))
    {
        (void)refuse(probe, FLOPMETER_COUNTER_ABSENT,
            "PM sampling knows whole cards with a UUID only", "use GPM or DCGM for partitions");
        return NULL;
    }
    if (FLOPMETER_CU_SUCCESS != world.api.device_count(&count))
    {
        (void)refuse(probe, FLOPMETER_COUNTER_FAILED, "cuDeviceGetCount fails", "look at nvidia-smi");
        return NULL;
    }
    for (int i = 0; i < count; i++)
    {
        flopmeter_cu_device_t candidate = 0;
        if (FLOPMETER_CU_SUCCESS == world.api.device_get(&candidate, i) &&
            FLOPMETER_CU_SUCCESS == world.api.device_uuid(found, candidate) && 0 == memcmp(wanted, found, UUID_LENGTH))
        {
            *ordinal = (size_t)i;
            return &world.api;
        }
    }
    (void)refuse(probe, FLOPMETER_COUNTER_ABSENT, "CUDA does not show this card", "look at its compute mode");
    return NULL;
}
