/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same expectations with the real libraries: each routine that the library has is called with valid arguments and
 * must count what its shape is worth, once, whatever it calls inside. Usage: openblas | reference
 */

#include <dlfcn.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expected.h"
#include "fake_blas.h"
#include "stub_core.h"

#define SKIP (77)

int64_t main_call(fake_call_t *function, const double *d, const int64_t *a);

static const entry_t entries[] = {
#include "names.inc"
};

static uint64_t seed = 20261123;

static int64_t draw(const int64_t low, const int64_t high)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return low + (int64_t)((seed >> 33) % (uint64_t)(high - low + 1));
}

static void *open_first(const char *const pattern)
{
    glob_t found;
    void *handle = NULL;

    if (NULL == strchr(pattern, '/'))
    {
        return dlopen(pattern, RTLD_NOW | RTLD_LOCAL);
    }
    if (0 == glob(pattern, 0, NULL, &found))
    {
        handle = dlopen(found.gl_pathv[0], RTLD_NOW | RTLD_LOCAL);
    }
    globfree(&found);
    return handle;
}

/* Return 0 right, 1 wrong. */
static int check(const entry_t *const entry)
{
    union
    {
        void *object;
        fake_call_t *function;
    } symbol = {dlsym(RTLD_DEFAULT, entry->symbol)};
    call_case_t item;
    int64_t word[FAKE_WORDS];
    double scalar[2];

    if (NULL == symbol.object)
    {
        fprintf(stderr, "%s: not intercepted\n", entry->symbol);
        return 1;
    }
    call_case_draw(entry, &item, draw);
    memset(stub_last(), 0, sizeof(*stub_last()));
    call_case_words(entry, &item, word, scalar);
    main_call(symbol.function, scalar, word);

    const csv_int_t expected = expected_total(entry, &item);
    const stub_last_t *const last = stub_last();

    if ((flopmeter_u128_t)expected != last->shape.flop_count || (0 != expected && 1 != last->calls))
    {
        fprintf(
            stderr, "%s: expected %lld, counted %lld in %llu calls (m %lld n %lld k %lld nrhs %lld)\n", entry->symbol,
            (long long)expected, (long long)last->shape.flop_count, (unsigned long long)last->calls,
            (long long)call_case_value(&item, "m"), (long long)call_case_value(&item, "n"),
            (long long)call_case_value(&item, "k"), (long long)call_case_value(&item, "nrhs"));
        return 1;
    }
    return 0;
}

int main(const int argc, char **const argv)
{
    const bool is_reference = argc > 2 && 0 == strcmp(argv[1], "reference");
    void *const blas = open_first(is_reference ? "/usr/lib/*/blas/libblas.so.3" : "libopenblas.so.0");
    void *const lapack = is_reference ? open_first("/usr/lib/*/lapack/liblapack.so.3") : blas;
    int called = 0;
    int wrong = 0;

    if (argc < 3 || !csv_open(argv[2]) || !call_case_use_real_arrays())
    {
        fprintf(stderr, "usage, or no table\n");
        return 1;
    }
    if (NULL == blas || NULL == lapack)
    {
        printf("skipped: this machine has no such library\n");
        return SKIP;
    }
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
    {
        const entry_t *const entry = &entries[i];
        void *const real = dlsym(entry->is_lapack ? lapack : blas, entry->symbol);

        for (int round = 0; round < 3 && NULL != real; round++)
        {
            called += 0 == round ? 1 : 0;
            wrong += check(entry);
        }
    }
    printf("%d routines called, %d calls wrong\n", called, wrong);
    return 0 == wrong ? 0 : 1;
}
