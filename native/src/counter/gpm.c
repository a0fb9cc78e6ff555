/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "gpm.h"

#include "gpm_metric.h"
#include "gpu_account.h"

#include <stdlib.h>
#include <string.h>

struct flopmeter_counter_stct
{
    flopmeter_gpm_device_t device;
    char name[FLOPMETER_GPM_UUID_LENGTH];          /* to find the device again after it was lost */
    flopmeter_nvml_sample_t base;                  /* NULL = none: a gap is open */
    flopmeter_nvml_sample_t spare;
    uint64_t base_ns_before;                       /* the call that took it began */
    uint64_t base_ns_after;                        /* and ended */
    uint64_t base_clock_hz;
    flopmeter_gpm_totals_t base_totals;
    flopmeter_gpm_seen_t seen;
    flopmeter_nvml_metrics_t metrics;
    flopmeter_gpu_account_t account;
    uint64_t covered_ns;                           /* upper ends are whole up to here */
    bool is_paused;
    flopmeter_counter_state_t state;
    uint64_t intervals_cumulative;
    uint64_t intervals_ratio;
};

static const flopmeter_nvml_host_t *host_in_use = &flopmeter_nvml_system;

void flopmeter_gpm_use_host(const flopmeter_nvml_host_t *host)
{
    host_in_use = NULL != host ? host : &flopmeter_nvml_system;
}

const flopmeter_nvml_host_t *flopmeter_gpm_host(void)
{
    return host_in_use;
}

static uint64_t now_ns(const flopmeter_counter_t *counter)
{
    return counter->device.host->now_ns();
}

/*
 * Nothing is known from where the figures are whole up to `until_ns`: every pipe may have been busy all the time, on as
 * many SM as there were before or are now. What is read next is of those that are there now.
 */
static void book_gap(flopmeter_counter_t *counter, uint64_t until_ns, flopmeter_counter_state_t reason)
{
    flopmeter_gpm_device_renew(&counter->device);
    if (until_ns <= counter->covered_ns)
    {
        return;
    }
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        flopmeter_gpu_account_unknown(
            &counter->account, &counter->device, (flopmeter_gpu_pipe_t)pipe, until_ns - counter->covered_ns);
    }
    flopmeter_gpu_account_gap(&counter->account, counter->covered_ns, until_ns, reason);
    counter->covered_ns = until_ns;
}

static void free_samples(flopmeter_counter_t *counter)
{
    const flopmeter_nvml_t *const nvml = &counter->device.nvml;

    if (NULL != nvml->library && NULL != counter->base)
    {
        (void)nvml->nvmlGpmSampleFree(counter->base);
    }
    if (NULL != nvml->library && NULL != counter->spare)
    {
        (void)nvml->nvmlGpmSampleFree(counter->spare);
    }
    counter->base = NULL;
    counter->spare = NULL;
}

/*
 * Take the first sample of an unbroken piece. On failure there is none.
 */
static flopmeter_nvml_return_t start(flopmeter_counter_t *counter)
{
    const flopmeter_nvml_t *const nvml = &counter->device.nvml;
    flopmeter_nvml_return_t result;

    free_samples(counter);
    result = nvml->nvmlGpmSampleAlloc(&counter->base);
    counter->base = FLOPMETER_NVML_SUCCESS == result ? counter->base : NULL;
    if (FLOPMETER_NVML_SUCCESS == result)
    {
        result = nvml->nvmlGpmSampleAlloc(&counter->spare);
        counter->spare = FLOPMETER_NVML_SUCCESS == result ? counter->spare : NULL;
    }
    if (FLOPMETER_NVML_SUCCESS == result)
    {
        counter->base_ns_before = now_ns(counter);
        result = flopmeter_gpm_device_sample(&counter->device, counter->base);
        counter->base_ns_after = now_ns(counter);
    }
    if (FLOPMETER_NVML_SUCCESS != result)
    {
        free_samples(counter);
        return result;
    }
    counter->base_clock_hz = flopmeter_gpm_device_clock_hz(&counter->device);
    flopmeter_gpm_metric_first(nvml, counter->base, &counter->metrics, &counter->base_totals);
    flopmeter_gpm_metric_begin(
        &counter->seen, flopmeter_gpm_device_clock_hz_most(&counter->device), &counter->base_totals);
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        flopmeter_gpu_break(&counter->account.cycles[pipe]);
    }
    return result;
}

/*
 * The reading failed: what was since the figures were whole is unknown. A lost GPU is looked for anew by the next one.
 */
static void fail(flopmeter_counter_t *counter, flopmeter_nvml_return_t result)
{
    counter->state = flopmeter_nvml_state(result);
    counter->state = FLOPMETER_COUNTER_AVAILABLE == counter->state ? FLOPMETER_COUNTER_FAILED : counter->state;
    free_samples(counter);
    if (FLOPMETER_NVML_GPU_IS_LOST == result || FLOPMETER_NVML_RESET_REQUIRED == result ||
        FLOPMETER_NVML_UNINITIALIZED == result)
    {
        flopmeter_gpm_device_lose(&counter->device);
    }
    book_gap(counter, now_ns(counter), counter->state);
}

static void restart(flopmeter_counter_t *counter)
{
    flopmeter_counter_probe_t probe;
    flopmeter_gpm_device_t found;

    if (NULL == counter->device.nvml.library)
    {
        if (0 != flopmeter_gpm_device_open(&found, counter->device.host, counter->name, &probe))
        {
            counter->state = probe.state;
            book_gap(counter, now_ns(counter), counter->state);
            return;
        }
        flopmeter_gpm_device_replace(&counter->device, &found);
        counter->seen.is_sum = false;
    }
    const flopmeter_counter_state_t reason = counter->state;
    const flopmeter_nvml_return_t result = start(counter);
    if (FLOPMETER_NVML_SUCCESS != result)
    {
        fail(counter, result);
        return;
    }
    book_gap(counter, counter->base_ns_after,
        FLOPMETER_COUNTER_AVAILABLE == reason ? FLOPMETER_COUNTER_FAILED : reason);
    counter->state = FLOPMETER_COUNTER_AVAILABLE;
}

static uint64_t lower_of(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

static uint64_t upper_of(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

static void measure_interval(
    const flopmeter_counter_t *counter,
    uint64_t before_ns,
    uint64_t after_ns,
    uint64_t clock_hz,
    flopmeter_gpu_interval_t *interval)
{
    const flopmeter_gpm_device_t *const device = &counter->device;
    const uint64_t first_hz = 0 != counter->base_clock_hz ? counter->base_clock_hz : clock_hz;
    const uint64_t last_hz = 0 != clock_hz ? clock_hz : first_hz;

    interval->dt_ns_lower = before_ns > counter->base_ns_after ? before_ns - counter->base_ns_after : 0;
    interval->dt_ns_upper = after_ns - counter->base_ns_before;
    interval->refresh_ns = device->chip->refresh_ns;
    interval->sm_count = device->sm_count;
    interval->clock_hz.upper = upper_of(device->clock_hz_max, upper_of(first_hz, last_hz));
    interval->clock_hz.point = 0 != last_hz ? first_hz + (last_hz - first_hz) / 2 : device->clock_hz_max;
    if (0 != last_hz && last_hz < first_hz)
    {
        interval->clock_hz.point = last_hz + (first_hz - last_hz) / 2;
    }
    interval->clock_hz.lower = 0 != last_hz ?
        lower_of(device->clock_hz_min, lower_of(first_hz, last_hz)) : device->clock_hz_min;
}

/*
 * One interval of one pipe: from its cumulative id where that holds, else from the ratio, else nothing is known of it.
 */
static bool book_pipe(
    flopmeter_counter_t *counter,
    flopmeter_gpu_pipe_t pipe,
    const flopmeter_gpu_interval_t *interval,
    const flopmeter_gpm_totals_t *totals)
{
    const bool is_tensor = FLOPMETER_GPU_HMMA == pipe || FLOPMETER_GPU_IMMA == pipe;
    flopmeter_gpu_range_t active;

    if (flopmeter_gpm_metric_cycles(
        &counter->metrics, pipe, interval, &counter->seen, &counter->base_totals, totals, &active))
    {
        flopmeter_gpu_break(&counter->account.cycles[pipe]);
        flopmeter_gpu_add_cycles(&counter->account.cycles[pipe], &active);
        counter->intervals_cumulative += 1;
        return true;
    }
    if (flopmeter_gpm_metric_activity(&counter->metrics, pipe, &active))
    {
        counter->account.is_unbounded =
            counter->account.is_unbounded || (0 == counter->device.clock_hz_max && active.upper > 0);
        flopmeter_gpu_add_activity(&counter->account.cycles[pipe], interval,
            is_tensor ? counter->device.chip->tensor_clock_ppm : 1000000, &active);
        counter->intervals_ratio += 1;
        return true;
    }
    flopmeter_gpu_account_unknown(
        &counter->account, &counter->device, pipe, interval->dt_ns_upper + interval->refresh_ns);
    return flopmeter_gpm_metric_is_missing(&counter->metrics, pipe);
}

static void take_interval(
    flopmeter_counter_t *counter,
    uint64_t before_ns,
    uint64_t after_ns,
    const flopmeter_gpm_totals_t *totals)
{
    const uint64_t clock_hz = flopmeter_gpm_device_clock_hz(&counter->device);
    const flopmeter_nvml_sample_t old = counter->base;
    const uint64_t covered_ns =
        before_ns > counter->device.chip->refresh_ns ? before_ns - counter->device.chip->refresh_ns : 0;
    flopmeter_gpu_interval_t interval;
    bool is_whole = true;

    measure_interval(counter, before_ns, after_ns, clock_hz, &interval);
    flopmeter_gpm_metric_see(&counter->seen, totals);
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        is_whole = book_pipe(counter, (flopmeter_gpu_pipe_t)pipe, &interval, totals) && is_whole;
    }
    if (!is_whole)
    {
        /* A figure that is no figure: `upper` has that pipe's peak, and the reading says so. */
        flopmeter_gpu_account_gap(&counter->account, counter->covered_ns, after_ns, FLOPMETER_COUNTER_FAILED);
    }
    counter->base = counter->spare;
    counter->spare = old;
    counter->base_ns_before = before_ns;
    counter->base_ns_after = after_ns;
    counter->base_clock_hz = clock_hz;
    counter->base_totals = *totals;
    counter->covered_ns = upper_of(counter->covered_ns, covered_ns);
}

/*
 * Reset or wrapped: what the counters had reached before is lost. Begin anew; all until the new first sample is a gap.
 */
static void begin_anew(flopmeter_counter_t *counter)
{
    const flopmeter_nvml_return_t started = start(counter);

    if (FLOPMETER_NVML_SUCCESS != started)
    {
        fail(counter, started);
        return;
    }
    book_gap(counter, counter->base_ns_after, FLOPMETER_COUNTER_FAILED);
}

static void advance(flopmeter_counter_t *counter)
{
    const uint64_t before_ns = now_ns(counter);
    flopmeter_nvml_return_t result = flopmeter_gpm_device_sample(&counter->device, counter->spare);
    const uint64_t after_ns = now_ns(counter);
    flopmeter_gpm_totals_t totals;

    if (FLOPMETER_NVML_SUCCESS == result)
    {
        result = flopmeter_gpm_metric_get(
            &counter->device.nvml, counter->base, counter->spare, &counter->metrics, &totals);
    }
    if (FLOPMETER_NVML_SUCCESS != result)
    {
        fail(counter, result);
        return;
    }
    counter->state = FLOPMETER_COUNTER_AVAILABLE;
    if (flopmeter_gpm_metric_is_reset(&counter->base_totals, &totals))
    {
        begin_anew(counter);
        return;
    }
    if (after_ns - counter->base_ns_before < 2 * (uint64_t)counter->device.chip->refresh_ns &&
        flopmeter_gpm_metric_is_stale(&counter->metrics, &counter->base_totals, &totals))
    {
        /* Both samples are of one refresh: this is no sample of idleness. The old one stays, the interval grows. */
        return;
    }
    take_interval(counter, before_ns, after_ns, &totals);
}

static void report(const flopmeter_counter_t *counter, flopmeter_counter_reading_t *reading)
{
    flopmeter_gpu_account_report(&counter->account, counter->device.chip, reading);
    reading->state = counter->state;
    memcpy(reading->device, counter->name, sizeof(reading->device) - 1);
    reading->end_ns = counter->covered_ns;
}

static void gpm_read(flopmeter_counter_t *counter, flopmeter_counter_reading_t *reading)
{
    if (counter->is_paused)
    {
        counter->state = FLOPMETER_COUNTER_PAUSED;
        book_gap(counter, now_ns(counter), FLOPMETER_COUNTER_PAUSED);
    }
    else if (NULL == counter->base)
    {
        restart(counter);
    }
    else
    {
        advance(counter);
    }
    report(counter, reading);
}

static void gpm_probe(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *probe)
{
    flopmeter_gpm_device_t device;

    memset(probe, 0, sizeof(*probe));
    if (0 == flopmeter_gpm_device_open(&device, host_in_use, target->device, probe))
    {
        flopmeter_gpm_device_close(&device);
    }
}

static void gpm_close(flopmeter_counter_t *counter)
{
    free_samples(counter);
    flopmeter_gpm_device_close(&counter->device);
    free(counter);
}

static flopmeter_counter_t *gpm_open(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *probe)
{
    flopmeter_counter_t *const counter = calloc(1, sizeof(*counter));

    memset(probe, 0, sizeof(*probe));
    if (NULL == counter)
    {
        probe->state = FLOPMETER_COUNTER_FAILED;
        memcpy(probe->detail, "out of memory", sizeof("out of memory"));
        return NULL;
    }
    if (0 != flopmeter_gpm_device_open(&counter->device, host_in_use, target->device, probe))
    {
        free(counter);
        return NULL;
    }
    const char *const name = NULL != target->device ? target->device : "0";
    memcpy(counter->name, counter->device.uuid, sizeof(counter->name));
    if ('\0' == counter->name[0] && strlen(name) < sizeof(counter->name))
    {
        memcpy(counter->name, name, strlen(name) + 1);
    }
    const flopmeter_nvml_return_t result = start(counter);
    if (FLOPMETER_NVML_SUCCESS != result)
    {
        flopmeter_nvml_explain(probe, "nvmlGpmSampleGet", result);
        gpm_close(counter);
        return NULL;
    }
    counter->account.begin_ns = counter->base_ns_before;
    counter->covered_ns = counter->base_ns_before;
    flopmeter_gpu_account_before(
        &counter->account, &counter->device, counter->device.chip->refresh_ns, counter->base_clock_hz);
    return counter;
}

static void gpm_pause(flopmeter_counter_t *counter)
{
    counter->is_paused = true;
    counter->state = FLOPMETER_COUNTER_PAUSED;
    free_samples(counter);
}

static void gpm_resume(flopmeter_counter_t *counter)
{
    if (counter->is_paused)
    {
        counter->is_paused = false;
        restart(counter);
    }
}

const flopmeter_gpm_device_t *flopmeter_gpm_device(const flopmeter_counter_t *counter)
{
    return &counter->device;
}

bool flopmeter_gpm_collapse(
    const flopmeter_counter_t *counter,
    flopmeter_gpu_pipe_t pipe,
    unsigned units,
    flopmeter_precision_t precision,
    flopmeter_counter_figure_t *figure)
{
    return flopmeter_gpu_account_collapse(
        &counter->account, counter->device.chip, pipe, units, precision, figure);
}

uint64_t flopmeter_gpm_begun_at(const flopmeter_counter_t *counter)
{
    return counter->account.begin_ns;
}

void flopmeter_gpm_begin_at(flopmeter_counter_t *counter, uint64_t begin_ns)
{
    if (begin_ns < counter->account.begin_ns)
    {
        /* What the first sample is older by is no less another's: nobody looked who was there. */
        counter->account.begin_ns = begin_ns;
        counter->covered_ns = begin_ns;
        book_gap(counter, counter->base_ns_after, FLOPMETER_COUNTER_ABSENT);
    }
}

void flopmeter_gpm_modes(const flopmeter_counter_t *counter, uint64_t *cumulative, uint64_t *ratio)
{
    *cumulative = counter->intervals_cumulative;
    *ratio = counter->intervals_ratio;
}

const flopmeter_counter_source_t flopmeter_gpm_source = {
    .name = "gpm",
    .source = FLOPMETER_SOURCE_CUDA,
    .basis = FLOPMETER_DERIVED,
    .probe = gpm_probe,
    .open = gpm_open,
    .read = gpm_read,
    .pause = gpm_pause,
    .resume = gpm_resume,
    .close = gpm_close,
};
