/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_FILES_H
#define FLOPMETER_RUN_FILES_H

#include <stdint.h>

#include "directory.h"
#include "options.h"

/**
 * Tell the aggregator which files COMMAND reads and writes, docs/design/0012-graph-store.md section 5: files.json with
 * their names, and links `read-N`, `write-N` and `state` in the meter directory, because a name may hold bytes that no
 * JVM can spell. Nothing of it opens a file: COMMAND is not to wait for a disk. Without --reads, --writes and
 * --purpose there is only `state`, for the ledger. Return 0, or -1 with errno.
 */
int flopmeter_files_publish(const flopmeter_directory_t *directory, const flopmeter_options_t *options);

/** How much longer the result may take because the named files are hashed first, in nanoseconds. */
int64_t flopmeter_files_patience_ns(const flopmeter_options_t *options);

#endif /* FLOPMETER_RUN_FILES_H */
