/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "facts.h"

#include "sidecar.h"
#include "text.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

/* The scheduler's clock and the tasks' are two: on a busy virtual machine more than a tenth lay between them. */
#define CLOCKS_APART_SHARE (4)
#define CLOCKS_APART_NS (20000000)
#define TICK_NS_MAX (10000000)

static const char GROUP[] = "cgroup";

static void append_optional(flopmeter_text_t *text, const char *name, const char *value)
{
    flopmeter_text_append(text, "\"%s\": ", name);
    if (NULL == value)
    {
        flopmeter_text_append(text, "null, ");
        return;
    }
    flopmeter_text_append_json(text, value);
    flopmeter_text_append(text, ", ");
}

static void append_identity(flopmeter_text_t *text, const flopmeter_facts_t *facts)
{
    append_optional(text, "run", facts->options->run);
    append_optional(text, "node", facts->node);
    append_optional(text, "gpuPrecision", facts->options->gpu_precision);
    flopmeter_text_append(text, "\"command\": [");
    for (char **argument = facts->options->command; NULL != *argument; argument++)
    {
        flopmeter_text_append(text, argument == facts->options->command ? "" : ", ");
        flopmeter_text_append_json(text, *argument);
    }
    flopmeter_text_append(text, "],\n \"beginNs\": %" PRId64 ", \"beginMonotonicNs\": %" PRId64 ", ", facts->begin_ns,
        facts->begin_monotonic_ns);
}

const char *flopmeter_facts_cpu_why(flopmeter_cpu_why_t why)
{
    switch (why)
    {
        case FLOPMETER_CPU_SIGCHLD_IGNORED:
            return "SIGCHLD_IGNORED";
        case FLOPMETER_CPU_NOT_WAITED_FOR:
            return "NOT_WAITED_FOR";
        case FLOPMETER_CPU_HIDDEN:
            return "HIDDEN";
        case FLOPMETER_CPU_RIGHTS_GAINED:
            return "RIGHTS_GAINED";
        case FLOPMETER_CPU_SAID_BY_PROCESS:
            return "SAID_BY_PROCESS";
        case FLOPMETER_CPU_NOT_LOOKED_AT:
            return "NOT_LOOKED_AT";
        case FLOPMETER_CPU_GROUP_USED_MORE:
            return "GROUP_USED_MORE";
        case FLOPMETER_CPU_NO_TALLY:
            return "NO_TALLY";
        case FLOPMETER_CPU_COMPLETE:
        default:
            return NULL;
    }
}

void flopmeter_facts_miss_cpu(flopmeter_facts_t *facts, flopmeter_cpu_why_t why)
{
    if (FLOPMETER_CPU_COMPLETE == facts->cpu_why)
    {
        facts->cpu_why = why;
    }
}

const char *flopmeter_facts_tally(const flopmeter_facts_t *facts, uint64_t *cpu_ns)
{
    if (flopmeter_tally_cpu_ns(&facts->tally, cpu_ns))
    {
        return "task clock";
    }
    if (!flopmeter_group_cpu_ns(&facts->group, cpu_ns))
    {
        return NULL;
    }
    /* The kernel charges a group whose tasks run on at ticks only. */
    *cpu_ns += 0 == facts->leftovers.count ? 0 : (uint64_t)facts->online_cpus * TICK_NS_MAX;
    return GROUP;
}

void flopmeter_facts_settle_cpu(flopmeter_facts_t *facts)
{
    uint64_t tally_ns;
    const char *const tally = flopmeter_facts_tally(facts, &tally_ns);

    if (NULL == tally)
    {
        flopmeter_facts_miss_cpu(facts, FLOPMETER_CPU_NO_TALLY);
    }
    else if (tally_ns > facts->cpu_ns + facts->cpu_ns / CLOCKS_APART_SHARE + CLOCKS_APART_NS)
    {
        flopmeter_facts_miss_cpu(
            facts, GROUP == tally ? FLOPMETER_CPU_GROUP_USED_MORE : FLOPMETER_CPU_NOT_WAITED_FOR);
    }
}

static void append_cpu(flopmeter_text_t *text, const flopmeter_facts_t *facts)
{
    uint64_t tally_ns;

    flopmeter_text_append(text, " \"cpuNs\": %" PRIu64 ", \"cpuComplete\": %s, ", facts->cpu_ns,
        FLOPMETER_CPU_COMPLETE == facts->cpu_why ? "true" : "false");
    append_optional(text, "cpuWhy", flopmeter_facts_cpu_why(facts->cpu_why));
    const char *const tally = flopmeter_facts_tally(facts, &tally_ns);
    append_optional(text, "cpuTally", tally);
    if (NULL != tally)
    {
        flopmeter_text_append(text, "\"cpuTallyNs\": %" PRIu64 ", ", tally_ns);
    }
    else
    {
        flopmeter_text_append(text, "\"cpuTallyNs\": null, ");
    }
    flopmeter_text_append(text, "\"onlineCpus\": %ld,\n", facts->online_cpus);
}

static void append_leftovers(flopmeter_text_t *text, const flopmeter_process_list_t *leftovers)
{
    bool first = true;
    flopmeter_text_append(text, " \"leftovers\": [");
    for (size_t i = 0; i < leftovers->count; i++)
    {
        const flopmeter_process_t *const process = &leftovers->items[i];
        if ('Z' != process->state && 'X' != process->state)
        {
            flopmeter_text_append(text, "%s{\"pid\": %d, \"comm\": ", first ? "" : ", ", (int)process->pid);
            flopmeter_text_append_json(text, process->comm);
            flopmeter_text_append(text, "}");
            first = false;
        }
    }
    flopmeter_text_append(text, "],\n");
}

static void append_accelerators(flopmeter_text_t *text, const flopmeter_accelerators_t *accelerators)
{
    bool first = true;
    flopmeter_text_append(text, " \"acceleratorsOpened\": [");
    for (size_t i = 0; i < accelerators->count; i++)
    {
        if (accelerators->devices[i].opened)
        {
            flopmeter_text_append(text, first ? "" : ", ");
            flopmeter_text_append_json(text, accelerators->devices[i].path);
            first = false;
        }
    }
    flopmeter_text_append(text, "],\n");
}

static uint64_t own_cpu_ns(void)
{
    struct timespec used = { 0, 0 };
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000000ULL + (uint64_t)used.tv_nsec;
}

static int publish(const flopmeter_facts_t *facts, const char *name, flopmeter_text_t *text)
{
    const int rc = flopmeter_text_publish(facts->directory->fd, name, text);
    flopmeter_text_free(text);
    return rc;
}

int flopmeter_facts_publish_run(const flopmeter_facts_t *facts)
{
    flopmeter_text_t text = { NULL, 0, 0, false };

    flopmeter_text_append(&text, "{\"schema\": \"flopmeter/run-start/v1\",\n ");
    append_identity(&text, facts);
    append_optional(&text, "spillDir", facts->directory->spill);
    append_optional(&text, "language", flopmeter_sidecar_language());
    flopmeter_text_append(&text, "\"ownMeter\": %s, \"supervisorPid\": %d}\n",
        flopmeter_sidecar_is_wanted(facts->directory, facts->options) ? "false" : "true", (int)getpid());
    return publish(facts, "run.json", &text);
}

int flopmeter_facts_publish(const flopmeter_facts_t *facts, const flopmeter_accelerators_t *accelerators)
{
    flopmeter_text_t text = { NULL, 0, 0, false };

    flopmeter_text_append(&text, "{\"schema\": \"flopmeter/run-facts/v1\",\n ");
    append_identity(&text, facts);
    flopmeter_text_append(&text, "\"endNs\": %" PRId64 ", \"endMonotonicNs\": %" PRId64 ", \"exitCode\": %d,\n",
        facts->end_ns, facts->end_monotonic_ns, facts->exit_code);
    append_cpu(&text, facts);
    append_leftovers(&text, &facts->leftovers);
    append_accelerators(&text, accelerators);
    flopmeter_text_append(&text, " \"counters\": [");
    const bool has_perf = flopmeter_counters_append(&facts->counters, &text);
    (void)flopmeter_counter_process_append(facts->counter, !has_perf, &text);
    flopmeter_text_append(&text, "],\n");
    flopmeter_text_append(&text, " \"meterRestarts\": %u, \"supervisorCpuNs\": %" PRIu64 ", ", facts->meter_restarts,
        own_cpu_ns() + facts->supervisor_cpu_ns);
    flopmeter_text_append(&text, "\"aggregatorCpuNs\": %" PRIu64 "}\n", facts->aggregator_cpu_ns);
    return publish(facts, "facts.json", &text);
}
