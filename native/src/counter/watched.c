/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "watched.h"

#include <string.h>

const flopmeter_gpm_device_t *flopmeter_watched_device(const flopmeter_watched_t *device)
{
    return device->provider->device(device->counter);
}

bool flopmeter_watched_is_open(const flopmeter_watched_t *devices, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
    {
        if (0 == strcmp(name, devices[i].name) && !devices[i].is_retired)
        {
            return true;
        }
    }
    return false;
}

uint64_t flopmeter_watched_until(const flopmeter_watched_t *devices, size_t count)
{
    uint64_t until_ns = UINT64_MAX;

    for (size_t i = 0; i < count; i++)
    {
        until_ns = devices[i].last.end_ns < until_ns ? devices[i].last.end_ns : until_ns;
    }
    return until_ns;
}

uint64_t flopmeter_watched_cards(const flopmeter_watched_t *devices, size_t count)
{
    uint64_t cards = 0;

    for (size_t i = 0; i < count; i++)
    {
        bool is_new = true;
        for (size_t j = 0; j < i; j++)
        {
            is_new = is_new &&
                flopmeter_watched_device(&devices[j])->index != flopmeter_watched_device(&devices[i])->index;
        }
        cards += is_new ? 1 : 0;
    }
    return cards;
}

uint64_t flopmeter_watched_settle_ns(const flopmeter_watched_t *devices, size_t count)
{
    uint64_t settle_ns = 0;

    for (size_t i = 0; i < count; i++)
    {
        const uint64_t own_ns = devices[i].provider->settle_ns;
        settle_ns = own_ns > settle_ns ? own_ns : settle_ns;
    }
    return settle_ns;
}

void flopmeter_watched_pause(const flopmeter_watched_t *devices, size_t count, bool is_paused)
{
    for (size_t i = 0; i < count; i++)
    {
        const flopmeter_counter_source_t *const source = devices[i].provider->source;
        if (!devices[i].is_retired)
        {
            (is_paused ? source->pause : source->resume)(devices[i].counter);
        }
    }
}

const char *flopmeter_watched_missing(const flopmeter_watched_t *devices, size_t count)
{
    for (size_t i = 0; i < count; i++)
    {
        if (!devices[i].is_retired && FLOPMETER_COUNTER_TAKEN == devices[i].last.state)
        {
            return "another profiler holds a GPU's counters";
        }
    }
    return "";
}
