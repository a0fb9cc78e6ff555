/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fake_cuda.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cuda_abi.h"

#define EXPORT __attribute__((visibility("default")))

/* Functions of NVIDIA's, which have no declaration here but those that the library under test has. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* What a leaf is: an exact metric that has no parts in the script below. */
static const char *const small_chip[] = {
    "sm__ops_path_tensor_op_hgmma_src_bf16_dst_fp32", "sm__ops_path_tensor_op_hmma_src_bf16_dst_fp32",
    "sm__ops_path_tensor_src_bf16_dst_fp32", "sm__ops_path_tensor_src_fp16", "sm__ops_path_tensor_src_fp8",
    "sm__ops_path_tensor_src_fp64", "sm__ops_path_tensor_src_int8", "sm__cycles_active",
    "sm__ops_path_tensor_src_fp8_sparsity_on"
};

/* A host object or a configuration image: the metrics in it. */
typedef struct host_stct
{
    size_t count;
    uint8_t metrics[FAKE_METRICS_MAX];
}
host_t;

static fake_cuda_t fake;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread const fake_device_t *current;

EXPORT fake_cuda_t *fake_cuda(void)
{
    return &fake;
}

EXPORT void fake_cuda_reset(const char *chip)
{
    memset(&fake, 0, sizeof(fake));
    fake.metrics_count = sizeof(small_chip) / sizeof(small_chip[0]);
    memcpy(fake.metrics, small_chip, sizeof(small_chip));
    fake.pass_max = 3;
    fake.now_ns = 1000000000;
    fake.devices_count = 1;
    fake.sm_count = 100;
    fake.clock_khz = 1000000;
    fake.ranges_in_image = 1;
    for (int i = 0; i < FAKE_DEVICES_MAX; i++)
    {
        strcpy(fake.devices[i].chip, chip);
        fake.devices[i].context_id = 100 + (unsigned long long)i;
        fake.devices[i].is_active = true;
    }
}

static void work(uint64_t ns)
{
    fake.now_ns += ns;
    for (int i = 0; i < fake.devices_count; i++)
    {
        for (size_t j = 0; j < fake.metrics_count; j++)
        {
            fake.devices[i].done[j] += fake.devices[i].flop_per_ns[j] * ns;
        }
    }
}

EXPORT void fake_cuda_advance(uint64_t ns)
{
    pthread_mutex_lock(&lock);
    work(ns);
    pthread_mutex_unlock(&lock);
}

EXPORT void fake_cuda_launch(int ordinal, size_t metric, uint64_t flop)
{
    pthread_mutex_lock(&lock);
    fake.devices[ordinal].done[metric] += flop;
    pthread_mutex_unlock(&lock);
}

EXPORT void fake_cuda_context(int ordinal, bool is_active)
{
    fake_device_t *const device = &fake.devices[ordinal];

    pthread_mutex_lock(&lock);
    device->is_active = is_active;
    device->context_id += 1000;
    device->is_enabled = false;
    device->is_started = false;
    device->is_pushed = false;
    pthread_mutex_unlock(&lock);
}

EXPORT uint64_t fake_cuda_ranges(int ordinal)
{
    pthread_mutex_lock(&lock);
    const uint64_t ranges = fake.devices[ordinal].ranges;
    pthread_mutex_unlock(&lock);
    return ranges;
}

EXPORT uint64_t fake_cuda_calls(fake_call_t call)
{
    pthread_mutex_lock(&lock);
    const uint64_t calls = fake.calls[call];
    pthread_mutex_unlock(&lock);
    return calls;
}

EXPORT void fake_cuda_slow(fake_call_t call, uint64_t ns)
{
    pthread_mutex_lock(&lock);
    fake.slow_call = call;
    fake.slow_ns = ns;
    pthread_mutex_unlock(&lock);
}

EXPORT void fake_cuda_fail(fake_call_t call, int result)
{
    pthread_mutex_lock(&lock);
    fake.fail_call = call;
    fake.fail_result = result;
    fake.fail_times = -1;
    pthread_mutex_unlock(&lock);
}

EXPORT void fake_cuda_sums(uint64_t *told, uint64_t *done, uint64_t *misuses)
{
    pthread_mutex_lock(&lock);
    *told = 0;
    *done = 0;
    *misuses = fake.misuses;
    for (int i = 0; i < fake.devices_count; i++)
    {
        for (size_t j = 0; j < fake.metrics_count; j++)
        {
            *told += fake.devices[i].told[j];
            *done += fake.devices[i].done[j];
        }
    }
    pthread_mutex_unlock(&lock);
}

static void misuse(const char *what)
{
    fake.misuses++;
    snprintf(fake.misuse, sizeof(fake.misuse), "%s", what);
}

/*
 * Begin a call: with the lock held, unless it fails. `length` is that of the caller's block, `known` of ours.
 */
static int enter(fake_call_t call, size_t length, size_t known)
{
    if (call == fake.hook_call && NULL != fake.hook)
    {
        fake.hook(call);
    }
    pthread_mutex_lock(&lock);
    fake.calls[call]++;
    if (call == fake.slow_call)
    {
        if (fake.is_real_clock)
        {
            const struct timespec pause = { (time_t)(fake.slow_ns / 1000000000), (long)(fake.slow_ns % 1000000000) };
            pthread_mutex_unlock(&lock);
            nanosleep(&pause, NULL);
            pthread_mutex_lock(&lock);
        }
        else
        {
            work(fake.slow_ns);
        }
    }
    if (0 != length && length > known - fake.length_missing)
    {
        pthread_mutex_unlock(&lock);
        return FLOPMETER_CUPTI_INVALID_PARAMETER;
    }
    if (call == fake.fail_call && 0 != fake.fail_times && 0 >= fake.fail_after--)
    {
        fake.fail_times -= fake.fail_times > 0 ? 1 : 0;
        pthread_mutex_unlock(&lock);
        return fake.fail_result;
    }
    return 0;
}

static int leave(void)
{
    pthread_mutex_unlock(&lock);
    return 0;
}

#define ENTER(call, params, type, last) \
    do \
    { \
        const int entered = enter((call), (params)->length, FLOPMETER_CUPTI_LENGTH(type, last)); \
        if (0 != entered) \
        { \
            return entered; \
        } \
    } \
    while (0)

/* ---- Driver ---- */

EXPORT int cuDeviceGetCount(int *count);
EXPORT int cuDeviceGet(int *device, int ordinal);
EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device);
EXPORT int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *is_active);
EXPORT int cuDevicePrimaryCtxRetain(flopmeter_cu_context_t *context, int device);
EXPORT int cuDevicePrimaryCtxRelease_v2(int device);
EXPORT int cuCtxSetCurrent(flopmeter_cu_context_t context);
EXPORT int cuCtxGetId(flopmeter_cu_context_t context, unsigned long long *id);

static fake_device_t *device_of(const void *context)
{
    for (int i = 0; i < FAKE_DEVICES_MAX; i++)
    {
        if (context == &fake.devices[i])
        {
            return &fake.devices[i];
        }
    }
    return NULL;
}

EXPORT int cuDeviceGetCount(int *count)
{
    const int result = enter(FAKE_CALL_COUNT, 0, 0);

    *count = fake.devices_count;
    return 0 != result ? result : leave();
}

EXPORT int cuDeviceGet(int *device, int ordinal)
{
    *device = 10 + ordinal;
    return 0;
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    (void)device;
    *value = FLOPMETER_CU_ATTRIBUTE_SM_COUNT == attribute ? fake.sm_count : fake.clock_khz;
    return 0;
}

EXPORT int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *is_active)
{
    pthread_mutex_lock(&lock);
    *flags = 0;
    *is_active = fake.devices[device - 10].is_active ? 1 : 0;
    return leave();
}

EXPORT int cuDevicePrimaryCtxRetain(flopmeter_cu_context_t *context, int device)
{
    fake_device_t *const fake_device = &fake.devices[device - 10];
    const int result = enter(FAKE_CALL_RETAIN, 0, 0);

    if (0 != result)
    {
        return result;
    }
    fake_device->contexts_made += fake_device->is_active ? 0 : 1;
    fake_device->references++;
    *context = (flopmeter_cu_context_t)(void *)fake_device;
    return leave();
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int device)
{
    pthread_mutex_lock(&lock);
    fake.devices[device - 10].references--;
    return leave();
}

EXPORT int cuCtxSetCurrent(flopmeter_cu_context_t context)
{
    current = device_of(context);
    return 0;
}

EXPORT int cuCtxGetId(flopmeter_cu_context_t context, unsigned long long *id)
{
    pthread_mutex_lock(&lock);
    *id = device_of(context)->context_id;
    return leave();
}

/* ---- Host ---- */

EXPORT int cuptiProfilerInitialize(flopmeter_cupti_plain_t *params)
{
    ENTER(FAKE_CALL_INITIALIZE, params, flopmeter_cupti_plain_t, reserved);
    return leave();
}

EXPORT int cuptiDeviceGetChipName(flopmeter_cupti_chip_t *params)
{
    ENTER(FAKE_CALL_CHIP, params, flopmeter_cupti_chip_t, name);
    params->name = fake.devices[params->device].chip;
    return leave();
}

EXPORT int cuptiProfilerGetCounterAvailability(flopmeter_cupti_availability_t *params)
{
    ENTER(FAKE_CALL_AVAILABILITY, params, flopmeter_cupti_availability_t, image);
    params->image_length = 8;
    return leave();
}

EXPORT int cuptiProfilerHostGetSupportedChips(flopmeter_cupti_chips_t *params)
{
    params->count = 0;
    return 0;
}

EXPORT int cuptiProfilerHostInitialize(flopmeter_cupti_host_init_t *params)
{
    ENTER(FAKE_CALL_HOST_INIT, params, flopmeter_cupti_host_init_t, host);
    params->host = calloc(1, sizeof(host_t));
    return leave();
}

EXPORT int cuptiProfilerHostDeinitialize(flopmeter_cupti_host_end_t *params)
{
    free(params->host);
    return 0;
}

EXPORT int cuptiProfilerHostGetBaseMetrics(flopmeter_cupti_base_metrics_t *params)
{
    ENTER(FAKE_CALL_METRICS, params, flopmeter_cupti_base_metrics_t, count);
    params->names = fake.metrics;
    params->count = fake.metrics_count;
    return leave();
}

static int metric_of(const char *name)
{
    for (size_t i = 0; i < fake.metrics_count; i++)
    {
        const size_t length = strlen(fake.metrics[i]);
        if (0 == strncmp(name, fake.metrics[i], length) && 0 == strcmp(name + length, ".sum"))
        {
            return (int)i;
        }
    }
    return -1;
}

EXPORT int cuptiProfilerHostConfigAddMetrics(flopmeter_cupti_add_metrics_t *params)
{
    ENTER(FAKE_CALL_ADD, params, flopmeter_cupti_add_metrics_t, count);
    host_t *const host = params->host;
    for (size_t i = 0; i < params->count; i++)
    {
        const int metric = metric_of(params->names[i]);
        if (metric < 0)
        {
            pthread_mutex_unlock(&lock);
            return 17;
        }
        host->metrics[host->count++] = (uint8_t)metric;
    }
    return leave();
}

EXPORT int cuptiProfilerHostGetConfigImageSize(flopmeter_cupti_config_length_t *params)
{
    params->image_length = sizeof(host_t);
    return 0;
}

EXPORT int cuptiProfilerHostGetConfigImage(flopmeter_cupti_config_image_t *params)
{
    ENTER(FAKE_CALL_CONFIG_IMAGE, params, flopmeter_cupti_config_image_t, image);
    memcpy(params->image, params->host, sizeof(host_t));
    return leave();
}

EXPORT int cuptiProfilerHostGetNumOfPasses(flopmeter_cupti_passes_t *params)
{
    host_t host;

    ENTER(FAKE_CALL_PASSES, params, flopmeter_cupti_passes_t, count);
    memcpy(&host, params->image, sizeof(host));
    params->count = (host.count + fake.pass_max - 1) / fake.pass_max;
    return leave();
}

/* ---- Range profiler: an image is laid out for metrics, and others' values in it are no numbers ---- */

typedef struct image_stct
{
    fake_device_t *device;
    char metrics[FAKE_METRICS_MAX];
}
image_t;

/* The device of a call that needs the context to be current and the profiler to be enabled. */
static fake_device_t *profiled(const void *profiler, const char *what)
{
    fake_device_t *const device = device_of(profiler);

    if (NULL == device || current != device || !device->is_active || !device->is_enabled)
    {
        misuse(what);
    }
    return device;
}

EXPORT int cuptiRangeProfilerEnable(flopmeter_cupti_enable_t *params)
{
    ENTER(FAKE_CALL_ENABLE, params, flopmeter_cupti_enable_t, profiler);
    fake_device_t *const device = device_of(params->context);
    if (NULL == device || current != device)
    {
        misuse("enable");
    }
    if (device->is_enabled)
    {
        pthread_mutex_unlock(&lock);
        return 7;
    }
    device->is_enabled = true;
    device->is_configured = false;
    params->profiler = device;
    return leave();
}

EXPORT int cuptiRangeProfilerDisable(flopmeter_cupti_range_t *params)
{
    ENTER(FAKE_CALL_DISABLE, params, flopmeter_cupti_range_t, profiler);
    fake_device_t *const device = profiled(params->profiler, "disable");
    device->is_enabled = false;
    device->is_started = false;
    device->is_pushed = false;
    return leave();
}

EXPORT int cuptiRangeProfilerGetCounterDataSize(flopmeter_cupti_image_length_t *params)
{
    ENTER(FAKE_CALL_IMAGE_LENGTH, params, flopmeter_cupti_image_length_t, image_length);
    fake_device_t *const device = profiled(params->profiler, "image length");
    memset(device->asked, 0, sizeof(device->asked));
    for (size_t i = 0; i < params->count; i++)
    {
        device->asked[metric_of(params->names[i])] = 1;
    }
    params->image_length = sizeof(image_t);
    return leave();
}

EXPORT int cuptiRangeProfilerCounterDataImageInitialize(flopmeter_cupti_image_init_t *params)
{
    ENTER(FAKE_CALL_IMAGE_INIT, params, flopmeter_cupti_image_init_t, image);
    image_t image = { .device = profiled(params->profiler, "image") };
    memcpy(image.metrics, image.device->asked, sizeof(image.metrics));
    memcpy(params->image, &image, sizeof(image));
    return leave();
}

EXPORT int cuptiRangeProfilerSetConfig(flopmeter_cupti_config_t *params)
{
    ENTER(FAKE_CALL_SET_CONFIG, params, flopmeter_cupti_config_t, level_target);
    fake_device_t *const device = profiled(params->profiler, "config");
    if (device->is_started || FLOPMETER_CUPTI_USER_RANGE != params->range ||
        FLOPMETER_CUPTI_USER_REPLAY != params->replay)
    {
        misuse("config while started, or with replay");
    }
    host_t config;
    memcpy(&config, params->config, sizeof(config));
    if (!device->is_configured || !fake.is_first_kept)
    {
        memset(device->configured, 0, sizeof(device->configured));
        for (size_t i = 0; i < config.count; i++)
        {
            device->configured[config.metrics[i]] = 1;
        }
    }
    device->is_configured = true;
    return leave();
}

EXPORT int cuptiRangeProfilerStart(flopmeter_cupti_range_t *params)
{
    ENTER(FAKE_CALL_START, params, flopmeter_cupti_range_t, profiler);
    profiled(params->profiler, "start")->is_started = true;
    return leave();
}

EXPORT int cuptiRangeProfilerPushRange(flopmeter_cupti_push_t *params)
{
    ENTER(FAKE_CALL_PUSH, params, flopmeter_cupti_push_t, name);
    fake_device_t *const device = profiled(params->profiler, "push");
    if (!device->is_started)
    {
        misuse("push before start");
    }
    device->is_pushed = true;
    memcpy(device->at_push, device->done, sizeof(device->done));
    return leave();
}

EXPORT int cuptiRangeProfilerPopRange(flopmeter_cupti_range_t *params)
{
    ENTER(FAKE_CALL_POP, params, flopmeter_cupti_range_t, profiler);
    fake_device_t *const device = profiled(params->profiler, "pop");
    if (!device->is_pushed)
    {
        misuse("pop without push");
    }
    device->is_pushed = false;
    return leave();
}

EXPORT int cuptiRangeProfilerStop(flopmeter_cupti_stop_t *params)
{
    ENTER(FAKE_CALL_STOP, params, flopmeter_cupti_stop_t, is_all_submitted);
    fake_device_t *const device = profiled(params->profiler, "stop");
    if (!device->is_started)
    {
        misuse("stop without start");
    }
    device->is_started = false;
    device->ranges++;
    memcpy(device->at_stop, device->done, sizeof(device->done));
    return leave();
}

EXPORT int cuptiRangeProfilerDecodeData(flopmeter_cupti_decode_t *params)
{
    ENTER(FAKE_CALL_DECODE, params, flopmeter_cupti_decode_t, ranges_dropped);
    profiled(params->profiler, "decode");
    params->ranges_dropped = 0;
    return leave();
}

EXPORT int cuptiRangeProfilerGetCounterDataInfo(flopmeter_cupti_image_info_t *params)
{
    ENTER(FAKE_CALL_INFO, params, flopmeter_cupti_image_info_t, ranges);
    params->ranges = fake.ranges_in_image;
    return leave();
}

/* Does the metric add up the leaf? By the name: what the metric says, the leaf says too. */
static bool adds(const char *metric, const char *leaf)
{
    static const char prefix[] = "sm__ops_path_tensor";
    const char *const src = strstr(metric, "_src_");

    return 0 == strcmp(metric, leaf) ||
        (0 == strncmp(metric, prefix, strlen(prefix)) && src == metric + strlen(prefix) &&
            NULL != strstr(leaf, "_op_") && NULL != strstr(leaf, src));
}

EXPORT int cuptiProfilerHostEvaluateToGpuValues(flopmeter_cupti_evaluate_t *params)
{
    image_t image;

    ENTER(FAKE_CALL_EVALUATE, params, flopmeter_cupti_evaluate_t, values);
    memcpy(&image, params->image, sizeof(image));
    fake_device_t *const device = image.device;
    for (size_t i = 0; i < params->count; i++)
    {
        const int metric = metric_of(params->names[i]);
        uint64_t sum = 0;
        if (0 == image.metrics[metric] || 0 == device->configured[metric])
        {
            params->values[i] = NAN;
            continue;
        }
        for (size_t leaf = 0; leaf < fake.metrics_count; leaf++)
        {
            if (adds(fake.metrics[metric], fake.metrics[leaf]))
            {
                sum += device->at_stop[leaf] - device->at_push[leaf];
                device->told[leaf] += device->at_stop[leaf] - device->at_push[leaf];
            }
        }
        params->values[i] = fake.is_value_instead ? fake.value_instead : (double)sum;
    }
    return leave();
}
