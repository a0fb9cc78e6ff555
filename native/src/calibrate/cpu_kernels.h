/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * CPU kernels that execute an exactly known number of FLOP. Each is one loop written in assembly, so that no compiler
 * can drop, merge or widen anything; the tests count its instructions in the binary and single-step its iterations.
 */

#ifndef FLOPMETER_CPU_KERNELS_H
#define FLOPMETER_CPU_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "flopmeter/flopmeter.h"

/**
 * Instructions of one iteration, each of a chain of its own: enough to fill two pipes of latency 4 to 6. Those on tiles
 * are of six chains.
 */
#define FLOPMETER_CPU_CHAINS (12)

typedef struct flopmeter_cpu_kernel_stct
{
    const char *name;                    /* "avx2_fp32_fma"; its function is flopmeter_cpu_NAME */
    flopmeter_precision_t precision;
    unsigned int lanes;                  /* results of one instruction; 0 = as wide as this CPU's vectors (SVE) */
    unsigned int flop_per_lane;          /* addition 1, multiplication 1, multiply-add 2; a product of n: 2 n */
    const char *(*why_not)(void);        /* NULL where it runs; else what the CPU lacks, or the system refuses */
    void (*run)(uint64_t iterations);    /* on the calling thread; touches no memory */
}
flopmeter_cpu_kernel_t;

/** Those of this architecture, whether this CPU can run them or not. */
extern const flopmeter_cpu_kernel_t flopmeter_cpu_kernels[];
extern const size_t flopmeter_cpu_kernels_count;

/** FLOP of one iteration; 0 where it cannot run. */
uint64_t flopmeter_cpu_kernel_flop_count(const flopmeter_cpu_kernel_t *kernel);

/** Run it. The one place that does, so that tests can count beside it. */
void flopmeter_cpu_kernel_run(const flopmeter_cpu_kernel_t *kernel, uint64_t iterations);

#endif /* FLOPMETER_CPU_KERNELS_H */
