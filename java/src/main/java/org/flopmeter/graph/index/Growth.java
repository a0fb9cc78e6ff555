/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

/** How arrays grow: by a quarter, so that a graph of gigabytes never holds twice its size for long. */
final class Growth
{
    private static final int LENGTH_MAX = Integer.MAX_VALUE - 8;
    private static final int STEP_MIN = 64;

    private Growth()
    {
    }

    /** A length of at least {@code needed}; an array that can't be that long is an error. */
    static int length(final int lengthNow, final long needed)
    {
        if (needed > LENGTH_MAX)
        {
            throw new IllegalStateException("an array of " + needed + " entries: the graph is too large for one index");
        }
        return (int)Math.min(LENGTH_MAX, Math.max(needed, (long)lengthNow + (lengthNow >> 2) + STEP_MIN));
    }
}
