/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_RUN_SIDECAR_H
#define FLOPMETER_RUN_SIDECAR_H

#include <stdbool.h>
#include <sys/types.h>

#include "directory.h"
#include "options.h"

/*
 * The host's one aggregator, when there is one: docs/design/0019-sidecar.md. Nothing that it writes is believed: who
 * holds which lock is asked of the kernel.
 */

/** May a sidecar meter this run? Not when the run asked for something of its meter that only one of its own can do. */
bool flopmeter_sidecar_is_wanted(const flopmeter_directory_t *directory, const flopmeter_options_t *options);

/** Is a sidecar there that looks after the place of this meter directory? */
bool flopmeter_sidecar_is_up(const flopmeter_directory_t *directory);

/** Does a process other than `own_meter` (0 = none) hold the account of this meter directory? */
bool flopmeter_sidecar_is_serving(const flopmeter_directory_t *directory, pid_t own_meter);

/** Tell the sidecar that there is something new: it looks by itself too, but less often. */
void flopmeter_sidecar_poke(const flopmeter_directory_t *directory);

/** What the language of the summary follows, or NULL: the sidecar's own environment is not the user's. */
const char *flopmeter_sidecar_language(void);

#endif /* FLOPMETER_RUN_SIDECAR_H */
