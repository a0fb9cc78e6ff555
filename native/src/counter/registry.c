/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * FLOPMETER_COUNTER_SOURCES comes from the build: SOURCE(symbol) for each part that is in this tree.
 */

#include "registry.h"

#define SOURCE(symbol) extern const flopmeter_counter_source_t symbol;
FLOPMETER_COUNTER_SOURCES
#undef SOURCE

#define SOURCE(symbol) &symbol,
const flopmeter_counter_source_t *const flopmeter_counter_sources[] = { FLOPMETER_COUNTER_SOURCES NULL };
