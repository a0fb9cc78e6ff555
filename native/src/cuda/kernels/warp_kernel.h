/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Kernels of matrix instructions of one warp: four independent accumulators, one instruction of each per iteration.
 */

#ifndef FLOPMETER_WARP_KERNEL_H
#define FLOPMETER_WARP_KERNEL_H

#include "kernel.h"


#define FOUR(instruction) \
    instruction(0); \
    instruction(1); \
    instruction(2); \
    instruction(3)

#define WARP_KERNEL(name, type, zero, width, instruction, bits) \
    KERNEL(name) \
    { \
        type d[4][width]; \
        const uint32_t a = seed; \
        const uint32_t b = seed; \
        for (uint32_t accumulator = 0; accumulator < 4; accumulator++) \
        { \
            for (uint32_t i = 0; i < width; i++) \
            { \
                d[accumulator][i] = zero; \
            } \
        } \
        ITERATE \
        { \
            FOUR(instruction); \
        } \
        uint32_t mixed = 0; \
        for (uint32_t accumulator = 0; accumulator < 4; accumulator++) \
        { \
            for (uint32_t i = 0; i < width; i++) \
            { \
                mixed ^= bits(d[accumulator][i]); \
            } \
        } \
        KEEP(mixed); \
    }

#define SAME(value) (value)

/*
 * Sparse, with twice the depth: A holds half of its elements (two of four; of tf32 one of two), so that half of the
 * products are skipped; the metadata name the ones that are not. This word is one that every format allows.
 */
#define KEPT (0x44444444u)

#endif /* FLOPMETER_WARP_KERNEL_H */
