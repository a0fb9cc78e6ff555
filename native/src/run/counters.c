/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "counters.h"

#include "flopmeter_perf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Digits of 2^128, and the end. */
#define DECIMAL_LENGTH (40)

static const char *const states[] = {
    "AVAILABLE", "ABSENT", "NO_PERMISSION", "TAKEN", "WRONG_DRIVER", "FAILED",
};

static const char *const precisions[] = {
    "", "fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp6", "fp4", "int32", "int16", "int8", "int4", "int1",
    "unknown",
};

#if defined(FLOPMETER_RUN_TESTING)
/* Nanoseconds of CPU and page faults stand for FLOP: what a test machine without a PMU can count. */
static const flopmeter_cpu_event_t software[] = {
    { "test", 0, 0, 0, 1, "task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, 1, 1, 1, FLOPMETER_FP64, 1,
      false },
    { "test", 0, 0, 0, 2, "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 1, 1, 1, FLOPMETER_FP32, 1,
      false },
    { "test", 0, 0, 0, 0, "unseen", PERF_TYPE_SOFTWARE, 0, 0, 0, 1, FLOPMETER_INT8, 2, true },
};
static const flopmeter_perf_setup_t software_setup = { &flopmeter_perf_sys, "", software, 3 };
#endif

static const flopmeter_perf_setup_t machine_setup = { &flopmeter_perf_sys, "", NULL, 0 };

static const flopmeter_perf_setup_t *setup(void)
{
#if defined(FLOPMETER_RUN_TESTING)
    if (NULL != getenv("FLOPMETER_TEST_PERF"))
    {
        return &software_setup;
    }
#endif
    return &machine_setup;
}

void flopmeter_counters_probe(flopmeter_counters_t *counters)
{
    const char *const wish = getenv("FLOPMETER_PERF");
    const flopmeter_counter_target_t self = { .pid = 0, .cpu = -1 };

    memset(counters, 0, sizeof(*counters));
    if (NULL != wish && 0 == strcmp(wish, "off"))
    {
        return;
    }
    counters->is_wanted = true;
    flopmeter_perf_probe(setup(), &self, &counters->probe);
}

bool flopmeter_counters_is_possible(const flopmeter_counters_t *counters)
{
    return counters->is_wanted && FLOPMETER_COUNTER_AVAILABLE == counters->probe.state;
}

void flopmeter_counters_open(void *context, pid_t pid)
{
    flopmeter_counters_t *const counters = context;
    const flopmeter_counter_target_t target = { .pid = pid, .cpu = -1, .from_exec = true };

    flopmeter_counters_close(counters);
    counters->perf = flopmeter_perf_open(setup(), &target, &counters->probe);
}

void flopmeter_counters_read(flopmeter_counters_t *counters)
{
    if (NULL != counters->perf)
    {
        flopmeter_perf_read(counters->perf, &counters->reading);
        counters->is_read = true;
    }
}

void flopmeter_counters_close(flopmeter_counters_t *counters)
{
    if (NULL != counters->perf)
    {
        flopmeter_perf_close(counters->perf);
        counters->perf = NULL;
    }
}

/*
 * printf has no conversion for 128 bits.
 */
static void append_decimal(flopmeter_text_t *text, const char *name, flopmeter_u128_t value)
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
    flopmeter_text_append(text, "\"%s\": \"%s\"", name, digits + at);
}

static void append_figures(const flopmeter_counter_reading_t *reading, flopmeter_text_t *text)
{
    flopmeter_text_append(text, "\"figures\": [");
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        const flopmeter_counter_figure_t *const figure = &reading->figures[i];
        flopmeter_text_append(
            text, "%s{\"precision\": \"%s\", ", 0 == i ? "" : ",\n   ", precisions[figure->precision]);
        append_decimal(text, "lower", figure->lower);
        flopmeter_text_append(text, ", ");
        append_decimal(text, "point", figure->point);
        flopmeter_text_append(text, ", ");
        if (figure->is_bounded)
        {
            append_decimal(text, "upper", figure->upper);
        }
        else
        {
            flopmeter_text_append(text, "\"upper\": \"unbounded\"");
        }
        flopmeter_text_append(text, "}");
    }
    flopmeter_text_append(text, "],\n  \"gaps\": [");
    for (size_t i = 0; i < reading->gaps_count; i++)
    {
        flopmeter_text_append(text, "%s{\"beginMonotonicNs\": %" PRIu64 ", \"endMonotonicNs\": %" PRIu64
            ", \"reason\": \"%s\"}", 0 == i ? "" : ", ", reading->gaps[i].begin_ns, reading->gaps[i].end_ns,
            states[reading->gaps[i].reason]);
    }
    flopmeter_text_append(text, "]");
}

bool flopmeter_counters_append(const flopmeter_counters_t *counters, flopmeter_text_t *text)
{
    if (counters->is_wanted)
    {
        const flopmeter_counter_reading_t *const reading = &counters->reading;
        const flopmeter_counter_state_t state = counters->is_read ? reading->state : counters->probe.state;
        flopmeter_text_append(text, "\n {\"name\": \"perf\", \"source\": \"perf\", \"basis\": \"EXACT_EXECUTED\", "
            "\"state\": \"%s\", \"detail\": ", states[state]);
        flopmeter_text_append_json(text, counters->probe.detail);
        flopmeter_text_append(text, ",\n  \"isRead\": %s, \"beginMonotonicNs\": %" PRIu64
            ", \"endMonotonicNs\": %" PRIu64 ", \"coveredNs\": %" PRIu64 ",\n  ", counters->is_read ? "true" : "false",
            reading->begin_ns, reading->end_ns, reading->covered_ns);
        append_figures(reading, text);
        flopmeter_text_append(text, "}");
    }
    return counters->is_wanted;
}
