/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "document.h"

#include "counter_names.h"

#include <inttypes.h>

#define NAME(names, code) \
    ((size_t)(code) < sizeof(names) / sizeof((names)[0]) && NULL != (names)[code] ? (names)[code] : "unknown")

const char *flopmeter_document_basis(flopmeter_basis_t basis)
{
    static const char *const names[] = { NULL, "EXACT_EXECUTED", "EXACT_BY_SHAPE", "DERIVED", "ANALYTIC", "DECLARED" };
    return NAME(names, basis);
}

void flopmeter_document_string(flopmeter_text_t *text, const char *name, const char *value)
{
    flopmeter_text_append(text, "\"%s\": ", name);
    flopmeter_text_append_json(text, value);
}

void flopmeter_document_probe(flopmeter_text_t *text, const flopmeter_counter_probe_t *probe)
{
    flopmeter_text_append(text, "\"state\": \"%s\", ", flopmeter_counter_state_name(probe->state));
    flopmeter_document_string(text, "detail", probe->detail);
    flopmeter_text_append(text, ", ");
    flopmeter_document_string(text, "remedy", probe->remedy);
}

static void append_figure(flopmeter_text_t *text, const flopmeter_counter_figure_t *figure)
{
    char digits[FLOPMETER_DECIMAL_LENGTH];
    flopmeter_text_append(text, "{\"precision\": \"%s\", ", flopmeter_counter_precision_name(figure->precision));
    flopmeter_text_append(text, "\"lower\": \"%s\", ", flopmeter_decimal(digits, figure->lower));
    flopmeter_text_append(text, "\"point\": \"%s\", ", flopmeter_decimal(digits, figure->point));
    flopmeter_text_append(text, "\"upper\": \"%s\"}",
        figure->is_bounded ? flopmeter_decimal(digits, figure->upper) : "unbounded");
}

void flopmeter_document_measurement(flopmeter_text_t *text, const flopmeter_measurement_t *measurement)
{
    const flopmeter_counter_reading_t *const reading = &measurement->reading;
    char digits[FLOPMETER_DECIMAL_LENGTH];
    flopmeter_text_append(text, "\"expected\": \"%s\", ", flopmeter_decimal(digits, measurement->expected));
    flopmeter_text_append(text, "\"timeNs\": %" PRIu64 ", \"gaps\": %zu, \"figures\": [", measurement->time_ns,
        reading->gaps_count);
    for (size_t i = 0; i < reading->figures_count && i < FLOPMETER_COUNTER_FIGURES_MAX; i++)
    {
        flopmeter_text_append(text, 0 == i ? "" : ", ");
        append_figure(text, &reading->figures[i]);
    }
    flopmeter_text_append(text, "]");
}
