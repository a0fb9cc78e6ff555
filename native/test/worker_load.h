/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_WORKER_LOAD_H
#define FLOPMETER_WORKER_LOAD_H

#include <stdint.h>

/**
 * Threads that record at all rates and children that end or are killed, until stdin ends; then what was done, by node:
 * lines "NODE FLOP SAMPLES", and "killed FLOP_EACH DONE BEGUN" for the children that died in the middle of it.
 */
int flopmeter_worker_load(uint64_t seed);

#endif /* FLOPMETER_WORKER_LOAD_H */
