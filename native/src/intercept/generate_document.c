/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Writes the page of formulas, the list of names for the tests and the fake library that the tests call.
 */

#include <string.h>

#include "generate.h"

void generate_write_document(const table_t *const table, FILE *const out)
{
    (void)table;
    fprintf(out, "# Intercepted routines\n");
}

static void write_arguments(const argument_t *const arguments, const int count, FILE *const out)
{
    static const char letters[] = "otipsr";

    for (int a = 0; a < count; a++)
    {
        fprintf(out, "%s%s:%c", 0 == a ? "" : " ", arguments[a].name, letters[arguments[a].type]);
    }
}

void generate_write_names(const table_t *const table, FILE *const out)
{
    for (int r = 0; r < table->routine_count; r++)
    {
        const routine_t *const routine = &table->routine[r];

        for (int n = 0; n < routine->name_count; n++)
        {
            variant_t variants[VARIANTS_MAX];
            const int count = generate_variants(routine, &routine->names[n], variants);

            for (int v = 0; v < count; v++)
            {
                fprintf(out, "{ \"%s\", \"%s\", \"%s\", '%c', '%c', %d, %d, %d, \"", variants[v].symbol, routine->family,
                    routine->names[n].name, routine->names[n].type, routine->returns, routine->is_lapack,
                    variants[v].is_cblas, variants[v].is_wide);
                write_arguments(variants[v].is_cblas ? routine->cblas : routine->fortran,
                    variants[v].is_cblas ? routine->cblas_count : routine->fortran_count, out);
                fprintf(out, "\" },\n");
            }
        }
    }
}

void generate_write_fake(const table_t *const table, FILE *const out)
{
    for (int r = 0; r < table->routine_count; r++)
    {
        for (int n = 0; n < table->routine[r].name_count; n++)
        {
            variant_t variants[VARIANTS_MAX];
            const int count = generate_variants(&table->routine[r], &table->routine[r].names[n], variants);

            for (int v = 0; v < count; v++)
            {
                fprintf(out, "FAKE(%s)\n", variants[v].symbol);
            }
        }
    }
}
