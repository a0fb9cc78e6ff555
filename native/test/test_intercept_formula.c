/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every intercepted name, called with synthetic arguments through a BLAS that computes nothing. What is counted must be
 * what the reference table says (evaluated here, not by the generator), every argument must arrive, every refused call
 * counts 0. Usage: MODE FAKE_ONE FAKE_TWO TABLE [CALLER_ONE CALLER_TWO]; MODE local, linked or two.
 */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_formula.h"
#include "expected.h"
#include "fake_blas.h"
#include "stub_core.h"

#define CHECK(condition, ...)                                                                                          \
    do                                                                                                                 \
    {                                                                                                                  \
        if (!(condition))                                                                                              \
        {                                                                                                              \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                                            \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fprintf(stderr, "\n");                                                                                     \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

typedef int64_t call_t(fake_call_t *function, const double *d, const int64_t *a);

int64_t main_call(fake_call_t *function, const double *d, const int64_t *a);

static const entry_t entries[] = {
#include "names.inc"
};

static int failures;
static uint64_t seed;
static fake_state_t *fakes[2];
static call_t *callers[2];
static int fake_count = 1;

static int64_t draw(const int64_t low, const int64_t high)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return low + (int64_t)((seed >> 33) % (uint64_t)(high - low + 1));
}

/* Let the call go out from the caller of one fake library; it must arrive there and nowhere else. */
static void call(const entry_t *const entry, call_case_t *const item)
{
    const int which = fake_count > 1 ? (int)draw(0, 1) : 0;
    fake_state_t *const fake = fakes[which];
    const uint64_t calls = fake->calls;
    union
    {
        void *object;
        fake_call_t *function;
    } symbol = {dlsym(RTLD_DEFAULT, entry->symbol)};
    int64_t word[FAKE_WORDS];
    double scalar[2];

    if (NULL == symbol.object)
    {
        CHECK(NULL != symbol.object, "%s", entry->symbol);
        return;
    }
    memset(stub_last(), 0, sizeof(*stub_last()));
    call_case_words(entry, item, word, scalar);
    callers[which](symbol.function, scalar, word);
    CHECK(calls + 1 == fake->calls, "%s did not reach its library", entry->symbol);
    CHECK(
        0 == memcmp(word, fake->word, sizeof(word[0]) * (size_t)item->word_count), "%s: arguments changed",
        entry->symbol);
    for (int s = 0; s < item->scalar_count; s++)
    {
        const bool is_single = 's' == entry->type || 'c' == entry->type || 'b' == entry->type;

        CHECK(0 == memcmp(&scalar[s], &fake->scalar[s], is_single ? 4 : 8), "%s: scalar %d changed", entry->symbol, s);
    }
}

static void check_counts(const entry_t *const entry)
{
    for (int round = 0; round < 6; round++)
    {
        const uint64_t seed_used = seed;
        call_case_t item;

        call_case_draw(entry, &item, draw);
        call(entry, &item);
        const stub_last_t *const last = stub_last();
        const csv_int_t expected = expected_total(entry, &item);

        CHECK(expected >= 0, "%s: no expectation for family %s", entry->symbol, entry->family);
        CHECK(
            (flopmeter_u128_t)expected == last->shape.flop_count, "%s seed %llu: expected %lld, counted %lld",
            entry->symbol, (unsigned long long)seed_used, (long long)expected, (long long)last->shape.flop_count);
        CHECK(0 == expected || 1 == last->calls, "%s: %llu samples", entry->symbol, (unsigned long long)last->calls);
        CHECK(
            0 == expected || (entry->is_lapack ? FLOPMETER_SOURCE_LAPACK : FLOPMETER_SOURCE_BLAS) == last->source, "%s",
            entry->symbol);
        const flopmeter_precision_t precision = 'b' == entry->type                           ? FLOPMETER_BF16
                                                : ('s' == entry->type || 'c' == entry->type) ? FLOPMETER_FP32
                                                                                             : FLOPMETER_FP64;

        CHECK(0 == expected || precision == last->precision, "%s: precision %d", entry->symbol, (int)last->precision);
        if (expected_is_interval(entry))
        {
            CHECK(last->shape.bound > 0, "%s: no upper end", entry->symbol);
        }
        else
        {
            CHECK(0 == last->shape.estimate && 0 == last->shape.bound, "%s: exact and yet an interval", entry->symbol);
        }
    }
}

static void check_nothing(const entry_t *const entry, call_case_t *const item, const char *const why)
{
    call(entry, item);
    CHECK(0 == stub_last()->calls, "%s: %s counted %lld", entry->symbol, why, (long long)stub_last()->shape.flop_count);
}

static void check_refusals(const entry_t *const entry)
{
    call_case_t item;
    const char *why;

    for (int i = 0;; i++)
    {
        call_case_draw(entry, &item, draw);
        why = call_case_spoil(entry, &item, i);
        if (NULL == why)
        {
            break;
        }
        if ('\0' != why[0])
        {
            check_nothing(entry, &item, why);
        }
    }
    if (entry->is_lapack)
    {
        call_case_draw(entry, &item, draw);
        item.info = 2;
        call(entry, &item);
        CHECK(
            (flopmeter_u128_t)expected_total(entry, &item) == stub_last()->shape.flop_count, "%s: INFO > 0",
            entry->symbol);
    }
}

static fake_state_t *open_fake(const char *const path, const char *const function)
{
    void *const handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    union
    {
        void *object;
        fake_state_function_t *function;
    } symbol = {NULL == handle ? NULL : dlsym(handle, function)};

    return NULL == symbol.object ? NULL : symbol.function();
}

static call_t *open_caller(const char *const path, const char *const function)
{
    void *const handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    union
    {
        void *object;
        call_t *function;
    } symbol = {NULL == handle ? NULL : dlsym(handle, function)};

    return symbol.function;
}

int main(const int argc, char **const argv)
{
    if (argc < 5 || !csv_open(argv[4]))
    {
        fprintf(stderr, "usage, or no table\n");
        return 1;
    }
    const char *const seed_given = getenv("FLOPMETER_TEST_SEED");

    seed = NULL == seed_given ? 20261123 : strtoull(seed_given, NULL, 10);
    callers[0] = main_call;
    if (0 == strcmp(argv[1], "two"))
    {
        fake_count = 2;
        callers[0] = open_caller(argv[5], "caller_one_call");
        callers[1] = open_caller(argv[6], "caller_two_call");
        fakes[1] = open_fake(argv[3], "fake_two_state");
    }
    fakes[0] = open_fake(argv[2], "fake_one_state");
    if (NULL == fakes[0] || NULL == callers[0] || (fake_count > 1 && (NULL == fakes[1] || NULL == callers[1])))
    {
        fprintf(stderr, "fake libraries: %s\n", dlerror());
        return 1;
    }

    const size_t count = sizeof(entries) / sizeof(entries[0]);

    /* The canary has few routines: only these are asked for there. */
    const char *const family = getenv("FLOPMETER_TEST_FAMILY");

    for (size_t i = 0; i < count && failures < 20; i++)
    {
        if (NULL != family && 0 != strcmp(family, entries[i].family))
        {
            continue;
        }
        check_counts(&entries[i]);
        check_refusals(&entries[i]);
    }
    printf("%zu names, %d failures\n", count, failures);
    return 0 == failures ? 0 : 1;
}
