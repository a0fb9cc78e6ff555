/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Segments: a note that says where one begins, and a node of its own that its work is counted under, so that lanes tell
 * to the operation what is in it. Design: docs/design/0026-segments.md.
 */

#include <errno.h>
#include <string.h>

#include "flopmeter_core.h"
#include "flopmeter_note.h"
#include "flopmeter_process.h"

/* Copied by fork(), as the context is: a child goes on in its segment. */
static __thread char open_node[FLOPMETER_ID_LENGTH_MAX + 1] __attribute__((tls_model("initial-exec")));

static int refuse(const char *why)
{
    flopmeter_error(why);
    return FLOPMETER_INVALID;
}

static int begin(const char *name)
{
    char node[FLOPMETER_ID_LENGTH_MAX + 1] = FLOPMETER_SEGMENT_PREFIX;
    const size_t room = FLOPMETER_ID_LENGTH_MAX - strlen(FLOPMETER_SEGMENT_PREFIX);
    const size_t length = NULL == name ? 0 : strnlen(name, room + 1);

    if (0 == length || length > room)
    {
        return refuse("the name of the segment is NULL, empty or longer than 56");
    }
    if ('\0' != open_node[0])
    {
        return refuse("this thread's segment has not ended");
    }
    memcpy(node + strlen(FLOPMETER_SEGMENT_PREFIX), name, length + 1);
    /* First, because a name that is none is refused here, and work that no note announces is the run's own. */
    int result = flopmeter_context_push(NULL, node);
    if (FLOPMETER_OK == result)
    {
        result = flopmeter_note(node, FLOPMETER_NOTE_SEGMENT_BEGUN, 0);
        if (FLOPMETER_OK != result)
        {
            (void)flopmeter_context_pop();
            return result;
        }
        memcpy(open_node, node, sizeof(open_node));
    }
    return result;
}

int flopmeter_segment_begin(const char *name)
{
    const int errno_before = errno;
    const int result = begin(name);

    errno = errno_before;
    return result;
}

int flopmeter_segment_end(void)
{
    const int errno_before = errno;
    int result = FLOPMETER_OFF;

    if ('\0' == open_node[0])
    {
        /* Without a meter none was begun, and the program need not know. */
        result = FLOPMETER_OFF == flopmeter_attach() ? FLOPMETER_OFF : refuse("no segment was begun on this thread");
    }
    else
    {
        result = flopmeter_note(open_node, FLOPMETER_NOTE_SEGMENT_ENDED, 0);
        open_node[0] = '\0';
        (void)flopmeter_context_pop();
    }
    errno = errno_before;
    return result;
}
