/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Which shared libraries took part: what was loaded into this process at the times it was asked.
 */

#ifndef FLOPMETER_CALIBRATE_LIBRARIES_H
#define FLOPMETER_CALIBRATE_LIBRARIES_H

#include "text.h"

/** All zero: none yet. */
typedef struct flopmeter_libraries_stct
{
    char **paths;                   /* of their own, sorted */
    size_t count;
    size_t capacity;
    bool failed;                    /* memory ran out: some are missing */
}
flopmeter_libraries_t;

/** Add what is loaded now and was not noted before, but for the C library's own files. */
void flopmeter_libraries_note(flopmeter_libraries_t *libraries);

/** `"libraries": [...]`, nothing after it. A list with missing ones fails the document. */
void flopmeter_libraries_append(const flopmeter_libraries_t *libraries, flopmeter_text_t *document);

void flopmeter_libraries_free(flopmeter_libraries_t *libraries);

#endif /* FLOPMETER_CALIBRATE_LIBRARIES_H */
