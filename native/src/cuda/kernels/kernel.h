/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * How every kernel is built, so that its FLOP are exactly iterations x what its loop holds:
 * - each instruction is an `asm volatile`, which the front end neither drops, merges nor moves;
 * - the loop is not unrolled, so that the machine code has one body, which a disassembler can count;
 * - what keeps the results alive is integer arithmetic, so that nothing outside the loop is a FLOP;
 * - the operands come from the caller, so that nothing is known while compiling, and differ between threads: sm_120
 *   does what is alike in a warp once, in its uniform unit.
 * ptxas is free to choose instructions all the same: native/test/calibrate counts them in the machine code.
 */

#ifndef FLOPMETER_KERNEL_H
#define FLOPMETER_KERNEL_H

#include <stdint.h>

#include "kernel_list.h"

#define KERNEL(name) \
    extern "C" __global__ void __launch_bounds__(FLOPMETER_KERNEL_THREADS) \
        flopmeter_##name(const uint32_t iterations, const uint32_t seed, uint32_t *const sink)

/**
 * Downwards: a counter that begins at 0 is loaded by an HFMA2 that adds zeros, which a counter of instructions sees.
 */
#define ITERATE _Pragma("unroll 1") for (uint32_t left = iterations; 0 != left; left--)

/**
 * The caller's sink is written only when the results are these bits. Both halves of the word are alike, since a 16-bit
 * result is repeated: bits that a result cannot have would let ptxas drop the kernel.
 */
#define KEEP(bits) \
    do \
    { \
        if (0x0BAD0BADu == (bits)) \
        { \
            *sink = seed; \
        } \
    } \
    while (0)

#endif /* FLOPMETER_KERNEL_H */
