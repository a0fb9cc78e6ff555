/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "perf" as an entry of the vtable.
 */

#include "flopmeter_perf_counter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PRECISIONS (FLOPMETER_PRECISION_UNKNOWN + 1)
#define RDPMC_TRIES_MAX (1000)
/* An event that did not get on the PMU in so much time won't: the counters are somebody else's. */
#define NEVER_RUNNING_NS (1000000000ULL)

/* Figures by precision, while they are added up. */
typedef struct sums_stct
{
    flopmeter_counter_figure_t figures[PRECISIONS];
    bool is_used[PRECISIONS];
}
sums_t;

static uint64_t now_ns(const flopmeter_counter_t *const counter)
{
    return counter->setup->sys->now_ns(counter->setup->sys->context);
}

static void limit_of(
    const flopmeter_counter_t *const counter,
    const flopmeter_cpu_event_t *const event,
    flopmeter_perf_limit_t *const limit)
{
    limit->rate = event->rate;
    limit->hz = counter->hz;
    limit->cpus = counter->cpus;
    limit->elsewhere_ns = 0;
}

/* ---- Gaps ---- */

static void add_gap(
    flopmeter_counter_reading_t *const reading,
    const uint64_t begin_ns,
    const uint64_t end_ns,
    const flopmeter_counter_state_t reason)
{
    flopmeter_counter_gap_t *const last = &reading->gaps[0 == reading->gaps_count ? 0 : reading->gaps_count - 1];

    if (reading->gaps_count > 0 &&
        (FLOPMETER_COUNTER_GAPS_MAX == reading->gaps_count || (last->reason == reason && last->end_ns >= begin_ns)))
    {
        last->reason = FLOPMETER_COUNTER_PAUSED == last->reason ? reason : last->reason;
        last->begin_ns = last->begin_ns < begin_ns ? last->begin_ns : begin_ns;
        last->end_ns = last->end_ns > end_ns ? last->end_ns : end_ns;
        return;
    }
    reading->gaps[reading->gaps_count].begin_ns = begin_ns;
    reading->gaps[reading->gaps_count].end_ns = end_ns;
    reading->gaps[reading->gaps_count++].reason = reason;
}

/* ---- From the kernel to the accounts ---- */

static void take(
    flopmeter_counter_t *const counter,
    flopmeter_perf_handle_t *const handle,
    const flopmeter_perf_raw_t *const raw,
    const uint64_t time_ns)
{
    flopmeter_perf_limit_t limit;
    const uint64_t before_ns = handle->account.last_ns;

    limit_of(counter, handle->event, &limit);
    const bool grew = flopmeter_perf_account_take(&handle->account, raw, time_ns, &limit);
    if (!grew || handle->failing)
    {
        add_gap(&counter->best, before_ns, time_ns, FLOPMETER_COUNTER_FAILED);
    }
    handle->failing = false;
}

/*
 * Read without a system call, as perf_event.h says. Only while the event has never been off the PMU: the times in the
 * page are then of no interest, and else not up to date.
 */
static bool read_page(
    const flopmeter_counter_t *const counter, const flopmeter_perf_handle_t *const handle, uint64_t *const value)
{
    const volatile struct perf_event_mmap_page *const page = handle->page;
    const flopmeter_perf_sys_t *const sys = counter->setup->sys;

    for (int i = 0; i < RDPMC_TRIES_MAX; i++)
    {
        const uint32_t sequence = page->lock;
        uint64_t pmc = 0;
        __sync_synchronize();
        const uint32_t index = page->index;
        const uint32_t width = page->pmc_width;
        const bool is_usable = page->cap_user_rdpmc && 0 != index && width > 0 && width <= 64 &&
            page->time_enabled == page->time_running;
        int64_t count = page->offset;
        if (!is_usable || !sys->rdpmc(sys->context, index - 1, &pmc))
        {
            return false;
        }
        /* The counter is `width` bits wide and signed, so that it overflows upwards. */
        count += (int64_t)(pmc << (64 - width)) >> (64 - width);
        __sync_synchronize();
        if (page->lock == sequence && 0 == (sequence & 1))
        {
            *value = (uint64_t)count;
            return true;
        }
    }
    return false;
}

static void read_one(flopmeter_counter_t *const counter, flopmeter_perf_handle_t *const handle)
{
    const flopmeter_perf_sys_t *const sys = counter->setup->sys;
    uint64_t words[3] = { 0, 0, 0 };

    if (sizeof(words) != sys->read(sys->context, handle->fd, words, sizeof(words)))
    {
        handle->failing = true;
        return;
    }
    const flopmeter_perf_raw_t raw = { words[0], words[1], words[2] };
    take(counter, handle, &raw, now_ns(counter));
}

static bool read_pages(flopmeter_counter_t *const counter, const size_t leader, const size_t end)
{
    uint64_t values[FLOPMETER_CPU_EVENTS_MAX];

    for (size_t i = leader; i < end; i++)
    {
        const flopmeter_perf_handle_t *const handle = &counter->handles[i];
        if (NULL == handle->page || handle->account.last.enabled_ns != handle->account.last.running_ns ||
            !read_page(counter, handle, &values[i - leader]))
        {
            return false;
        }
    }
    for (size_t i = leader; i < end; i++)
    {
        const flopmeter_perf_raw_t raw = { values[i - leader], counter->handles[i].account.last.enabled_ns,
            counter->handles[i].account.last.running_ns };
        take(counter, &counter->handles[i], &raw, now_ns(counter));
    }
    return true;
}

static void read_group(flopmeter_counter_t *const counter, const size_t leader, const size_t end)
{
    const flopmeter_perf_sys_t *const sys = counter->setup->sys;
    uint64_t words[3 + FLOPMETER_CPU_EVENTS_MAX];
    const size_t length = (3 + end - leader) * sizeof(words[0]);

    if (read_pages(counter, leader, end))
    {
        return;
    }
    const ssize_t count = sys->read(sys->context, counter->handles[leader].fd, words, length);
    const bool is_whole = (ssize_t)length == count && end - leader == words[0];
    for (size_t i = leader; i < end; i++)
    {
        if (!is_whole)
        {
            counter->handles[i].failing = true;
            continue;
        }
        const flopmeter_perf_raw_t raw = { words[3 + i - leader], words[1], words[2] };
        take(counter, &counter->handles[i], &raw, now_ns(counter));
    }
}

static void read_all(flopmeter_counter_t *const counter)
{
    for (size_t i = 0; i < counter->handles_count;)
    {
        size_t end = i + 1;
        while (end < counter->handles_count && counter->handles[end].leader == i)
        {
            end++;
        }
        if (flopmeter_perf_is_tree(counter))
        {
            for (size_t j = i; j < end; j++)
            {
                read_one(counter, &counter->handles[j]);
            }
        }
        else
        {
            read_group(counter, i, end);
        }
        i = end;
    }
}

/* ---- From the accounts to FLOP ---- */

static void add_figure(
    sums_t *const sums, const flopmeter_cpu_event_t *const event, const flopmeter_perf_counts_t *const counts)
{
    flopmeter_counter_figure_t *const figure = &sums->figures[event->precision];
    flopmeter_u128_t upper = 0;

    if (!sums->is_used[event->precision])
    {
        sums->is_used[event->precision] = true;
        figure->precision = event->precision;
        figure->is_bounded = true;
    }
    figure->lower += counts->lower * event->flop_lower;
    figure->point += counts->point * event->flop_point;
    figure->is_bounded = figure->is_bounded && counts->is_bounded &&
        !__builtin_mul_overflow(counts->upper, (flopmeter_u128_t)event->flop_upper, &upper) &&
        !__builtin_add_overflow(figure->upper, upper, &figure->upper);
}

/*
 * Time in which this handle can have missed everything: pauses, a read that fails now, and, for a CPU, whatever is
 * missing in the time that the kernel says it was enabled (a CPU that was offline).
 */
static uint64_t blind_ns(
    const flopmeter_counter_t *const counter, const flopmeter_perf_handle_t *const handle, const uint64_t time_ns)
{
    uint64_t blind = counter->blind_ns;

    if (handle->failing)
    {
        /* Since before the pause, if there is one. */
        blind += time_ns - handle->account.last_ns;
    }
    else if (0 != counter->paused_ns)
    {
        blind += time_ns - counter->paused_ns;
    }
    if (counter->target.pid < 0)
    {
        const uint64_t known_ns =
            flopmeter_perf_account_enabled_ns(&handle->account) + handle->account.lost_ns + blind;
        blind += time_ns - counter->begin_ns > known_ns ? time_ns - counter->begin_ns - known_ns : 0;
    }
    return blind;
}

static void add_unseen(flopmeter_counter_t *const counter, sums_t *const sums, const flopmeter_u128_t *const times_ns)
{
    for (size_t i = 0; i < counter->unseen_count; i++)
    {
        const flopmeter_cpu_event_t *const event = counter->unseen[i];
        const flopmeter_perf_pmu_t pmu = flopmeter_perf_pmu(event);
        const flopmeter_u128_t other_ns = flopmeter_perf_other_ns(counter, pmu);
        const flopmeter_u128_t time_ns = times_ns[pmu] > other_ns ? times_ns[pmu] - other_ns : 0;
        flopmeter_perf_limit_t limit;
        flopmeter_perf_counts_t counts = { 0, 0, 0, true };

        limit_of(counter, event, &limit);
        counts.upper = flopmeter_perf_bound(&limit, time_ns);
        add_figure(sums, event, &counts);
    }
}

/*
 * Sum up all handles. Time that one event covers is the sum over its handles; that of all is the least of them, and
 * what no event counts may have gone on in the most of them.
 */
static void sum_up(flopmeter_counter_t *const counter, sums_t *const sums, const uint64_t time_ns)
{
    flopmeter_u128_t possible_ns[FLOPMETER_CPU_EVENTS_MAX] = { 0 };
    /* A thread that is read without system calls has no times at hand: it ran for as long as the clock at most. */
    const flopmeter_u128_t least_ns = 0 == counter->target.pid ? time_ns - counter->begin_ns : 0;
    flopmeter_u128_t unseen_ns[FLOPMETER_PERF_PMUS] = { least_ns, least_ns, least_ns };
    flopmeter_perf_times_t enabled_times = { { 0 }, { UINT64_MAX, UINT64_MAX, UINT64_MAX } };
    flopmeter_perf_times_t running_times = enabled_times;

    for (size_t i = 0; i < counter->handles_count; i++)
    {
        const flopmeter_perf_handle_t *const handle = &counter->handles[i];
        const uint64_t blind = blind_ns(counter, handle, time_ns);
        const uint64_t enabled = flopmeter_perf_account_enabled_ns(&handle->account);
        flopmeter_perf_limit_t limit;
        flopmeter_perf_counts_t counts;

        enabled_times.by_event[handle->event_index] += enabled;
        running_times.by_event[handle->event_index] += flopmeter_perf_account_on_pmu_ns(&handle->account);
        possible_ns[handle->event_index] +=
            enabled + ((flopmeter_u128_t)blind + handle->account.lost_ns) * counter->cpus;
        limit_of(counter, handle->event, &limit);
#if !defined(FLOPMETER_CANARY_ONE_KIND)
        limit.elsewhere_ns = flopmeter_perf_elsewhere_ns(counter, handle);
#endif
        flopmeter_perf_account_sum(&handle->account, blind, &limit, &counts);
        add_figure(sums, handle->event, &counts);
    }
    for (size_t i = 0; i < counter->handles_count; i++)
    {
        const size_t index = counter->handles[i].event_index;
        const flopmeter_perf_pmu_t pmu = flopmeter_perf_pmu(counter->handles[i].event);
        flopmeter_perf_note_least(&enabled_times, &counter->handles[i]);
        flopmeter_perf_note_least(&running_times, &counter->handles[i]);
        unseen_ns[pmu] = possible_ns[index] > unseen_ns[pmu] ? possible_ns[index] : unseen_ns[pmu];
    }
    add_unseen(counter, sums, unseen_ns);
    flopmeter_perf_keep_covered(counter, &enabled_times, &running_times);
}

/*
 * No figure of a later reading is below that of an earlier one: what was possible once stays possible.
 */
static void keep_best(flopmeter_counter_reading_t *const best, const sums_t *const sums)
{
    flopmeter_counter_figure_t before[PRECISIONS] = { { FLOPMETER_FP64, 0, 0, 0, false } };
    bool was_used[PRECISIONS] = { false };

    for (size_t i = 0; i < best->figures_count; i++)
    {
        before[best->figures[i].precision] = best->figures[i];
        was_used[best->figures[i].precision] = true;
    }
    best->figures_count = 0;
    for (size_t i = 1; i < PRECISIONS; i++)
    {
        if (!sums->is_used[i] && !was_used[i])
        {
            continue;
        }
        flopmeter_counter_figure_t figure = sums->figures[i];
        if (was_used[i])
        {
            figure.lower = figure.lower > before[i].lower ? figure.lower : before[i].lower;
            figure.point = figure.point > before[i].point ? figure.point : before[i].point;
            figure.upper = figure.upper > before[i].upper ? figure.upper : before[i].upper;
            figure.is_bounded = figure.is_bounded && before[i].is_bounded;
        }
        figure.point = figure.point > figure.lower ? figure.point : figure.lower;
        figure.upper = figure.upper > figure.point ? figure.upper : figure.point;
        best->figures[best->figures_count++] = figure;
    }
}

/*
 * State of this reading, and the gaps that are open now.
 */
static void judge(
    const flopmeter_counter_t *const counter, flopmeter_counter_reading_t *const reading, const uint64_t time_ns)
{
    reading->state = FLOPMETER_COUNTER_AVAILABLE;
    if (0 != counter->paused_ns)
    {
        reading->state = counter->is_resume_failed ? FLOPMETER_COUNTER_FAILED : FLOPMETER_COUNTER_PAUSED;
        add_gap(reading, counter->paused_ns, time_ns, reading->state);
        return;
    }
    for (size_t i = 0; i < counter->handles_count; i++)
    {
        const flopmeter_perf_handle_t *const handle = &counter->handles[i];
        if (handle->failing)
        {
            reading->state = FLOPMETER_COUNTER_FAILED;
            add_gap(reading, handle->account.last_ns, time_ns, FLOPMETER_COUNTER_FAILED);
        }
        else if (0 == handle->account.last.running_ns && handle->account.last.enabled_ns >=
            NEVER_RUNNING_NS + flopmeter_perf_elsewhere_ns(counter, handle) &&
            FLOPMETER_COUNTER_AVAILABLE == reading->state)
        {
            reading->state = FLOPMETER_COUNTER_TAKEN;
            add_gap(reading, counter->begin_ns, time_ns, FLOPMETER_COUNTER_TAKEN);
        }
    }
}

void flopmeter_perf_read(flopmeter_counter_t *const counter, flopmeter_counter_reading_t *const reading)
{
    sums_t sums;

    if (0 == counter->paused_ns)
    {
        read_all(counter);
    }
    const uint64_t time_ns = now_ns(counter);
    memset(&sums, 0, sizeof(sums));
    sum_up(counter, &sums, time_ns);
    keep_best(&counter->best, &sums);
    counter->best.end_ns = time_ns;
    *reading = counter->best;
    judge(counter, reading, time_ns);
}

/* ---- Open and close ---- */

static flopmeter_counter_t *open_disabled(
    const flopmeter_perf_setup_t *const setup,
    const flopmeter_counter_target_t *const target,
    flopmeter_counter_probe_t *const probe)
{
    const flopmeter_cpu_event_t *events[FLOPMETER_CPU_EVENTS_MAX];
    flopmeter_cpu_chip_t chip;
    const size_t count = flopmeter_perf_select(setup, events, &chip, probe);
    flopmeter_counter_t *const counter = 0 == count ? NULL : calloc(1, sizeof(*counter));

    if (NULL == counter)
    {
        if (0 != count)
        {
            flopmeter_perf_explain(setup, target, ENOMEM, probe);
        }
        return NULL;
    }
    counter->setup = setup;
    counter->target = *target;
    counter->chip = chip;
    for (size_t i = 0; i < count; i++)
    {
        if (events[i]->is_unseen)
        {
            counter->unseen[counter->unseen_count++] = events[i];
        }
    }
    const int rc = flopmeter_perf_open_handles(counter, events, count);
    if (rc < 0)
    {
        flopmeter_perf_explain(setup, target, -rc, probe);
        flopmeter_perf_close(counter);
        return NULL;
    }
    probe->state = FLOPMETER_COUNTER_AVAILABLE;
    snprintf(probe->detail, sizeof(probe->detail), "%s, %zu events", chip.text, count - counter->unseen_count);
    snprintf(counter->best.device, sizeof(counter->best.device), "%s", chip.text);
    return counter;
}

void flopmeter_perf_probe(
    const flopmeter_perf_setup_t *const setup,
    const flopmeter_counter_target_t *const target,
    flopmeter_counter_probe_t *const probe)
{
    flopmeter_counter_t *const counter = open_disabled(setup, target, probe);

    if (NULL != counter)
    {
        flopmeter_perf_close(counter);
    }
}

flopmeter_counter_t *flopmeter_perf_open(
    const flopmeter_perf_setup_t *const setup,
    const flopmeter_counter_target_t *const target,
    flopmeter_counter_probe_t *const probe)
{
    return flopmeter_perf_open_at(setup, target, flopmeter_cpu_hz_max(setup->root), probe);
}

flopmeter_counter_t *flopmeter_perf_open_at(
    const flopmeter_perf_setup_t *const setup,
    const flopmeter_counter_target_t *const target,
    const uint64_t hz,
    flopmeter_counter_probe_t *const probe)
{
    flopmeter_counter_t *const counter = open_disabled(setup, target, probe);

    if (NULL == counter)
    {
        return NULL;
    }
    const long online = sysconf(_SC_NPROCESSORS_CONF);
    counter->hz = hz;
    /* A tree runs on all of them, a thread on one, and a CPU is one. */
    counter->cpus = flopmeter_perf_is_tree(counter) && online > 0 ? (uint32_t)online : 1;
    counter->begin_ns = now_ns(counter);
    counter->best.begin_ns = counter->begin_ns;
    for (size_t i = 0; i < counter->handles_count; i++)
    {
        flopmeter_perf_account_open(&counter->handles[i].account, counter->begin_ns);
    }
    const int rc = target->from_exec ? 0 : flopmeter_perf_switch(counter, true);
    if (rc < 0)
    {
        flopmeter_perf_explain(setup, target, -rc, probe);
        flopmeter_perf_close(counter);
        return NULL;
    }
    return counter;
}

void flopmeter_perf_pause(flopmeter_counter_t *const counter)
{
    if (0 != counter->paused_ns && !counter->is_pause_failed && !counter->is_resume_failed)
    {
        return;
    }
    if (0 == counter->paused_ns)
    {
        read_all(counter);
        counter->paused_ns = now_ns(counter);
    }
    /* A resume that failed may have put some of them back. */
    counter->is_pause_failed = flopmeter_perf_switch(counter, false) < 0;
    counter->is_resume_failed = counter->is_resume_failed && counter->is_pause_failed;
}

void flopmeter_perf_resume(flopmeter_counter_t *const counter)
{
    if (0 == counter->paused_ns)
    {
        return;
    }
    counter->is_resume_failed = flopmeter_perf_switch(counter, true) < 0;
    if (counter->is_resume_failed)
    {
        return;
    }
    const uint64_t time_ns = now_ns(counter);
    add_gap(&counter->best, counter->paused_ns, time_ns, FLOPMETER_COUNTER_PAUSED);
    counter->blind_ns += time_ns - counter->paused_ns;
    counter->paused_ns = 0;
    counter->is_pause_failed = false;
}

bool flopmeter_perf_is_free(const flopmeter_counter_t *const counter)
{
    return 0 != counter->paused_ns && !counter->is_pause_failed && !counter->is_resume_failed;
}

bool flopmeter_perf_is_counting(const flopmeter_counter_t *const counter)
{
    return 0 == counter->paused_ns;
}

void flopmeter_perf_close(flopmeter_counter_t *const counter)
{
    flopmeter_perf_close_handles(counter);
    free(counter->handles);
    free(counter);
}

/* ---- The entry for this machine ---- */

static const flopmeter_perf_setup_t here = { &flopmeter_perf_sys, "", NULL, 0 };

static void probe_here(const flopmeter_counter_target_t *const target, flopmeter_counter_probe_t *const probe)
{
    flopmeter_perf_probe(&here, target, probe);
}

static flopmeter_counter_t *open_here(
    const flopmeter_counter_target_t *const target, flopmeter_counter_probe_t *const probe)
{
    return flopmeter_perf_open(&here, target, probe);
}

const flopmeter_counter_source_t flopmeter_perf_source = {
    "perf", FLOPMETER_SOURCE_PERF, FLOPMETER_EXACT_EXECUTED, probe_here, open_here, flopmeter_perf_read,
    flopmeter_perf_pause, flopmeter_perf_resume, flopmeter_perf_close,
};
