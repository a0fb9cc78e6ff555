/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fake_cuda_inner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Functions of NVIDIA's, which have no declaration here but those that the library under test has. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#define OFF "_sparsity_off"

/* A host object or a configuration image: the metrics in it. */
typedef struct host_stct
{
    size_t count;
    uint8_t metrics[FAKE_METRICS_MAX];
}
host_t;

/* ---- Host ---- */

EXPORT int cuptiProfilerInitialize(flopmeter_cupti_plain_t *params)
{
    ENTER(FAKE_CALL_INITIALIZE, params, flopmeter_cupti_plain_t, reserved);
    return fake_leave();
}

EXPORT int cuptiDeviceGetChipName(flopmeter_cupti_chip_t *params)
{
    ENTER(FAKE_CALL_CHIP, params, flopmeter_cupti_chip_t, name);
    params->name = fake.devices[params->device].chip;
    return fake_leave();
}

EXPORT int cuptiProfilerGetCounterAvailability(flopmeter_cupti_availability_t *params)
{
    ENTER(FAKE_CALL_AVAILABILITY, params, flopmeter_cupti_availability_t, image);
    params->image_length = 8;
    return fake_leave();
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
    return fake_leave();
}

EXPORT int cuptiProfilerHostDeinitialize(flopmeter_cupti_host_end_t *params)
{
    if (fake.is_final)
    {
        fake_misuse("a host object of a CUPTI that has been ended");
    }
    free(params->host);
    return 0;
}

EXPORT int cuptiProfilerHostGetBaseMetrics(flopmeter_cupti_base_metrics_t *params)
{
    ENTER(FAKE_CALL_METRICS, params, flopmeter_cupti_base_metrics_t, count);
    static char texts[FAKE_METRICS_MAX][128];
    static const char *names[2 * FAKE_METRICS_MAX];
    params->names = names;
    params->count = 0;
    for (size_t i = 0; i < fake.metrics_count; i++)
    {
        names[params->count++] = fake.metrics[i];
        if (!fake.has_no_sparsity_off && NULL != strstr(fake.metrics[i], "_ops_path_tensor_") &&
            NULL == strstr(fake.metrics[i], "fp64"))
        {
            snprintf(texts[i], sizeof(texts[i]), "%s" OFF, fake.metrics[i]);
            names[params->count++] = texts[i];
        }
    }
    return fake_leave();
}

int fake_metric_of(const char *name)
{
    for (size_t i = 0; i < fake.metrics_count; i++)
    {
        const size_t length = strlen(fake.metrics[i]);
        if (0 == strncmp(name, fake.metrics[i], length) &&
            (0 == strcmp(name + length, ".sum") || 0 == strcmp(name + length, OFF ".sum")))
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
        const int metric = fake_metric_of(params->names[i]);
        if (metric < 0)
        {
            pthread_mutex_unlock(&fake_lock);
            return 17;
        }
        if (NULL == strstr(params->names[i], OFF))
        {
            host->metrics[host->count++] = (uint8_t)metric;
        }
    }
    return fake_leave();
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
    return fake_leave();
}

EXPORT int cuptiProfilerHostGetNumOfPasses(flopmeter_cupti_passes_t *params)
{
    host_t host;

    ENTER(FAKE_CALL_PASSES, params, flopmeter_cupti_passes_t, count);
    memcpy(&host, params->image, sizeof(host));
    params->count = (host.count + fake.pass_max - 1) / fake.pass_max;
    return fake_leave();
}

/* ---- Range profiler: an image is laid out for metrics, and others' values in it are no numbers ---- */

typedef struct image_stct
{
    fake_device_t *device;
    char metrics[FAKE_METRICS_MAX];
}
image_t;

/* A call on a device that is off the bus. */
#define LEAVE_IF_LOST(device) \
    do \
    { \
        if (fake_is_lost(device)) \
        { \
            pthread_mutex_unlock(&fake_lock); \
            return 999; \
        } \
    } \
    while (0)

/* The device of a call that needs the context to be current and the profiler to be enabled. */
static fake_device_t *profiled(const void *profiler, const char *what)
{
    fake_device_t *const device = fake_device_of(profiler);

    if (NULL == device || fake_current != device || !device->is_active || !device->is_enabled)
    {
        fake_misuse(what);
    }
    return device;
}

/* Is a profiler open in another context of the same card? */
static bool is_profiled(const fake_device_t *device)
{
    const int ordinal = device->ordinal;
    bool is_enabled = device != &fake.devices[ordinal] && fake.devices[ordinal].is_enabled;

    for (int i = 0; i < FAKE_CONTEXTS_MAX; i++)
    {
        is_enabled = is_enabled || (device != &fake.contexts[i] &&
            ordinal == fake.contexts[i].ordinal && fake.contexts[i].is_enabled);
    }
    return is_enabled;
}

EXPORT int cuptiRangeProfilerEnable(flopmeter_cupti_enable_t *params)
{
    ENTER(FAKE_CALL_ENABLE, params, flopmeter_cupti_enable_t, profiler);
    LEAVE_IF_LOST(fake_device_of(params->context));
    fake_device_t *const device = fake_device_of(params->context);
    if (NULL == device || fake_current != device || !device->is_active || is_profiled(device))
    {
        fake_misuse("enable");
    }
    if (device->is_enabled)
    {
        pthread_mutex_unlock(&fake_lock);
        return 7;
    }
    if (0 != fake.sessions)
    {
        fake_misuse("enabled beside the program's own profiler");
    }
    device->is_enabled = true;
    device->is_configured = false;
    params->profiler = device;
    return fake_leave();
}

/* Whatever profiles some context: the hardware is one. */
static bool is_any_profiled(void)
{
    bool is_enabled = false;

    for (int i = 0; i < FAKE_DEVICES_MAX; i++)
    {
        is_enabled = is_enabled || fake.devices[i].is_enabled;
    }
    for (int i = 0; i < FAKE_CONTEXTS_MAX; i++)
    {
        is_enabled = is_enabled || fake.contexts[i].is_enabled;
    }
    return is_enabled;
}

EXPORT int cuptiProfilerBeginSession(void *params)
{
    (void)params;
    pthread_mutex_lock(&fake_lock);
    const bool is_busy = is_any_profiled();
    fake.sessions += is_busy ? 0 : 1;
    pthread_mutex_unlock(&fake_lock);
    return is_busy ? FLOPMETER_CUPTI_HARDWARE_BUSY : 0;
}

EXPORT int cuptiProfilerEndSession(void *params)
{
    (void)params;
    pthread_mutex_lock(&fake_lock);
    fake.sessions--;
    pthread_mutex_unlock(&fake_lock);
    return 0;
}

EXPORT int cuptiFinalize(void)
{
    pthread_mutex_lock(&fake_lock);
    if (is_any_profiled())
    {
        fake_misuse("ended under a profiler");
    }
    fake.is_final = true;
    pthread_mutex_unlock(&fake_lock);
    return 0;
}

EXPORT int cuptiRangeProfilerDisable(flopmeter_cupti_range_t *params)
{
    ENTER(FAKE_CALL_DISABLE, params, flopmeter_cupti_range_t, profiler);
    LEAVE_IF_LOST(fake_device_of(params->profiler));
    fake_device_t *const device = profiled(params->profiler, "disable");
    device->is_enabled = false;
    device->is_started = false;
    device->is_pushed = false;
    return fake_leave();
}

EXPORT int cuptiRangeProfilerGetCounterDataSize(flopmeter_cupti_image_length_t *params)
{
    ENTER(FAKE_CALL_IMAGE_LENGTH, params, flopmeter_cupti_image_length_t, image_length);
    LEAVE_IF_LOST(fake_device_of(params->profiler));
    fake_device_t *const device = profiled(params->profiler, "image length");
    memset(device->asked, 0, sizeof(device->asked));
    for (size_t i = 0; i < params->count; i++)
    {
        device->asked[fake_metric_of(params->names[i])] = 1;
    }
    params->image_length = sizeof(image_t);
    return fake_leave();
}

EXPORT int cuptiRangeProfilerCounterDataImageInitialize(flopmeter_cupti_image_init_t *params)
{
    ENTER(FAKE_CALL_IMAGE_INIT, params, flopmeter_cupti_image_init_t, image);
    LEAVE_IF_LOST(fake_device_of(params->profiler));
    image_t image = { .device = profiled(params->profiler, "image") };
    memcpy(image.metrics, image.device->asked, sizeof(image.metrics));
    memcpy(params->image, &image, sizeof(image));
    return fake_leave();
}

EXPORT int cuptiRangeProfilerSetConfig(flopmeter_cupti_config_t *params)
{
    ENTER(FAKE_CALL_SET_CONFIG, params, flopmeter_cupti_config_t, level_target);
    LEAVE_IF_LOST(fake_device_of(params->profiler));
    fake_device_t *const device = profiled(params->profiler, "config");
    if (device->is_started || FLOPMETER_CUPTI_USER_RANGE != params->range ||
        FLOPMETER_CUPTI_USER_REPLAY != params->replay)
    {
        fake_misuse("config while started, or with replay");
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
    return fake_leave();
}

EXPORT int cuptiRangeProfilerStart(flopmeter_cupti_range_t *params)
{
    ENTER(FAKE_CALL_START, params, flopmeter_cupti_range_t, profiler);
    LEAVE_IF_LOST(fake_device_of(params->profiler));
    profiled(params->profiler, "start")->is_started = true;
    return fake_leave();
}

EXPORT int cuptiRangeProfilerPushRange(flopmeter_cupti_push_t *params)
{
    ENTER(FAKE_CALL_PUSH, params, flopmeter_cupti_push_t, name);
    LEAVE_IF_LOST(fake_device_of(params->profiler));
    fake_device_t *const device = profiled(params->profiler, "push");
    if (!device->is_started)
    {
        fake_misuse("push before start");
    }
    device->is_pushed = true;
    memcpy(device->at_push, device->done, sizeof(device->done));
    return fake_leave();
}

EXPORT int cuptiRangeProfilerPopRange(flopmeter_cupti_range_t *params)
{
    ENTER(FAKE_CALL_POP, params, flopmeter_cupti_range_t, profiler);
    LEAVE_IF_LOST(fake_device_of(params->profiler));
    fake_device_t *const device = profiled(params->profiler, "pop");
    if (!device->is_pushed)
    {
        fake_misuse("pop without push");
    }
    device->is_pushed = false;
    return fake_leave();
}

EXPORT int cuptiRangeProfilerStop(flopmeter_cupti_stop_t *params)
{
    ENTER(FAKE_CALL_STOP, params, flopmeter_cupti_stop_t, is_all_submitted);
    LEAVE_IF_LOST(fake_device_of(params->profiler));
    fake_device_t *const device = profiled(params->profiler, "stop");
    if (!device->is_started)
    {
        fake_misuse("stop without start");
    }
    device->is_started = false;
    device->ranges++;
    memcpy(device->at_stop, device->done, sizeof(device->done));
    return fake_leave();
}

EXPORT int cuptiRangeProfilerDecodeData(flopmeter_cupti_decode_t *params)
{
    ENTER(FAKE_CALL_DECODE, params, flopmeter_cupti_decode_t, ranges_dropped);
    LEAVE_IF_LOST(fake_device_of(params->profiler));
    profiled(params->profiler, "decode");
    params->ranges_dropped = 0;
    return fake_leave();
}

EXPORT int cuptiRangeProfilerGetCounterDataInfo(flopmeter_cupti_image_info_t *params)
{
    ENTER(FAKE_CALL_INFO, params, flopmeter_cupti_image_info_t, ranges);
    params->ranges = fake.ranges_in_image;
    return fake_leave();
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
    if (fake_pm_is_image(params->image))
    {
        return fake_pm_evaluate(params);
    }
    memcpy(&image, params->image, sizeof(image));
    fake_device_t *const device = image.device;
    for (size_t i = 0; i < params->count; i++)
    {
        const int metric = fake_metric_of(params->names[i]);
        const bool is_off = NULL != strstr(params->names[i], OFF);
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
                device->told[leaf] += is_off ? 0 : device->at_stop[leaf] - device->at_push[leaf];
            }
        }
        sum -= is_off ? sum * fake.sparse_percent / 100 : 0;
        params->values[i] = fake.is_value_instead ? fake.value_instead : (double)sum;
    }
    return fake_leave();
}
