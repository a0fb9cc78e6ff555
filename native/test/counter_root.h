/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A folder that stands for the root of a machine.
 */

#ifndef FLOPMETER_TEST_COUNTER_ROOT_H
#define FLOPMETER_TEST_COUNTER_ROOT_H

#include <stdint.h>

/** Make an empty root below the current directory. Return its path, valid until the next call. */
const char *counter_root_make(void);

/** Write a file below it, with its folders. */
void counter_root_write(const char *name, const char *text);

/** cpuinfo with `cpus` blocks of this chip. */
void counter_root_write_cpuinfo(const char *vendor, uint32_t family, uint32_t model, int cpus);

void counter_root_remove(void);

#endif /* FLOPMETER_TEST_COUNTER_ROOT_H */
