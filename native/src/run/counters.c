/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "counters.h"

#include "counter_names.h"
#include "flopmeter_perf.h"
#include "reading_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void flopmeter_counters_open(flopmeter_counters_t *counters, pid_t pid, const char *folder)
{
    const flopmeter_counter_target_t target = { .pid = pid, .cpu = -1, .from_exec = true };

    flopmeter_counters_close(counters);
    flopmeter_pause_open(&counters->pause, folder, "perf");
    if (flopmeter_pause_look(&counters->pause, (uint64_t)flopmeter_text_monotonic_ns()))
    {
        counters->probe.state = FLOPMETER_COUNTER_PAUSED;
        snprintf(counters->probe.detail, sizeof(counters->probe.detail),
            "not opened: an outer run was paused when COMMAND began");
    }
    else
    {
        counters->perf = flopmeter_perf_open(setup(), &target, &counters->probe);
    }
    if (NULL == counters->perf)
    {
        flopmeter_pause_close(&counters->pause);
        return;
    }
    counters->look_at_ns = flopmeter_text_monotonic_ns();
}

void flopmeter_counters_tick(flopmeter_counters_t *counters)
{
    const int64_t now_ns = flopmeter_text_monotonic_ns();
    const char *detail = "";

    if (0 == counters->look_at_ns || now_ns < counters->look_at_ns)
    {
        return;
    }
    if (flopmeter_pause_look(&counters->pause, (uint64_t)now_ns))
    {
        flopmeter_perf_pause(counters->perf);
        detail = flopmeter_perf_is_free(counters->perf) ? "" : "the kernel does not take the events off";
    }
    else
    {
        flopmeter_perf_resume(counters->perf);
        detail = flopmeter_perf_is_counting(counters->perf) ? "" : "the kernel does not put the events back";
    }
    (void)flopmeter_pause_answer(&counters->pause, flopmeter_perf_is_free(counters->perf), detail);
    counters->look_at_ns = flopmeter_text_monotonic_ns() + (int64_t)FLOPMETER_PAUSE_LOOK_NS;
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
        counters->look_at_ns = 0;
        flopmeter_pause_close(&counters->pause);
    }
}

static void append_reading(flopmeter_text_t *text, const flopmeter_counters_t *counters)
{
    char *members = NULL;
    size_t length = 0;
    FILE *const out = open_memstream(&members, &length);

    if (NULL == out)
    {
        text->failed = true;
        return;
    }
    flopmeter_reading_json_print(out, &counters->reading, counters->is_read);
    const bool has_failed = 0 != ferror(out);
    text->failed = 0 != fclose(out) || has_failed || text->failed;
    if (!text->failed)
    {
        flopmeter_text_append(text, "%s", members);
    }
    free(members);
}

bool flopmeter_counters_append(const flopmeter_counters_t *counters, flopmeter_text_t *text)
{
    if (counters->is_wanted)
    {
        const flopmeter_counter_state_t state = counters->is_read ? counters->reading.state : counters->probe.state;
        flopmeter_text_append(text, "\n {\"name\": \"perf\", \"source\": \"perf\", \"basis\": \"EXACT_EXECUTED\", "
            "\"state\": \"%s\", \"detail\": ", flopmeter_counter_state_name(state));
        flopmeter_text_append_json(text, counters->probe.detail);
        flopmeter_text_append(text, ",\n  ");
        append_reading(text, counters);
        flopmeter_text_append(text, "}");
    }
    return counters->is_wanted;
}
