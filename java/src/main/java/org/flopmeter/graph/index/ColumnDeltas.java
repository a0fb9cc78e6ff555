/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/** Changes of column weights since the last flush, and their way into the totals of the rows that have the columns. */
final class ColumnDeltas
{
    private int[] slots = new int[64];
    private int[] columns = new int[64];
    private final WideList deltas = new WideList(64);
    private int count;
    private int[] blockColumns = new int[16];
    private long[] masks = new long[16 * BlockRows.WORDS];
    private int[] stamps = new int[64];
    private final WideList memo = new WideList(64);
    private int stamp;

    /** Note a change, modulo 2^128: a decrease is a large increase. */
    void add(final int column, final long high, final long low)
    {
        if (column >= slots.length)
        {
            slots = Arrays.copyOf(slots, Growth.length(slots.length, column + 1L));
        }
        if (0 == slots[column])
        {
            if (count == columns.length)
            {
                columns = Arrays.copyOf(columns, 2 * count);
            }
            columns[count] = column;
            slots[column] = ++count;
            deltas.growTo(count);
            deltas.set(count - 1, 0, 0);
        }
        deltas.add(slots[column] - 1, high, low);
    }

    /** Into all totals, in one pass over the rows that can have a changed column. */
    void apply(final BlockRows rows, final int rowFirst, final WideList totals)
    {
        if (0 == count)
        {
            return;
        }
        final int changed = group();
        forgetMemo(rows.blockCount());
        for (int row = rowFirst; row < rows.rowCount(); row++)
        {
            final int[] blocks = rows.row(row);
            for (int i = 0; i < changed && blockColumns[i] < blocks.length; i++)
            {
                final int block = blocks[blockColumns[i]];
                if (0 != block)
                {
                    if (stamps[block] != stamp)
                    {
                        weigh(rows, block, i);
                    }
                    totals.add(row, memo.high(block), memo.low(block));
                }
            }
        }
        clear();
    }

    private void clear()
    {
        for (int i = 0; i < count; i++)
        {
            slots[columns[i]] = 0;
        }
        count = 0;
    }

    /** Block columns with a change, ascending, each with a mask of its changed columns. */
    private int group()
    {
        final int[] sorted = Arrays.copyOf(columns, count);
        Arrays.sort(sorted);
        int changed = 0;
        for (final int column : sorted)
        {
            final int at = column >>> BlockRows.SHIFT;
            if (0 == changed || blockColumns[changed - 1] != at)
            {
                if (changed == blockColumns.length)
                {
                    blockColumns = Arrays.copyOf(blockColumns, 2 * changed);
                    masks = Arrays.copyOf(masks, 2 * masks.length);
                }
                Arrays.fill(masks, changed * BlockRows.WORDS, (changed + 1) * BlockRows.WORDS, 0);
                blockColumns[changed++] = at;
            }
            masks[(changed - 1) * BlockRows.WORDS + ((column >>> 6) & (BlockRows.WORDS - 1))] |= 1L << column;
        }
        return changed;
    }

    private void forgetMemo(final int blockCount)
    {
        if (blockCount > stamps.length)
        {
            stamps = new int[Growth.length(stamps.length, blockCount)];
            stamp = 0;
        }
        memo.growTo(blockCount);
        stamp++;
        if (stamp < 0)
        {
            Arrays.fill(stamps, 0);
            stamp = 1;
        }
    }

    private void weigh(final BlockRows rows, final int block, final int changed)
    {
        memo.set(block, 0, 0);
        stamps[block] = stamp;
        final int base = blockColumns[changed] << BlockRows.SHIFT;
        for (int word = 0; word < BlockRows.WORDS; word++)
        {
            long bits = rows.words()[block * BlockRows.WORDS + word] & masks[changed * BlockRows.WORDS + word];
            for (; 0 != bits; bits &= bits - 1)
            {
                final int slot = slots[base + (word << 6) + Long.numberOfTrailingZeros(bits)] - 1;
                memo.add(block, deltas.high(slot), deltas.low(slot));
            }
        }
    }

    /** The smallest changed column; only asked when there is one. */
    int columnFirst()
    {
        int first = columns[0];
        for (int i = 1; i < count; i++)
        {
            first = Math.min(first, columns[i]);
        }
        return first;
    }

    boolean isEmpty()
    {
        return 0 == count;
    }
}
