/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fake_nvml.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define INSTANCE_BUSY (3)
#define INSTANCE_IDLE (5)
#define INSTANCE_ALL (0xFFFF)

typedef struct snapshot_stct
{
    uint64_t refreshed_ns;
    unsigned instance;
    __uint128_t cycles[FLOPMETER_GPU_PIPES];   /* of one SM x 10^9 x activity */
    __uint128_t elapsed;                       /* of one SM x 10^9 */
    __uint128_t sm_util;
}
snapshot_t;

EXPORT fake_nvml_t *fake_nvml_state(void);

static fake_nvml_t state;
static int device;
static int instances[2];
static int gpu_instances[2];

static uint64_t now_ns(void);

static bool is_partitioned(void)
{
    return 0 != state.is_mig || (0 != state.mig_at_ns && now_ns() >= state.mig_at_ns);
}

static void grow(void)
{
    if (0 != state.grow_at_ns && now_ns() >= state.grow_at_ns)
    {
        state.grow_at_ns = 0;
        state.generation += 1;
        state.instance_sm = 60;
        state.compute_sm = 60;
    }
}

/*
 * In a process of its own the fake finds what to do in FAKE_NVML: see test_counter_process.sh.
 */
static void configure(void)
{
    static char stalled[64];
    const char *const text = getenv("FAKE_NVML");

    fake_nvml_reset(&state);
    if (NULL == text)
    {
        return;
    }
    state.segments_count = 1;
    state.segments[0] = (fake_segment_t){ .end_ns = UINT64_MAX, .activity = { FAKE_WHOLE / 2 },
        .sm_util = FAKE_WHOLE, .clock_hz = 1700000000, .nominal_mhz = 1700 };
    state.faults_count = 1;
    if (1 == sscanf(text, "crash-at=%u", &state.faults[0].first) ||
        1 == sscanf(text, "hang-at=%u", &state.faults[0].first))
    {
        state.faults[0].function = "nvmlGpmSampleGet";
        state.faults[0].count = 1;
        state.faults[0].action = 'c' == text[0] ? 1 : 2;
    }
    else if (2 == sscanf(text, "stall=%63[^:]:%u", stalled, &state.faults[0].first))
    {
        state.faults[0].function = stalled;
        state.faults[0].count = 1;
        state.faults[0].action = 3;
    }
    else if (1 == sscanf(text, "mig-at=%" SCNu64, &state.mig_at_ns))
    {
        state.faults_count = 0;
    }
    else if (1 == sscanf(text, "grow-at=%" SCNu64, &state.grow_at_ns))
    {
        state.faults_count = 0;
        state.is_mig = 1;
        state.instance_sm = 16;
        state.compute_sm = 16;
    }
    else if (1 == sscanf(text, "absent-while=%63s", state.unsupported_while))
    {
        state.is_supported = 0;
        state.faults_count = 0;
    }
    else if (0 == strcmp(text, "absent"))
    {
        state.is_supported = 0;
        state.faults_count = 0;
    }
    else
    {
        state.faults_count = 0;
    }
    if (NULL != getenv("FAKE_NVML_PID"))
    {
        state.processes_count = 1;
        state.processes[0] = (unsigned)strtoul(getenv("FAKE_NVML_PID"), NULL, 10);
    }
}

EXPORT fake_nvml_t *fake_nvml_state(void)
{
    if (0 == state.refresh_ns)
    {
        configure();
    }
    return &state;
}

static uint64_t now_ns(void)
{
    struct timespec now;

    if (0 != state.now_ns)
    {
        return state.now_ns;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

/*
 * What is to happen in this call, if anything. Each call of a function is counted for each fault.
 */
static const fake_fault_t *fault_of(const char *function)
{
    const fake_fault_t *found = NULL;

    fake_nvml_state();
    grow();
    if (!state.is_initialised && 0 != strcmp(function, "nvmlInit_v2"))
    {
        state.calls_after_shutdown += 1;
    }
    for (size_t i = 0; i < state.faults_count; i++)
    {
        fake_fault_t *const fault = &state.faults[i];
        if (0 != strcmp(fault->function, function))
        {
            continue;
        }
        if (fault->first > 0)
        {
            fault->first -= 1;
        }
        else if (fault->count > 0)
        {
            fault->count -= 1;
            found = fault;
        }
    }
    if (NULL != found && 1 == found->action)
    {
        abort();
    }
    while (NULL != found && 2 == found->action)
    {
        pause();
    }
    if (NULL != found && 3 == found->action)
    {
        struct timespec left = { 0, 400000000L };
        while (0 != nanosleep(&left, &left))
        {
        }
    }
    if (NULL != found && 0 != state.now_ns)
    {
        state.now_ns += found->delay_ns;
    }
    return found;
}

static int result_of(const char *function)
{
    const fake_fault_t *const fault = fault_of(function);
    return NULL != fault && FAKE_ANY_METRIC == fault->metric ? fault->result : 0;
}

static const fake_segment_t *segment_at(uint64_t time_ns)
{
    for (size_t i = 0; i < state.segments_count; i++)
    {
        if (state.segments[i].begin_ns <= time_ns && time_ns < state.segments[i].end_ns)
        {
            return &state.segments[i];
        }
    }
    return NULL;
}

static uint64_t begin_of(uint64_t time_ns)
{
    return 0 != state.reset_ns && time_ns >= state.reset_ns ? state.reset_ns : 0;
}

static void snapshot(snapshot_t *shot, unsigned instance)
{
    const uint64_t time_ns = now_ns();
    const uint64_t since_ns = begin_of(time_ns);
    const uint64_t shifted_ns = time_ns - state.refresh_phase_ns;
    const __uint128_t counted = 0 == since_ns ? (__uint128_t)state.counted_before * FAKE_WHOLE : 0;

    memset(shot, 0, sizeof(*shot));
    shot->instance = instance;
    shot->refreshed_ns = shifted_ns - shifted_ns % state.refresh_ns + state.refresh_phase_ns;
    shot->elapsed = counted + (__uint128_t)(shot->refreshed_ns - since_ns) * state.clock_mhz_min * 1000000;
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        shot->cycles[pipe] = counted * FAKE_WHOLE;
    }
    for (size_t i = 0; INSTANCE_IDLE != instance && i < state.segments_count; i++)
    {
        const fake_segment_t *const segment = &state.segments[i];
        const uint64_t begin_ns = segment->begin_ns > since_ns ? segment->begin_ns : since_ns;
        const uint64_t end_ns = segment->end_ns < shot->refreshed_ns ? segment->end_ns : shot->refreshed_ns;
        const __uint128_t busy_ns = end_ns > begin_ns ? end_ns - begin_ns : 0;
        /* Elapsed cycles run at the idle clock, but for the segments. */
        shot->elapsed += busy_ns * segment->clock_hz - busy_ns * state.clock_mhz_min * 1000000;
        shot->sm_util += busy_ns * segment->clock_hz * segment->sm_util;
        for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
        {
            shot->cycles[pipe] += busy_ns * segment->clock_hz * segment->activity[pipe];
        }
    }
}

static double percent_of(__uint128_t begin, __uint128_t end, __uint128_t elapsed)
{
    /* Single precision, as the driver's. Two samples of one refresh have no time between them. */
    return 0 == elapsed ? 0 : (double)(float)((double)(end - begin) / (double)elapsed / FAKE_WHOLE * 100);
}

static double total_of(__uint128_t cycles)
{
    const __uint128_t count = (2 == state.cumulative ? cycles * state.sm_count : cycles) / 1000000000;
    return (double)(0 != state.wrap_mask ? (uint64_t)count & state.wrap_mask : (uint64_t)count);
}

static void answer(flopmeter_nvml_metric_t *metric, const snapshot_t *begin, const snapshot_t *end)
{
    static const unsigned ratio[] = { 7, 9, 8, 6, 11, 12, 13 };
    static const unsigned active[] = { 252, 253, 251, 254, 258, 259, 260 };
    const __uint128_t elapsed = end->elapsed - begin->elapsed;

    metric->result = FLOPMETER_NVML_INVALID_ARGUMENT;
    if (2 == metric->id)
    {
        metric->result = 0;
        metric->value = percent_of(begin->sm_util, end->sm_util, elapsed);
    }
    if (248 == metric->id && 0 != state.cumulative)
    {
        metric->result = 0;
        metric->value = total_of(end->elapsed);
    }
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        if (ratio[pipe] == metric->id)
        {
            metric->result = 0;
            metric->value = percent_of(begin->cycles[pipe], end->cycles[pipe], elapsed);
        }
        if (active[pipe] == metric->id && 0 != state.cumulative)
        {
            metric->result = 0;
            metric->value = total_of(end->cycles[pipe] / FAKE_WHOLE);
        }
    }
}

EXPORT int nvmlInit_v2(void);
EXPORT int nvmlInit_v2(void)
{
    const int result = result_of("nvmlInit_v2");
    state.is_initialised += 0 == result;
    return result;
}

EXPORT int nvmlShutdown(void);
EXPORT int nvmlShutdown(void)
{
    const int result = result_of("nvmlShutdown");
    state.is_initialised -= state.is_initialised > 0;
    return result;
}

EXPORT int nvmlSystemGetDriverVersion(char *text, unsigned length);
EXPORT int nvmlSystemGetDriverVersion(char *text, unsigned length)
{
    snprintf(text, length, "580.159.04");
    return result_of("nvmlSystemGetDriverVersion");
}

EXPORT int nvmlDeviceGetCount_v2(unsigned *count);
EXPORT int nvmlDeviceGetCount_v2(unsigned *count)
{
    *count = 1;
    return result_of("nvmlDeviceGetCount_v2");
}

EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle);
EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle)
{
    *handle = &device;
    return 0 == index ? result_of("nvmlDeviceGetHandleByIndex_v2") : FLOPMETER_NVML_INVALID_ARGUMENT;
}

EXPORT int nvmlDeviceGetUUID(void *handle, char *text, unsigned length);
EXPORT int nvmlDeviceGetUUID(void *handle, char *text, unsigned length)
{
    if (handle == &device)
    {
        snprintf(text, length, "GPU-11111111-2222-3333-4444-555555555555");
    }
    else
    {
        snprintf(text, length, "MIG-%d1111111-2222-3333-4444-55555555555%u", handle == &instances[0] ? 3 : 5,
            (5 + (handle == &instances[0] ? state.generation : 0)) % 10);
    }
    return result_of("nvmlDeviceGetUUID");
}

EXPORT int nvmlDeviceGetName(void *handle, char *text, unsigned length);
EXPORT int nvmlDeviceGetName(void *handle, char *text, unsigned length)
{
    (void)handle;
    snprintf(text, length, "%s", state.name);
    return result_of("nvmlDeviceGetName");
}

EXPORT int nvmlDeviceGetCudaComputeCapability(void *handle, int *major, int *minor);
EXPORT int nvmlDeviceGetCudaComputeCapability(void *handle, int *major, int *minor)
{
    (void)handle;
    *major = state.major;
    *minor = state.minor;
    return result_of("nvmlDeviceGetCudaComputeCapability");
}

EXPORT int nvmlDeviceGetNumGpuCores(void *handle, unsigned *cores);
EXPORT int nvmlDeviceGetNumGpuCores(void *handle, unsigned *cores)
{
    (void)handle;
    *cores = state.sm_count * 128;
    return result_of("nvmlDeviceGetNumGpuCores");
}

EXPORT int nvmlDeviceGetClockInfo(void *handle, int clock, unsigned *mhz);
EXPORT int nvmlDeviceGetClockInfo(void *handle, int clock, unsigned *mhz)
{
    const fake_segment_t *const segment = segment_at(now_ns());
    (void)handle;
    (void)clock;
    *mhz = NULL != segment ? segment->nominal_mhz : state.clock_mhz_max;
    return result_of("nvmlDeviceGetClockInfo");
}

EXPORT int nvmlDeviceGetMaxClockInfo(void *handle, int clock, unsigned *mhz);
EXPORT int nvmlDeviceGetMaxClockInfo(void *handle, int clock, unsigned *mhz)
{
    (void)handle;
    (void)clock;
    *mhz = state.clock_mhz_max;
    return result_of("nvmlDeviceGetMaxClockInfo");
}

EXPORT int nvmlDeviceGetMinMaxClockOfPState(void *handle, int clock, int pstate, unsigned *low, unsigned *high);
EXPORT int nvmlDeviceGetMinMaxClockOfPState(void *handle, int clock, int pstate, unsigned *low, unsigned *high)
{
    (void)handle;
    (void)clock;
    *low = state.clock_mhz_min;
    *high = state.clock_mhz_max;
    return 0 == pstate ? result_of("nvmlDeviceGetMinMaxClockOfPState") : FLOPMETER_NVML_NOT_SUPPORTED;
}

EXPORT int nvmlGpmQueryDeviceSupport(void *handle, flopmeter_nvml_support_t *support);
EXPORT int nvmlGpmQueryDeviceSupport(void *handle, flopmeter_nvml_support_t *support)
{
    (void)handle;
    const bool is_there = '\0' != state.unsupported_while[0] && 0 != access(state.unsupported_while, F_OK);
    support->is_supported = is_there ? 1 : state.is_supported;
    return 1 != support->version ? FLOPMETER_NVML_ARGUMENT_VERSION_MISMATCH : result_of("nvmlGpmQueryDeviceSupport");
}

EXPORT int nvmlGpmSampleAlloc(void **sample);
EXPORT int nvmlGpmSampleAlloc(void **sample)
{
    const int result = result_of("nvmlGpmSampleAlloc");
    if (0 == result)
    {
        *sample = calloc(1, sizeof(snapshot_t));
        state.samples_open += 1;
    }
    return result;
}

EXPORT int nvmlGpmSampleFree(void *sample);
EXPORT int nvmlGpmSampleFree(void *sample)
{
    free(sample);
    state.samples_open -= 1;
    return result_of("nvmlGpmSampleFree");
}

EXPORT int nvmlGpmSampleGet(void *handle, void *sample);
EXPORT int nvmlGpmSampleGet(void *handle, void *sample)
{
    (void)handle;
    const int result = result_of("nvmlGpmSampleGet");
    if (0 == result)
    {
        snapshot(sample, INSTANCE_ALL);
    }
    return result;
}

EXPORT int nvmlGpmMigSampleGet(void *handle, unsigned instance, void *sample);
EXPORT int nvmlGpmMigSampleGet(void *handle, unsigned instance, void *sample)
{
    (void)handle;
    const int result = result_of("nvmlGpmMigSampleGet");
    if (0 == result)
    {
        snapshot(sample, instance);
    }
    return !is_partitioned() ? FLOPMETER_NVML_INVALID_ARGUMENT : result;
}

EXPORT int nvmlGpmMetricsGet(flopmeter_nvml_metrics_t *metrics);
EXPORT int nvmlGpmMetricsGet(flopmeter_nvml_metrics_t *metrics)
{
    const fake_fault_t *const fault = fault_of("nvmlGpmMetricsGet");

    if (1 != metrics->version)
    {
        return FLOPMETER_NVML_ARGUMENT_VERSION_MISMATCH;
    }
    if (NULL != fault && FAKE_ANY_METRIC == fault->metric && 0 != fault->result)
    {
        return fault->result;
    }
    for (unsigned i = 0; i < metrics->count; i++)
    {
        flopmeter_nvml_metric_t *const metric = &metrics->metric[i];
        answer(metric, metrics->begin, metrics->end);
        if (NULL != fault && fault->metric == metric->id)
        {
            metric->result = fault->metric_result;
            metric->value = fault->value;
        }
    }
    return 0;
}

EXPORT int nvmlDeviceGetMigMode(void *handle, unsigned *current, unsigned *pending);
EXPORT int nvmlDeviceGetMigMode(void *handle, unsigned *current, unsigned *pending)
{
    (void)handle;
    *current = is_partitioned();
    *pending = is_partitioned();
    return result_of("nvmlDeviceGetMigMode");
}

EXPORT int nvmlDeviceGetMaxMigDeviceCount(void *handle, unsigned *count);
EXPORT int nvmlDeviceGetMaxMigDeviceCount(void *handle, unsigned *count)
{
    (void)handle;
    *count = 7;
    return result_of("nvmlDeviceGetMaxMigDeviceCount");
}

EXPORT int nvmlDeviceGetMigDeviceHandleByIndex(void *handle, unsigned index, void **mig);
EXPORT int nvmlDeviceGetMigDeviceHandleByIndex(void *handle, unsigned index, void **mig)
{
    (void)handle;
    *mig = &instances[index & 1];
    return index < 2 && is_partitioned() ? result_of("nvmlDeviceGetMigDeviceHandleByIndex") : FLOPMETER_NVML_NOT_FOUND;
}

EXPORT int nvmlDeviceGetGpuInstanceId(void *mig, unsigned *instance);
EXPORT int nvmlDeviceGetGpuInstanceId(void *mig, unsigned *instance)
{
    *instance = mig == &instances[0] ? INSTANCE_BUSY : INSTANCE_IDLE;
    return result_of("nvmlDeviceGetGpuInstanceId");
}

EXPORT int nvmlDeviceGetAttributes_v2(void *mig, flopmeter_nvml_attributes_t *attributes);
EXPORT int nvmlDeviceGetAttributes_v2(void *mig, flopmeter_nvml_attributes_t *attributes)
{
    const int result = result_of("nvmlDeviceGetAttributes_v2");
    attributes->multiprocessor_count = mig == &instances[0] ? state.compute_sm : 16;
    return result;
}

EXPORT int nvmlDeviceGetGpuInstanceById(void *handle, unsigned instance, void **found);
EXPORT int nvmlDeviceGetGpuInstanceById(void *handle, unsigned instance, void **found)
{
    (void)handle;
    *found = &gpu_instances[INSTANCE_BUSY == instance ? 0 : 1];
    return INSTANCE_BUSY == instance || INSTANCE_IDLE == instance ? result_of("nvmlDeviceGetGpuInstanceById") :
        FLOPMETER_NVML_NOT_FOUND;
}

/* Ids of profiles are not their places. */
EXPORT int nvmlGpuInstanceGetInfo(void *instance, flopmeter_nvml_instance_info_t *info);
EXPORT int nvmlGpuInstanceGetInfo(void *instance, flopmeter_nvml_instance_info_t *info)
{
    info->device = &device;
    info->id = instance == &gpu_instances[0] ? INSTANCE_BUSY : INSTANCE_IDLE;
    info->profile = instance == &gpu_instances[0] ? 9 : 14;
    return result_of("nvmlGpuInstanceGetInfo");
}

EXPORT int nvmlDeviceGetGpuInstanceProfileInfo(void *handle, unsigned place, flopmeter_nvml_profile_t *profile);
EXPORT int nvmlDeviceGetGpuInstanceProfileInfo(void *handle, unsigned place, flopmeter_nvml_profile_t *profile)
{
    static const unsigned ids[] = { 19, 14, 9 };
    const unsigned sizes[] = { 7, 16, state.instance_sm };

    (void)handle;
    if (place >= 3)
    {
        return FLOPMETER_NVML_INVALID_ARGUMENT;
    }
    profile->id = ids[place];
    profile->multiprocessor_count = sizes[place];
    return result_of("nvmlDeviceGetGpuInstanceProfileInfo");
}

/* Who computes may be known only when everybody has been started: then it stands in a file. */
static void look_who_computes(void)
{
    const char *const path = getenv("FAKE_NVML_PID_FILE");
    FILE *const file = NULL != path ? fopen(path, "r") : NULL;

    if (NULL != path)
    {
        state.processes_count = NULL != file && 1 == fscanf(file, "%u", &state.processes[0]) ? 1 : 0;
    }
    if (NULL != file)
    {
        fclose(file);
    }
}

static int list_processes(
    int result, const unsigned *listed, size_t listed_count, unsigned *count, flopmeter_nvml_process_t *processes)
{
    const unsigned room = *count;

    *count = (unsigned)listed_count;
    if (0 != result || room < listed_count)
    {
        return 0 != result ? result : FLOPMETER_NVML_INSUFFICIENT_SIZE;
    }
    const size_t length = 0 != state.process_length ? state.process_length : sizeof(*processes);
    for (unsigned i = 0; i < *count; i++)
    {
        const flopmeter_nvml_process_t process = { listed[i], 1 << 20, 0xFFFFFFFF, 0xFFFFFFFF };
        memset((char *)processes + i * length, 0, length);
        memcpy((char *)processes + i * length, &process, sizeof(process));
    }
    return 0;
}

EXPORT int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *count, flopmeter_nvml_process_t *processes);
EXPORT int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *count, flopmeter_nvml_process_t *processes)
{
    const int result = result_of("nvmlDeviceGetComputeRunningProcesses_v3");
    (void)handle;
    look_who_computes();
    return list_processes(result, state.processes, state.processes_count, count, processes);
}

EXPORT int nvmlDeviceGetGraphicsRunningProcesses_v3(void *handle, unsigned *count, flopmeter_nvml_process_t *processes);
EXPORT int nvmlDeviceGetGraphicsRunningProcesses_v3(void *handle, unsigned *count, flopmeter_nvml_process_t *processes)
{
    (void)handle;
    return list_processes(result_of("nvmlDeviceGetGraphicsRunningProcesses_v3"), state.drawing, state.drawing_count,
        count, processes);
}
