/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is sent, and what it must add up to. The totals come from the pattern and the number of samples alone, never
 * from what was sent one by one.
 */

#include "producer.h"

#include <stdlib.h>

#define PATTERN_LENGTH_MIN (8192)
#define FLOP_BITS (50)
#define PRECISIONS (4)
/* The library interns 65 280 keys per process, all others share overflow keys. */
#define KEYS_MAX (65000)

static flopmeter_key_t *keys;
static uint32_t key_count;

static uint64_t next_random(uint64_t *state)
{
    /* splitmix64 */
    uint64_t word = (*state += UINT64_C(0x9E3779B97F4A7C15));
    word = (word ^ (word >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94D049BB133111EB);
    return word ^ (word >> 31);
}

static void *allocate(size_t count, size_t size)
{
    void *const memory = calloc(count, size);
    if (NULL == memory)
    {
        bench_die(BENCH_ENVIRONMENT, "no memory for %zu times %zu bytes", count, size);
    }
    return memory;
}

void pattern_intern(const options_t *options)
{
    const uint64_t wanted = (uint64_t)options->threads * options->slots;

    key_count = wanted > KEYS_MAX ? KEYS_MAX : (uint32_t)wanted;
    keys = allocate(key_count, sizeof(keys[0]));
    for (uint32_t i = 0; i < key_count; i++)
    {
        char node[32];
        snprintf(node, sizeof(node), "n%u", i / PRECISIONS);
        const int result = flopmeter_intern(
            "bench", node, (flopmeter_precision_t)(1 + i % PRECISIONS), FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API,
            &keys[i]);
        if (FLOPMETER_OK != result)
        {
            bench_die(BENCH_ENVIRONMENT, "key %u: %s", i, flopmeter_errmsg());
        }
    }
}

void pattern_create(pattern_t *pattern, const options_t *options, uint32_t index)
{
    uint64_t state = options->seed + index * UINT64_C(0x9E3779B97F4A7C15);

    pattern->length = PATTERN_LENGTH_MIN;
    while (pattern->length < 2 * options->slots)
    {
        pattern->length *= 2;
    }
    pattern->entries = allocate(pattern->length, sizeof(pattern->entries[0]));
    pattern->prefix = allocate(pattern->length + 1, sizeof(pattern->prefix[0]));
    pattern->produced = 0;
    for (uint32_t i = 0; i < pattern->length; i++)
    {
        pattern_entry_t *const entry = &pattern->entries[i];
        /* The first come once each, so that all slots are in use; the rest are random. */
        const uint32_t own = i < options->slots ? i : (uint32_t)(next_random(&state) % options->slots);
        entry->slot = (uint32_t)(((uint64_t)index * options->slots + own) % key_count);
        entry->key = keys[entry->slot];
        entry->flop_count = next_random(&state) >> (64 - FLOP_BITS);
    }
    for (uint32_t i = pattern->length - 1; i > 0; i--)
    {
        const uint32_t other = (uint32_t)(next_random(&state) % (i + 1));
        const pattern_entry_t entry = pattern->entries[i];
        pattern->entries[i] = pattern->entries[other];
        pattern->entries[other] = entry;
    }
    for (uint32_t i = 0; i < pattern->length; i++)
    {
        pattern->prefix[i + 1] = pattern->prefix[i] + pattern->entries[i].flop_count;
    }
}

bench_u128_t pattern_sum(const pattern_t *pattern, uint64_t samples)
{
    return pattern->prefix[pattern->length] * (samples / pattern->length) +
        pattern->prefix[samples & (pattern->length - 1)];
}

static void write_u128(bench_u128_t value, FILE *out)
{
    char digits[40];
    size_t at = sizeof(digits);

    do
    {
        digits[--at] = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    while (0 != value);
    fwrite(digits + at, 1, sizeof(digits) - at, out);
}

void pattern_write_totals(const options_t *options, const worker_t *workers, FILE *out)
{
    static const char *const precisions[PRECISIONS] = { "fp64", "fp32", "tf32", "fp16" };
    bench_u128_t *const flop = allocate(key_count, sizeof(flop[0]));
    uint64_t *const samples = allocate(key_count, sizeof(samples[0]));

    for (uint32_t worker = 0; worker < options->threads; worker++)
    {
        const pattern_t *const pattern = &workers[worker].pattern;
        const uint64_t rounds = pattern->produced / pattern->length;
        const uint64_t rest = pattern->produced & (pattern->length - 1);
        for (uint32_t i = 0; i < pattern->length; i++)
        {
            const uint64_t times = rounds + (i < rest ? 1 : 0);
            flop[pattern->entries[i].slot] += (bench_u128_t)pattern->entries[i].flop_count * times;
            samples[pattern->entries[i].slot] += times;
        }
    }
    if (options->plant)
    {
        flop[0] += 1;
    }
    for (uint32_t i = 0; i < key_count; i++)
    {
        if (0 != samples[i])
        {
            fprintf(out, "n%u %s ", i / PRECISIONS, precisions[i % PRECISIONS]);
            write_u128(flop[i], out);
            fprintf(out, " %llu\n", (unsigned long long)samples[i]);
        }
    }
    free(flop);
    free(samples);
}
