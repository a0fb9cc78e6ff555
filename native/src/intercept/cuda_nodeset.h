/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which kernels of a graph came from counted calls: signatures (watch/cuda_signature.h) with how often each was seen. A
 * pool of small blocks; every function is called under the lock of the table that the sets belong to (cuda_table.c).
 */

#ifndef FLOPMETER_CUDA_NODESET_H
#define FLOPMETER_CUDA_NODESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOPMETER_CUDA_SIGNATURES (768) /* that one graph may have; more and it is unclear */

/** One signature of a graph's kernels. */
typedef struct flopmeter_cuda_node_count_stct
{
    uint64_t signature;
    uint32_t counted;   /* nodes that came from counted calls */
    uint32_t total;     /* 0 in a set */
}
flopmeter_cuda_node_count_t;

/** All zero: empty and clear. */
typedef struct flopmeter_cuda_nodeset_stct
{
    uint32_t head;      /* block, 0 = none */
    uint32_t count;     /* signatures */
    bool is_unclear;    /* counted work is in the graph that nobody knows the nodes of */
}
flopmeter_cuda_nodeset_t;

/** Without room the set is unclear. */
void flopmeter_cuda_nodeset_add(flopmeter_cuda_nodeset_t *set, uint64_t signature, uint32_t counted);

/** Add what `from` has. Of an unclear one comes an unclear one. */
void flopmeter_cuda_nodeset_add_all(flopmeter_cuda_nodeset_t *set, const flopmeter_cuda_nodeset_t *from);

/** As add_all(), into a place of its own: `counts` has FLOPMETER_CUDA_SIGNATURES. Return how many they are. */
size_t flopmeter_cuda_nodeset_copy(const flopmeter_cuda_nodeset_t *set, flopmeter_cuda_node_count_t *counts);

/** Empty and clear it. */
void flopmeter_cuda_nodeset_clear(flopmeter_cuda_nodeset_t *set);

#endif /* FLOPMETER_CUDA_NODESET_H */
