/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "bench_common.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define CALIBRATION_NS (20000000)

_Noreturn void bench_die(int code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "flopmeter bench: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(code);
}

uint64_t bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t bench_ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return bench_now_ns();
#endif
}

double bench_tick_ns(void)
{
    const uint64_t begin_ns = bench_now_ns();
    const uint64_t begin = bench_ticks();
    uint64_t end_ns;

    do
    {
        end_ns = bench_now_ns();
    }
    while (end_ns - begin_ns < CALIBRATION_NS);
    return (double)(end_ns - begin_ns) / (double)(bench_ticks() - begin);
}

uint64_t bench_ticks_overhead(void)
{
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < 10000; i++)
    {
        const uint64_t begin = bench_ticks();
        const uint64_t ticks = bench_ticks() - begin;
        least = ticks < least ? ticks : least;
    }
    return least;
}

void bench_pin(int cpu)
{
    cpu_set_t set;

    if (cpu < 0)
    {
        return;
    }
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (0 != sched_setaffinity(0, sizeof(set), &set))
    {
        bench_die(BENCH_ENVIRONMENT, "cpu %d: %s", cpu, strerror(errno));
    }
}

void bench_relax(void)
{
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

char *bench_read_line(char *line, size_t length)
{
    if (NULL == fgets(line, (int)length, stdin))
    {
        return NULL;
    }
    line[strcspn(line, "\n")] = '\0';
    return line;
}

uint64_t bench_number(const char *text, const char *what, uint64_t max)
{
    char *end = NULL;

    errno = 0;
    const unsigned long long value = NULL == text ? 0 : strtoull(text, &end, 10);
    if (NULL == text || text == end || '\0' != *end || 0 != errno || '-' == text[0] || value > max)
    {
        bench_die(BENCH_USAGE, "%s: %s is not a number from 0 to %llu", what, NULL == text ? "nothing" : text,
            (unsigned long long)max);
    }
    return value;
}
