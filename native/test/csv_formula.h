/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The reference table of formulas, evaluated by itself: shares nothing with the generator of the wrappers.
 */

#ifndef FLOPMETER_TEST_CSV_FORMULA_H
#define FLOPMETER_TEST_CSV_FORMULA_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 csv_int_t;

typedef struct csv_size_stct
{
    int64_t m;
    int64_t n;
    int64_t k;
    int64_t nrhs;
}
csv_size_t;

/** Read the table. Return false when it can't be read. */
bool csv_open(const char *path);

/** Real or complex total of the row, rounded down; -1 when the table has no such row or no formula in it. */
csv_int_t csv_total(const char *row, bool is_complex, const csv_size_t *size);

#endif /* FLOPMETER_TEST_CSV_FORMULA_H */
