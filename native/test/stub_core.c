/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stands in for libflopmeter.so.0 in the tests of the interception: adds up, per thread and per process, and keeps the
 * last shape, so that a test reads exactly what its call was worth.
 */

#include <stdatomic.h>

#include "flopmeter_core.h"
#include "stub_core.h"

static __thread stub_last_t last;
static _Atomic(uint64_t) calls;
static _Atomic(uint64_t) gaps[16];

FLOPMETER_EXPORT void flopmeter_core_count(
    const flopmeter_precision_t precision, const flopmeter_source_t source, const flopmeter_shape_t *const shape)
{
    last.precision = precision;
    last.source = source;
    last.shape = *shape;
    last.calls++;
    last.sum += shape->flop_count;
    last.by_precision[(unsigned)precision & 15] += shape->flop_count;
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
}

FLOPMETER_EXPORT void flopmeter_core_gap(const flopmeter_gap_reason_t reason, const flopmeter_source_t source)
{
    (void)source;
    atomic_fetch_add(&gaps[(unsigned)reason & 15], 1);
}

FLOPMETER_EXPORT void flopmeter_core_flag_cpu_incomplete(void)
{
}

FLOPMETER_EXPORT stub_last_t *stub_last(void)
{
    return &last;
}

FLOPMETER_EXPORT uint64_t stub_calls(void)
{
    return atomic_load(&calls);
}

FLOPMETER_EXPORT uint64_t stub_gaps(const int reason)
{
    return atomic_load(&gaps[(unsigned)reason & 15]);
}
