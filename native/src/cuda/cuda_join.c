/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_join.h"

#include <string.h>

#include "cuda_calls.h"
#include "cuda_plans.h"

typedef enum coverage_enum
{
    UNCOVERED,
    MIXED,
    COVERED
}
coverage_t;

void flopmeter_cuda_join_open(flopmeter_cuda_join_t *join)
{
    memset(join, 0, sizeof(*join));
}

void flopmeter_cuda_join_external(flopmeter_cuda_join_t *join, const flopmeter_cupti_external_t *external)
{
    flopmeter_cuda_launch_t *const launch = &join->launches[external->correlation % FLOPMETER_CUDA_JOINS];

    if (FLOPMETER_CUPTI_EXTERNAL_LAUNCHER == external->external_kind)
    {
        *launch = (flopmeter_cuda_launch_t) {
            .launcher = external->external, .correlation = external->correlation
        };
    }
}

/* NULL when there is no room: the card's own times still have it. */
static flopmeter_cuda_share_t *share_of(flopmeter_cuda_kernels_state_t *state, uint32_t device, uint32_t context)
{
    const uint32_t home = (device * 31 + context) % FLOPMETER_CUDA_SHARES;

    for (uint32_t i = 0; i < FLOPMETER_CUDA_SHARES; i++)
    {
        flopmeter_cuda_share_t *const share = &state->shares[(home + i) % FLOPMETER_CUDA_SHARES];
        if (!share->is_used)
        {
            *share = (flopmeter_cuda_share_t) { .device = device, .context = context, .is_used = true };
        }
        if (device == share->device && context == share->context)
        {
            return share;
        }
    }
    return NULL;
}

static void add(flopmeter_cuda_times_t *times, uint64_t ns, coverage_t coverage)
{
    times->kernels++;
    times->covered_ns += COVERED == coverage ? ns : 0;
    times->mixed_ns += MIXED == coverage ? ns : 0;
    times->uncovered_ns += UNCOVERED == coverage ? ns : 0;
}

/* A node of a graph that holds counted work: by the calls that made the nodes which it can be a copy of. */
static coverage_t coverage_of(
    const flopmeter_cuda_pending_t *kernel, flopmeter_cuda_outcome_t outcome, uint64_t call)
{
    if (FLOPMETER_CUDA_CALL_COUNTED == outcome && !kernel->is_node)
    {
        return COVERED;
    }
    if (FLOPMETER_CUDA_CALL_COUNTED != outcome && FLOPMETER_CUDA_CALL_GRAPH != outcome)
    {
        return UNCOVERED;
    }
    switch (flopmeter_cuda_plans_class(flopmeter_cuda_calls_instance(call), kernel->signature))
    {
        case FLOPMETER_CUDA_NODES_COUNTED:
            return COVERED;

        case FLOPMETER_CUDA_NODES_OTHER:
            return UNCOVERED;

        default:
            return MIXED;
    }
}

/* False: its call has not ended, so that nobody knows yet. */
static bool settle(flopmeter_cuda_join_t *join, flopmeter_cuda_kernels_state_t *state,
    const flopmeter_cuda_pending_t *kernel, bool is_forced)
{
    const flopmeter_cuda_launch_t *const launch = &join->launches[kernel->correlation % FLOPMETER_CUDA_JOINS];
    const uint64_t launcher = launch->correlation == kernel->correlation ? launch->launcher : 0;
    const uint64_t call = launcher >> FLOPMETER_CUDA_CONTEXT_BITS;
    const flopmeter_cuda_outcome_t outcome = flopmeter_cuda_calls_outcome(call);
    const uint32_t context = (uint16_t)launcher;

    if (FLOPMETER_CUDA_CALL_RUNNING == outcome && !is_forced)
    {
        return false;
    }
    flopmeter_cuda_card_t *const card = &state->cards[kernel->device];
    flopmeter_cuda_share_t *const share = share_of(state, kernel->device, context);
    const coverage_t coverage = coverage_of(kernel, outcome, call);
    add(&card->times, kernel->ns, coverage);
    if (NULL != share)
    {
        add(&share->times, kernel->ns, coverage);
    }
    return true;
}

/* Its name is CUPTI's, and there as long as the record. */
static uint64_t signature_of(const flopmeter_cupti_kernel_t *kernel)
{
    return 0 == kernel->graph_node ? 0 :
        flopmeter_cuda_signature(kernel->name, kernel->grid, kernel->block, kernel->shared[1]);
}

void flopmeter_cuda_join_kernel(flopmeter_cuda_join_t *join, const flopmeter_cupti_kernel_t *kernel,
    flopmeter_cuda_kernels_state_t *state)
{
    if (FLOPMETER_CUDA_PENDING == join->count)
    {
        flopmeter_cuda_join_settle(join, state, true);
    }
    join->pending[join->count++] = (flopmeter_cuda_pending_t) {
        .correlation = kernel->correlation,
        .device = kernel->device,
        .ns = kernel->end - kernel->start,
        .is_node = 0 != kernel->graph_node,
        .signature = signature_of(kernel)
    };
}

void flopmeter_cuda_join_settle(
    flopmeter_cuda_join_t *join, flopmeter_cuda_kernels_state_t *state, bool is_all)
{
    size_t kept = 0;

    for (size_t i = 0; i < join->count; i++)
    {
        if ((!is_all && i >= join->old) || !settle(join, state, &join->pending[i], is_all))
        {
            join->pending[kept++] = join->pending[i];
        }
    }
    join->count = kept;
    join->old = kept;
}
