/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * FLOPMETER_COUNTER_SOURCES comes from the build: SOURCE(symbol, scope, name) for each part that is in this tree.
 */

#include "registry.h"

#define SOURCE(symbol, scope, name) extern const flopmeter_counter_source_t symbol;
FLOPMETER_COUNTER_SOURCES
#undef SOURCE

#define SOURCE(symbol, scope, name) { #name, FLOPMETER_SCOPE_##scope, &symbol },
const flopmeter_counter_entry_t flopmeter_counter_entries[] = {
    FLOPMETER_COUNTER_SOURCES
    { NULL, FLOPMETER_SCOPE_THREAD, NULL },
};
