/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "host.h"

#include <string.h>
#include <sys/resource.h>

#include "counter_names.h"
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
    int asked = EOF;

    raise_limit();
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(setup, since_ns, &opened);
    if (NULL == counter)
    {
        return refuse(out, &opened);
    }
    while (EOF != (asked = fgetc(in)))
    {
        if ('\n' != asked)
        {
            continue;
        }
        flopmeter_counter_probe_t refusal;
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
    return 0;
}
