/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;
import org.flopmeter.unit.FlopArithmetic;

/**
 * Weight changes that wait for a flush: a report of a running computation costs an append here, and one pass over the
 * rows carries thousands of them into all totals.
 */
final class PendingWeights
{
    private int[] nodes = new int[64];
    private int[] lists = new int[64];
    private long[] values = new long[128];
    private int count;
    private final ColumnDeltas[] coreDeltas;
    private final ColumnDeltas[] classDeltas;

    PendingWeights(final int listCount)
    {
        coreDeltas = new ColumnDeltas[listCount];
        classDeltas = new ColumnDeltas[listCount];
        for (int list = 0; list < listCount; list++)
        {
            coreDeltas[list] = new ColumnDeltas();
            classDeltas[list] = new ColumnDeltas();
        }
    }

    void add(final int node, final int list, final long high, final long low)
    {
        if (count == nodes.length)
        {
            nodes = Arrays.copyOf(nodes, Growth.length(count, 2L * count));
            lists = Arrays.copyOf(lists, nodes.length);
            values = Arrays.copyOf(values, 2 * nodes.length);
        }
        nodes[count] = node;
        lists[count] = list;
        values[2 * count] = low;
        values[2 * count + 1] = high;
        count++;
    }

    /** Into the weights, and into the totals when there is an index. */
    void flush(final WeightTable weights, final IndexState state)
    {
        for (int i = 0; i < count; i++)
        {
            applyToNode(weights, state, nodes[i], lists[i], values[2 * i + 1], values[2 * i]);
        }
        count = 0;
        for (int list = 0; null != state && list < coreDeltas.length; list++)
        {
            if (!coreDeltas[list].isEmpty())
            {
                // A column of a core node starts in its own row.
                coreDeltas[list].apply(state.coreRows, coreDeltas[list].columnFirst(), state.sums(list).totals);
            }
            classDeltas[list].apply(state.classRows, 0, null == state.sums(list) ? null : state.sums(list).totals);
        }
    }

    private void applyToNode(
        final WeightTable weights,
        final IndexState state,
        final int node,
        final int list,
        final long high,
        final long low)
    {
        final NodeWeights before = weights.list(list);
        final long highOld = null == before ? 0 : before.high(node);
        final long lowOld = null == before ? 0 : before.low(node);
        if (null == state || (high == highOld && low == lowOld))
        {
            weights.set(node, list, high, low);
            return;
        }
        weights.set(node, list, high, low);
        final IndexState.Sums sums = state.sums(list);
        final int code = state.codes[node];
        if (Code.NONE == code)
        {
            return;
        }
        final long deltaHigh = FlopArithmetic.subtractHigh(high, low, highOld, lowOld);
        final long deltaLow = low - lowOld;
        state.addToColumn(sums, code, deltaHigh, deltaLow);
        if (Code.isCore(code) || Code.isEntry(code))
        {
            coreDeltas[list].add(Code.isCore(code) ? Code.row(code) : Code.entryRow(code), deltaHigh, deltaLow);
        }
        else
        {
            classDeltas[list].add(Code.classId(code), deltaHigh, deltaLow);
        }
    }
}
