/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * gpu_generate CHIPS.csv RATES.csv: check the tables of accelerator chips and print them as C. A fact without a source,
 * a lower end above the upper one or that nobody measured, a word nobody knows: one line on stderr, exit 1, no build.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LENGTH_MAX (1024)
#define CHIPS_MAX (64)
#define RATES_MAX (1024)
#define CHIP_FIELDS (10)
#define RATE_FIELDS (11)
#define CHIP_HEADER "chip,major,minor,names,cores_per_sm,sm_max,refresh_ns,tensor_clock_ppm,status,source"
#define RATE_HEADER \
    "chip,pipe,unit,precision,lowest,lowest_status,point,highest,highest_status,is_default,source"

typedef struct row_stct
{
    char text[LINE_LENGTH_MAX];
    char *field[RATE_FIELDS];
    int line;
}
row_t;

typedef struct word_stct
{
    const char *text;
    const char *constant;
}
word_t;

static const word_t pipes[] = {
    { "hmma", "FLOPMETER_GPU_HMMA" }, { "imma", "FLOPMETER_GPU_IMMA" }, { "dmma", "FLOPMETER_GPU_DMMA" },
    { "dfma", "FLOPMETER_GPU_DFMA" }, { "fp64", "FLOPMETER_GPU_FP64" }, { "fp32", "FLOPMETER_GPU_FP32" },
    { "fp16", "FLOPMETER_GPU_FP16" }, { NULL, NULL },
};
static const word_t units[] = {
    { "tensor", "FLOPMETER_GPU_TENSOR" }, { "packed", "FLOPMETER_GPU_PACKED" }, { "cuda", "FLOPMETER_GPU_CUDA" },
    { NULL, NULL },
};
static const word_t precisions[] = {
    { "fp64", "FLOPMETER_FP64" }, { "fp32", "FLOPMETER_FP32" }, { "tf32", "FLOPMETER_TF32" },
    { "fp16", "FLOPMETER_FP16" }, { "bf16", "FLOPMETER_BF16" }, { "fp8", "FLOPMETER_FP8" },
    { "fp6", "FLOPMETER_FP6" }, { "fp4", "FLOPMETER_FP4" }, { "int8", "FLOPMETER_INT8" },
    { "int4", "FLOPMETER_INT4" }, { "int1", "FLOPMETER_INT1" }, { NULL, NULL },
};
static const word_t statuses[] = { { "measured", "true" }, { "unverified", "false" }, { NULL, NULL } };

static row_t chips[CHIPS_MAX];
static row_t rates[RATES_MAX];
static size_t chips_count;
static size_t rates_count;
static const char *file_name;

static _Noreturn void refuse(int line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static _Noreturn void refuse(int line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "%s:%d: ", file_name, line);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static const char *constant_of(const word_t *words, const row_t *row, int field, const char *what)
{
    for (; NULL != words->text; words++)
    {
        if (0 == strcmp(words->text, row->field[field]))
        {
            return words->constant;
        }
    }
    refuse(row->line, "unknown %s \"%s\"", what, row->field[field]);
}

static uint32_t number_of(const row_t *row, int field, uint32_t max)
{
    char *end = NULL;
    const char *const text = row->field[field];
    const unsigned long value = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || '\0' != *end || value > max)
    {
        refuse(row->line, "\"%s\" is not a number from 0 to %u", text, max);
    }
    return (uint32_t)value;
}

/*
 * Fields have no quotes and no commas in them; the last one is the source and must say something.
 */
static void split(row_t *row, int fields)
{
    char *place = row->text;

    place[strcspn(place, "\r\n")] = '\0';
    for (int i = 0; i < fields; i++)
    {
        row->field[i] = place;
        place += strcspn(place, ",");
        if (i + 1 < fields && ',' != *place)
        {
            refuse(row->line, "%d fields expected, %d found", fields, i + 1);
        }
        if (i + 1 == fields && '\0' != *place)
        {
            refuse(row->line, "more than %d fields", fields);
        }
        *place++ = '\0';
        if ('\0' == row->field[i][0])
        {
            refuse(row->line, i + 1 == fields ? "a row without a source" : "an empty field");
        }
        if (NULL != strpbrk(row->field[i], "\"\\"))
        {
            refuse(row->line, "a quote or a backslash");
        }
    }
    if (strlen(row->field[fields - 1]) < 8)
    {
        refuse(row->line, "\"%s\" names no source", row->field[fields - 1]);
    }
}

static size_t load(const char *path, const char *header, row_t *rows, size_t rows_max, int fields)
{
    char line[LINE_LENGTH_MAX];
    size_t count = 0;
    FILE *const file = fopen(path, "r");

    file_name = path;
    if (NULL == file || NULL == fgets(line, sizeof(line), file))
    {
        refuse(1, "cannot be read");
    }
    line[strcspn(line, "\r\n")] = '\0';
    if (0 != strcmp(header, line))
    {
        refuse(1, "expected the header %s", header);
    }
    for (int number = 2; NULL != fgets(line, sizeof(line), file); number++)
    {
        if (count == rows_max || NULL == strchr(line, '\n'))
        {
            refuse(number, "too many rows, or a line of more than %d characters", LINE_LENGTH_MAX - 2);
        }
        rows[count].line = number;
        memcpy(rows[count].text, line, sizeof(line));
        split(&rows[count++], fields);
    }
    fclose(file);
    return count;
}

static void check_rate(const row_t *row)
{
    const uint32_t lowest = number_of(row, 4, UINT32_MAX >> 1);
    const uint32_t point = number_of(row, 6, UINT32_MAX >> 1);
    const uint32_t highest = number_of(row, 7, UINT32_MAX >> 1);

    if (lowest > point || point > highest || 0 == highest)
    {
        refuse(row->line, "expected lowest <= point <= highest > 0, found %u, %u, %u", lowest, point, highest);
    }
    (void)number_of(row, 9, 1);
    (void)constant_of(statuses, row, 8, "status");
    const bool is_measured = 0 == strcmp("true", constant_of(statuses, row, 5, "status"));
    if (lowest > 0 && !is_measured)
    {
        refuse(row->line, "a lowest rate of %u that nobody measured: expected 0", lowest);
    }
    for (const row_t *other = rates; other < row; other++)
    {
        bool is_same = true;
        for (int i = 0; i < 4; i++)
        {
            is_same = is_same && 0 == strcmp(other->field[i], row->field[i]);
        }
        if (is_same)
        {
            refuse(row->line, "the same key as line %d", other->line);
        }
    }
    for (size_t i = 0; i < chips_count; i++)
    {
        if (0 == strcmp(chips[i].field[0], row->field[0]))
        {
            return;
        }
    }
    refuse(row->line, "unknown chip \"%s\"", row->field[0]);
}

/*
 * Each pipe of each chip has exactly one rate to take the point from.
 */
static void check_defaults(const row_t *chip)
{
    for (const word_t *pipe = pipes; NULL != pipe->text; pipe++)
    {
        size_t count = 0;
        for (size_t i = 0; i < rates_count; i++)
        {
            count += 0 == strcmp(rates[i].field[0], chip->field[0]) && 0 == strcmp(rates[i].field[1], pipe->text) &&
                0 == strcmp(rates[i].field[9], "1");
        }
        if (1 != count)
        {
            refuse(1, "%s, pipe %s: %zu default rates, expected one", chip->field[0], pipe->text, count);
        }
    }
}

static void print_rates(const row_t *chip)
{
    printf("static const flopmeter_gpu_rate_t rates_%s[] = {\n", chip->field[0]);
    for (size_t i = 0; i < rates_count; i++)
    {
        const row_t *const row = &rates[i];
        if (0 == strcmp(row->field[0], chip->field[0]))
        {
            printf("    { %s, %s, %s, %u, %u, %u, %s },\n", constant_of(pipes, row, 1, "pipe"),
                constant_of(units, row, 2, "unit"), constant_of(precisions, row, 3, "precision"),
                number_of(row, 4, UINT32_MAX), number_of(row, 6, UINT32_MAX), number_of(row, 7, UINT32_MAX),
                '1' == row->field[9][0] ? "true" : "false");
        }
    }
    printf("};\n\n");
}

static void print_chip(const char *path, const row_t *row)
{
    file_name = path;
    if (0 == number_of(row, 4, 1024) || 0 == number_of(row, 5, 4096) || number_of(row, 7, 1000000) < 100000)
    {
        refuse(row->line, "cores, SM or clock out of range");
    }
    printf("    { \"%s\", %u, %u, \"%s\", %u, %u, %u, %u, %s, rates_%s,\n"
        "        sizeof(rates_%s) / sizeof(rates_%s[0]) },\n",
        row->field[0], number_of(row, 1, 99), number_of(row, 2, 9), row->field[3], number_of(row, 4, 1024),
        number_of(row, 5, 4096), number_of(row, 6, 2000000000), number_of(row, 7, 1000000),
        constant_of(statuses, row, 8, "status"), row->field[0], row->field[0], row->field[0]);
}

int main(int argc, char **argv)
{
    if (3 != argc)
    {
        fprintf(stderr, "usage: gpu_generate CHIPS.csv RATES.csv\n");
        return 2;
    }
    chips_count = load(argv[1], CHIP_HEADER, chips, CHIPS_MAX, CHIP_FIELDS);
    rates_count = load(argv[2], RATE_HEADER, rates, RATES_MAX, RATE_FIELDS);
    for (size_t i = 0; i < rates_count; i++)
    {
        check_rate(&rates[i]);
    }
    for (size_t i = 0; i < chips_count; i++)
    {
        check_defaults(&chips[i]);
        print_rates(&chips[i]);
    }
    printf("static const flopmeter_gpu_chip_t chips[] = {\n");
    for (size_t i = 0; i < chips_count; i++)
    {
        print_chip(argv[1], &chips[i]);
    }
    printf("};\n");
    return 0 == fflush(stdout) ? 0 : 1;
}
