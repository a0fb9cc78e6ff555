/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_call.h"

#include "cuda_nodes.h"

void flopmeter_cuda_call_begin(flopmeter_cuda_call_t *const call, const flopmeter_guard_t *const guard)
{
    const flopmeter_cuda_watch_t *const watching = flopmeter_cuda_watching();

    call->number = 0;
    call->watching = NULL;
    if (!FLOPMETER_LIKELY(NULL == watching) && NULL != watching->call_begin && flopmeter_guard_is_outermost(guard))
    {
        flopmeter_cuda_outcome_begin();
        call->number = watching->call_begin();
        call->watching = watching;
        flopmeter_cuda_nodes_call_begin(watching);
    }
}

void flopmeter_cuda_call_end(flopmeter_cuda_call_t *const call)
{
    if (FLOPMETER_LIKELY(NULL == call->watching))
    {
        return;
    }
    bool is_whole;
    const flopmeter_cuda_outcome_t outcome = flopmeter_cuda_outcome(&is_whole);
    flopmeter_cuda_nodes_call_end(call->watching, call->number, is_whole);
    if (0 != call->number)
    {
        call->watching->call_end(call->number, outcome);
    }
}
