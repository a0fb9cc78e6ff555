/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fake_cuda_inner.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


/* Functions of NVIDIA's, which have no declaration here but those that the library under test has. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* What a leaf is: an exact metric that has no parts in the script below. */
static const char *const small_chip[] = {
    "sm__ops_path_tensor_op_hgmma_src_bf16_dst_fp32", "sm__ops_path_tensor_op_hmma_src_bf16_dst_fp32",
    "sm__ops_path_tensor_src_bf16_dst_fp32", "sm__ops_path_tensor_src_fp16", "sm__ops_path_tensor_src_fp8",
    "sm__ops_path_tensor_src_fp64", "sm__ops_path_tensor_src_int8", "sm__cycles_active",
    "sm__ops_path_tensor_src_fp8_sparsity_on"
};

fake_cuda_t fake;
pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
__thread const fake_device_t *fake_current;

EXPORT fake_cuda_t *fake_cuda(void)
{
    return &fake;
}

EXPORT void fake_cuda_reset(const char *chip)
{
    memset(&fake, 0, sizeof(fake));
    fake_activity_reset();
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
        fake.devices[i].ordinal = i;
    }
    for (int i = 0; i < FAKE_CONTEXTS_MAX; i++)
    {
        fake.contexts[i].context_id = 500 + (unsigned long long)i;
    }
}

static void work_of(fake_device_t *device, uint64_t ns)
{
    for (size_t j = 0; j < fake.metrics_count; j++)
    {
        device->done[j] += device->flop_per_ns[j] * ns;
    }
}

void fake_work(uint64_t ns)
{
    while (ns > 0)
    {
        const uint64_t step_ns = fake_pm_step(ns);
        fake.now_ns += step_ns;
        for (int i = 0; i < fake.devices_count; i++)
        {
            work_of(&fake.devices[i], step_ns);
        }
        for (int i = 0; i < FAKE_CONTEXTS_MAX; i++)
        {
            work_of(&fake.contexts[i], step_ns);
        }
        fake_pm_due();
        ns -= step_ns;
    }
}

EXPORT void fake_cuda_advance(uint64_t ns)
{
    pthread_mutex_lock(&fake_lock);
    fake_work(ns);
    pthread_mutex_unlock(&fake_lock);
}

EXPORT void fake_cuda_launch(int ordinal, size_t metric, uint64_t flop)
{
    pthread_mutex_lock(&fake_lock);
    fake.devices[ordinal].done[metric] += flop;
    pthread_mutex_unlock(&fake_lock);
}

EXPORT void fake_cuda_context(int ordinal, bool is_active)
{
    fake_device_t *const device = &fake.devices[ordinal];

    pthread_mutex_lock(&fake_lock);
    device->is_active = is_active;
    device->context_id += 1000;
    device->is_enabled = false;
    device->is_started = false;
    device->is_pushed = false;
    pthread_mutex_unlock(&fake_lock);
}

EXPORT int fake_cuda_create(int ordinal, size_t metric, uint64_t flop_per_ns)
{
    int number = 0;

    pthread_mutex_lock(&fake_lock);
    while (number < FAKE_CONTEXTS_MAX - 1 && fake.contexts[number].is_active)
    {
        number++;
    }
    fake_device_t *const context = &fake.contexts[number];
    context->ordinal = ordinal;
    context->is_active = true;
    context->context_id += 1000;
    context->flop_per_ns[metric] = flop_per_ns;
    pthread_mutex_unlock(&fake_lock);
    return number;
}

/* The profiler of a context that goes is a misuse: CUPTI would be asked about it afterwards. */
EXPORT void fake_cuda_destroy(int number)
{
    pthread_mutex_lock(&fake_lock);
    fake_device_t *const context = &fake.contexts[number];
    fake.destroyed_in_use += context->is_enabled ? 1 : 0;
    context->is_active = false;
    context->is_enabled = false;
    context->is_started = false;
    context->is_pushed = false;
    memset(context->flop_per_ns, 0, sizeof(context->flop_per_ns));
    pthread_mutex_unlock(&fake_lock);
}

EXPORT void fake_cuda_launch_in(const void *context, size_t metric, uint64_t flop)
{
    pthread_mutex_lock(&fake_lock);
    fake_device_of(context)->done[metric] += flop;
    pthread_mutex_unlock(&fake_lock);
}

EXPORT uint64_t fake_cuda_ranges_made(void)
{
    uint64_t ranges = 0;

    pthread_mutex_lock(&fake_lock);
    for (int i = 0; i < FAKE_CONTEXTS_MAX; i++)
    {
        ranges += fake.contexts[i].ranges;
    }
    pthread_mutex_unlock(&fake_lock);
    return ranges;
}

EXPORT uint64_t fake_cuda_ranges(int ordinal)
{
    pthread_mutex_lock(&fake_lock);
    const uint64_t ranges = fake.devices[ordinal].ranges;
    pthread_mutex_unlock(&fake_lock);
    return ranges;
}

EXPORT uint64_t fake_cuda_calls(fake_call_t call)
{
    pthread_mutex_lock(&fake_lock);
    const uint64_t calls = fake.calls[call];
    pthread_mutex_unlock(&fake_lock);
    return calls;
}

EXPORT void fake_cuda_slow(fake_call_t call, uint64_t ns)
{
    pthread_mutex_lock(&fake_lock);
    fake.slow_call = call;
    fake.slow_ns = ns;
    pthread_mutex_unlock(&fake_lock);
}

EXPORT void fake_cuda_fail(fake_call_t call, int result)
{
    pthread_mutex_lock(&fake_lock);
    fake.fail_call = call;
    fake.fail_result = result;
    fake.fail_times = -1;
    pthread_mutex_unlock(&fake_lock);
}

EXPORT void fake_cuda_sums(uint64_t *told, uint64_t *done, uint64_t *misuses)
{
    pthread_mutex_lock(&fake_lock);
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
    for (size_t i = 0; i < FAKE_CONTEXTS_MAX * fake.metrics_count; i++)
    {
        const fake_device_t *const context = &fake.contexts[i / fake.metrics_count];
        *told += context->told[i % fake.metrics_count];
        *done += context->done[i % fake.metrics_count];
    }
    pthread_mutex_unlock(&fake_lock);
}

void fake_misuse(const char *what)
{
    fake.misuses++;
    snprintf(fake.misuse, sizeof(fake.misuse), "%s", what);
}

/*
 * Begin a call: with the lock held, unless it fails. `length` is that of the caller's block, `known` of ours.
 */
int fake_enter(fake_call_t call, size_t length, size_t known)
{
    if (call == fake.hook_call && NULL != fake.hook)
    {
        fake.hook(call);
    }
    pthread_mutex_lock(&fake_lock);
    fake.calls[call]++;
    if (fake.is_final && FAKE_CALL_COUNT != call && FAKE_CALL_RETAIN != call && FAKE_CALL_STATE != call)
    {
        fake_misuse("CUPTI has been ended");
    }
    if (call == fake.slow_call)
    {
        if (fake.is_real_clock)
        {
            const struct timespec pause = { (time_t)(fake.slow_ns / 1000000000), (long)(fake.slow_ns % 1000000000) };
            pthread_mutex_unlock(&fake_lock);
            nanosleep(&pause, NULL);
            pthread_mutex_lock(&fake_lock);
        }
        else
        {
            fake_work(fake.slow_ns);
        }
    }
    if (0 != length && length > known - fake.length_missing)
    {
        pthread_mutex_unlock(&fake_lock);
        return FLOPMETER_CUPTI_INVALID_PARAMETER;
    }
    if (call == fake.fail_call && 0 != fake.fail_result && 0 != fake.fail_times && 0 >= fake.fail_after--)
    {
        const int result = fake.fail_result;

        fake.fail_times -= fake.fail_times > 0 ? 1 : 0;
        pthread_mutex_unlock(&fake_lock);
        return result;
    }
    return 0;
}

int fake_leave(void)
{
    pthread_mutex_unlock(&fake_lock);
    return 0;
}

/* ---- Driver ---- */

EXPORT int cuDeviceGetCount(int *count);
EXPORT int cuDeviceGet(int *device, int ordinal);
EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device);
EXPORT int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *is_active);
EXPORT int cuDevicePrimaryCtxRetain(flopmeter_cu_context_t *context, int device);
EXPORT int cuDevicePrimaryCtxRelease_v2(int device);
EXPORT int cuCtxSetCurrent(flopmeter_cu_context_t context);
EXPORT int cuCtxGetId(flopmeter_cu_context_t context, unsigned long long *id);
EXPORT int cuCtxCreate_v2(flopmeter_cu_context_t *context, unsigned flags, int device);
EXPORT int cuCtxDestroy_v2(flopmeter_cu_context_t context);

fake_device_t *fake_device_of(const void *context)
{
    for (int i = 0; i < FAKE_DEVICES_MAX; i++)
    {
        if (context == &fake.devices[i])
        {
            return &fake.devices[i];
        }
    }
    for (int i = 0; i < FAKE_CONTEXTS_MAX; i++)
    {
        if (context == &fake.contexts[i])
        {
            return &fake.contexts[i];
        }
    }
    return NULL;
}

bool fake_is_lost(const fake_device_t *device)
{
    return NULL != device && fake.devices[device->ordinal].is_lost;
}

EXPORT int cuDeviceGetCount(int *count)
{
    const int result = fake_enter(FAKE_CALL_COUNT, 0, 0);

    *count = fake.devices_count;
    return 0 != result ? result : fake_leave();
}

EXPORT int cuDeviceGet(int *device, int ordinal)
{
    *device = 10 + ordinal;
    return 0;
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    (void)device;
    switch (attribute)
    {
        case FLOPMETER_CU_ATTRIBUTE_SM_COUNT:
            *value = fake.sm_count;
            return 0;
        case FLOPMETER_CU_ATTRIBUTE_MAJOR:
            *value = 0 == strcmp("GH100", fake.devices[0].chip) ? 9 : 99;
            return 0;
        case FLOPMETER_CU_ATTRIBUTE_MINOR:
            *value = 0;
            return 0;
        default:
            *value = fake.clock_khz;
            return 0;
    }
}

EXPORT int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *is_active)
{
    fake_enter(FAKE_CALL_STATE, 0, 0);
    *flags = 0;
    *is_active = fake.devices[device - 10].is_active ? 1 : 0;
    const bool lost = fake.devices[device - 10].is_lost;
    fake_leave();
    return lost && !fake.is_state_kept ? LOST : 0;
}

EXPORT int cuDevicePrimaryCtxRetain(flopmeter_cu_context_t *context, int device)
{
    fake_device_t *const fake_device = &fake.devices[device - 10];
    const int result = fake_enter(FAKE_CALL_RETAIN, 0, 0);

    if (0 != result)
    {
        return result;
    }
    if (fake_device->is_lost)
    {
        fake_leave();
        return LOST;
    }
    fake_device->contexts_made += fake_device->is_active ? 0 : 1;
    fake_device->references++;
    *context = (flopmeter_cu_context_t)(void *)fake_device;
    return fake_leave();
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int device)
{
    pthread_mutex_lock(&fake_lock);
    fake.devices[device - 10].references--;
    return fake_leave();
}

EXPORT int cuDeviceGetUuid_v2(uint8_t uuid[16], int device);
EXPORT int cuDeviceGetUuid_v2(uint8_t uuid[16], int device)
{
    static const uint8_t of_nvml[16] = {
        0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33, 0x33, 0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55
    };

    memset(uuid, 0xAB, 16);
    uuid[15] = (uint8_t)device;
    if (10 == device && fake_pm()->is_card_of_nvml)
    {
        memcpy(uuid, of_nvml, sizeof(of_nvml));
    }
    return 0;
}

EXPORT int cuCtxSetCurrent(flopmeter_cu_context_t context)
{
    fake_current = fake_device_of(context);
    if (NULL != fake_current && !fake_current->is_active)
    {
        fake_misuse("a context that is gone is made current");
    }
    return 0;
}

EXPORT int cuCtxGetId(flopmeter_cu_context_t context, unsigned long long *id)
{
    pthread_mutex_lock(&fake_lock);
    const bool lost = fake_is_lost(fake_device_of(context));
    *id = lost ? 0 : fake_device_of(context)->context_id;
    fake_leave();
    return lost ? LOST : 0;
}

EXPORT int cuCtxCreate_v2(flopmeter_cu_context_t *context, unsigned flags, int device)
{
    (void)flags;
    *context = (flopmeter_cu_context_t)(void *)&fake.contexts[fake_cuda_create(device - 10, 0, 0)];
    return 0;
}

EXPORT int cuCtxDestroy_v2(flopmeter_cu_context_t context)
{
    fake_cuda_destroy((int)(fake_device_of(context) - fake.contexts));
    return 0;
}
