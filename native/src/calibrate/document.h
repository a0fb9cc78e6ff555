/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pieces of the JSON document of raw readings, docs/calibrate.md. FLOP are decimal strings.
 */

#ifndef FLOPMETER_CALIBRATE_DOCUMENT_H
#define FLOPMETER_CALIBRATE_DOCUMENT_H

#include "flopmeter_decimal.h"
#include "measure.h"
#include "text.h"

/** Name as in every document of this project: "EXACT_EXECUTED". Others are in counter_names.h. */
const char *flopmeter_document_basis(flopmeter_basis_t basis);

/** `"name": "value"`, nothing after it. */
void flopmeter_document_string(flopmeter_text_t *text, const char *name, const char *value);

/** `"state": ..., "detail": ..., "remedy": ...` */
void flopmeter_document_probe(flopmeter_text_t *text, const flopmeter_counter_probe_t *probe);

/** `"expected": ..., "timeNs": ..., "gaps": ..., "figures": [...]` of a measurement. */
void flopmeter_document_measurement(flopmeter_text_t *text, const flopmeter_measurement_t *measurement);

#endif /* FLOPMETER_CALIBRATE_DOCUMENT_H */
