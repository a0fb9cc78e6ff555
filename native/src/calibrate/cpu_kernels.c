/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cpu_kernels.h"

#if defined(__aarch64__)
#include <sys/prctl.h>
#ifndef PR_SVE_GET_VL
#define PR_SVE_GET_VL (51)
#endif
#define VECTOR_LENGTH_MASK (0xFFFF)

static uint64_t vector_bytes(void)
{
    const int answer = prctl(PR_SVE_GET_VL);
    return 0 > answer ? 0 : (uint64_t)(answer & VECTOR_LENGTH_MASK);
}
#else
static uint64_t vector_bytes(void)
{
    return 0;
}
#endif

uint64_t flopmeter_cpu_kernel_flop_count(const flopmeter_cpu_kernel_t *kernel)
{
    // Sums of products of narrower elements are 32 bits wide.
    const uint64_t lane_bytes =
        FLOPMETER_FP64 == kernel->precision ? sizeof(double) : FLOPMETER_FP16 == kernel->precision ? 2 : sizeof(float);
    const uint64_t lanes = 0 == kernel->lanes ? vector_bytes() / lane_bytes : kernel->lanes;
    return NULL == kernel->why_not() ? FLOPMETER_CPU_CHAINS * lanes * kernel->flop_per_lane : 0;
}

void flopmeter_cpu_kernel_run(const flopmeter_cpu_kernel_t *kernel, uint64_t iterations)
{
    kernel->run(iterations);
}
