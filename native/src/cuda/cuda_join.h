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

/** What a correlation led to. */
typedef struct flopmeter_cuda_launch_stct
{
    uint32_t correlation;
    uint32_t context;           /* + 1; 0 = none */
    uint64_t call;              /* 0 = none */
}
flopmeter_cuda_launch_t;

typedef struct flopmeter_cuda_pending_stct
{
    uint32_t correlation;
    uint32_t device;
    uint64_t ns;
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
