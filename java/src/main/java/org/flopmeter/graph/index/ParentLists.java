/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/**
 * Parents of numbered nodes, two of each in one word: a scan finds them by one read, and goes on without asking how
 * many there are.
 * <p>
 * Low half: the first parent, or the node itself when it has none. High half: the second one; the first again when
 * there is one; or, below zero, the complement of a place in {@link #more}: there stands how many follow, and they do.
 */
final class ParentLists
{
    private static final long LOW = 0xFFFFFFFFL;

    private long[] pairs;
    private int[] more = new int[64];
    private int moreLength;
    private int nodeCount;
    private long edgeCount;

    ParentLists(final int nodesExpected)
    {
        pairs = new long[Math.max(1, nodesExpected)];
    }

    /** The next node; its parents are distinct and smaller. */
    void add(final int[] parents, final int length)
    {
        if (nodeCount == pairs.length)
        {
            pairs = Arrays.copyOf(pairs, Growth.length(nodeCount, nodeCount + 1L));
        }
        final int first = 0 == length ? nodeCount : parents[0];
        int second = 2 == length ? parents[1] : first;
        if (length > 2)
        {
            second = ~moreLength;
            if ((long)moreLength + length > more.length)
            {
                more = Arrays.copyOf(more, Growth.length(more.length, (long)moreLength + length));
            }
            more[moreLength] = length - 1;
            System.arraycopy(parents, 1, more, moreLength + 1, length - 1);
            moreLength += length;
        }
        pairs[nodeCount++] = ((long)second << 32) | (first & LOW);
        edgeCount += length;
    }

    int nodeCount()
    {
        return nodeCount;
    }

    long edgeCount()
    {
        return edgeCount;
    }

    /** Parents of a node. */
    int count(final int node)
    {
        final int second = second(pairs[node]);
        if (second < 0)
        {
            return 1 + more[~second];
        }
        final int first = first(pairs[node]);
        return first == node ? 0 : second == first ? 1 : 2;
    }

    /** One of the parents of a node, from 0. */
    int parent(final int node, final int at)
    {
        final int second = second(pairs[node]);
        return 0 == at ? first(pairs[node]) : second < 0 ? more[~second + at] : second;
    }

    static int first(final long pair)
    {
        return (int)pair;
    }

    static int second(final long pair)
    {
        return (int)(pair >>> 32);
    }

    /** By node; for loops that can't afford a call; stale after {@link #add}. */
    long[] pairs()
    {
        return pairs;
    }

    /** Counts and parents behind the first; stale after {@link #add}. */
    int[] more()
    {
        return more;
    }

    long byteCount()
    {
        return 8L * pairs.length + 4L * more.length;
    }
}
