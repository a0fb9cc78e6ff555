/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Checks data/cpu_events.csv and writes it as a C table. Usage: generate_cpu CSV > FILE. Runs on the build host only;
 * any row that can't be right ends the build, with its line.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS (14)
#define ROWS_MAX (512)
#define LINE_LENGTH (1024)
#define RATE_MAX (4096)
#define FLOP_MAX (4096)
#define ARM_GRANULE_BITS (128)

static const char *const header =
    "vendor,family,models,group,event,config,width,flop_lower,flop_point,flop_upper,precision,rate,source,note";

enum field_enum
{
    VENDOR,
    FAMILY,
    MODELS,
    GROUP,
    EVENT,
    CONFIG,
    WIDTH,
    FLOP_LOWER,
    FLOP_POINT,
    FLOP_UPPER,
    PRECISION,
    RATE,
    SOURCE,
    NOTE
};

static const struct
{
    const char *name;
    const char *constant;
    unsigned long bits;    /* 0 = none */
} precisions[] = {
    { "fp64", "FLOPMETER_FP64", 64 },
    { "fp32", "FLOPMETER_FP32", 32 },
    { "fp16", "FLOPMETER_FP16", 16 },
    { "bf16", "FLOPMETER_BF16", 16 },
    { "int8", "FLOPMETER_INT8", 8 },
    { "unknown", "FLOPMETER_PRECISION_UNKNOWN", 0 },
};

/* What was written so far, for the search for duplicates. */
typedef struct row_stct
{
    char vendor[16];
    char event[64];
    char precision[16];
    unsigned long family;
    unsigned long first;
    unsigned long last;
    unsigned long config;
}
row_t;

static row_t rows[ROWS_MAX];
static size_t rows_count;
static int line_number;

static _Noreturn void fail(const char *const what, const char *const detail)
{
    fprintf(stderr, "generate_cpu: line %d: %s: %s\n", line_number, what, detail);
    exit(1);
}

static unsigned long number(const char *const text, const char *const what, const unsigned long max)
{
    char *end = NULL;

    errno = 0;
    const unsigned long value = strtoul(text, &end, 0);
    if ('\0' == *text || '-' == *text || '\0' != *end || 0 != errno || value > max)
    {
        fail(what, text);
    }
    return value;
}

static int precision_of(const char *const name)
{
    for (size_t i = 0; i < sizeof(precisions) / sizeof(precisions[0]); i++)
    {
        if (0 == strcmp(precisions[i].name, name))
        {
            return (int)i;
        }
    }
    fail("unknown precision", name);
}

/*
 * An instruction with operands of that many bits has width / bits elements; an Arm event counts granules of 128 bit.
 */
static void check_width(char *const *const fields, const unsigned long bits, const unsigned long flop)
{
    static const unsigned long possible[] = { 16, 32, 64, 128, 256, 512, 1024, 2048 };
    const unsigned long width = number(fields[WIDTH], "width is no number", 2048);
    bool found = false;

    for (size_t i = 0; i < sizeof(possible) / sizeof(possible[0]); i++)
    {
        found = found || possible[i] == width;
    }
    if (!found || flop * (0 == bits ? ARM_GRANULE_BITS : bits) != width)
    {
        fail("impossible width", fields[WIDTH]);
    }
}

static void check_flop(char *const *const fields, const unsigned long bits)
{
    const unsigned long lower = number(fields[FLOP_LOWER], "flop_lower is no number", FLOP_MAX);
    const unsigned long point = number(fields[FLOP_POINT], "flop_point is no number", FLOP_MAX);
    const unsigned long upper = number(fields[FLOP_UPPER], "flop_upper is no number", FLOP_MAX);

    if (lower > point || point > upper || 0 == upper)
    {
        fail("not flop_lower <= flop_point <= flop_upper with 0 < flop_upper", fields[EVENT]);
    }
    if (0 != strcmp(fields[WIDTH], "-"))
    {
        check_width(fields, bits, point);
    }
}

static void check_duplicate(const row_t *const row, const bool is_unseen)
{
    for (size_t i = 0; i < rows_count; i++)
    {
        const row_t *const other = &rows[i];
        if (0 != strcmp(other->vendor, row->vendor) || other->family != row->family || other->last < row->first ||
            row->last < other->first)
        {
            continue;
        }
        const bool same_name = 0 == strcmp(other->event, row->event);
        if (is_unseen ? same_name && 0 == strcmp(other->precision, row->precision) :
            same_name || (other->config == row->config && 0 != strcmp(other->event, "unseen")))
        {
            fail("duplicate for the same model", row->event);
        }
    }
}

static void copy_text(char *const into, const size_t length, const char *const text)
{
    if (strlen(text) >= length)
    {
        fail("too long", text);
    }
    memcpy(into, text, strlen(text) + 1);
}

static void write_range(char *const *const fields, char *const range, const int precision)
{
    char *const dash = strchr(range, '-');
    row_t row = { 0 };
    const bool is_unseen = 0 == strcmp(fields[EVENT], "unseen");

    if (NULL != dash)
    {
        *dash = '\0';
    }
    row.family = number(fields[FAMILY], "family is no number", 0xFFFF);
    row.first = number(range, "model is no number", 0xFFFF);
    row.last = NULL == dash ? row.first : number(dash + 1, "model is no number", 0xFFFF);
    row.config = is_unseen ? 0 : number(fields[CONFIG], "config is no number", UINT32_MAX);
    copy_text(row.vendor, sizeof(row.vendor), fields[VENDOR]);
    copy_text(row.event, sizeof(row.event), fields[EVENT]);
    copy_text(row.precision, sizeof(row.precision), fields[PRECISION]);
    if (row.first > row.last)
    {
        fail("models run backwards", fields[MODELS]);
    }
    check_duplicate(&row, is_unseen);
    if (ROWS_MAX == rows_count)
    {
        fail("too many rows", fields[EVENT]);
    }
    rows[rows_count++] = row;
    printf("    { \"%s\", %lu, %lu, %lu, %s, \"%s\", 4, 0x%lx, %s, %s, %s,\n      %s, %s, %s },\n", row.vendor,
        row.family, row.first, row.last, fields[GROUP], row.event, row.config, is_unseen ? "0" : fields[FLOP_LOWER],
        is_unseen ? "0" : fields[FLOP_POINT], is_unseen ? "1" : fields[FLOP_UPPER], precisions[precision].constant,
        fields[RATE], is_unseen ? "true" : "false");
}

static void check_unseen(char *const *const fields)
{
    for (int i = CONFIG; i <= FLOP_UPPER; i++)
    {
        if (0 != strcmp(fields[i], "-"))
        {
            fail("what no event counts has no such field", fields[i]);
        }
    }
    if (0 != strcmp(fields[GROUP], "0"))
    {
        fail("what no event counts is in group 0", fields[GROUP]);
    }
}

static void write_row(char *const *const fields)
{
    const bool is_known = 0 == strcmp(fields[VENDOR], "intel") || 0 == strcmp(fields[VENDOR], "amd") ||
        0 == strcmp(fields[VENDOR], "arm") || 0 == strcmp(fields[VENDOR], "intel-core") ||
        0 == strcmp(fields[VENDOR], "intel-atom");
    const int precision = precision_of(fields[PRECISION]);
    const unsigned long group = number(fields[GROUP], "group is no number", 15);

    if (!is_known)
    {
        fail("unknown vendor", fields[VENDOR]);
    }
    if ('\0' == *fields[EVENT] || strlen(fields[EVENT]) > 63 || NULL != strpbrk(fields[EVENT], "\"\\"))
    {
        fail("an event needs a name", fields[EVENT]);
    }
    if (strlen(fields[SOURCE]) < 8)
    {
        fail("a row needs a source", fields[EVENT]);
    }
    if (0 == number(fields[RATE], "rate is no number", RATE_MAX))
    {
        fail("a rate of 0 bounds nothing", fields[EVENT]);
    }
    if (0 == strcmp(fields[EVENT], "unseen"))
    {
        check_unseen(fields);
    }
    else
    {
        if (0 == group)
        {
            fail("an event is in a group above 0", fields[EVENT]);
        }
        check_flop(fields, precisions[precision].bits);
    }
    char *rest = NULL;
    for (char *range = strtok_r(fields[MODELS], "|", &rest); NULL != range; range = strtok_r(NULL, "|", &rest))
    {
        write_range(fields, range, precision);
    }
}

static void split(char *const line)
{
    char *fields[FIELDS];
    char *at = line;

    for (int i = 0; i < FIELDS; i++)
    {
        fields[i] = at;
        char *const comma = FIELDS - 1 == i ? NULL : strchr(at, ',');
        if (NULL == comma && FIELDS - 1 != i)
        {
            fail("a row has 14 columns", fields[0]);
        }
        if (NULL != comma)
        {
            *comma = '\0';
            at = comma + 1;
        }
    }
    if (NULL != strchr(fields[NOTE], ','))
    {
        fail("a row has 14 columns, and a note no comma", fields[NOTE]);
    }
    write_row(fields);
}

int main(const int argc, char **const argv)
{
    char line[LINE_LENGTH];
    bool has_header = false;
    FILE *const in = 2 == argc ? fopen(argv[1], "r") : NULL;

    if (NULL == in)
    {
        fail("usage: generate_cpu CSV", 2 == argc ? strerror(errno) : "");
    }
    while (NULL != fgets(line, sizeof(line), in))
    {
        line_number++;
        if (NULL == strchr(line, '\n'))
        {
            fail("line too long, or without an end", line);
        }
        line[strcspn(line, "\r\n")] = '\0';
        if ('#' == line[0] || '\0' == line[0])
        {
            continue;
        }
        if (!has_header && 0 != strcmp(line, header))
        {
            fail("unknown columns", line);
        }
        if (has_header)
        {
            split(line);
        }
        has_header = true;
    }
    if (ferror(in) || 0 == rows_count)
    {
        fail("no rows", argv[1]);
    }
    fclose(in);
    return 0 == fflush(stdout) ? 0 : 1;
}
