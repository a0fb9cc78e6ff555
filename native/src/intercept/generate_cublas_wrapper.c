/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Writes one shape function per routine and one wrapper per symbol. Every argument of cuBLAS is an integer or an
 * address, so a wrapper passes on whole registers and stack slots and reads of each what its type holds.
 */

#include <string.h>

#include "generate_cublas.h"

static bool is_in_list(const char *const list, const char *const word)
{
    char padded[CUBLAS_TEXT_LENGTH + 3];
    char wanted[CUBLAS_NAME_LENGTH + 3];

    snprintf(padded, sizeof(padded), " %s ", list);
    snprintf(wanted, sizeof(wanted), " %s ", word);
    return NULL != strstr(padded, wanted);
}

/* Does the count mention the argument? */
static bool is_counted(const cublas_routine_t *const routine, const char *const name)
{
    char words[CUBLAS_TEXT_LENGTH];

    strcpy(words, routine->count);
    for (char *c = words; '\0' != *c; c++)
    {
        *c = NULL != strchr("(),+", *c) ? ' ' : *c;
    }
    return is_in_list(words, name) || is_in_list(routine->positive, name) || 0 == strcmp(routine->batch, name);
}

static const char *data_type(const char letter)
{
    switch (letter)
    {
        case 'S':
            return "FLOPMETER_CUDA_R_32F";
        case 'D':
            return "FLOPMETER_CUDA_R_64F";
        case 'C':
            return "FLOPMETER_CUDA_C_32F";
        case 'Z':
            return "FLOPMETER_CUDA_C_64F";
        case 'H':
            return "FLOPMETER_CUDA_R_16F";
        case 'T':
            return "FLOPMETER_CUDA_R_16BF";
        case 'B':
            return "FLOPMETER_CUDA_R_8U";
        default:
            cublas_fail("unknown letter", (char[]){ letter, '\0' });
    }
}

/* "getrf(n,n) + getri(n)" to calls of the counting functions. */
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
        }
        while (0 != depth && '\0' != text[end]);
        if (0 != depth)
        {
            cublas_fail("no closing parenthesis", text);
        }
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

static void write_shape(const cublas_routine_t *const routine, const int index, FILE *const out)
{
    char words[CUBLAS_TEXT_LENGTH];

    fprintf(out, "static __attribute__((noinline)) flopmeter_u128_t shape_%d(const int is_complex", index);
    for (int a = 0; a < routine->argument_count; a++)
    {
        if (is_counted(routine, routine->arguments[a]))
        {
            fprintf(
                out, ", const %s %s", 0 == strcmp("side", routine->arguments[a]) ? "char" : "int64_t",
                routine->arguments[a]);
        }
    }
    fprintf(out, ")\n{\n    (void)is_complex;\n    return ");
    strcpy(words, routine->positive);
    for (const char *word = strtok(words, " "); NULL != word; word = strtok(NULL, " "))
    {
        if (!cublas_has_argument(routine, word))
        {
            cublas_fail("no such argument", word);
        }
        fprintf(out, "%s <= 0 || ", word);
    }
    fprintf(out, "%s%s0 ? 0 : ", routine->batch, '\0' == routine->batch[0] ? "" : " <= ");
    if ('\0' != routine->batch[0])
    {
        fprintf(out, "(flopmeter_u128_t)%s * (", routine->batch);
    }
    write_calls(routine->count, out);
    fprintf(out, "%s;\n}\n\n", '\0' == routine->batch[0] ? "" : ")");
}

static void write_parameters(const cublas_routine_t *const routine, const char *const format, FILE *const out)
{
    for (int a = 0; a < routine->argument_count; a++)
    {
        fprintf(out, "%s%s", 0 == a ? "" : ", ", format);
        fprintf(out, "%s", '\0' == format[0] || ' ' == format[strlen(format) - 1] ? routine->arguments[a] : "");
    }
}

static void write_alpha(const cublas_routine_t *const routine, const char letter, FILE *const out)
{
    if (!cublas_has_argument(routine, "alpha"))
    {
        fprintf(out, "NULL, 0");
        return;
    }
    fprintf(out, "(const void *)(uintptr_t)alpha, ");
    if (cublas_has_argument(routine, routine->alpha))
    {
        fprintf(out, "(int32_t)%s", routine->alpha);
    }
    else if ('\0' != routine->compute[0])
    {
        fprintf(out, "flopmeter_cublas_scale_type((int32_t)%s, left)", routine->compute);
    }
    else if (0 == strcmp("real", routine->alpha))
    {
        fprintf(out, "%s", data_type('C' == letter ? 'S' : 'D'));
    }
    else
    {
        fprintf(out, "%s", data_type('\0' == routine->alpha[0] ? letter : routine->alpha[0]));
    }
}

static void write_count(
    const cublas_routine_t *const routine, const int index, const cublas_symbol_t *const symbol, FILE *const out)
{
    char left[CUBLAS_NAME_LENGTH + 16];
    char right[CUBLAS_NAME_LENGTH + 16];
    char words[CUBLAS_TEXT_LENGTH];

    strcpy(words, routine->operands);
    if ('\0' == words[0])
    {
        strcpy(left, data_type(symbol->letter));
        strcpy(right, data_type(symbol->letter));
    }
    else
    {
        snprintf(left, sizeof(left), "(int32_t)%.40s", strtok(words, " "));
        snprintf(right, sizeof(right), "(int32_t)%.40s", strtok(NULL, " "));
    }
    fprintf(out, "        const int32_t left = %s;\n        const flopmeter_cublas_call_t call = {\n", left);
    fprintf(
        out, "            FLOPMETER_CUBLAS_REAL, %s, ",
        routine->is_host ? "NULL" : "(const void *)(uintptr_t)handle");
    write_alpha(routine, symbol->letter, out);
    fprintf(
        out, ", left, %s, %s%s, %s };\n", right, '\0' == routine->compute[0] ? "" : "(int32_t)",
        '\0' == routine->compute[0] ? "FLOPMETER_CUBLAS_COMPUTE_NONE" : routine->compute,
        routine->has_math_mode ? "true" : "false");
    fprintf(out, "        flopmeter_cublas_count(&call, shape_%d(flopmeter_cuda_is_complex(left)", index);
    for (int a = 0; a < routine->argument_count; a++)
    {
        const char *const name = routine->arguments[a];

        if (0 == strcmp("side", name))
        {
            fprintf(out, ", FLOPMETER_CUBLAS_SIDE_LEFT == (int32_t)side ? 'L' : 'R'");
        }
        else if (is_counted(routine, name))
        {
            fprintf(out, ", (%s)%s", symbol->is_wide ? "int64_t" : "int32_t", name);
        }
    }
    fprintf(out, "));\n");
}

static void write_wrapper(
    const cublas_routine_t *const routine, const int index, const cublas_symbol_t *const symbol, FILE *const out)
{
    fprintf(out, "int %s(", symbol->name);
    write_parameters(routine, "uint64_t ", out);
    fprintf(out, ");\nFLOPMETER_WRAPPER int %s(", symbol->name);
    write_parameters(routine, "uint64_t ", out);
    fprintf(out, ")\n{\n    typedef int real_t(");
    write_parameters(routine, "uint64_t", out);
    fprintf(out, ");\n    FLOPMETER_SYMBOL(symbol, \"%s\", \"\", FLOPMETER_SOURCE_CUDA);\n", symbol->name);
    fprintf(out, "    FLOPMETER_BEGIN(real_t)\n    if (NULL == real)\n    {\n");
    fprintf(out, "        return FLOPMETER_CUBLAS_NOT_SUPPORTED;\n    }\n    FLOPMETER_GUARD(guard, caller);\n");
    fprintf(out, "    FLOPMETER_CUDA_CALL(guard);\n");
    fprintf(out, "    const int status = real(");
    write_parameters(routine, "", out);
    fprintf(out, ");\n    if (FLOPMETER_CUDA_SUCCESS == status && flopmeter_guard_is_outermost(&guard))\n    {\n");
    write_count(routine, index, symbol, out);
    fprintf(out, "    }\n    return status;\n}\n\n");
}

void cublas_write_wrappers(const cublas_table_t *const table, const int unit, FILE *const out)
{
    cublas_symbol_t symbol;

    fprintf(out, "/* Generated from cublas.tbl. */\n#include \"cublas.h\"\n#include \"formulas.inc\"\n\n");
    fprintf(out, "#define FLOPMETER_CUBLAS_REAL (const void *)(uintptr_t)real\n\n");
    for (int r = 0; r < table->routine_count; r++)
    {
        if (unit != table->routine[r].unit)
        {
            continue;
        }
        write_shape(&table->routine[r], r, out);
        for (int i = 0; cublas_symbol(&table->routine[r], i, &symbol); i++)
        {
            write_wrapper(&table->routine[r], r, &symbol, out);
        }
    }
}
