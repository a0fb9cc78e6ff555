/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The driver's and CUPTI's functions, found at run time. Nothing of NVIDIA's is linked: one binary runs anywhere.
 */

#ifndef FLOPMETER_CUDA_API_H
#define FLOPMETER_CUDA_API_H

#include <stdbool.h>

#include "cuda_abi.h"
#include "flopmeter_core.h"
#include "flopmeter_counter.h"

/** Functions of libcuda.so.1: X(field, symbol, arguments). */
#define FLOPMETER_CU_FUNCTIONS(X) \
    X(device_count, "cuDeviceGetCount", (int *count)) \
    X(device_get, "cuDeviceGet", (flopmeter_cu_device_t *device, int ordinal)) \
    X(device_attribute, "cuDeviceGetAttribute", (int *value, int attribute, flopmeter_cu_device_t device)) \
    X(primary_state, "cuDevicePrimaryCtxGetState", (flopmeter_cu_device_t device, unsigned *flags, int *is_active)) \
    X(primary_retain, "cuDevicePrimaryCtxRetain", (flopmeter_cu_context_t *context, flopmeter_cu_device_t device)) \
    X(primary_release, "cuDevicePrimaryCtxRelease_v2", (flopmeter_cu_device_t device)) \
    X(context_set, "cuCtxSetCurrent", (flopmeter_cu_context_t context)) \
    X(context_id, "cuCtxGetId", (flopmeter_cu_context_t context, unsigned long long *id))

/** Functions of libcupti.so that need no device. */
#define FLOPMETER_CUPTI_HOST_FUNCTIONS(X) \
    X(host_chips, "cuptiProfilerHostGetSupportedChips", (flopmeter_cupti_chips_t *params)) \
    X(host_init, "cuptiProfilerHostInitialize", (flopmeter_cupti_host_init_t *params)) \
    X(host_end, "cuptiProfilerHostDeinitialize", (flopmeter_cupti_host_end_t *params)) \
    X(host_metrics, "cuptiProfilerHostGetBaseMetrics", (flopmeter_cupti_base_metrics_t *params)) \
    X(host_add, "cuptiProfilerHostConfigAddMetrics", (flopmeter_cupti_add_metrics_t *params)) \
    X(host_config_length, "cuptiProfilerHostGetConfigImageSize", (flopmeter_cupti_config_length_t *params)) \
    X(host_config, "cuptiProfilerHostGetConfigImage", (flopmeter_cupti_config_image_t *params)) \
    X(host_passes, "cuptiProfilerHostGetNumOfPasses", (flopmeter_cupti_passes_t *params)) \
    X(host_evaluate, "cuptiProfilerHostEvaluateToGpuValues", (flopmeter_cupti_evaluate_t *params))

/** Functions of libcupti.so that need one. */
#define FLOPMETER_CUPTI_RANGE_FUNCTIONS(X) \
    X(initialize, "cuptiProfilerInitialize", (flopmeter_cupti_plain_t *params)) \
    X(chip, "cuptiDeviceGetChipName", (flopmeter_cupti_chip_t *params)) \
    X(availability, "cuptiProfilerGetCounterAvailability", (flopmeter_cupti_availability_t *params)) \
    X(enable, "cuptiRangeProfilerEnable", (flopmeter_cupti_enable_t *params)) \
    X(disable, "cuptiRangeProfilerDisable", (flopmeter_cupti_range_t *params)) \
    X(config, "cuptiRangeProfilerSetConfig", (flopmeter_cupti_config_t *params)) \
    X(start, "cuptiRangeProfilerStart", (flopmeter_cupti_range_t *params)) \
    X(push, "cuptiRangeProfilerPushRange", (flopmeter_cupti_push_t *params)) \
    X(pop, "cuptiRangeProfilerPopRange", (flopmeter_cupti_range_t *params)) \
    X(stop, "cuptiRangeProfilerStop", (flopmeter_cupti_stop_t *params)) \
    X(decode, "cuptiRangeProfilerDecodeData", (flopmeter_cupti_decode_t *params)) \
    X(image_length, "cuptiRangeProfilerGetCounterDataSize", (flopmeter_cupti_image_length_t *params)) \
    X(image_init, "cuptiRangeProfilerCounterDataImageInitialize", (flopmeter_cupti_image_init_t *params)) \
    X(image_info, "cuptiRangeProfilerGetCounterDataInfo", (flopmeter_cupti_image_info_t *params))

/** Functions of libcupti.so for PM sampling, of a whole device; none needs a context. */
#define FLOPMETER_CUPTI_PM_FUNCTIONS(X) \
    X(initialize, "cuptiProfilerInitialize", (flopmeter_cupti_plain_t *params)) \
    X(chip, "cuptiDeviceGetChipName", (flopmeter_cupti_chip_t *params)) \
    X(pm_availability, "cuptiPmSamplingGetCounterAvailability", (flopmeter_cupti_pm_availability_t *params)) \
    X(pm_enable, "cuptiPmSamplingEnable", (flopmeter_cupti_pm_enable_t *params)) \
    X(pm_disable, "cuptiPmSamplingDisable", (flopmeter_cupti_pm_t *params)) \
    X(pm_config, "cuptiPmSamplingSetConfig", (flopmeter_cupti_pm_config_t *params)) \
    X(pm_start, "cuptiPmSamplingStart", (flopmeter_cupti_pm_t *params)) \
    X(pm_stop, "cuptiPmSamplingStop", (flopmeter_cupti_pm_t *params)) \
    X(pm_decode, "cuptiPmSamplingDecodeData", (flopmeter_cupti_pm_decode_t *params)) \
    X(pm_image_length, "cuptiPmSamplingGetCounterDataSize", (flopmeter_cupti_pm_image_length_t *params)) \
    X(pm_image_init, "cuptiPmSamplingCounterDataImageInitialize", (flopmeter_cupti_pm_image_init_t *params)) \
    X(pm_image_info, "cuptiPmSamplingGetCounterDataInfo", (flopmeter_cupti_pm_image_info_t *params)) \
    X(pm_sample, "cuptiPmSamplingCounterDataGetSampleInfo", (flopmeter_cupti_pm_sample_t *params))

/** Functions of libcupti.so for activity records. */
#define FLOPMETER_CUPTI_ACTIVITY_FUNCTIONS(X) \
    X(version, "cuptiGetVersion", (uint32_t *version)) \
    X(timestamp, "cuptiGetTimestamp", (uint64_t *ns)) \
    X(subscribe, "cuptiSubscribe", (void **subscriber, void *callback, void *data)) \
    X(unsubscribe, "cuptiUnsubscribe", (void *subscriber)) \
    X(register_callbacks, "cuptiActivityRegisterCallbacks", \
        (flopmeter_cupti_request_fn *request, flopmeter_cupti_complete_fn *complete)) \
    X(activity_enable, "cuptiActivityEnable", (int kind)) \
    X(activity_disable, "cuptiActivityDisable", (int kind)) \
    X(activity_flush, "cuptiActivityFlushAll", (uint32_t flags)) \
    X(activity_next, "cuptiActivityGetNextRecord", (uint8_t *buffer, size_t filled, const void **record)) \
    X(activity_dropped, "cuptiActivityGetNumDroppedRecords", \
        (flopmeter_cu_context_t context, uint32_t stream, size_t *dropped)) \
    X(external_push, "cuptiActivityPushExternalCorrelationId", (int kind, uint64_t id)) \
    X(external_pop, "cuptiActivityPopExternalCorrelationId", (int kind, uint64_t *id))

#define FLOPMETER_CUDA_FIELD(field, symbol, arguments) int (*field) arguments;

/** All of them. After a load that succeeded none of its part is NULL. */
typedef struct flopmeter_cuda_api_stct
{
    FLOPMETER_CU_FUNCTIONS(FLOPMETER_CUDA_FIELD)
    FLOPMETER_CUPTI_HOST_FUNCTIONS(FLOPMETER_CUDA_FIELD)
    FLOPMETER_CUPTI_RANGE_FUNCTIONS(FLOPMETER_CUDA_FIELD)
    FLOPMETER_CUPTI_ACTIVITY_FUNCTIONS(FLOPMETER_CUDA_FIELD)
    struct
    {
        FLOPMETER_CUPTI_PM_FUNCTIONS(FLOPMETER_CUDA_FIELD)
    }
    pm;
    int (*cu_init)(unsigned flags);
    int (*device_uuid)(uint8_t uuid[16], flopmeter_cu_device_t device);     /* NULL in an old driver */
}
flopmeter_cuda_api_t;

/**
 * Find the driver, which must be loaded already: AVAILABLE, ABSENT (not loaded) or WRONG_DRIVER (a function is
 * missing).
 */
flopmeter_counter_state_t flopmeter_cuda_api_driver(flopmeter_cuda_api_t *api);

/**
 * Find CUPTI: `path` when given, else the one that the program has loaded (a second copy would be a second profiler),
 * else by name, else where the toolkit installs it. `is_device` asks for the range profiler too.
 */
flopmeter_counter_state_t flopmeter_cuda_api_cupti(flopmeter_cuda_api_t *api, const char *path, bool is_device);

/** The first libcupti that `open` does not refuse, in the order in which one that nobody has loaded is looked for. */
void *flopmeter_cuda_api_find_cupti(void *(*open)(const char *path));

/** As flopmeter_cuda_api_cupti() for activity records, and nothing else. */
flopmeter_counter_state_t flopmeter_cuda_api_activity(flopmeter_cuda_api_t *api, const char *path);

/**
 * As flopmeter_cuda_api_cupti() for PM sampling and the host side. The driver is loaded where it is not, but nothing of
 * it is called: a process of the meter's own only.
 */
flopmeter_counter_state_t flopmeter_cuda_api_pm(flopmeter_cuda_api_t *api, const char *path);

/** What a result of CUPTI means for the meter. */
flopmeter_counter_state_t flopmeter_cuda_state_of(int cupti_result);

/** The gap that a state is told as. */
flopmeter_gap_reason_t flopmeter_cuda_reason_of(flopmeter_counter_state_t state);

#endif /* FLOPMETER_CUDA_API_H */
