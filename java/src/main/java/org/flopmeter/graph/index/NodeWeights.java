/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/**
 * Weights of nodes, 128 bits each: low halves in one array, high halves in pages that are there where one is not zero.
 * <p>
 * Nearly all nodes are outputs of less than 2^64, so a scan reads half as much.
 */
final class NodeWeights
{
    /** Nodes in a page: a multiple of 64, so that those of one word of a bit set are in one. */
    static final int PAGE_BITS = 9;
    static final int PAGE_MASK = (1 << PAGE_BITS) - 1;

    private long[] lows;
    private long[][] pages;

    NodeWeights(final int nodesExpected)
    {
        lows = new long[Math.max(1, nodesExpected)];
        pages = new long[(lows.length >>> PAGE_BITS) + 1][];
    }

    /** Zeros up to this size. */
    void growTo(final int nodeCount)
    {
        if (nodeCount > lows.length)
        {
            lows = Arrays.copyOf(lows, Growth.length(lows.length, nodeCount));
            pages = Arrays.copyOf(pages, (lows.length >>> PAGE_BITS) + 1);
        }
    }

    long low(final int node)
    {
        return lows[node];
    }

    long high(final int node)
    {
        final long[] page = pages[node >>> PAGE_BITS];
        return null == page ? 0 : page[node & PAGE_MASK];
    }

    void set(final int node, final long high, final long low)
    {
        lows[node] = low;
        long[] page = pages[node >>> PAGE_BITS];
        if (null == page)
        {
            if (0 == high)
            {
                return;
            }
            page = new long[1 << PAGE_BITS];
            pages[node >>> PAGE_BITS] = page;
        }
        page[node & PAGE_MASK] = high;
    }

    /** Low halves, for loops that can't afford a call; stale after {@link #growTo}. */
    long[] lows()
    {
        return lows;
    }

    /** High halves by node without its page bits, null where all are zero; stale after {@link #growTo}. */
    long[][] pages()
    {
        return pages;
    }

    long byteCount()
    {
        long sum = 8L * lows.length + 4L * pages.length;
        for (final long[] page : pages)
        {
            sum += null == page ? 0 : 8L * page.length + 16;
        }
        return sum;
    }
}
