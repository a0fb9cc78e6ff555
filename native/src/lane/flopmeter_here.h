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

/** Who pushes contexts: the program, by flopmeter_context_push(), and whoever follows ranges of another interface. */
#define FLOPMETER_HERE_PROGRAM (0)

/**
 * This thread's context is now that of `node` in the same run, until `owner` leaves it; NULL, or inside a segment: it
 * stays as it is, and is left all the same. Owners leave their own, in any order among each other, and the context is
 * that of the last one that is not left. 64 at a time for all owners but the program: FLOPMETER_INVALID, as for a node
 * that is no id, and then there is nothing to leave. `memo` makes it cheap: one word for each name, 0 at first, which
 * threads may share; or NULL.
 */
FLOPMETER_EXPORT int flopmeter_here_enter(uint8_t owner, const char *node, uint32_t *memo);

/** Leave the last one of `owner`. FLOPMETER_INVALID: there is none on this thread. */
FLOPMETER_EXPORT int flopmeter_here_leave(uint8_t owner);

/** Run and node of a context, "" = not known, or no node. The room is FLOPMETER_ID_LENGTH_MAX + 1 each. */
FLOPMETER_EXPORT void flopmeter_here_names(uint32_t context, char *run, char *node);

/** The folder of this process's lanes, NULL without a meter. It stays. */
FLOPMETER_EXPORT const char *flopmeter_here_folder(void);

/** This thread's context has changed: within the library only. */
void flopmeter_here_changed(void);

#endif /* FLOPMETER_HERE_H */
