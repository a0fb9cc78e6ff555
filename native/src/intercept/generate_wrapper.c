/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Writes the counting functions, one shape function per routine and one wrapper per symbol.
 */

#include <string.h>

#include "generate.h"

static int64_t common_denominator(const polynomial_t *const a, const polynomial_t *const b)
{
    int64_t denominator = 1;

    for (int i = 0; i < a->count + b->count; i++)
    {
        const int64_t next = i < a->count ? a->term[i].denominator : b->term[i - a->count].denominator;
        int64_t multiple = denominator;

        while (0 != multiple % next)
        {
            multiple += denominator;
        }
        denominator = multiple;
    }
    return denominator;
}

static void write_polynomial(
    const formula_t *const formula, const polynomial_t *const polynomial, const int64_t denominator, FILE *const out)
{
    fprintf(out, "(flopmeter_i128_t)0");
    for (int i = 0; i < polynomial->count; i++)
    {
        const term_t *const term = &polynomial->term[i];

        fprintf(out, " + (flopmeter_i128_t)%lld", (long long)(term->numerator * (denominator / term->denominator)));
        for (int p = 0; p < formula->parameter_count; p++)
        {
            for (int power = 0; power < term->exponent[p]; power++)
            {
                fprintf(out, " * %s", formula->parameter[p]);
            }
        }
    }
}

/* "getrf(m,n) + getrs(n,nrhs)" to calls of the counting functions. */
static void write_calls(const char *text, FILE *const out)
{
    while ('\0' != *text)
    {
        const size_t length = strcspn(text, "(");
        size_t end = length;
        int depth = 0;

        do
        {
            depth += '(' == text[end] ? 1 : ')' == text[end] ? -1 : 0;
            end++;
        } while (0 != depth && '\0' != text[end]);
        fprintf(out, "count_%.*s(is_complex, %.*s", (int)length, text, (int)(end - length - 1), text + length + 1);
        text += end;
        text += strspn(text, " ");
        if ('+' == *text)
        {
            fprintf(out, " + ");
            text += 1 + strspn(text + 1, " ");
        }
    }
}

static void write_case(const formula_t *const formula, const formula_case_t *const item, FILE *const out)
{
    if ('\0' != item->sum[0])
    {
        fprintf(out, "        return ");
        write_calls(item->sum, out);
        fprintf(out, ";\n");
        return;
    }
    const polynomial_t mult = generate_polynomial(formula, item->mult);
    const polynomial_t add = generate_polynomial(formula, item->add);
    const int64_t denominator = common_denominator(&mult, &add);

    fprintf(out, "        return flopmeter_total(is_complex, ");
    write_polynomial(formula, &mult, denominator, out);
    fprintf(out, ", ");
    write_polynomial(formula, &add, denominator, out);
    fprintf(out, ", %lld);\n", (long long)denominator);
}

static void write_formula_head(const formula_t *const formula, FILE *const out)
{
    fprintf(out, "static inline flopmeter_u128_t count_%s(const int is_complex", formula->name);
    for (int p = 0; p < formula->parameter_count; p++)
    {
        fprintf(out, ", const int64_t %s", formula->parameter[p]);
    }
    fprintf(out, ")");
}

void generate_write_formulas(const table_t *const table, FILE *const out)
{
    fprintf(out, "/* Generated from routines.tbl. */\n");
    for (int f = 0; f < table->formula_count; f++)
    {
        write_formula_head(&table->formula[f], out);
        fprintf(out, ";\n");
    }
    for (int f = 0; f < table->formula_count; f++)
    {
        const formula_t *const formula = &table->formula[f];

        write_formula_head(formula, out);
        fprintf(out, "\n{\n    (void)is_complex;\n");
        for (int c = 0; c < formula->case_count; c++)
        {
            const formula_case_t *const item = &formula->cases[c];

            fprintf(
                out, "    %s%s%s\n    {\n", '\0' == item->condition[0] ? "" : "if (", item->condition,
                '\0' == item->condition[0] ? "" : ")");
            write_case(formula, item, out);
            fprintf(out, "    }\n");
        }
        if ('\0' != formula->cases[formula->case_count - 1].condition[0])
        {
            fprintf(out, "    return 0;\n");
        }
        fprintf(out, "}\n\n");
    }
}

static bool is_in_list(const char *const list, const char *const word)
{
    char padded[TEXT_LENGTH + 3];
    char wanted[NAME_LENGTH + 3];

    snprintf(padded, sizeof(padded), " %s ", list);
    snprintf(wanted, sizeof(wanted), " %s ", word);
    return NULL != strstr(padded, wanted);
}

/* Options are always checked in BLAS; LAPACK says by INFO whether it liked its arguments. */
static bool is_passed(const routine_t *const routine, const argument_t *const argument)
{
    switch (argument->type)
    {
    case TYPE_OPTION:
        return !routine->is_lapack || generate_is_used(routine, argument->name);
    case TYPE_INTEGER:
        return generate_is_used(routine, argument->name);
    case TYPE_SCALAR:
    case TYPE_REAL:
        return is_in_list(routine->nonzero, argument->name);
    default:
        return false;
    }
}

static const char *option_letters(const char *const name)
{
    if (0 == strncmp(name, "trans", 5))
    {
        return "NTCR";
    }
    return 0 == strncmp(name, "uplo", 4) ? "UL" : 0 == strcmp(name, "diag") ? "UN" : "LR";
}

static bool has_argument(const routine_t *const routine, const char *const name)
{
    for (int a = 0; a < routine->fortran_count; a++)
    {
        if (0 == strcmp(routine->fortran[a].name, name))
        {
            return true;
        }
    }
    return false;
}

static const argument_t *shape_arguments(const routine_t *const routine, int *const count)
{
    *count = 0 != routine->fortran_count ? routine->fortran_count : routine->cblas_count;
    return 0 != routine->fortran_count ? routine->fortran : routine->cblas;
}

static void write_part(const char *const text, const char *const field, FILE *const out)
{
    if ('\0' != text[0])
    {
        fprintf(out, "    const flopmeter_u128_t %s = ", field);
        write_calls(text, out);
        fprintf(out, ";\n");
    }
}

static void write_checks(const routine_t *const routine, FILE *const out)
{
    int count;
    const argument_t *const arguments = shape_arguments(routine, &count);
    char words[TEXT_LENGTH];

    for (int a = 0; a < count && !routine->is_lapack; a++)
    {
        if (TYPE_OPTION == arguments[a].type)
        {
            fprintf(out, "    REQUIRE(IN(%s, \"%s\"))\n", arguments[a].name, option_letters(arguments[a].name));
        }
    }
    strcpy(words, routine->valid);
    for (char *word = strtok(words, " "); NULL != word; word = strtok(NULL, " "))
    {
        fprintf(out, "    REQUIRE(%s)\n", word);
    }
    strcpy(words, routine->positive);
    for (char *word = strtok(words, " "); NULL != word; word = strtok(NULL, " "))
    {
        fprintf(out, "    REQUIRE(%s > 0)\n", word);
    }
    for (int a = 0; a < count; a++)
    {
        const char *const name = arguments[a].name;

        if (0 == strcmp(name, "lwork") || 0 == strcmp(name, "liwork") || 0 == strcmp(name, "lrwork"))
        {
            fprintf(out, "    REQUIRE(-1 != %s)\n", name);
        }
        if ((TYPE_SCALAR == arguments[a].type || TYPE_REAL == arguments[a].type) && is_in_list(routine->nonzero, name))
        {
            fprintf(
                out, "    REQUIRE(!FLOPMETER_ZERO(%s, %s))\n", name,
                TYPE_SCALAR == arguments[a].type ? "type" : "flopmeter_real_type(type)");
        }
    }
}

static void write_shape(const routine_t *const routine, FILE *const out)
{
    int count;
    const argument_t *const arguments = shape_arguments(routine, &count);

    /* Inlined where programs call it often and small: passing a dozen arguments on costs more than looking at them. */
    fprintf(
        out, "static %s void shape_%s(flopmeter_shape_t *const shape, const char type, const int row",
        routine->is_hot ? "inline __attribute__((always_inline))" : "__attribute__((noinline))", routine->family);
    for (int a = 0; a < count; a++)
    {
        if (is_passed(routine, &arguments[a]))
        {
            fprintf(
                out, ", const %s %s",
                TYPE_SCALAR <= arguments[a].type   ? "void *"
                : TYPE_OPTION == arguments[a].type ? "char"
                                                   : "int64_t",
                arguments[a].name);
        }
    }
    fprintf(
        out, ")\n{\n    const int is_complex = 'c' == type || 'z' == type;\n    (void)is_complex;\n    (void)row;\n");
    fprintf(out, "    shape->flop_count = shape->estimate = shape->bound = 0;\n    REQUIRE(row >= 0)\n");
    write_checks(routine, out);
    write_part(routine->count, "lower", out);
    write_part(routine->point, "point", out);
    write_part(routine->upper, "upper", out);
    fprintf(out, "    shape->flop_count = lower;\n");
    if ('\0' != routine->point[0])
    {
        fprintf(out, "    shape->estimate = point > lower ? point - lower : 0;\n");
        fprintf(out, "    shape->bound = upper > lower + shape->estimate ? upper - lower - shape->estimate : 0;\n");
    }
    fprintf(out, "}\n\n");
}

static const char *value_type(const char kind, const char type)
{
    const bool is_single = 's' == type || 'c' == type || 'b' == type;

    switch (kind)
    {
    case 'D':
        return "double";
    case 'S':
        return "float";
    case 'R':
        return is_single ? "float" : "double";
    case 'T':
        return 'c' == type ? "float _Complex" : 'z' == type ? "double _Complex" : is_single ? "float" : "double";
    default:
        return "void";
    }
}

/* By-value scalars of CBLAS: real ones in a floating-point register, complex ones by address. */
static bool is_by_value(const argument_t *const argument, const char type)
{
    return TYPE_REAL == argument->type || (TYPE_SCALAR == argument->type && 'c' != type && 'z' != type);
}

/*
 * Integers by value are passed on as 64 bits even under 32-bit names: an ILP64 library without a suffix uses the same
 * names, and both ABIs give every argument a whole register or stack slot.
 */
static void write_parameters(
    const argument_t *const arguments,
    const int count,
    const variant_t *const variant,
    const char type,
    const bool has_names,
    FILE *const out)
{
    for (int a = 0; a < count; a++)
    {
        const argument_t *const argument = &arguments[a];
        const char *kind = "const void *";

        if (variant->is_cblas && is_by_value(argument, type))
        {
            kind = value_type('R', type);
        }
        else if (variant->is_cblas && argument->type <= TYPE_INTEGER)
        {
            kind = TYPE_INTEGER == argument->type ? "int64_t" : "int";
        }
        fprintf(out, "%s%s %s", 0 == a ? "" : ", ", kind, has_names ? argument->name : "");
    }
}

static void write_lengths(const argument_t *const arguments, const int count, const char *const format, FILE *const out)
{
    int index = 0;

    for (int a = 0; a < count; a++)
    {
        if (TYPE_OPTION == arguments[a].type)
        {
            fprintf(out, "%s", format);
            if ('_' == format[strlen(format) - 1])
            {
                fprintf(out, "%d", index++);
            }
        }
    }
}

static void
write_shape_arguments(const routine_t *const routine, const variant_t *const variant, const char type, FILE *const out)
{
    int count;
    const argument_t *const arguments = shape_arguments(routine, &count);
    const char *const width = variant->is_wide ? "64" : "32";

    for (int a = 0; a < count; a++)
    {
        const argument_t *const argument = &arguments[a];

        if (!is_passed(routine, argument))
        {
            continue;
        }
        switch (argument->type)
        {
        case TYPE_OPTION:
            fprintf(out, ", flopmeter_%s(%s)", variant->is_cblas ? "enumerator" : "letter", argument->name);
            break;
        case TYPE_INTEGER:
            if (variant->is_cblas)
            {
                fprintf(out, ", (int%s_t)%s", width, argument->name);
            }
            else
            {
                fprintf(out, ", flopmeter_int%s(%s)", width, argument->name);
            }
            break;
        default:
            fprintf(out, ", %s%s", variant->is_cblas && is_by_value(argument, type) ? "&" : "", argument->name);
            break;
        }
    }
}

static void write_wrapper(
    const routine_t *const routine, const routine_name_t *const name, const variant_t *const variant, FILE *const out)
{
    const argument_t *const arguments = variant->is_cblas ? routine->cblas : routine->fortran;
    const int count = variant->is_cblas ? routine->cblas_count : routine->fortran_count;
    const char *const returns = value_type(routine->returns, name->type);
    const bool is_function = 'v' != routine->returns && !(variant->is_cblas && '\0' != routine->cblas_suffix[0]);
    const char *const type = is_function ? returns : "void";
    const char *const source = routine->is_lapack ? "FLOPMETER_SOURCE_LAPACK" : "FLOPMETER_SOURCE_BLAS";

    fprintf(out, "%s %s(", type, variant->symbol);
    write_parameters(arguments, count, variant, name->type, true, out);
    if (!variant->is_cblas)
    {
        write_lengths(arguments, count, ", size_t length_", out);
    }
    fprintf(out, ");\nFLOPMETER_WRAPPER %s %s(", type, variant->symbol);
    write_parameters(arguments, count, variant, name->type, true, out);
    if (!variant->is_cblas)
    {
        write_lengths(arguments, count, ", size_t length_", out);
    }
    fprintf(out, ")\n{\n    typedef %s real_t(", type);
    write_parameters(arguments, count, variant, name->type, false, out);
    if (!variant->is_cblas)
    {
        write_lengths(arguments, count, ", size_t", out);
    }
    fprintf(
        out, ");\n    FLOPMETER_SYMBOL(symbol, \"%s\", \"%s\", %s);\n", variant->symbol,
        variant->sister, source);
    fprintf(out, "    FLOPMETER_BEGIN(real_t)\n");
    fprintf(out, "    if (NULL == real)\n    {\n        return%s;\n    }\n", is_function ? " 0" : "");
    fprintf(out, "    FLOPMETER_GUARD(guard, caller);\n    flopmeter_shape_t shape;\n");
    fprintf(
        out, "    if (flopmeter_guard_is_outermost(&guard))\n    {\n        shape_%s(&shape, '%c', %s", routine->family,
        name->type, variant->is_cblas && TYPE_ORDER == arguments[0].type ? "flopmeter_layout(order)" : "0");
    write_shape_arguments(routine, variant, name->type, out);
    fprintf(out, ");\n    }\n    ");
    if (is_function)
    {
        fprintf(out, "const %s result = ", type);
    }
    fprintf(out, "real(");
    for (int a = 0; a < count; a++)
    {
        fprintf(out, "%s%s", 0 == a ? "" : ", ", arguments[a].name);
    }
    if (!variant->is_cblas)
    {
        write_lengths(arguments, count, ", length_", out);
    }
    fprintf(out, ");\n    ");
    if (routine->is_lapack && has_argument(routine, "info"))
    {
        fprintf(out, "FLOPMETER_FORGET_IF(flopmeter_int%s(info) < 0)\n    ", variant->is_wide ? "64" : "32");
    }
    fprintf(
        out, "FLOPMETER_END(%s, %s)\n",
        'b' == name->type                        ? "FLOPMETER_BF16"
        : 's' == name->type || 'c' == name->type ? "FLOPMETER_FP32"
                                                 : "FLOPMETER_FP64",
        source);
    fprintf(out, "%s}\n\n", is_function ? "    return result;\n" : "");
}

void generate_write_wrappers(const table_t *const table, const int unit, FILE *const out)
{
    fprintf(out, "/* Generated from routines.tbl. */\n#include \"flopmeter_shape.h\"\n#include \"formulas.inc\"\n\n");
    for (int r = 0; r < table->routine_count; r++)
    {
        const routine_t *const routine = &table->routine[r];

        if (unit != routine->unit)
        {
            continue;
        }
        write_shape(routine, out);
        for (int n = 0; n < routine->name_count; n++)
        {
            variant_t variants[VARIANTS_MAX];
            const int count = generate_variants(routine, &routine->names[n], variants);

            for (int v = 0; v < count; v++)
            {
                write_wrapper(routine, &routine->names[n], &variants[v], out);
            }
        }
    }
}
