/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Double records (docs/design/0001-wire-format.md): two copies of a sum, a version that says which one is in force.
 */

#ifndef FLOPMETER_DOUBLE_H
#define FLOPMETER_DOUBLE_H

#include "flopmeter_core.h"
#include "flopmeter_wire.h"

static inline flopmeter_u128_t flopmeter_u128(uint64_t low, uint64_t high)
{
    return ((flopmeter_u128_t)high << 64) | low;
}

/** Write the copy that is not in force at `version`, then put it in force. */
static inline void flopmeter_double_store(
    flopmeter_wire_double_t *record, uint64_t version, flopmeter_u128_t flop, uint64_t samples)
{
    flopmeter_wire_copy_t *const copy = &record->copy[(version + 1) & 1];

    /* The last version must be out before the copy that it superseded is overwritten. */
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&copy->low, (uint64_t)flop, __ATOMIC_RELAXED);
    __atomic_store_n(&copy->high, (uint64_t)(flop >> 64), __ATOMIC_RELAXED);
    __atomic_store_n(&copy->samples, samples, __ATOMIC_RELAXED);
    __atomic_store_n(&record->version, version + 1, __ATOMIC_RELEASE);
}

#endif /* FLOPMETER_DOUBLE_H */
