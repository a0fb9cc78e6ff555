/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the benchmark programs share: pinning, two clocks, the line protocol. Single-threaded unless said otherwise.
 */

#ifndef FLOPMETER_BENCH_COMMON_H
#define FLOPMETER_BENCH_COMMON_H

#include <stddef.h>
#include <stdint.h>

/** Exit codes of the commands: bad usage, and an environment that can't do it. */
#define BENCH_USAGE (2)
#define BENCH_ENVIRONMENT (3)

/** One line on stderr, then exit with `code`. */
_Noreturn void bench_die(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** CLOCK_MONOTONIC: the clock of System.nanoTime() in another process. */
uint64_t bench_now_ns(void);

/** The cheapest counter that the CPU has; only differences mean something. */
uint64_t bench_ticks(void);

/** Calibrate: ns of one tick, against CLOCK_MONOTONIC over 20 ms. */
double bench_tick_ns(void);

/** Least number of ticks between two readings: what a stretch timed by bench_ticks() is too long. */
uint64_t bench_ticks_overhead(void);

/** Let the calling thread run on `cpu` only; negative = where it likes. Ends the program when that is refused. */
void bench_pin(int cpu);

/** One hint that this thread only waits. */
void bench_relax(void);

/** A line from stdin without its end, NULL at the end of input. */
char *bench_read_line(char *line, size_t length);

/** Parse a decimal number of at most `max`, or end the program naming `what`. */
uint64_t bench_number(const char *text, const char *what, uint64_t max);

#endif /* FLOPMETER_BENCH_COMMON_H */
