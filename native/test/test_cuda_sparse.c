/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A chip that credits sparse instructions with their dense equivalent, over a driver made of scripts: the lower end is
 * what was executed, whether or not the chip tells what is sparse, and the upper end has the equivalent.
 */

#include <string.h>

#include "session_rig.h"

/* FLOP of the dense equivalent, of which so many percent are sparse: half of those are executed. */
static void should_count_what_is_executed(unsigned percent, bool is_told)
{
    char what[64];

    reset("GH100");
    snprintf(what, sizeof(what), "%u percent sparse, %s", percent, is_told ? "told" : "not told");
    fake->sparse_percent = percent;
    fake->has_no_sparsity_off = !is_told;
    settings.is_continuous = true;
    fake->devices[0].flop_per_ns[HGMMA] = 1000;
    CHECK(FLOPMETER_COUNTER_AVAILABLE == open_session(), "%s: open", what);
    pass(60 * SECOND);
    flopmeter_cuda_session_close(&session);
    const uint64_t credited = told();
    const uint64_t executed = credited - credited / 100 * percent / 2;
    CHECK(0 != credited && lower <= executed, "%s: lower is %llu, %llu were executed", what, (unsigned long long)lower,
        (unsigned long long)executed);
    /* Each range may round down by one. */
    CHECK(lower + 1000 >= (is_told ? executed : credited / 2), "%s: lower is %llu, expected %llu", what,
        (unsigned long long)lower, (unsigned long long)(is_told ? executed : credited / 2));
    CHECK(lower + estimated + bounded >= truth(), "%s: the dense equivalent is above the upper end", what);
}

int main(void)
{
    for (unsigned percent = 0; percent <= 100; percent += 25)
    {
        should_count_what_is_executed(percent, true);
        should_count_what_is_executed(percent, false);
    }
    return 0;
}
