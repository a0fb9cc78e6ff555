/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names of ranges as names of nodes, [A-Za-z0-9._:-]{1,64}; rules: docs/design/0027-nvtx.md section 3. Each node has
 * one label in this process. Any thread, without locks or allocation; labels are never taken back.
 */

#ifndef FLOPMETER_NVTX_LABEL_H
#define FLOPMETER_NVTX_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/** Labels at one time, of ranges and of registered strings; and how many of them become nodes. */
#define FLOPMETER_NVTX_LABELS (16384)
#define FLOPMETER_NVTX_NODES (4096)

/** The node of whatever comes beyond those. */
#define FLOPMETER_NVTX_MORE "nvtx:more"

/** Characters of a name that are looked at. */
#define FLOPMETER_NVTX_NAME_MAX (1024)

typedef struct flopmeter_nvtx_label_stct flopmeter_nvtx_label_t;

/** A name as it came: UTF-8, or wide characters; neither: no name. */
typedef struct flopmeter_nvtx_name_stct
{
    const char *narrow;
    const wchar_t *wide;
}
flopmeter_nvtx_name_t;

/** The next character, 0 at the end. Bytes that are no UTF-8 stand for themselves, above all characters. */
uint32_t flopmeter_nvtx_next(flopmeter_nvtx_name_t *name);

/** The label of a name: that of the node nvtx:more when there is no room, NULL when the name is NULL or empty. */
flopmeter_nvtx_label_t *flopmeter_nvtx_label(flopmeter_nvtx_name_t name);

/** `handle` when it is a label, else NULL: what a program passes as one may be anything. */
flopmeter_nvtx_label_t *flopmeter_nvtx_label_of(const void *handle);

/** The node that work under this label is counted for, and the word beside it (flopmeter_here_enter()). */
const char *flopmeter_nvtx_label_node(flopmeter_nvtx_label_t *label, uint32_t **memo);

#endif /* FLOPMETER_NVTX_LABEL_H */
