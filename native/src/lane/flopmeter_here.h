/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * For whom a thread works, for the project's own native parts. Not installed.
 */

#ifndef FLOPMETER_HERE_H
#define FLOPMETER_HERE_H

#include "flopmeter/flopmeter.h"

/** This thread's context is now `context`. */
typedef void flopmeter_here_fn(uint32_t context);

/** Tell `changed` of each flopmeter_context_push() and _pop() from now on; NULL: nobody. One at a time. */
FLOPMETER_EXPORT void flopmeter_here_watch(flopmeter_here_fn *changed);

/** This thread's context; 0 is that of the environment. */
FLOPMETER_EXPORT uint32_t flopmeter_here(void);

/** Run and node of a context, "" = not known, or no node. The room is FLOPMETER_ID_LENGTH_MAX + 1 each. */
FLOPMETER_EXPORT void flopmeter_here_names(uint32_t context, char *run, char *node);

/** The folder of this process's lanes, NULL without a meter. It stays. */
FLOPMETER_EXPORT const char *flopmeter_here_folder(void);

/** This thread's context has changed: within the library only. */
void flopmeter_here_changed(void);

#endif /* FLOPMETER_HERE_H */
