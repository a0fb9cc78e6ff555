/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_formula.h"

#define ROWS_MAX (80)
#define LINE_LENGTH (512)

typedef struct rational_stct
{
    csv_int_t numerator;
    csv_int_t denominator;
}
rational_t;

typedef struct reading_stct
{
    const char *at;
    const csv_size_t *size;
}
reading_t;

static char rows[ROWS_MAX][LINE_LENGTH];
static int row_count;

static rational_t read_sum(reading_t *reading);

static rational_t power(const rational_t base, long exponent)
{
    rational_t result = {1, 1};

    while (exponent-- > 0)
    {
        result.numerator *= base.numerator;
        result.denominator *= base.denominator;
    }
    return result;
}

static rational_t read_atom(reading_t *const reading)
{
    rational_t result = {1, 1};
    const csv_size_t *const size = reading->size;

    if ('(' == *reading->at)
    {
        reading->at++;
        result = read_sum(reading);
        reading->at++;
    }
    else if (isdigit((unsigned char)*reading->at))
    {
        result.numerator = strtol(reading->at, (char **)&reading->at, 10);
    }
    else if (0 == strncmp(reading->at, "nrhs", 4))
    {
        result.numerator = size->nrhs;
        reading->at += 4;
    }
    else
    {
        const char name = *reading->at++;

        result.numerator = 'm' == name ? size->m : 'n' == name ? size->n : size->k;
    }
    if ('^' == *reading->at)
    {
        reading->at++;
        result = power(result, strtol(reading->at, (char **)&reading->at, 10));
    }
    return result;
}

/* Left to right, with multiplication understood between neighbours: 2/3n^3 is (2/3) n^3. */
static rational_t read_product(reading_t *const reading)
{
    rational_t result = read_atom(reading);

    for (;;)
    {
        while (' ' == *reading->at)
        {
            reading->at++;
        }
        const char c = *reading->at;

        if ('*' != c && '/' != c && '(' != c && !isalnum((unsigned char)c))
        {
            return result;
        }
        reading->at += '*' == c || '/' == c ? 1 : 0;
        const rational_t right = read_atom(reading);

        result.numerator *= '/' == c ? right.denominator : right.numerator;
        result.denominator *= '/' == c ? right.numerator : right.denominator;
    }
}

static rational_t read_sum(reading_t *const reading)
{
    rational_t result = {0, 1};
    int sign = 1;

    for (;;)
    {
        const rational_t part = read_product(reading);

        result.numerator = result.numerator * part.denominator + sign * part.numerator * result.denominator;
        result.denominator *= part.denominator;
        if ('+' != *reading->at && '-' != *reading->at)
        {
            return result;
        }
        sign = '-' == *reading->at++ ? -1 : 1;
    }
}

bool csv_open(const char *const path)
{
    FILE *const in = fopen(path, "r");

    if (NULL == in)
    {
        return false;
    }
    row_count = 0;
    while (row_count < ROWS_MAX && NULL != fgets(rows[row_count], LINE_LENGTH, in))
    {
        row_count++;
    }
    fclose(in);
    return row_count > 1;
}

static csv_int_t
evaluate(const char *const mult, const char *const add, const bool is_complex, const csv_size_t *const size)
{
    reading_t reading = {mult, size};
    const rational_t a = read_sum(&reading);

    reading.at = add;
    const rational_t b = read_sum(&reading);
    const csv_int_t sum =
        (is_complex ? 6 : 1) * a.numerator * b.denominator + (is_complex ? 2 : 1) * b.numerator * a.denominator;
    const csv_int_t total = sum / (a.denominator * b.denominator);

    return total < 0 ? 0 : total;
}

csv_int_t csv_total(const char *const row, const bool is_complex, const csv_size_t *const size)
{
    for (int i = 1; i < row_count; i++)
    {
        char line[LINE_LENGTH];
        char *field[3];
        char *at = line;

        strcpy(line, rows[i]);
        for (int f = 0; f < 3; f++)
        {
            field[f] = at;
            at += strcspn(at, ",\n");
            if ('\0' != *at)
            {
                *at++ = '\0';
            }
        }
        const size_t length = strlen(row);

        /* A remark in brackets may follow the name. */
        if (0 == strncmp(field[0], row, length) &&
            ('\0' == field[0][length] || 0 == strncmp(field[0] + length, " (", 2)))
        {
            return '\0' == field[1][0] ? -1 : evaluate(field[1], field[2], is_complex, size);
        }
    }
    return -1;
}
