/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;
import org.flopmeter.unit.FlopArithmetic;
import org.flopmeter.unit.FlopOverflowException;

/**
 * The reference query: marks ancestors in a bit set, newest first.
 * <p>
 * Parents have smaller numbers, so one descending pass over the bits sees every node after all its descendants: no
 * queue, no recursion, each ancestor once whatever the number of paths. Every addition checks for overflow. One thread.
 */
public final class AncestorScan
{
    private static final long LIMB = 0xFFFFFFFFL;

    private final ParentGraph graph;
    private long[] marks = new long[1];
    private int[] ancestors = new int[1024];
    private int ancestorCount;

    /** A scan of this graph; keeps a bit for each node. */
    public AncestorScan(final ParentGraph graph)
    {
        this.graph = graph;
    }

    /**
     * Sum of one series over a node and its ancestors.
     *
     * @param node whose closure.
     * @param series summed.
     * @param total receives the value in its entry {@code series}.
     * @return distinct nodes summed.
     */
    public int sum(final int node, final int series, final ClosureTotal total)
    {
        graph.checked(node);
        final WeightTable weights = graph.weights();
        total.reset(weights.seriesCount());
        total.path(ClosureTotal.Path.SCAN);
        final NodeWeights list = weights.list(graph.checkedSeries(series));
        final int count;
        if (null == list)
        {
            collect(node);
            count = ancestorCount;
        }
        else
        {
            mark(node);
            count = sweep(node, series, list, Integer.MAX_VALUE, total);
        }
        final NodeWeights unbounded = weights.list(weights.unboundedList(series));
        if (null != unbounded)
        {
            collect(node);
            addUnbounded(series, unbounded, total);
        }
        return count;
    }

    /** As {@link #sum}, but false, and no sum, when there are more ancestors than this. */
    boolean sumFew(final int node, final int series, final int ancestorsMax, final ClosureTotal total)
    {
        final WeightTable weights = graph.weights();
        if (null == weights.list(series) || null != weights.list(weights.unboundedList(series)))
        {
            return false;
        }
        total.reset(weights.seriesCount());
        total.path(ClosureTotal.Path.SCAN);
        mark(node);
        return sweep(node, series, weights.list(series), ancestorsMax, total) <= ancestorsMax;
    }

    /**
     * Sums of all series over a node and its ancestors.
     *
     * @param node whose closure.
     * @param total receives the values.
     * @return distinct nodes summed.
     */
    public int sums(final int node, final ClosureTotal total)
    {
        final WeightTable weights = graph.weights();
        collect(graph.checked(node));
        total.reset(weights.seriesCount());
        total.path(ClosureTotal.Path.SCAN);
        for (int series = 0; series < weights.seriesCount(); series++)
        {
            final NodeWeights list = weights.list(series);
            for (int i = 0; null != list && i < ancestorCount; i++)
            {
                addChecked(series, list.high(ancestors[i]), list.low(ancestors[i]), total);
            }
            final NodeWeights unbounded = weights.list(weights.unboundedList(series));
            if (null != unbounded)
            {
                addUnbounded(series, unbounded, total);
            }
        }
        return ancestorCount;
    }

    /** The node and its ancestors, newest first: the list that proves a sum. */
    public int[] closure(final int node)
    {
        collect(graph.checked(node));
        return Arrays.copyOf(ancestors, ancestorCount);
    }

    private void mark(final int node)
    {
        final int wordCount = (graph.nodeCount() >>> 6) + 1;
        if (wordCount > marks.length)
        {
            // All zero between scans, so nothing is copied.
            marks = new long[Growth.length(marks.length, wordCount)];
        }
        marks[node >>> 6] = 1L << node;
    }

    /**
     * Clears each mark as it passes: the bit set is all zero again at the end. A word of marks stays in a register
     * while its nodes are visited, and the sum is in four limbs of 32 bits, each in a long, so that nothing carries.
     * A node without a second parent marks the first again, one without parents itself: so its own mark goes last.
     */
    private int sweep(
        final int node, final int series, final NodeWeights list, final int ancestorsMax, final ClosureTotal total)
    {
        final long[] bits = marks;
        final long[] pairs = graph.lists().pairs();
        final boolean hasLate = !graph.late().isEmpty();
        final long[] lows = list.lows();
        final long[][] pages = list.pages();
        long limb0 = 0;
        long limb1 = 0;
        long limb2 = 0;
        long limb3 = 0;
        int count = 0;
        for (int at = node >>> 6; at >= 0; at--)
        {
            final long[] page = pages[at >>> NodeWeights.PAGE_BITS - 6];
            long word = bits[at];
            while (0 != word)
            {
                final int bit = 63 - Long.numberOfLeadingZeros(word);
                final int v = (at << 6) + bit;
                count++;
                final long low = lows[v];
                limb0 += low & LIMB;
                limb1 += low >>> 32;
                if (null != page)
                {
                    final long high = page[v & NodeWeights.PAGE_MASK];
                    limb2 += high & LIMB;
                    limb3 += high >>> 32;
                }
                final long pair = pairs[v];
                final int second = ParentLists.second(pair);
                if (second < 0 || hasLate)
                {
                    bits[at] = word;
                    markMore(v, second);
                    word = bits[at];
                }
                else if (second >>> 6 == at)
                {
                    word |= 1L << second;
                }
                else
                {
                    bits[second >>> 6] |= 1L << second;
                }
                final int first = ParentLists.first(pair);
                if (first >>> 6 == at)
                {
                    word |= 1L << first;
                }
                else
                {
                    bits[first >>> 6] |= 1L << first;
                }
                word &= ~(1L << bit);
            }
            bits[at] = 0;
            if (count > ancestorsMax)
            {
                Arrays.fill(bits, 0, at, 0);
                return count;
            }
        }
        if (!total.setLimbs(series, limb0, limb1, limb2, limb3))
        {
            throw new FlopOverflowException("the sum over node " + node + " needs more than 128 bits");
        }
        return count;
    }

    /** Marks the second parent, or all behind the first, and late ones. */
    private void markMore(final int node, final int second)
    {
        if (second < 0)
        {
            final int[] more = graph.lists().more();
            for (int at = ~second + 1, end = at + more[~second]; at < end; at++)
            {
                marks[more[at] >>> 6] |= 1L << more[at];
            }
        }
        else
        {
            marks[second >>> 6] |= 1L << second;
        }
        markLate(node);
    }

    private void collect(final int node)
    {
        mark(node);
        final long[] pairs = graph.lists().pairs();
        ancestorCount = 0;
        for (int at = node >>> 6; at >= 0; at--)
        {
            for (long word = marks[at]; 0 != word; word = marks[at])
            {
                final int bit = 63 - Long.numberOfLeadingZeros(word);
                final int v = (at << 6) + bit;
                if (ancestorCount == ancestors.length)
                {
                    ancestors = Arrays.copyOf(ancestors, Growth.length(ancestorCount, ancestorCount + 1L));
                }
                ancestors[ancestorCount++] = v;
                final int first = ParentLists.first(pairs[v]);
                marks[first >>> 6] |= 1L << first;
                markMore(v, ParentLists.second(pairs[v]));
                marks[at] &= ~(1L << bit);
            }
        }
    }

    private void markLate(final int node)
    {
        for (final int parent : graph.late().parentsOf(node))
        {
            marks[parent >>> 6] |= 1L << parent;
        }
    }

    private void addUnbounded(final int series, final NodeWeights unbounded, final ClosureTotal total)
    {
        for (int i = 0; i < ancestorCount; i++)
        {
            if (0 != unbounded.low(ancestors[i]))
            {
                total.unbounded(series);
            }
        }
    }

    private static void addChecked(final int series, final long high, final long low, final ClosureTotal total)
    {
        if (FlopArithmetic.addOverflows(total.high(series), total.low(series), high, low))
        {
            throw new FlopOverflowException("the sum of series " + series + " needs more than 128 bits");
        }
        total.set(series, FlopArithmetic.addHigh(total.high(series), total.low(series), high, low),
            total.low(series) + low);
    }
}
