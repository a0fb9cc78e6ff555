/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tick.h"

#include <stddef.h>

test_clock_t flopmeter_test_clock;

uint64_t flopmeter_test_tick(void)
{
    static uint64_t own;
    uint64_t *const now = NULL == flopmeter_test_clock.now ? &own : flopmeter_test_clock.now;
    const uint64_t tick = __atomic_add_fetch(now, 1, __ATOMIC_SEQ_CST);

    if (NULL != flopmeter_test_clock.first && 0 == *flopmeter_test_clock.first)
    {
        *flopmeter_test_clock.first = tick;
    }
    if (NULL != flopmeter_test_clock.last)
    {
        *flopmeter_test_clock.last = tick;
    }
    return tick;
}
