/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "host.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "perf_host.h"

/* Digits of 2^128, and the end. */
#define DECIMAL_LENGTH (40)

static const char *const states[] = {
    "AVAILABLE", "ABSENT", "NO_PERMISSION", "TAKEN", "WRONG_DRIVER", "FAILED",
};

static const char *const precisions[] = {
    "", "fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp6", "fp4", "int32", "int16", "int8", "int4", "int1",
    "unknown",
};

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

/*
 * printf has no conversion for 128 bits.
 */
static void print_decimal(FILE *const out, const char *const name, flopmeter_u128_t value)
{
    char digits[DECIMAL_LENGTH];
    size_t at = sizeof(digits) - 1;

    digits[at] = '\0';
    do
    {
        digits[--at] = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    while (0 != value);
    fprintf(out, "\"%s\": \"%s\"", name, digits + at);
}

static void print_figures(FILE *const out, const flopmeter_counter_reading_t *const reading)
{
    fprintf(out, "\"figures\": [");
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        const flopmeter_counter_figure_t *const figure = &reading->figures[i];
        fprintf(out, "%s{\"precision\": \"%s\", ", 0 == i ? "" : ", ", precisions[figure->precision]);
        print_decimal(out, "lower", figure->lower);
        fprintf(out, ", ");
        print_decimal(out, "point", figure->point);
        fprintf(out, ", ");
        if (figure->is_bounded)
        {
            print_decimal(out, "upper", figure->upper);
        }
        else
        {
            fprintf(out, "\"upper\": \"unbounded\"");
        }
        fprintf(out, "}");
    }
    fprintf(out, "], \"gaps\": [");
    for (size_t i = 0; i < reading->gaps_count; i++)
    {
        fprintf(out, "%s{\"beginMonotonicNs\": %" PRIu64 ", \"endMonotonicNs\": %" PRIu64 ", \"reason\": \"%s\"}",
            0 == i ? "" : ", ", reading->gaps[i].begin_ns, reading->gaps[i].end_ns, states[reading->gaps[i].reason]);
    }
    fprintf(out, "]}\n");
}

static void print_reading(
    FILE *const out,
    const flopmeter_counter_reading_t *const reading,
    const flopmeter_counter_probe_t *const probe,
    const flopmeter_perf_host_cpus_t *const cpus,
    const bool is_read)
{
    fprintf(out, "{\"name\": \"perf-host\", \"source\": \"perf\", \"basis\": \"EXACT_EXECUTED\", \"state\": \"%s\", ",
        states[reading->state]);
    print_text(out, "detail", probe->detail);
    print_text(out, "remedy", probe->remedy);
    fprintf(out, "\"isRead\": %s, \"beginMonotonicNs\": %" PRIu64 ", \"endMonotonicNs\": %" PRIu64 ", \"coveredNs\": %"
        PRIu64 ", \"cpusOnline\": %zu, \"cpusWatched\": %zu, ", is_read ? "true" : "false", reading->begin_ns,
        reading->end_ns, reading->covered_ns, cpus->online, cpus->watched);
    print_figures(out, reading);
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
