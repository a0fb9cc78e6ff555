/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Our declarations of NVML against NVIDIA's: sizes, places of fields, numbers and the types of functions.
 */

#define NVML_NO_UNVERSIONED_FUNC_DEFS
#include NVML_HEADER

#include <stddef.h>
#include <stdio.h>

#include "nvml.h"

#define SAME(ours, theirs) _Static_assert((long long)(ours) == (long long)(theirs), #theirs)
#define PLACE(ours, our_field, theirs, their_field) \
    SAME(offsetof(ours, our_field), offsetof(theirs, their_field)); \
    SAME(sizeof(((ours *)0)->our_field), sizeof(((theirs *)0)->their_field))

SAME(FLOPMETER_NVML_SUCCESS, NVML_SUCCESS);
SAME(FLOPMETER_NVML_UNINITIALIZED, NVML_ERROR_UNINITIALIZED);
SAME(FLOPMETER_NVML_INVALID_ARGUMENT, NVML_ERROR_INVALID_ARGUMENT);
SAME(FLOPMETER_NVML_NOT_SUPPORTED, NVML_ERROR_NOT_SUPPORTED);
SAME(FLOPMETER_NVML_NO_PERMISSION, NVML_ERROR_NO_PERMISSION);
SAME(FLOPMETER_NVML_NOT_FOUND, NVML_ERROR_NOT_FOUND);
SAME(FLOPMETER_NVML_INSUFFICIENT_SIZE, NVML_ERROR_INSUFFICIENT_SIZE);
SAME(FLOPMETER_NVML_DRIVER_NOT_LOADED, NVML_ERROR_DRIVER_NOT_LOADED);
SAME(FLOPMETER_NVML_TIMEOUT, NVML_ERROR_TIMEOUT);
SAME(FLOPMETER_NVML_FUNCTION_NOT_FOUND, NVML_ERROR_FUNCTION_NOT_FOUND);
SAME(FLOPMETER_NVML_GPU_IS_LOST, NVML_ERROR_GPU_IS_LOST);
SAME(FLOPMETER_NVML_RESET_REQUIRED, NVML_ERROR_RESET_REQUIRED);
SAME(FLOPMETER_NVML_LIB_RM_VERSION_MISMATCH, NVML_ERROR_LIB_RM_VERSION_MISMATCH);
SAME(FLOPMETER_NVML_IN_USE, NVML_ERROR_IN_USE);
SAME(FLOPMETER_NVML_ARGUMENT_VERSION_MISMATCH, NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
#if NVML_API_VERSION >= 12
SAME(FLOPMETER_NVML_GPU_NOT_FOUND, NVML_ERROR_GPU_NOT_FOUND);
#endif
SAME(FLOPMETER_NVML_UNKNOWN, NVML_ERROR_UNKNOWN);
SAME(FLOPMETER_NVML_CLOCK_SM, NVML_CLOCK_SM);
SAME(FLOPMETER_NVML_GPM_VERSION, NVML_GPM_METRICS_GET_VERSION);
SAME(FLOPMETER_NVML_GPM_VERSION, NVML_GPM_SUPPORT_VERSION);
_Static_assert(FLOPMETER_NVML_PSTATES <= NVML_PSTATE_15 + 1, "performance states");
_Static_assert(FLOPMETER_NVML_METRICS_MAX >= NVML_GPM_METRIC_MAX, "room for what any version writes");

SAME(sizeof(flopmeter_nvml_metric_t), sizeof(nvmlGpmMetric_t));
PLACE(flopmeter_nvml_metric_t, id, nvmlGpmMetric_t, metricId);
PLACE(flopmeter_nvml_metric_t, result, nvmlGpmMetric_t, nvmlReturn);
PLACE(flopmeter_nvml_metric_t, value, nvmlGpmMetric_t, value);
PLACE(flopmeter_nvml_metrics_t, version, nvmlGpmMetricsGet_t, version);
PLACE(flopmeter_nvml_metrics_t, count, nvmlGpmMetricsGet_t, numMetrics);
PLACE(flopmeter_nvml_metrics_t, begin, nvmlGpmMetricsGet_t, sample1);
PLACE(flopmeter_nvml_metrics_t, end, nvmlGpmMetricsGet_t, sample2);
SAME(offsetof(flopmeter_nvml_metrics_t, metric), offsetof(nvmlGpmMetricsGet_t, metrics));
SAME(sizeof(flopmeter_nvml_support_t), sizeof(nvmlGpmSupport_t));
PLACE(flopmeter_nvml_support_t, is_supported, nvmlGpmSupport_t, isSupportedDevice);
SAME(sizeof(flopmeter_nvml_process_t), sizeof(nvmlProcessInfo_v2_t));
PLACE(flopmeter_nvml_process_t, pid, nvmlProcessInfo_v2_t, pid);
PLACE(flopmeter_nvml_process_t, gpu_instance, nvmlProcessInfo_v2_t, gpuInstanceId);
PLACE(flopmeter_nvml_process_t, compute_instance, nvmlProcessInfo_v2_t, computeInstanceId);
/* Drivers of one generation wrote a longer one (owner.c tells which it was). */
_Static_assert(sizeof(nvmlProcessInfo_t) == sizeof(flopmeter_nvml_process_t) ||
    sizeof(nvmlProcessInfo_t) == FLOPMETER_NVML_PROCESS_LENGTH_MAX, "nvmlProcessInfo_t");
SAME(sizeof(flopmeter_nvml_attributes_t), sizeof(nvmlDeviceAttributes_t));
PLACE(flopmeter_nvml_attributes_t, multiprocessor_count, nvmlDeviceAttributes_t, multiprocessorCount);
SAME(sizeof(flopmeter_nvml_instance_info_t), sizeof(nvmlGpuInstanceInfo_t));
PLACE(flopmeter_nvml_instance_info_t, profile, nvmlGpuInstanceInfo_t, profileId);
SAME(sizeof(flopmeter_nvml_profile_t), sizeof(nvmlGpuInstanceProfileInfo_t));
PLACE(flopmeter_nvml_profile_t, id, nvmlGpuInstanceProfileInfo_t, id);
PLACE(flopmeter_nvml_profile_t, multiprocessor_count, nvmlGpuInstanceProfileInfo_t, multiprocessorCount);
_Static_assert(FLOPMETER_NVML_PROFILES_MAX >= NVML_GPU_INSTANCE_PROFILE_COUNT, "places of profiles");
SAME(sizeof(flopmeter_nvml_instance_t), sizeof(nvmlGpuInstance_t));
SAME(sizeof(flopmeter_nvml_device_t), sizeof(nvmlDevice_t));
SAME(sizeof(flopmeter_nvml_sample_t), sizeof(nvmlGpmSample_t));
SAME(sizeof(flopmeter_nvml_return_t), sizeof(nvmlReturn_t));

/* CUDA 11.8's header, which Debian 12 has (libnvidia-ml-dev), is older than this one. */
#if NVML_API_VERSION < 12
nvmlReturn_t nvmlGpmMigSampleGet(nvmlDevice_t device, unsigned int gpu_instance, nvmlGpmSample_t sample);
#endif

/* Each function exists there by this name: its address is asked for, and the linker never sees it. */
#define EXISTS(name, is_required, arguments) (void)sizeof(&name);

int main(void)
{
    FLOPMETER_NVML_FUNCTIONS(EXISTS)
    puts("NVML: " NVML_HEADER);
    return 0;
}
