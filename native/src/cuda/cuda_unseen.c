/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_unseen.h"

#include <string.h>

#define CLOCK_SLACK_NS (1000000000ULL)      /* between two clocks */

void flopmeter_cuda_unseen_open(flopmeter_cuda_unseen_t *unseen, uint64_t begin_ns)
{
    memset(unseen, 0, sizeof(*unseen));
    unseen->begin_ns = unseen->from_ns = unseen->to_ns = begin_ns;
}

void flopmeter_cuda_unseen_add(flopmeter_cuda_unseen_t *unseen, uint64_t from_ns, uint64_t to_ns)
{
    from_ns = from_ns < unseen->begin_ns ? unseen->begin_ns : from_ns;
    if (from_ns >= to_ns)
    {
        return;
    }
    if (from_ns > unseen->to_ns)
    {
        unseen->ns += to_ns - from_ns;
        unseen->from_ns = from_ns;
    }
    else if (from_ns >= unseen->from_ns)
    {
        unseen->ns += to_ns - unseen->to_ns;
    }
    else
    {
        /* Stretches before the last one are not kept: what this one shares with them counts once more. */
        unseen->ns += to_ns - from_ns - (unseen->to_ns - unseen->from_ns);
        unseen->from_ns = from_ns;
    }
    unseen->to_ns = to_ns;
    unseen->ns = unseen->ns > to_ns - unseen->begin_ns ? to_ns - unseen->begin_ns : unseen->ns;
}

static void reach(flopmeter_cuda_unseen_t *unseen, uint64_t from_ns)
{
    unseen->reach_ns = unseen->is_missed && unseen->reach_ns < from_ns ? unseen->reach_ns : from_ns;
    unseen->is_missed = true;
}

void flopmeter_cuda_unseen_miss(flopmeter_cuda_unseen_t *unseen)
{
    reach(unseen, unseen->begin_ns);
}

void flopmeter_cuda_unseen_miss_since(flopmeter_cuda_unseen_t *unseen, uint64_t start_ns, uint64_t now_ns)
{
    /* Begun since the clock was read: at the reading, then. */
    const uint64_t age_ns = unseen->clock_ns > start_ns ? unseen->clock_ns - start_ns : 0;
    const uint64_t youth_ns = start_ns > unseen->clock_ns ? start_ns - unseen->clock_ns : 0;
    const bool is_known = 0 != unseen->clock_at_ns && age_ns <= unseen->clock_at_ns - unseen->begin_ns &&
        youth_ns <= now_ns - unseen->clock_at_ns + CLOCK_SLACK_NS;

    reach(unseen, is_known ? unseen->clock_at_ns - age_ns : unseen->begin_ns);
}

void flopmeter_cuda_unseen_clock(flopmeter_cuda_unseen_t *unseen, uint64_t clock_ns, uint64_t now_ns)
{
    unseen->clock_ns = clock_ns;
    unseen->clock_at_ns = 0 == clock_ns ? 0 : now_ns;
}

bool flopmeter_cuda_unseen_settle(flopmeter_cuda_unseen_t *unseen, uint64_t now_ns)
{
    const bool is_missed = unseen->is_missed;

    if (is_missed)
    {
        flopmeter_cuda_unseen_add(unseen, unseen->reach_ns, now_ns);
    }
    unseen->is_missed = false;
    return is_missed;
}
