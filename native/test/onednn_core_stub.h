/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stands in for libflopmeter.so in the oneDNN tests: adds up in memory what the wrappers count.
 */

#ifndef FLOPMETER_ONEDNN_CORE_STUB_H
#define FLOPMETER_ONEDNN_CORE_STUB_H

#include "flopmeter_core.h"

#define STUB_PRECISION_COUNT (16)
#define STUB_REASON_COUNT (16)

typedef struct stub_tally_stct
{
    flopmeter_u128_t flop_count[STUB_PRECISION_COUNT];
    uint64_t calls[STUB_PRECISION_COUNT];
    uint64_t gaps[STUB_REASON_COUNT];
    uint64_t strays; /* not from oneDNN, or with an estimate or bound */
}
stub_tally_t;

/** What was counted since the last take, which starts at zero again. */
stub_tally_t stub_take(void);

#endif /* FLOPMETER_ONEDNN_CORE_STUB_H */
