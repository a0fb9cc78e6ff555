/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Time in which kernels may have run unseen, as the length of all its stretches together. A kernel without a record may
 * have begun long before it was missed, so a stretch reaches back as far as nothing is known.
 */

#ifndef FLOPMETER_CUDA_UNSEEN_H
#define FLOPMETER_CUDA_UNSEEN_H

#include <stdbool.h>
#include <stdint.h>

typedef struct flopmeter_cuda_unseen_stct
{
    uint64_t begin_ns;          /* nothing is watched before */
    uint64_t from_ns;           /* the last stretch */
    uint64_t to_ns;
    uint64_t ns;                /* never less than all stretches, never more than the time since the begin */
    uint64_t reach_ns;          /* since when kernels may have run unseen that were missed since the last stretch */
    bool is_missed;             /* there are such */
    uint64_t clock_ns;          /* CUPTI's clock ... */
    uint64_t clock_at_ns;       /* ... at this time of ours, 0 = it did not say */
}
flopmeter_cuda_unseen_t;

void flopmeter_cuda_unseen_open(flopmeter_cuda_unseen_t *unseen, uint64_t begin_ns);

/** Kernels may have run unseen from one time to the other, which is not before that of an earlier call. */
void flopmeter_cuda_unseen_add(flopmeter_cuda_unseen_t *unseen, uint64_t from_ns, uint64_t to_ns);

/** A kernel was missed that may have begun whenever we watched: nothing tells that a device was idle meanwhile. */
void flopmeter_cuda_unseen_miss(flopmeter_cuda_unseen_t *unseen);

/** A kernel that began at this time of CUPTI's has no end. A time that is none reaches back to the begin. */
void flopmeter_cuda_unseen_miss_since(flopmeter_cuda_unseen_t *unseen, uint64_t start_ns, uint64_t now_ns);

/** What CUPTI's clock shows at `now_ns`; 0 = it does not say. */
void flopmeter_cuda_unseen_clock(flopmeter_cuda_unseen_t *unseen, uint64_t clock_ns, uint64_t now_ns);

/** Add what was missed since the last call, which ends now. Return whether there was any. */
bool flopmeter_cuda_unseen_settle(flopmeter_cuda_unseen_t *unseen, uint64_t now_ns);

#endif /* FLOPMETER_CUDA_UNSEEN_H */
