/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "gpm_device.h"

#include "gpm_partition.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HZ_PER_MHZ (UINT64_C(1000000))
/* No silicon of these tables is near it: a clock above it is no clock. */
#define CLOCK_MHZ_MAX (10000)
#define DEVICES_MAX (256)
#define PPM_WHOLE (UINT64_C(1000000))
#define TRY FLOPMETER_NVML_TRY

static uint64_t hz_of(unsigned mhz)
{
    return mhz <= CLOCK_MHZ_MAX ? mhz * HZ_PER_MHZ : 0;
}

static void end_text(char *text, size_t length)
{
    text[length - 1] = '\0';
}

static void find_sizes(flopmeter_gpm_device_t *device)
{
    const uint32_t max = device->chip->sm_max;
    unsigned cores = 0;
    unsigned mhz = 0;

    device->sm_count = (flopmeter_gpu_range_t){ 0, max, max };
    if (FLOPMETER_NVML_SUCCESS == TRY(&device->nvml, nvmlDeviceGetNumGpuCores, device->handle, &cores) &&
        cores >= device->chip->cores_per_sm && cores / device->chip->cores_per_sm <= max)
    {
        const uint64_t count = cores / device->chip->cores_per_sm;
        device->sm_count = (flopmeter_gpu_range_t){ NULL == device->mig ? count : 0, count, count };
    }
    if (NULL != device->mig)
    {
        flopmeter_gpm_partition_count_sm(device);
    }
    device->sm_count_most =
        device->sm_count.upper > device->sm_count_most ? device->sm_count.upper : device->sm_count_most;
    if (FLOPMETER_NVML_SUCCESS ==
        TRY(&device->nvml, nvmlDeviceGetMaxClockInfo, device->handle, FLOPMETER_NVML_CLOCK_SM, &mhz))
    {
        device->clock_hz_max = hz_of(mhz);
    }
    for (int state = 0; state < FLOPMETER_NVML_PSTATES; state++)
    {
        unsigned low = 0;
        unsigned high = 0;
        if (FLOPMETER_NVML_SUCCESS == TRY(&device->nvml, nvmlDeviceGetMinMaxClockOfPState, device->handle,
                FLOPMETER_NVML_CLOCK_SM, state, &low, &high) &&
            0 != hz_of(low) && (0 == device->clock_hz_min || hz_of(low) < device->clock_hz_min))
        {
            device->clock_hz_min = hz_of(low);
        }
    }
}

/*
 * By its UUID: go through the GPUs and look for it, so that no more of NVML is needed than for a list.
 */
static flopmeter_nvml_return_t find_named(flopmeter_gpm_device_t *device, const char *uuid)
{
    const bool is_partition = 0 == strncmp(uuid, "MIG-", 4);

    for (device->index = 0; device->index < DEVICES_MAX; device->index++)
    {
        if (FLOPMETER_NVML_SUCCESS != device->nvml.nvmlDeviceGetHandleByIndex_v2(device->index, &device->handle))
        {
            break;
        }
        if (is_partition ? FLOPMETER_NVML_SUCCESS == flopmeter_gpm_partition_find_named(device, uuid) :
            flopmeter_nvml_is_named(&device->nvml, device->handle, uuid))
        {
            return FLOPMETER_NVML_SUCCESS;
        }
    }
    return FLOPMETER_NVML_NOT_FOUND;
}

static flopmeter_nvml_return_t find(flopmeter_gpm_device_t *device, const char *name)
{
    char *end = NULL;

    if (!isdigit((unsigned char)name[0]))
    {
        return find_named(device, name);
    }
    device->index = (unsigned)strtoul(name, &end, 10);
    const flopmeter_nvml_return_t result = device->nvml.nvmlDeviceGetHandleByIndex_v2(device->index, &device->handle);
    if (FLOPMETER_NVML_SUCCESS == result && '.' == *end)
    {
        return flopmeter_gpm_partition_find(device, (unsigned)strtoul(end + 1, &end, 10));
    }
    return result;
}

static int refuse(
    flopmeter_gpm_device_t *device,
    flopmeter_counter_probe_t *probe,
    flopmeter_counter_state_t state,
    const char *detail,
    const char *remedy)
{
    probe->state = state;
    snprintf(probe->detail, sizeof(probe->detail), "%.90s: %s", device->name, detail);
    snprintf(probe->remedy, sizeof(probe->remedy), "%s", remedy);
    flopmeter_gpm_device_close(device);
    return -1;
}

static void describe(flopmeter_gpm_device_t *device)
{
    const flopmeter_nvml_t *const nvml = &device->nvml;
    const flopmeter_nvml_device_t target = NULL != device->mig ? device->mig : device->handle;

    (void)TRY(nvml, nvmlSystemGetDriverVersion, device->driver, (unsigned)sizeof(device->driver));
    (void)TRY(nvml, nvmlDeviceGetName, device->handle, device->name, (unsigned)sizeof(device->name));
    (void)TRY(nvml, nvmlDeviceGetUUID, target, device->uuid, (unsigned)sizeof(device->uuid));
    (void)TRY(nvml, nvmlDeviceGetUUID, device->handle, device->gpu_uuid, (unsigned)sizeof(device->gpu_uuid));
    end_text(device->driver, sizeof(device->driver));
    end_text(device->name, sizeof(device->name));
    end_text(device->uuid, sizeof(device->uuid));
    end_text(device->gpu_uuid, sizeof(device->gpu_uuid));
}

/*
 * NULL where the tables know none, or the driver doesn't say.
 */
static const flopmeter_gpu_chip_t *find_chip(const flopmeter_gpm_device_t *device, int *major, int *minor)
{
    return FLOPMETER_NVML_SUCCESS == device->nvml.nvmlDeviceGetCudaComputeCapability(device->handle, major, minor) ?
        flopmeter_gpu_chip_find(*major, *minor, device->name) : NULL;
}

/*
 * Can GPM be read here?
 */
static int check_gpm(flopmeter_gpm_device_t *device, flopmeter_counter_probe_t *probe)
{
    flopmeter_nvml_support_t support = { FLOPMETER_NVML_GPM_VERSION, 0 };
    char detail[64];

    const char *const missing = flopmeter_nvml_missing_for_gpm(&device->nvml);
    if (NULL != missing)
    {
        snprintf(detail, sizeof(detail), "libnvidia-ml.so.1 has no %s", missing);
        return refuse(
            device, probe, FLOPMETER_COUNTER_WRONG_DRIVER, detail, "install a driver of version 525 or newer");
    }
    const flopmeter_nvml_return_t result = device->nvml.nvmlGpmQueryDeviceSupport(device->handle, &support);
    if (FLOPMETER_NVML_SUCCESS != result)
    {
        flopmeter_nvml_explain(probe, "nvmlGpmQueryDeviceSupport", result);
        flopmeter_gpm_device_close(device);
        return -1;
    }
    if (0 == support.is_supported)
    {
        return refuse(device, probe, FLOPMETER_COUNTER_ABSENT, "no GPM here", "GPM begins with the Hopper generation");
    }
    if (NULL != device->mig && NULL == device->nvml.nvmlGpmMigSampleGet)
    {
        return refuse(
            device, probe, FLOPMETER_COUNTER_WRONG_DRIVER, "no nvmlGpmMigSampleGet", "install a newer driver");
    }
    return 0;
}

/*
 * Is this a GPU whose figures can be understood?
 */
static int check(flopmeter_gpm_device_t *device, flopmeter_counter_probe_t *probe)
{
    int major = 0;
    int minor = 0;
    char detail[64];

    if (NULL == device->mig && flopmeter_gpm_partition_is_any(device))
    {
        return refuse(device, probe, FLOPMETER_COUNTER_ABSENT, "partitioned (MIG): only its instances can be read",
            "name an instance: INDEX.INSTANCE or MIG-UUID");
    }
    device->chip = find_chip(device, &major, &minor);
    if (NULL == device->chip)
    {
        snprintf(detail, sizeof(detail), "unknown chip of compute capability %d.%d", major, minor);
        return refuse(device, probe, FLOPMETER_COUNTER_ABSENT, detail,
            "add it to gpu_chips.csv and gpu_rates.csv, with the source");
    }
    return 0;
}

static int open_device(
    flopmeter_gpm_device_t *device,
    const flopmeter_nvml_host_t *host,
    const char *name,
    bool is_gpm,
    flopmeter_counter_probe_t *probe)
{
    memset(device, 0, sizeof(*device));
    device->host = host;
    if (0 != flopmeter_nvml_open(&device->nvml, host, probe))
    {
        return -1;
    }
    const flopmeter_nvml_return_t result = find(device, NULL != name ? name : "0");
    if (FLOPMETER_NVML_SUCCESS != result)
    {
        flopmeter_nvml_explain(probe, "nvmlDeviceGetHandleByIndex_v2", result);
        flopmeter_gpm_device_close(device);
        return -1;
    }
    describe(device);
    if ((is_gpm && 0 != check_gpm(device, probe)) || 0 != check(device, probe))
    {
        return -1;
    }
    find_sizes(device);
    snprintf(probe->detail, sizeof(probe->detail), "%.60s (%s, %s rates), driver %.30s, %llu SM, %llu MHz at most",
        device->name, device->chip->name, device->chip->is_measured ? "measured" : "unverified", device->driver,
        (unsigned long long)device->sm_count.point, (unsigned long long)(device->clock_hz_max / HZ_PER_MHZ));
    return 0;
}

int flopmeter_gpm_device_open(
    flopmeter_gpm_device_t *device,
    const flopmeter_nvml_host_t *host,
    const char *name,
    flopmeter_counter_probe_t *probe)
{
    return open_device(device, host, name, true, probe);
}

int flopmeter_gpm_device_open_any(
    flopmeter_gpm_device_t *device,
    const flopmeter_nvml_host_t *host,
    const char *name,
    flopmeter_counter_probe_t *probe)
{
    return open_device(device, host, name, false, probe);
}

void flopmeter_gpm_device_close(flopmeter_gpm_device_t *device)
{
    flopmeter_nvml_close(&device->nvml, device->host);
    device->handle = NULL;
    device->mig = NULL;
}

void flopmeter_gpm_device_renew(flopmeter_gpm_device_t *device)
{
    if (NULL != device->nvml.library && NULL != device->mig &&
        FLOPMETER_NVML_SUCCESS == flopmeter_gpm_partition_find(device, device->gpu_instance))
    {
        find_sizes(device);
    }
}

void flopmeter_gpm_device_lose(flopmeter_gpm_device_t *device)
{
    device->sm_count_most = NULL != device->mig ? device->chip->sm_max : device->sm_count_most;
    flopmeter_gpm_device_close(device);
}

void flopmeter_gpm_device_replace(flopmeter_gpm_device_t *device, const flopmeter_gpm_device_t *found)
{
    const uint64_t most = device->sm_count_most;

    *device = *found;
    device->sm_count_most = most > device->sm_count_most ? most : device->sm_count_most;
}

bool flopmeter_gpm_device_is_other(const flopmeter_gpm_device_t *device, const char *name)
{
    flopmeter_counter_probe_t probe;
    flopmeter_gpm_device_t found;

    if (NULL == strchr(name, '.') || 0 != flopmeter_gpm_device_open_any(&found, device->host, name, &probe))
    {
        return false;
    }
    const bool is_named = '\0' != device->uuid[0] && '\0' != found.uuid[0];
    const bool is_sized = 0 != device->sm_count.lower && 0 != found.sm_count.lower;
    const bool is_other = (is_named && 0 != strcmp(device->uuid, found.uuid)) ||
        (is_sized && 0 != memcmp(&device->sm_count, &found.sm_count, sizeof(found.sm_count)));
    flopmeter_gpm_device_close(&found);
    return is_other;
}

flopmeter_nvml_return_t flopmeter_gpm_device_sample(
    const flopmeter_gpm_device_t *device, flopmeter_nvml_sample_t sample)
{
    return NULL != device->mig ?
        TRY(&device->nvml, nvmlGpmMigSampleGet, device->handle, device->gpu_instance, sample) :
        device->nvml.nvmlGpmSampleGet(device->handle, sample);
}

uint64_t flopmeter_gpm_device_clock_hz(const flopmeter_gpm_device_t *device)
{
    unsigned mhz = 0;

    return FLOPMETER_NVML_SUCCESS ==
        TRY(&device->nvml, nvmlDeviceGetClockInfo, device->handle, FLOPMETER_NVML_CLOCK_SM, &mhz) ? hz_of(mhz) : 0;
}

uint64_t flopmeter_gpm_device_clock_hz_most(const flopmeter_gpm_device_t *device)
{
    return 0 != device->clock_hz_max ? device->clock_hz_max : CLOCK_MHZ_MAX * HZ_PER_MHZ;
}

int flopmeter_gpm_device_list(
    const flopmeter_nvml_host_t *host,
    char (*names)[FLOPMETER_GPM_NAME_LENGTH],
    size_t names_max,
    flopmeter_counter_probe_t *probe)
{
    flopmeter_gpm_device_t device;
    size_t count = 0;
    unsigned devices = 0;

    memset(&device, 0, sizeof(device));
    device.host = host;
    if (0 != flopmeter_nvml_open(&device.nvml, host, probe))
    {
        return -1;
    }
    if (FLOPMETER_NVML_SUCCESS != TRY(&device.nvml, nvmlDeviceGetCount_v2, &devices))
    {
        devices = DEVICES_MAX;
    }
    for (device.index = 0; device.index < devices && count < names_max; device.index++)
    {
        const flopmeter_nvml_return_t result =
            device.nvml.nvmlDeviceGetHandleByIndex_v2(device.index, &device.handle);
        if (FLOPMETER_NVML_INVALID_ARGUMENT == result)
        {
            break;
        }
        /* One that gives an error now keeps its name: opening it says what is wrong. */
        if (FLOPMETER_NVML_SUCCESS == result && flopmeter_gpm_partition_is_any(&device))
        {
            count += flopmeter_gpm_partition_list(&device, names + count, names_max - count);
            continue;
        }
        snprintf(names[count++], sizeof(names[0]), "%u", device.index & 0xFFFF);
    }
    flopmeter_gpm_device_close(&device);
    return (int)count;
}

int flopmeter_gpm_device_survey(
    const flopmeter_nvml_host_t *host,
    flopmeter_gpm_device_t *devices,
    size_t devices_max,
    flopmeter_counter_probe_t *probe)
{
    flopmeter_nvml_t nvml;
    unsigned count = 0;
    size_t found = 0;

    if (0 != flopmeter_nvml_open(&nvml, host, probe))
    {
        return -1;
    }
    const bool is_counted = FLOPMETER_NVML_SUCCESS == TRY(&nvml, nvmlDeviceGetCount_v2, &count);
    count = is_counted ? count : DEVICES_MAX;
    for (unsigned index = 0; index < count && found < devices_max; index++)
    {
        flopmeter_gpm_device_t *const device = &devices[found];
        int major = 0;
        int minor = 0;

        memset(device, 0, sizeof(*device));
        device->index = index;
        device->nvml = nvml;
        const flopmeter_nvml_return_t result = nvml.nvmlDeviceGetHandleByIndex_v2(index, &device->handle);
        if (FLOPMETER_NVML_INVALID_ARGUMENT == result || (!is_counted && FLOPMETER_NVML_SUCCESS != result))
        {
            break;
        }
        /* One that gives an error now is there all the same: nothing is known of it. */
        if (FLOPMETER_NVML_SUCCESS == result)
        {
            describe(device);
            device->chip = find_chip(device, &major, &minor);
        }
        if (NULL != device->chip)
        {
            find_sizes(device);
        }
        memset(&device->nvml, 0, sizeof(device->nvml));
        device->handle = NULL;
        found++;
    }
    flopmeter_nvml_close(&nvml, host);
    return (int)found;
}

bool flopmeter_gpm_device_peak(
    const flopmeter_gpm_device_t *device, flopmeter_precision_t precision, flopmeter_gpu_range_t *flop_per_sec)
{
    memset(flop_per_sec, 0, sizeof(*flop_per_sec));
    /* Of binary products there is a bound and no more; whoever asks what a card can do gets no such figure. */
    if (NULL == device->chip || 0 == device->clock_hz_max || FLOPMETER_INT1 == precision)
    {
        return false;
    }
    /* Below 2^17 FLOP/cycle x 2^8 SM x 2^34 Hz: it fits, with parts of a million only after the division. */
    for (size_t i = 0; i < device->chip->rates_count; i++)
    {
        const flopmeter_gpu_rate_t *const rate = &device->chip->rates[i];
        const uint64_t ppm = FLOPMETER_GPU_TENSOR == rate->unit ? device->chip->tensor_clock_ppm : PPM_WHOLE;
        const uint64_t upper = rate->highest * device->sm_count.upper * device->clock_hz_max;
        const uint64_t point = rate->highest * device->sm_count.point * (device->clock_hz_max / PPM_WHOLE * ppm);
        if (precision == rate->precision && upper > flop_per_sec->upper)
        {
            *flop_per_sec = (flopmeter_gpu_range_t){ 0, point, upper };
        }
    }
    return flop_per_sec->upper > 0;
}
