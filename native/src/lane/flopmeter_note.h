/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLOPMETER_NOTE_H
#define FLOPMETER_NOTE_H

#include <stdint.h>

/* Calls as they stand in a note, docs/design/0021-mapped-index.md section 4. */
#define FLOPMETER_NOTE_READ (1)
#define FLOPMETER_NOTE_WRITTEN (2)
#define FLOPMETER_NOTE_SEGMENT_BEGUN (3)
#define FLOPMETER_NOTE_SEGMENT_ENDED (4)

/* Of the node that a segment's work is counted under. */
#define FLOPMETER_SEGMENT_PREFIX "segment:"

/** Append a note to the file of this process's meter. Changes errno; the result is that of the public calls. */
int flopmeter_note(const char *name, uint32_t call, uint32_t kind);

#endif /* FLOPMETER_NOTE_H */
