/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Intel's hybrids: two kinds of core with a PMU each, and a task that moves between them (docs/design/0009-perf.md). An
 * event counts on its own kind only, and the kernel's "enabled" goes on while the task is on the other.
 */

#include "flopmeter_perf_counter.h"

#include <stdlib.h>
#include <string.h>

flopmeter_perf_pmu_t flopmeter_perf_pmu(const flopmeter_cpu_event_t *const event)
{
    return 0 == strcmp(event->vendor, "intel-core") ? FLOPMETER_PERF_PMU_CORE :
        0 == strcmp(event->vendor, "intel-atom") ? FLOPMETER_PERF_PMU_ATOM : FLOPMETER_PERF_PMU_NONE;
}

/*
 * Do events of both kinds follow one task, so that time of the one is no time of the other?
 */
static bool is_shared(const flopmeter_counter_t *const counter)
{
    return counter->chip.is_hybrid && counter->target.pid >= 0;
}

static uint64_t longest_ns(
    const flopmeter_counter_t *const counter, const flopmeter_perf_pmu_t pmu, const uint64_t enabled_ns)
{
    uint64_t most_ns = 0;

    for (size_t i = 0; i < counter->handles_count; i++)
    {
        const flopmeter_perf_handle_t *const other = &counter->handles[i];
        if (flopmeter_perf_pmu(other->event) != pmu)
        {
            const uint64_t ns = flopmeter_perf_account_running_ns(&other->account, enabled_ns);
            most_ns = ns > most_ns ? ns : most_ns;
        }
    }
    return most_ns;
}

uint64_t flopmeter_perf_elsewhere_ns(
    const flopmeter_counter_t *const counter, const flopmeter_perf_handle_t *const handle)
{
    return is_shared(counter) ? longest_ns(counter, flopmeter_perf_pmu(handle->event),
        handle->account.last.enabled_ns - handle->account.first.enabled_ns) : 0;
}

uint64_t flopmeter_perf_other_ns(const flopmeter_counter_t *const counter, const flopmeter_perf_pmu_t pmu)
{
    return is_shared(counter) ? longest_ns(counter, pmu, UINT64_MAX) : 0;
}

bool flopmeter_perf_pmu_has(
    const flopmeter_counter_t *const counter, const flopmeter_perf_pmu_t pmu, const int cpu)
{
    const char *const name = FLOPMETER_PERF_PMU_CORE == pmu ? "sys/bus/event_source/devices/cpu_core/cpus" :
        "sys/bus/event_source/devices/cpu_atom/cpus";
    int *const cpus = FLOPMETER_PERF_PMU_NONE == pmu ? NULL : calloc(FLOPMETER_PERF_CPUS_MAX, sizeof(*cpus));
    bool found = NULL == cpus;

    const size_t count =
        NULL == cpus ? 0 : flopmeter_cpu_list(counter->setup->root, name, cpus, FLOPMETER_PERF_CPUS_MAX);
    for (size_t i = 0; i < count && i < FLOPMETER_PERF_CPUS_MAX; i++)
    {
        found = found || cpus[i] == cpu;
    }
    free(cpus);
    return found;
}

void flopmeter_perf_note_least(
    flopmeter_perf_times_t *const times, const flopmeter_perf_handle_t *const handle)
{
    uint64_t *const least_ns = &times->least_ns[flopmeter_perf_pmu(handle->event)];
    const uint64_t ns = times->by_event[handle->event_index];

    *least_ns = ns < *least_ns ? ns : *least_ns;
}

static uint64_t sum_of_kinds_ns(const flopmeter_perf_times_t *const times)
{
    uint64_t sum_ns = 0;

    for (int pmu = 0; pmu < FLOPMETER_PERF_PMUS; pmu++)
    {
        sum_ns += UINT64_MAX == times->least_ns[pmu] ? 0 : times->least_ns[pmu];
    }
    return sum_ns;
}

/*
 * Of a task both kinds of core cover the same time; of CPUs each its own. It is on one kind at a time, so what ran on
 * the PMUs is a sum either way.
 */
void flopmeter_perf_keep_covered(
    flopmeter_counter_t *const counter,
    const flopmeter_perf_times_t *const enabled,
    const flopmeter_perf_times_t *const running)
{
    flopmeter_counter_reading_t *const best = &counter->best;
    uint64_t least_ns = UINT64_MAX;

    for (int pmu = 0; pmu < FLOPMETER_PERF_PMUS; pmu++)
    {
        least_ns = enabled->least_ns[pmu] < least_ns ? enabled->least_ns[pmu] : least_ns;
    }
    const uint64_t covered_ns = counter->target.pid < 0 ? sum_of_kinds_ns(enabled) : least_ns;
    const uint64_t running_ns = sum_of_kinds_ns(running);
    best->covered_ns = covered_ns > best->covered_ns ? covered_ns : best->covered_ns;
    best->running_ns = running_ns > best->running_ns ? running_ns : best->running_ns;
    best->running_ns = best->running_ns < best->covered_ns ? best->running_ns : best->covered_ns;
}
