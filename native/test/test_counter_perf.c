/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "perf" over a scripted PMU: every row of the table to FLOP, descriptors, groups, self-monitoring.
 */

#include "check.h"
#include "counter_root.h"
#include "fake_pmu.h"

#include <inttypes.h>
#include <string.h>

static fake_pmu_t pmu;
static flopmeter_perf_setup_t setup;
static uint64_t nothing[FAKE_PMU_EVENTS_MAX];

static const flopmeter_counter_target_t tree = { .pid = 4711, .cpu = -1, .from_exec = true };
static const flopmeter_counter_target_t thread = { .pid = 0, .cpu = -1 };
static const flopmeter_counter_target_t everywhere = { .pid = -1, .cpu = -1 };

static void begin(const char *const vendor, const uint32_t family, const uint32_t model)
{
    fake_pmu_init(&pmu);
    setup = (flopmeter_perf_setup_t){ &pmu.sys, counter_root_make(), NULL, 0 };
    counter_root_write_cpuinfo(vendor, family, model, 2);
}

static const flopmeter_counter_figure_t *figure_of(
    const flopmeter_counter_reading_t *const reading, const flopmeter_precision_t precision)
{
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        if (reading->figures[i].precision == precision)
        {
            return &reading->figures[i];
        }
    }
    return NULL;
}

/* ---- Rows ---- */

/* From the vendors' own descriptions, written down once more by hand: FLOP of a million counts. */
static const struct
{
    const char *vendor;
    uint32_t family;
    uint32_t model;
    uint64_t config;
    flopmeter_precision_t precision;
    uint64_t lower;
    uint64_t point;
    uint64_t upper;
} expected[] = {
    { "intel", 6, 94, 0x01c7, FLOPMETER_FP64, 1000000, 1000000, 1000000 },
    { "intel", 6, 79, 0x04c7, FLOPMETER_FP64, 2000000, 2000000, 2000000 },
    { "intel", 6, 61, 0x10c7, FLOPMETER_FP64, 4000000, 4000000, 4000000 },
    { "intel", 6, 79, 0x02c7, FLOPMETER_FP32, 1000000, 1000000, 1000000 },
    { "intel", 6, 158, 0x08c7, FLOPMETER_FP32, 4000000, 4000000, 4000000 },
    { "intel", 6, 142, 0x20c7, FLOPMETER_FP32, 8000000, 8000000, 8000000 },
    { "intel", 6, 143, 0x01c7, FLOPMETER_FP64, 0, 1000000, 1000000 },
    { "intel", 6, 143, 0x04c7, FLOPMETER_FP64, 0, 2000000, 2000000 },
    { "intel", 6, 85, 0x10c7, FLOPMETER_FP64, 0, 4000000, 4000000 },
    { "intel", 6, 106, 0x40c7, FLOPMETER_FP64, 0, 8000000, 8000000 },
    { "intel", 6, 167, 0x02c7, FLOPMETER_FP32, 0, 1000000, 1000000 },
    { "intel", 6, 207, 0x08c7, FLOPMETER_FP32, 0, 4000000, 4000000 },
    { "intel", 6, 207, 0x20c7, FLOPMETER_FP32, 0, 8000000, 8000000 },
    { "intel", 6, 173, 0x80c7, FLOPMETER_FP32, 0, 16000000, 16000000 },
    { "intel", 6, 143, 0x01cf, FLOPMETER_FP16, 0, 1000000, 1000000 },
    { "intel", 6, 143, 0x02cf, FLOPMETER_FP16, 0, 1000000, 8000000 },
    { "intel", 6, 143, 0x04cf, FLOPMETER_FP16, 0, 8000000, 32000000 },
    { "intel", 6, 174, 0x08cf, FLOPMETER_FP16, 0, 16000000, 64000000 },
    { "intel", 6, 143, 0x10cf, FLOPMETER_FP16, 0, 32000000, 128000000 },
    { "intel", 6, 143, 0x02b7, FLOPMETER_PRECISION_UNKNOWN, 0, 0, 2048000000 },
    { "intel", 6, 175, 0x01c8, FLOPMETER_FP64, 1000000, 1000000, 1000000 },
    { "intel", 6, 175, 0x02c8, FLOPMETER_FP32, 1000000, 1000000, 1000000 },
    { "amd", 23, 0x31, 0xff03, FLOPMETER_PRECISION_UNKNOWN, 1000000, 1000000, 1000000 },
    { "amd", 25, 1, 0xff03, FLOPMETER_PRECISION_UNKNOWN, 1000000, 1000000, 1000000 },
    { "amd", 25, 1, 0x0702, FLOPMETER_PRECISION_UNKNOWN, 1000000, 1000000, 1000000 },
    { "amd", 25, 0x11, 0x1f03, FLOPMETER_PRECISION_UNKNOWN, 0, 1000000, 1000000 },
    { "amd", 26, 2, 0x2f03, FLOPMETER_BF16, 0, 1000000, 1000000 },
    { "amd", 26, 2, 0x4f03, FLOPMETER_FP32, 0, 1000000, 1000000 },
    { "amd", 26, 2, 0x6f03, FLOPMETER_FP32, 0, 1000000, 1000000 },
    { "amd", 26, 2, 0x8f03, FLOPMETER_FP64, 0, 1000000, 1000000 },
    { "amd", 26, 2, 0xaf03, FLOPMETER_FP64, 0, 1000000, 1000000 },
    { "arm", 0x41, 0xd40, 0x80c0, FLOPMETER_PRECISION_UNKNOWN, 0, 2000000, 2000000 },
    { "arm", 0x41, 0xd4f, 0x80c0, FLOPMETER_PRECISION_UNKNOWN, 0, 1000000, 1000000 },
    { "arm", 0x41, 0xd49, 0x80c1, FLOPMETER_PRECISION_UNKNOWN, 0, 1000000, 1000000 },
    { "arm", 0x46, 1, 0x80c0, FLOPMETER_PRECISION_UNKNOWN, 0, 4000000, 4000000 },
};

static void check_row(const size_t i)
{
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;

    begin(expected[i].vendor, expected[i].family, expected[i].model);
    flopmeter_counter_t *const counter = flopmeter_perf_open(&setup, &tree, &probe);
    CHECK(NULL != counter, "%s %u/%u: %s", expected[i].vendor, expected[i].family, expected[i].model, probe.detail);
    fake_pmu_event_t *const event = fake_pmu_find(&pmu, expected[i].config);
    CHECK(NULL != event, "row %zu: config 0x%" PRIx64 " is not opened", i, expected[i].config);
    CHECK(PERF_TYPE_RAW == event->attr.type && 1 == event->attr.exclude_kernel && 1 == event->attr.inherit,
        "row %zu: attributes", i);
    event->value = 1000000;
    flopmeter_perf_read(counter, &reading);
    const flopmeter_counter_figure_t *const figure = figure_of(&reading, expected[i].precision);
    CHECK(NULL != figure && figure->lower == expected[i].lower && figure->point == expected[i].point &&
        figure->is_bounded && figure->upper == expected[i].upper,
        "row %zu, %s config 0x%" PRIx64 ": %" PRIu64 " .. %" PRIu64 " .. %" PRIu64, i, expected[i].vendor,
        expected[i].config, NULL == figure ? 0 : (uint64_t)figure->lower, NULL == figure ? 0 : (uint64_t)figure->point,
        NULL == figure ? 0 : (uint64_t)figure->upper);
    for (size_t j = 0; j < reading.figures_count; j++)
    {
        CHECK(expected[i].precision == reading.figures[j].precision || 0 == reading.figures[j].upper,
            "row %zu: FLOP in a second precision", i);
    }
    flopmeter_perf_close(counter);
    CHECK(0 == fake_pmu_open_count(&pmu), "row %zu: descriptors are left", i);
}

/*
 * The table as a whole: no config that the list above does not know, so that a new row needs a line there.
 */
static void should_turn_every_row_into_flop(void)
{
    size_t count = 0;
    const flopmeter_cpu_event_t *const table = flopmeter_cpu_table(&count);

    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
    {
        check_row(i);
    }
    for (size_t i = 0; i < count; i++)
    {
        /* Those of a hybrid are in test_counter_hybrid.c. */
        bool found = table[i].is_unseen || NULL != strstr(table[i].vendor, "intel-");
        for (size_t j = 0; j < sizeof(expected) / sizeof(expected[0]); j++)
        {
            found = found || (0 == strcmp(table[i].vendor, expected[j].vendor) &&
                table[i].config == expected[j].config && table[i].precision == expected[j].precision &&
                table[i].flop_point == expected[j].point / 1000000 &&
                table[i].flop_lower == expected[j].lower / 1000000 &&
                table[i].flop_upper == expected[j].upper / 1000000);
        }
        CHECK(found, "%s %u/%u %s: nothing is expected of it", table[i].vendor, table[i].family, table[i].model_first,
            table[i].name);
    }
}

/*
 * A masked instruction retires, and its event counts, with one live lane or none. Chips that have AVX-512, by hand:
 * Skylake-X, Ice Lake, Tiger Lake, Rocket Lake, Sapphire and Emerald and Granite Rapids; Zen 4 and 5.
 */
static void should_claim_no_lane_that_a_mask_may_have_turned_off(void)
{
    static const uint32_t intel[] = { 85, 106, 108, 125, 126, 140, 141, 143, 167, 173, 174, 207 };
    static const struct
    {
        uint32_t family;
        uint32_t model;
        bool has_masks;
    }
    amd[] = { { 23, 0x31, false }, { 25, 0x01, false }, { 25, 0x21, false }, { 25, 0x11, true }, { 25, 0x61, true },
        { 25, 0xa0, true }, { 26, 0x02, true }, { 26, 0x44, true } };
    size_t count = 0;
    const flopmeter_cpu_event_t *const table = flopmeter_cpu_table(&count);

    for (size_t i = 0; i < count; i++)
    {
        const flopmeter_cpu_event_t *const row = &table[i];
        const bool is_intel = 0 == strcmp("intel", row->vendor);
        for (size_t j = 0; is_intel && j < sizeof(intel) / sizeof(intel[0]); j++)
        {
            CHECK(intel[j] < row->model_first || row->model_last < intel[j] || 0 == row->flop_lower,
                "intel %u: %s claims %u", intel[j], row->name, row->flop_lower);
        }
        for (size_t j = 0; 0 == strcmp("amd", row->vendor) && j < sizeof(amd) / sizeof(amd[0]); j++)
        {
            const bool is_vector = NULL != strstr(row->name, "sse_avx");
            CHECK(amd[j].family != row->family || amd[j].model < row->model_first ||
                row->model_last < amd[j].model || row->is_unseen ||
                (amd[j].has_masks && is_vector ? 0U : 1U) == row->flop_lower, "amd %u/0x%x: %s claims %u",
                amd[j].family, amd[j].model, row->name, row->flop_lower);
        }
    }
}

static uint64_t upper_of_a_second(const uint32_t model, const flopmeter_precision_t precision)
{
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;

    begin("arm", 0x41 == model >> 12 ? 0x41 : 0x46, model & 0xFFF);
    counter_root_write("sys/devices/system/cpu/online", "0\n");
    counter_root_write("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "1000000\n");
    flopmeter_counter_t *const counter = flopmeter_perf_open(&setup, &tree, &probe);
    CHECK(NULL != counter, "%s", probe.detail);
    fake_pmu_exec(&pmu);
    fake_pmu_run(&pmu, 1000000000, nothing);
    flopmeter_perf_read(counter, &reading);
    const flopmeter_counter_figure_t *const figure = figure_of(&reading, precision);
    const uint64_t upper = NULL == figure ? 0 : (uint64_t)figure->upper;
    flopmeter_perf_close(counter);
    return upper;
}

/*
 * BFMMLA does 32 FLOP in 128 bit, and its event counts 4 or 8 or 16 of them. At 1 GHz a second of it on each port that
 * multiplies (four of 128 bit; of V1 two of 256) must be below the end.
 */
static void should_bound_products_of_bf16_that_arm_counts_for_less(void)
{
    CHECK(4 * 32 * 1000000000ULL <= upper_of_a_second(0x41d49, FLOPMETER_BF16), "Neoverse N2");
    CHECK(4 * 32 * 1000000000ULL <= upper_of_a_second(0x41d4f, FLOPMETER_BF16), "Neoverse V2");
    CHECK(2 * 64 * 1000000000ULL <= upper_of_a_second(0x41d40, FLOPMETER_BF16), "Neoverse V1");
    CHECK(0 == upper_of_a_second(0x46001, FLOPMETER_BF16), "A64FX has no such products");
}

static void should_put_what_no_event_counts_into_the_upper_end(void)
{
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;

    begin("intel", 6, 85);
    counter_root_write("sys/devices/system/cpu/online", "0-1\n");
    for (int i = 0; i < 2; i++)
    {
        char name[128];
        snprintf(name, sizeof(name), "sys/devices/system/cpu/cpu%d/cpufreq/cpuinfo_max_freq", i);
        counter_root_write(name, "2000000\n");
    }
    flopmeter_counter_t *const counter = flopmeter_perf_open(&setup, &tree, &probe);
    pmu.counters = 16;
    fake_pmu_exec(&pmu);
    fake_pmu_run(&pmu, 1000000000, nothing);
    flopmeter_perf_read(counter, &reading);
    /* 256 int8 per cycle at 2 GHz for a second. */
    const flopmeter_counter_figure_t *const int8 = figure_of(&reading, FLOPMETER_INT8);
    CHECK(0 == int8->point && 512000000000ULL == int8->upper, "int8: %" PRIu64, (uint64_t)int8->upper);
    CHECK(4000000000ULL == figure_of(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper, "x87");
    CHECK(0 == figure_of(&reading, FLOPMETER_FP64)->upper, "fp64 is counted in full");
    CHECK(1000000000 == reading.covered_ns, "covered %" PRIu64, reading.covered_ns);
    flopmeter_perf_close(counter);
}

/* ---- Descriptors and groups ---- */

static void should_leave_descriptors_to_whoever_shares_the_limit(void)
{
    flopmeter_counter_probe_t probe;

    begin("amd", 26, 2);
    pmu.fd_limit = pmu.fd_first + 3 + 32;
    CHECK(NULL == flopmeter_perf_open(&setup, &tree, &probe), "opened");
    CHECK(FLOPMETER_COUNTER_FAILED == probe.state && NULL != strstr(probe.detail, "EMFILE"), "%s", probe.detail);
    CHECK(0 == fake_pmu_open_count(&pmu), "descriptors are left");
}

static void should_schedule_a_precision_together_and_split_what_does_not_fit(void)
{
    flopmeter_counter_probe_t probe;

    begin("intel", 6, 85);
    flopmeter_counter_t *counter = flopmeter_perf_open(&setup, &tree, &probe);
    CHECK(8 == pmu.count, "%d events", pmu.count);
    for (int i = 0; i < 8; i++)
    {
        CHECK(pmu.events[i].leader == i / 4 * 4, "event %d has leader %d", i, pmu.events[i].leader);
        CHECK(pmu.events[i].attr.enable_on_exec == (0 == i % 4) && pmu.events[i].attr.disabled == (0 == i % 4),
            "event %d", i);
    }
    flopmeter_perf_close(counter);
    begin("intel", 6, 85);
    pmu.group_max = 3;
    counter = flopmeter_perf_open(&setup, &tree, &probe);
    CHECK(8 == pmu.count && 3 == pmu.events[3].leader && 4 == pmu.events[4].leader && 7 == pmu.events[7].leader,
        "a group of 4 becomes 3 and 1");
    flopmeter_perf_close(counter);
}

static void should_open_every_cpu_that_is_online(void)
{
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;
    uint64_t counts[FAKE_PMU_EVENTS_MAX] = { 0 };

    begin("amd", 25, 1);
    counter_root_write("sys/devices/system/cpu/online", "0-1,5\n");
    flopmeter_counter_t *const counter = flopmeter_perf_open(&setup, &everywhere, &probe);
    CHECK(6 == pmu.count && 0 == pmu.events[0].cpu && 1 == pmu.events[2].cpu && 5 == pmu.events[4].cpu, "%d events",
        pmu.count);
    CHECK(0 == pmu.events[0].attr.inherit && -1 == pmu.events[0].pid, "a CPU inherits nothing");
    counts[0] = 1;
    counts[2] = 20;
    counts[5] = 300;
    fake_pmu_run(&pmu, 1000000, counts);
    flopmeter_perf_read(counter, &reading);
    CHECK(321 == figure_of(&reading, FLOPMETER_PRECISION_UNKNOWN)->lower, "sum over CPUs");
    CHECK(3000000 == reading.covered_ns, "covered %" PRIu64, reading.covered_ns);
    /* CPU 5 goes offline for a while: its event is not enabled, and what it may have done is in the upper end. */
    pmu.events[4].is_enabled = false;
    pmu.events[5].is_enabled = false;
    fake_pmu_run(&pmu, 1000000, nothing);
    flopmeter_perf_read(counter, &reading);
    CHECK(figure_of(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper > 64 * 6500000ULL, "time offline is not covered");
    flopmeter_perf_close(counter);
    CHECK(0 == fake_pmu_open_count(&pmu), "descriptors are left");
}

/*
 * What "enabled" covers is not what was counted: two groups on a PMU that has room for one take turns.
 */
static void should_tell_that_events_took_turns(void)
{
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;

    begin("intel", 6, 85);
    flopmeter_counter_t *counter = flopmeter_perf_open(&setup, &tree, &probe);
    pmu.counters = 4;
    fake_pmu_exec(&pmu);
    for (int i = 0; i < 8; i++)
    {
        fake_pmu_run(&pmu, 1000000, nothing);
    }
    flopmeter_perf_read(counter, &reading);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 8000000 == reading.covered_ns, "covered %" PRIu64,
        reading.covered_ns);
    CHECK(4000000 == reading.running_ns, "two groups of four, four counters: each half of the time, %" PRIu64,
        reading.running_ns);
    /* A counter that is reset: what ran before it did run. */
    fake_pmu_find(&pmu, 0x01c7)->value = 7;
    flopmeter_perf_read(counter, &reading);
    fake_pmu_find(&pmu, 0x01c7)->value = 0;
    flopmeter_perf_read(counter, &reading);
    CHECK(4000000 == reading.running_ns, "after a reset: %" PRIu64, reading.running_ns);
    flopmeter_perf_close(counter);
    begin("intel", 6, 85);
    counter = flopmeter_perf_open(&setup, &tree, &probe);
    pmu.counters = 8;
    fake_pmu_exec(&pmu);
    fake_pmu_run(&pmu, 1000000, nothing);
    flopmeter_perf_read(counter, &reading);
    CHECK(1000000 == reading.covered_ns && 1000000 == reading.running_ns, "room for all: %" PRIu64, reading.running_ns);
    flopmeter_perf_close(counter);
}

/* ---- Self-monitoring ---- */

static void should_read_without_system_calls_where_the_page_permits(void)
{
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;
    uint64_t counts[FAKE_PMU_EVENTS_MAX] = { 0 };

    begin("amd", 25, 1);
    flopmeter_counter_t *const counter = flopmeter_perf_open(&setup, &thread, &probe);
    for (int i = 0; i < pmu.count; i++)
    {
        pmu.events[i].page.cap_user_rdpmc = 1;
        pmu.events[i].page.pmc_width = 48;
        /* The kernel starts the counter at -2^47 or so, and the offset makes it up. */
        pmu.events[i].page.offset = 1LL << 47;
    }
    counts[0] = 5000;
    fake_pmu_run(&pmu, 1000, counts);
    flopmeter_perf_read(counter, &reading);
    CHECK(5000 == figure_of(&reading, FLOPMETER_PRECISION_UNKNOWN)->lower, "%" PRIu64,
        (uint64_t)figure_of(&reading, FLOPMETER_PRECISION_UNKNOWN)->lower);
    CHECK(0 == pmu.reads, "%d system calls", pmu.reads);
    /* The page changes twice while it is read. */
    pmu.page_changes = 2;
    fake_pmu_run(&pmu, 1000, counts);
    flopmeter_perf_read(counter, &reading);
    CHECK(10000 == figure_of(&reading, FLOPMETER_PRECISION_UNKNOWN)->lower && 0 == pmu.reads, "a torn read");
    /* Off the PMU for a turn: the times count now, and only the kernel has them. */
    pmu.counters = 0;
    fake_pmu_run(&pmu, 1000, counts);
    pmu.counters = 8;
    fake_pmu_run(&pmu, 1000, counts);
    flopmeter_perf_read(counter, &reading);
    CHECK(15000 == figure_of(&reading, FLOPMETER_PRECISION_UNKNOWN)->lower && pmu.reads > 0, "%d reads", pmu.reads);
    CHECK(20000 <= figure_of(&reading, FLOPMETER_PRECISION_UNKNOWN)->upper, "what was missed");
    flopmeter_perf_close(counter);
    CHECK(0 == fake_pmu_open_count(&pmu), "descriptors or pages are left");
}

static void should_read_by_the_kernel_where_no_page_is_to_be_had(void)
{
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;
    uint64_t counts[FAKE_PMU_EVENTS_MAX] = { 7, 3 };

    begin("amd", 25, 1);
    pmu.no_rdpmc = true;
    flopmeter_counter_t *const counter = flopmeter_perf_open(&setup, &thread, &probe);
    fake_pmu_run(&pmu, 1000, counts);
    flopmeter_perf_read(counter, &reading);
    CHECK(10 == figure_of(&reading, FLOPMETER_PRECISION_UNKNOWN)->lower, "sum of both events");
    flopmeter_perf_close(counter);
}

int main(void)
{
    should_turn_every_row_into_flop();
    should_claim_no_lane_that_a_mask_may_have_turned_off();
    should_bound_products_of_bf16_that_arm_counts_for_less();
    should_put_what_no_event_counts_into_the_upper_end();
    should_leave_descriptors_to_whoever_shares_the_limit();
    should_schedule_a_precision_together_and_split_what_does_not_fit();
    should_open_every_cpu_that_is_online();
    should_tell_that_events_took_turns();
    should_read_without_system_calls_where_the_page_permits();
    should_read_by_the_kernel_where_no_page_is_to_be_had();
    counter_root_remove();
    return 0;
}
