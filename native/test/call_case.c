/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expected.h"

#define LEADING (100)
#define WORK (60000)
#define GARBAGE (0x5A5A5A5A00000000)

static uint8_t arrays[FAKE_WORDS * 64];
static bool is_real;
static double *real_arrays[FAKE_WORDS];

static bool is_one_of(const char *const name, const char *const list)
{
    char word[24];

    snprintf(word, sizeof(word), " %s ", name);
    return NULL != strstr(list, word);
}

static bool is_size(const char *const name)
{
    return is_one_of(name, " m n k ");
}

/* Options that are legal for this very routine. */
static char draw_option(const entry_t *const entry, const char *const name, draw_t *const draw)
{
    const bool is_complex = 'c' == entry->type || 'z' == entry->type;
    const bool is_svd = 0 == strncmp(entry->family, "gesvd", 5) || 0 == strncmp(entry->family, "gesdd", 5);
    const char *letters = is_svd ? "NSA" : 0 == strcmp(name, "sort") ? "N" : "NV";

    if (0 == strncmp(name, "trans", 5))
    {
        letters = 0 == strcmp(entry->family, "herk") || 0 == strcmp(entry->family, "her2k") ? "NC"
                  : entry->is_lapack && is_one_of(entry->family, " gels ormqr ")            ? (is_complex ? "NC" : "NT")
                  : is_complex && (0 == strcmp(entry->family, "syrk") || 0 == strcmp(entry->family, "syr2k")) ? "NT"
                                                                                                              : "NTC";
    }
    else if (0 == strcmp(name, "uplo"))
    {
        letters = "UL";
    }
    else if (0 == strcmp(name, "diag"))
    {
        letters = "UN";
    }
    else if (0 == strcmp(name, "side"))
    {
        letters = "LR";
    }
    else if (0 == strcmp(name, "fact"))
    {
        letters = "NE";
    }
    else if (0 == strcmp(name, "range"))
    {
        letters = "A";
    }
    return letters[draw(0, (int64_t)strlen(letters) - 1)];
}

static int64_t draw_integer(const entry_t *const entry, const char *const name, draw_t *const draw)
{
    /* LAPACK's orthogonal factors want their sizes ordered. */
    const bool is_wide_factor = NULL != strstr(entry->family, "glq") || NULL != strstr(entry->family, "mlq");
    const bool is_factor = 0 == strncmp(entry->family, "org", 3) || 0 == strncmp(entry->family, "orm", 3) ||
                           0 == strncmp(entry->family, "unm", 3);

    if (is_size(name))
    {
        if (is_factor)
        {
            return 'k' == name[0] ? draw(1, 7) : ('m' == name[0]) != is_wide_factor ? draw(20, 40) : draw(8, 19);
        }
        return draw(1, 40);
    }
    if (is_one_of(name, " incx incy "))
    {
        return draw(1, 3);
    }
    if (is_one_of(name, " kl ku "))
    {
        return draw(0, 45);
    }
    return is_one_of(name, " nrhs batch_size ")       ? draw(1, 9)
           : 'i' == name[0]                           ? 1
           : is_one_of(name, " lwork liwork lrwork ") ? WORK
                                                      : LEADING;
}

void call_case_draw(const entry_t *const entry, call_case_t *const item, draw_t *const draw)
{
    const char *at = entry->arguments;

    memset(item, 0, sizeof(*item));
    while ('\0' != *at)
    {
        const int a = item->count++;
        const size_t length = strcspn(at, ":");

        snprintf(item->name[a], sizeof(item->name[a]), "%.*s", (int)length, at);
        item->kind[a] = at[length + 1];
        at += length + 2;
        at += ' ' == *at ? 1 : 0;
        switch (item->kind[a])
        {
        case 'o':
            item->value[a] = draw(101, 102);
            break;
        case 't':
            item->value[a] = draw_option(entry, item->name[a], draw);
            break;
        case 'i':
            item->value[a] = draw_integer(entry, item->name[a], draw);
            break;
        default:
            item->scalar[a][0] = 1.5;
            break;
        }
    }
}

static int64_t enumerator_of(const char *const name, const char letter)
{
    switch (name[0])
    {
    case 't':
        return 'N' == letter ? 111 : 'T' == letter ? 112 : 'C' == letter ? 113 : 99;
    case 'u':
        return 'U' == letter ? 121 : 'L' == letter ? 122 : 99;
    case 'd':
        return 'N' == letter ? 131 : 'U' == letter ? 132 : 99;
    default:
        return 'L' == letter ? 141 : 'R' == letter ? 142 : 99;
    }
}

static void store_scalar(const entry_t *const entry, const double value, void *const target)
{
    const bool is_single = 's' == entry->type || 'c' == entry->type || 'b' == entry->type;
    const float single[2] = {(float)value, 0};
    const double full[2] = {value, 0};

    memcpy(target, is_single ? (const void *)single : (const void *)full, is_single ? 8 : 16);
}

/* Memory that a real library can work on: a symmetric, dominant matrix, or what the argument's name asks for. */
static int64_t real_word(const entry_t *const entry, call_case_t *const item, const int a)
{
    const char *const name = item->name[a];
    const bool is_single = 's' == entry->type || 'c' == entry->type || 'b' == entry->type;
    const int width = 'c' == entry->type || 'z' == entry->type ? 2 : 1;
    double *const array = real_arrays[a];

    if ('l' == name[0] && 'd' == name[1])
    {
        item->store[a] = LEADING;
        return (int64_t)(uintptr_t)&item->store[a];
    }
    if (is_one_of(name, " il iu ilo ihi info "))
    {
        item->store[a] = 0 == strcmp(name, "info") ? 0 : 0 == strcmp(name, "ihi") ? call_case_value(item, "n") : 1;
        return (int64_t)(uintptr_t)&item->store[a];
    }
    memset(array, 0, sizeof(*array) * 2 * WORK);
    for (int i = 0; i < LEADING && 0 == strcmp(name, "ipiv"); i++)
    {
        ((int32_t *)array)[i] = i + 1;
    }
    for (int i = 0; i < LEADING * 41 && !is_one_of(name, " ipiv jpvt vl vu abstol rcond param "); i++)
    {
        const int row = i % LEADING;
        const int column = i / LEADING;
        const double value = row == column ? 50 : 1.0 / (1 + row + column);

        if (is_single)
        {
            ((float *)array)[i * width] = (float)value;
        }
        else
        {
            array[i * width] = value;
        }
    }
    return (int64_t)(uintptr_t)array;
}

bool call_case_use_real_arrays(void)
{
    for (int a = 0; a < FAKE_WORDS; a++)
    {
        real_arrays[a] = malloc(sizeof(double) * 2 * WORK);
        if (NULL == real_arrays[a])
        {
            return false;
        }
    }
    is_real = true;
    return true;
}

static int64_t fortran_word(const entry_t *const entry, call_case_t *const item, const int a)
{
    switch (item->kind[a])
    {
    case 't':
        item->letter[a] = (char)(item->value[a] | (a % 2 ? 0x20 : 0));
        return (int64_t)(uintptr_t)&item->letter[a];
    case 's':
    case 'r':
    {
        const double value = item->scalar[a][0];

        store_scalar(entry, value, item->scalar[a]);
        return (int64_t)(uintptr_t)item->scalar[a];
    }
    case 'i':
        item->store[a] = item->value[a];
        break;
    default:
        if (is_real)
        {
            return real_word(entry, item, a);
        }
        if (0 != strcmp(item->name[a], "info"))
        {
            return (int64_t)(uintptr_t)&arrays[a * 64];
        }
        item->store[a] = item->info;
        break;
    }
    if (!entry->is_wide)
    {
        /* The upper half belongs to somebody else. */
        item->store[a] = (item->store[a] & 0xFFFFFFFF) | GARBAGE;
    }
    return (int64_t)(uintptr_t)&item->store[a];
}

void call_case_words(const entry_t *const entry, call_case_t *const item, int64_t *const word, double *const scalar)
{
    const bool is_complex = 'c' == entry->type || 'z' == entry->type;
    int count = 0;

    memset(word, 0x11, sizeof(*word) * FAKE_WORDS);
    scalar[0] = scalar[1] = 0;
    for (int a = 0; a < item->count; a++)
    {
        const char kind = item->kind[a];

        if (!entry->is_cblas || 'p' == kind || ('s' == kind && is_complex))
        {
            word[count++] = fortran_word(entry, item, a);
        }
        else if ('s' == kind || 'r' == kind)
        {
            double both[2];

            store_scalar(entry, item->scalar[a][0], both);
            scalar[item->scalar_count++] = both[0];
        }
        else if ('i' == kind)
        {
            word[count++] = entry->is_wide ? item->value[a] : ((item->value[a] & 0xFFFFFFFF) | GARBAGE);
        }
        else
        {
            word[count++] = 't' == kind ? enumerator_of(item->name[a], (char)item->value[a]) : item->value[a];
        }
    }
    for (int a = 0; a < item->count && !entry->is_cblas; a++)
    {
        if ('t' == item->kind[a])
        {
            word[count++] = 1000 + a;
        }
    }
    item->word_count = count;
}

int64_t call_case_value(const call_case_t *const item, const char *const name)
{
    for (int a = 0; a < item->count; a++)
    {
        if (0 == strcmp(item->name[a], name))
        {
            return item->value[a];
        }
    }
    return 0;
}

static const char *spoil_blas(const entry_t *const entry, call_case_t *const item, const int a, const int way)
{
    const char *const name = item->name[a];

    switch (way)
    {
    case 2:
        item->value[a] = 't' == item->kind[a] ? 'X' : item->value[a];
        return 't' == item->kind[a] ? "a wrong option" : "";
    case 3:
        item->value[a] = 'l' == name[0] ? 0 : item->value[a];
        return 'i' == item->kind[a] && 'l' == name[0] ? "a leading dimension of 0" : "";
    case 4:
        item->value[a] = 'i' == item->kind[a] ? 0 : item->value[a];
        return is_one_of(name, " incx incy ") && NULL != strstr(entry->arguments, "lda") ? "an increment of 0" : "";
    case 5:
        item->scalar[a][0] = 0;
        return 0 == strcmp(name, "alpha") ? "alpha = 0" : "";
    case 6:
        item->value[a] = 'o' == item->kind[a] ? 7 : item->value[a];
        return 'o' == item->kind[a] ? "an unknown layout" : "";
    default:
        return "";
    }
}

static const char *spoil_lapack(call_case_t *const item, const int a, const int way)
{
    const char *const name = item->name[a];

    if (2 == way)
    {
        item->value[a] = -1;
        return is_one_of(name, " lwork liwork lrwork ") ? "a workspace query" : "";
    }
    item->info = -3;
    return 3 == way && 0 == strcmp(name, "info") ? "INFO < 0" : "";
}

const char *call_case_spoil(const entry_t *const entry, call_case_t *const item, const int i)
{
    const int a = i / 7;
    const int way = i % 7;

    if (a >= item->count)
    {
        return NULL;
    }
    if (way < 2)
    {
        item->value[a] = 0 == way ? 0 : -5;
        return 'i' == item->kind[a] && is_size(item->name[a]) && 0 != strcmp(entry->family, "sbmv") &&
                       0 != strncmp(entry->family, "tb", 2)
                   ? (0 == way ? "a size of 0" : "a negative size")
                   : "";
    }
    return entry->is_lapack ? spoil_lapack(item, a, way) : spoil_blas(entry, item, a, way);
}
