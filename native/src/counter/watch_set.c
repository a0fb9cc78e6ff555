/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "watch_set.h"

#include "gpm.h"
#include "pm_source.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

uint64_t flopmeter_watch_now_ns(void)
{
    return flopmeter_gpm_host()->now_ns();
}

const flopmeter_gpm_device_t *flopmeter_watched_device(const flopmeter_watched_t *device)
{
    return device->provider->device(device->counter);
}

/*
 * A look may be late, behind a slow reading of this device or another, or slow itself: whoever came and went meanwhile
 * was not seen.
 */
void flopmeter_watch_look_for_owners(flopmeter_watch_set_t *set, flopmeter_watched_t *device)
{
    const uint64_t begin_ns = flopmeter_watch_now_ns();
    const unsigned unknown =
        NULL != set->options->host ? (unsigned)FLOPMETER_TENANT_UNKNOWN : (unsigned)FLOPMETER_OWNER_UNKNOWN;

    if (NULL != set->options->host)
    {
        flopmeter_tenant_of(set->options->host, flopmeter_watched_device(device), &device->told.tenant);
        flopmeter_seen_add(&device->seen, &device->told.tenant);
    }
    else
    {
        device->seen.kinds |= 1U << flopmeter_owner_of(&set->options->identity, flopmeter_watched_device(device));
    }
    device->seen.kinds |= flopmeter_watch_now_ns() > device->looked_ns + set->options->unseen_ns ? 1U << unknown : 0;
    device->looked_ns = begin_ns;
}

/*
 * All providers have one source and basis, so that a device's figures are one layer whoever reads them.
 */
void flopmeter_watch_tell_gap(flopmeter_gap_reason_t reason)
{
    flopmeter_core_gap(reason, flopmeter_gpm_source.source);
}

/*
 * A time that is in the upper end already. The result of a run asks for more: that its counter watched all the time.
 */
void flopmeter_watch_tell_bounded_gap(const flopmeter_watch_set_t *set)
{
    flopmeter_watch_tell_gap(NULL != set->options->host ? FLOPMETER_GAP_COUNTER_PAUSED : FLOPMETER_GAP_COUNTER);
}

/*
 * What is charged to the host may be the work of any job that was seen: its own upper end has to hold it, under a node
 * that no sum over the host has in it. A charge to one job is its alone.
 */
static void record_shares(
    flopmeter_watched_t *device,
    const flopmeter_seen_t *seen,
    const flopmeter_charge_t *charge,
    const flopmeter_counter_reading_t *reading)
{
    char node[FLOPMETER_WATCH_NODE_LENGTH];
    bool has_work = false;

    snprintf(node, sizeof(node), "%s%s", FLOPMETER_WATCH_SHARED_NODE, strchr(device->node, ':') + 1);
    for (size_t job = 0; job < seen->jobs.count; job++)
    {
        const char *const name = seen->jobs.names[job];
        if (0 == strcmp(charge->run, name) || FLOPMETER_OK != flopmeter_context_push(name, node))
        {
            continue;
        }
        for (size_t i = 0; i < reading->figures_count; i++)
        {
            const flopmeter_counter_figure_t *const figure = &reading->figures[i];
            flopmeter_shape_t shape;
            flopmeter_watch_difference(flopmeter_watch_figure(&device->last, figure->precision), figure, &shape);
            has_work = has_work || 0 != shape.flop_count + shape.estimate;
            flopmeter_watch_disclaim(&shape);
            flopmeter_core_count_on(
                figure->precision, flopmeter_gpm_source.basis, flopmeter_gpm_source.source, &shape);
        }
        (void)flopmeter_context_pop();
    }
    if (has_work && charge->is_whole)
    {
        flopmeter_watch_tell_gap(FLOPMETER_GAP_SHARED);
    }
    if (seen->jobs.is_more)
    {
        /* Somebody's end lacks it, and there is no telling whose. */
        flopmeter_watch_tell_gap(FLOPMETER_GAP_COUNTER_UNBOUNDED);
    }
}

/*
 * What is known to be somebody's alone goes into the lane as it is, what may be counted by others as an upper end.
 */
static void record(flopmeter_watch_set_t *set, flopmeter_watched_t *device, const flopmeter_counter_reading_t *reading)
{
    flopmeter_seen_t seen = device->seen;
    bool has_work = false;

    flopmeter_seen_merge(&seen, &device->seen_before);
    const flopmeter_charge_t charge = NULL != set->options->host ? flopmeter_seen_charge(&seen, device->node) :
        flopmeter_seen_charge_of_run(&seen, device->node);
    flopmeter_watch_device_take(&device->told, &charge, &device->last, reading);
    if (charge.is_elsewhere)
    {
        return;
    }
    const bool is_pushed = NULL != charge.node && FLOPMETER_OK == flopmeter_context_push(charge.run, charge.node);
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        const flopmeter_counter_figure_t *const figure = &reading->figures[i];
        flopmeter_shape_t shape;
        flopmeter_watch_difference(flopmeter_watch_figure(&device->last, figure->precision), figure, &shape);
        if (!charge.is_whole)
        {
            has_work = has_work || 0 != shape.flop_count + shape.estimate;
            flopmeter_watch_disclaim(&shape);
        }
        flopmeter_core_count_on(
            figure->precision, flopmeter_gpm_source.basis, flopmeter_gpm_source.source, &shape);
        if (FLOPMETER_PRECISION_UNKNOWN == figure->precision)
        {
            flopmeter_watch_note_recorded(&set->note, &shape);
        }
    }
    flopmeter_watch_note_add(&set->note, device->provider, device->counter, charge.is_whole, &device->views);
    if (is_pushed)
    {
        (void)flopmeter_context_pop();
    }
    if (has_work)
    {
        flopmeter_watch_tell_gap(FLOPMETER_GAP_SHARED);
    }
    if (NULL != set->options->host)
    {
        record_shares(device, &seen, &charge, reading);
    }
}

void flopmeter_watch_read_device(flopmeter_watch_set_t *set, flopmeter_watched_t *device)
{
    static flopmeter_counter_reading_t reading;

    flopmeter_watch_look_for_owners(set, device);
    device->provider->source->read(device->counter, &reading);
    flopmeter_watch_look_for_owners(set, device);
    const bool is_bounded = flopmeter_watch_is_bounded(&reading);
    if (!device->is_gap_told && flopmeter_watch_is_missing(&reading, device->gaps_known))
    {
        device->is_gap_told = true;
        flopmeter_watch_tell_bounded_gap(set);
    }
    if (!is_bounded && NULL != set->options->host)
    {
        flopmeter_watch_tell_gap(FLOPMETER_GAP_COUNTER_UNBOUNDED);
    }
    record(set, device, &reading);
    if (reading.end_ns > device->last.end_ns)
    {
        device->seen_before = device->seen;
        memset(&device->seen, 0, sizeof(device->seen));
    }
    device->last = reading;
    flopmeter_watch_look_for_owners(set, device);
}

/*
 * Open one in its place. Its node is told apart by the partition's UUID, where it is one.
 */
static bool open_device(flopmeter_watch_set_t *set, flopmeter_watched_t *device, const char *name, uint64_t begin_ns)
{
    flopmeter_counter_probe_t probes[FLOPMETER_PROVIDERS_MAX];
    const flopmeter_counter_target_t target = { .pid = -1, .cpu = -1, .device = name };
    size_t asked = 0;

    memset(device, 0, sizeof(*device));
    device->known_ns = flopmeter_watch_now_ns();
    snprintf(device->name, sizeof(device->name), "%s", name);
    device->counter = flopmeter_provider_open(&target, &device->provider, probes, &asked);
    if (NULL == device->counter)
    {
        for (size_t i = 0; i < asked && !flopmeter_watch_is_refused(&set->refused, name); i++)
        {
            fprintf(stderr, "flopmeter-counter: device %s: %s: %s: %s\n", name, flopmeter_provider_at(i)->source->name,
                probes[i].detail, probes[i].remedy);
        }
        if (!set->is_fallback_open && NULL == set->options->host)
        {
            flopmeter_watch_tell_gap(FLOPMETER_GAP_COUNTER);
        }
        flopmeter_watch_refuse(&set->refused, name, &probes[0]);
        return false;
    }
    flopmeter_watch_admit(&set->refused, name);
    flopmeter_owner_node(flopmeter_watched_device(device), device->node, sizeof(device->node));
    device->looked_ns = device->provider->begun_at(device->counter);
    if (0 != begin_ns)
    {
        device->provider->begin_at(device->counter, begin_ns);
        device->gaps_known = 1;
        /* Who was there in that time nobody looked. A run has all of it in its upper end, whoever it was. */
        device->seen.kinds |= NULL != set->options->host ? 1U << FLOPMETER_TENANT_UNKNOWN : 0;
    }
    device->last.end_ns = begin_ns;
    flopmeter_watch_look_for_owners(set, device);
    return true;
}

static void open_one_more(flopmeter_watch_set_t *set, const char *name, uint64_t begin_ns)
{
    if (open_device(set, &set->devices[set->devices_count], name, begin_ns))
    {
        set->devices_count += 1;
    }
}

/*
 * The driver itself is refused under no name of a device.
 */
static void note_list(flopmeter_watch_set_t *set, int count, const flopmeter_counter_probe_t *probe)
{
    set->is_listed = count >= 0;
    if (set->is_listed)
    {
        flopmeter_watch_admit(&set->refused, "");
    }
    else
    {
        flopmeter_watch_refuse(&set->refused, "", probe);
    }
}

void flopmeter_watch_open_devices(flopmeter_watch_set_t *set, uint64_t begin_ns)
{
    static char names[FLOPMETER_WATCH_DEVICES_MAX][FLOPMETER_GPM_NAME_LENGTH];
    flopmeter_counter_probe_t probe;
    int count = flopmeter_nvml_open(&set->keeper, flopmeter_gpm_host(), &probe);

    if (0 == count)
    {
        count = flopmeter_gpm_device_list(flopmeter_gpm_host(), names, FLOPMETER_WATCH_DEVICES_MAX, &probe);
    }
    for (int i = 0; i < count; i++)
    {
        open_one_more(set, names[i], begin_ns);
    }
    if (set->devices_count > 0)
    {
        flopmeter_nvml_close(&set->keeper, flopmeter_gpm_host());
    }
    note_list(set, count, &probe);
    if (count < 0 && NULL == set->options->host)
    {
        fprintf(stderr, "flopmeter-counter: %s: %s\n", probe.detail, probe.remedy);
        flopmeter_watch_tell_gap(FLOPMETER_GAP_COUNTER);
    }
}

static bool is_open(const flopmeter_watch_set_t *set, const char *name)
{
    for (size_t i = 0; i < set->devices_count; i++)
    {
        if (0 == strcmp(name, set->devices[i].name) && !set->devices[i].is_retired)
        {
            return true;
        }
    }
    return false;
}

/*
 * A card is either whole or partitioned: what is open of it in the other way is read no more.
 */
static void retire_others(flopmeter_watch_set_t *set, const char *name)
{
    const size_t length = strcspn(name, ".");

    for (size_t i = 0; i < set->devices_count; i++)
    {
        flopmeter_watched_t *const device = &set->devices[i];
        const size_t own_length = strcspn(device->name, ".");
        if (!device->is_retired && own_length == length && 0 == strncmp(device->name, name, length) &&
            ('.' == device->name[own_length]) != ('.' == name[length]))
        {
            device->is_retired = true;
            device->provider->source->pause(device->counter);
        }
    }
}

/*
 * The instance was made anew, and may be larger. What it did since it was last known nobody knows, on any of its SM.
 * The one that was ends here; where the new one can't be opened it stands for it, as if it had been busy ever since.
 */
static void open_anew(flopmeter_watch_set_t *set, flopmeter_watched_t *device)
{
    static flopmeter_watched_t opened;
    const uint64_t covered_ns = device->last.end_ns;
    const uint64_t since_ns = 0 != covered_ns && covered_ns < device->known_ns ? covered_ns : device->known_ns;

    flopmeter_watch_tell_bounded_gap(set);
    device->is_retired = true;
    device->provider->source->pause(device->counter);
    flopmeter_watch_read_device(set, device);
    if (open_device(set, &opened, device->name, since_ns))
    {
        flopmeter_seen_merge(&opened.seen, &device->seen);
        flopmeter_seen_merge(&opened.seen, &device->seen_before);
        device->provider->source->close(device->counter);
        *device = opened;
    }
}

static void look_for_others(flopmeter_watch_set_t *set)
{
    for (size_t i = 0; i < set->devices_count; i++)
    {
        flopmeter_watched_t *const device = &set->devices[i];
        const uint64_t looked_ns = flopmeter_watch_now_ns();
        if (device->is_retired)
        {
            continue;
        }
        if (flopmeter_gpm_device_is_other(flopmeter_watched_device(device), device->name))
        {
            open_anew(set, device);
        }
        else
        {
            device->known_ns = looked_ns;
        }
    }
}

/*
 * Instances come and go while a run lasts. What one did before it was seen nobody knows. A host lasts longer than a
 * driver: what could not be read is tried again, as if it had been there since the beginning.
 */
static void look_for_devices(flopmeter_watch_set_t *set)
{
    static char names[FLOPMETER_WATCH_DEVICES_MAX][FLOPMETER_GPM_NAME_LENGTH];
    flopmeter_counter_probe_t probe;
    const bool is_retry = NULL != set->options->host && flopmeter_watch_now_ns() >= set->retry_ns;
    const bool is_first = NULL != set->options->host && 0 == set->devices_count && !set->is_listed;

    if (0 == set->devices_count && !is_retry)
    {
        return;
    }
    const int count = flopmeter_gpm_device_list(flopmeter_gpm_host(), names, FLOPMETER_WATCH_DEVICES_MAX, &probe);
    note_list(set, count, &probe);
    set->retry_ns = is_retry ? flopmeter_watch_now_ns() + set->options->retry_ns : set->retry_ns;
    for (int i = 0; i < count && set->devices_count < FLOPMETER_WATCH_DEVICES_MAX; i++)
    {
        const bool was_refused = flopmeter_watch_is_refused(&set->refused, names[i]);
        if (!is_open(set, names[i]) && (is_retry || !was_refused))
        {
            flopmeter_watch_tell_bounded_gap(set);
            retire_others(set, names[i]);
            open_one_more(set, names[i], is_first || was_refused ? set->begin_ns : 0);
        }
    }
}

/*
 * No ranges: what nobody else can read may take the profiling hardware. The file is in a folder that the program can
 * write to; the most that it can do with it is what the run was asked for.
 */
static void look_for_fallback(flopmeter_watch_set_t *set)
{
    static flopmeter_watch_refused_t refused;
    char path[PATH_MAX];

    if (!set->is_fallback_open || NULL == set->options->meter_dir ||
        (size_t)snprintf(path, sizeof(path), "%s/" FLOPMETER_PM_WANTED, set->options->meter_dir) >= sizeof(path) ||
        0 != access(path, F_OK))
    {
        return;
    }
    set->is_fallback_open = false;
    flopmeter_pm_use(FLOPMETER_PM_LAST, set->options->cupti);
    refused = set->refused;
    for (size_t i = 0; i < refused.count && set->devices_count < FLOPMETER_WATCH_DEVICES_MAX; i++)
    {
        if ('\0' != refused.items[i].name[0])
        {
            open_one_more(set, refused.items[i].name, set->begin_ns);
        }
    }
}

void flopmeter_watch_look_for_changes(flopmeter_watch_set_t *set)
{
    look_for_fallback(set);
    look_for_others(set);
    look_for_devices(set);
}
