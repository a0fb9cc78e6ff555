/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_DELIVER_H
#define FLOPMETER_RUN_DELIVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "directory.h"
#include "options.h"

/** Is the answer of the aggregator there? */
bool flopmeter_deliver_is_ready(const flopmeter_directory_t *directory);

/**
 * Bring result.json to --out and summary.txt to stderr. A regular or new file is written by a temporary file beside it
 * and rename, so that nobody sees half a document; anything else (descriptor, FIFO, device) is written to. Return 0, or
 * -1 and one warning.
 */
int flopmeter_deliver(
    const flopmeter_directory_t *directory, const flopmeter_options_t *options, mode_t inherited_umask);

#endif /* FLOPMETER_RUN_DELIVER_H */
