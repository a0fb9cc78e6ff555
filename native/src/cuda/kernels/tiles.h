/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Operands of matrix instructions that read them from shared memory.
 */

#ifndef FLOPMETER_TILES_H
#define FLOPMETER_TILES_H

#include "kernel.h"

static __device__ void fill(uint32_t *const tiles, const uint32_t value)
{
    for (uint32_t i = threadIdx.x; i < FLOPMETER_KERNEL_GROUP_BYTES / 4; i += FLOPMETER_KERNEL_GROUP_THREADS)
    {
        tiles[i] = value;
    }
    // The matrix unit reads shared memory through another path than the threads write it.
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    __syncthreads();
}

#endif /* FLOPMETER_TILES_H */
