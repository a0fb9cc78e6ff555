/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * By what a kernel of a graph is known on both sides: in the graph's node, which the driver can be asked for, and in
 * CUPTI's record of the kernel, whose node is a copy that nobody but CUPTI's subscriber is told the origin of.
 */

#ifndef FLOPMETER_CUDA_SIGNATURE_H
#define FLOPMETER_CUDA_SIGNATURE_H

#include <stdint.h>
#include <string.h>

/** What became of the calls that made the nodes of a signature: the two lowest bits, which a signature has not. */
enum
{
    FLOPMETER_CUDA_NODES_COUNTED = 1,   /* all of them were counted */
    FLOPMETER_CUDA_NODES_OTHER = 2,     /* none was */
    FLOPMETER_CUDA_NODES_MASK = 3
};

static inline uint64_t flopmeter_cuda_signature_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

/** Of a function's name as the compiler wrote it, its grid, its block and its dynamic shared memory. 0: no name. */
static inline uint64_t flopmeter_cuda_signature(
    const char *name, const uint32_t grid[3], const uint32_t block[3], uint32_t shared)
{
    const size_t length = NULL == name ? 0 : strlen(name);
    uint64_t hash = length;

    if (0 == length)
    {
        return 0;
    }
    for (size_t i = 0; i < length; i += sizeof(uint64_t))
    {
        uint64_t word = 0;
        memcpy(&word, name + i, length - i < sizeof(word) ? length - i : sizeof(word));
        hash = flopmeter_cuda_signature_mix(hash, word);
    }
    for (int i = 0; i < 3; i++)
    {
        hash = flopmeter_cuda_signature_mix(hash, (uint64_t)grid[i] << 32 | block[i]);
    }
    hash = flopmeter_cuda_signature_mix(hash, shared) & ~(uint64_t)FLOPMETER_CUDA_NODES_MASK;
    return 0 == hash ? FLOPMETER_CUDA_NODES_MASK + 1 : hash;
}

#endif /* FLOPMETER_CUDA_SIGNATURE_H */
