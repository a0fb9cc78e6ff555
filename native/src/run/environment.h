/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_ENVIRONMENT_H
#define FLOPMETER_RUN_ENVIRONMENT_H

#include "directory.h"
#include "options.h"

/**
 * Environment of COMMAND: the caller's, in its order, with the meter's variables set, and LD_PRELOAD with our library
 * first. `preload` NULL leaves LD_PRELOAD as it is. NULL when memory is out.
 */
char **flopmeter_environment_of_command(
    const flopmeter_directory_t *directory, const flopmeter_options_t *options, const char *preload);

/** Environment of the aggregator: no preloaded libraries, none of our variables, no options for the program's JVMs. */
char **flopmeter_environment_of_meter(void);

/**
 * Absolute path of the library as LD_PRELOAD can express it (heap), or NULL with the reason: unreadable, or built for
 * another machine. ld.so prints errors into the program's output: a library that can't be loaded must not be named.
 */
char *flopmeter_environment_preload(const char *library, const char **reason);

/** The node that work belongs to: --node, or in a nested run that of the outer one. NULL = none. */
const char *flopmeter_environment_node(const flopmeter_directory_t *directory, const flopmeter_options_t *options);

#endif /* FLOPMETER_RUN_ENVIRONMENT_H */
