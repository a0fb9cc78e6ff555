/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_join.h"

#include <string.h>

#include "cuda_calls.h"

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

static void add(flopmeter_cuda_times_t *times, const flopmeter_cuda_pending_t *kernel,
    flopmeter_cuda_outcome_t outcome)
{
    const bool is_counted = FLOPMETER_CUDA_CALL_COUNTED == outcome || FLOPMETER_CUDA_CALL_GRAPH == outcome;

    times->kernels++;
    if (is_counted && !kernel->is_node && FLOPMETER_CUDA_CALL_COUNTED == outcome)
    {
        times->covered_ns += kernel->ns;
    }
    else if (is_counted)
    {
        times->mixed_ns += kernel->ns;
    }
    else
    {
        times->uncovered_ns += kernel->ns;
    }
}

/* False: its call has not ended, so that nobody knows yet. */
static bool settle(flopmeter_cuda_join_t *join, flopmeter_cuda_kernels_state_t *state,
    const flopmeter_cuda_pending_t *kernel, bool is_forced)
{
    const flopmeter_cuda_launch_t *const launch = &join->launches[kernel->correlation % FLOPMETER_CUDA_JOINS];
    const uint64_t launcher = launch->correlation == kernel->correlation ? launch->launcher : 0;
    const flopmeter_cuda_outcome_t outcome = flopmeter_cuda_calls_outcome(launcher >> FLOPMETER_CUDA_CONTEXT_BITS);
    const uint32_t context = (uint16_t)launcher;

    if (FLOPMETER_CUDA_CALL_RUNNING == outcome && !is_forced)
    {
        return false;
    }
    flopmeter_cuda_card_t *const card = &state->cards[kernel->device];
    flopmeter_cuda_share_t *const share = share_of(state, kernel->device, context);
    add(&card->times, kernel, outcome);
    if (NULL != share)
    {
        add(&share->times, kernel, outcome);
    }
    return true;
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
        .is_node = 0 != kernel->graph_node
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
