/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The truth is never outside what "perf" says: thousands of seeded schedules of a PMU with too few counters, with
 * pauses, failing reads, wraps and resets between, and programs that work in bursts made to fool the scaling.
 * Usage: test_counter_schedule [SEED [ROUNDS]].
 */

#include "check.h"
#include "counter_root.h"
#include "fake_pmu.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define HZ (2000000000ULL)
#define PRECISIONS (FLOPMETER_PRECISION_UNKNOWN + 1)
#define ROUNDS (4000)

static const struct
{
    const char *vendor;
    uint32_t family;
    uint32_t model;
} chips[] = { { "intel", 6, 85 }, { "intel", 6, 143 }, { "amd", 26, 2 }, { "amd", 25, 17 }, { "arm", 0x41, 0xd40 },
    { "intel", 6, 94 } };

/* One simulated run. */
typedef struct round_stct
{
    uint64_t seed;
    uint64_t state;
    unsigned number;
    fake_pmu_t pmu;
    flopmeter_perf_setup_t setup;
    flopmeter_counter_t *counter;
    const flopmeter_cpu_event_t *rows[FLOPMETER_CPU_EVENTS_MAX];
    size_t rows_count;
    flopmeter_u128_t truth[PRECISIONS];
    uint64_t told[FAKE_PMU_EVENTS_MAX];    /* values at the last read */
    flopmeter_counter_reading_t before;
    bool is_paused;
    bool is_exact;                         /* nothing went wrong so far, and every event was always counted */
    bool has_fallen;                       /* a counter: to be seen before it has risen again */
}
round_t;

static uint64_t next(round_t *const round)
{
    uint64_t z = (round->state += 0x9E3779B97F4A7C15ULL);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

static uint64_t below(round_t *const round, const uint64_t bound)
{
    return 0 == bound ? 0 : next(round) % bound;
}

static const flopmeter_cpu_event_t *row_of(const round_t *const round, const fake_pmu_event_t *const event)
{
    for (size_t i = 0; i < round->rows_count; i++)
    {
        if (!round->rows[i]->is_unseen && round->rows[i]->config == event->attr.config)
        {
            return round->rows[i];
        }
    }
    CHECK(false, "an event nobody asked for");
    return NULL;
}

/* What one event truly does in `ns`: idle, steady, or as fast as the silicon lets it. */
static uint64_t work(round_t *const round, const flopmeter_cpu_event_t *const row, const uint64_t ns)
{
    const uint64_t most = (uint64_t)((flopmeter_u128_t)row->rate * HZ * ns * round->pmu.threads / 1000000000ULL);

    switch (below(round, 4))
    {
        case 0:
            return 0;
        case 1:
            return most / 7;
        case 2:
            return most;
        default:
            return below(round, most + 1);
    }
}

static void step(round_t *const round)
{
    uint64_t counts[FAKE_PMU_EVENTS_MAX] = { 0 };
    const uint64_t ns = 1 + below(round, 1 + below(round, 2000000));

    for (int i = 0; i < round->pmu.count; i++)
    {
        const flopmeter_cpu_event_t *const row = row_of(round, &round->pmu.events[i]);
        counts[i] = work(round, row, ns);
        /* A count is worth what the table allows, and nobody knows how much of it. */
        const uint64_t weight = row->flop_lower + below(round, row->flop_upper - row->flop_lower + 1);
        round->truth[row->precision] += (flopmeter_u128_t)counts[i] * weight;
    }
    for (size_t i = 0; i < round->rows_count; i++)
    {
        if (round->rows[i]->is_unseen)
        {
            round->truth[round->rows[i]->precision] += work(round, round->rows[i], ns);
        }
    }
    fake_pmu_run(&round->pmu, ns, counts);
}

static void check_reading(round_t *const round, const flopmeter_counter_reading_t *const reading)
{
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        const flopmeter_counter_figure_t *const figure = &reading->figures[i];
        const flopmeter_u128_t truth = round->truth[figure->precision];
        CHECK(figure->lower <= figure->point && figure->point <= figure->upper && figure->is_bounded,
            "seed %" PRIu64 " round %u: not lower <= point <= upper", round->seed, round->number);
        CHECK(figure->lower <= truth && truth <= figure->upper,
            "seed %" PRIu64 " round %u: truth outside: precision %d, lower %.0f truth %.0f upper %.0f", round->seed,
            round->number, (int)figure->precision, (double)figure->lower, (double)truth, (double)figure->upper);
        /* Where masks turn lanes off the least of a count is nothing; the rest is as it was counted. */
        CHECK(!round->is_exact || FLOPMETER_FP64 != figure->precision ||
            (figure->point == figure->upper && (0 == figure->lower || figure->lower == figure->upper)),
            "seed %" PRIu64 " round %u: nothing was missed, and it is no single number", round->seed, round->number);
        if (i < round->before.figures_count)
        {
            const flopmeter_counter_figure_t *const before = &round->before.figures[i];
            CHECK(before->precision == figure->precision && before->lower <= figure->lower &&
                before->point <= figure->point && before->upper <= figure->upper,
                "seed %" PRIu64 " round %u: a figure fell", round->seed, round->number);
        }
    }
    CHECK(reading->begin_ns <= reading->end_ns && reading->gaps_count <= FLOPMETER_COUNTER_GAPS_MAX, "times");
    CHECK(round->before.running_ns <= reading->running_ns && reading->running_ns <= reading->covered_ns,
        "seed %" PRIu64 " round %u: on the PMU for %" PRIu64 " of %" PRIu64, round->seed, round->number,
        reading->running_ns, reading->covered_ns);
    for (size_t i = 0; i < reading->gaps_count; i++)
    {
        CHECK(reading->begin_ns <= reading->gaps[i].begin_ns && reading->gaps[i].begin_ns <= reading->gaps[i].end_ns &&
            reading->gaps[i].end_ns <= reading->end_ns, "seed %" PRIu64 " round %u: gap", round->seed, round->number);
    }
    CHECK(round->is_exact || reading->state != FLOPMETER_COUNTER_FAILED || reading->gaps_count > 0,
        "seed %" PRIu64 " round %u: failed, and no gap", round->seed, round->number);
    round->before = *reading;
}

/*
 * The counter starts again below what was told last: from zero, from a checkpoint of the machine, or by running over.
 * One that rises above that again unseen is beyond anybody: the kernel's own sums are 64 bits wide for this reason.
 */
static void fall(round_t *const round)
{
    static const unsigned widths[] = { 32, 40, 48 };
    fake_pmu_event_t *const event = &round->pmu.events[below(round, (uint64_t)round->pmu.count)];
    const uint64_t told = round->told[event - round->pmu.events];
    const uint64_t wrapped = event->value & ((1ULL << widths[below(round, 3)]) - 1);

    if (0 == told)
    {
        return;
    }
    if (wrapped < told && below(round, 2) == 0)
    {
        event->value = wrapped;
    }
    else
    {
        event->value = below(round, 3) == 0 ? 0 : below(round, told);
    }
    round->pmu.read_error = 0;
    round->has_fallen = true;
    round->is_exact = false;
}

static void disturb(round_t *const round)
{
    switch (below(round, 12))
    {
        case 0:
            round->is_exact = false;
            (round->is_paused ? flopmeter_perf_resume : flopmeter_perf_pause)(round->counter);
            round->is_paused = !round->is_paused || 0 != round->pmu.enable_error;
            break;
        case 1:
            round->pmu.read_error = below(round, 2) == 0 ? EIO : -1;
            round->is_exact = false;
            break;
        case 2:
            if (!round->is_paused)
            {
                fall(round);
            }
            break;
        case 3:
            /* Other users of the PMU come and go. */
            round->pmu.counters = (int)below(round, 9);
            round->is_exact = false;
            break;
        case 4:
            round->pmu.enable_error = round->is_paused && below(round, 2) == 0 ? EBUSY : 0;
            break;
        default:
            round->pmu.read_error = 0;
            break;
    }
}

static void run_round(round_t *const round, const size_t chip, const char *const root)
{
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;
    flopmeter_cpu_chip_t identity;
    const flopmeter_counter_target_t tree = { .pid = 4711, .cpu = -1, .from_exec = true };
    const bool is_disturbed = below(round, 4) != 0;
    const uint64_t steps = 1 + below(round, 60);

    fake_pmu_init(&round->pmu);
    round->pmu.counters = is_disturbed ? (int)below(round, 9) : 16;
    round->pmu.threads = 1 + (unsigned)below(round, sysconf(_SC_NPROCESSORS_CONF) > 1 ? 2 : 1);
    round->is_exact = !is_disturbed;
    round->setup = (flopmeter_perf_setup_t){ &round->pmu.sys, root, NULL, 0 };
    CHECK(flopmeter_cpu_identify(root, &identity), "chip %zu", chip);
    round->rows_count = flopmeter_cpu_select(&identity, round->rows, FLOPMETER_CPU_EVENTS_MAX);
    round->counter = flopmeter_perf_open(&round->setup, &tree, &probe);
    CHECK(NULL != round->counter, "%s", probe.detail);
    fake_pmu_exec(&round->pmu);
    for (uint64_t i = 0; i < steps; i++)
    {
        step(round);
        if (is_disturbed)
        {
            disturb(round);
        }
        if (below(round, 3) == 0 || i + 1 == steps || round->has_fallen)
        {
            round->has_fallen = false;
            flopmeter_perf_read(round->counter, &reading);
            check_reading(round, &reading);
            for (int j = 0; j < round->pmu.count && 0 == round->pmu.read_error && !round->is_paused; j++)
            {
                round->told[j] = round->pmu.events[j].value;
            }
        }
    }
    flopmeter_perf_close(round->counter);
    CHECK(0 == fake_pmu_open_count(&round->pmu), "descriptors are left");
}

/* Steady work, two groups, one place: each is seen half of the time, and the point is exactly twice the count. */
static void should_scale_in_exact_integers(void)
{
    static fake_pmu_t pmu;
    const flopmeter_counter_target_t tree = { .pid = 4711, .cpu = -1, .from_exec = true };
    uint64_t counts[FAKE_PMU_EVENTS_MAX] = { 1000, 0, 0, 3000, 0, 0 };
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;
    const char *const root = counter_root_make();

    counter_root_write_cpuinfo("intel", 6, 94, 1);
    fake_pmu_init(&pmu);
    pmu.counters = 3;
    const flopmeter_perf_setup_t setup = { &pmu.sys, root, NULL, 0 };
    flopmeter_counter_t *const counter = flopmeter_perf_open(&setup, &tree, &probe);
    fake_pmu_exec(&pmu);
    for (int i = 0; i < 10; i++)
    {
        fake_pmu_run(&pmu, 1000000, counts);
    }
    flopmeter_perf_read(counter, &reading);
    CHECK(FLOPMETER_FP64 == reading.figures[0].precision && 5000 == reading.figures[0].lower &&
        10000 == reading.figures[0].point, "fp64: point %.0f", (double)reading.figures[0].point);
    CHECK(FLOPMETER_FP32 == reading.figures[1].precision && 15000 == reading.figures[1].lower &&
        30000 == reading.figures[1].point, "fp32: point %.0f", (double)reading.figures[1].point);
    flopmeter_perf_close(counter);
}

/* An event that never gets on the PMU is no zero: somebody else has the counters. */
static void should_say_that_another_profiler_has_the_counters(void)
{
    static fake_pmu_t pmu;
    static const uint64_t nothing[FAKE_PMU_EVENTS_MAX];
    const flopmeter_counter_target_t tree = { .pid = 4711, .cpu = -1, .from_exec = true };
    flopmeter_counter_probe_t probe;
    flopmeter_counter_reading_t reading;
    const char *const root = counter_root_make();

    counter_root_write_cpuinfo("amd", 25, 1, 1);
    fake_pmu_init(&pmu);
    pmu.counters = 0;
    const flopmeter_perf_setup_t setup = { &pmu.sys, root, NULL, 0 };
    flopmeter_counter_t *const counter = flopmeter_perf_open(&setup, &tree, &probe);
    fake_pmu_exec(&pmu);
    fake_pmu_run(&pmu, 2000000000, nothing);
    flopmeter_perf_read(counter, &reading);
    CHECK(FLOPMETER_COUNTER_TAKEN == reading.state && 1 == reading.gaps_count, "state %d", (int)reading.state);
    CHECK(reading.gaps[0].end_ns - reading.gaps[0].begin_ns == 2000000000, "gap");
    pmu.counters = 8;
    fake_pmu_run(&pmu, 1000, nothing);
    flopmeter_perf_read(counter, &reading);
    CHECK(FLOPMETER_COUNTER_AVAILABLE == reading.state, "state %d", (int)reading.state);
    flopmeter_perf_close(counter);
}

int main(const int argc, char **const argv)
{
    static round_t round;
    const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 20261127;
    const unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : ROUNDS;
    const size_t chips_count = sizeof(chips) / sizeof(chips[0]);

    should_scale_in_exact_integers();
    should_say_that_another_profiler_has_the_counters();
    for (size_t chip = 0; chip < chips_count; chip++)
    {
        const char *const root = counter_root_make();
        counter_root_write_cpuinfo(chips[chip].vendor, chips[chip].family, chips[chip].model, 1);
        counter_root_write("sys/devices/system/cpu/online", "0\n");
        counter_root_write("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "2000000\n");
        for (unsigned number = 0; number < rounds / chips_count; number++)
        {
            memset(&round, 0, sizeof(round));
            round.seed = seed;
            round.number = number;
            round.state = seed * 1000003 + chip * 100000 + number;
            run_round(&round, chip, root);
        }
    }
    counter_root_remove();
    return 0;
}
