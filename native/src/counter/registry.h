/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every source of counts that this build has, and what each is opened on. Internal; not installed.
 */

#ifndef FLOPMETER_COUNTER_REGISTRY_H
#define FLOPMETER_COUNTER_REGISTRY_H

#include "flopmeter_counter.h"

/** What a source is opened on: one source may be there for several. */
typedef enum flopmeter_counter_scope_enum
{
    FLOPMETER_SCOPE_THREAD = 1,    /* this thread (pid 0) */
    FLOPMETER_SCOPE_TREE = 2,      /* another process and its descendants (pid > 0) */
    FLOPMETER_SCOPE_HOST = 3,      /* all CPUs of this machine (pid -1, cpu -1), so whatever else runs there, too */
    FLOPMETER_SCOPE_DEVICE = 4     /* an accelerator (device) */
}
flopmeter_counter_scope_t;

typedef struct flopmeter_counter_entry_stct
{
    const char *name;              /* unique: the source's name, with what it is opened on where there are several */
    flopmeter_counter_scope_t scope;
    const flopmeter_counter_source_t *source;
}
flopmeter_counter_entry_t;

/** In the order in which they are asked; the last one has no source. */
extern const flopmeter_counter_entry_t flopmeter_counter_entries[];

#endif /* FLOPMETER_COUNTER_REGISTRY_H */
