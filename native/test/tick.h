/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A clock for a copy of the core: it goes on by one at each look, for all processes together, and says who looked when.
 * So a test knows exactly which times must come out of looks that met each other.
 */

#ifndef FLOPMETER_TEST_TICK_H
#define FLOPMETER_TEST_TICK_H

#include <stdint.h>

typedef struct test_clock_stct
{
    uint64_t *now;       /* shared by all processes; NULL = a process by itself */
    uint64_t *first;     /* of this process: the first look since it was 0; NULL = not told */
    uint64_t *last;
}
test_clock_t;

__attribute__((visibility("default"))) extern test_clock_t flopmeter_test_clock;

/** What CLOCK_MONOTONIC is in that copy. */
uint64_t flopmeter_test_tick(void);

#endif /* FLOPMETER_TEST_TICK_H */
