/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads the table. Usage: generate_cublas TABLE wrappers UNIT | names | fake | document  > FILE
 */

#include <stdlib.h>
#include <string.h>

#include "generate_cublas.h"

_Noreturn void cublas_fail(const char *const what, const char *const detail)
{
    fprintf(stderr, "generate_cublas: %s: %s\n", what, detail);
    exit(1);
}

static void copy_text(char *const target, const size_t length, const char *const text)
{
    if (NULL == text || '\0' == text[0] || strlen(text) >= length)
    {
        cublas_fail("text missing or too long", NULL == text ? "" : text);
    }
    strcpy(target, text);
}

bool cublas_has_argument(const cublas_routine_t *const routine, const char *const name)
{
    for (int a = 0; a < routine->argument_count; a++)
    {
        if (0 == strcmp(routine->arguments[a], name))
        {
            return true;
        }
    }
    return false;
}

bool cublas_symbol(const cublas_routine_t *const routine, int index, cublas_symbol_t *const symbol)
{
    for (int n = 0; n < routine->name_count; n++)
    {
        const cublas_name_t *const name = &routine->names[n];
        const int each = name->is_wide ? 2 : 1;
        const int count = (int)strlen(name->letters) * each;

        if (index < count)
        {
            const char *const mark = strchr(name->pattern, '?');

            symbol->letter = name->letters[index / each];
            symbol->is_wide = routine->is_host || 0 != index % each;
            strcpy(symbol->name, name->pattern);
            if (NULL != mark)
            {
                symbol->name[mark - name->pattern] = symbol->letter;
            }
            strcat(symbol->name, 0 != index % each ? "_64" : "");
            return true;
        }
        index -= count;
    }
    return false;
}

static void parse_names(cublas_routine_t *const routine, char *const text)
{
    cublas_name_t *const name = &routine->names[routine->name_count++];

    if (routine->name_count > CUBLAS_NAMES_MAX)
    {
        cublas_fail("too many names", text);
    }
    copy_text(name->pattern, sizeof(name->pattern), strtok(text, " "));
    copy_text(name->letters, sizeof(name->letters), strtok(NULL, " "));
    name->is_wide = NULL != strtok(NULL, " ");
}

static void parse_arguments(cublas_routine_t *const routine, char *const text)
{
    strcpy(routine->arguments[0], "handle");
    routine->argument_count = 1;
    for (const char *word = strtok(text, " "); NULL != word; word = strtok(NULL, " "))
    {
        if (routine->argument_count >= CUBLAS_ARGUMENTS_MAX)
        {
            cublas_fail("too many arguments", word);
        }
        copy_text(routine->arguments[routine->argument_count++], CUBLAS_NAME_LENGTH, word);
    }
}

static void parse_line(cublas_routine_t *const routine, const char *const key, char *const text)
{
    const struct
    {
        const char *key;
        char *target;
        size_t length;
    }
    texts[] =
    {
        { "count", routine->count, sizeof(routine->count) },
        { "positive", routine->positive, sizeof(routine->positive) },
        { "batch", routine->batch, sizeof(routine->batch) },
        { "operands", routine->operands, sizeof(routine->operands) },
        { "compute", routine->compute, sizeof(routine->compute) },
        { "alpha", routine->alpha, sizeof(routine->alpha) },
        { "note", routine->note, sizeof(routine->note) },
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
    {
        if (0 == strcmp(texts[i].key, key))
        {
            copy_text(texts[i].target, texts[i].length, text);
            return;
        }
    }
    if (0 == strcmp(key, "names"))
    {
        parse_names(routine, text);
    }
    else if (0 == strcmp(key, "args"))
    {
        parse_arguments(routine, text);
    }
    else if (0 == strcmp(key, "math"))
    {
        routine->has_math_mode = true;
    }
    else if (0 == strcmp(key, "host"))
    {
        routine->is_host = true;
    }
    else
    {
        cublas_fail("unknown key", key);
    }
}

static void parse(cublas_table_t *const table, const char *const path)
{
    FILE *const in = fopen(path, "r");
    char line[2 * CUBLAS_TEXT_LENGTH];
    int unit = 0;

    if (NULL == in)
    {
        cublas_fail("cannot open", path);
    }
    while (NULL != fgets(line, sizeof(line), in))
    {
        line[strcspn(line, "\r\n")] = '\0';
        char *const key = line + strspn(line, " ");

        if ('\0' == *key || '#' == *key)
        {
            continue;
        }
        char *text = key + strcspn(key, " ");

        if ('\0' != *text)
        {
            *text++ = '\0';
        }
        if (key != line && 0 != table->routine_count)
        {
            parse_line(&table->routine[table->routine_count - 1], key, text);
        }
        else if (0 == strcmp(key, "unit"))
        {
            unit = atoi(text);
        }
        else if (0 == strcmp(key, "routine") && table->routine_count < CUBLAS_ROUTINES_MAX)
        {
            cublas_routine_t *const routine = &table->routine[table->routine_count++];

            copy_text(routine->family, sizeof(routine->family), text);
            routine->unit = unit;
        }
        else
        {
            cublas_fail("unknown block, or too many routines", key);
        }
    }
    fclose(in);
}

/* name, family, letter, wide, host, math, batched, operands by type, compute by type, alpha, arguments */
static void write_names(const cublas_routine_t *const routine, FILE *const out)
{
    cublas_symbol_t symbol;

    for (int i = 0; cublas_symbol(routine, i, &symbol); i++)
    {
        fprintf(
            out, "{ \"%s\", \"%s\", '%c', %d, %d, %d, %d, %d, \"%s\", \"", symbol.name, routine->family, symbol.letter,
            symbol.is_wide, routine->is_host, routine->has_math_mode, '\0' != routine->operands[0],
            '\0' != routine->compute[0], routine->alpha);
        for (int a = 0; a < routine->argument_count; a++)
        {
            fprintf(out, "%s%s", 0 == a ? "" : " ", routine->arguments[a]);
        }
        fprintf(out, "\" },\n");
    }
}

static void write_document(const cublas_routine_t *const routine, FILE *const out)
{
    fprintf(out, "| ");
    for (int n = 0; n < routine->name_count; n++)
    {
        const cublas_name_t *const name = &routine->names[n];
        const char *const mark = strchr(name->pattern, '?');

        fprintf(out, "%s`%.*s", 0 == n ? "" : " ", NULL == mark ? 99 : (int)(mark - name->pattern), name->pattern);
        if (NULL != mark)
        {
            fprintf(out, "{%s}%s", name->letters, mark + 1);
        }
        fprintf(out, "`");
    }
    fprintf(
        out, " | %s | %s%s | %s%s%s%s | %s |\n", routine->names[0].is_wide ? "yes" : routine->is_host ? "only" : "no",
        '\0' == routine->batch[0] ? "" : "batch x ", routine->count,
        '\0' == routine->operands[0]      ? "letter"
            : '\0' != routine->compute[0] ? "operands, compute type"
                                          : "operands",
        routine->has_math_mode ? ", math mode" : "",
        cublas_has_argument(routine, "alpha") ? "" : "; no alpha",
        routine->is_host ? "; host alpha" : "", routine->note);
}

static const char introduction[] =
    "# Intercepted cuBLAS routines\n"
    "\n"
    "Generated from `native/src/intercept/cublas.tbl` (a test checks that this page is up to date). Rules, precisions "
    "and what is not\n"
    "seen: [cuda.md](cuda.md). Formulas and their sources are those of [routines.md](routines.md); a complex routine "
    "counts 6 mult + 2 add.\n"
    "\n"
    "`{SDCZ}` stands for each of the letters. `_64`: the same name with that suffix and 64-bit integers is wrapped as "
    "well; \"only\": all\n"
    "sizes are 64 bits under the plain name. Precision comes from the letter (S, C: fp32; D, Z: fp64; H: fp16; "
    "T: bf16; B: int8), from the\n"
    "arguments that hold the operands' types, the compute type and the handle's math mode where the column says so.\n"
    "\n"
    "| routines | `_64` | count | precision from | note |\n"
    "|---|---|---|---|---|\n";

int main(const int argc, char **const argv)
{
    static cublas_table_t table;

    if (argc < 3)
    {
        cublas_fail("usage", "generate_cublas TABLE wrappers UNIT | names | fake | document");
    }
    parse(&table, argv[1]);
    if ('w' == argv[2][0])
    {
        cublas_write_wrappers(&table, argc > 3 ? atoi(argv[3]) : 1, stdout);
    }
    if ('d' == argv[2][0])
    {
        fputs(introduction, stdout);
    }
    for (int r = 0; r < table.routine_count; r++)
    {
        const cublas_routine_t *const routine = &table.routine[r];
        cublas_symbol_t symbol;

        if ('n' == argv[2][0])
        {
            write_names(routine, stdout);
        }
        for (int i = 0; 'f' == argv[2][0] && cublas_symbol(routine, i, &symbol); i++)
        {
            printf("FAKE(%s)\n", symbol.name);
        }
        if ('d' == argv[2][0])
        {
            write_document(routine, stdout);
        }
    }
    return 0;
}
