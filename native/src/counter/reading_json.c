/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "reading_json.h"

#include "counter_names.h"
#include "flopmeter_decimal.h"

#include <inttypes.h>

void flopmeter_reading_json_decimal(FILE *const out, const char *const name, flopmeter_u128_t value)
{
    char digits[FLOPMETER_DECIMAL_LENGTH];

    fprintf(out, "\"%s\": \"%s\"", name, flopmeter_decimal(digits, value));
}

static void print_figures(FILE *const out, const flopmeter_counter_reading_t *const reading)
{
    fprintf(out, "\"figures\": [");
    for (size_t i = 0; i < reading->figures_count; i++)
    {
        const flopmeter_counter_figure_t *const figure = &reading->figures[i];
        fprintf(out, "%s{\"precision\": \"%s\", ", 0 == i ? "" : ", ",
            flopmeter_counter_precision_name(figure->precision));
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
            0 == i ? "" : ", ", reading->gaps[i].begin_ns, reading->gaps[i].end_ns,
            flopmeter_counter_state_name(reading->gaps[i].reason));
    }
    fprintf(out, "]");
}

void flopmeter_reading_json_print(
    FILE *const out, const flopmeter_counter_reading_t *const reading, const bool is_read)
{
    fprintf(out, "\"isRead\": %s, \"beginMonotonicNs\": %" PRIu64 ", \"endMonotonicNs\": %" PRIu64
        ", \"coveredNs\": %" PRIu64 ", \"runningNs\": %" PRIu64 ", ", is_read ? "true" : "false",
        reading->begin_ns, reading->end_ns, reading->covered_ns, reading->running_ns);
    print_figures(out, reading);
}
