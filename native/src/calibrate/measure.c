/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "measure.h"

#include "text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define FIRST_ITERATIONS (64)
#define TIMED_NS_MIN (1000000)
#define TIMED_RUNS (3)

#define EXACT_NS (40000000)
#define EXACT_QUICK_NS (5000000)

/** A sampling source renews its figures every 100 ms at best (NVML); these hold until its own age is known. */
#define SETTLE_NS (150000000)
#define SAMPLED_NS (300000000)
#define SAMPLED_QUICK_NS (200000000)
#define COVER_NS (600000000)
#define COVER_UNKNOWN_NS (2500000000)
#define AGE_NS_MAX (1000000000)
#define POLL_NS (50000000)
#define POLL_IDLE_NS (10000000)

static uint64_t now_ns(void)
{
    return (uint64_t)flopmeter_text_monotonic_ns();
}

/* This is the measurement's own pace, nothing waits for another thread here. */
static void pause_ns(uint64_t duration_ns)
{
    struct timespec left = { (time_t)(duration_ns / 1000000000), (long)(duration_ns % 1000000000) };
    while (0 != nanosleep(&left, &left))
    {
        // A signal: go on with what is left.
    }
}

/*
 * The shortest of some runs, and not more runs than one that is itself too short: whoever else has the CPU or the chip
 * makes a run longer, never shorter. Zero: the kernel did not run.
 */
static uint64_t shortest_ns(flopmeter_workload_t *workload, uint64_t iterations, flopmeter_counter_probe_t *probe)
{
    uint64_t least_ns = UINT64_MAX;
    for (int run = 0; run < TIMED_RUNS && TIMED_NS_MIN <= least_ns; run++)
    {
        const uint64_t begin_ns = now_ns();
        if (!workload->run(workload, iterations, probe))
        {
            return 0;
        }
        const uint64_t taken_ns = now_ns() - begin_ns;
        least_ns = taken_ns < least_ns ? taken_ns : least_ns;
    }
    return 0 == least_ns ? 1 : least_ns;
}

bool flopmeter_measure_size(flopmeter_workload_t *workload, uint64_t slice_ns, flopmeter_counter_probe_t *probe)
{
    uint64_t iterations = FIRST_ITERATIONS;
    uint64_t taken_ns = 0;
    if (!workload->run(workload, iterations, probe))
    {
        return false;
    }
    for (;;)
    {
        taken_ns = shortest_ns(workload, iterations, probe);
        if (0 == taken_ns)
        {
            return false;
        }
        if (TIMED_NS_MIN <= taken_ns || workload->iterations_max / 2 < iterations)
        {
            break;
        }
        iterations *= 2;
    }
    const flopmeter_u128_t wanted = (flopmeter_u128_t)iterations * slice_ns / taken_ns;
    workload->slice_iterations = 0 == wanted ? 1 :
        workload->iterations_max < wanted ? workload->iterations_max : (uint64_t)wanted;
    return true;
}

static bool samples(const flopmeter_counter_source_t *source)
{
    return FLOPMETER_DERIVED == source->basis;
}

static uint64_t larger_of(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

void flopmeter_measure_pace(
    const flopmeter_counter_source_t *source, bool is_quick, uint64_t age_ns, flopmeter_pace_t *pace)
{
    const uint64_t age = age_ns < AGE_NS_MAX ? age_ns : AGE_NS_MAX;
    *pace = (flopmeter_pace_t){ 0, is_quick ? EXACT_QUICK_NS : EXACT_NS, 0 };
    if (samples(source))
    {
        pace->settle_ns = larger_of(SETTLE_NS, age + age / 2);
        pace->window_ns = is_quick ? larger_of(SAMPLED_QUICK_NS, 2 * age) : larger_of(SAMPLED_NS, 3 * age);
        pace->cover_ns = 0 == age ? COVER_UNKNOWN_NS : larger_of(COVER_NS, 4 * age);
    }
}

static flopmeter_counter_t *open_source(
    const flopmeter_counter_source_t *source,
    const flopmeter_counter_target_t *target,
    const flopmeter_pace_t *pace,
    flopmeter_measurement_t *measurement)
{
    memset(measurement, 0, sizeof(*measurement));
    if (samples(source))
    {
        pause_ns(pace->settle_ns);
    }
    flopmeter_counter_t *const counter = source->open(target, &measurement->probe);
    if (NULL == counter && FLOPMETER_COUNTER_AVAILABLE == measurement->probe.state)
    {
        measurement->probe.state = FLOPMETER_COUNTER_FAILED;
        snprintf(measurement->probe.detail, sizeof(measurement->probe.detail), "open failed without a reason");
    }
    return counter;
}

/*
 * Until the first figure is there: an engine that was just asked to watch has none for a while, and what runs in that
 * time is in the upper end only.
 */
static void await_first(
    const flopmeter_counter_source_t *source,
    flopmeter_counter_t *counter,
    const flopmeter_pace_t *pace,
    flopmeter_counter_reading_t *reading)
{
    const uint64_t deadline_ns = now_ns() + pace->cover_ns;
    source->read(counter, reading);
    const uint64_t opened_ns = reading->end_ns;
    while (reading->end_ns <= opened_ns && now_ns() < deadline_ns)
    {
        pause_ns(POLL_NS);
        source->read(counter, reading);
    }
}

/* Read until the reading reaches beyond `end_ns`: a source that samples lags behind. */
static void read_up_to(
    const flopmeter_counter_source_t *source,
    flopmeter_counter_t *counter,
    uint64_t end_ns,
    uint64_t poll_ns,
    uint64_t cover_ns,
    flopmeter_measurement_t *measurement)
{
    flopmeter_counter_reading_t *const reading = &measurement->reading;
    const uint64_t deadline_ns = now_ns() + cover_ns;
    source->read(counter, reading);
    while (samples(source) && reading->end_ns < end_ns && now_ns() < deadline_ns)
    {
        pause_ns(poll_ns);
        source->read(counter, reading);
    }
    measurement->age_ns = samples(source) ? now_ns() - end_ns : 0;
    if (FLOPMETER_COUNTER_AVAILABLE == measurement->probe.state && FLOPMETER_COUNTER_AVAILABLE != reading->state)
    {
        measurement->probe.state = reading->state;
        snprintf(measurement->probe.detail, sizeof(measurement->probe.detail), "the source stopped while it was read");
    }
    else if (FLOPMETER_COUNTER_AVAILABLE == measurement->probe.state && reading->end_ns < end_ns)
    {
        measurement->probe.state = FLOPMETER_COUNTER_FAILED;
        snprintf(measurement->probe.detail, sizeof(measurement->probe.detail),
            "no reading covers the end of the kernel, %llu ms later",
            (unsigned long long)(now_ns() - end_ns) / 1000000ULL);
    }
}

void flopmeter_measure(
    const flopmeter_counter_source_t *source,
    const flopmeter_counter_target_t *target,
    const flopmeter_workload_t *workload,
    const flopmeter_pace_t *pace,
    flopmeter_measurement_t *measurement)
{
    flopmeter_counter_t *const counter = open_source(source, target, pace, measurement);
    if (NULL == counter)
    {
        return;
    }
    if (samples(source))
    {
        await_first(source, counter, pace, &measurement->reading);
    }
    const uint64_t begin_ns = now_ns();
    uint64_t end_ns = begin_ns;
    uint64_t polled_ns = begin_ns;
    bool runs = true;
    while (runs && end_ns - begin_ns < pace->window_ns)
    {
        runs = workload->run(workload, workload->slice_iterations, &measurement->probe);
        end_ns = now_ns();
        measurement->expected += runs ? (flopmeter_u128_t)workload->slice_iterations * workload->flop_count : 0;
        if (samples(source) && POLL_NS <= end_ns - polled_ns)
        {
            source->read(counter, &measurement->reading);
            polled_ns = end_ns;
        }
    }
    measurement->is_chip_lost = !runs;
    measurement->time_ns = end_ns - begin_ns;
    read_up_to(source, counter, end_ns, POLL_NS, pace->cover_ns, measurement);
    source->close(counter);
}

void flopmeter_measure_idle(
    const flopmeter_counter_source_t *source,
    const flopmeter_counter_target_t *target,
    const flopmeter_pace_t *pace,
    flopmeter_measurement_t *measurement)
{
    flopmeter_counter_t *const counter = open_source(source, target, pace, measurement);
    if (NULL == counter)
    {
        return;
    }
    const uint64_t begin_ns = now_ns();
    if (samples(source))
    {
        await_first(source, counter, pace, &measurement->reading);
    }
    pause_ns(pace->window_ns);
    const uint64_t end_ns = now_ns();
    measurement->time_ns = end_ns - begin_ns;
    read_up_to(source, counter, end_ns, POLL_IDLE_NS, pace->cover_ns, measurement);
    source->close(counter);
}
