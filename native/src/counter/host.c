/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "host.h"

#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "counter_names.h"
#include "pause.h"
#include "perf_host.h"
#include "reading_json.h"

/*
 * Words of ours, with what a file of the kernel's may have put into them.
 */
static void print_text(FILE *const out, const char *const name, const char *const text)
{
    fprintf(out, "\"%s\": \"", name);
    for (const char *at = text; '\0' != *at; at++)
    {
        fputc(*at < ' ' || *at > '~' || '"' == *at || '\\' == *at ? '?' : *at, out);
    }
    fprintf(out, "\", ");
}

static void print_reading(
    FILE *const out,
    const flopmeter_counter_reading_t *const reading,
    const flopmeter_counter_probe_t *const probe,
    const flopmeter_perf_host_cpus_t *const cpus,
    const bool is_read)
{
    fprintf(out, "{\"name\": \"perf-host\", \"source\": \"perf\", \"basis\": \"EXACT_EXECUTED\", \"state\": \"%s\", ",
        flopmeter_counter_state_name(reading->state));
    print_text(out, "detail", probe->detail);
    print_text(out, "remedy", probe->remedy);
    fprintf(out, "\"cpusOnline\": %zu, \"cpusWatched\": %zu, ", cpus->online, cpus->watched);
    flopmeter_reading_json_print(out, reading, is_read);
    fprintf(out, "}\n");
}

static int refuse(FILE *const out, const flopmeter_counter_probe_t *const probe)
{
    const flopmeter_perf_host_cpus_t none = { 0, 0 };
    flopmeter_counter_reading_t reading;

    memset(&reading, 0, sizeof(reading));
    reading.state = probe->state;
    print_reading(out, &reading, probe, &none, false);
    (void)fflush(out);
    return 0;
}

static const char *wishes;

void flopmeter_host_obey(const char *folder)
{
    wishes = folder;
}

static uint64_t now_ns(void)
{
    struct timespec now = { 0, 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/*
 * Opened in the middle of a pause they would be in the way at once: whoever asked comes again.
 */
static int refuse_while_paused(FILE *const out, flopmeter_pause_t *const pause)
{
    flopmeter_counter_probe_t probe;

    flopmeter_pause_close(pause);
    memset(&probe, 0, sizeof(probe));
    probe.state = FLOPMETER_COUNTER_PAUSED;
    snprintf(probe.detail, sizeof(probe.detail), "another profiler has the CPUs' counters");
    snprintf(probe.remedy, sizeof(probe.remedy), "flopmeter resume");
    return refuse(out, &probe);
}

/*
 * As wished now, and said so.
 */
static void obey(flopmeter_pause_t *const pause, flopmeter_counter_t *const counter)
{
    const bool is_wished = flopmeter_pause_look(pause, now_ns());

    (is_wished ? flopmeter_perf_host_pause : flopmeter_perf_host_resume)(counter);
    const bool is_free = flopmeter_perf_host_is_free(counter);
    (void)flopmeter_pause_answer(
        pause, is_free, is_wished && !is_free ? "the kernel does not take the events off" : "");
}

/*
 * Some descriptors for each CPU: as many as we may have.
 */
static void raise_limit(void)
{
    struct rlimit limit;

    if (0 == getrlimit(RLIMIT_NOFILE, &limit))
    {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int flopmeter_host(
    const flopmeter_perf_setup_t *const setup, const uint64_t since_ns, FILE *const in, FILE *const out)
{
    flopmeter_counter_probe_t opened;
    flopmeter_counter_reading_t reading;
    flopmeter_perf_host_cpus_t cpus;
    flopmeter_pause_t pause;
    int asked = EOF;

    raise_limit();
    flopmeter_pause_open(&pause, wishes, "perf-host");
    if (flopmeter_pause_look(&pause, now_ns()))
    {
        return refuse_while_paused(out, &pause);
    }
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(setup, since_ns, &opened);
    if (NULL == counter)
    {
        flopmeter_pause_close(&pause);
        return refuse(out, &opened);
    }
    while (EOF != (asked = fgetc(in)))
    {
        if ('\n' != asked)
        {
            continue;
        }
        flopmeter_counter_probe_t refusal;
        obey(&pause, counter);
        flopmeter_perf_host_read(counter, &reading);
        flopmeter_perf_host_cpus(counter, &cpus);
        flopmeter_perf_host_refusal(counter, &refusal);
        print_reading(out, &reading, FLOPMETER_COUNTER_AVAILABLE == refusal.state ? &opened : &refusal, &cpus, true);
        if (0 != fflush(out))
        {
            break;
        }
    }
    flopmeter_perf_host_close(counter);
    flopmeter_pause_close(&pause);
    return 0;
}
