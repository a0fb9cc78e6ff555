/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A counter per CPU, opened when the CPU is there and closed when it has left: the kernel takes the events off a CPU
 * that goes offline, and never puts them back.
 */

#include "perf_host.h"

#include "flopmeter_perf_counter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two looks that are closer than this say nothing about whether a CPU's time goes on. */
#define STOPPED_NS (1000000ULL)
#define ANNOUNCED_LENGTH (32)

/* One CPU. */
typedef struct seat_stct
{
    flopmeter_counter_t *counter;    /* NULL: not watched */
    uint64_t accounted_ns;           /* until then nothing of it is missing */
    uint64_t covered_ns;             /* of its counter, as of the last look */
    bool is_online;
    bool was_online;                 /* at the look before */
    bool is_present;                 /* when its list was last read: at open, and when somebody may have come */
}
seat_t;

typedef struct host_stct
{
    const flopmeter_perf_setup_t *setup;
    const flopmeter_cpu_event_t *events[FLOPMETER_CPU_EVENTS_MAX];
    size_t events_count;
    uint64_t hz;
    uint64_t paused_ns;              /* since when; 0 = not paused */
    uint64_t looked_ns;
    char announced[ANNOUNCED_LENGTH];        /* number of the kernel's last event of devices; "" = not known */
    flopmeter_counter_probe_t refusal;
    flopmeter_counter_reading_t closed;      /* counters that are closed, and what nobody watched */
    flopmeter_perf_host_cpus_t cpus;
    seat_t seats[FLOPMETER_PERF_CPUS_MAX];
}
host_t;

static host_t *host_of(flopmeter_counter_t *const counter)
{
    return (host_t *)(void *)counter;
}

static const host_t *const_host_of(const flopmeter_counter_t *const counter)
{
    return (const host_t *)(const void *)counter;
}

static uint64_t now_ns(const host_t *const host)
{
    return host->setup->sys->now_ns(host->setup->sys->context);
}

/* ---- Sums ---- */

static flopmeter_counter_figure_t *figure_of(
    flopmeter_counter_reading_t *const reading, const flopmeter_precision_t precision)
{
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        if (reading->figures[i].precision == precision)
        {
            return &reading->figures[i];
        }
    }
    flopmeter_counter_figure_t *const figure = &reading->figures[reading->figures_count++];
    memset(figure, 0, sizeof(*figure));
    figure->precision = precision;
    figure->is_bounded = true;
    return figure;
}

/*
 * CPUs that miss the same time make one gap; beyond the last entry they are merged, as the interface says.
 */
static void add_gap(flopmeter_counter_reading_t *const reading, const flopmeter_counter_gap_t *const gap)
{
    flopmeter_counter_gap_t *into = NULL;

    for (size_t i = 0; i < reading->gaps_count && NULL == into; i++)
    {
        flopmeter_counter_gap_t *const other = &reading->gaps[i];
        if (other->reason == gap->reason && other->begin_ns <= gap->end_ns && gap->begin_ns <= other->end_ns)
        {
            into = other;
        }
    }
    if (NULL == into && FLOPMETER_COUNTER_GAPS_MAX == reading->gaps_count)
    {
        into = &reading->gaps[FLOPMETER_COUNTER_GAPS_MAX - 1];
    }
    if (NULL == into)
    {
        reading->gaps[reading->gaps_count++] = *gap;
        return;
    }
    into->begin_ns = into->begin_ns < gap->begin_ns ? into->begin_ns : gap->begin_ns;
    into->end_ns = into->end_ns > gap->end_ns ? into->end_ns : gap->end_ns;
}

static void add_reading(flopmeter_counter_reading_t *const sum, const flopmeter_counter_reading_t *const reading)
{
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        const flopmeter_counter_figure_t *const more = &reading->figures[i];
        flopmeter_counter_figure_t *const figure = figure_of(sum, more->precision);
        figure->lower += more->lower;
        figure->point += more->point;
        figure->is_bounded = figure->is_bounded && more->is_bounded &&
            !__builtin_add_overflow(figure->upper, more->upper, &figure->upper);
    }
    for (size_t i = 0; i < reading->gaps_count; i++)
    {
        add_gap(sum, &reading->gaps[i]);
    }
    sum->covered_ns += reading->covered_ns;
    sum->running_ns += reading->running_ns;
}

/*
 * One CPU ran unwatched from begin to end, or so many of them. Of a hybrid the rows of both kinds are summed, though a
 * CPU is of one: wide, and it holds.
 */
static void add_blind(
    host_t *const host,
    const uint64_t begin_ns,
    const uint64_t end_ns,
    const uint64_t cpus,
    const flopmeter_counter_state_t reason)
{
    if (end_ns <= begin_ns)
    {
        return;
    }
    const flopmeter_counter_gap_t gap = { begin_ns, end_ns, reason };
    add_gap(&host->closed, &gap);
#if !defined(FLOPMETER_CANARY_BLIND_FREE)
    for (size_t i = 0; i < host->events_count; i++)
    {
        const flopmeter_cpu_event_t *const event = host->events[i];
        const flopmeter_perf_limit_t limit = { event->rate, host->hz, 1, 0 };
        const flopmeter_u128_t most =
            flopmeter_perf_bound(&limit, (flopmeter_u128_t)(end_ns - begin_ns) * cpus);
        flopmeter_counter_figure_t *const figure = figure_of(&host->closed, event->precision);
        flopmeter_u128_t upper = 0;
        figure->is_bounded = figure->is_bounded && 0 != event->rate &&
            !__builtin_mul_overflow(most, (flopmeter_u128_t)event->flop_upper, &upper) &&
            !__builtin_add_overflow(figure->upper, upper, &figure->upper);
    }
#else
    (void)cpus;
#endif
}

/* ---- CPUs ---- */

/*
 * A list that can't be read for once tells nothing: then it is as it was. Return whether it is another than before.
 */
static bool look_online(host_t *const host)
{
    bool has_changed = false;
    int cpus[FLOPMETER_PERF_CPUS_MAX];
    const size_t count = flopmeter_cpu_online(host->setup->root, cpus, FLOPMETER_PERF_CPUS_MAX);

    for (size_t i = 0; i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        host->seats[i].was_online = host->seats[i].is_online;
        host->seats[i].is_online = 0 == count && host->seats[i].is_online;
    }
    for (size_t i = 0; i < count && i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        host->seats[cpus[i]].is_online = true;
    }
    for (size_t i = 0; i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        has_changed = has_changed || host->seats[i].is_online != host->seats[i].was_online;
    }
    return has_changed;
}

/*
 * Has the kernel announced anything since the last look, a CPU perhaps? What can't be read is no "nothing". Before the
 * list of those online is read: who comes in between is in that, or announced later.
 */
static bool look_announced(host_t *const host)
{
    char now[ANNOUNCED_LENGTH] = "";

    const bool is_read = flopmeter_cpu_read_text(host->setup->root, "sys/kernel/uevent_seqnum", now, sizeof(now));
    const bool is_quiet = is_read && 0 == strcmp(host->announced, now);
    memcpy(host->announced, now, sizeof(now));
    return !is_quiet;
}

/*
 * As look_online(): with no descriptor left neither can be read, and then nothing tells either that nobody came.
 */
static void look_present(host_t *const host)
{
    int cpus[FLOPMETER_PERF_CPUS_MAX];
    const size_t count =
        flopmeter_cpu_list(host->setup->root, "sys/devices/system/cpu/present", cpus, FLOPMETER_PERF_CPUS_MAX);

    for (size_t i = 0; i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        host->seats[i].is_present = 0 == count && host->seats[i].is_present;
    }
    for (size_t i = 0; i < count && i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        host->seats[cpus[i]].is_present = true;
    }
}

static size_t count_online(const host_t *const host)
{
    size_t count = 0;

    for (size_t i = 0; i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        count += host->seats[i].is_online ? 1 : 0;
    }
    return count;
}

static void retire(host_t *const host, seat_t *const seat, const flopmeter_counter_reading_t *const reading)
{
    const flopmeter_counter_gap_t gap = { seat->accounted_ns, reading->end_ns, FLOPMETER_COUNTER_ABSENT };

    /* Its upper ends have the time in which the kernel did not count any more. */
    add_reading(&host->closed, reading);
    add_gap(&host->closed, &gap);
    flopmeter_perf_close(seat->counter);
    seat->counter = NULL;
    seat->accounted_ns = reading->end_ns;
}

/*
 * Watch a CPU that is there. What it did since it was last accounted for nobody knows.
 */
static void begin(host_t *const host, const size_t cpu)
{
    seat_t *const seat = &host->seats[cpu];
    const flopmeter_counter_target_t target = { .pid = -1, .cpu = (int)cpu };
    flopmeter_counter_probe_t probe;

    if (0 == host->paused_ns)
    {
        seat->counter = flopmeter_perf_open_at(host->setup, &target, host->hz, &probe);
    }
    const uint64_t time_ns = now_ns(host);
    flopmeter_counter_state_t reason = FLOPMETER_COUNTER_PAUSED;
    if (NULL != seat->counter)
    {
        /* It was not there when we looked last. */
        reason = FLOPMETER_COUNTER_ABSENT;
    }
    else if (0 == host->paused_ns)
    {
        host->refusal = probe;
        reason = probe.state;
    }
    add_blind(host, seat->accounted_ns, time_ns, 1, reason);
    seat->accounted_ns = time_ns;
    seat->covered_ns = 0;
}

/*
 * Read a CPU's counter into `sum`. A CPU whose time does not go on has lost its events: it was offline for a moment.
 */
static void watch(host_t *const host, const size_t cpu, flopmeter_counter_reading_t *const sum)
{
    seat_t *const seat = &host->seats[cpu];
    flopmeter_counter_reading_t reading;

    flopmeter_perf_read(seat->counter, &reading);
    const bool is_stopped = 0 == host->paused_ns && FLOPMETER_COUNTER_FAILED != reading.state &&
        reading.covered_ns == seat->covered_ns && reading.end_ns > seat->accounted_ns + STOPPED_NS;
    if (seat->is_online && !is_stopped)
    {
        add_reading(sum, &reading);
        seat->accounted_ns = reading.end_ns;
        seat->covered_ns = reading.covered_ns;
        if (FLOPMETER_COUNTER_AVAILABLE != reading.state && FLOPMETER_COUNTER_AVAILABLE == sum->state)
        {
            sum->state = reading.state;
        }
        return;
    }
    retire(host, seat, &reading);
#if !defined(FLOPMETER_CANARY_NEVER_REOPENED)
    if (seat->is_online)
    {
        begin(host, cpu);
    }
#endif
}

static void look(host_t *const host, flopmeter_counter_reading_t *const sum)
{
    /* Before the list: a CPU that comes between the two was not there at this time. */
    host->looked_ns = now_ns(host);
    const bool is_announced = look_announced(host);
    const bool has_changed = look_online(host);
    host->cpus.online = count_online(host);
    host->cpus.watched = 0;
    if (is_announced)
    {
        look_present(host);
    }
    if (has_changed)
    {
        /* Those that came may be faster. */
        const uint64_t hz = flopmeter_cpu_hz_max(host->setup->root);
        host->hz = hz > host->hz ? hz : host->hz;
    }
    for (size_t i = 0; i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        seat_t *const seat = &host->seats[i];
        if (NULL != seat->counter)
        {
            watch(host, i, sum);
        }
        else if (seat->is_online)
        {
            begin(host, i);
        }
        else
        {
            /* It was refused, and has left since the last look; or it may have come and left since then. */
            const bool may_have_run = seat->was_online || (is_announced && seat->is_present);
            add_blind(host, may_have_run ? seat->accounted_ns : host->looked_ns, host->looked_ns, 1,
                FLOPMETER_COUNTER_ABSENT);
            seat->accounted_ns = host->looked_ns;
        }
        host->cpus.watched += NULL != seat->counter ? 1 : 0;
    }
}

/* ---- The vtable ---- */

void flopmeter_perf_host_read(flopmeter_counter_t *const counter, flopmeter_counter_reading_t *const reading)
{
    host_t *const host = host_of(counter);
    flopmeter_counter_reading_t sum;

    memset(&sum, 0, sizeof(sum));
    sum.state = FLOPMETER_COUNTER_AVAILABLE;
    memset(&host->refusal, 0, sizeof(host->refusal));
    look(host, &sum);
    add_reading(&sum, &host->closed);
    memcpy(sum.device, host->closed.device, sizeof(sum.device));
    sum.begin_ns = host->closed.begin_ns;
    sum.end_ns = now_ns(host);
    if (FLOPMETER_COUNTER_AVAILABLE == sum.state)
    {
        sum.state = 0 == host->paused_ns ? host->refusal.state : FLOPMETER_COUNTER_PAUSED;
    }
    *reading = sum;
}

/*
 * Every CPU that is there, from now on. Counters are opened one after the other: until then a CPU's work is in the
 * upper ends, and of so short a time no gap is told.
 */
static void begin_all(host_t *const host)
{
    host->looked_ns = now_ns(host);
    (void)look_announced(host);
    (void)look_online(host);
    look_present(host);
    host->cpus.online = count_online(host);
    for (size_t i = 0; i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        host->seats[i].accounted_ns = host->looked_ns;
        if (host->seats[i].is_online)
        {
            begin(host, i);
            host->cpus.watched += NULL != host->seats[i].counter ? 1 : 0;
        }
    }
    host->closed.gaps_count = 0;
    host->closed.begin_ns = host->looked_ns;
}

/*
 * Somebody watched until `since_ns`, and nobody since then.
 */
static void begin_earlier(host_t *const host, const uint64_t since_ns)
{
    size_t count = 0;

    for (size_t i = 0; i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        count += host->seats[i].is_present || host->seats[i].is_online ? 1 : 0;
    }
    if (0 != since_ns && since_ns < host->closed.begin_ns)
    {
        add_blind(host, since_ns, host->closed.begin_ns, count, FLOPMETER_COUNTER_FAILED);
        host->closed.begin_ns = since_ns;
    }
}

flopmeter_counter_t *flopmeter_perf_host_open(
    const flopmeter_perf_setup_t *const setup, const uint64_t since_ns, flopmeter_counter_probe_t *const probe)
{
    const flopmeter_counter_target_t any = { .pid = -1, .cpu = -1 };
    flopmeter_cpu_chip_t chip;
    host_t *const host = calloc(1, sizeof(*host));

    if (NULL == host)
    {
        flopmeter_perf_explain(setup, &any, ENOMEM, probe);
        return NULL;
    }
    host->setup = setup;
    host->hz = flopmeter_cpu_hz_max(setup->root);
    host->events_count = flopmeter_perf_select(setup, host->events, &chip, probe);
    if (0 == host->events_count)
    {
        free(host);
        return NULL;
    }
    begin_all(host);
    if (0 == host->cpus.watched)
    {
        *probe = host->refusal;
        if (0 == host->cpus.online)
        {
            flopmeter_perf_explain(setup, &any, ENXIO, probe);
        }
        free(host);
        return NULL;
    }
    begin_earlier(host, since_ns);
    memset(probe, 0, sizeof(*probe));
    snprintf(host->closed.device, sizeof(host->closed.device), "%s", chip.text);
    snprintf(probe->detail, sizeof(probe->detail), "%s, %zu of %zu CPUs", chip.text, host->cpus.watched,
        host->cpus.online);
    return (flopmeter_counter_t *)(void *)host;
}

void flopmeter_perf_host_cpus(const flopmeter_counter_t *const counter, flopmeter_perf_host_cpus_t *const cpus)
{
    *cpus = const_host_of(counter)->cpus;
}

void flopmeter_perf_host_refusal(const flopmeter_counter_t *const counter, flopmeter_counter_probe_t *const probe)
{
    *probe = const_host_of(counter)->refusal;
}

void flopmeter_perf_host_probe(
    const flopmeter_perf_setup_t *const setup,
    const flopmeter_counter_target_t *const target,
    flopmeter_counter_probe_t *const probe)
{
    (void)target;
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(setup, 0, probe);
    if (NULL != counter)
    {
        flopmeter_perf_host_close(counter);
    }
}

void flopmeter_perf_host_pause(flopmeter_counter_t *const counter)
{
    host_t *const host = host_of(counter);

    host->paused_ns = 0 == host->paused_ns ? now_ns(host) : host->paused_ns;
    for (size_t i = 0; i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        if (NULL != host->seats[i].counter)
        {
            flopmeter_perf_pause(host->seats[i].counter);
        }
    }
}

void flopmeter_perf_host_resume(flopmeter_counter_t *const counter)
{
    host_t *const host = host_of(counter);

    host->paused_ns = 0;
    for (size_t i = 0; i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        if (NULL != host->seats[i].counter)
        {
            flopmeter_perf_resume(host->seats[i].counter);
        }
    }
}

bool flopmeter_perf_host_is_free(const flopmeter_counter_t *const counter)
{
    const host_t *const host = const_host_of(counter);
    bool is_free = 0 != host->paused_ns;

    for (size_t i = 0; i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        is_free = is_free && (NULL == host->seats[i].counter || flopmeter_perf_is_free(host->seats[i].counter));
    }
    return is_free;
}

void flopmeter_perf_host_close(flopmeter_counter_t *const counter)
{
    host_t *const host = host_of(counter);

    for (size_t i = 0; i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        if (NULL != host->seats[i].counter)
        {
            flopmeter_perf_close(host->seats[i].counter);
        }
    }
    free(host);
}

/* ---- The entry for this machine ---- */

static const flopmeter_perf_setup_t here = { &flopmeter_perf_sys, "", NULL, 0 };

static void probe_here(const flopmeter_counter_target_t *const target, flopmeter_counter_probe_t *const probe)
{
    flopmeter_perf_host_probe(&here, target, probe);
}

static flopmeter_counter_t *open_here(
    const flopmeter_counter_target_t *const target, flopmeter_counter_probe_t *const probe)
{
    (void)target;
    return flopmeter_perf_host_open(&here, 0, probe);
}

const flopmeter_counter_source_t flopmeter_perf_host_source = {
    "perf-host", FLOPMETER_SOURCE_PERF, FLOPMETER_EXACT_EXECUTED, probe_here, open_here, flopmeter_perf_host_read,
    flopmeter_perf_host_pause, flopmeter_perf_host_resume, flopmeter_perf_host_close,
};
