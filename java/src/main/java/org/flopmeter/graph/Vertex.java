/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import org.flopmeter.unit.Ratio;

/**
 * A node, or a segment of one.
 *
 * @param activity null for whatever is not a computation.
 * @param start    seconds; null when unknown. An artifact starts and ends at its instant.
 * @param end      seconds; null when unknown.
 */
record Vertex(String name, NodeKind kind, Activity activity, Ratio start, Ratio end)
{
    static Vertex computation(final String name, final Activity activity)
    {
        return new Vertex(name, NodeKind.COMPUTATION, activity, activity.start(), activity.end());
    }

    static Vertex artifact(final String name, final NodeKind kind, final Ratio instant)
    {
        return new Vertex(name, kind, null, instant, instant);
    }
}
