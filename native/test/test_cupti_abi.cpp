/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuda_abi.h against NVIDIA's headers: every size, every offset, every number. What does not agree does not compile.
 */

#include <cstddef>
#include <cstdio>

#include <cuda.h>
#include <cupti_activity.h>
#include <cupti_profiler_host.h>
#include <cupti_range_profiler.h>
#include <cupti_target.h>
#if __has_include(<cupti_pmsampling.h>)
#include <cupti_pmsampling.h>
#define FLOPMETER_HAS_PM_SAMPLING
#endif

#include "cuda_abi.h"

/* The record of the newest version that these headers have: 13.0 and later, or 12. */
#if CUPTI_API_VERSION >= 130000
#define FLOPMETER_KERNEL CUpti_ActivityKernel10
#else
#define FLOPMETER_KERNEL CUpti_ActivityKernel9
#endif

#define SIZE(ours, last, theirs) \
    static_assert(FLOPMETER_CUPTI_LENGTH(ours, last) == theirs##_STRUCT_SIZE, #ours " and " #theirs " differ in size")
#define AT(ours, field, theirs, their_field) \
    static_assert(offsetof(ours, field) == offsetof(theirs, their_field), #ours "." #field " is elsewhere")
#define SAME(ours, theirs) static_assert(static_cast<int>(ours) == static_cast<int>(theirs), #ours " is not " #theirs)

SIZE(flopmeter_cupti_plain_t, reserved, CUpti_Profiler_Initialize_Params);
SIZE(flopmeter_cupti_chip_t, name, CUpti_Device_GetChipName_Params);
AT(flopmeter_cupti_chip_t, device, CUpti_Device_GetChipName_Params, deviceIndex);
SIZE(flopmeter_cupti_availability_t, image, CUpti_Profiler_GetCounterAvailability_Params);
AT(flopmeter_cupti_availability_t, context, CUpti_Profiler_GetCounterAvailability_Params, ctx);
AT(flopmeter_cupti_availability_t, image_length, CUpti_Profiler_GetCounterAvailability_Params,
    counterAvailabilityImageSize);

SIZE(flopmeter_cupti_host_init_t, host, CUpti_Profiler_Host_Initialize_Params);
AT(flopmeter_cupti_host_init_t, profiler, CUpti_Profiler_Host_Initialize_Params, profilerType);
AT(flopmeter_cupti_host_init_t, chip, CUpti_Profiler_Host_Initialize_Params, pChipName);
AT(flopmeter_cupti_host_init_t, availability, CUpti_Profiler_Host_Initialize_Params, pCounterAvailabilityImage);
SIZE(flopmeter_cupti_host_end_t, host, CUpti_Profiler_Host_Deinitialize_Params);
SIZE(flopmeter_cupti_chips_t, names, CUpti_Profiler_Host_GetSupportedChips_Params);
AT(flopmeter_cupti_chips_t, count, CUpti_Profiler_Host_GetSupportedChips_Params, numChips);
SIZE(flopmeter_cupti_base_metrics_t, count, CUpti_Profiler_Host_GetBaseMetrics_Params);
AT(flopmeter_cupti_base_metrics_t, type, CUpti_Profiler_Host_GetBaseMetrics_Params, metricType);
AT(flopmeter_cupti_base_metrics_t, names, CUpti_Profiler_Host_GetBaseMetrics_Params, ppMetricNames);
SIZE(flopmeter_cupti_add_metrics_t, count, CUpti_Profiler_Host_ConfigAddMetrics_Params);
AT(flopmeter_cupti_add_metrics_t, names, CUpti_Profiler_Host_ConfigAddMetrics_Params, ppMetricNames);
SIZE(flopmeter_cupti_config_length_t, image_length, CUpti_Profiler_Host_GetConfigImageSize_Params);
SIZE(flopmeter_cupti_config_image_t, image, CUpti_Profiler_Host_GetConfigImage_Params);
AT(flopmeter_cupti_config_image_t, image_length, CUpti_Profiler_Host_GetConfigImage_Params, configImageSize);
SIZE(flopmeter_cupti_passes_t, count, CUpti_Profiler_Host_GetNumOfPasses_Params);
AT(flopmeter_cupti_passes_t, image, CUpti_Profiler_Host_GetNumOfPasses_Params, pConfigImage);
SIZE(flopmeter_cupti_evaluate_t, values, CUpti_Profiler_Host_EvaluateToGpuValues_Params);
AT(flopmeter_cupti_evaluate_t, image, CUpti_Profiler_Host_EvaluateToGpuValues_Params, pCounterDataImage);
AT(flopmeter_cupti_evaluate_t, range, CUpti_Profiler_Host_EvaluateToGpuValues_Params, rangeIndex);
AT(flopmeter_cupti_evaluate_t, names, CUpti_Profiler_Host_EvaluateToGpuValues_Params, ppMetricNames);

SIZE(flopmeter_cupti_enable_t, profiler, CUpti_RangeProfiler_Enable_Params);
AT(flopmeter_cupti_enable_t, context, CUpti_RangeProfiler_Enable_Params, ctx);
SIZE(flopmeter_cupti_range_t, profiler, CUpti_RangeProfiler_Disable_Params);
SIZE(flopmeter_cupti_range_t, profiler, CUpti_RangeProfiler_Start_Params);
SIZE(flopmeter_cupti_range_t, profiler, CUpti_RangeProfiler_PopRange_Params);
SIZE(flopmeter_cupti_config_t, level_target, CUpti_RangeProfiler_SetConfig_Params);
AT(flopmeter_cupti_config_t, config_length, CUpti_RangeProfiler_SetConfig_Params, configSize);
AT(flopmeter_cupti_config_t, config, CUpti_RangeProfiler_SetConfig_Params, pConfig);
AT(flopmeter_cupti_config_t, image_length, CUpti_RangeProfiler_SetConfig_Params, counterDataImageSize);
AT(flopmeter_cupti_config_t, image, CUpti_RangeProfiler_SetConfig_Params, pCounterDataImage);
AT(flopmeter_cupti_config_t, range, CUpti_RangeProfiler_SetConfig_Params, range);
AT(flopmeter_cupti_config_t, replay, CUpti_RangeProfiler_SetConfig_Params, replayMode);
AT(flopmeter_cupti_config_t, ranges_max, CUpti_RangeProfiler_SetConfig_Params, maxRangesPerPass);
AT(flopmeter_cupti_config_t, levels, CUpti_RangeProfiler_SetConfig_Params, numNestingLevels);
AT(flopmeter_cupti_config_t, level_min, CUpti_RangeProfiler_SetConfig_Params, minNestingLevel);
AT(flopmeter_cupti_config_t, pass, CUpti_RangeProfiler_SetConfig_Params, passIndex);
SIZE(flopmeter_cupti_stop_t, is_all_submitted, CUpti_RangeProfiler_Stop_Params);
AT(flopmeter_cupti_stop_t, pass, CUpti_RangeProfiler_Stop_Params, passIndex);
SIZE(flopmeter_cupti_push_t, name, CUpti_RangeProfiler_PushRange_Params);
SIZE(flopmeter_cupti_decode_t, ranges_dropped, CUpti_RangeProfiler_DecodeData_Params);
SIZE(flopmeter_cupti_image_length_t, image_length, CUpti_RangeProfiler_GetCounterDataSize_Params);
AT(flopmeter_cupti_image_length_t, names, CUpti_RangeProfiler_GetCounterDataSize_Params, pMetricNames);
AT(flopmeter_cupti_image_length_t, ranges_max, CUpti_RangeProfiler_GetCounterDataSize_Params, maxNumOfRanges);
AT(flopmeter_cupti_image_length_t, nodes_max, CUpti_RangeProfiler_GetCounterDataSize_Params, maxNumRangeTreeNodes);
SIZE(flopmeter_cupti_image_init_t, image, CUpti_RangeProfiler_CounterDataImage_Initialize_Params);
AT(flopmeter_cupti_image_init_t, image_length, CUpti_RangeProfiler_CounterDataImage_Initialize_Params, counterDataSize);
SIZE(flopmeter_cupti_image_info_t, ranges, CUpti_RangeProfiler_GetCounterDataInfo_Params);
AT(flopmeter_cupti_image_info_t, image, CUpti_RangeProfiler_GetCounterDataInfo_Params, pCounterDataImage);

/* PM sampling, which older ones don't have. */
#if defined(FLOPMETER_HAS_PM_SAMPLING)
SIZE(flopmeter_cupti_pm_availability_t, image, CUpti_PmSampling_GetCounterAvailability_Params);
AT(flopmeter_cupti_pm_availability_t, device, CUpti_PmSampling_GetCounterAvailability_Params, deviceIndex);
AT(flopmeter_cupti_pm_availability_t, image_length, CUpti_PmSampling_GetCounterAvailability_Params,
    counterAvailabilityImageSize);
SIZE(flopmeter_cupti_pm_enable_t, sampler, CUpti_PmSampling_Enable_Params);
AT(flopmeter_cupti_pm_enable_t, device, CUpti_PmSampling_Enable_Params, deviceIndex);
SIZE(flopmeter_cupti_pm_t, sampler, CUpti_PmSampling_Disable_Params);
SIZE(flopmeter_cupti_pm_t, sampler, CUpti_PmSampling_Start_Params);
SIZE(flopmeter_cupti_pm_t, sampler, CUpti_PmSampling_Stop_Params);
SIZE(flopmeter_cupti_pm_config_t, append, CUpti_PmSampling_SetConfig_Params);
AT(flopmeter_cupti_pm_config_t, config_length, CUpti_PmSampling_SetConfig_Params, configSize);
AT(flopmeter_cupti_pm_config_t, config, CUpti_PmSampling_SetConfig_Params, pConfig);
AT(flopmeter_cupti_pm_config_t, buffer_length, CUpti_PmSampling_SetConfig_Params, hardwareBufferSize);
AT(flopmeter_cupti_pm_config_t, interval, CUpti_PmSampling_SetConfig_Params, samplingInterval);
AT(flopmeter_cupti_pm_config_t, trigger, CUpti_PmSampling_SetConfig_Params, triggerMode);
SIZE(flopmeter_cupti_pm_image_length_t, image_length, CUpti_PmSampling_GetCounterDataSize_Params);
AT(flopmeter_cupti_pm_image_length_t, names, CUpti_PmSampling_GetCounterDataSize_Params, pMetricNames);
AT(flopmeter_cupti_pm_image_length_t, samples_max, CUpti_PmSampling_GetCounterDataSize_Params, maxSamples);
SIZE(flopmeter_cupti_pm_image_init_t, image, CUpti_PmSampling_CounterDataImage_Initialize_Params);
AT(flopmeter_cupti_pm_image_init_t, image_length, CUpti_PmSampling_CounterDataImage_Initialize_Params,
    counterDataSize);
SIZE(flopmeter_cupti_pm_decode_t, is_overflow, CUpti_PmSampling_DecodeData_Params);
AT(flopmeter_cupti_pm_decode_t, image, CUpti_PmSampling_DecodeData_Params, pCounterDataImage);
AT(flopmeter_cupti_pm_decode_t, stop_reason, CUpti_PmSampling_DecodeData_Params, decodeStopReason);
SIZE(flopmeter_cupti_pm_image_info_t, completed, CUpti_PmSampling_GetCounterDataInfo_Params);
AT(flopmeter_cupti_pm_image_info_t, image, CUpti_PmSampling_GetCounterDataInfo_Params, pCounterDataImage);
AT(flopmeter_cupti_pm_image_info_t, samples, CUpti_PmSampling_GetCounterDataInfo_Params, numTotalSamples);
SIZE(flopmeter_cupti_pm_sample_t, end, CUpti_PmSampling_CounterData_GetSampleInfo_Params);
AT(flopmeter_cupti_pm_sample_t, image, CUpti_PmSampling_CounterData_GetSampleInfo_Params, pCounterDataImage);
AT(flopmeter_cupti_pm_sample_t, index, CUpti_PmSampling_CounterData_GetSampleInfo_Params, sampleIndex);
AT(flopmeter_cupti_pm_sample_t, begin, CUpti_PmSampling_CounterData_GetSampleInfo_Params, startTimestamp);
SAME(FLOPMETER_CUPTI_PM_SAMPLING, CUPTI_PROFILER_TYPE_PM_SAMPLING);
SAME(FLOPMETER_CUPTI_TRIGGER_SYSCLK, CUPTI_PM_SAMPLING_TRIGGER_MODE_GPU_SYSCLK_INTERVAL);
SAME(FLOPMETER_CUPTI_TRIGGER_TIME, CUPTI_PM_SAMPLING_TRIGGER_MODE_GPU_TIME_INTERVAL);
SAME(FLOPMETER_CUPTI_KEEP_OLDEST, CUPTI_PM_SAMPLING_HARDWARE_BUFFER_APPEND_MODE_KEEP_OLDEST);
SAME(FLOPMETER_CUPTI_DECODE_FULL, CUPTI_PM_SAMPLING_DECODE_STOP_REASON_COUNTER_DATA_FULL);
SAME(FLOPMETER_CUPTI_DECODE_END, CUPTI_PM_SAMPLING_DECODE_STOP_REASON_END_OF_RECORDS);
#endif
SAME(FLOPMETER_CUPTI_INVALID_OPERATION, CUPTI_ERROR_INVALID_OPERATION);
SAME(FLOPMETER_CUPTI_OUT_OF_MEMORY, CUPTI_ERROR_OUT_OF_MEMORY);

SAME(FLOPMETER_CU_ATTRIBUTE_CLOCK_RATE, CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
SAME(FLOPMETER_CU_ATTRIBUTE_SM_COUNT, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
SAME(FLOPMETER_CUPTI_RANGE_PROFILER, CUPTI_PROFILER_TYPE_RANGE_PROFILER);
SAME(FLOPMETER_CUPTI_METRIC_COUNTER, CUPTI_METRIC_TYPE_COUNTER);
SAME(FLOPMETER_CUPTI_USER_RANGE, CUPTI_UserRange);
SAME(FLOPMETER_CUPTI_USER_REPLAY, CUPTI_UserReplay);
SAME(FLOPMETER_CUPTI_INVALID_PARAMETER, CUPTI_ERROR_INVALID_PARAMETER);
SAME(FLOPMETER_CUPTI_INVALID_CONTEXT, CUPTI_ERROR_INVALID_CONTEXT);
SAME(FLOPMETER_CUPTI_PARAMETER_SIZE, CUPTI_ERROR_PARAMETER_SIZE_NOT_SUFFICIENT);
SAME(FLOPMETER_CUPTI_NOT_IMPLEMENTED, CUPTI_ERROR_API_NOT_IMPLEMENTED);
SAME(FLOPMETER_CUPTI_NOT_COMPATIBLE, CUPTI_ERROR_NOT_COMPATIBLE);
SAME(FLOPMETER_CUPTI_HARDWARE_BUSY, CUPTI_ERROR_HARDWARE_BUSY);
SAME(FLOPMETER_CUPTI_NOT_SUPPORTED, CUPTI_ERROR_NOT_SUPPORTED);
SAME(FLOPMETER_CUPTI_WITH_MPS, CUPTI_ERROR_UM_PROFILING_NOT_SUPPORTED_WITH_MPS);
SAME(FLOPMETER_CUPTI_VIRTUALIZED, CUPTI_ERROR_VIRTUALIZED_DEVICE_NOT_SUPPORTED);
SAME(FLOPMETER_CUPTI_PRIVILEGES, CUPTI_ERROR_INSUFFICIENT_PRIVILEGES);
SAME(FLOPMETER_CUPTI_OLD_PROFILER, CUPTI_ERROR_OLD_PROFILER_API_INITIALIZED);
SAME(FLOPMETER_CUPTI_LEGACY_PROFILER, CUPTI_ERROR_LEGACY_PROFILER_NOT_SUPPORTED);
SAME(FLOPMETER_CUPTI_SUBSCRIBERS, CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED);
SAME(FLOPMETER_CUPTI_VIRTUALIZED_PRIVILEGES, CUPTI_ERROR_VIRTUALIZED_DEVICE_INSUFFICIENT_PRIVILEGES);
SAME(FLOPMETER_CUPTI_CONFIDENTIAL, CUPTI_ERROR_CONFIDENTIAL_COMPUTING_NOT_SUPPORTED);
SAME(FLOPMETER_CUPTI_CMP, CUPTI_ERROR_CMP_DEVICE_NOT_SUPPORTED);
SAME(FLOPMETER_CUPTI_MIG, CUPTI_ERROR_MIG_DEVICE_NOT_SUPPORTED);
SAME(FLOPMETER_CUPTI_SLI, CUPTI_ERROR_SLI_DEVICE_NOT_SUPPORTED);
SAME(FLOPMETER_CUPTI_WSL, CUPTI_ERROR_WSL_DEVICE_NOT_SUPPORTED);
SAME(FLOPMETER_CUPTI_CHIP_NAME, CUPTI_ERROR_INVALID_CHIP_NAME);

/* Activity records. NVIDIA's are packed, ours are not: every field that is read must be where it is. */
AT(flopmeter_cupti_kernel_t, kind, FLOPMETER_KERNEL, kind);
AT(flopmeter_cupti_kernel_t, start, FLOPMETER_KERNEL, start);
AT(flopmeter_cupti_kernel_t, end, FLOPMETER_KERNEL, end);
AT(flopmeter_cupti_kernel_t, device, FLOPMETER_KERNEL, deviceId);
AT(flopmeter_cupti_kernel_t, stream, FLOPMETER_KERNEL, streamId);
AT(flopmeter_cupti_kernel_t, grid, FLOPMETER_KERNEL, gridX);
AT(flopmeter_cupti_kernel_t, block, FLOPMETER_KERNEL, blockX);
AT(flopmeter_cupti_kernel_t, shared, FLOPMETER_KERNEL, staticSharedMemory);
AT(flopmeter_cupti_kernel_t, correlation, FLOPMETER_KERNEL, correlationId);
AT(flopmeter_cupti_kernel_t, name, FLOPMETER_KERNEL, name);
AT(flopmeter_cupti_kernel_t, graph_node, FLOPMETER_KERNEL, graphNodeId);
AT(flopmeter_cupti_kernel_t, graph, FLOPMETER_KERNEL, graphId);
static_assert(sizeof(flopmeter_cupti_kernel_t) <= sizeof(FLOPMETER_KERNEL), "a record is shorter than declared");
AT(flopmeter_cupti_external_t, external_kind, CUpti_ActivityExternalCorrelation, externalKind);
AT(flopmeter_cupti_external_t, external, CUpti_ActivityExternalCorrelation, externalId);
AT(flopmeter_cupti_external_t, correlation, CUpti_ActivityExternalCorrelation, correlationId);
static_assert(sizeof(flopmeter_cupti_external_t) == sizeof(CUpti_ActivityExternalCorrelation), "external correlation");
SAME(FLOPMETER_CUPTI_KIND_KERNEL, CUPTI_ACTIVITY_KIND_KERNEL);
SAME(FLOPMETER_CUPTI_KIND_CONCURRENT_KERNEL, CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL);
SAME(FLOPMETER_CUPTI_KIND_EXTERNAL, CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION);
SAME(FLOPMETER_CUPTI_EXTERNAL_LAUNCHER, CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM2);
SAME(FLOPMETER_CUPTI_FLUSH_FORCED, CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
SAME(FLOPMETER_CUPTI_MAX_LIMIT_REACHED, CUPTI_ERROR_MAX_LIMIT_REACHED);
SAME(FLOPMETER_CU_ATTRIBUTE_MAJOR, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
SAME(FLOPMETER_CU_ATTRIBUTE_MINOR, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);

int main()
{
    std::puts("CUPTI's blocks are as declared");
    return 0;
}
