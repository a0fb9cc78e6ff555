/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How many iterations make a slice, by a clock that only the workload moves: whatever else the machine did while one
 * run was timed must not make the kernel look slow.
 */

#include "check.h"
#include "measure.h"
#include "text.h"

#define ITERATION_NS (100)
#define SLICE_NS (5000000)
#define STOLEN_NS (200000000)
#define EVERY_RUN (-1)

static int64_t clock_ns = 0;
static int runs = 0;
static int stolen_run = 0;
static int failing_run = 0;

int64_t flopmeter_text_monotonic_ns(void)
{
    return clock_ns;
}

static bool run(const flopmeter_workload_t *workload, uint64_t iterations, flopmeter_counter_probe_t *probe)
{
    (void)workload;
    (void)probe;
    runs++;
    clock_ns += (int64_t)iterations * ITERATION_NS;
    clock_ns += EVERY_RUN == stolen_run || runs == stolen_run ? STOLEN_NS : 0;
    return runs != failing_run;
}

static bool size(int stolen, int failing, uint64_t iterations_max, uint64_t *iterations)
{
    flopmeter_workload_t workload = { .iterations_max = iterations_max, .run = run };
    flopmeter_counter_probe_t probe = { .state = FLOPMETER_COUNTER_AVAILABLE };
    runs = 0;
    stolen_run = stolen;
    failing_run = failing;
    const bool is_sized = flopmeter_measure_size(&workload, SLICE_NS, &probe);
    *iterations = workload.slice_iterations;
    return is_sized;
}

static void expect(const char *what, int stolen, uint64_t iterations_max, uint64_t expected)
{
    uint64_t found = 0;
    CHECK(size(stolen, 0, iterations_max, &found), "%s: not sized", what);
    CHECK(expected == found, "%s: expected %llu iterations, found %llu", what, (unsigned long long)expected,
        (unsigned long long)found);
}

int main(void)
{
    const uint64_t whole = SLICE_NS / ITERATION_NS;
    expect("quiet", 0, UINT64_MAX, whole);
    const int quiet_runs = runs;
    for (int stolen = 1; stolen <= quiet_runs; stolen++)
    {
        expect("time stolen from one run", stolen, UINT64_MAX, whole);
    }
    expect("as many as one call takes", 0, 1000, 1000);
    expect("a kernel that is slow", EVERY_RUN, UINT64_MAX, 1);
    for (int failing = 1; failing <= quiet_runs; failing++)
    {
        uint64_t ignored = 0;
        CHECK(!size(0, failing, UINT64_MAX, &ignored), "run %d failed and was not noticed", failing);
    }
    printf("sized, with time stolen from each of %d runs\n", quiet_runs);
    return 0;
}
