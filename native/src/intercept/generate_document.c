/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Writes the page of formulas, the list of names for the tests and the fake library that the tests call.
 */

#include <string.h>

#include "generate.h"

static const char introduction[] =
    "# Intercepted routines and their formulas\n"
    "\n"
    "Generated from `native/src/intercept/routines.tbl` (a test checks that this page is up to date). The preload "
    "library wraps\n"
    "these routines; oneDNN is described elsewhere.\n"
    "\n"
    "## How a call is counted\n"
    "\n"
    "* A multiplication and an addition are 1 each. A real routine counts mult + add, a complex one 6 mult + 2 add, in "
    "the real\n"
    "  precision. Scaling by alpha and beta is not counted in levels 2 and 3. `LAWN 41` is LAPACK Working Note 41.\n"
    "* Nothing is counted for a size <= 0, alpha = 0, an argument the reference BLAS refuses (or any call during which "
    "the library\n"
    "  called `xerbla_`), INFO < 0, a workspace query (LWORK, LIWORK or LRWORK = -1), and a call that did not return. "
    "INFO > 0 counts.\n"
    "* The outermost call on a thread counts, what it calls inside does not.\n"
    "* Routines with an estimate and a bound are iterative: the count is the lower end of an interval. The formula of "
    "the lower end is\n"
    "  that of the direct reduction; the bound follows from the iteration limits in the reference LAPACK.\n"
    "* TRANS = `R` (and CblasConjNoTrans) is accepted, since OpenBLAS does it; a library that refuses it calls "
    "`xerbla_`.\n"
    "\n"
    "## Names\n"
    "\n"
    "For a routine `dgemm`: `dgemm_`, `scipy_dgemm_` (32-bit integers), `dgemm_64_`, `dgemm64_`, `dgemm_64`, "
    "`scipy_dgemm_64_`\n"
    "(64-bit); CBLAS: `cblas_dgemm`, `scipy_cblas_dgemm`, `cblas_dgemm64_`, `cblas_dgemm_64`, `scipy_cblas_dgemm64_`,\n"
    "`scipy_cblas_dgemm_64`.\n"
    "\n"
    "Not wrapped, on purpose: bare names such as `dgemm` or `DGEMM` (MKL has them, but so have ordinary programs, with "
    "other\n"
    "arguments); `LAPACKE_*` (they reach the Fortran entry through the dynamic linker, which counts; in the OpenBLAS "
    "of the\n"
    "scipy-openblas wheels they do not, and are not seen); `*copy`, `*swap`, `i*amax` (0 by convention); `*rotg` (a "
    "handful of\n"
    "operations); banded and general tridiagonal factorizations (their count depends on the pivots). What is not "
    "wrapped, and what a library does without the dynamic linker, is covered by the upper end of the run.\n"
    "An ILP64 library that uses the 32-bit names is read by its low words, which is exact below 2^31.\n"
    "\n";

/* A bar would end the cell. */
static void write_cell(const char *text, FILE *const out)
{
    for (; '\0' != *text; text++)
    {
        fputs('|' == *text ? "\\|" : (char[]){*text, '\0'}, out);
    }
}

static void write_formula(const formula_t *const formula, FILE *const out)
{
    for (int c = 0; c < formula->case_count; c++)
    {
        const formula_case_t *const item = &formula->cases[c];

        fprintf(out, "| %s%s", 0 == c ? formula->name : "", 0 == c ? "(" : "");
        for (int p = 0; p < formula->parameter_count && 0 == c; p++)
        {
            fprintf(out, "%s%s", 0 == p ? "" : ", ", formula->parameter[p]);
        }
        if (0 == c)
        {
            fprintf(out, ")");
        }
        fprintf(out, " | ");
        write_cell('\0' != item->condition[0] ? item->condition : 0 == c ? "" : "otherwise", out);
        fprintf(out, " | ");
        if ('\0' != item->sum[0])
        {
            fprintf(out, "%s | ", item->sum);
        }
        else
        {
            fprintf(out, "mult %s; add %s | ", item->mult, item->add);
        }
        fprintf(out, "%s |\n", 0 == c ? formula->source : "");
    }
}

static void write_routine(const routine_t *const routine, FILE *const out)
{
    fprintf(out, "| ");
    for (int n = 0; n < routine->name_count; n++)
    {
        fprintf(out, "%s%s", 0 == n ? "" : " ", routine->names[n].name);
    }
    fprintf(
        out, " | %s | %s | %s%s%s",
        routine->is_lapack            ? ""
        : 0 == routine->fortran_count ? "only"
        : 0 == routine->cblas_count   ? "no"
                                      : "yes",
        routine->count, routine->point, '\0' == routine->point[0] ? "" : "; ", routine->upper);
    fprintf(out, " | %s |\n", routine->note);
}

void generate_write_document(const table_t *const table, FILE *const out)
{
    fputs(introduction, out);
    for (int lapack = 0; lapack < 2; lapack++)
    {
        fprintf(
            out, "## %s\n\n| routines | CBLAS | count or lower end | estimate; bound | note |\n|---|---|---|---|---|\n",
            lapack ? "LAPACK" : "BLAS");
        for (int r = 0; r < table->routine_count; r++)
        {
            if ((1 == lapack) == table->routine[r].is_lapack)
            {
                write_routine(&table->routine[r], out);
            }
        }
        fprintf(out, "\n");
    }
    fprintf(
        out, "`sgemm_batch` and its kin (Fortran, and CBLAS as `cblas_sgemm_batch`) count the sum over their groups; "
             "they are written by hand in `batch.c`.\n\n");
    fprintf(out, "## Formulas\n\n| formula | case | operations | source |\n|---|---|---|---|\n");
    for (int f = 0; f < table->formula_count; f++)
    {
        write_formula(&table->formula[f], out);
    }
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
                fprintf(
                    out, "{ \"%s\", \"%s\", \"%s\", '%c', '%c', %d, %d, %d, \"", variants[v].symbol, routine->family,
                    routine->names[n].name, routine->names[n].type, routine->returns, routine->is_lapack,
                    variants[v].is_cblas, variants[v].is_wide);
                write_arguments(
                    variants[v].is_cblas ? routine->cblas : routine->fortran,
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
