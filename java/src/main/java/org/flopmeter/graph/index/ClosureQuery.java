/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;
import org.flopmeter.unit.FlopArithmetic;

/** Sums over one closure from rows: a walk in the periphery, one total of a row, and what other rows add to it. */
final class ClosureQuery
{
    /** Above them the scan is as fast. */
    private static final int MEMBERS_MAX = 1 << 16;
    private static final int ATTACHED_MAX = 1 << 10;

    private final PeripheryWalk walk;
    private final ExtraBits coreExtra = new ExtraBits();
    private final ExtraBits classExtra = new ExtraBits();
    private int[] uncovered = new int[64];
    private int uncoveredCount;
    private int rowCount;
    private int base;
    private final long[] sum = new long[2];

    ClosureQuery(final ParentGraph graph)
    {
        walk = new PeripheryWalk(graph);
    }

    /** Find what to add up for a periphery node; false when the walk is too long to pay. */
    boolean find(final int node, final IndexState state, final int listIndex)
    {
        if (!walk.walk(node, state.codes, MEMBERS_MAX) || walk.attachedCount() > ATTACHED_MAX)
        {
            return false;
        }
        findExtra(state, listIndex);
        uncoveredCount = 0;
        for (int i = 0; i < walk.memberCount(); i++)
        {
            final int code = state.codes[walk.member(i)];
            if (Code.NONE == code || !isCovered(code, state))
            {
                if (uncoveredCount == uncovered.length)
                {
                    uncovered = Arrays.copyOf(uncovered, 2 * uncoveredCount);
                }
                uncovered[uncoveredCount++] = walk.member(i);
            }
        }
        return true;
    }

    /** Walk from a node without limits, and find the rows it hangs on. */
    void findRows(final int node, final IndexState state)
    {
        walk.walk(node, state.codes, Integer.MAX_VALUE);
        findExtra(state, 0);
        uncoveredCount = 0;
    }

    private void findExtra(final IndexState state, final int listIndex)
    {
        final int[] rows = walk.attached();
        coreExtra.clear();
        classExtra.clear();
        rowCount = walk.attachedCount();
        if (rowCount > 0)
        {
            base = largest(rows, state.sums(listIndex));
        }
        if (rowCount > 1)
        {
            // Only rows that the largest does not cover: to find the others too costs more tests than they cost here.
            int count = 0;
            for (int i = 0; i < rowCount; i++)
            {
                if (rows[i] == base || !state.coreRows.test(base, rows[i]))
                {
                    rows[count++] = rows[i];
                }
            }
            rowCount = count;
            state.coreRows.collectExtra(rows, rowCount, base, coreExtra);
            state.classRows.collectExtra(rows, rowCount, base, classExtra);
        }
    }

    /** The row with the largest total leaves the least to add; any would do. */
    private int largest(final int[] rows, final IndexState.Sums sums)
    {
        int best = rows[0];
        for (int i = 1; null != sums && i < rowCount; i++)
        {
            if (FlopArithmetic.compare(sums.totals.high(rows[i]), sums.totals.low(rows[i]),
                sums.totals.high(best), sums.totals.low(best)) > 0)
            {
                best = rows[i];
            }
        }
        return best;
    }

    private boolean isCovered(final int code, final IndexState state)
    {
        if (0 == rowCount)
        {
            return false;
        }
        return state.covers(base, code) || (Code.isEntry(code) ?
            coreExtra.contains(Code.entryRow(code)) : classExtra.contains(Code.classId(code)));
    }

    /** The sum of one list over what was found, as {low, high}; valid until the next call. */
    long[] sum(final IndexState state, final int listIndex)
    {
        sum[0] = 0;
        sum[1] = 0;
        final IndexState.Sums sums = state.sums(listIndex);
        if (null == sums)
        {
            return sum;
        }
        if (rowCount > 0)
        {
            sum[0] = sums.totals.low(base);
            sum[1] = sums.totals.high(base);
        }
        coreExtra.addTo(sum, sums.coreWeights);
        classExtra.addTo(sum, sums.classWeights);
        final NodeWeights weights = state.graph.weights().list(listIndex);
        long high = sum[1];
        long low = sum[0];
        for (int i = 0; i < uncoveredCount; i++)
        {
            final long weight = weights.low(uncovered[i]);
            low += weight;
            high += weights.high(uncovered[i]) + FlopArithmetic.carry(low, weight);
        }
        sum[0] = low;
        sum[1] = high;
        return sum;
    }

    PeripheryWalk walk()
    {
        return walk;
    }

    /** Rows whose union is the closure of what {@link #findRows} walked. */
    int rowCount()
    {
        return rowCount;
    }

    int[] rows()
    {
        return walk.attached();
    }
}
