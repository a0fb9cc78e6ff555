/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "watch.h"

#include "gpm.h"
#include "pause.h"
#include "watch_set.h"
#include "watch_state.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SEC (UINT64_C(1000000000))
/* Processes come and go faster than readings are due: their lists are looked at more often. */
#define OWNER_INTERVAL_NS (UINT64_C(100000000))
#define LAST_PAUSE_NS (100000000L)

typedef struct watch_stct
{
    flopmeter_watch_set_t set;
    int state_fd;            /* flopmeter_watch_state_t; -1 = none */
    flopmeter_pause_t pause;
    bool is_paused;          /* another profiler has the hardware */
    bool is_unopened;        /* it had it before the devices were opened */
    uint32_t pause_gap;
    uint64_t since_ns;       /* what is there at the start is to be recorded since then; 0 = since it is opened */
}
watch_t;

static watch_t watch;

static bool is_all_read(void)
{
    return watch.set.is_listed && 0 == watch.set.refused.count;
}

/*
 * Where a device can't be read, or nobody knows which there are, nothing bounds what was done.
 */
static void write_document(uint64_t covered_ns)
{
    flopmeter_watch_document_t document;
    bool is_bounded = is_all_read();

    if (NULL == watch.set.options->meter_dir || !flopmeter_watch_document_begin(
        &document, watch.set.options->meter_dir, watch.set.begin_ns, covered_ns, flopmeter_watch_now_ns()))
    {
        return;
    }
    for (size_t i = 0; i < watch.set.devices_count; i++)
    {
        const flopmeter_watched_t *const device = &watch.set.devices[i];
        is_bounded = is_bounded && flopmeter_watch_is_bounded(&device->last);
        flopmeter_watch_document_add(&document, device->name, device->node, device->provider->source->name,
            flopmeter_watched_device(device), &device->told, &device->last);
    }
    flopmeter_watch_document_end(&document, &watch.set.refused, is_bounded);
}

/*
 * Everything up to here is in the lane: a successor begins there. Instances of one card are one card.
 */
static void note_covered(void)
{
    flopmeter_watch_state_t state = { 0 };

    state.covered_ns = watch.set.devices_count > 0 ? UINT64_MAX : flopmeter_watch_now_ns();
    for (size_t i = 0; i < watch.set.devices_count; i++)
    {
        const unsigned card = flopmeter_watched_device(&watch.set.devices[i])->index;
        bool is_new = true;
        for (size_t j = 0; j < i; j++)
        {
            is_new = is_new && card != flopmeter_watched_device(&watch.set.devices[j])->index;
        }
        const uint64_t end_ns = watch.set.devices[i].last.end_ns;
        state.cards += is_new ? 1 : 0;
        state.covered_ns = end_ns < state.covered_ns ? end_ns : state.covered_ns;
        state.providers |= flopmeter_watch_provider_mask(watch.set.devices[i].provider->source->name);
    }
    if (NULL != watch.set.options->host)
    {
        /* What can't be read yet is as it was at the beginning: a successor must not take it for recorded. */
        state.covered_ns = is_all_read() ? state.covered_ns : watch.set.begin_ns;
        write_document(state.covered_ns);
    }
    else if (NULL != watch.set.options->meter_dir && watch.set.devices_count > 0)
    {
        (void)flopmeter_watch_note_write(&watch.set.note, watch.set.options->meter_dir);
    }
    if (watch.set.devices_count > 0 || NULL != watch.set.options->host)
    {
        flopmeter_watch_state_write(&watch.state_fd, &state);
    }
}

/*
 * Where the one before us stopped, if there was one: since then there is a gap. The program can write to the folder of
 * its run: the time is believed only as far as it makes sense.
 */
static uint64_t open_state(uint64_t begin_ns)
{
    uint64_t covered_ns = 0;
    bool is_successor = false;

    watch.state_fd = flopmeter_watch_state_open(watch.set.options->meter_dir, &is_successor, &covered_ns);
    if (is_successor)
    {
        flopmeter_watch_tell_bounded_gap(&watch.set);
    }
    return is_successor && covered_ns > begin_ns && covered_ns < flopmeter_watch_now_ns() ? covered_ns : begin_ns;
}

static void read_all(void)
{
    if (!watch.is_paused && !watch.is_unopened)
    {
        flopmeter_watch_look_for_changes(&watch.set);
    }
    for (size_t i = 0; i < watch.set.devices_count; i++)
    {
        flopmeter_watch_read_device(&watch.set, &watch.set.devices[i]);
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
    if (is_paused)
    {
        watch.pause_gap = flopmeter_core_gap_begin(FLOPMETER_GAP_COUNTER_PAUSED, flopmeter_gpm_source.source);
    }
    for (size_t i = 0; i < watch.set.devices_count; i++)
    {
        const flopmeter_counter_source_t *const source = watch.set.devices[i].provider->source;
        if (!watch.set.devices[i].is_retired)
        {
            (is_paused ? source->pause : source->resume)(watch.set.devices[i].counter);
        }
    }
    if (!is_paused)
    {
        /* Still as paused: what was missed until now belongs to it. */
        read_all();
        flopmeter_core_gap_end(watch.pause_gap);
    }
}

/*
 * "" when every device that was opened is counted.
 */
static const char *why_not_counted(void)
{
    for (size_t i = 0; i < watch.set.devices_count; i++)
    {
        if (!watch.set.devices[i].is_retired && FLOPMETER_COUNTER_TAKEN == watch.set.devices[i].last.state)
        {
            return "another profiler holds a GPU's counters";
        }
    }
    return "";
}

/*
 * Give way as long as somebody wishes it. What was not opened because of that is opened then, and since the beginning.
 */
static void look_for_wish(void)
{
    const bool is_wished = flopmeter_pause_look(&watch.pause, flopmeter_watch_now_ns());

    if (is_wished != watch.is_paused)
    {
        pause_devices(is_wished);
        watch.is_paused = is_wished;
    }
    /* What began meanwhile is not seen: a host that would begin now, with nothing missing, began then. */
    watch.since_ns = is_wished && watch.is_unopened ? watch.set.begin_ns : watch.since_ns;
    if (!is_wished && watch.is_unopened)
    {
        watch.is_unopened = false;
        flopmeter_watch_open_devices(&watch.set, watch.since_ns);
        note_covered();
    }
    (void)flopmeter_pause_answer(&watch.pause, is_wished, is_wished ? "" : why_not_counted());
}

/*
 * Sleep until `until_ns`. True when it is time to end.
 */
static bool sleep_until(const sigset_t *signals, uint64_t until_ns)
{
    const uint64_t now = flopmeter_watch_now_ns();
    const uint64_t left_ns = until_ns > now ? until_ns - now : 0;
    const struct timespec timeout = { (time_t)(left_ns / NS_PER_SEC), (long)(left_ns % NS_PER_SEC) };

    return sigtimedwait(signals, NULL, &timeout) > 0 || getppid() != watch.set.options->parent;
}

static bool is_covered(uint64_t until_ns)
{
    for (size_t i = 0; i < watch.set.devices_count; i++)
    {
        if (watch.set.devices[i].last.end_ns < until_ns)
        {
            return false;
        }
    }
    return true;
}

/*
 * The figures lie up to a refresh behind. Wait for it, a little; what is still missing then is a gap.
 */
static void read_last(void)
{
    const uint64_t end_ns = flopmeter_watch_now_ns();
    uint64_t settle_ns = 0;

    for (size_t i = 0; i < watch.set.devices_count; i++)
    {
        const uint64_t own_ns = watch.set.devices[i].provider->settle_ns;
        settle_ns = own_ns > settle_ns ? own_ns : settle_ns;
    }
    while (!is_covered(end_ns) && flopmeter_watch_now_ns() < end_ns + settle_ns)
    {
        const struct timespec pause_ts = { 0, LAST_PAUSE_NS };
        (void)nanosleep(&pause_ts, NULL);
        read_all();
    }
    for (size_t i = 0; i < watch.set.devices_count; i++)
    {
        const flopmeter_counter_source_t *const source = watch.set.devices[i].provider->source;
        if (watch.set.devices[i].last.end_ns < end_ns)
        {
            /* The rest of it is lost. */
            flopmeter_watch_tell_bounded_gap(&watch.set);
            source->pause(watch.set.devices[i].counter);
            flopmeter_watch_read_device(&watch.set, &watch.set.devices[i]);
        }
    }
    note_covered();
    if (watch.set.is_fallback_open && watch.set.refused.count > 0)
    {
        flopmeter_watch_tell_gap(FLOPMETER_GAP_COUNTER);
    }
    for (size_t i = 0; i < watch.set.devices_count; i++)
    {
        watch.set.devices[i].provider->source->close(watch.set.devices[i].counter);
    }
}

int flopmeter_watch(const flopmeter_watch_options_t *options, const sigset_t *signals)
{
    uint64_t read_at_ns = flopmeter_watch_now_ns() + options->interval_ns;

    memset(&watch, 0, sizeof(watch));
    watch.set.options = options;
    watch.set.is_fallback_open = options->has_fallback;
    watch.since_ns = open_state(options->begin_ns);
    watch.set.begin_ns = 0 == watch.since_ns && NULL != options->host ? flopmeter_watch_now_ns() : watch.since_ns;
    watch.set.retry_ns = flopmeter_watch_now_ns() + options->retry_ns;
    watch.is_unopened = true;
    flopmeter_pause_open(&watch.pause, options->meter_dir, "flopmeter-counter");
    look_for_wish();
    for (;;)
    {
        uint64_t until_ns =
            flopmeter_watch_now_ns() + (0 == watch.set.devices_count ? FLOPMETER_PAUSE_LOOK_NS : OWNER_INTERVAL_NS);
        until_ns = read_at_ns < until_ns ? read_at_ns : until_ns;
        if (sleep_until(signals, until_ns))
        {
            break;
        }
        look_for_wish();
        for (size_t i = 0; i < watch.set.devices_count; i++)
        {
            flopmeter_watch_look_for_owners(&watch.set, &watch.set.devices[i]);
        }
        if (flopmeter_watch_now_ns() >= read_at_ns)
        {
            read_all();
            read_at_ns = flopmeter_watch_now_ns() + options->interval_ns;
        }
    }
    if (watch.is_unopened)
    {
        /* Never opened: nothing watched them. */
        flopmeter_watch_tell_bounded_gap(&watch.set);
    }
    read_last();
    flopmeter_core_gap_end(watch.is_paused ? watch.pause_gap : 0);
    flopmeter_pause_close(&watch.pause);
    flopmeter_nvml_close(&watch.set.keeper, flopmeter_gpm_host());
    if (watch.state_fd >= 0)
    {
        close(watch.state_fd);
    }
    return 0;
}
