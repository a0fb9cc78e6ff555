/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fake_dcgm_engine.h"

#include <time.h>

#define US (UINT64_C(1000))
#define NS_PER_SEC (1e9)

uint64_t fake_dcgm_now_ns(void)
{
    struct timespec now;

    if (NULL != fake_dcgm_state()->gpu)
    {
        return fake_dcgm_state()->gpu->now_ns;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

int64_t fake_dcgm_wall_us(uint64_t time_ns)
{
    struct timespec wall;

    if (NULL != fake_dcgm_state()->gpu)
    {
        return (int64_t)(time_ns / US) + fake_dcgm_state()->wall_offset_us;
    }
    clock_gettime(CLOCK_REALTIME, &wall);
    return (int64_t)wall.tv_sec * 1000000 + wall.tv_nsec / 1000 - (int64_t)((fake_dcgm_now_ns() - time_ns) / US);
}

static bool is_busy(uint64_t time_ns)
{
    for (size_t i = 0; i < fake_dcgm_state()->gpu->segments_count; i++)
    {
        const fake_segment_t *const segment = &fake_dcgm_state()->gpu->segments[i];
        if (segment->begin_ns < time_ns && time_ns <= segment->end_ns)
        {
            return true;
        }
    }
    return false;
}

/*
 * The driver's sums at its last refresh.
 */
static void take_sample(const watch_t *watch, uint64_t time_ns, sample_t *sample)
{
    memset(sample, 0, sizeof(*sample));
    sample->time_ns = time_ns;
    if (NULL == fake_dcgm_state()->gpu)
    {
        sample->elapsed = (double)time_ns;
        sample->active[FLOPMETER_GPU_HMMA] = (double)time_ns / 2;
        return;
    }
    time_ns -= fake_dcgm_state()->is_adverse && !is_busy(time_ns) ? watch->interval_ns - 5000000 : 0;
    const fake_nvml_t *const gpu = fake_dcgm_state()->gpu;
    const uint64_t refreshed_ns = time_ns - (time_ns - gpu->refresh_phase_ns) % gpu->refresh_ns;
    const double idle_hz = fake_dcgm_state()->gpu->clock_mhz_min * 1e6;
    sample->elapsed = (double)refreshed_ns * idle_hz;
    for (size_t i = 0; i < fake_dcgm_state()->gpu->segments_count; i++)
    {
        const fake_segment_t *const segment = &fake_dcgm_state()->gpu->segments[i];
        const uint64_t end_ns = segment->end_ns < refreshed_ns ? segment->end_ns : refreshed_ns;
        const double busy_ns = end_ns > segment->begin_ns ? (double)(end_ns - segment->begin_ns) : 0;
        sample->elapsed += busy_ns * ((double)segment->clock_hz - idle_hz);
        /* As in fake_nvml.c all work is on the first instance. */
        for (int pipe = 0; FAKE_DCGM_INSTANCE_FIRST_ID + 1 != watch->entity && pipe < FLOPMETER_GPU_PIPES; pipe++)
        {
            sample->active[pipe] += busy_ns * (double)segment->clock_hz * segment->activity[pipe] / FAKE_WHOLE;
        }
    }
}

static double active_of(const sample_t *sample, unsigned short field)
{
    switch (field)
    {
        case FLOPMETER_DCGM_FIELD_HMMA:
            return sample->active[FLOPMETER_GPU_HMMA];
        case FLOPMETER_DCGM_FIELD_IMMA:
            return sample->active[FLOPMETER_GPU_IMMA];
        case FLOPMETER_DCGM_FIELD_DFMA:
            return sample->active[FLOPMETER_GPU_DFMA];
        case FLOPMETER_DCGM_FIELD_TENSOR:
            return sample->active[FLOPMETER_GPU_HMMA] + sample->active[FLOPMETER_GPU_IMMA] +
                sample->active[FLOPMETER_GPU_DFMA] + sample->active[FLOPMETER_GPU_DMMA];
        case FLOPMETER_DCGM_FIELD_FP64:
            return sample->active[FLOPMETER_GPU_FP64];
        case FLOPMETER_DCGM_FIELD_FP32:
            return sample->active[FLOPMETER_GPU_FP32];
        default:
            return sample->active[FLOPMETER_GPU_FP16];
    }
}

/*
 * The newest sample that is an interval older than the last one, as the engine looks for its baseline. NULL = none.
 */
static const sample_t *baseline_of(const watch_t *watch)
{
    const uint64_t until_ns = watch->samples[watch->samples_count - 1].time_ns - watch->interval_ns;

    for (size_t i = watch->samples_count; i > 0; i--)
    {
        if (watch->samples[i - 1].time_ns <= until_ns)
        {
            return &watch->samples[i - 1];
        }
    }
    return NULL;
}

static const fake_lie_t *lie_of(unsigned short field, uint64_t time_ns)
{
    for (size_t i = 0; i < fake_dcgm_state()->lies_count; i++)
    {
        const fake_lie_t *const lie = &fake_dcgm_state()->lies[i];
        if (lie->begin_ns <= time_ns && time_ns < lie->end_ns && (0 == lie->field || field == lie->field))
        {
            return lie;
        }
    }
    return NULL;
}

/*
 * What the engine takes for the difference of two readings of a counter that first runs over after `first` cycles.
 */
static double raw_difference(double begin, double end, uint64_t first)
{
    const unsigned bits = fake_dcgm_state()->wrap_bits;

    if (0 == bits || 0 == first)
    {
        return (end - begin) / NS_PER_SEC;
    }
    const uint64_t range = UINT64_C(1) << bits;
    const uint64_t from = ((uint64_t)(begin / NS_PER_SEC) + range - first % range) % range;
    const uint64_t to = ((uint64_t)(end / NS_PER_SEC) + range - first % range) % range;
    const double naive = to >= from ? (double)(to - from) : -(double)(from - to);
    switch (fake_dcgm_state()->wrap)
    {
        case FAKE_WRAP_SIGNED:
            return naive;
        case FAKE_WRAP_UNSIGNED:
            return (double)(to - from);
        case FAKE_WRAP_CLAMPED:
            return naive > 0 ? naive : 0;
        default:
            return (double)((to + range - from) % range);
    }
}

static void make_value(watch_t *watch, unsigned short field, uint64_t time_ns)
{
    const sample_t *const end = &watch->samples[watch->samples_count - 1];
    const sample_t *const begin = baseline_of(watch);
    const fake_lie_t *const lie = lie_of(field, time_ns);
    if (watch->values_count == sizeof(watch->values) / sizeof(watch->values[0]))
    {
        memmove(watch->made_us, watch->made_us + VALUES_MAX, sizeof(watch->made_us[0]) * VALUES_MAX * 7);
        memmove(watch->values, watch->values + VALUES_MAX, sizeof(watch->values[0]) * VALUES_MAX * 7);
        watch->values_count -= VALUES_MAX;
    }
    watch->made_us[watch->values_count] = fake_dcgm_wall_us(time_ns);
    flopmeter_dcgm_value_t *const value = &watch->values[watch->values_count++];

    memset(value, 0, sizeof(*value));
    value->version = FLOPMETER_DCGM_VERSION(flopmeter_dcgm_value_t, 1);
    value->field = field;
    value->type = FLOPMETER_DCGM_TYPE_DOUBLE;
    value->time_us = fake_dcgm_wall_us(time_ns);
    if (FLOPMETER_DCGM_FIELD_SM_CLOCK == field)
    {
        value->type = FLOPMETER_DCGM_TYPE_INT64;
        value->content.i64 = FLOPMETER_DCGM_INT64_BLANK;
        for (size_t i = 0; NULL != fake_dcgm_state()->gpu && i < fake_dcgm_state()->gpu->segments_count; i++)
        {
            const fake_segment_t *const segment = &fake_dcgm_state()->gpu->segments[i];
            value->content.i64 = segment->begin_ns <= time_ns && time_ns < segment->end_ns ?
                segment->nominal_mhz : value->content.i64;
        }
        return;
    }
    const fake_dcgm_t *const engine = fake_dcgm_state();
    const double elapsed = NULL != begin ? raw_difference(begin->elapsed, end->elapsed, engine->wrap_elapsed) : 0;
    const double active = NULL != begin ?
        raw_difference(active_of(begin, field), active_of(end, field), engine->wrap_active) : 0;
    value->content.dbl = elapsed > 0 || elapsed < 0 ? (double)(float)(active / elapsed) :
        NULL != begin ? 0 : FLOPMETER_DCGM_FP64_BLANK;
    if (field == fake_dcgm_state()->unknown_field)
    {
        value->content.dbl = FLOPMETER_DCGM_FP64_BLANK + 2;
    }
    if (NULL != lie)
    {
        value->status = lie->status;
        value->type = 0 != lie->type ? (unsigned short)lie->type : value->type;
        value->content.dbl = lie->is_replaced ? lie->value : value->content.dbl;
        value->time_us += lie->late_us;
    }
}

static uint64_t jitter_ns(void)
{
    fake_dcgm_state()->seed = fake_dcgm_state()->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return 0 == fake_dcgm_state()->jitter_ns ? 0 : (fake_dcgm_state()->seed >> 33) % fake_dcgm_state()->jitter_ns;
}

static void step(watch_t *watch, uint64_t time_ns)
{
    const sample_t *const last = watch->samples_count > 0 ? &watch->samples[watch->samples_count - 1] : NULL;
    size_t kept = 0;

    /* What is older than three intervals is thrown away. */
    while (kept < watch->samples_count && watch->samples[kept].time_ns + 3 * watch->interval_ns < time_ns)
    {
        kept++;
    }
    if (NULL == last || time_ns - last->time_ns >= watch->interval_ns)
    {
        sample_t sample;
        if (fake_dcgm_state()->is_short && kept == watch->samples_count)
        {
            kept -= kept > 0;
        }
        if (fake_dcgm_state()->is_short && NULL != last)
        {
            take_sample(watch, time_ns - watch->interval_ns, &watch->samples[watch->samples_count - 1]);
        }
        take_sample(watch, time_ns, &sample);
        memmove(watch->samples, watch->samples + kept, (watch->samples_count - kept) * sizeof(sample));
        watch->samples_count -= kept;
        watch->samples[watch->samples_count++] = sample;
    }
    for (size_t i = 0; i < watch->ids_count; i++)
    {
        make_value(watch, watch->ids[i], time_ns);
    }
}

static uint64_t end_of_stall(uint64_t time_ns)
{
    for (size_t i = 0; i < fake_dcgm_state()->stalls_count; i++)
    {
        if (fake_dcgm_state()->stalls[i].begin_ns <= time_ns && time_ns < fake_dcgm_state()->stalls[i].end_ns)
        {
            return fake_dcgm_state()->stalls[i].end_ns;
        }
    }
    return time_ns;
}

/*
 * Whatever the engine did until now.
 */
void fake_dcgm_go_on(watch_t *watch)
{
    const uint64_t until_ns = fake_dcgm_now_ns();

    while (watch->is_watched && watch->due_ns <= until_ns)
    {
        const uint64_t time_ns = end_of_stall(watch->due_ns);
        if (time_ns > until_ns)
        {
            return;
        }
        step(watch, time_ns);
        watch->due_ns = time_ns + watch->interval_ns + jitter_ns();
    }
}
