/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "dcgm_source.h"

#include "dcgm_link.h"
#include "dcgm_value.h"
#include "gpm.h"
#include "gpu_account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS (UINT64_C(1000000))
#define INTERVAL_NS (FLOPMETER_DCGM_INTERVAL_US * UINT64_C(1000))
/* A value is of the whole time since the one before when that is not longer; the engine is not punctual. */
#define WHOLE_NS_MAX (300 * MS)
/* From here on samples were lost. */
#define LOST_NS (600 * MS)
/* A value this soon after the last one is that one once more: times are converted anew at each call. */
#define REPEAT_NS (MS)
#define FUTURE_US_MAX (100000)
/* The two clocks may drift apart by so much, and by a thousandth of the time; more is a step of the wall clock. */
#define STEP_US_MAX (5000)
/* The engine has no baseline before its second sample. */
#define FIRST_NS (1000 * MS)
#define HZ_PER_MHZ (UINT64_C(1000000))
#define CLOCK_MHZ_MAX (10000)
#define PPM_WHOLE (1000000)

typedef struct pipe_stct
{
    unsigned short field;      /* where its values come from, 0 = from nowhere */
    uint64_t last_ns;          /* of the last value, or up to where it is unknown */
    uint64_t covered_ns;       /* its upper end is whole up to here */
}
pipe_t;

struct flopmeter_counter_stct
{
    const flopmeter_dcgm_host_t *host;
    flopmeter_gpm_device_t device;
    char name[FLOPMETER_GPM_UUID_LENGTH];      /* to find the device again after it was lost */
    flopmeter_dcgm_watch_t watch;
    pipe_t pipes[FLOPMETER_GPU_PIPES];
    flopmeter_gpu_account_t account;
    uint64_t watched_ns;                       /* since when */
    uint64_t read_ns;                          /* the last time */
    int64_t offset_us;                         /* wall clock - monotonic clock then */
    int64_t floor_us;                          /* a value of an earlier wall-clock time has had its turn */
    bool is_stepped;                           /* the wall clock was set since */
    bool is_field_lost;                        /* in this reading */
    uint64_t clock_hz;                         /* as the engine said last, 0 = it didn't */
    flopmeter_counter_state_t problem;         /* of this reading */
    flopmeter_counter_state_t state;
    uint64_t covered_ns;
    bool is_paused;
};

static const unsigned short own_fields[FLOPMETER_GPU_PIPES] = {
    [FLOPMETER_GPU_HMMA] = FLOPMETER_DCGM_FIELD_HMMA, [FLOPMETER_GPU_IMMA] = FLOPMETER_DCGM_FIELD_IMMA,
    [FLOPMETER_GPU_DFMA] = FLOPMETER_DCGM_FIELD_DFMA, [FLOPMETER_GPU_FP64] = FLOPMETER_DCGM_FIELD_FP64,
    [FLOPMETER_GPU_FP32] = FLOPMETER_DCGM_FIELD_FP32, [FLOPMETER_GPU_FP16] = FLOPMETER_DCGM_FIELD_FP16,
};

static const flopmeter_dcgm_host_t *host_in_use;

void flopmeter_dcgm_use_host(const flopmeter_dcgm_host_t *host)
{
    host_in_use = host;
}

const char *flopmeter_dcgm_address(void)
{
    const char *const address = secure_getenv("FLOPMETER_DCGM");

    return NULL != address && '\0' != address[0] ? address : NULL;
}

/*
 * Whoever chose none gets the system's.
 */
static const flopmeter_dcgm_host_t *current_host(void)
{
    static flopmeter_dcgm_host_t own;

    if (NULL != host_in_use)
    {
        return host_in_use;
    }
    own = flopmeter_dcgm_system;
    own.address = flopmeter_dcgm_address();
    return &own;
}

static bool is_tensor(int pipe)
{
    return FLOPMETER_GPU_HMMA == pipe || FLOPMETER_GPU_IMMA == pipe || FLOPMETER_GPU_DMMA == pipe ||
        FLOPMETER_GPU_DFMA == pipe;
}

static uint64_t slack_ns(const flopmeter_counter_t *counter)
{
    return INTERVAL_NS + counter->device.chip->refresh_ns;
}

static uint64_t later_of(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

/* ---- Booking ---- */

/*
 * Nothing is known of one pipe up to `until_ns`.
 */
static void book_unknown(flopmeter_counter_t *counter, int pipe, uint64_t until_ns)
{
    pipe_t *const track = &counter->pipes[pipe];

    if (until_ns > track->last_ns)
    {
        flopmeter_gpu_account_unknown(
            &counter->account, &counter->device, (flopmeter_gpu_pipe_t)pipe, until_ns - track->last_ns);
        track->last_ns = until_ns;
        track->covered_ns = later_of(track->covered_ns, until_ns);
    }
}

static void note_gap(
    flopmeter_counter_t *counter, uint64_t begin_ns, uint64_t end_ns, flopmeter_counter_state_t reason)
{
    counter->problem = reason;
    if (end_ns > begin_ns)
    {
        flopmeter_gpu_account_gap(&counter->account, begin_ns, end_ns, reason);
    }
}

/*
 * Nothing is known of any pipe up to `until_ns`, nor whether the instance is the one that it was.
 */
static void book_gap(flopmeter_counter_t *counter, uint64_t until_ns, flopmeter_counter_state_t reason)
{
    uint64_t begin_ns = until_ns;

    flopmeter_gpm_device_renew(&counter->device);
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        begin_ns = counter->pipes[pipe].last_ns < begin_ns ? counter->pipes[pipe].last_ns : begin_ns;
        book_unknown(counter, pipe, until_ns);
    }
    note_gap(counter, begin_ns, until_ns, reason);
}

/*
 * What a value of "any tensor pipe" says of this one: it is the most that this one can have been busy.
 */
static void make_range(const flopmeter_counter_t *counter, int pipe, flopmeter_gpu_range_t *activity)
{
    if (FLOPMETER_DCGM_FIELD_TENSOR == counter->pipes[pipe].field)
    {
        activity->lower = 0;
        activity->point = FLOPMETER_GPU_HMMA == pipe ? activity->point : 0;
    }
}

static void book_activity(
    flopmeter_counter_t *counter, int pipe, uint64_t time_ns, const flopmeter_gpu_range_t *given)
{
    const flopmeter_gpm_device_t *const device = &counter->device;
    pipe_t *const track = &counter->pipes[pipe];
    const uint64_t dt_ns = time_ns - track->last_ns;
    const uint64_t known_ns = dt_ns <= WHOLE_NS_MAX ? dt_ns : INTERVAL_NS;
    const uint64_t clock_hz = counter->clock_hz;
    flopmeter_gpu_range_t activity = *given;
    flopmeter_gpu_interval_t interval = { known_ns, known_ns, slack_ns(counter), { 0, 0, 0 }, device->sm_count };

    make_range(counter, pipe, &activity);
    if (dt_ns > LOST_NS)
    {
        note_gap(counter, track->last_ns, time_ns - known_ns, FLOPMETER_COUNTER_FAILED);
    }
    book_unknown(counter, pipe, time_ns - known_ns);
    interval.clock_hz.upper = later_of(device->clock_hz_max, clock_hz);
    interval.clock_hz.point = 0 != clock_hz ? clock_hz : device->clock_hz_max;
    interval.clock_hz.lower = 0 != clock_hz && clock_hz < device->clock_hz_min ? clock_hz : device->clock_hz_min;
    counter->account.is_unbounded =
        counter->account.is_unbounded || (0 == device->clock_hz_max && activity.upper > 0);
    flopmeter_gpu_add_activity(&counter->account.cycles[pipe], &interval,
        FLOPMETER_GPU_HMMA == pipe || FLOPMETER_GPU_IMMA == pipe ? device->chip->tensor_clock_ppm : PPM_WHOLE,
        &activity);
    track->last_ns = time_ns;
    track->covered_ns =
        later_of(track->covered_ns, time_ns > slack_ns(counter) ? time_ns - slack_ns(counter) : 0);
}

/* ---- Values ---- */

static void choose_fields(flopmeter_counter_t *counter)
{
    const bool has_tensor = flopmeter_dcgm_watch_has(&counter->watch, FLOPMETER_DCGM_FIELD_TENSOR);

    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        const unsigned short own = own_fields[pipe];
        counter->pipes[pipe].field = 0 != own && flopmeter_dcgm_watch_has(&counter->watch, own) ? own :
            is_tensor(pipe) && has_tensor ? FLOPMETER_DCGM_FIELD_TENSOR : 0;
    }
}

/*
 * The chip has no such field. The tensor pipes still have the one of all of them.
 */
static void lose_field(flopmeter_counter_t *counter, unsigned short field)
{
    counter->is_field_lost = true;
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        if (field == counter->pipes[pipe].field)
        {
            counter->pipes[pipe].field = FLOPMETER_DCGM_FIELD_TENSOR != field && is_tensor(pipe) &&
                flopmeter_dcgm_watch_has(&counter->watch, FLOPMETER_DCGM_FIELD_TENSOR) ?
                FLOPMETER_DCGM_FIELD_TENSOR : 0;
        }
    }
}

static void take_clock(flopmeter_counter_t *counter, const flopmeter_dcgm_value_t *value)
{
    const int64_t mhz = value->content.i64;

    if (FLOPMETER_DCGM_OK == value->status && FLOPMETER_DCGM_TYPE_INT64 == value->type && mhz > 0 &&
        mhz <= CLOCK_MHZ_MAX)
    {
        counter->clock_hz = (uint64_t)mhz * HZ_PER_MHZ;
    }
}

static void take_value(flopmeter_counter_t *counter, const flopmeter_dcgm_value_t *value, uint64_t time_ns)
{
    flopmeter_gpu_range_t activity;
    flopmeter_counter_state_t state;
    const flopmeter_dcgm_kind_t kind = flopmeter_dcgm_judge(value, &activity, &state);

    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        pipe_t *const track = &counter->pipes[pipe];
        if (value->field != track->field || time_ns <= track->last_ns + REPEAT_NS)
        {
            continue;
        }
        if (FLOPMETER_DCGM_VALUE_ACTIVITY == kind)
        {
            book_activity(counter, pipe, time_ns, &activity);
            continue;
        }
        if (FLOPMETER_DCGM_VALUE_NONE == kind &&
            (FLOPMETER_COUNTER_TAKEN != state || time_ns > counter->watched_ns + FIRST_NS))
        {
            /* After a silence a blank is no pause: the engine has no baseline any more. */
            note_gap(counter, track->last_ns, time_ns, FLOPMETER_COUNTER_TAKEN == state &&
                time_ns - track->last_ns > LOST_NS ? FLOPMETER_COUNTER_FAILED : state);
        }
        book_unknown(counter, pipe, time_ns);
    }
    if (FLOPMETER_DCGM_VALUE_NO_FIELD == kind)
    {
        lose_field(counter, value->field);
    }
}

/*
 * Times are the wall clock's, and that may be set at any time: only its distance from now is used.
 */
static int take(int entity_group, unsigned entity, flopmeter_dcgm_value_t *values, int count, void *context)
{
    flopmeter_counter_t *const counter = context;
    const uint64_t now_ns = counter->host->now_ns();
    const int64_t wall_us = counter->host->wall_us();

    if (counter->is_stepped || entity_group != counter->watch.entity_group || entity != counter->watch.entity)
    {
        return 0;
    }
    for (int i = 0; i < count; i++)
    {
        if (values[i].time_us > wall_us + FUTURE_US_MAX)
        {
            counter->problem = FLOPMETER_COUNTER_FAILED;
            continue;
        }
        if (values[i].time_us <= counter->floor_us)
        {
            continue;
        }
        const uint64_t age_ns = values[i].time_us >= wall_us ? 0 : (uint64_t)(wall_us - values[i].time_us) * 1000;
        if (FLOPMETER_DCGM_FIELD_SM_CLOCK == values[i].field)
        {
            take_clock(counter, &values[i]);
        }
        else if (age_ns < now_ns)
        {
            take_value(counter, &values[i], now_ns - age_ns);
        }
    }
    return 0;
}

/* ---- The life of a counter ---- */

/*
 * Has the wall clock been set since the last call? Then the age of a value that was made before can't be told.
 */
static bool look_at_clocks(flopmeter_counter_t *counter)
{
    const uint64_t now_ns = counter->host->now_ns();
    const int64_t offset_us = counter->host->wall_us() - (int64_t)(now_ns / 1000);
    const int64_t moved_us = offset_us - counter->offset_us;
    const int64_t allowed_us = STEP_US_MAX + (int64_t)((now_ns - counter->read_ns) / 1000000);
    const bool is_stepped = moved_us > allowed_us || moved_us < -allowed_us;
    /* Set back, the clock comes to times once more, and the engine shows its old values of those again. */
    const int64_t floor_us = (int64_t)((is_stepped ? now_ns : counter->read_ns) / 1000) + counter->offset_us;

    counter->floor_us = floor_us > counter->floor_us ? floor_us : counter->floor_us;
    counter->read_ns = now_ns;
    counter->offset_us = offset_us;
    return is_stepped;
}

static int start(flopmeter_counter_t *counter, flopmeter_counter_probe_t *probe)
{
    if (0 != flopmeter_dcgm_watch_open(&counter->watch, counter->host, &counter->device, probe))
    {
        return -1;
    }
    counter->watched_ns = counter->host->now_ns();
    (void)look_at_clocks(counter);
    if (counter->offset_us + (int64_t)(counter->read_ns / 1000) > counter->floor_us)
    {
        counter->floor_us = counter->offset_us + (int64_t)(counter->read_ns / 1000);
    }
    counter->clock_hz = flopmeter_gpm_device_clock_hz(&counter->device);
    choose_fields(counter);
    return 0;
}

static void fail(flopmeter_counter_t *counter, flopmeter_dcgm_return_t result)
{
    const bool is_lost = FLOPMETER_DCGM_GPU_IS_LOST == result || FLOPMETER_DCGM_RESET_REQUIRED == result;
    const flopmeter_counter_state_t state = flopmeter_dcgm_state(result);

    flopmeter_dcgm_watch_close(&counter->watch);
    if (is_lost)
    {
        flopmeter_gpm_device_lose(&counter->device);
    }
    book_gap(counter, counter->host->now_ns(), FLOPMETER_COUNTER_TAKEN == state ||
        FLOPMETER_COUNTER_NO_PERMISSION == state ? state : FLOPMETER_COUNTER_FAILED);
}

static void restart(flopmeter_counter_t *counter)
{
    flopmeter_counter_probe_t probe;
    flopmeter_gpm_device_t found;

    memset(&probe, 0, sizeof(probe));
    if (NULL == counter->device.nvml.library)
    {
        if (0 != flopmeter_gpm_device_open_any(&found, flopmeter_gpm_host(), counter->name, &probe))
        {
            book_gap(counter, counter->host->now_ns(), probe.state);
            return;
        }
        flopmeter_gpm_device_replace(&counter->device, &found);
    }
    const int result = start(counter, &probe);
    book_gap(counter, counter->host->now_ns(), 0 == result ? counter->state : probe.state);
    counter->problem = 0 == result ? FLOPMETER_COUNTER_AVAILABLE : probe.state;
}

/*
 * A pipe without a field may have been busy all the time. One with a field that says nothing is a fault of the engine.
 */
static void look_for_silence(flopmeter_counter_t *counter)
{
    const uint64_t now_ns = counter->host->now_ns();
    bool has_field = false;

    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        pipe_t *const track = &counter->pipes[pipe];
        has_field = has_field || 0 != track->field;
        if (0 == track->field)
        {
            book_unknown(counter, pipe, now_ns);
        }
        else if (now_ns > track->last_ns + LOST_NS && now_ns > counter->watched_ns + FIRST_NS)
        {
            note_gap(counter, track->last_ns, now_ns, FLOPMETER_COUNTER_FAILED);
            book_unknown(counter, pipe, now_ns);
        }
    }
    if (!has_field)
    {
        note_gap(counter, counter->covered_ns, now_ns, FLOPMETER_COUNTER_ABSENT);
    }
}

static void report(flopmeter_counter_t *counter, flopmeter_counter_reading_t *reading)
{
    uint64_t covered_ns = UINT64_MAX;

    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        const uint64_t own_ns = counter->pipes[pipe].covered_ns;
        covered_ns = own_ns < covered_ns ? own_ns : covered_ns;
    }
    counter->covered_ns = later_of(counter->covered_ns, covered_ns);
    counter->state = counter->problem;
    flopmeter_gpu_account_report(&counter->account, counter->device.chip, reading);
    reading->state = counter->state;
    memcpy(reading->device, counter->name, sizeof(reading->device) - 1);
    reading->end_ns = counter->covered_ns;
}

/*
 * Take what is new. Where a field turns out to be none, what stands for it may have been handed over before: once more.
 */
static flopmeter_dcgm_return_t read_values(flopmeter_counter_t *counter)
{
    const long long since_us = counter->watch.since_us;

    counter->is_stepped = look_at_clocks(counter);
    counter->is_field_lost = false;
    const flopmeter_dcgm_return_t result = flopmeter_dcgm_watch_read(&counter->watch, take, counter);
    if (FLOPMETER_DCGM_OK != result || !counter->is_field_lost)
    {
        return result;
    }
    counter->watch.since_us = since_us;
    return flopmeter_dcgm_watch_read(&counter->watch, take, counter);
}

static void dcgm_read(flopmeter_counter_t *counter, flopmeter_counter_reading_t *reading)
{
    counter->problem = FLOPMETER_COUNTER_AVAILABLE;
    if (counter->is_paused)
    {
        book_gap(counter, counter->host->now_ns(), FLOPMETER_COUNTER_PAUSED);
    }
    else if (0 == counter->watch.generation)
    {
        restart(counter);
    }
    else
    {
        const flopmeter_dcgm_return_t result = read_values(counter);
        if (counter->is_stepped)
        {
            book_gap(counter, counter->host->now_ns(), FLOPMETER_COUNTER_FAILED);
        }
        if (FLOPMETER_DCGM_OK == result || FLOPMETER_DCGM_NO_DATA == result)
        {
            look_for_silence(counter);
        }
        else
        {
            fail(counter, result);
        }
    }
    report(counter, reading);
}

static void dcgm_close(flopmeter_counter_t *counter)
{
    flopmeter_dcgm_watch_close(&counter->watch);
    flopmeter_gpm_device_close(&counter->device);
    free(counter);
}

static flopmeter_counter_t *dcgm_open(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *probe)
{
    const char *const name = NULL != target->device ? target->device : "0";
    flopmeter_counter_t *const counter = calloc(1, sizeof(*counter));

    memset(probe, 0, sizeof(*probe));
    if (NULL == counter)
    {
        probe->state = FLOPMETER_COUNTER_FAILED;
        memcpy(probe->detail, "out of memory", sizeof("out of memory"));
        return NULL;
    }
    counter->host = current_host();
    if (0 != flopmeter_gpm_device_open_any(&counter->device, flopmeter_gpm_host(), name, probe))
    {
        free(counter);
        return NULL;
    }
    memcpy(counter->name, counter->device.uuid, sizeof(counter->name));
    if ('\0' == counter->name[0] && strlen(name) < sizeof(counter->name))
    {
        memcpy(counter->name, name, strlen(name) + 1);
    }
    if (0 != start(counter, probe))
    {
        dcgm_close(counter);
        return NULL;
    }
    snprintf(probe->detail, sizeof(probe->detail), "%.60s (%s, %s rates) through DCGM%s", counter->device.name,
        counter->device.chip->name, counter->device.chip->is_measured ? "measured" : "unverified",
        flopmeter_dcgm_watch_has(&counter->watch, FLOPMETER_DCGM_FIELD_HMMA) ? "" :
        ", tensor formats not told apart");
    counter->account.begin_ns = counter->watched_ns;
    counter->covered_ns = counter->watched_ns;
    for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
    {
        counter->pipes[pipe].last_ns = counter->watched_ns;
        counter->pipes[pipe].covered_ns = counter->watched_ns;
    }
    /* Another client may watch already: then the first value is of a window that began before us. */
    flopmeter_gpu_account_before(&counter->account, &counter->device, slack_ns(counter), counter->clock_hz);
    return counter;
}

static void dcgm_probe(const flopmeter_counter_target_t *target, flopmeter_counter_probe_t *probe)
{
    flopmeter_counter_t *const counter = dcgm_open(target, probe);

    if (NULL != counter)
    {
        dcgm_close(counter);
    }
}

static void dcgm_pause(flopmeter_counter_t *counter)
{
    counter->is_paused = true;
    flopmeter_dcgm_watch_close(&counter->watch);
}

static void dcgm_resume(flopmeter_counter_t *counter)
{
    if (counter->is_paused)
    {
        counter->is_paused = false;
        counter->state = FLOPMETER_COUNTER_PAUSED;
        restart(counter);
    }
}

const flopmeter_gpm_device_t *flopmeter_dcgm_device(const flopmeter_counter_t *counter)
{
    return &counter->device;
}

uint64_t flopmeter_dcgm_begun_at(const flopmeter_counter_t *counter)
{
    return counter->account.begin_ns;
}

void flopmeter_dcgm_begin_at(flopmeter_counter_t *counter, uint64_t begin_ns)
{
    if (begin_ns < counter->account.begin_ns)
    {
        const uint64_t since_ns = counter->account.begin_ns;
        counter->account.begin_ns = begin_ns;
        for (int pipe = 0; pipe < FLOPMETER_GPU_PIPES; pipe++)
        {
            counter->pipes[pipe].last_ns = begin_ns;
        }
        book_gap(counter, since_ns, FLOPMETER_COUNTER_ABSENT);
    }
}

bool flopmeter_dcgm_collapse(
    const flopmeter_counter_t *counter,
    flopmeter_gpu_pipe_t pipe,
    unsigned units,
    flopmeter_precision_t precision,
    flopmeter_counter_figure_t *figure)
{
    return flopmeter_gpu_account_collapse(
        &counter->account, counter->device.chip, pipe, units, precision, figure);
}

const flopmeter_counter_source_t flopmeter_dcgm_source = {
    .name = "dcgm",
    .source = FLOPMETER_SOURCE_CUDA,
    .basis = FLOPMETER_DERIVED,
    .probe = dcgm_probe,
    .open = dcgm_open,
    .read = dcgm_read,
    .pause = dcgm_pause,
    .resume = dcgm_resume,
    .close = dcgm_close,
};
