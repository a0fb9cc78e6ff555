/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Build-time generator: reads cublas.tbl, the one list of intercepted cuBLAS routines. Any mistake in the table ends
 * the build.
 */

#ifndef FLOPMETER_GENERATE_CUBLAS_H
#define FLOPMETER_GENERATE_CUBLAS_H

#include <stdbool.h>
#include <stdio.h>

#define CUBLAS_NAME_LENGTH (48)
#define CUBLAS_TEXT_LENGTH (512)
#define CUBLAS_ARGUMENTS_MAX (24)
#define CUBLAS_NAMES_MAX (12)
#define CUBLAS_ROUTINES_MAX (96)

typedef struct cublas_name_stct
{
    char pattern[CUBLAS_NAME_LENGTH]; /* ? is the letter */
    char letters[8];
    bool is_wide;
}
cublas_name_t;

typedef struct cublas_routine_stct
{
    char family[CUBLAS_NAME_LENGTH];
    cublas_name_t names[CUBLAS_NAMES_MAX];
    int name_count;
    char arguments[CUBLAS_ARGUMENTS_MAX][CUBLAS_NAME_LENGTH]; /* the handle is the first */
    int argument_count;
    char count[CUBLAS_TEXT_LENGTH];
    char positive[CUBLAS_TEXT_LENGTH];
    char batch[CUBLAS_NAME_LENGTH];
    char operands[CUBLAS_TEXT_LENGTH];
    char compute[CUBLAS_NAME_LENGTH];
    char alpha[CUBLAS_NAME_LENGTH];
    char note[CUBLAS_TEXT_LENGTH];
    bool has_math_mode;
    bool is_host;
    int unit;
}
cublas_routine_t;

typedef struct cublas_table_stct
{
    cublas_routine_t routine[CUBLAS_ROUTINES_MAX];
    int routine_count;
}
cublas_table_t;

/** One symbol of a routine. */
typedef struct cublas_symbol_stct
{
    char name[CUBLAS_NAME_LENGTH + 4];
    char letter;
    bool is_wide;                     /* 64-bit integers */
}
cublas_symbol_t;

_Noreturn void cublas_fail(const char *what, const char *detail);

/** The `index`th symbol of a routine. False past the last. */
bool cublas_symbol(const cublas_routine_t *routine, int index, cublas_symbol_t *symbol);

bool cublas_has_argument(const cublas_routine_t *routine, const char *name);

void cublas_write_wrappers(const cublas_table_t *table, int unit, FILE *out);

#endif /* FLOPMETER_GENERATE_CUBLAS_H */
