/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fake_pmu.h"

#include <errno.h>
#include <string.h>

static int index_of(const fake_pmu_t *const pmu, const int fd)
{
    const int index = fd - pmu->fd_first;
    return index >= 0 && index < pmu->count && pmu->events[index].is_open ? index : -1;
}

static int group_size(const fake_pmu_t *const pmu, const int leader)
{
    int size = 0;
    for (int i = 0; i < pmu->count; i++)
    {
        size += pmu->events[i].is_open && pmu->events[i].leader == leader ? 1 : 0;
    }
    return size;
}

static int fake_open(
    void *const context,
    struct perf_event_attr *const attr,
    const pid_t pid,
    const int cpu,
    const int group_fd,
    const unsigned long flags)
{
    fake_pmu_t *const pmu = context;

    if (pmu->open_calls++ == pmu->open_fails_at)
    {
        return -pmu->open_error;
    }
    if (FAKE_PMU_EVENTS_MAX == pmu->count || 0 == (flags & PERF_FLAG_FD_CLOEXEC) || sizeof(*attr) != attr->size)
    {
        return -E2BIG;
    }
    const int leader = group_fd < 0 ? pmu->count : index_of(pmu, group_fd);
    if (leader < 0 || (group_fd >= 0 && group_size(pmu, leader) >= pmu->group_max) ||
        (leader < pmu->count && attr->type != pmu->events[leader].attr.type) ||
        (attr->inherit && (attr->read_format & PERF_FORMAT_GROUP)))
    {
        return -EINVAL;
    }
    fake_pmu_event_t *const event = &pmu->events[pmu->count];
    memset(event, 0, sizeof(*event));
    event->attr = *attr;
    event->pid = pid;
    event->cpu = cpu;
    event->leader = leader;
    event->is_open = true;
    event->is_enabled = 0 == attr->disabled;
    return pmu->fd_first + pmu->count++;
}

static bool is_on(const fake_pmu_t *const pmu, const int index)
{
    return pmu->events[index].is_enabled && pmu->events[pmu->events[index].leader].is_enabled;
}

static ssize_t fake_read(void *const context, const int fd, void *const buffer, const size_t length)
{
    fake_pmu_t *const pmu = context;
    const int index = index_of(pmu, fd);
    uint64_t words[3 + FAKE_PMU_EVENTS_MAX];
    size_t count = 3;

    pmu->reads++;
    if (index < 0)
    {
        return -EBADF;
    }
    if (0 != pmu->read_error)
    {
        return pmu->read_error < 0 ? 0 : -pmu->read_error;
    }
    const fake_pmu_event_t *const event = &pmu->events[index];
    if (0 == (event->attr.read_format & PERF_FORMAT_GROUP))
    {
        words[0] = event->value;
        words[1] = event->enabled_ns;
        words[2] = event->running_ns;
    }
    else
    {
        words[0] = 0;
        words[1] = event->enabled_ns;
        words[2] = event->running_ns;
        for (int i = 0; i < pmu->count; i++)
        {
            if (pmu->events[i].is_open && pmu->events[i].leader == index)
            {
                words[count++] = pmu->events[i].value;
                words[0]++;
            }
        }
    }
    if (length < count * sizeof(words[0]))
    {
        return -ENOSPC;
    }
    memcpy(buffer, words, count * sizeof(words[0]));
    return (ssize_t)(count * sizeof(words[0]));
}

static int fake_ioctl(void *const context, const int fd, const unsigned long request, const unsigned long argument)
{
    fake_pmu_t *const pmu = context;
    const int index = index_of(pmu, fd);

    if (index < 0 || PERF_IOC_FLAG_GROUP != argument)
    {
        return -EBADF;
    }
    if (PERF_EVENT_IOC_ENABLE == request && 0 != pmu->enable_error)
    {
        return -pmu->enable_error;
    }
    for (int i = 0; i < pmu->count; i++)
    {
        if (pmu->events[i].leader == index)
        {
            pmu->events[i].is_enabled = PERF_EVENT_IOC_ENABLE == request;
        }
    }
    return 0;
}

static void fake_close(void *const context, const int fd)
{
    fake_pmu_t *const pmu = context;
    const int index = index_of(pmu, fd);
    if (index >= 0)
    {
        pmu->events[index].is_open = false;
    }
}

static struct perf_event_mmap_page *fake_map(void *const context, const int fd)
{
    fake_pmu_t *const pmu = context;
    const int index = index_of(pmu, fd);
    if (index < 0 || pmu->no_rdpmc)
    {
        return NULL;
    }
    pmu->events[index].is_mapped = true;
    return &pmu->events[index].page;
}

static void fake_unmap(void *const context, struct perf_event_mmap_page *const page)
{
    fake_pmu_t *const pmu = context;
    for (int i = 0; i < pmu->count; i++)
    {
        if (page == &pmu->events[i].page)
        {
            pmu->events[i].is_mapped = false;
        }
    }
}

/*
 * The counter of index i is event i - 1. What it holds is below the page's offset by what the page already has.
 */
static bool fake_rdpmc(void *const context, const uint32_t index, uint64_t *const value)
{
    fake_pmu_t *const pmu = context;
    fake_pmu_event_t *const event = &pmu->events[index];
    const uint32_t width = event->page.pmc_width;

    *value = (event->value - (uint64_t)event->page.offset) & (UINT64_MAX >> (64 - width));
    if (pmu->page_changes > 0)
    {
        /* The kernel moves what was counted into the offset, between the reader's two looks. */
        pmu->page_changes--;
        event->page.lock += 2;
        event->page.offset = (int64_t)event->value;
        *value = 12345;
    }
    return true;
}

static uint64_t fake_now_ns(void *const context)
{
    return ((fake_pmu_t *)context)->now_ns;
}

static int fake_fd_limit(void *const context)
{
    return ((fake_pmu_t *)context)->fd_limit;
}

void fake_pmu_init(fake_pmu_t *const pmu)
{
    memset(pmu, 0, sizeof(*pmu));
    pmu->counters = 8;
    pmu->threads = 1;
    pmu->group_max = 8;
    pmu->now_ns = 1000000000000ULL;
    pmu->open_fails_at = -1;
    pmu->fd_first = 100;
    pmu->fd_limit = 1024;
    pmu->sys = (flopmeter_perf_sys_t){ pmu, fake_open, fake_read, fake_ioctl, fake_close, fake_map, fake_unmap,
        fake_rdpmc, fake_now_ns, fake_fd_limit };
}

/*
 * From the group whose turn it is on, as many groups as fit: perf's flexible rotation.
 */
static void schedule(fake_pmu_t *const pmu, bool *const is_running)
{
    int free_counters = pmu->counters;

    for (int i = 0; i < pmu->count; i++)
    {
        is_running[i] = false;
    }
    for (int i = 0; i < pmu->count; i++)
    {
        const int leader = (int)((pmu->turn + (size_t)i) % (size_t)pmu->count);
        const int size = group_size(pmu, leader);
        const bool is_elsewhere = 0 != pmu->kind && pmu->kind != pmu->events[leader].attr.type;
        if (pmu->events[leader].leader != leader || !is_on(pmu, leader) || size > free_counters || is_elsewhere)
        {
            continue;
        }
        free_counters -= size;
        for (int j = 0; j < pmu->count; j++)
        {
            is_running[j] = is_running[j] || pmu->events[j].leader == leader;
        }
    }
    do
    {
        pmu->turn = (pmu->turn + 1) % (size_t)pmu->count;
    }
    while (pmu->events[pmu->turn].leader != (int)pmu->turn);
}

void fake_pmu_run(fake_pmu_t *const pmu, const uint64_t ns, const uint64_t *const counts)
{
    bool is_running[FAKE_PMU_EVENTS_MAX];

    pmu->now_ns += ns;
    if (pmu->count > 0)
    {
        schedule(pmu, is_running);
    }
    for (int i = 0; i < pmu->count; i++)
    {
        fake_pmu_event_t *const event = &pmu->events[i];
        event->truth += counts[i];
        event->enabled_ns += is_on(pmu, i) ? ns * pmu->threads : 0;
        event->running_ns += is_running[i] ? ns * pmu->threads : 0;
        event->value += is_running[i] ? counts[i] : 0;
        event->page.time_enabled = event->enabled_ns;
        event->page.time_running = event->running_ns;
        event->page.index = is_running[i] ? (uint32_t)i + 1 : 0;
    }
}

void fake_pmu_exec(fake_pmu_t *const pmu)
{
    for (int i = 0; i < pmu->count; i++)
    {
        pmu->events[i].is_enabled = pmu->events[i].is_enabled || 1 == pmu->events[i].attr.enable_on_exec;
    }
}

int fake_pmu_open_count(const fake_pmu_t *const pmu)
{
    int open = 0;
    for (int i = 0; i < pmu->count; i++)
    {
        open += pmu->events[i].is_open || pmu->events[i].is_mapped ? 1 : 0;
    }
    return open;
}

fake_pmu_event_t *fake_pmu_find(fake_pmu_t *const pmu, const uint64_t config)
{
    for (int i = 0; i < pmu->count; i++)
    {
        if (pmu->events[i].attr.config == config)
        {
            return &pmu->events[i];
        }
    }
    return NULL;
}
