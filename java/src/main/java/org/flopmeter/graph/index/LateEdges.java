/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Edges recorded between nodes that were there already: few, so a map beside the compressed lists. */
final class LateEdges
{
    private static final int[] NONE = new int[0];
    private static final int BYTES_A_NODE = 80;

    private final Map<Integer, int[]> parentsByChild = new HashMap<>();
    private int edgeCount;

    int edgeCount()
    {
        return edgeCount;
    }

    /** True when any node has late parents: loops look no further when not. */
    boolean isEmpty()
    {
        return 0 == edgeCount;
    }

    void add(final int parent, final int child)
    {
        final int[] before = parentsOf(child);
        final int[] after = Arrays.copyOf(before, before.length + 1);
        after[before.length] = parent;
        parentsByChild.put(child, after);
        edgeCount++;
    }

    /** Not a copy: read only. */
    int[] parentsOf(final int child)
    {
        return 0 == edgeCount ? NONE : parentsByChild.getOrDefault(child, NONE);
    }

    long byteCount()
    {
        return (long)BYTES_A_NODE * parentsByChild.size() + 4L * edgeCount;
    }
}
