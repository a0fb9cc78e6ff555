/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Build-time generator: reads routines.tbl, the one list of intercepted BLAS and LAPACK routines, and writes wrappers,
 * the list of names for the tests and docs/routines.md. Runs on the build host only; any mistake in the table ends the
 * build.
 */

#ifndef FLOPMETER_GENERATE_H
#define FLOPMETER_GENERATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define NAME_LENGTH (32)
#define TEXT_LENGTH (512)
#define PARAMETERS_MAX (8)
#define CASES_MAX (4)
#define ARGUMENTS_MAX (32)
#define NAMES_MAX (10)
#define FORMULAS_MAX (96)
#define ROUTINES_MAX (160)
#define TERMS_MAX (64)

/** coefficient x product of parameters */
typedef struct term_stct
{
    int64_t numerator;
    int64_t denominator;
    int exponent[PARAMETERS_MAX];
}
term_t;

typedef struct polynomial_stct
{
    int count;
    term_t term[TERMS_MAX];
}
polynomial_t;

typedef struct formula_case_stct
{
    char condition[TEXT_LENGTH];   /* C text, "" = otherwise */
    char mult[TEXT_LENGTH];
    char add[TEXT_LENGTH];
    char sum[TEXT_LENGTH];         /* instead of mult and add: calls of other formulas */
}
formula_case_t;

typedef struct formula_stct
{
    char name[NAME_LENGTH];
    char parameter[PARAMETERS_MAX][NAME_LENGTH];
    int parameter_count;
    formula_case_t cases[CASES_MAX];
    int case_count;
    char source[TEXT_LENGTH];
}
formula_t;

typedef enum argument_type_enum
{
    TYPE_ORDER,
    TYPE_OPTION,
    TYPE_INTEGER,
    TYPE_POINTER,
    TYPE_SCALAR,                   /* in the routine's type */
    TYPE_REAL                      /* in the real type that belongs to it */
}
argument_type_t;

typedef struct argument_stct
{
    char name[NAME_LENGTH];
    argument_type_t type;
}
argument_t;

typedef struct routine_name_stct
{
    char name[NAME_LENGTH];
    char type;                     /* s d c z, b = bf16 */
}
routine_name_t;

typedef struct routine_stct
{
    char family[NAME_LENGTH];
    bool is_lapack;
    routine_name_t names[NAMES_MAX];
    int name_count;
    char returns;                  /* v void, T routine's type, R real type, D double, S float */
    argument_t fortran[ARGUMENTS_MAX];
    int fortran_count;
    argument_t cblas[ARGUMENTS_MAX];
    int cblas_count;               /* 0 = no CBLAS entry */
    bool is_hot;                   /* many small calls are usual */
    int unit;                      /* which generated file */
    char cblas_suffix[NAME_LENGTH];
    char valid[TEXT_LENGTH];
    char positive[TEXT_LENGTH];
    char nonzero[TEXT_LENGTH];
    char count[TEXT_LENGTH];
    char point[TEXT_LENGTH];
    char upper[TEXT_LENGTH];
    char note[TEXT_LENGTH];
}
routine_t;

typedef struct table_stct
{
    formula_t formula[FORMULAS_MAX];
    int formula_count;
    routine_t routine[ROUTINES_MAX];
    int routine_count;
}
table_t;

/** Name of a wrapped symbol and how it is called. */
typedef struct variant_stct
{
    char symbol[2 * NAME_LENGTH];
    char sister[2 * NAME_LENGTH];
    bool is_cblas;
    bool is_wide;                  /* 64-bit integers */
}
variant_t;

#define VARIANTS_MAX (12)
#define UNITS (8)

_Noreturn void generate_fail(const char *what, const char *detail);

void generate_parse(table_t *table, const char *path);

/** Parse `text` over the formula's parameters. */
polynomial_t generate_polynomial(const formula_t *formula, const char *text);

/** All symbols of one routine name. Return their number. */
int generate_variants(const routine_t *routine, const routine_name_t *name, variant_t *variants);

/** Does the routine's table text mention the argument? */
bool generate_is_used(const routine_t *routine, const char *argument);

void generate_write_formulas(const table_t *table, FILE *out);
void generate_write_wrappers(const table_t *table, int unit, FILE *out);
void generate_write_names(const table_t *table, FILE *out);
void generate_write_fake(const table_t *table, FILE *out);
void generate_write_document(const table_t *table, FILE *out);

#endif /* FLOPMETER_GENERATE_H */
