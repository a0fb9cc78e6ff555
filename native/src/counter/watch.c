/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "watch.h"

#include "gpm.h"
#include "pause.h"
#include "pm_source.h"
#include "provider.h"
#include "watch_device.h"
#include "watch_note.h"
#include "watch_state.h"
#include "watched.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEVICES_MAX FLOPMETER_WATCH_DEVICES_MAX
#define NS_PER_SEC (UINT64_C(1000000000))
/* Processes come and go faster than readings are due: their lists are looked at more often. */
#define OWNER_INTERVAL_NS (UINT64_C(100000000))
#define LAST_PAUSE_NS (100000000L)

typedef struct watch_stct
{
    const flopmeter_watch_options_t *options;
    flopmeter_watched_t devices[DEVICES_MAX];
    size_t devices_count;
    flopmeter_watch_refused_t refused;     /* of a run: a gap that was told */
    bool is_fallback_open;   /* they may be sampled later on: their gap is not told yet */
    uint64_t begin_ns;       /* everything is to be recorded since then */
    flopmeter_nvml_t keeper; /* open while no device is: the supervisor must not find one that was opened and left */
    flopmeter_watch_note_t note;
    bool is_listed;          /* the driver said which devices there are */
    uint64_t retry_ns;       /* of a host: what could not be opened is tried again then */
    int state_fd;            /* time up to which everything is recorded, for the one that comes after us; -1 = none */
    flopmeter_pause_t pause;
    bool is_paused;          /* another profiler has the hardware */
    bool is_unopened;        /* it had it before the devices were opened */
    uint64_t open_ns;        /* since when they are to be recorded then; 0 = from their opening on */
    uint32_t pause_gap;
}
watch_t;

static watch_t watch;

static uint64_t now_ns(void)
{
    return flopmeter_gpm_host()->now_ns();
}

/*
 * A look may be late, behind a slow reading of this device or another, or slow itself: whoever came and went meanwhile
 * was not seen.
 */
static void look_for_owners(flopmeter_watched_t *device)
{
    const uint64_t begin_ns = now_ns();
    const unsigned unknown =
        NULL != watch.options->host ? (unsigned)FLOPMETER_TENANT_UNKNOWN : (unsigned)FLOPMETER_OWNER_UNKNOWN;

    if (NULL != watch.options->host)
    {
        flopmeter_tenant_of(watch.options->host, flopmeter_watched_device(device), &device->told.tenant);
        flopmeter_seen_add(&device->seen, &device->told.tenant);
    }
    else
    {
        device->seen.kinds |= 1U << flopmeter_owner_of(&watch.options->identity, flopmeter_watched_device(device));
    }
    device->seen.kinds |= now_ns() > device->looked_ns + watch.options->unseen_ns ? 1U << unknown : 0;
    device->looked_ns = begin_ns;
}

/*
 * All providers have one source and basis, so that a device's figures are one layer whoever reads them.
 */
static void tell_gap(flopmeter_gap_reason_t reason)
{
    flopmeter_core_gap(reason, flopmeter_gpm_source.source);
}

/*
 * A time that is in the upper end already. The result of a run asks for more: that its counter watched all the time.
 */
static void tell_bounded_gap(void)
{
    tell_gap(NULL != watch.options->host ? FLOPMETER_GAP_COUNTER_PAUSED : FLOPMETER_GAP_COUNTER);
}

/*
 * What is known to be somebody's alone goes into the lane as it is, what may be counted by others as an upper end.
 */
static void record(flopmeter_watched_t *device, const flopmeter_counter_reading_t *reading)
{
    flopmeter_seen_t seen = device->seen;
    bool has_work = false;

    flopmeter_seen_merge(&seen, &device->seen_before);
    const flopmeter_charge_t charge = NULL != watch.options->host ? flopmeter_seen_charge(&seen, device->node) :
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
            flopmeter_watch_note_recorded(&watch.note, &shape);
        }
    }
    flopmeter_watch_note_add(&watch.note, device->provider, device->counter, charge.is_whole, &device->views);
    if (is_pushed)
    {
        (void)flopmeter_context_pop();
    }
    if (has_work)
    {
        tell_gap(FLOPMETER_GAP_SHARED);
    }
}

static void read_device(flopmeter_watched_t *device)
{
    static flopmeter_counter_reading_t reading;

    look_for_owners(device);
    device->provider->source->read(device->counter, &reading);
    look_for_owners(device);
    const bool is_bounded = flopmeter_watch_is_bounded(&reading);
    if (!device->is_gap_told && flopmeter_watch_is_missing(&reading, device->gaps_known))
    {
        device->is_gap_told = true;
        tell_bounded_gap();
    }
    if (!is_bounded && NULL != watch.options->host)
    {
        tell_gap(FLOPMETER_GAP_COUNTER_UNBOUNDED);
    }
    record(device, &reading);
    if (reading.end_ns > device->last.end_ns)
    {
        device->seen_before = device->seen;
        memset(&device->seen, 0, sizeof(device->seen));
    }
    device->last = reading;
    look_for_owners(device);
}

static bool is_all_read(void)
{
    return watch.is_listed && 0 == watch.refused.count;
}

/*
 * Where a device can't be read, or nobody knows which there are, nothing bounds what was done.
 */
static void write_document(uint64_t covered_ns)
{
    flopmeter_watch_document_t document;
    bool is_bounded = is_all_read();

    if (NULL == watch.options->meter_dir || !flopmeter_watch_document_begin(
        &document, watch.options->meter_dir, watch.begin_ns, covered_ns, now_ns()))
    {
        return;
    }
    for (size_t i = 0; i < watch.devices_count; i++)
    {
        const flopmeter_watched_t *const device = &watch.devices[i];
        is_bounded = is_bounded && flopmeter_watch_is_bounded(&device->last);
        flopmeter_watch_document_add(&document, device->name, device->node, device->provider->source->name,
            flopmeter_watched_device(device), &device->told, &device->last);
    }
    flopmeter_watch_document_end(&document, &watch.refused, is_bounded);
}

/*
 * Everything up to here is in the lane: a successor begins there. Instances of one card are one card.
 */
static void note_covered(void)
{
    uint64_t covered_ns = watch.devices_count > 0 ?
        flopmeter_watched_until(watch.devices, watch.devices_count) : now_ns();
    const uint64_t cards = flopmeter_watched_cards(watch.devices, watch.devices_count);

    if (NULL != watch.options->host)
    {
        /* What can't be read yet is as it was at the beginning: a successor must not take it for recorded. */
        covered_ns = is_all_read() ? covered_ns : watch.begin_ns;
        write_document(covered_ns);
    }
    else if (NULL != watch.options->meter_dir && watch.devices_count > 0)
    {
        (void)flopmeter_watch_note_write(&watch.note, watch.options->meter_dir);
    }
    if (watch.devices_count > 0 || NULL != watch.options->host)
    {
        flopmeter_watch_state_write(&watch.state_fd, covered_ns, cards);
    }
}

/*
 * Where the one before us stopped, if there was one: since then there is a gap.
 */
static uint64_t open_state(uint64_t begin_ns)
{
    uint64_t covered_ns = 0;
    bool is_successor = false;

    watch.state_fd = flopmeter_watch_state_open(watch.options->meter_dir, &is_successor, &covered_ns);
    if (is_successor)
    {
        tell_bounded_gap();
    }
    return is_successor && covered_ns > begin_ns && covered_ns < now_ns() ? covered_ns : begin_ns;
}

/*
 * Open one in its place. Its node is told apart by the partition's UUID, where it is one.
 */
static bool open_device(flopmeter_watched_t *device, const char *name, uint64_t begin_ns)
{
    flopmeter_counter_probe_t probes[FLOPMETER_PROVIDERS_MAX];
    const flopmeter_counter_target_t target = { .pid = -1, .cpu = -1, .device = name };
    size_t asked = 0;

    memset(device, 0, sizeof(*device));
    device->known_ns = now_ns();
    snprintf(device->name, sizeof(device->name), "%s", name);
    device->counter = flopmeter_provider_open(&target, &device->provider, probes, &asked);
    if (NULL == device->counter)
    {
        for (size_t i = 0; i < asked && !flopmeter_watch_is_refused(&watch.refused, name); i++)
        {
            fprintf(stderr, "flopmeter-counter: device %s: %s: %s: %s\n", name, flopmeter_provider_at(i)->source->name,
                probes[i].detail, probes[i].remedy);
        }
        if (!watch.is_fallback_open && NULL == watch.options->host)
        {
            tell_gap(FLOPMETER_GAP_COUNTER);
        }
        flopmeter_watch_refuse(&watch.refused, name, &probes[0]);
        return false;
    }
    flopmeter_watch_admit(&watch.refused, name);
    flopmeter_owner_node(flopmeter_watched_device(device), device->node, sizeof(device->node));
    device->looked_ns = device->provider->begun_at(device->counter);
    if (0 != begin_ns)
    {
        device->provider->begin_at(device->counter, begin_ns);
        device->gaps_known = 1;
        /* Who was there in that time nobody looked. A run has all of it in its upper end, whoever it was. */
        device->seen.kinds |= NULL != watch.options->host ? 1U << FLOPMETER_TENANT_UNKNOWN : 0;
    }
    device->last.end_ns = begin_ns;
    look_for_owners(device);
    return true;
}

static void open_one_more(const char *name, uint64_t begin_ns)
{
    if (open_device(&watch.devices[watch.devices_count], name, begin_ns))
    {
        watch.devices_count += 1;
    }
}

/*
 * The driver itself is refused under no name of a device.
 */
static void note_list(int count, const flopmeter_counter_probe_t *probe)
{
    watch.is_listed = count >= 0;
    if (watch.is_listed)
    {
        flopmeter_watch_admit(&watch.refused, "");
    }
    else
    {
        flopmeter_watch_refuse(&watch.refused, "", probe);
    }
}

static void open_devices(uint64_t begin_ns)
{
    static char names[DEVICES_MAX][FLOPMETER_GPM_NAME_LENGTH];
    flopmeter_counter_probe_t probe;
    int count = flopmeter_nvml_open(&watch.keeper, flopmeter_gpm_host(), &probe);

    count = 0 == count ? flopmeter_gpm_device_list(flopmeter_gpm_host(), names, DEVICES_MAX, &probe) : count;
    for (int i = 0; i < count; i++)
    {
        open_one_more(names[i], begin_ns);
    }
    if (watch.devices_count > 0)
    {
        flopmeter_nvml_close(&watch.keeper, flopmeter_gpm_host());
    }
    note_list(count, &probe);
    if (count < 0 && NULL == watch.options->host)
    {
        fprintf(stderr, "flopmeter-counter: %s: %s\n", probe.detail, probe.remedy);
        tell_gap(FLOPMETER_GAP_COUNTER);
    }
}

/*
 * A card is either whole or partitioned: what is open of it in the other way is read no more.
 */
static void retire_others(const char *name)
{
    const size_t length = strcspn(name, ".");

    for (size_t i = 0; i < watch.devices_count; i++)
    {
        flopmeter_watched_t *const device = &watch.devices[i];
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
static void open_anew(flopmeter_watched_t *device)
{
    static flopmeter_watched_t opened;
    const uint64_t covered_ns = device->last.end_ns;
    const uint64_t since_ns = 0 != covered_ns && covered_ns < device->known_ns ? covered_ns : device->known_ns;

    tell_bounded_gap();
    device->is_retired = true;
    device->provider->source->pause(device->counter);
    read_device(device);
    if (open_device(&opened, device->name, since_ns))
    {
        flopmeter_seen_merge(&opened.seen, &device->seen);
        flopmeter_seen_merge(&opened.seen, &device->seen_before);
        device->provider->source->close(device->counter);
        *device = opened;
    }
}

static void look_for_others(void)
{
    for (size_t i = 0; i < watch.devices_count; i++)
    {
        flopmeter_watched_t *const device = &watch.devices[i];
        const uint64_t looked_ns = now_ns();
        if (device->is_retired)
        {
            continue;
        }
        if (flopmeter_gpm_device_is_other(flopmeter_watched_device(device), device->name))
        {
            open_anew(device);
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
static void look_for_devices(void)
{
    static char names[DEVICES_MAX][FLOPMETER_GPM_NAME_LENGTH];
    flopmeter_counter_probe_t probe;
    const bool is_retry = NULL != watch.options->host && now_ns() >= watch.retry_ns;
    const bool is_first = NULL != watch.options->host && 0 == watch.devices_count && !watch.is_listed;

    if (0 == watch.devices_count && !is_retry)
    {
        return;
    }
    const int count = flopmeter_gpm_device_list(flopmeter_gpm_host(), names, DEVICES_MAX, &probe);
    note_list(count, &probe);
    watch.retry_ns = is_retry ? now_ns() + watch.options->retry_ns : watch.retry_ns;
    for (int i = 0; i < count && watch.devices_count < DEVICES_MAX; i++)
    {
        const bool was_refused = flopmeter_watch_is_refused(&watch.refused, names[i]);
        if (!flopmeter_watched_is_open(watch.devices, watch.devices_count, names[i]) && (is_retry || !was_refused))
        {
            tell_bounded_gap();
            retire_others(names[i]);
            open_one_more(names[i], is_first || was_refused ? watch.begin_ns : 0);
        }
    }
}

/*
 * No ranges: what nobody else can read may take the profiling hardware. The file is in a folder that the program can
 * write to; the most that it can do with it is what the run was asked for.
 */
static void look_for_fallback(void)
{
    static flopmeter_watch_refused_t refused;
    char path[PATH_MAX];

    if (!watch.is_fallback_open || NULL == watch.options->meter_dir ||
        (size_t)snprintf(path, sizeof(path), "%s/" FLOPMETER_PM_WANTED, watch.options->meter_dir) >= sizeof(path) ||
        0 != access(path, F_OK))
    {
        return;
    }
    watch.is_fallback_open = false;
    flopmeter_pm_use(FLOPMETER_PM_LAST, watch.options->cupti);
    refused = watch.refused;
    for (size_t i = 0; i < refused.count && watch.devices_count < DEVICES_MAX; i++)
    {
        if ('\0' != refused.items[i].name[0])
        {
            open_one_more(refused.items[i].name, watch.begin_ns);
        }
    }
}

static void read_all(void)
{
    if (!watch.is_paused && !watch.is_unopened)
    {
        look_for_fallback();
        look_for_others();
        look_for_devices();
    }
    for (size_t i = 0; i < watch.devices_count; i++)
    {
        read_device(&watch.devices[i]);
    }
    note_covered();
}

/*
 * Whole figures before, and all of the time between to its end: what it may have held is in the upper ends, and is no
 * gap of another kind.
 */
static void pause_devices(bool is_paused)
{
    read_all();
    flopmeter_watched_pause(watch.devices, watch.devices_count, is_paused);
    if (is_paused)
    {
        watch.pause_gap = flopmeter_core_gap_begin(FLOPMETER_GAP_COUNTER_PAUSED, flopmeter_gpm_source.source);
    }
    else
    {
        /* Still as paused: what was missed until now belongs to it. */
        read_all();
        flopmeter_core_gap_end(watch.pause_gap);
    }
}

/*
 * Give way as long as somebody wishes it. What was not opened because of that is opened then, and since the beginning.
 */
static void look_for_wish(void)
{
    const bool is_wished = flopmeter_pause_look(&watch.pause, now_ns());

    if (is_wished != watch.is_paused)
    {
        pause_devices(is_wished);
        watch.is_paused = is_wished;
    }
    if (!is_wished && watch.is_unopened)
    {
        watch.is_unopened = false;
        open_devices(watch.open_ns);
        note_covered();
    }
    (void)flopmeter_pause_answer(&watch.pause, is_wished,
        is_wished ? "" : flopmeter_watched_missing(watch.devices, watch.devices_count));
}

/*
 * Sleep until `until_ns`. True when it is time to end.
 */
static bool sleep_until(const sigset_t *signals, uint64_t until_ns)
{
    const uint64_t now = now_ns();
    const uint64_t left_ns = until_ns > now ? until_ns - now : 0;
    const struct timespec timeout = { (time_t)(left_ns / NS_PER_SEC), (long)(left_ns % NS_PER_SEC) };

    return sigtimedwait(signals, NULL, &timeout) > 0 || getppid() != watch.options->parent;
}

/*
 * The figures lie up to a refresh behind. Wait for it, a little; what is still missing then is a gap.
 */
static void read_last(void)
{
    const uint64_t end_ns = now_ns();
    const uint64_t settle_ns = flopmeter_watched_settle_ns(watch.devices, watch.devices_count);

    while (flopmeter_watched_until(watch.devices, watch.devices_count) < end_ns && now_ns() < end_ns + settle_ns)
    {
        const struct timespec pause_ts = { 0, LAST_PAUSE_NS };
        (void)nanosleep(&pause_ts, NULL);
        read_all();
    }
    for (size_t i = 0; i < watch.devices_count; i++)
    {
        const flopmeter_counter_source_t *const source = watch.devices[i].provider->source;
        if (watch.devices[i].last.end_ns < end_ns)
        {
            /* The rest of it is lost. */
            tell_gap(FLOPMETER_GAP_COUNTER);
            source->pause(watch.devices[i].counter);
            read_device(&watch.devices[i]);
        }
    }
    note_covered();
    if (watch.is_fallback_open && watch.refused.count > 0)
    {
        tell_gap(FLOPMETER_GAP_COUNTER);
    }
    for (size_t i = 0; i < watch.devices_count; i++)
    {
        watch.devices[i].provider->source->close(watch.devices[i].counter);
    }
}

int flopmeter_watch(const flopmeter_watch_options_t *options, const sigset_t *signals)
{
    uint64_t read_at_ns = now_ns() + options->interval_ns;

    memset(&watch, 0, sizeof(watch));
    watch.options = options;
    watch.is_fallback_open = options->has_fallback;
    const uint64_t since_ns = open_state(options->begin_ns);
    watch.begin_ns = 0 == since_ns && NULL != options->host ? now_ns() : since_ns;
    watch.retry_ns = now_ns() + options->retry_ns;
    watch.open_ns = since_ns;
    watch.is_unopened = true;
    flopmeter_pause_open(&watch.pause, options->meter_dir, "flopmeter-counter");
    look_for_wish();
    for (;;)
    {
        uint64_t until_ns = now_ns() + (0 == watch.devices_count ? FLOPMETER_PAUSE_LOOK_NS : OWNER_INTERVAL_NS);
        until_ns = read_at_ns < until_ns ? read_at_ns : until_ns;
        if (sleep_until(signals, until_ns))
        {
            break;
        }
        look_for_wish();
        for (size_t i = 0; i < watch.devices_count; i++)
        {
            look_for_owners(&watch.devices[i]);
        }
        if (now_ns() >= read_at_ns)
        {
            read_all();
            read_at_ns = now_ns() + options->interval_ns;
        }
    }
    if (watch.is_unopened)
    {
        /* Never opened: nothing watched them. */
        tell_gap(FLOPMETER_GAP_COUNTER);
    }
    read_last();
    flopmeter_core_gap_end(watch.is_paused ? watch.pause_gap : 0);
    flopmeter_pause_close(&watch.pause);
    flopmeter_nvml_close(&watch.keeper, flopmeter_gpm_host());
    if (watch.state_fd >= 0)
    {
        close(watch.state_fd);
    }
    return 0;
}
