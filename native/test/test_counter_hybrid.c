/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The source "perf" on Intel's hybrids: events on both PMUs, a task that moves between two kinds of core.
 */

#include "check.h"
#include "counter_root.h"
#include "fake_pmu.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define SEC (1000000000ULL)
#define CORE (4)
#define ATOM (10)
#define ALDER_LAKE (151)
#define METEOR_LAKE (170)
#define LUNAR_LAKE (189)
#define ARROW_LAKE (198)
#define SEEDS (300)

static fake_pmu_t pmu;
static flopmeter_perf_setup_t setup;
static flopmeter_counter_probe_t probe;
static flopmeter_counter_reading_t reading;
static uint64_t counts[FAKE_PMU_EVENTS_MAX];

static const flopmeter_counter_target_t tree = { .pid = 4711, .cpu = -1 };
static const flopmeter_counter_target_t everywhere = { .pid = -1, .cpu = -1 };

static void begin(const uint32_t model)
{
    char name[128];

    fake_pmu_init(&pmu);
    memset(counts, 0, sizeof(counts));
    setup = (flopmeter_perf_setup_t){ &pmu.sys, counter_root_make(), NULL, 0 };
    counter_root_write_cpuinfo("intel", 6, model, 4);
    counter_root_write("sys/bus/event_source/devices/cpu_core/type", "4\n");
    counter_root_write("sys/bus/event_source/devices/cpu_atom/type", "10\n");
    counter_root_write("sys/bus/event_source/devices/cpu_core/cpus", "0-1\n");
    counter_root_write("sys/bus/event_source/devices/cpu_atom/cpus", "2-3\n");
    counter_root_write("sys/devices/system/cpu/online", "0-3\n");
    for (int i = 0; i < 4; i++)
    {
        snprintf(name, sizeof(name), "sys/devices/system/cpu/cpu%d/cpufreq/cpuinfo_max_freq", i);
        counter_root_write(name, "2000000\n");
    }
}

static flopmeter_counter_t *open_on(const flopmeter_counter_target_t *const target)
{
    flopmeter_counter_t *const counter = flopmeter_perf_open(&setup, target, &probe);

    CHECK(NULL != counter && FLOPMETER_COUNTER_AVAILABLE == probe.state, "%d %s", (int)probe.state, probe.detail);
    return counter;
}

static void count(const uint64_t config, const uint64_t number)
{
    const fake_pmu_event_t *const event = fake_pmu_find(&pmu, config);

    CHECK(NULL != event, "no event 0x%" PRIx64, config);
    counts[event - pmu.events] = number;
}

static void run_on(const uint32_t kind, const uint64_t ns)
{
    pmu.kind = kind;
    fake_pmu_run(&pmu, ns, counts);
    memset(counts, 0, sizeof(counts));
}

static flopmeter_counter_figure_t figure(const flopmeter_precision_t precision)
{
    for (size_t i = 0; i < reading.figures_count; i++)
    {
        if (reading.figures[i].precision == precision)
        {
            return reading.figures[i];
        }
    }
    CHECK(false, "no figure of precision %d", (int)precision);
    return reading.figures[0];
}

static void expect(
    const flopmeter_precision_t precision, const uint64_t lower, const uint64_t point, const uint64_t upper,
    const char *const what)
{
    const flopmeter_counter_figure_t found = figure(precision);

    CHECK(lower == found.lower && point == found.point && upper == found.upper && found.is_bounded,
        "%s: %" PRIu64 " .. %" PRIu64 " .. %" PRIu64, what, (uint64_t)found.lower, (uint64_t)found.point,
        (uint64_t)found.upper);
}

/* Each event: which PMU, and FLOP of a count, written down once more by hand. */
static void should_turn_every_row_into_flop(void)
{
    static const struct
    {
        uint32_t model;
        uint32_t kind;
        uint64_t config;
        flopmeter_precision_t precision;
        uint64_t point;
        uint64_t upper;
    }
    rows[] = {
        { ALDER_LAKE, CORE, 0x01c7, FLOPMETER_FP64, 1, 1 }, { ALDER_LAKE, CORE, 0x04c7, FLOPMETER_FP64, 2, 2 },
        { 154, CORE, 0x10c7, FLOPMETER_FP64, 4, 4 }, { 183, CORE, 0x02c7, FLOPMETER_FP32, 1, 1 },
        { 186, CORE, 0x08c7, FLOPMETER_FP32, 4, 4 }, { METEOR_LAKE, CORE, 0x20c7, FLOPMETER_FP32, 8, 8 },
        { 191, ATOM, 0x003c, FLOPMETER_PRECISION_UNKNOWN, 0, 66 }, { 172, ATOM, 0x01c8, FLOPMETER_FP64, 1, 1 },
        { METEOR_LAKE, ATOM, 0x02c8, FLOPMETER_FP32, 1, 1 }, { 181, ATOM, 0x02c8, FLOPMETER_FP32, 1, 1 },
        { 181, CORE, 0x04c7, FLOPMETER_FP64, 2, 2 }, { LUNAR_LAKE, CORE, 0x01c7, FLOPMETER_FP64, 1, 1 },
        { ARROW_LAKE, CORE, 0x04c7, FLOPMETER_FP64, 2, 2 }, { LUNAR_LAKE, CORE, 0x10c7, FLOPMETER_FP64, 4, 4 },
        { ARROW_LAKE, CORE, 0x02c7, FLOPMETER_FP32, 1, 1 }, { LUNAR_LAKE, CORE, 0x08c7, FLOPMETER_FP32, 4, 4 },
        { ARROW_LAKE, CORE, 0x20c7, FLOPMETER_FP32, 8, 8 }, { LUNAR_LAKE, ATOM, 0x01c8, FLOPMETER_FP64, 1, 1 },
        { ARROW_LAKE, ATOM, 0x02c8, FLOPMETER_FP32, 1, 1 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    {
        begin(rows[i].model);
        flopmeter_counter_t *const counter = open_on(&tree);
        const fake_pmu_event_t *const event = fake_pmu_find(&pmu, rows[i].config);
        CHECK(NULL != event && rows[i].kind == event->attr.type, "row %zu: PMU", i);
        pmu.events[event - pmu.events].value = 1000000;
        flopmeter_perf_read(counter, &reading);
        expect(rows[i].precision, 0 == rows[i].point ? 0 : rows[i].point * 1000000, rows[i].point * 1000000,
            rows[i].upper * 1000000, "a row");
        flopmeter_perf_close(counter);
        CHECK(0 == fake_pmu_open_count(&pmu), "row %zu: descriptors are left", i);
    }
}

static void should_add_up_both_kinds_without_scaling_one_by_the_other(void)
{
    begin(METEOR_LAKE);
    flopmeter_counter_t *const counter = open_on(&tree);
    CHECK(NULL != strstr(probe.detail, "8 events"), "%s", probe.detail);
    count(0x01c7, 1000);
    count(0x20c7, 10);
    run_on(CORE, SEC);
    count(0x01c8, 500);
    run_on(ATOM, 3 * SEC);
    flopmeter_perf_read(counter, &reading);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 0 == reading.gaps_count, "state %d", (int)reading.state);
    expect(FLOPMETER_FP64, 1500, 1500, 1500, "fp64 of both");
    expect(FLOPMETER_FP32, 80, 80, 80, "fp32 of both");
    /* x87: 2 per cycle at 2 GHz for 1 s here and 3 s there, and not for 4 s twice. */
    expect(FLOPMETER_PRECISION_UNKNOWN, 0, 0, 16 * SEC, "x87 of both");
    CHECK(4 * SEC == reading.covered_ns, "covered %" PRIu64, reading.covered_ns);
    CHECK(4 * SEC == reading.running_ns, "on a PMU for %" PRIu64, reading.running_ns);
    flopmeter_perf_close(counter);
}

static void should_not_miss_a_kind_that_is_never_used(void)
{
    begin(METEOR_LAKE);
    flopmeter_counter_t *const counter = open_on(&tree);
    count(0x01c7, 1000);
    run_on(CORE, 5 * SEC);
    flopmeter_perf_read(counter, &reading);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 0 == reading.gaps_count,
        "a task that stays on one kind: state %d", (int)reading.state);
    expect(FLOPMETER_FP64, 1000, 1000, 1000, "one kind");
    flopmeter_perf_close(counter);
    begin(METEOR_LAKE);
    flopmeter_counter_t *const taken = open_on(&tree);
    run_on(99, 5 * SEC);
    flopmeter_perf_read(taken, &reading);
    CHECK(FLOPMETER_COUNTER_TAKEN == reading.state, "both are somebody else's: state %d", (int)reading.state);
    flopmeter_perf_close(taken);
}

static void should_bound_small_cores_that_count_no_flop(void)
{
    begin(ALDER_LAKE);
    flopmeter_counter_t *const counter = open_on(&tree);
    count(0x10c7, 250);
    run_on(CORE, SEC);
    count(0x003c, 7000);
    run_on(ATOM, SEC);
    flopmeter_perf_read(counter, &reading);
    expect(FLOPMETER_FP64, 1000, 1000, 1000, "the large cores");
    expect(FLOPMETER_PRECISION_UNKNOWN, 0, 0, 7000 * 66 + 4 * SEC, "the small cores' cycles, and x87 of the large");
    flopmeter_perf_close(counter);
}

static void should_open_each_event_on_its_own_cpus(void)
{
    begin(METEOR_LAKE);
    flopmeter_counter_t *const counter = open_on(&everywhere);
    CHECK(2 * 6 + 2 * 2 == fake_pmu_open_count(&pmu), "%d events", fake_pmu_open_count(&pmu));
    for (int i = 0; i < pmu.count; i++)
    {
        const fake_pmu_event_t *const event = &pmu.events[i];
        CHECK((CORE == event->attr.type) == (event->cpu < 2), "event %d of PMU %u on CPU %d", i, event->attr.type,
            event->cpu);
    }
    run_on(0, SEC);
    flopmeter_perf_read(counter, &reading);
    CHECK(4 * SEC == reading.covered_ns, "covered %" PRIu64, reading.covered_ns);
    expect(FLOPMETER_PRECISION_UNKNOWN, 0, 0, 16 * SEC, "x87 of four CPUs");
    flopmeter_perf_close(counter);
}

static void should_say_what_it_does_not_know(void)
{
    begin(METEOR_LAKE);
    counter_root_write("sys/bus/event_source/devices/cpu_core/type", "x\n");
    flopmeter_perf_probe(&setup, &tree, &probe);
    CHECK(FLOPMETER_COUNTER_ABSENT == probe.state && NULL != strstr(probe.detail, "several kinds"), "%s", probe.detail);
    /* Arrow Lake-H: a third kind, whose work would be in no bound. */
    begin(ARROW_LAKE);
    counter_root_write("sys/bus/event_source/devices/cpu_lowpower/type", "11\n");
    flopmeter_perf_probe(&setup, &tree, &probe);
    CHECK(FLOPMETER_COUNTER_ABSENT == probe.state && NULL != strstr(probe.detail, "several kinds"), "%s", probe.detail);
    begin(197);
    flopmeter_perf_probe(&setup, &tree, &probe);
    CHECK(FLOPMETER_COUNTER_ABSENT == probe.state && NULL != strstr(probe.detail, "no counter of FLOP"), "%s",
        probe.detail);
    begin(250);
    flopmeter_perf_probe(&setup, &tree, &probe);
    CHECK(FLOPMETER_COUNTER_ABSENT == probe.state && NULL != strstr(probe.detail, "no counter of FLOP"), "%s",
        probe.detail);
}

/* Few counters, a task that moves: the truth is inside, and the lower end is what was seen. */
static void should_hold_the_truth(const uint64_t seed)
{
    static const uint64_t configs[] = { 0x01c7, 0x10c7, 0x01c8 };
    static const uint64_t flop[] = { 1, 4, 1 };
    uint64_t random = seed * 2654435761U + 12345;
    uint64_t truth = 0;

    begin(METEOR_LAKE);
    pmu.counters = 3;
    flopmeter_counter_t *const counter = open_on(&tree);
    for (int turn = 0; turn < 40; turn++)
    {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        const bool is_atom = 0 != (random >> 40 & 1);
        const uint64_t ns = 1000000 + (random >> 33) % 20000000;
        for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++)
        {
            const uint64_t number = is_atom == (2 == i) ? ns * ((random >> (44 + i)) & 3) : 0;
            count(configs[i], number);
            truth += number * flop[i];
        }
        run_on(is_atom ? ATOM : CORE, ns);
        if (0 == (random >> 50) % 4)
        {
            flopmeter_perf_read(counter, &reading);
            const flopmeter_counter_figure_t found = figure(FLOPMETER_FP64);
            CHECK(found.lower <= truth && truth <= found.upper, "seed %" PRIu64 ": truth outside: %" PRIu64
                " not in [%" PRIu64 ", %" PRIu64 "]", seed, truth, (uint64_t)found.lower, (uint64_t)found.upper);
        }
    }
    flopmeter_perf_close(counter);
}

int main(void)
{
    check_cleanup = counter_root_remove;
    should_turn_every_row_into_flop();
    should_add_up_both_kinds_without_scaling_one_by_the_other();
    should_not_miss_a_kind_that_is_never_used();
    should_bound_small_cores_that_count_no_flop();
    should_open_each_event_on_its_own_cpus();
    should_say_what_it_does_not_know();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
    {
        should_hold_the_truth(seed);
    }
    counter_root_remove();
    return 0;
}
