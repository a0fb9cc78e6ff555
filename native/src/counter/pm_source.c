/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pm_source.h"

#include "gpm.h"
#include "gpu_account.h"
#include "pm_card.h"
#include "pm_sampler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS (UINT64_C(1000000))
#define NS_PER_SEC (UINT64_C(1000000000))
#define PPM_WHOLE (UINT64_C(1000000))
/* Tensor cycles read 9 to 12 % high under load on an H200, and not at all high in a single kernel: 0008, section 3. */
#define TENSOR_LOWER_PPM (UINT64_C(850000))
/* Pipes are four to an SM. */
#define PARTS (4)
/* Samples come a little after their time. More than this is a loss. */
#define LATE_NS (100 * MS)
/* Two clocks drift apart by less than a thousandth. */
#define DRIFT (1000)
#define RETRY_NS (60 * NS_PER_SEC)
#define RETRY_NS_MAX (3600 * NS_PER_SEC)
#define NEVER_NS (UINT64_MAX)

struct flopmeter_counter_stct
{
    flopmeter_gpm_device_t device;
    char name[FLOPMETER_GPM_UUID_LENGTH];
    flopmeter_pm_sampler_t sampler;            /* object NULL = closed: a gap is open */
    flopmeter_gpu_account_t account;
    uint64_t started_ns;                       /* the sampler */
    uint64_t samples;                          /* since then */
    uint64_t let_pass_ns;                      /* time since then that no sample covers and that is in the upper end */
    uint64_t read_ns;                          /* the last reading began */
    uint64_t covered_ns;                       /* upper ends are whole up to here */
    uint64_t retry_at_ns;
    uint64_t retry_ns;
    bool is_paused;
    flopmeter_counter_state_t state;
};

static uint64_t now_of(void)
{
    return flopmeter_gpm_host()->now_ns();
}

static uint64_t later_of(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

/* ---- Booking ---- */

static void note_gap(
    flopmeter_counter_t *counter, uint64_t end_ns, uint64_t length_ns, flopmeter_counter_state_t reason)
{
    flopmeter_gpu_account_gap(&counter->account, end_ns - length_ns, end_ns, reason);
}

/* Every pipe may have been busy for so long. */
static void book_unknown(flopmeter_counter_t *counter, uint64_t duration_ns)
{
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES && duration_ns > 0; pipe++)
    {
        flopmeter_gpu_account_unknown(
            &counter->account, &counter->device, (flopmeter_gpu_pipe_t)pipe, duration_ns);
    }
}

/* Time up to `until_ns` that no sample covers and that is not in the upper end yet. */
static uint64_t unseen_ns(const flopmeter_counter_t *counter, uint64_t until_ns)
{
    const uint64_t accounted_ns = counter->samples * FLOPMETER_PM_INTERVAL_NS + counter->let_pass_ns;

    if (NULL == counter->sampler.object)
    {
        return until_ns - counter->covered_ns;
    }
    if (!counter->sampler.is_timed)
    {
        return until_ns - counter->read_ns;
    }
    return until_ns - counter->started_ns > accounted_ns ? until_ns - counter->started_ns - accounted_ns : 0;
}

static void cover(flopmeter_counter_t *counter, uint64_t until_ns)
{
    counter->covered_ns = later_of(counter->covered_ns, until_ns);
    counter->read_ns = later_of(counter->read_ns, until_ns);
}

static void begin_count(flopmeter_counter_t *counter, uint64_t started_ns)
{
    counter->started_ns = started_ns;
    counter->samples = 0;
    counter->let_pass_ns = 0;
    cover(counter, started_ns);
}

/* Nothing is known up to `until_ns` from where samples end. */
static void book_gap(
    flopmeter_counter_t *counter, uint64_t until_ns, uint64_t length_ns, flopmeter_counter_state_t reason)
{
    if (length_ns > 0)
    {
        book_unknown(counter, length_ns);
        note_gap(counter, until_ns, length_ns, reason);
    }
    cover(counter, until_ns);
}

static flopmeter_gpu_range_t scaled(
    const flopmeter_counter_t *counter, const flopmeter_pm_batch_t *batch, flopmeter_pm_kind_t kind)
{
    const bool is_tensor = FLOPMETER_PM_FP64 != kind && FLOPMETER_PM_FMA != kind;
    const flopmeter_gpu_chip_t *const chip = counter->device.chip;
    const flopmeter_u128_t sum = batch->lower[kind];
    /* That a count is of a quarter of the SM was measured on one chip; elsewhere it may be of the SM. */
    const uint64_t parts = chip->is_measured ? PARTS : 1;
    const uint64_t lower_ppm = is_tensor ? TENSOR_LOWER_PPM : PPM_WHOLE;
    const uint64_t point_ppm = is_tensor ? later_of(chip->tensor_clock_ppm, TENSOR_LOWER_PPM) : PPM_WHOLE;

    return (flopmeter_gpu_range_t){
        (uint64_t)(sum * lower_ppm / PPM_WHOLE / PARTS), (uint64_t)(sum * point_ppm / PPM_WHOLE / PARTS),
        (batch->upper[kind] + parts - 1) / parts
    };
}

/* The metric of the pipe's own, and the smallest that contains it. */
static const struct
{
    flopmeter_pm_kind_t own;                /* KINDS = none */
    flopmeter_pm_kind_t around;
    bool is_usual;                          /* what `around` counts is usually this pipe's: it has the point */
}
sources[FLOPMETER_GPU_PIPES] = {
    [FLOPMETER_GPU_HMMA] = { FLOPMETER_PM_HMMA, FLOPMETER_PM_TENSOR, true },
    [FLOPMETER_GPU_IMMA] = { FLOPMETER_PM_IMMA, FLOPMETER_PM_TENSOR, false },
    [FLOPMETER_GPU_DMMA] = { FLOPMETER_PM_DMMA, FLOPMETER_PM_TENSOR, false },
    [FLOPMETER_GPU_DFMA] = { FLOPMETER_PM_KINDS, FLOPMETER_PM_TENSOR, false },
    [FLOPMETER_GPU_FP64] = { FLOPMETER_PM_FP64, FLOPMETER_PM_ACTIVE, false },
    [FLOPMETER_GPU_FP32] = { FLOPMETER_PM_FMA, FLOPMETER_PM_ACTIVE, false },
    [FLOPMETER_GPU_FP16] = { FLOPMETER_PM_KINDS, FLOPMETER_PM_ACTIVE, false },
};

static bool is_read(const flopmeter_counter_t *counter, const flopmeter_pm_batch_t *batch, flopmeter_pm_kind_t kind)
{
    return FLOPMETER_PM_KINDS != kind && !batch->is_odd[kind] && flopmeter_pm_sampler_has(&counter->sampler, kind);
}

static void book_pipe(
    flopmeter_counter_t *counter, const flopmeter_pm_batch_t *batch, flopmeter_gpu_pipe_t pipe, uint64_t duration_ns)
{
    flopmeter_gpu_range_t cycles = { 0, 0, 0 };

    if (is_read(counter, batch, sources[pipe].own))
    {
        cycles = scaled(counter, batch, sources[pipe].own);
    }
    else if (FLOPMETER_PM_TENSOR == sources[pipe].around && is_read(counter, batch, FLOPMETER_PM_TENSOR))
    {
        cycles = scaled(counter, batch, FLOPMETER_PM_TENSOR);
        cycles.lower = 0;
        cycles.point = sources[pipe].is_usual ? cycles.point : 0;
    }
    else if (is_read(counter, batch, FLOPMETER_PM_ACTIVE))
    {
        cycles.upper = batch->upper[FLOPMETER_PM_ACTIVE];
    }
    else
    {
        flopmeter_gpu_account_unknown(&counter->account, &counter->device, pipe, duration_ns);
        return;
    }
    flopmeter_gpu_add_cycles(&counter->account.cycles[pipe], &cycles);
}

/* More than every part of every SM can have done in the time of the samples is no count. */
static void look_for_odd(const flopmeter_counter_t *counter, flopmeter_pm_batch_t *batch, uint64_t duration_ns)
{
    const uint64_t sampled_ns = counter->sampler.is_timed ? batch->samples * FLOPMETER_PM_INTERVAL_NS : duration_ns;
    const flopmeter_u128_t most = (flopmeter_u128_t)(sampled_ns + sampled_ns / 4 + LATE_NS) *
        counter->device.clock_hz_max / NS_PER_SEC * counter->device.sm_count_most * PARTS;

    for (int kind = 0; kind < FLOPMETER_PM_KINDS; kind++)
    {
        batch->is_odd[kind] = batch->is_odd[kind] || (0 != most && batch->upper[kind] > most);
    }
}

static bool has_odd(const flopmeter_counter_t *counter, const flopmeter_pm_batch_t *batch)
{
    for (size_t i = 0; i < counter->sampler.set.count; i++)
    {
        if (batch->is_odd[counter->sampler.set.kinds[i]])
        {
            return true;
        }
    }
    return false;
}

/* Time between samples, in ns: by what the samples' own time is in the same ticks. */
static uint64_t missing_ns(const flopmeter_counter_t *counter, const flopmeter_pm_batch_t *batch, uint64_t duration_ns)
{
    const uint64_t sampled_ns = counter->sampler.is_timed ? batch->samples * FLOPMETER_PM_INTERVAL_NS : duration_ns;
    const flopmeter_u128_t ticks = batch->covered_ticks;

    if (0 == batch->missing_ticks)
    {
        return 0;
    }
    const flopmeter_u128_t ns =
        0 == ticks ? duration_ns : ((flopmeter_u128_t)batch->missing_ticks * sampled_ns + ticks - 1) / ticks;
    return ns < duration_ns ? (uint64_t)ns : duration_ns;
}

static void book_batch(flopmeter_counter_t *counter, flopmeter_pm_batch_t *batch, uint64_t before_ns)
{
    const uint64_t duration_ns = before_ns - counter->read_ns;
    const uint64_t between_ns = missing_ns(counter, batch, duration_ns);

    look_for_odd(counter, batch, duration_ns);
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        book_pipe(counter, batch, (flopmeter_gpu_pipe_t)pipe, duration_ns);
    }
    if (has_odd(counter, batch) && duration_ns > 0)
    {
        note_gap(counter, before_ns, duration_ns, FLOPMETER_COUNTER_FAILED);
    }
    counter->samples += batch->samples;
    book_unknown(counter, between_ns);
    counter->let_pass_ns += between_ns;
    if (between_ns >= FLOPMETER_PM_INTERVAL_NS)
    {
        note_gap(counter, before_ns, between_ns, FLOPMETER_COUNTER_FAILED);
    }
}

/*
 * Time that is not covered yet, for the samples come late, is in the upper end already now. Of what was let pass a
 * thousandth of the time is taken back at most where samples cover more than time: one of the clocks goes slow.
 */
static uint64_t let_pass(flopmeter_counter_t *counter, uint64_t before_ns)
{
    const uint64_t unseen = unseen_ns(counter, before_ns);

    if (!counter->sampler.is_timed)
    {
        cover(counter, before_ns > LATE_NS ? before_ns - LATE_NS : 0);
        counter->read_ns = before_ns;
        return 0;
    }
    if (unseen > 0)
    {
        book_unknown(counter, unseen);
        counter->let_pass_ns += unseen;
    }
    else
    {
        const uint64_t elapsed_ns = before_ns - counter->started_ns;
        const uint64_t accounted_ns = counter->samples * FLOPMETER_PM_INTERVAL_NS + counter->let_pass_ns;
        const uint64_t drift_ns = (before_ns - counter->read_ns) / DRIFT;
        const uint64_t excess_ns = accounted_ns - elapsed_ns;
        const uint64_t back_ns = excess_ns < drift_ns ? excess_ns : drift_ns;
        counter->let_pass_ns -= back_ns < counter->let_pass_ns ? back_ns : counter->let_pass_ns;
    }
    cover(counter, before_ns);
    return unseen;
}

/* ---- The life of a counter ---- */

static void give_up(flopmeter_counter_t *counter, flopmeter_counter_state_t state)
{
    const uint64_t now_ns = now_of();
    const uint64_t length_ns = unseen_ns(counter, now_ns);

    counter->state = FLOPMETER_COUNTER_AVAILABLE == state ? FLOPMETER_COUNTER_FAILED : state;
    flopmeter_pm_sampler_close(&counter->sampler);
    book_gap(counter, now_ns, length_ns, counter->state);
    const bool is_final = FLOPMETER_COUNTER_ABSENT == state || FLOPMETER_COUNTER_WRONG_DRIVER == state;
    counter->retry_at_ns = is_final ? NEVER_NS : now_ns + counter->retry_ns;
    counter->retry_ns = counter->retry_ns < RETRY_NS_MAX / 2 ? counter->retry_ns * 2 : RETRY_NS_MAX;
}

/* After a loss: what is in the buffer now is of a time that is unknown in any case. */
static void begin_anew(flopmeter_counter_t *counter)
{
    const int result = flopmeter_pm_sampler_restart(&counter->sampler);
    const uint64_t now_ns = now_of();

    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        give_up(counter, flopmeter_cuda_state_of(result));
        return;
    }
    book_gap(counter, now_ns, unseen_ns(counter, now_ns), FLOPMETER_COUNTER_FAILED);
    begin_count(counter, now_ns);
}

static int start(flopmeter_counter_t *counter, flopmeter_counter_probe_t *probe)
{
    size_t ordinal = 0;

    const flopmeter_cuda_api_t *const api = flopmeter_pm_card_find(&counter->device, &ordinal, probe);
    if (NULL == api)
    {
        return -1;
    }
    const int result = flopmeter_pm_sampler_open(&counter->sampler, api, ordinal);
    return FLOPMETER_CUPTI_SUCCESS == result ? 0 : flopmeter_pm_card_explain(probe, result);
}

static void restart(flopmeter_counter_t *counter)
{
    flopmeter_counter_probe_t probe;
    const uint64_t before_ns = now_of();

    memset(&probe, 0, sizeof(probe));
    if (before_ns < counter->retry_at_ns)
    {
        book_gap(counter, before_ns, before_ns - counter->covered_ns, counter->state);
        return;
    }
    if (0 != start(counter, &probe))
    {
        give_up(counter, probe.state);
        return;
    }
    const uint64_t now_ns = now_of();
    book_gap(counter, now_ns, now_ns - counter->covered_ns, counter->state);
    begin_count(counter, now_ns);
    counter->state = FLOPMETER_COUNTER_AVAILABLE;
}

static void advance(flopmeter_counter_t *counter)
{
    flopmeter_pm_batch_t batch;
    const uint64_t before_ns = now_of();
    const int result = flopmeter_pm_sampler_read(&counter->sampler, &batch);

    book_batch(counter, &batch, before_ns);
    if (FLOPMETER_CUPTI_SUCCESS != result)
    {
        give_up(counter, flopmeter_cuda_state_of(result));
        return;
    }
    if (batch.is_overflow)
    {
        begin_anew(counter);
        return;
    }
    const uint64_t late_ns = let_pass(counter, before_ns);
    counter->state = FLOPMETER_COUNTER_AVAILABLE;
    counter->retry_ns = RETRY_NS;
    if (late_ns > LATE_NS)
    {
        /* They won't come any more. It is in the upper end, and now it is told. */
        note_gap(counter, before_ns, late_ns, FLOPMETER_COUNTER_FAILED);
        begin_anew(counter);
    }
}

static void pm_read(flopmeter_counter_t *counter, flopmeter_counter_reading_t *reading)
{
    if (counter->is_paused)
    {
        const uint64_t now_ns = now_of();
        counter->state = FLOPMETER_COUNTER_PAUSED;
        book_gap(counter, now_ns, now_ns - counter->covered_ns, FLOPMETER_COUNTER_PAUSED);
    }
    else if (NULL == counter->sampler.object)
    {
        restart(counter);
    }
    else
    {
        advance(counter);
    }
    flopmeter_gpu_account_report(&counter->account, counter->device.chip, reading);
    reading->state = counter->state;
    memcpy(reading->device, counter->name, sizeof(reading->device) - 1);
    reading->end_ns = counter->covered_ns;
}

static void pm_close(flopmeter_counter_t *counter)
{
    flopmeter_pm_sampler_close(&counter->sampler);
    flopmeter_gpm_device_close(&counter->device);
    free(counter);
}

static flopmeter_counter_t *pm_open(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *probe)
{
    memset(probe, 0, sizeof(*probe));
    if (FLOPMETER_PM_NEVER == flopmeter_pm_wish())
    {
        (void)flopmeter_pm_card_refuse(probe, FLOPMETER_COUNTER_ABSENT, "PM sampling was not asked for",
            "flopmeter run --executed=pm: it takes the profiling hardware while COMMAND runs");
        return NULL;
    }
    flopmeter_counter_t *const counter = calloc(1, sizeof(*counter));
    if (NULL == counter)
    {
        (void)flopmeter_pm_card_refuse(probe, FLOPMETER_COUNTER_FAILED, "out of memory", "");
        return NULL;
    }
    if (0 != flopmeter_gpm_device_open_any(&counter->device, flopmeter_gpm_host(), target->device, probe))
    {
        free(counter);
        return NULL;
    }
    if (0 != start(counter, probe))
    {
        pm_close(counter);
        return NULL;
    }
    memcpy(counter->name, counter->device.uuid, sizeof(counter->name));
    snprintf(probe->detail, sizeof(probe->detail), "%.60s (%s, %s rates) through PM sampling, %zu metrics in one pass",
        counter->device.name, counter->device.chip->name, counter->device.chip->is_measured ? "measured" : "unverified",
        counter->sampler.set.count);
    counter->retry_ns = RETRY_NS;
    counter->account.begin_ns = now_of();
    begin_count(counter, counter->account.begin_ns);
    return counter;
}

static void pm_probe(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *probe)
{
    flopmeter_counter_t *const counter = pm_open(target, probe);

    if (NULL != counter)
    {
        pm_close(counter);
    }
}

/* What was sampled since the last reading is lost: a gap. */
static void pm_pause(flopmeter_counter_t *counter)
{
    counter->is_paused = true;
    flopmeter_pm_sampler_close(&counter->sampler);
}

static void pm_resume(flopmeter_counter_t *counter)
{
    if (counter->is_paused)
    {
        counter->is_paused = false;
        counter->state = FLOPMETER_COUNTER_PAUSED;
        counter->retry_at_ns = 0;
        restart(counter);
    }
}

const flopmeter_gpm_device_t *flopmeter_pm_device(const flopmeter_counter_t *counter)
{
    return &counter->device;
}

uint64_t flopmeter_pm_begun_at(const flopmeter_counter_t *counter)
{
    return counter->account.begin_ns;
}

void flopmeter_pm_begin_at(flopmeter_counter_t *counter, uint64_t begin_ns)
{
    const uint64_t since_ns = counter->account.begin_ns;

    if (begin_ns < since_ns)
    {
        counter->account.begin_ns = begin_ns;
        book_gap(counter, since_ns, since_ns - begin_ns, FLOPMETER_COUNTER_ABSENT);
    }
}

bool flopmeter_pm_collapse(
    const flopmeter_counter_t *counter,
    flopmeter_gpu_pipe_t pipe,
    unsigned units,
    flopmeter_precision_t precision,
    flopmeter_counter_figure_t *figure)
{
    return flopmeter_gpu_account_collapse(
        &counter->account, counter->device.chip, pipe, units, precision, figure);
}

const flopmeter_counter_source_t flopmeter_pm_source = {
    .name = "pm",
    .source = FLOPMETER_SOURCE_CUDA,
    .basis = FLOPMETER_DERIVED,
    .probe = pm_probe,
    .open = pm_open,
    .read = pm_read,
    .pause = pm_pause,
    .resume = pm_resume,
    .close = pm_close,
};
