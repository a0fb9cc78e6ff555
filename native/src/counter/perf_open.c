/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Opening, and what to tell a person when it does not work.
 */

#include "flopmeter_perf_counter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Descriptors that stay free for whoever shares our limit. */
#define FD_RESERVE (32)
#define GROUPS_MAX (16)
#define INTERRUPTED_MAX (1000)
#define VIRTUAL_MACHINE ("a virtual machine with a PMU (KVM: -cpu host,pmu=on; clouds: bare metal)")

size_t flopmeter_perf_select(
    const flopmeter_perf_setup_t *const setup,
    const flopmeter_cpu_event_t **const events,
    flopmeter_cpu_chip_t *const chip,
    flopmeter_counter_probe_t *const probe)
{
    const bool is_identified = flopmeter_cpu_identify(setup->root, chip);
    size_t count = 0;

    memset(probe, 0, sizeof(*probe));
    probe->state = FLOPMETER_COUNTER_ABSENT;
    if (NULL != setup->events)
    {
        for (; count < setup->events_count && count < FLOPMETER_CPU_EVENTS_MAX; count++)
        {
            events[count] = &setup->events[count];
        }
        return count;
    }
    if (!is_identified)
    {
        snprintf(probe->detail, sizeof(probe->detail), "/proc/cpuinfo does not tell which CPU this is");
        return 0;
    }
    if (chip->is_mixed)
    {
        snprintf(probe->detail, sizeof(probe->detail), "%s: cores of several kinds, and no event fits them all",
            chip->text);
        return 0;
    }
    count = flopmeter_cpu_select(chip, events, FLOPMETER_CPU_EVENTS_MAX);
    if (0 == count)
    {
        snprintf(probe->detail, sizeof(probe->detail), "%s has no counter of FLOP that is known", chip->text);
        snprintf(probe->remedy, sizeof(probe->remedy), "rows in cpu_events.csv with their source, where it has one");
    }
    return count;
}

bool flopmeter_perf_is_tree(const flopmeter_counter_t *const counter)
{
    return counter->target.pid > 0;
}

static void fill_attr(
    const flopmeter_counter_t *const counter,
    const flopmeter_cpu_event_t *const event,
    const bool is_leader,
    struct perf_event_attr *const attr)
{
    const flopmeter_perf_pmu_t pmu = flopmeter_perf_pmu(event);

    memset(attr, 0, sizeof(*attr));
    attr->size = sizeof(*attr);
    attr->type = FLOPMETER_PERF_PMU_NONE == pmu || !counter->chip.is_hybrid ? event->type :
        FLOPMETER_PERF_PMU_CORE == pmu ? counter->chip.core_type : counter->chip.atom_type;
    attr->config = event->config;
    attr->disabled = is_leader ? 1 : 0;
    attr->enable_on_exec = is_leader && counter->target.from_exec ? 1 : 0;
    /* The kernel does no linear algebra, and its events need a right that users seldom have. */
    attr->exclude_kernel = 1;
    attr->exclude_hv = 1;
    attr->read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    if (flopmeter_perf_is_tree(counter))
    {
#if !defined(FLOPMETER_CANARY_NO_INHERIT)
        attr->inherit = 1;
#endif
    }
    else
    {
        /* Not with inherit: older kernels refuse it, and newer ones fail with ECHILD when a child's group differs. */
        attr->read_format |= PERF_FORMAT_GROUP;
    }
}

static int open_event(
    const flopmeter_counter_t *const counter,
    const flopmeter_cpu_event_t *const event,
    const int cpu,
    const int group_fd)
{
    const flopmeter_perf_sys_t *const sys = counter->setup->sys;
    struct perf_event_attr attr;
    int fd = -EINTR;

    for (int i = 0; i < INTERRUPTED_MAX && -EINTR == fd; i++)
    {
        fill_attr(counter, event, group_fd < 0, &attr);
        fd = sys->open(sys->context, &attr, counter->target.pid, cpu, group_fd, PERF_FLAG_FD_CLOEXEC);
    }
    if (fd >= 0 && fd > sys->fd_limit(sys->context) - FD_RESERVE)
    {
        sys->close(sys->context, fd);
        return -EMFILE;
    }
    return fd;
}

/*
 * Open one event as a member of `leader`'s group, or by itself where the group has no room for it.
 */
static int add_handle(
    flopmeter_counter_t *const counter,
    const flopmeter_cpu_event_t *const event,
    const size_t event_index,
    const int cpu,
    size_t *const leader)
{
    const flopmeter_perf_sys_t *const sys = counter->setup->sys;
    flopmeter_perf_handle_t *const handle = &counter->handles[counter->handles_count];
    int fd = -EINVAL;

    if (*leader < counter->handles_count)
    {
        fd = open_event(counter, event, cpu, counter->handles[*leader].fd);
    }
    if (-EINVAL == fd)
    {
        *leader = counter->handles_count;
        fd = open_event(counter, event, cpu, -1);
    }
    if (fd < 0)
    {
        return fd;
    }
    memset(handle, 0, sizeof(*handle));
    handle->event = event;
    handle->event_index = event_index;
    handle->fd = fd;
    handle->cpu = cpu;
    handle->leader = *leader;
    if (0 == counter->target.pid)
    {
        handle->page = sys->map(sys->context, fd);
    }
    counter->handles_count++;
    return 0;
}

static int open_on_cpu(
    flopmeter_counter_t *const counter,
    const flopmeter_cpu_event_t *const *const events,
    const size_t count,
    const int cpu)
{
    for (uint32_t group = 1; group < GROUPS_MAX; group++)
    {
        size_t leader = SIZE_MAX;
        for (size_t i = 0; i < count; i++)
        {
            if (events[i]->group == group && !events[i]->is_unseen &&
                (cpu < 0 || flopmeter_perf_pmu_has(counter, flopmeter_perf_pmu(events[i]), cpu)))
            {
                const int rc = add_handle(counter, events[i], i, cpu, &leader);
                if (rc < 0)
                {
                    return rc;
                }
            }
        }
    }
    return 0;
}

int flopmeter_perf_open_handles(
    flopmeter_counter_t *const counter, const flopmeter_cpu_event_t *const *const events, const size_t count)
{
    const bool is_everywhere = counter->target.pid < 0 && counter->target.cpu < 0;
    int *const cpus = calloc(FLOPMETER_PERF_CPUS_MAX, sizeof(*cpus));
    size_t cpus_count = 1;
    int rc = 0;

    if (NULL == cpus)
    {
        return -ENOMEM;
    }
    cpus[0] = counter->target.pid < 0 ? counter->target.cpu : -1;
    if (is_everywhere)
    {
        cpus_count = flopmeter_cpu_online(counter->setup->root, cpus, FLOPMETER_PERF_CPUS_MAX);
    }
    counter->handles = calloc((0 == cpus_count ? 1 : cpus_count) * count, sizeof(*counter->handles));
    if (NULL == counter->handles || 0 == cpus_count || cpus_count > FLOPMETER_PERF_CPUS_MAX)
    {
        free(cpus);
        return NULL == counter->handles ? -ENOMEM : -ENXIO;
    }
    for (size_t i = 0; i < cpus_count && 0 == rc; i++)
    {
        rc = open_on_cpu(counter, events, count, cpus[i]);
    }
    free(cpus);
    return rc;
}

void flopmeter_perf_close_handles(flopmeter_counter_t *const counter)
{
    const flopmeter_perf_sys_t *const sys = counter->setup->sys;

    /* Members first: a leader that goes would make leaders of them. */
    for (size_t i = counter->handles_count; i > 0; i--)
    {
        if (NULL != counter->handles[i - 1].page)
        {
            sys->unmap(sys->context, counter->handles[i - 1].page);
        }
        sys->close(sys->context, counter->handles[i - 1].fd);
    }
    counter->handles_count = 0;
}

int flopmeter_perf_switch(const flopmeter_counter_t *const counter, const bool is_enabled)
{
    const flopmeter_perf_sys_t *const sys = counter->setup->sys;
    int rc = 0;

    for (size_t i = 0; i < counter->handles_count; i++)
    {
        if (counter->handles[i].leader == i)
        {
            const int result = sys->ioctl(sys->context, counter->handles[i].fd,
                is_enabled ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
            rc = 0 == rc ? result : rc;
        }
    }
    return rc;
}

/*
 * A refusal says nothing of the PMU: seccomp answers before the kernel is asked, and some kernels (paranoid 3 and 4 of
 * Debian and Ubuntu) before they look for one. So what is here is what the kernel lists.
 */
static void explain_permission(
    const flopmeter_perf_setup_t *const setup,
    const flopmeter_counter_target_t *const target,
    const int error,
    flopmeter_counter_probe_t *const probe)
{
    char paranoid[16] = "?";
    const int allowed = target->pid < 0 ? 0 : 2;
    const char *const word = EPERM == error ? "EPERM" : "EACCES";
    const flopmeter_cpu_listed_t listed = flopmeter_cpu_pmu_listed(setup->root);

    if (FLOPMETER_CPU_LISTED_NO == listed)
    {
        probe->state = FLOPMETER_COUNTER_ABSENT;
        snprintf(probe->detail, sizeof(probe->detail),
            "not permitted (%s), and the kernel lists no PMU of this CPU: a virtual machine, most likely", word);
        snprintf(probe->remedy, sizeof(probe->remedy), "%s", VIRTUAL_MACHINE);
        return;
    }
    flopmeter_cpu_read_text(setup->root, "proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid));
    probe->state = FLOPMETER_COUNTER_NO_PERMISSION;
    snprintf(probe->detail, sizeof(probe->detail), FLOPMETER_CPU_LISTED_YES == listed ?
        "a PMU is here, but it may not be used (%s), perf_event_paranoid is %s" :
        "not permitted (%s), perf_event_paranoid is %s; whether there is a PMU can't be told: no list in /sys", word,
        paranoid);
    if (strtol(paranoid, NULL, 10) > allowed)
    {
        snprintf(probe->remedy, sizeof(probe->remedy),
            "sysctl kernel.perf_event_paranoid=%d, or give the meter CAP_PERFMON", allowed);
    }
    else
    {
        snprintf(probe->remedy, sizeof(probe->remedy),
            "a container's seccomp profile forbids it, most likely: --cap-add PERFMON, or allow perf_event_open there");
    }
}

void flopmeter_perf_explain(
    const flopmeter_perf_setup_t *const setup,
    const flopmeter_counter_target_t *const target,
    const int error,
    flopmeter_counter_probe_t *const probe)
{
    static const struct
    {
        int error;
        flopmeter_counter_state_t state;
        const char *detail;
        const char *remedy;
    } answers[] = {
        { ENOENT, FLOPMETER_COUNTER_ABSENT,
          "the kernel has no PMU of this CPU (ENOENT): a virtual machine, most likely",
          VIRTUAL_MACHINE },
        { ENODEV, FLOPMETER_COUNTER_ABSENT, "the PMU can't count this event (ENODEV)", "" },
        { EOPNOTSUPP, FLOPMETER_COUNTER_ABSENT, "the PMU can't count this event (EOPNOTSUPP)", "" },
        { ENOSYS, FLOPMETER_COUNTER_ABSENT, "the kernel is built without perf_events (ENOSYS)",
          "a kernel with CONFIG_PERF_EVENTS" },
        { ENXIO, FLOPMETER_COUNTER_ABSENT, "the list of online CPUs can't be read (ENXIO)", "mount /sys" },
        { EBUSY, FLOPMETER_COUNTER_TAKEN, "another profiler has the counters for itself (EBUSY)",
          "end the other profiler" },
        { EINVAL, FLOPMETER_COUNTER_WRONG_DRIVER, "this kernel does not take the events of this CPU (EINVAL)",
          "a newer kernel" },
        { E2BIG, FLOPMETER_COUNTER_WRONG_DRIVER, "this kernel is older than the meter (E2BIG)", "a newer kernel" },
        { EMFILE, FLOPMETER_COUNTER_FAILED, "too few descriptors are left for the counters (EMFILE)",
          "a higher limit: ulimit -n 1024" },
        { ENFILE, FLOPMETER_COUNTER_FAILED, "the system has no descriptor left (ENFILE)", "a higher fs.file-max" },
        { ENOMEM, FLOPMETER_COUNTER_FAILED, "out of memory (ENOMEM)", "" },
        { ESRCH, FLOPMETER_COUNTER_FAILED, "the process has ended (ESRCH)", "" },
    };

    memset(probe, 0, sizeof(*probe));
    if (EACCES == error || EPERM == error)
    {
        explain_permission(setup, target, error, probe);
        return;
    }
    probe->state = FLOPMETER_COUNTER_FAILED;
    snprintf(probe->detail, sizeof(probe->detail), "perf_event_open failed with errno %d", error);
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
    {
        if (answers[i].error == error)
        {
            probe->state = answers[i].state;
            snprintf(probe->detail, sizeof(probe->detail), "%s", answers[i].detail);
            snprintf(probe->remedy, sizeof(probe->remedy), "%s", answers[i].remedy);
        }
    }
}
