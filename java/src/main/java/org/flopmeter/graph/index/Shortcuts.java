/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/**
 * Finds parents that other parents imply: who reads two turns of a conversation, of which one read the other, has both
 * above it by the edge to the later one. Without the edge to the earlier one every closure is the same, and two edges
 * in three are of this kind.
 * <p>
 * The search is bounded, so an edge may stay that could go: it costs time then, and changes nothing.
 */
final class Shortcuts
{
    /** Edges looked at for each node, and for each of its parents. */
    private static final int LOOK_MAX = 64;
    private static final int LOOK_EACH = 4;
    /** Who has more parents is not gone through. */
    private static final int GO_THROUGH_MAX = 32;

    private final ParentLists lists;
    private final SeenNodes seen = new SeenNodes();
    private int[] candidates = new int[16];
    private int candidateCount;
    private long[] dropped = new long[1];
    /** A bit for each value of six bits that a candidate hashes to. */
    private long filter;
    private int[] kept = new int[16];
    private final int[] stack = new int[LOOK_MAX];
    private int looksLeft;

    /** On lists that hold all nodes below the next one. */
    Shortcuts(final ParentLists lists)
    {
        this.lists = lists;
    }

    /**
     * Drop what is implied.
     *
     * @param parents of the next node, some perhaps twice; not changed.
     * @param length parents in the list.
     * @param core a bit for each node that is core: only a parent itself is gone through if it is.
     * @return how many stay: {@link #kept}.
     */
    int drop(final int[] parents, final int length, final long[] core)
    {
        collect(parents, length);
        looksLeft = LOOK_MAX + LOOK_EACH * candidateCount;
        seen.forget();
        int count = 0;
        for (int i = candidateCount - 1; i >= 0; i--)
        {
            if (0 == (dropped[i >>> 6] & (1L << i)))
            {
                kept[count++] = candidates[i];
                if (i > 0)
                {
                    goUp(candidates[i], core);
                }
            }
        }
        return count;
    }

    /** Distinct ones, ascending. */
    int distinct(final int[] parents, final int length)
    {
        collect(parents, length);
        System.arraycopy(candidates, 0, kept, 0, candidateCount);
        return candidateCount;
    }

    /** What the last call left, in its first places. */
    int[] kept()
    {
        return kept;
    }

    private void collect(final int[] parents, final int length)
    {
        candidates = EntrySets.roomFor(candidates, length);
        kept = EntrySets.roomFor(kept, length);
        System.arraycopy(parents, 0, candidates, 0, length);
        Arrays.sort(candidates, 0, length);
        candidateCount = 0;
        filter = 0;
        for (int i = 0; i < length; i++)
        {
            final int parent = candidates[i];
            if (0 == candidateCount || candidates[candidateCount - 1] != parent)
            {
                candidates[candidateCount++] = parent;
                filter |= hashBit(parent);
            }
        }
        final int words = (candidateCount >>> 6) + 1;
        dropped = dropped.length < words ? new long[Growth.length(dropped.length, words)] : dropped;
        Arrays.fill(dropped, 0, words, 0);
    }

    private static long hashBit(final int node)
    {
        return 1L << (node * 0x9E3779B1 >>> 26);
    }

    private void goUp(final int from, final long[] core)
    {
        int height = 0;
        stack[height++] = from;
        while (height > 0)
        {
            final int node = stack[--height];
            final int count = lists.count(node);
            if (count > GO_THROUGH_MAX)
            {
                continue;
            }
            for (int at = 0; at < count; at++)
            {
                if (0 == looksLeft)
                {
                    return;
                }
                looksLeft--;
                final int above = lists.parent(node, at);
                if (above < candidates[0] || !seen.see(above))
                {
                    continue;
                }
                dropIfCandidate(above);
                if (height < stack.length && 0 == (core[above >>> 6] & (1L << above)))
                {
                    stack[height++] = above;
                }
            }
        }
    }

    private void dropIfCandidate(final int node)
    {
        if (0 != (filter & hashBit(node)))
        {
            final int at = Arrays.binarySearch(candidates, 0, candidateCount, node);
            if (at >= 0)
            {
                dropped[at >>> 6] |= 1L << at;
            }
        }
    }
}
