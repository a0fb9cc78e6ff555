/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * flopmeter-bench-lttng CPU: what does the calling thread pay when each sample is an LTTng-UST event? Commands on
 * stdin, one reply line each:
 *
 *   push N       N events, as fast as it goes         -> done nsPerSample=N
 *   baseline N   the same loop without the event      -> done nsPerSample=N
 *
 * The first line says whether a session listens to the tracepoint: "ready enabled=1".
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_common.h"
#include "lttng_provider.h"

#define PATTERN_LENGTH (8192)
#define SLOTS (1024)
#define FLOP_BITS (50)
#define BF16 (5)
#define BY_SHAPE (2)
#define SOURCE_API (1)
#define SAMPLES_MAX (UINT64_C(1) << 32)

typedef struct entry_stct
{
    uint32_t slot;
    uint64_t flop_count;
}
entry_t;

static entry_t entries[PATTERN_LENGTH];

static uint64_t next_random(uint64_t *state)
{
    /* SplitMix64. */
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void fill_pattern(void)
{
    uint64_t state = 1;

    for (size_t i = 0; i < PATTERN_LENGTH; i++)
    {
        entries[i].slot = (uint32_t)(next_random(&state) % SLOTS);
        entries[i].flop_count = next_random(&state) >> (64 - FLOP_BITS);
    }
}

static double push(uint64_t samples)
{
    const uint64_t begin_ns = bench_now_ns();

    for (uint64_t i = 0; i < samples; i++)
    {
        const entry_t *const entry = &entries[i % PATTERN_LENGTH];
        lttng_ust_tracepoint(
            flopmeter_bench, sample, entry->slot, BF16, BY_SHAPE, SOURCE_API, entry->flop_count);
    }
    return (double)(bench_now_ns() - begin_ns) / (double)samples;
}

static double baseline(uint64_t samples)
{
    const uint64_t begin_ns = bench_now_ns();

    for (uint64_t i = 0; i < samples; i++)
    {
        const entry_t *const entry = &entries[i % PATTERN_LENGTH];
        __asm__ volatile("" : : "r"(entry->slot), "r"(entry->flop_count));
    }
    return (double)(bench_now_ns() - begin_ns) / (double)samples;
}

int main(int argc, char **argv)
{
    char line[256];

    if (2 != argc)
    {
        bench_die(BENCH_USAGE, "usage: flopmeter-bench-lttng CPU");
    }
    bench_pin((int)bench_number(argv[1], "CPU", 4095));
    fill_pattern();
    printf("ready enabled=%d\n", lttng_ust_tracepoint_enabled(flopmeter_bench, sample) ? 1 : 0);
    fflush(stdout);
    while (NULL != bench_read_line(line, sizeof(line)))
    {
        double (*const run)(uint64_t) = 0 == strncmp(line, "push ", 5) ? push :
            0 == strncmp(line, "baseline ", 9) ? baseline : NULL;
        if (NULL == run)
        {
            bench_die(BENCH_USAGE, "flopmeter-bench-lttng: unknown command: %s", line);
        }
        const uint64_t samples = bench_number(strchr(line, ' ') + 1, "number of events", SAMPLES_MAX);
        printf("done nsPerSample=%.4f\n", samples > 0 ? run(samples) : 0.0);
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}
