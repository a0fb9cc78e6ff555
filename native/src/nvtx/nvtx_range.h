/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Ranges of a thread: a stack for each domain that is read, and the contexts that go with it.
 */

#ifndef FLOPMETER_NVTX_RANGE_H
#define FLOPMETER_NVTX_RANGE_H

#include <stdbool.h>

#include "nvtx_label.h"

/** Domains that can be read at a time. */
#define FLOPMETER_NVTX_DOMAINS_MAX (16)

/** The domain of calls that name none, as FLOPMETER_NVTX and --nvtx= spell it. */
#define FLOPMETER_NVTX_DEFAULT "default"

/** Read what is in `list`, names with commas between them; NULL: the default domain. Once, before anything else. */
void flopmeter_nvtx_choose(const char *list);

/** Whether ranges of the default domain are read. */
bool flopmeter_nvtx_default_is_read(void);

/** The handle of the domain with this name; never NULL, which is the default domain's. */
const void *flopmeter_nvtx_domain(flopmeter_nvtx_name_t name);

/** Whether a handle is that of a domain that is read. Anything may be passed. */
bool flopmeter_nvtx_is_read(const void *domain);

/**
 * A range begins on this thread; label NULL: one without a name, whose work stays where it was. Return its level in its
 * domain, 0 for the outermost; FLOPMETER_NVTX_NOT_TRACKED for a domain that is not read.
 */
int flopmeter_nvtx_push(const void *domain, flopmeter_nvtx_label_t *label);

/** The innermost range of the domain ends. Return its level; -1 when there is none on this thread. */
int flopmeter_nvtx_pop(const void *domain);

#endif /* FLOPMETER_NVTX_RANGE_H */
