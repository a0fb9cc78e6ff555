/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "supervise.h"

#include "child.h"
#include "deliver.h"
#include "files.h"
#include "proc.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS (1000000LL)
#define POLL_FIRST_NS (1 * NS_PER_MS)
#define POLL_INTERVAL_NS (100 * NS_PER_MS)
#define POLL_INTERVAL_NS_MAX (5000 * NS_PER_MS)
/* Watching may cost 1/POLL_COST_SHARE of one CPU. */
#define POLL_COST_SHARE (250)
/* A device that is opened all the time must not keep the supervisor busy. */
#define EVENT_PAUSE_NS (10 * NS_PER_MS)
#define RESULT_TIMEOUT_NS (30000 * NS_PER_MS)
#define RESULT_GRACE_NS (2000 * NS_PER_MS)
#define PATIENCE_NS (1000 * NS_PER_MS)
/* wait4 gives microseconds, user and system rounded down. */
#define RUSAGE_ROUNDING_NS (2000)
#define LEFTOVER_SCANS_MAX (8)
/* What is looked for in a sidecar's result: it says nothing when it is there. */
#define RESULT_LOOK_FIRST_NS (NS_PER_MS / 4)
#define RESULT_LOOK_NS_MAX (20 * NS_PER_MS)

static int64_t result_timeout_ns(void)
{
#if defined(FLOPMETER_RUN_TESTING)
    const char *const text = getenv("FLOPMETER_TEST_RESULT_TIMEOUT_MS");
    if (NULL != text)
    {
        return strtoll(text, NULL, 10) * NS_PER_MS;
    }
#endif
    return RESULT_TIMEOUT_NS;
}

const char *flopmeter_supervise_group_root(void)
{
#if defined(FLOPMETER_RUN_TESTING)
    const char *const root = getenv("FLOPMETER_TEST_GROUP_ROOT");
    if (NULL != root)
    {
        return root;
    }
#endif
    return "";
}

static uint64_t cpu_ns_of(const struct rusage *usage)
{
    return ((uint64_t)usage->ru_utime.tv_sec + (uint64_t)usage->ru_stime.tv_sec) * 1000000000ULL +
        ((uint64_t)usage->ru_utime.tv_usec + (uint64_t)usage->ru_stime.tv_usec) * 1000ULL + RUSAGE_ROUNDING_NS;
}

static void ended(flopmeter_supervisor_t *supervisor, pid_t pid, int status, const struct rusage *usage)
{
    if (pid == supervisor->jvm.pid)
    {
        supervisor->facts.aggregator_cpu_ns += cpu_ns_of(usage);
        supervisor->helpers_reaped++;
        flopmeter_meter_jvm_ended(&supervisor->jvm);
        return;
    }
    if (pid == supervisor->counter.pid)
    {
        supervisor->facts.supervisor_cpu_ns += cpu_ns_of(usage);
        supervisor->helpers_reaped++;
        flopmeter_counter_process_ended(&supervisor->counter);
        return;
    }
    if (pid == supervisor->sentinel.pid || pid == supervisor->watcher)
    {
        supervisor->facts.supervisor_cpu_ns += cpu_ns_of(usage);
        supervisor->helpers_reaped++;
        if (pid == supervisor->watcher)
        {
            supervisor->watcher = 0;
        }
        else
        {
            flopmeter_sentinel_ended(&supervisor->sentinel);
        }
        return;
    }
    if (!supervisor->closed)
    {
        supervisor->facts.cpu_ns += cpu_ns_of(usage);
    }
    if (pid == supervisor->child)
    {
        supervisor->child_ended = true;
        supervisor->child_status = status;
        supervisor->facts.end_monotonic_ns = flopmeter_text_monotonic_ns();
        supervisor->facts.end_ns = flopmeter_text_epoch_ns();
    }
}

/*
 * COMMAND has stopped: stop likewise, so that the shell takes its job as stopped.
 */
static void stop_with_child(flopmeter_supervisor_t *supervisor, int signal_number)
{
    struct rusage usage;

    if (0 != supervisor->watcher && kill(supervisor->watcher, SIGKILL) >= 0 &&
        wait4(supervisor->watcher, NULL, 0, &usage) > 0)
    {
        /* The one of an earlier stop may be about to end, or to continue us once too often. */
        supervisor->facts.supervisor_cpu_ns += cpu_ns_of(&usage);
        supervisor->helpers_reaped++;
    }
    const pid_t watcher = flopmeter_sentinel_watch_stopped(supervisor->child);
    supervisor->watcher = watcher > 0 ? watcher : 0;
    supervisor->watcher_last = supervisor->watcher;
    flopmeter_signals_stop_self(signal_number);
}

/*
 * A child that has ended, read once more before it is gone. -1 = none.
 */
static pid_t next_ended(flopmeter_supervisor_t *supervisor)
{
    siginfo_t info;

    info.si_pid = 0;
    if (0 != waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid <= 0)
    {
        return -1;
    }
    flopmeter_lost_ending(&supervisor->lost, info.si_pid);
    return info.si_pid;
}

static void reap(flopmeter_supervisor_t *supervisor)
{
    for (;;)
    {
        int status = 0;
        struct rusage usage;
        const pid_t pid = wait4(next_ended(supervisor), &status, WNOHANG | WUNTRACED, &usage);
        if (pid <= 0)
        {
            return;
        }
        if (!WIFSTOPPED(status))
        {
            ended(supervisor, pid, status, &usage);
        }
        else if (pid == supervisor->child)
        {
            stop_with_child(supervisor, WSTOPSIG(status));
        }
    }
}

/*
 * Was this sent to the supervisor alone, so that COMMAND does not have it yet? `in_group`: the sentinel got it too.
 */
static bool is_for_child(const flopmeter_supervisor_t *supervisor, const struct signalfd_siginfo *info, bool in_group)
{
#if defined(FLOPMETER_CANARY_DOUBLE_SIGNAL)
    return SIGCHLD != info->ssi_signo;
#endif
    if (flopmeter_signals_is_of_own_write(info))
    {
        return false;
    }
    switch (info->ssi_signo)
    {
        case SIGCHLD:
            return false;
        case SIGALRM:
            /* An alarm set before exec was meant for COMMAND; a timer is never the terminal's. */
            return true;
        default:
            break;
    }
    if (SI_USER != info->ssi_code && SI_TKILL != info->ssi_code && SI_QUEUE != info->ssi_code)
    {
        return false;
    }
    if ((pid_t)info->ssi_pid == supervisor->child || (pid_t)info->ssi_pid == supervisor->watcher_last)
    {
        return false;
    }
    return !in_group || getpgid(supervisor->child) != getpgrp();
}

static void take_signals(flopmeter_supervisor_t *supervisor)
{
    struct signalfd_siginfo info;
    bool children = false;

    while ((ssize_t)sizeof(info) == read(supervisor->signals.fd, &info, sizeof(info)))
    {
        if (SIGCHLD == info.ssi_signo)
        {
            children = true;
            continue;
        }
        const uint64_t group = flopmeter_sentinel_take(&supervisor->sentinel);
        const bool in_group = 0 != (group & (1ULL << (info.ssi_signo - 1)));
        if (!supervisor->child_ended && is_for_child(supervisor, &info, in_group))
        {
            flopmeter_signals_forward(supervisor->child, &info);
        }
        else if (!supervisor->child_ended && !in_group && (pid_t)info.ssi_pid == supervisor->child &&
            SI_USER == info.ssi_code && getppid() > 1)
        {
            /* COMMAND signals its parent, as X servers do when they are ready: that is our parent. */
            flopmeter_signals_forward(getppid(), &info);
        }
    }
    if (children)
    {
        reap(supervisor);
    }
}

static void list_descendants(flopmeter_supervisor_t *supervisor)
{
    const pid_t candidates[] = {
        supervisor->jvm.pid, supervisor->counter.pid, supervisor->sentinel.pid, supervisor->watcher
    };
    pid_t excluded[5] = { 0 };
    size_t count = 0;

    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
    {
        if (candidates[i] > 0)
        {
            excluded[count++] = candidates[i];
        }
    }
    const bool is_listed = 0 == flopmeter_proc_descendants(&supervisor->processes, excluded);
    if (!is_listed || supervisor->processes.is_hiding)
    {
        /* Somebody may be there whom nothing follows any more: a setuid program is what is hidden. */
        flopmeter_facts_miss_cpu(&supervisor->facts, is_listed ? FLOPMETER_CPU_HIDDEN : FLOPMETER_CPU_NOT_LOOKED_AT);
        flopmeter_tally_doubt(&supervisor->facts.tally);
        flopmeter_group_doubt(&supervisor->facts.group);
    }
}

static int64_t own_cpu_ns(void)
{
    struct timespec used = { 0, 0 };
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * 1000 * NS_PER_MS + used.tv_nsec;
}

/*
 * Of those who are there: whose children's times are lost, and whom the tally has lost.
 */
static void check_traits(flopmeter_facts_t *facts, const flopmeter_process_list_t *processes)
{
    flopmeter_process_traits_t traits;

    for (size_t i = 0; i < processes->count; i++)
    {
        flopmeter_proc_traits(processes->items[i].pid, &traits);
        if (traits.ignores_sigchld)
        {
            flopmeter_facts_miss_cpu(facts, FLOPMETER_CPU_SIGCHLD_IGNORED);
        }
        if (traits.gained_rights)
        {
            flopmeter_facts_miss_cpu(facts, FLOPMETER_CPU_RIGHTS_GAINED);
            flopmeter_tally_doubt(&facts->tally);
        }
        /* Also while the clock is believed: it may not be later. */
        flopmeter_group_check(&facts->group, flopmeter_supervise_group_root(), processes->items[i].pid);
    }
}

static void look(flopmeter_supervisor_t *supervisor, bool check_devices)
{
    flopmeter_facts_t *const facts = &supervisor->facts;
    const bool check_cpu = FLOPMETER_CPU_COMPLETE == facts->cpu_why || flopmeter_tally_is_trusted(&facts->tally) ||
        flopmeter_group_is_trusted(&facts->group);

    if (!check_cpu && !check_devices)
    {
        return;
    }
    list_descendants(supervisor);
    if (check_cpu)
    {
        if (flopmeter_lost_check(&supervisor->lost, &supervisor->processes))
        {
            flopmeter_facts_miss_cpu(facts, FLOPMETER_CPU_NOT_WAITED_FOR);
        }
        check_traits(facts, &supervisor->processes);
    }
    if (check_devices)
    {
        flopmeter_accelerators_check(&supervisor->accelerators, &supervisor->processes);
    }
}

/*
 * First looks come quickly, since short programs are the rule; later ones are as rare as their cost demands.
 */
static void poll_tree(flopmeter_supervisor_t *supervisor)
{
    const int64_t cost_begin_ns = own_cpu_ns();
    const bool seen = flopmeter_accelerators_take_events(&supervisor->accelerators);

    reap(supervisor);
    flopmeter_directory_touch(&supervisor->directory);
    look(supervisor, seen || flopmeter_accelerators_is_due(&supervisor->accelerators));
    const int64_t cost_ns = (own_cpu_ns() - cost_begin_ns) * POLL_COST_SHARE;
    supervisor->events_at_ns = flopmeter_text_monotonic_ns() + (cost_ns < EVENT_PAUSE_NS ? EVENT_PAUSE_NS : cost_ns);
    if (supervisor->poll_interval_ns < POLL_INTERVAL_NS)
    {
        supervisor->poll_interval_ns *= 2;
    }
    int64_t interval_ns =
        supervisor->poll_interval_ns < POLL_INTERVAL_NS ? supervisor->poll_interval_ns : POLL_INTERVAL_NS;
    if (interval_ns >= POLL_INTERVAL_NS && cost_ns > interval_ns)
    {
        interval_ns = cost_ns < POLL_INTERVAL_NS_MAX ? cost_ns : POLL_INTERVAL_NS_MAX;
    }
    supervisor->poll_at_ns = flopmeter_text_monotonic_ns() + interval_ns;
}

/*
 * Sleep until a signal, a device event (unless the last look was just now), or `until_ns`.
 */
static void sleep_until(flopmeter_supervisor_t *supervisor, int64_t until_ns, bool devices)
{
    struct pollfd waits[] = {
        { supervisor->signals.fd, POLLIN, 0 },
        { devices ? supervisor->accelerators.fd : -1, POLLIN, 0 },
    };
    const int64_t left_ns = until_ns - flopmeter_text_monotonic_ns();
    const int64_t bounded_ns = left_ns > 0 ? left_ns : 0;
    const struct timespec timeout = { bounded_ns / (1000 * NS_PER_MS), bounded_ns % (1000 * NS_PER_MS) };

    if (ppoll(waits, 2, &timeout, NULL) > 0 && 0 != waits[1].revents)
    {
        supervisor->poll_at_ns = flopmeter_text_monotonic_ns();
    }
}

static bool has_process(const flopmeter_process_list_t *list, pid_t pid)
{
    for (size_t i = 0; i < list->count; i++)
    {
        if (pid == list->items[i].pid)
        {
            return true;
        }
    }
    return false;
}

/*
 * One scan; true when it found a process that `known` lacks. Known ones keep their first reading, nearest to the end.
 */
static bool scan_leftovers(flopmeter_supervisor_t *supervisor, flopmeter_process_list_t *known)
{
    bool found = false;

    list_descendants(supervisor);
    for (size_t i = 0; i < supervisor->processes.count; i++)
    {
        if (has_process(known, supervisor->processes.items[i].pid))
        {
            continue;
        }
        flopmeter_process_t *const items = realloc(known->items, (known->count + 1) * sizeof(*items));
        if (NULL == items)
        {
            flopmeter_facts_miss_cpu(&supervisor->facts, FLOPMETER_CPU_NOT_LOOKED_AT);
            flopmeter_tally_doubt(&supervisor->facts.tally);
            flopmeter_group_doubt(&supervisor->facts.group);
            return false;
        }
        known->items = items;
        known->items[known->count++] = supervisor->processes.items[i];
        supervisor->facts.cpu_ns += supervisor->processes.items[i].cpu_ns;
        found = true;
    }
    return found;
}

/*
 * Sleep until something may have become of the result. A JVM of ours tells by its end, a sidecar is looked after.
 */
static void sleep_for_result(flopmeter_supervisor_t *supervisor, int64_t *look_ns, int64_t deadline_ns)
{
    int64_t interval_ns = POLL_INTERVAL_NS;

    if (supervisor->jvm.awaits_sidecar)
    {
        interval_ns = *look_ns;
        *look_ns = 2 * interval_ns < RESULT_LOOK_NS_MAX ? 2 * interval_ns : RESULT_LOOK_NS_MAX;
    }
    const int64_t next_ns = flopmeter_text_monotonic_ns() + interval_ns;
    sleep_until(supervisor, next_ns < deadline_ns ? next_ns : deadline_ns, false);
}

/*
 * Wait until the JVM has ended, or has left the result and had time to end, or a sidecar has left it, or `timeout_ns`
 * is over.
 */
static void await_meter(flopmeter_supervisor_t *supervisor, int64_t timeout_ns)
{
    int64_t deadline_ns = flopmeter_text_monotonic_ns() + timeout_ns;
    int64_t look_ns = RESULT_LOOK_FIRST_NS;
    bool ready = false;
    struct signalfd_siginfo info;

    while ((0 != supervisor->jvm.pid || (supervisor->jvm.awaits_sidecar && !ready)) && !supervisor->abandoned &&
        flopmeter_text_monotonic_ns() < deadline_ns)
    {
        sleep_for_result(supervisor, &look_ns, deadline_ns);
        flopmeter_directory_touch(&supervisor->directory);
        while ((ssize_t)sizeof(info) == read(supervisor->signals.fd, &info, sizeof(info)))
        {
            /* The signal that ended COMMAND may have been sent to the group, and arrive here a little later. */
            supervisor->abandoned = supervisor->abandoned ||
                (flopmeter_signals_is_request(&supervisor->signals, (int)info.ssi_signo) &&
                    flopmeter_text_monotonic_ns() - supervisor->facts.end_monotonic_ns >= PATIENCE_NS);
        }
        reap(supervisor);
        if (!ready && flopmeter_deliver_is_ready(&supervisor->directory))
        {
            ready = true;
            deadline_ns = flopmeter_text_monotonic_ns() + RESULT_GRACE_NS;
        }
        if (!ready && supervisor->jvm.awaits_sidecar)
        {
            flopmeter_meter_jvm_tick(&supervisor->jvm);
        }
    }
}

static void kill_jvm(flopmeter_supervisor_t *supervisor)
{
    struct rusage usage;
    const pid_t pid = supervisor->jvm.pid;

    if (pid > 0)
    {
        kill(pid, SIGKILL);
        wait4(pid, NULL, 0, &usage);
        supervisor->jvm.pid = 0;
    }
}

void flopmeter_supervise(flopmeter_supervisor_t *supervisor)
{
    supervisor->poll_interval_ns = POLL_FIRST_NS;
    supervisor->poll_at_ns = flopmeter_text_monotonic_ns();
    while (!supervisor->child_ended)
    {
        int64_t until_ns = supervisor->poll_at_ns;
        if (0 != supervisor->jvm.restart_at_ns && supervisor->jvm.restart_at_ns < until_ns)
        {
            until_ns = supervisor->jvm.restart_at_ns;
        }
        if (0 != supervisor->facts.counters.look_at_ns && supervisor->facts.counters.look_at_ns < until_ns)
        {
            until_ns = supervisor->facts.counters.look_at_ns;
        }
        sleep_until(supervisor, until_ns, flopmeter_text_monotonic_ns() >= supervisor->events_at_ns);
        take_signals(supervisor);
        flopmeter_meter_jvm_tick(&supervisor->jvm);
        flopmeter_counter_process_tick(&supervisor->counter);
        flopmeter_counters_tick(&supervisor->facts.counters);
        if (!supervisor->child_ended && flopmeter_text_monotonic_ns() >= supervisor->poll_at_ns)
        {
            poll_tree(supervisor);
        }
    }
}

void flopmeter_supervise_tally(flopmeter_supervisor_t *supervisor)
{
    const flopmeter_facts_t *const facts = &supervisor->facts;
    const pid_t living[] = {
        supervisor->jvm.pid, supervisor->counter.pid, supervisor->sentinel.pid, supervisor->watcher
    };
    /* The reaped ones were rounded up, and what is taken off must be rounded down. */
    const uint64_t rounding_ns = (uint64_t)supervisor->helpers_reaped * RUSAGE_ROUNDING_NS;
    uint64_t meter_ns = facts->aggregator_cpu_ns + facts->supervisor_cpu_ns - rounding_ns;

    flopmeter_tally_read(&supervisor->facts.tally);
    for (size_t i = 0; i < sizeof(living) / sizeof(living[0]); i++)
    {
        meter_ns += flopmeter_group_cpu_ns_of(living[i]);
    }
    flopmeter_group_read(&supervisor->facts.group, meter_ns);
}

void flopmeter_supervise_leftovers(flopmeter_supervisor_t *supervisor)
{
    flopmeter_facts_t *const facts = &supervisor->facts;
    struct rusage helper;

    memset(&helper, 0, sizeof(helper));
    flopmeter_sentinel_stop(&supervisor->sentinel, &helper);
    facts->supervisor_cpu_ns += cpu_ns_of(&helper);
    reap(supervisor);
    supervisor->closed = true;
    for (int i = 0; i < LEFTOVER_SCANS_MAX && scan_leftovers(supervisor, &facts->leftovers); i++)
    {
        /* A parent that ends between two reads hands its children to us, behind the reader's back. */
    }
    if (flopmeter_accelerators_take_events(&supervisor->accelerators) ||
        flopmeter_accelerators_is_due(&supervisor->accelerators))
    {
        flopmeter_accelerators_check(&supervisor->accelerators, &facts->leftovers);
    }
    if (flopmeter_lost_check(&supervisor->lost, &facts->leftovers))
    {
        flopmeter_facts_miss_cpu(facts, FLOPMETER_CPU_NOT_WAITED_FOR);
    }
    check_traits(facts, &facts->leftovers);
    if (flopmeter_directory_is_cpu_flagged(&supervisor->directory))
    {
        flopmeter_facts_miss_cpu(facts, FLOPMETER_CPU_SAID_BY_PROCESS);
    }
    flopmeter_facts_settle_cpu(facts);
    flopmeter_counter_process_stop(&supervisor->counter, &helper);
    facts->supervisor_cpu_ns += cpu_ns_of(&helper);
}

bool flopmeter_supervise_result(flopmeter_supervisor_t *supervisor)
{
    for (int attempt = 0; attempt < 2 && !supervisor->abandoned; attempt++)
    {
        if (!flopmeter_meter_jvm_finish(&supervisor->jvm))
        {
            break;
        }
        await_meter(supervisor, result_timeout_ns() + flopmeter_files_patience_ns(&supervisor->options));
        kill_jvm(supervisor);
        if (flopmeter_deliver_is_ready(&supervisor->directory))
        {
            return true;
        }
    }
    kill_jvm(supervisor);
    return flopmeter_deliver_is_ready(&supervisor->directory);
}
