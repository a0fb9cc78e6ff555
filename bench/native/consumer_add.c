/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The drain kernel (native/src/jni/drain.c) with its checks removed: what a consumer would take that believes every
 * word it reads. Loaded by org.flopmeter.bench.consumer.NativeAdder; for rings of our own only.
 */

#include <stddef.h>
#include <stdint.h>

#define RECORD_COUNT (24)
#define RECORD_HEADER_LENGTH (32)

typedef struct sample_stct
{
    uint32_t slot;
    uint32_t dt_ns;
    uint64_t flop_count;
}
sample_t;

typedef struct sum_stct
{
    uint64_t low;
    uint64_t high;
}
sum_t;

/** Add all closed records from `position` on to the deltas, 16 bytes for each slot. Returns where it got to. */
uint64_t flopmeter_bench_add(const uint8_t *ring, uint64_t capacity, uint64_t position, sum_t *deltas);

/** The same, and to a running sum, which is what a producer's tally is compared with. */
uint64_t flopmeter_bench_add_and_sum(
    const uint8_t *ring, uint64_t capacity, uint64_t position, sum_t *deltas, sum_t *sum);

#define ONE_SAMPLE (UINT64_C(1) << 32)

/* As in drain.c. */
static inline void add_sample(sum_t *delta, uint64_t flop_count)
{
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    __asm__ ("addq %2, %0\n\tadcq %3, %1" : "+m" (delta->low), "+m" (delta->high)
        : "r" (flop_count), "r" (ONE_SAMPLE) : "cc");
#else
    delta->low += flop_count;
    delta->high += ONE_SAMPLE + (delta->low < flop_count ? 1 : 0);
#endif
}

/* `sums` is a constant where it matters. */
static inline __attribute__((always_inline)) void add_record(
    sum_t *deltas, const sample_t *sample, const sample_t *end, sum_t *sum, int sums)
{
#pragma GCC unroll 4
    for (; sample != end; sample++)
    {
        const uint64_t flop_count = __atomic_load_n(&sample->flop_count, __ATOMIC_RELAXED);
        add_sample(&deltas[__atomic_load_n(&sample->slot, __ATOMIC_RELAXED)], flop_count);
        if (sums)
        {
            sum->low += flop_count;
            sum->high += sum->low < flop_count ? 1 : 0;
        }
    }
}

static inline __attribute__((always_inline)) uint64_t add_all(
    const uint8_t *ring, uint64_t capacity, uint64_t position, sum_t *deltas, sum_t *sum, int sums)
{
    sum_t here = *sum;

    for (;;)
    {
        const uint8_t *const record = ring + (position & (capacity - 1));
        const int32_t length = __atomic_load_n((const int32_t *)(const void *)record, __ATOMIC_ACQUIRE);
        if (length <= 0)
        {
            *sum = here;
            return position;
        }
        const uint32_t count =
            __atomic_load_n((const uint32_t *)(const void *)(record + RECORD_COUNT), __ATOMIC_RELAXED);
        const sample_t *const first = (const sample_t *)(const void *)(record + RECORD_HEADER_LENGTH);
        add_record(deltas, first, first + count, &here, sums);
        position += (uint64_t)length;
    }
}

uint64_t flopmeter_bench_add(const uint8_t *ring, uint64_t capacity, uint64_t position, sum_t *deltas)
{
    sum_t none = { .low = 0, .high = 0 };

    return add_all(ring, capacity, position, deltas, &none, 0);
}

uint64_t flopmeter_bench_add_and_sum(
    const uint8_t *ring, uint64_t capacity, uint64_t position, sum_t *deltas, sum_t *sum)
{
    return add_all(ring, capacity, position, deltas, sum, 1);
}
