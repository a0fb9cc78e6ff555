/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "reading_json.h"

#include <inttypes.h>

/* Digits of 2^128, and the end. */
#define DECIMAL_LENGTH (40)

static const char *const states[] = {
    "AVAILABLE", "ABSENT", "NO_PERMISSION", "TAKEN", "WRONG_DRIVER", "FAILED",
};

static const char *const precisions[] = {
    "", "fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp6", "fp4", "int32", "int16", "int8", "int4", "int1",
    "unknown",
};

void flopmeter_reading_json_decimal(FILE *const out, const char *const name, flopmeter_u128_t value)
{
    char digits[DECIMAL_LENGTH];
    size_t at = sizeof(digits) - 1;

    digits[at] = '\0';
    do
    {
        digits[--at] = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    while (0 != value);
    fprintf(out, "\"%s\": \"%s\"", name, digits + at);
}

const char *flopmeter_reading_json_precision(const flopmeter_precision_t precision)
{
    return precisions[precision];
}

static void print_figures(FILE *const out, const flopmeter_counter_reading_t *const reading)
{
    fprintf(out, "\"figures\": [");
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        const flopmeter_counter_figure_t *const figure = &reading->figures[i];
        fprintf(out, "%s{\"precision\": \"%s\", ", 0 == i ? "" : ", ", precisions[figure->precision]);
        flopmeter_reading_json_decimal(out, "lower", figure->lower);
        fprintf(out, ", ");
        flopmeter_reading_json_decimal(out, "point", figure->point);
        fprintf(out, ", ");
        if (figure->is_bounded)
        {
            flopmeter_reading_json_decimal(out, "upper", figure->upper);
        }
        else
        {
            fprintf(out, "\"upper\": \"unbounded\"");
        }
        fprintf(out, "}");
    }
    fprintf(out, "], \"gaps\": [");
    for (size_t i = 0; i < reading->gaps_count; i++)
    {
        fprintf(out, "%s{\"beginMonotonicNs\": %" PRIu64 ", \"endMonotonicNs\": %" PRIu64 ", \"reason\": \"%s\"}",
            0 == i ? "" : ", ", reading->gaps[i].begin_ns, reading->gaps[i].end_ns, states[reading->gaps[i].reason]);
    }
    fprintf(out, "]");
}

const char *flopmeter_reading_json_state(const flopmeter_counter_state_t state)
{
    return states[state];
}

void flopmeter_reading_json_print(
    FILE *const out, const flopmeter_counter_reading_t *const reading, const bool is_read)
{
    fprintf(out, "\"isRead\": %s, \"beginMonotonicNs\": %" PRIu64 ", \"endMonotonicNs\": %" PRIu64
        ", \"coveredNs\": %" PRIu64 ", ", is_read ? "true" : "false", reading->begin_ns, reading->end_ns,
        reading->covered_ns);
    print_figures(out, reading);
}
