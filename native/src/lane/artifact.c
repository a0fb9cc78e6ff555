/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the program says it read and wrote: a note each.
 */

#include <errno.h>

#include "flopmeter_core.h"
#include "flopmeter_note.h"
#include "flopmeter_process.h"

int flopmeter_artifact_read(const char *name)
{
    const int errno_before = errno;
    const int result = flopmeter_note(name, FLOPMETER_NOTE_READ, 0);

    errno = errno_before;
    return result;
}

int flopmeter_artifact_written(const char *name, flopmeter_artifact_t kind)
{
    const int errno_before = errno;
    int result = FLOPMETER_INVALID;

    if (kind < FLOPMETER_DATASET || kind > FLOPMETER_OUTPUT)
    {
        flopmeter_error("kind is none of the enum's values");
    }
    else
    {
        result = flopmeter_note(name, FLOPMETER_NOTE_WRITTEN, (uint32_t)kind);
    }
    errno = errno_before;
    return result;
}
