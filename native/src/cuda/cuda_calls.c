/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_calls.h"

#include <stdatomic.h>

/* An entry is a number, then the outcome: numbers have 48 bits, as in a launcher (cuda_join.h). */
#define OUTCOME_BITS (2)
#define OUTCOME_MASK (3U)

static _Atomic(uint64_t) last;
static _Atomic(uint64_t) counted;
static _Atomic(uint64_t) ring[FLOPMETER_CUDA_CALLS];    /* number, then outcome */
static _Atomic(uint64_t) instances[FLOPMETER_CUDA_CALLS];       /* that the call launched */

uint64_t flopmeter_cuda_calls_begin(void)
{
    const uint64_t number = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;

    atomic_store_explicit(&instances[number % FLOPMETER_CUDA_CALLS], 0, memory_order_relaxed);
    atomic_store_explicit(&ring[number % FLOPMETER_CUDA_CALLS], number << OUTCOME_BITS, memory_order_release);
    return number;
}

/* It is in its place before the call has an outcome, so that who sees the outcome sees it. */
void flopmeter_cuda_calls_launches(uint64_t number, uint64_t instance)
{
    atomic_store_explicit(&instances[number % FLOPMETER_CUDA_CALLS], instance, memory_order_release);
}

uint64_t flopmeter_cuda_calls_instance(uint64_t number)
{
    const uint64_t instance =
        atomic_load_explicit(&instances[number % FLOPMETER_CUDA_CALLS], memory_order_acquire);

    /* Of a later call, perhaps: then that one has the place. */
    return FLOPMETER_CUDA_CALL_GRAPH == flopmeter_cuda_calls_outcome(number) ? instance : 0;
}

void flopmeter_cuda_calls_end(uint64_t number, flopmeter_cuda_outcome_t outcome)
{
    uint64_t expected = number << OUTCOME_BITS;

    /* Not when a later call has taken the place. */
    atomic_compare_exchange_strong_explicit(&ring[number % FLOPMETER_CUDA_CALLS], &expected,
        expected | ((uint64_t)outcome & OUTCOME_MASK), memory_order_acq_rel, memory_order_relaxed);
    if (FLOPMETER_CUDA_CALL_COUNTED == outcome)
    {
        atomic_fetch_add_explicit(&counted, 1, memory_order_relaxed);
    }
}

flopmeter_cuda_outcome_t flopmeter_cuda_calls_outcome(uint64_t number)
{
    const uint64_t entry =
        atomic_load_explicit(&ring[number % FLOPMETER_CUDA_CALLS], memory_order_acquire);

    return 0 != number && entry >> OUTCOME_BITS == number ? (flopmeter_cuda_outcome_t)(entry & OUTCOME_MASK) :
        FLOPMETER_CUDA_CALL_UNCOUNTED;
}

uint64_t flopmeter_cuda_calls_counted(void)
{
    return atomic_load_explicit(&counted, memory_order_relaxed);
}
