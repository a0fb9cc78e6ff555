/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import org.flopmeter.unit.FlopArithmetic;
import org.flopmeter.unit.FlopOverflowException;

/** The descending scan over the edges of a mapped index: what rows can't answer, or not faster. */
final class MappedScan
{
    private final IndexMapping mapping;
    private final IntBuffer parentBegin;
    private final IntBuffer parents;
    private long[] marks = new long[0];
    private int[] ancestors = new int[64];
    private int count;

    MappedScan(final IndexMapping mapping)
    {
        this.mapping = mapping;
        parentBegin = mapping.ints(IndexSections.PARENT_BEGIN);
        parents = mapping.ints(IndexSections.PARENTS);
    }

    /** Find nodes and their ancestors: for sums over them. */
    void collect(final int... nodes)
    {
        if (0 == marks.length)
        {
            marks = new long[(mapping.nodeCount() >>> 6) + 1];
        }
        int last = -1;
        for (final int node : nodes)
        {
            marks[node >>> 6] |= 1L << node;
            last = Math.max(last, node >>> 6);
        }
        count = 0;
        for (int at = last; at >= 0; at--)
        {
            for (long word = marks[at]; 0 != word; word = marks[at])
            {
                final int bit = 63 - Long.numberOfLeadingZeros(word);
                final int v = (at << 6) + bit;
                marks[at] = word ^ (1L << bit);
                if (count == ancestors.length)
                {
                    ancestors = Arrays.copyOf(ancestors, Growth.length(count, count + 1L));
                }
                ancestors[count++] = v;
                for (int edge = parentBegin.get(v), end = parentBegin.get(v + 1); edge < end; edge++)
                {
                    final int parent = parents.get(edge);
                    marks[parent >>> 6] |= 1L << parent;
                }
            }
        }
    }

    /** Sum of a series over what was collected. */
    void sum(final int series, final ClosureTotal total)
    {
        final LongBuffer weights = mapping.longs(IndexSections.LISTS + IndexSections.PER_LIST * series);
        long low = 0;
        long high = 0;
        for (int i = 0; weights.capacity() > 0 && i < count; i++)
        {
            final long lowMore = weights.get(2 * ancestors[i]);
            final long highMore = weights.get(2 * ancestors[i] + 1);
            if (FlopArithmetic.addOverflows(high, low, highMore, lowMore))
            {
                throw new FlopOverflowException("the sum of series " + series + " needs more than 128 bits");
            }
            high = FlopArithmetic.addHigh(high, low, highMore, lowMore);
            low += lowMore;
        }
        total.set(series, high, low);
        final LongBuffer unbounded = mapping.longs(
            IndexSections.LISTS + IndexSections.PER_LIST * (mapping.seriesCount() + series));
        for (int i = 0; unbounded.capacity() > 0 && i < count; i++)
        {
            if (0 != unbounded.get(2 * ancestors[i]))
            {
                total.unbounded(series);
                return;
            }
        }
    }
}
