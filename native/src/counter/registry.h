/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every source of counts that this build has. Internal; not installed.
 */

#ifndef FLOPMETER_COUNTER_REGISTRY_H
#define FLOPMETER_COUNTER_REGISTRY_H

#include "flopmeter_counter.h"

/** In the order in which they are asked; ends with NULL. */
extern const flopmeter_counter_source_t *const flopmeter_counter_sources[];

#endif /* FLOPMETER_COUNTER_REGISTRY_H */
