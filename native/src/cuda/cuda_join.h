/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * From kernels to the calls and contexts that launched them. Records of a launch and of its kernel come in either
 * order, so a kernel waits until the step after its own; a launch that is forgotten by then is "not covered".
 */

#ifndef FLOPMETER_CUDA_JOIN_H
#define FLOPMETER_CUDA_JOIN_H

#include "cuda_kernels.h"

/**
 * Who launches, in the one number that CUPTI keeps for us: a call, 0 = none, which has 2^48 of them, and a context of
 * the lanes, which have 16 bits. 0 is no call, for the environment.
 */
#define FLOPMETER_CUDA_CONTEXT_BITS (16)
#define FLOPMETER_CUDA_LAUNCHER(call, context) \
    ((uint64_t)(call) << FLOPMETER_CUDA_CONTEXT_BITS | (uint16_t)(context))

/** What a correlation led to. */
typedef struct flopmeter_cuda_launch_stct
{
    uint64_t launcher;
    uint32_t correlation;
}
flopmeter_cuda_launch_t;

typedef struct flopmeter_cuda_pending_stct
{
    uint32_t correlation;
    uint32_t device;
    uint64_t ns;
    uint64_t signature;         /* of a graph's node, 0 = not known */
    bool is_node;               /* of a graph */
}
flopmeter_cuda_pending_t;

typedef struct flopmeter_cuda_join_stct
{
    flopmeter_cuda_launch_t launches[FLOPMETER_CUDA_JOINS];
    flopmeter_cuda_pending_t pending[FLOPMETER_CUDA_PENDING];
    size_t count;
    size_t old;                 /* so many were there at the last step already */
}
flopmeter_cuda_join_t;

void flopmeter_cuda_join_open(flopmeter_cuda_join_t *join);

void flopmeter_cuda_join_external(flopmeter_cuda_join_t *join, const flopmeter_cupti_external_t *external);

/** Remember a kernel. Without room all that wait are settled into `state` first. */
void flopmeter_cuda_join_kernel(flopmeter_cuda_join_t *join, const flopmeter_cupti_kernel_t *kernel,
    flopmeter_cuda_kernels_state_t *state);

/** Add the kernels that have waited long enough to `state`; `is_all`: whatever waits. */
void flopmeter_cuda_join_settle(
    flopmeter_cuda_join_t *join, flopmeter_cuda_kernels_state_t *state, bool is_all);

#endif /* FLOPMETER_CUDA_JOIN_H */
