/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Synthetic calls, and what they must be counted as.
 */

#ifndef FLOPMETER_TEST_EXPECTED_H
#define FLOPMETER_TEST_EXPECTED_H

#include <stdbool.h>
#include <stdint.h>

#include "csv_formula.h"
#include "fake_blas.h"

/** One intercepted name, from the generated list. */
typedef struct entry_stct
{
    const char *symbol;
    const char *family;
    const char *base;
    char type;
    char returns;
    int is_lapack;
    int is_cblas;
    int is_wide;
    const char *arguments; /* name:kind, kind o order, t option, i integer, p pointer, s scalar, r real scalar */
}
entry_t;

typedef struct call_case_stct
{
    int count;
    char name[FAKE_WORDS][16];
    char kind[FAKE_WORDS];
    int64_t value[FAKE_WORDS]; /* integers; option letters */
    int64_t store[FAKE_WORDS]; /* what Fortran's pointers point to */
    double scalar[FAKE_WORDS][2];
    char letter[FAKE_WORDS];
    int64_t info;
    int word_count;
    int scalar_count;
}
call_case_t;

typedef int64_t draw_t(int64_t low, int64_t high);

/** A valid call of `entry` with random sizes. */
void call_case_draw(const entry_t *entry, call_case_t *item, draw_t *draw);

/** From now on array arguments are memory that a real library can compute with. Return false when memory is out. */
bool call_case_use_real_arrays(void);

/** Argument words and floating-point registers of the call. */
void call_case_words(const entry_t *entry, call_case_t *item, int64_t *word, double *scalar);

/** Make the call worth nothing in the way number `i`. Return how, "" when that way is none for this routine, NULL past
 * the last. */
const char *call_case_spoil(const entry_t *entry, call_case_t *item, int i);

/** Value of the named integer or option, or 0. */
int64_t call_case_value(const call_case_t *item, const char *name);

/** What the call counts (the lower end of an interval); -1 when nobody knows. */
csv_int_t expected_total(const entry_t *entry, const call_case_t *item);

bool expected_is_interval(const entry_t *entry);

#endif /* FLOPMETER_TEST_EXPECTED_H */
