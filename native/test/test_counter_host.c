/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A whole host over a scripted PMU: CPUs that come, go and blink, refusals, a beginning in the past; and at random,
 * that the truth is inside.
 */

#include "check.h"
#include "counter_root.h"
#include "fake_pmu.h"
#include "perf_host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PRECISIONS (FLOPMETER_PRECISION_UNKNOWN + 1)
#define SEC (1000000000ULL)
#define HZ (2000000000ULL)
/* Of AMD family 25 model 1: SSE/AVX and x87 operations, both of precision unknown. */
#define ZEN3_RATE (64 + 4)
#define ROUNDS (400)
#define CPUS (4)
#define STEPS_MAX (40)

static fake_pmu_t pmu;
static flopmeter_perf_setup_t setup;
static flopmeter_counter_probe_t probe;
static flopmeter_counter_reading_t reading;
static flopmeter_perf_host_cpus_t cpus;

static void online(const char *const list)
{
    char name[128];

    counter_root_write("sys/devices/system/cpu/online", list);
    for (int i = 0; i < 8; i++)
    {
        snprintf(name, sizeof(name), "sys/devices/system/cpu/cpu%d/cpufreq/cpuinfo_max_freq", i);
        counter_root_write(name, "2000000\n");
    }
}

static void start(const char *const vendor, const uint32_t family, const uint32_t model, const char *const list)
{
    fake_pmu_init(&pmu);
    setup = (flopmeter_perf_setup_t){ &pmu.sys, counter_root_make(), NULL, 0 };
    counter_root_write_cpuinfo(vendor, family, model, 1);
    counter_root_write("sys/devices/system/cpu/present", "0-5\n");
    counter_root_write("sys/kernel/uevent_seqnum", "1000\n");
    online(list);
}

static const flopmeter_counter_figure_t *figure(const flopmeter_precision_t precision)
{
    for (size_t i = 0; i < reading.figures_count; i++)
    {
        if (reading.figures[i].precision == precision)
        {
            return &reading.figures[i];
        }
    }
    CHECK(false, "no figure of precision %d", (int)precision);
    return NULL;
}

/* Newest open event of a CPU with this config, or -1. */
static int event_of(const int cpu, const uint64_t config)
{
    int found = -1;

    for (int i = 0; i < pmu.count; i++)
    {
        if (pmu.events[i].is_open && pmu.events[i].cpu == cpu && pmu.events[i].attr.config == config)
        {
            found = i;
        }
    }
    return found;
}

/* The kernel takes a CPU's events off it when it goes offline, and does not put them back. */
static void detach(const int cpu)
{
    for (int i = 0; i < pmu.count; i++)
    {
        if (pmu.events[i].cpu == cpu)
        {
            pmu.events[i].is_enabled = false;
        }
    }
}

static void run(const uint64_t ns, const int cpu, const uint64_t count)
{
    uint64_t counts[FAKE_PMU_EVENTS_MAX] = { 0 };
    const int event = cpu < 0 ? -1 : event_of(cpu, 0xff03);

    if (event >= 0)
    {
        counts[event] = count;
    }
    fake_pmu_run(&pmu, ns, counts);
}

static void look(flopmeter_counter_t *const counter)
{
    flopmeter_perf_host_read(counter, &reading);
    flopmeter_perf_host_cpus(counter, &cpus);
}

static void should_add_up_cpus_that_stay(void)
{
    start("amd", 25, 1, "0-1,5\n");
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, 0, &probe);
    CHECK(NULL != counter && NULL != strstr(probe.detail, "3 of 3 CPUs"), "%s", probe.detail);
    run(SEC, 0, 1000);
    run(SEC, 5, 30);
    look(counter);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 0 == reading.gaps_count, "state %d, %zu gaps",
        (int)reading.state, reading.gaps_count);
    CHECK(1030 == figure(FLOPMETER_PRECISION_UNKNOWN)->lower && 1030 == figure(FLOPMETER_PRECISION_UNKNOWN)->upper,
        "sum over CPUs");
    CHECK(3 == cpus.online && 3 == cpus.watched && 6 * SEC == reading.covered_ns, "covered %" PRIu64,
        reading.covered_ns);
    CHECK(figure(FLOPMETER_INT8)->upper == (flopmeter_u128_t)128 * HZ * 6 && 0 == figure(FLOPMETER_INT8)->lower,
        "what no event counts, on three CPUs");
    flopmeter_perf_host_close(counter);
    CHECK(0 == fake_pmu_open_count(&pmu), "descriptors are left");
}

static void should_watch_a_cpu_that_comes_and_bound_what_it_did_before(void)
{
    start("amd", 25, 1, "0\n");
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, 0, &probe);
    look(counter);
    run(SEC, 0, 5);
    online("0-1\n");
    run(SEC, 0, 5);
    look(counter);
    CHECK(2 == cpus.watched && 10 == figure(FLOPMETER_PRECISION_UNKNOWN)->lower, "%zu watched", cpus.watched);
    CHECK(10 + 2 * HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper,
        "two seconds of one CPU since the last look: upper %.0f", (double)figure(FLOPMETER_PRECISION_UNKNOWN)->upper);
    CHECK(1 == reading.gaps_count && 2 * SEC == reading.gaps[0].end_ns - reading.gaps[0].begin_ns &&
        FLOPMETER_COUNTER_ABSENT == reading.gaps[0].reason, "%zu gaps", reading.gaps_count);
    run(SEC, 1, 700);
    look(counter);
    CHECK(710 == figure(FLOPMETER_PRECISION_UNKNOWN)->lower &&
        710 + 2 * HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper, "from then on it counts");
    CHECK(1 == reading.gaps_count, "and no gap grows");
    flopmeter_perf_host_close(counter);
}

static void should_keep_what_a_cpu_did_that_leaves_and_open_it_anew(void)
{
    start("amd", 25, 1, "0-1\n");
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, 0, &probe);
    run(SEC, 1, 400);
    look(counter);
    online("0\n");
    detach(1);
    run(SEC, -1, 0);
    look(counter);
    const flopmeter_u128_t upper = figure(FLOPMETER_PRECISION_UNKNOWN)->upper;
    CHECK(1 == cpus.online && 400 == figure(FLOPMETER_PRECISION_UNKNOWN)->lower, "what it did stays");
    CHECK(400 + HZ * ZEN3_RATE == upper, "when in the last second it left nobody knows: upper %.0f", (double)upper);
    CHECK(1 == reading.gaps_count && SEC == reading.gaps[0].end_ns - reading.gaps[0].begin_ns, "its gap");
    run(100 * SEC, -1, 0);
    look(counter);
    CHECK(upper == figure(FLOPMETER_PRECISION_UNKNOWN)->upper, "offline it does nothing");
    online("0-1\n");
    look(counter);
    run(SEC, 1, 7);
    look(counter);
    CHECK(407 == figure(FLOPMETER_PRECISION_UNKNOWN)->lower && upper + 7 == figure(FLOPMETER_PRECISION_UNKNOWN)->upper,
        "back again");
    flopmeter_perf_host_close(counter);
    CHECK(0 == fake_pmu_open_count(&pmu), "descriptors are left");
}

/* As many as before, but not the same ones. */
static void should_bound_a_faster_cpu_that_comes_for_one_that_leaves(void)
{
    start("amd", 25, 1, "0-1\n");
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, 0, &probe);
    look(counter);
    counter_root_write("sys/devices/system/cpu/cpu2/cpufreq/cpuinfo_max_freq", "4000000\n");
    counter_root_write("sys/devices/system/cpu/online", "0,2\n");
    detach(1);
    run(SEC, 0, 5);
    look(counter);
    CHECK(2 == cpus.online && 2 == cpus.watched, "%zu watched", cpus.watched);
    CHECK(5 + HZ * ZEN3_RATE + 2 * HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper,
        "a second of each, one at twice the clock: upper %.0f", (double)figure(FLOPMETER_PRECISION_UNKNOWN)->upper);
    flopmeter_perf_host_close(counter);
}

/* Offline and back between two looks: the list is as before, the events are gone. */
static void should_notice_a_cpu_that_blinked(void)
{
    start("amd", 25, 1, "0-1\n");
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, 0, &probe);
    run(SEC, 1, 400);
    look(counter);
    detach(1);
    run(SEC, 1, 9000);
    look(counter);
    CHECK(400 == figure(FLOPMETER_PRECISION_UNKNOWN)->lower && 9400 < figure(FLOPMETER_PRECISION_UNKNOWN)->upper,
        "the blink is inside");
    run(SEC, 1, 20);
    look(counter);
    const flopmeter_u128_t upper = figure(FLOPMETER_PRECISION_UNKNOWN)->upper;
    CHECK(2 == cpus.watched && 420 == figure(FLOPMETER_PRECISION_UNKNOWN)->lower, "back for good: lower %.0f",
        (double)figure(FLOPMETER_PRECISION_UNKNOWN)->lower);
    run(SEC, 1, 3);
    look(counter);
    CHECK(upper + 3 == figure(FLOPMETER_PRECISION_UNKNOWN)->upper && 1 == reading.gaps_count, "and exact from then on");
    flopmeter_perf_host_close(counter);
}

/* Not online at one look nor at the next: only that something was announced tells that it may have been between. */
static void should_bound_a_cpu_that_may_have_come_and_left(void)
{
    start("amd", 25, 1, "0-1\n");
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, 0, &probe);
    run(SEC, 0, 5);
    look(counter);
    CHECK(5 == figure(FLOPMETER_PRECISION_UNKNOWN)->upper && 0 == reading.gaps_count, "nothing was announced");
    counter_root_write("sys/kernel/uevent_seqnum", "1002\n");
    run(SEC, 0, 5);
    look(counter);
    CHECK(10 + (flopmeter_u128_t)4 * HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper &&
        10 == figure(FLOPMETER_PRECISION_UNKNOWN)->lower && 1 == reading.gaps_count,
        "four are present and were not online: upper %.0f", (double)figure(FLOPMETER_PRECISION_UNKNOWN)->upper);
    run(SEC, 0, 5);
    look(counter);
    CHECK(15 + (flopmeter_u128_t)4 * HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper, "once");
    counter_root_write("sys/kernel/uevent_seqnum", "");
    run(SEC, 0, 5);
    look(counter);
    CHECK(20 + (flopmeter_u128_t)8 * HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper,
        "what can't be read is no silence");
    counter_root_write("sys/devices/system/cpu/present", "");
    run(SEC, 0, 5);
    look(counter);
    CHECK(25 + (flopmeter_u128_t)12 * HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper,
        "and nobody is gone because the list can't be read: upper %.0f",
        (double)figure(FLOPMETER_PRECISION_UNKNOWN)->upper);
    flopmeter_perf_host_close(counter);
}

/* Nor at the first look: those that were there at open may have come. */
static void should_bound_a_cpu_that_may_have_come_where_nothing_can_be_read(void)
{
    start("amd", 25, 1, "0-1\n");
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, 0, &probe);
    online("");
    counter_root_write("sys/devices/system/cpu/present", "");
    counter_root_write("sys/kernel/uevent_seqnum", "");
    run(SEC, 0, 5);
    look(counter);
    CHECK(2 == cpus.watched && 5 + (flopmeter_u128_t)4 * HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper,
        "four are present and were not online: upper %.0f", (double)figure(FLOPMETER_PRECISION_UNKNOWN)->upper);
    flopmeter_perf_host_close(counter);
}

static void should_tell_no_pmu_from_no_permission(void)
{
    static const struct
    {
        int error;
        flopmeter_counter_state_t state;
        const char *word;
    } rows[] = {
        { ENOENT, FLOPMETER_COUNTER_ABSENT, "no PMU" },
        { EACCES, FLOPMETER_COUNTER_NO_PERMISSION, "perf_event_paranoid is 2" },
        { EPERM, FLOPMETER_COUNTER_NO_PERMISSION, "may not be used" },
        { EBUSY, FLOPMETER_COUNTER_TAKEN, "another profiler" },
        { EMFILE, FLOPMETER_COUNTER_FAILED, "descriptors" } };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    {
        start("amd", 25, 1, "0\n");
        counter_root_write("proc/sys/kernel/perf_event_paranoid", "2\n");
        counter_root_write("sys/bus/event_source/devices/cpu/type", "4\n");
        pmu.open_fails_at = 0;
        pmu.open_error = rows[i].error;
        CHECK(NULL == flopmeter_perf_host_open(&setup, 0, &probe), "opened");
        CHECK(rows[i].state == probe.state && NULL != strstr(probe.detail, rows[i].word), "state %d: %s",
            (int)probe.state, probe.detail);
        CHECK(EACCES != rows[i].error || NULL != strstr(probe.remedy, "kernel.perf_event_paranoid=0"), "%s",
            probe.remedy);
        CHECK(0 == fake_pmu_open_count(&pmu), "descriptors are left");
    }
    start("amd", 25, 1, "");
    CHECK(NULL == flopmeter_perf_host_open(&setup, 0, &probe) && FLOPMETER_COUNTER_ABSENT == probe.state, "no list");
    start("via", 6, 1, "0\n");
    CHECK(NULL == flopmeter_perf_host_open(&setup, 0, &probe) && FLOPMETER_COUNTER_ABSENT == probe.state, "no rows");
}

/* One CPU's counters are somebody's for a while: the others are counted, and that one is bounded. */
static void should_go_on_without_a_cpu_that_is_refused(void)
{
    start("amd", 25, 1, "0-1\n");
    pmu.open_fails_at = 2;
    pmu.open_error = EBUSY;
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, 0, &probe);
    CHECK(NULL != counter && NULL != strstr(probe.detail, "1 of 2 CPUs"), "%s", probe.detail);
    pmu.open_fails_at = pmu.open_calls;
    run(SEC, 0, 11);
    look(counter);
    flopmeter_perf_host_refusal(counter, &probe);
    CHECK(FLOPMETER_COUNTER_TAKEN == reading.state && NULL != strstr(probe.detail, "EBUSY"), "%s", probe.detail);
    CHECK(1 == cpus.watched && 2 == cpus.online, "%zu watched", cpus.watched);
    CHECK(11 == figure(FLOPMETER_PRECISION_UNKNOWN)->lower &&
        11 + HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper, "one second of one CPU");
    look(counter);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 2 == cpus.watched, "it is free again: state %d",
        (int)reading.state);
    flopmeter_perf_host_close(counter);
    CHECK(0 == fake_pmu_open_count(&pmu), "descriptors are left");
}

static void should_bound_what_a_cpu_did_that_left_before_it_was_watched(void)
{
    start("amd", 25, 1, "0-1\n");
    pmu.open_fails_at = 2;
    pmu.open_error = EBUSY;
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, 0, &probe);
    run(SEC, 0, 11);
    online("0\n");
    look(counter);
    CHECK(11 + HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper && 1 == reading.gaps_count,
        "one second of one CPU: upper %.0f", (double)figure(FLOPMETER_PRECISION_UNKNOWN)->upper);
    run(SEC, -1, 0);
    look(counter);
    CHECK(11 + HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper, "and no more");
    flopmeter_perf_host_close(counter);
}

static void should_begin_in_the_past_with_a_gap_that_is_bounded(void)
{
    start("amd", 25, 1, "0-1\n");
    const uint64_t since_ns = pmu.now_ns - 3 * SEC;
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, since_ns, &probe);
    look(counter);
    CHECK(since_ns == reading.begin_ns && 1 == reading.gaps_count && since_ns == reading.gaps[0].begin_ns &&
        pmu.now_ns == reading.gaps[0].end_ns, "%zu gaps", reading.gaps_count);
    /* Six are present: any of them may have been online. */
    CHECK((flopmeter_u128_t)3 * 6 * HZ * ZEN3_RATE == figure(FLOPMETER_PRECISION_UNKNOWN)->upper &&
        0 == figure(FLOPMETER_PRECISION_UNKNOWN)->lower, "upper %.0f",
        (double)figure(FLOPMETER_PRECISION_UNKNOWN)->upper);
    flopmeter_perf_host_close(counter);
    flopmeter_counter_t *const later = flopmeter_perf_host_open(&setup, pmu.now_ns + SEC, &probe);
    look(later);
    CHECK(pmu.now_ns == reading.begin_ns && 0 == reading.gaps_count, "a beginning that is still to come is now");
    flopmeter_perf_host_close(later);
}

static void should_give_way_and_come_back(void)
{
    start("amd", 25, 1, "0\n");
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, 0, &probe);
    flopmeter_perf_host_pause(counter);
    online("0-1\n");
    run(SEC, 0, 5000);
    look(counter);
    CHECK(flopmeter_perf_host_is_free(counter), "an event is on a PMU");
    CHECK(FLOPMETER_COUNTER_PAUSED == reading.state && 1 == cpus.watched, "state %d", (int)reading.state);
    CHECK(5000 <= figure(FLOPMETER_PRECISION_UNKNOWN)->upper, "the pause is inside");
    flopmeter_perf_host_resume(counter);
    look(counter);
    run(SEC, 1, 6);
    look(counter);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state && 6 == figure(FLOPMETER_PRECISION_UNKNOWN)->lower, "state %d",
        (int)reading.state);
    online("");
    look(counter);
    CHECK(2 == cpus.online && 2 == cpus.watched, "a list that can't be read takes no CPU away");
    flopmeter_perf_host_close(counter);
    CHECK(0 == fake_pmu_open_count(&pmu), "descriptors are left");
}

/* ---- At random ---- */

static uint64_t state;

static uint64_t below(const uint64_t bound)
{
    uint64_t z = (state += 0x9E3779B97F4A7C15ULL);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return 0 == bound ? 0 : (z ^ (z >> 31)) % bound;
}

/* What a CPU truly does in `ns`, whoever watches. */
static void work(
    const int cpu,
    const uint64_t ns,
    const flopmeter_cpu_event_t *const *const rows,
    const size_t rows_count,
    uint64_t *const counts,
    flopmeter_u128_t *const truth)
{
    for (size_t i = 0; i < rows_count; i++)
    {
        const uint64_t most = (uint64_t)((flopmeter_u128_t)rows[i]->rate * HZ * ns / SEC);
        const uint64_t count = below(3) == 0 ? most : below(3) == 0 ? 0 : below(most + 1);
        const int event = rows[i]->is_unseen ? -1 : event_of(cpu, rows[i]->config);
        if (event >= 0)
        {
            counts[event] = count;
        }
        truth[rows[i]->precision] += (flopmeter_u128_t)count *
            (rows[i]->flop_lower + below(rows[i]->flop_upper - rows[i]->flop_lower + 1));
    }
}

static void check_random(const unsigned number, const flopmeter_u128_t *const truth)
{
    static flopmeter_counter_reading_t before;
    static unsigned number_before;

    for (size_t i = 0; i < reading.figures_count; i++)
    {
        const flopmeter_counter_figure_t *const each = &reading.figures[i];
        CHECK(each->is_bounded && each->lower <= each->point && each->point <= each->upper, "round %u: order", number);
        CHECK(each->lower <= truth[each->precision] && truth[each->precision] <= each->upper,
            "round %u: truth outside: precision %d, lower %.0f truth %.0f upper %.0f", number, (int)each->precision,
            (double)each->lower, (double)truth[each->precision], (double)each->upper);
        for (size_t j = 0; j < before.figures_count && number == number_before; j++)
        {
            CHECK(before.figures[j].precision != each->precision || (before.figures[j].lower <= each->lower &&
                before.figures[j].point <= each->point && before.figures[j].upper <= each->upper),
                "round %u: a figure fell", number);
        }
    }
    for (size_t i = 0; i < reading.gaps_count; i++)
    {
        CHECK(reading.begin_ns <= reading.gaps[i].begin_ns && reading.gaps[i].begin_ns <= reading.gaps[i].end_ns &&
            reading.gaps[i].end_ns <= reading.end_ns, "round %u: gap", number);
    }
    before = reading;
    number_before = number;
}

static void write_online(const bool *const is_online)
{
    static unsigned announced = 2000;
    char list[64] = "";
    size_t length = 0;

    for (int i = 0; i < CPUS; i++)
    {
        if (is_online[i])
        {
            length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%d", 0 == length ? "" : ",", i);
        }
    }
    counter_root_write("sys/devices/system/cpu/online", list);
    snprintf(list, sizeof(list), "%u\n", ++announced);
    counter_root_write("sys/kernel/uevent_seqnum", list);
}

/* CPU 0 stays. The others come and leave as they like. */
static void disturb(bool *const is_online)
{
    const int cpu = 1 + (int)below(CPUS - 1);

    switch (below(7))
    {
        case 0:
            is_online[cpu] = !is_online[cpu];
            detach(cpu);
            write_online(is_online);
            break;
        case 1:
            detach(cpu);
            break;
        case 2:
            pmu.counters = (int)below(9);
            break;
        case 3:
            pmu.read_error = below(2) == 0 ? EIO : 0;
            break;
        case 4:
            pmu.open_fails_at = below(2) == 0 ? pmu.open_calls : -1;
            pmu.open_error = below(2) == 0 ? EBUSY : EMFILE;
            break;
        default:
            break;
    }
}

static void should_have_the_truth_inside_whatever_cpus_do(const unsigned number)
{
    const flopmeter_cpu_event_t *rows[FLOPMETER_CPU_EVENTS_MAX];
    flopmeter_cpu_chip_t chip;
    flopmeter_u128_t truth[PRECISIONS] = { 0 };
    bool is_online[CPUS] = { true, true, true, false };

    pmu.now_ns += SEC;
    const uint64_t now_ns = pmu.now_ns;
    fake_pmu_init(&pmu);
    pmu.now_ns = now_ns;
    write_online(is_online);
    CHECK(flopmeter_cpu_identify(setup.root, &chip), "chip");
    const size_t rows_count = flopmeter_cpu_select(&chip, rows, FLOPMETER_CPU_EVENTS_MAX);
    state = 20261128 + number;
    flopmeter_counter_t *const counter = flopmeter_perf_host_open(&setup, 0, &probe);
    CHECK(NULL != counter, "%s", probe.detail);
    for (uint64_t i = 0; i < STEPS_MAX && pmu.count < FAKE_PMU_EVENTS_MAX - 64; i++)
    {
        uint64_t counts[FAKE_PMU_EVENTS_MAX] = { 0 };
        const uint64_t ns = 1000000 + below(50000000);
        for (int cpu = 0; cpu < CPUS; cpu++)
        {
            if (is_online[cpu])
            {
                work(cpu, ns, rows, rows_count, counts, truth);
            }
        }
        fake_pmu_run(&pmu, ns, counts);
        if (below(3) == 0)
        {
            look(counter);
            check_random(number, truth);
        }
        disturb(is_online);
    }
    look(counter);
    check_random(number, truth);
    flopmeter_perf_host_close(counter);
    CHECK(0 == fake_pmu_open_count(&pmu), "descriptors are left");
}

int main(void)
{
    should_add_up_cpus_that_stay();
    should_watch_a_cpu_that_comes_and_bound_what_it_did_before();
    should_keep_what_a_cpu_did_that_leaves_and_open_it_anew();
    should_bound_a_faster_cpu_that_comes_for_one_that_leaves();
    should_notice_a_cpu_that_blinked();
    should_bound_a_cpu_that_may_have_come_and_left();
    should_bound_a_cpu_that_may_have_come_where_nothing_can_be_read();
    should_tell_no_pmu_from_no_permission();
    should_go_on_without_a_cpu_that_is_refused();
    should_bound_what_a_cpu_did_that_left_before_it_was_watched();
    should_begin_in_the_past_with_a_gap_that_is_bounded();
    should_give_way_and_come_back();
    start("amd", 25, 1, "0-2\n");
    for (unsigned number = 0; number < ROUNDS / 2; number++)
    {
        should_have_the_truth_inside_whatever_cpus_do(number);
    }
    start("intel", 6, 85, "0-2\n");
    for (unsigned number = ROUNDS / 2; number < ROUNDS; number++)
    {
        should_have_the_truth_inside_whatever_cpus_do(number);
    }
    counter_root_remove();
    return 0;
}
