/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import org.flopmeter.unit.FlopArithmetic;

/**
 * Weights of nodes: parallel lists of 128-bit integers, one for each series (a precision and an interval end).
 * <p>
 * A weight may be {@code unbounded} in a series (an upper end that nobody knows). Unbounded weights are counted in a
 * list of their own, the series' companion, so that they come and go like any other weight: a sum is unbounded while
 * the count over its nodes is not zero. A list exists from the first weight that is not zero.
 */
public final class WeightTable
{
    private final int seriesCount;
    private final NodeWeights[] lists;
    /** Sum over all nodes: low, high, and what went past 2^128. */
    private final long[] grandTotals;
    private final int nodesExpected;
    private int nodeCount;

    WeightTable(final int seriesCount, final int nodesExpected)
    {
        if (seriesCount < 1)
        {
            throw new IllegalArgumentException("at least one series: " + seriesCount);
        }
        this.seriesCount = seriesCount;
        this.nodesExpected = nodesExpected;
        lists = new NodeWeights[2 * seriesCount];
        grandTotals = new long[3 * lists.length];
    }

    /** Series that the graph was made with. */
    public int seriesCount()
    {
        return seriesCount;
    }

    /** Lists: the series, then their companions that count unbounded weights. */
    int listCount()
    {
        return lists.length;
    }

    /** The list of a series or companion, or null when all its weights are zero. */
    NodeWeights list(final int listIndex)
    {
        return lists[listIndex];
    }

    /** The companion of a series. */
    int unboundedList(final int series)
    {
        return seriesCount + series;
    }

    /** High half of the weight of a node. */
    public long high(final int node, final int series)
    {
        final NodeWeights list = lists[series];
        return null == list ? 0 : list.high(node);
    }

    /** Low half of the weight of a node. */
    public long low(final int node, final int series)
    {
        final NodeWeights list = lists[series];
        return null == list ? 0 : list.low(node);
    }

    /** Is the weight of this node unbounded in this series? */
    public boolean isUnbounded(final int node, final int series)
    {
        final NodeWeights list = lists[seriesCount + series];
        return null != list && 0 != list.low(node);
    }

    /**
     * True when the sum over all nodes fits into 128 bits: then no sum over some of them can wrap, and sums kept modulo
     * 2^128 are the sums.
     */
    boolean isExact(final int listIndex)
    {
        return 0 == grandTotals[3 * listIndex + 2];
    }

    void growTo(final int nodeCountNew)
    {
        nodeCount = nodeCountNew;
        for (final NodeWeights list : lists)
        {
            if (null != list)
            {
                list.growTo(nodeCountNew);
            }
        }
    }

    void set(final int node, final int listIndex, final long high, final long low)
    {
        NodeWeights list = lists[listIndex];
        if (null == list)
        {
            if (0 == (high | low))
            {
                return;
            }
            list = new NodeWeights(Math.max(nodeCount, nodesExpected));
            lists[listIndex] = list;
        }
        exchange(3 * listIndex, list.high(node), list.low(node), high, low);
        list.set(node, high, low);
    }

    private void exchange(
        final int at, final long highOld, final long lowOld, final long highNew, final long lowNew)
    {
        if (FlopArithmetic.compare(grandTotals[at + 1], grandTotals[at], highOld, lowOld) < 0)
        {
            grandTotals[at + 2]--;
        }
        grandTotals[at + 1] = FlopArithmetic.subtractHigh(grandTotals[at + 1], grandTotals[at], highOld, lowOld);
        grandTotals[at] -= lowOld;
        if (FlopArithmetic.addOverflows(grandTotals[at + 1], grandTotals[at], highNew, lowNew))
        {
            grandTotals[at + 2]++;
        }
        grandTotals[at + 1] = FlopArithmetic.addHigh(grandTotals[at + 1], grandTotals[at], highNew, lowNew);
        grandTotals[at] += lowNew;
    }

    long byteCount()
    {
        long sum = 0;
        for (final NodeWeights list : lists)
        {
            sum += null == list ? 0 : list.byteCount();
        }
        return sum;
    }
}
