/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * PM sampling made of a script: while it is started each device keeps a sample per interval of what it did, in a buffer
 * that keeps the oldest. With FAKE_PM in the environment it is a card in real time, for processes (fake_pm_process()).
 */

#include "fake_cuda_inner.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Functions of NVIDIA's, which have no declaration here but those that the library under test has. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#define CAPACITY_MAX (8192)
#define MAGIC (UINT64_C(0x504D504D504D504D))

/* Ticks per 10 ns: time stamps are no nanoseconds. */
#define TICKS(ns) ((ns) * 13 / 10)

typedef struct sample_stct
{
    uint64_t begin_ns;
    uint64_t end_ns;
    uint64_t cycles[FAKE_METRICS_MAX];
}
sample_t;

typedef struct sampler_stct
{
    bool is_enabled;
    bool is_configured;
    bool is_started;
    bool is_overflown;
    size_t samples_max;
    uint64_t due_ns;
    uint64_t last_ns;                     /* end of the last sample that was made */
    uint64_t at_last[FAKE_METRICS_MAX];
    size_t first;
    size_t count;
    sample_t samples[CAPACITY_MAX];
    sample_t told;                        /* the last one that was decoded */
}
sampler_t;

typedef struct image_stct
{
    uint64_t magic;
    size_t samples_max;
    size_t count;
    sample_t samples[];
}
image_t;

static const char *const large_chip[] = {
    "TPC.TriageCompute.sm__pipe_tensor_cycles_active_realtime", "TPC.TriageCompute.sm__cycles_active",
    "TPC.TriageCompute.sm__pipe_tensor_op_hmma_cycles_active_realtime",
    "TPC.TriageCompute.sm__pipe_tensor_op_imma_cycles_active_realtime",
    "TPC.TriageCompute.sm__pipe_fp64_cycles_active_realtime", "TPC.TriageCompute.sm__inst_executed_pipe_fma_realtime",
    "SM_C.TriageCompute.smsp__pipe_tensor_op_dmma_cycles_active", "sm__ops_path_tensor_src_fp16"
};

static fake_pm_t pm;
static sampler_t samplers[FAKE_DEVICES_MAX];

EXPORT fake_pm_t *fake_pm(void)
{
    return &pm;
}

EXPORT int fake_pm_enabled(void)
{
    int count = 0;

    for (int i = 0; i < FAKE_DEVICES_MAX; i++)
    {
        count += samplers[i].is_enabled ? 1 : 0;
    }
    return count;
}

EXPORT void fake_pm_reset(void)
{
    memset(&pm, 0, sizeof(pm));
    memset(samplers, 0, sizeof(samplers));
    pm.capacity = 4000;
    pm.is_card_of_nvml = true;
    fake.metrics_count = sizeof(large_chip) / sizeof(large_chip[0]);
    memset(fake.metrics, 0, sizeof(fake.metrics));
    memcpy(fake.metrics, large_chip, sizeof(large_chip));
    fake.pass_max = FAKE_METRICS_MAX;
}

/* ---- Time ---- */

uint64_t fake_pm_step(uint64_t ns)
{
    for (int i = 0; i < FAKE_DEVICES_MAX; i++)
    {
        const uint64_t left_ns = samplers[i].due_ns - fake.now_ns;
        ns = samplers[i].is_started && left_ns < ns ? left_ns : ns;
    }
    return ns;
}

static void make_sample(sampler_t *sampler, const fake_device_t *device)
{
    const bool is_lost = pm.lost > 0;
    const bool is_full = sampler->count == pm.capacity;
    sample_t *const sample = &sampler->samples[(sampler->first + sampler->count) % CAPACITY_MAX];

    sampler->is_overflown = sampler->is_overflown || is_full;
    if (is_lost || is_full)
    {
        pm.lost -= is_lost ? 1 : 0;
        pm.lost_ns += FAKE_PM_NS;
        sampler->last_ns = is_lost && pm.is_loss_hidden ? sampler->last_ns : fake.now_ns;
        memcpy(sampler->at_last, device->done, sizeof(sampler->at_last));
        return;
    }
    sample->begin_ns = sampler->last_ns;
    sample->end_ns = fake.now_ns;
    if (pm.is_odd_time)
    {
        sample->end_ns = sample->begin_ns - FAKE_PM_NS / 2;
        pm.is_odd_time = false;
    }
    for (size_t i = 0; i < fake.metrics_count; i++)
    {
        sample->cycles[i] = device->done[i] - sampler->at_last[i];
    }
    sampler->last_ns = fake.now_ns;
    memcpy(sampler->at_last, device->done, sizeof(sampler->at_last));
    sampler->count += 1;
}

void fake_pm_due(void)
{
    for (int i = 0; i < FAKE_DEVICES_MAX; i++)
    {
        if (samplers[i].is_started && samplers[i].due_ns == fake.now_ns)
        {
            make_sample(&samplers[i], &fake.devices[i]);
            samplers[i].due_ns += FAKE_PM_NS;
        }
    }
}

static uint64_t real_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void catch_up(void)
{
    const uint64_t now_ns = real_ns();

    if (fake.is_real_clock && now_ns > fake.now_ns)
    {
        fake_work(now_ns - fake.now_ns);
    }
}

/* ---- Functions ---- */

EXPORT int cuInit(unsigned flags)
{
    (void)flags;
    const int result = fake_enter(FAKE_CALL_INIT, 0, 0);
    return 0 != result ? result : fake_leave();
}

static sampler_t *sampler_of(const void *object, const char *what)
{
    for (int i = 0; i < FAKE_DEVICES_MAX; i++)
    {
        if (object == &samplers[i] && samplers[i].is_enabled)
        {
            return &samplers[i];
        }
    }
    fake_misuse(what);
    return &samplers[0];
}

static int leave(int result)
{
    fake_leave();
    return result;
}

EXPORT int cuptiPmSamplingGetCounterAvailability(flopmeter_cupti_pm_availability_t *params)
{
    ENTER(FAKE_CALL_PM_AVAILABILITY, params, flopmeter_cupti_pm_availability_t, image);
    params->image_length = 8;
    return fake_leave();
}

EXPORT int cuptiPmSamplingEnable(flopmeter_cupti_pm_enable_t *params)
{
    ENTER(FAKE_CALL_PM_ENABLE, params, flopmeter_cupti_pm_enable_t, sampler);
    catch_up();
    sampler_t *const sampler = &samplers[params->device];
    if (sampler->is_enabled || pm.is_taken)
    {
        return leave(7);
    }
    memset(sampler, 0, sizeof(*sampler));
    sampler->is_enabled = true;
    params->sampler = sampler;
    return fake_leave();
}

EXPORT int cuptiPmSamplingDisable(flopmeter_cupti_pm_t *params)
{
    ENTER(FAKE_CALL_PM_DISABLE, params, flopmeter_cupti_pm_t, sampler);
    sampler_t *const sampler = sampler_of(params->sampler, "disable without enable");
    sampler->is_enabled = false;
    sampler->is_started = false;
    return fake_leave();
}

EXPORT int cuptiPmSamplingSetConfig(flopmeter_cupti_pm_config_t *params)
{
    ENTER(FAKE_CALL_PM_CONFIG, params, flopmeter_cupti_pm_config_t, append);
    sampler_t *const sampler = sampler_of(params->sampler, "config without enable");
    const char *const chip = fake.devices[sampler - samplers].chip;
    if (FLOPMETER_CUPTI_KEEP_OLDEST != params->append || 0 == params->interval || 0 == params->buffer_length)
    {
        fake_misuse("samples may be lost without a word");
    }
    if (FLOPMETER_CUPTI_TRIGGER_TIME == params->trigger && (0 == strcmp("GA100", chip) || 0 == strncmp("TU", chip, 2)))
    {
        return leave(1);
    }
    sampler->is_configured = true;
    return fake_leave();
}

EXPORT int cuptiPmSamplingStart(flopmeter_cupti_pm_t *params)
{
    ENTER(FAKE_CALL_PM_START, params, flopmeter_cupti_pm_t, sampler);
    sampler_t *const sampler = sampler_of(params->sampler, "start without enable");
    if (sampler->is_started || !sampler->is_configured)
    {
        fake_misuse("start twice, or without config");
    }
    catch_up();
    sampler->is_started = true;
    sampler->is_overflown = false;
    sampler->count = 0;
    sampler->last_ns = fake.now_ns;
    sampler->due_ns = fake.now_ns + FAKE_PM_NS;
    memcpy(sampler->at_last, fake.devices[sampler - samplers].done, sizeof(sampler->at_last));
    return fake_leave();
}

EXPORT int cuptiPmSamplingStop(flopmeter_cupti_pm_t *params)
{
    ENTER(FAKE_CALL_PM_STOP, params, flopmeter_cupti_pm_t, sampler);
    sampler_t *const sampler = sampler_of(params->sampler, "stop without enable");
    if (!sampler->is_started)
    {
        fake_misuse("stop without start");
    }
    sampler->is_started = false;
    return fake_leave();
}

EXPORT int cuptiPmSamplingGetCounterDataSize(flopmeter_cupti_pm_image_length_t *params)
{
    ENTER(FAKE_CALL_PM_IMAGE_LENGTH, params, flopmeter_cupti_pm_image_length_t, image_length);
    sampler_t *const sampler = sampler_of(params->sampler, "image length without enable");
    sampler->samples_max = params->samples_max;
    params->image_length = sizeof(image_t) + params->samples_max * sizeof(sample_t);
    return fake_leave();
}

EXPORT int cuptiPmSamplingCounterDataImageInitialize(flopmeter_cupti_pm_image_init_t *params)
{
    ENTER(FAKE_CALL_PM_IMAGE_INIT, params, flopmeter_cupti_pm_image_init_t, image);
    sampler_t *const sampler = sampler_of(params->sampler, "image without enable");
    image_t image = { .magic = MAGIC, .samples_max = sampler->samples_max };
    if (params->image_length < sizeof(image) + sampler->samples_max * sizeof(sample_t))
    {
        fake_misuse("an image that is too short");
    }
    memcpy(params->image, &image, sizeof(image));
    return fake_leave();
}

static void decode(sampler_t *sampler, image_t *image, int *stop_reason)
{
    if (pm.is_repeating && image->count < image->samples_max)
    {
        image->samples[image->count++] = sampler->told;
        pm.is_repeating = false;
    }
    while (sampler->count > 0 && sampler->samples[sampler->first].end_ns + pm.late_ns <= fake.now_ns &&
        image->count < image->samples_max)
    {
        sampler->told = sampler->samples[sampler->first];
        image->samples[image->count++] = sampler->told;
        sampler->first = (sampler->first + 1) % CAPACITY_MAX;
        sampler->count -= 1;
    }
    *stop_reason = pm.is_stuck || image->count == image->samples_max ? FLOPMETER_CUPTI_DECODE_FULL :
        FLOPMETER_CUPTI_DECODE_END;
}

EXPORT int cuptiPmSamplingDecodeData(flopmeter_cupti_pm_decode_t *params)
{
    ENTER(FAKE_CALL_PM_DECODE, params, flopmeter_cupti_pm_decode_t, is_overflow);
    sampler_t *const sampler = sampler_of(params->sampler, "decode without enable");
    image_t *const image = (image_t *)(void *)params->image;
    catch_up();
    if (MAGIC != image->magic || 0 != image->count)
    {
        fake_misuse("decode into an image that was not initialized");
    }
    decode(sampler, image, &params->stop_reason);
    params->is_overflow = sampler->is_overflown && !pm.is_overflow_error ? 1 : 0;
    return leave(sampler->is_overflown && pm.is_overflow_error ? 8 : 0);
}

EXPORT int cuptiPmSamplingGetCounterDataInfo(flopmeter_cupti_pm_image_info_t *params)
{
    ENTER(FAKE_CALL_PM_INFO, params, flopmeter_cupti_pm_image_info_t, completed);
    const image_t *const image = (const image_t *)(const void *)params->image;
    params->samples = image->samples_max;
    params->populated = image->count;
    params->completed = 0 != pm.samples_claimed ? pm.samples_claimed : image->count;
    return fake_leave();
}

EXPORT int cuptiPmSamplingCounterDataGetSampleInfo(flopmeter_cupti_pm_sample_t *params)
{
    ENTER(FAKE_CALL_PM_SAMPLE, params, flopmeter_cupti_pm_sample_t, end);
    const image_t *const image = (const image_t *)(const void *)params->image;
    if (params->index >= image->count)
    {
        fake_misuse("a sample that is not there");
        return leave(1);
    }
    params->begin = TICKS(image->samples[params->index].begin_ns);
    params->end = TICKS(image->samples[params->index].end_ns);
    return fake_leave();
}

bool fake_pm_is_image(const uint8_t *image)
{
    uint64_t magic = 0;

    memcpy(&magic, image, sizeof(magic));
    return MAGIC == magic;
}

int fake_pm_evaluate(flopmeter_cupti_evaluate_t *params)
{
    const image_t *const image = (const image_t *)(const void *)params->image;

    for (size_t i = 0; i < params->count; i++)
    {
        const int metric = fake_metric_of(params->names[i]);
        if (params->range >= image->count || metric < 0)
        {
            fake_misuse("a value that is not there");
            return leave(1);
        }
        params->values[i] = (double)image->samples[params->range].cycles[metric];
    }
    if (pm.odd_samples > 0)
    {
        pm.odd_samples -= 1;
        params->values[0] = pm.odd_value;
    }
    return fake_leave();
}

/* ---- A card for a process ---- */

static void end_process(fake_call_t call)
{
    /* Not the first decoding: something is to be in the lane. */
    if (fake.calls[call] >= 2)
    {
        _exit(9);
    }
}

static void never_return(fake_call_t call)
{
    while (fake.calls[call] >= 2)
    {
        pause();
    }
}

/* FAKE_PM=busy: a card that works; =exit, =hang: and its third decoding does that. */
__attribute__((constructor)) static void fake_pm_process(void)
{
    const char *const wish = getenv("FAKE_PM");

    if (NULL == wish)
    {
        return;
    }
    fake_cuda_reset("GH100");
    fake_pm_reset();
    fake.is_real_clock = true;
    fake.now_ns = real_ns();
    fake.devices[0].flop_per_ns[0] = 100;
    fake.devices[0].flop_per_ns[1] = 100;
    fake.devices[0].flop_per_ns[2] = 100;
    fake.hook_call = FAKE_CALL_PM_DECODE;
    fake.hook = 0 == strcmp("exit", wish) ? end_process : 0 == strcmp("hang", wish) ? never_return : NULL;
}
