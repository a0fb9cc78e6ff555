/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A reading in the form of docs/design/0009-perf.md section 4, for every document that has one.
 */

#ifndef FLOPMETER_READING_JSON_H
#define FLOPMETER_READING_JSON_H

#include <stdio.h>

#include "flopmeter_counter.h"

/** "name": "value", which printf has no conversion for. */
void flopmeter_reading_json_decimal(FILE *out, const char *name, flopmeter_u128_t value);

/** The members from "isRead" to "gaps", on one line, without what is around them. */
void flopmeter_reading_json_print(FILE *out, const flopmeter_counter_reading_t *reading, bool is_read);

#endif /* FLOPMETER_READING_JSON_H */
