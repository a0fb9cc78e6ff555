/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/** The contracted graph: a code for each node, rows for core nodes, weights of columns, totals of rows. */
final class IndexState
{
    /** Lists of one series or companion. */
    static final class Sums
    {
        final WideList coreWeights = new WideList(0);
        final WideList classWeights = new WideList(0);
        final WideList totals = new WideList(0);
    }

    final ParentGraph graph;
    final BlockRows coreRows;
    final BlockRows classRows;
    EntrySets sets;
    int[] codes;
    /** Entry sets before entries that descend from others were dropped. */
    int entrySetCount;
    private final Sums[] sums;

    IndexState(final ParentGraph graph, final IndexLimits limits)
    {
        this.graph = graph;
        coreRows = new BlockRows(limits.byteCountMax());
        classRows = new BlockRows(limits.byteCountMax());
        sets = new EntrySets(limits.setIntsMax());
        codes = new int[graph.nodeCount() + 1];
        sums = new Sums[graph.weights().listCount()];
    }

    int rowCount()
    {
        return coreRows.rowCount();
    }

    /** The lists of a series, made on the first weight that is not zero; null while there is none. */
    Sums sums(final int listIndex)
    {
        if (null == sums[listIndex] && null != graph.weights().list(listIndex))
        {
            sums[listIndex] = new Sums();
            growSums(sums[listIndex]);
        }
        return sums[listIndex];
    }

    void growSums()
    {
        for (final Sums lists : sums)
        {
            if (null != lists)
            {
                growSums(lists);
            }
        }
    }

    private void growSums(final Sums lists)
    {
        lists.coreWeights.growTo(coreRows.columnCount());
        lists.classWeights.growTo(classRows.columnCount());
        lists.totals.growTo(coreRows.rowCount());
    }

    /** Is the weight of a periphery node with this code in the total of this row? */
    boolean covers(final int row, final int code)
    {
        return Code.isEntry(code) ?
            coreRows.test(row, Code.entryRow(code)) : classRows.test(row, Code.classId(code));
    }

    /** Drop rows that another of the list covers: sorts the list, newest first, and returns how many are left. */
    int keepMaximal(final int[] rows, final int count)
    {
        sortDescending(rows, count);
        if (count > KEPT_TESTED_MAX)
        {
            return count;
        }
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            boolean isCovered = false;
            for (int j = 0; j < kept && !isCovered; j++)
            {
                isCovered = coreRows.test(rows[j], rows[i]);
            }
            if (!isCovered)
            {
                rows[kept++] = rows[i];
            }
        }
        return kept;
    }

    /** Beyond it the tests, a square, cost more than the rows they save. */
    private static final int KEPT_TESTED_MAX = 512;

    private static void sortDescending(final int[] rows, final int count)
    {
        if (count > 32)
        {
            Arrays.sort(rows, 0, count);
            for (int i = 0, j = count - 1; i < j; i++, j--)
            {
                final int row = rows[i];
                rows[i] = rows[j];
                rows[j] = row;
            }
            return;
        }
        for (int i = 1; i < count; i++)
        {
            final int row = rows[i];
            int j = i - 1;
            for (; j >= 0 && rows[j] < row; j--)
            {
                rows[j + 1] = rows[j];
            }
            rows[j + 1] = row;
        }
    }

    /** Weights onto columns: those of core nodes onto their own, those of periphery onto the code's. */
    void addToColumn(final Sums lists, final int code, final long high, final long low)
    {
        if (Code.isCore(code))
        {
            lists.coreWeights.add(Code.row(code), high, low);
        }
        else if (Code.NONE != code)
        {
            if (Code.isEntry(code))
            {
                lists.coreWeights.add(Code.entryRow(code), high, low);
            }
            else
            {
                lists.classWeights.add(Code.classId(code), high, low);
            }
        }
    }

    long byteCount()
    {
        long count = coreRows.byteCount() + classRows.byteCount() + sets.byteCount() + 4L * codes.length;
        for (final Sums lists : sums)
        {
            count += null == lists ? 0 :
                lists.coreWeights.byteCount() + lists.classWeights.byteCount() + lists.totals.byteCount();
        }
        return count;
    }
}
