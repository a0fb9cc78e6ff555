/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_TEST_STUB_CORE_H
#define FLOPMETER_TEST_STUB_CORE_H

#include "flopmeter_core.h"

/** What this thread's calls were worth. Reset by writing to it. */
typedef struct stub_last_stct
{
    flopmeter_precision_t precision;
    flopmeter_source_t source;
    flopmeter_shape_t shape;
    uint64_t calls;
    flopmeter_u128_t sum;
    flopmeter_u128_t by_precision[16];
}
stub_last_t;

FLOPMETER_EXPORT stub_last_t *stub_last(void);
FLOPMETER_EXPORT uint64_t stub_calls(void);
FLOPMETER_EXPORT uint64_t stub_gaps(int reason);

#endif /* FLOPMETER_TEST_STUB_CORE_H */
