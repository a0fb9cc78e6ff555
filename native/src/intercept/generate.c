/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads the table. Usage: generate TABLE wrappers UNIT | formulas | names | fake | document  > FILE
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"

_Noreturn void generate_fail(const char *const what, const char *const detail)
{
    fprintf(stderr, "generate: %s: %s\n", what, detail);
    exit(1);
}

static void copy_text(char *const target, const size_t length, const char *const text)
{
    if (strlen(text) >= length)
    {
        generate_fail("text too long", text);
    }
    strcpy(target, text);
}

/* What an argument is called says what it is; anything else is an array or a result, which nobody reads. */
static argument_type_t type_of(const char *const name)
{
    static const char *const integers = " m n k kl ku nrhs lda ldb ldc ldvs incx incy itype ilo ihi lwork liwork "
                                        "lrwork stridea strideb stridec batch_size kd ";
    static const char *const options =
        " transa transb trans uplo uplo2 diag side vect jobz jobu jobvt jobvl jobvr jobvs sort range fact equed ";
    char word[NAME_LENGTH + 3];

    snprintf(word, sizeof(word), " %s ", name);
    if (0 == strcmp(name, "order"))
    {
        return TYPE_ORDER;
    }
    if (NULL != strstr(integers, word))
    {
        return TYPE_INTEGER;
    }
    if (NULL != strstr(options, word))
    {
        return TYPE_OPTION;
    }
    return (0 == strcmp(name, "alpha") || 0 == strcmp(name, "beta")) ? TYPE_SCALAR : TYPE_POINTER;
}

static int parse_arguments(argument_t *const arguments, int count, char *const text)
{
    static const char *const types[] = {"order", "option", "integer", "pointer", "scalar", "real"};

    for (char *word = strtok(text, " "); NULL != word; word = strtok(NULL, " "))
    {
        char *const colon = strchr(word, ':');

        if (count >= ARGUMENTS_MAX)
        {
            generate_fail("too many arguments", word);
        }
        if (NULL != colon)
        {
            *colon = '\0';
        }
        copy_text(arguments[count].name, NAME_LENGTH, word);
        arguments[count].type = type_of(word);
        for (int type = 0; NULL != colon && type < 6; type++)
        {
            if (0 == strcmp(types[type], colon + 1))
            {
                arguments[count].type = (argument_type_t)type;
            }
        }
        count++;
    }
    return count;
}

static void parse_names(routine_t *const routine, char *const text)
{
    for (char *word = strtok(text, " "); NULL != word; word = strtok(NULL, " "))
    {
        routine_name_t *const name = &routine->names[routine->name_count++];
        char *const slash = strchr(word, '/');

        name->type = NULL == slash ? word[0] : slash[1];
        if (NULL != slash)
        {
            *slash = '\0';
        }
        copy_text(name->name, NAME_LENGTH, word);
    }
}

/* "order" and "plain": as Fortran with and without the leading layout. Anything else is the list itself. */
static void parse_cblas(routine_t *const routine, char *const text)
{
    const bool has_order = 0 == strncmp(text, "order", 5);

    if (has_order || 0 == strncmp(text, "plain", 5))
    {
        if (has_order)
        {
            char order[] = "order";

            routine->cblas_count = parse_arguments(routine->cblas, 0, order);
        }
        for (int i = 0; i < routine->fortran_count; i++)
        {
            routine->cblas[routine->cblas_count++] = routine->fortran[i];
        }
        routine->cblas_count = parse_arguments(routine->cblas, routine->cblas_count, text + 5);
        return;
    }
    routine->cblas_count = parse_arguments(routine->cblas, 0, text);
}

static void begin_formula(table_t *const table, char *const text)
{
    formula_t *const formula = &table->formula[table->formula_count++];
    char *word = strtok(text, "(, )");

    copy_text(formula->name, NAME_LENGTH, word);
    while (NULL != (word = strtok(NULL, "(, )")))
    {
        copy_text(formula->parameter[formula->parameter_count++], NAME_LENGTH, word);
    }
}

static void parse_formula_line(formula_t *const formula, const char *const key, const char *const text)
{
    if (0 == strcmp(key, "source"))
    {
        copy_text(formula->source, TEXT_LENGTH, text);
        return;
    }
    if (0 == strcmp(key, "case") || 0 == formula->case_count)
    {
        formula->case_count++;
    }
    formula_case_t *const last = &formula->cases[formula->case_count - 1];

    if (0 == strcmp(key, "case"))
    {
        copy_text(last->condition, TEXT_LENGTH, 0 == strcmp(text, "otherwise") ? "" : text);
    }
    else if (0 == strcmp(key, "mult"))
    {
        copy_text(last->mult, TEXT_LENGTH, text);
    }
    else if (0 == strcmp(key, "add"))
    {
        copy_text(last->add, TEXT_LENGTH, text);
    }
    else if (0 == strcmp(key, "sum"))
    {
        copy_text(last->sum, TEXT_LENGTH, text);
    }
    else
    {
        generate_fail("unknown key of a formula", key);
    }
}

static void parse_routine_line(routine_t *const routine, const char *const key, char *const text)
{
    const struct
    {
        const char *key;
        char *target;
    } texts[] = {
        {"valid", routine->valid},     {"positive", routine->positive},
        {"nonzero", routine->nonzero}, {"count", routine->count},
        {"point", routine->point},     {"upper", routine->upper},
        {"note", routine->note},       {"cblas_suffix", routine->cblas_suffix},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
    {
        if (0 == strcmp(texts[i].key, key))
        {
            copy_text(texts[i].target, 7 == i ? NAME_LENGTH : TEXT_LENGTH, text);
            return;
        }
    }
    if (0 == strcmp(key, "names"))
    {
        parse_names(routine, text);
    }
    else if (0 == strcmp(key, "hot"))
    {
        routine->is_hot = true;
    }
    else if (0 == strcmp(key, "returns"))
    {
        routine->returns = text[0];
    }
    else if (0 == strcmp(key, "fortran"))
    {
        routine->fortran_count = parse_arguments(routine->fortran, 0, text);
    }
    else if (0 == strcmp(key, "cblas"))
    {
        parse_cblas(routine, text);
    }
    else
    {
        generate_fail("unknown key of a routine", key);
    }
}

static void begin_routine(table_t *const table, char *const text, const int unit)
{
    routine_t *const routine = &table->routine[table->routine_count++];

    copy_text(routine->family, NAME_LENGTH, strtok(text, " "));
    routine->is_lapack = 0 == strcmp(strtok(NULL, " "), "lapack");
    routine->returns = 'v';
    routine->unit = unit;
}

void generate_parse(table_t *const table, const char *const path)
{
    FILE *const in = fopen(path, "r");
    char line[2 * TEXT_LENGTH];
    char block = ' ';
    int unit = 0;

    if (NULL == in)
    {
        generate_fail("cannot open", path);
    }
    while (NULL != fgets(line, sizeof(line), in))
    {
        line[strcspn(line, "\r\n")] = '\0';
        char *key = line + strspn(line, " ");

        if ('\0' == *key || '#' == *key)
        {
            continue;
        }
        char *text = key + strcspn(key, " ");

        if ('\0' != *text)
        {
            *text++ = '\0';
            text += strspn(text, " ");
        }
        if (key == line)
        {
            block = key[0];
            if ('f' == block)
            {
                begin_formula(table, text);
            }
            else if ('r' == block)
            {
                begin_routine(table, text, unit);
            }
            else if ('u' == block)
            {
                unit = atoi(text);
            }
            else
            {
                generate_fail("unknown block", key);
            }
        }
        else if ('f' == block)
        {
            parse_formula_line(&table->formula[table->formula_count - 1], key, text);
        }
        else
        {
            parse_routine_line(&table->routine[table->routine_count - 1], key, text);
        }
    }
    fclose(in);
}

bool generate_is_used(const routine_t *const routine, const char *const argument)
{
    const char *const texts[] = {routine->valid, routine->positive, routine->count, routine->point, routine->upper};
    const size_t length = strlen(argument);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
    {
        for (const char *at = texts[i]; NULL != (at = strstr(at, argument)); at += length)
        {
            const bool begins = at == texts[i] || !(isalnum((unsigned char)at[-1]) || '_' == at[-1] || '\'' == at[-1]);

            if (begins && !isalnum((unsigned char)at[length]) && '_' != at[length])
            {
                return true;
            }
        }
    }
    return 0 == strcmp(argument, "lwork") || 0 == strcmp(argument, "liwork") || 0 == strcmp(argument, "lrwork");
}

int generate_variants(const routine_t *const routine, const routine_name_t *const name, variant_t *const variants)
{
    /* pattern, pattern of the sister, is CBLAS, has 64-bit integers */
    static const struct
    {
        const char *pattern;
        const char *sister;
        bool is_cblas;
        bool is_wide;
    } patterns[VARIANTS_MAX] = {
        {"%s_", "scipy_%s_", false, false},
        {"scipy_%s_", "%s_", false, false},
        {"%s_64_", "%s64_", false, true},
        {"%s64_", "%s_64_", false, true},
        {"%s_64", "%s_64_", false, true},
        {"scipy_%s_64_", "%s_64_", false, true},
        {"cblas_%s", "scipy_cblas_%s", true, false},
        {"scipy_cblas_%s", "cblas_%s", true, false},
        {"cblas_%s64_", "cblas_%s_64", true, true},
        {"cblas_%s_64", "cblas_%s64_", true, true},
        {"scipy_cblas_%s64_", "cblas_%s64_", true, true},
        {"scipy_cblas_%s_64", "cblas_%s_64", true, true},
    };
    int count = 0;

    for (int i = 0; i < VARIANTS_MAX; i++)
    {
        if (0 == (patterns[i].is_cblas ? routine->cblas_count : routine->fortran_count))
        {
            continue;
        }
        char stem[2 * NAME_LENGTH];
        variant_t *const variant = &variants[count++];

        snprintf(stem, sizeof(stem), "%s%s", name->name, patterns[i].is_cblas ? routine->cblas_suffix : "");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-truncation"
        snprintf(variant->symbol, sizeof(variant->symbol), patterns[i].pattern, stem);
        snprintf(variant->sister, sizeof(variant->sister), patterns[i].sister, stem);
#pragma GCC diagnostic pop
        variant->is_cblas = patterns[i].is_cblas;
        variant->is_wide = patterns[i].is_wide;
    }
    return count;
}

int main(const int argc, char **const argv)
{
    static table_t table;

    if (argc < 3)
    {
        generate_fail("usage", "generate TABLE wrappers UNIT | formulas | names | fake | document");
    }
    generate_parse(&table, argv[1]);
    switch (argv[2][0])
    {
    case 'w':
        generate_write_wrappers(&table, atoi(argv[3]), stdout);
        break;
    case 'f':
        (0 == strcmp(argv[2], "fake") ? generate_write_fake : generate_write_formulas)(&table, stdout);
        break;
    case 'n':
        generate_write_names(&table, stdout);
        break;
    default:
        generate_write_document(&table, stdout);
        break;
    }
    return 0 == fflush(stdout) ? 0 : 1;
}
