/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;
import org.flopmeter.unit.FlopArithmetic;

/**
 * Totals of all rows from the weights of columns: each distinct block is weighed once, by tables of its 256 byte values
 * (the Four Russians' method), then a row is a sum of block weights.
 */
final class TotalSweep
{
    private static final int BYTES = 8 * BlockRows.WORDS;
    /** Rows that a thread takes at once: a cache line of totals has one owner. */
    private static final int CHUNK = 1024;

    private final BlockRows rows;
    private final WideList columnWeights;
    private final WideList totals;
    private final int threadCount;
    /** Distinct blocks by their block column. */
    private final int[] order;
    private final int[] orderBegin;
    private final long[] blockWeights;

    private TotalSweep(
        final BlockRows rows, final WideList columnWeights, final WideList totals, final int threadCount)
    {
        this.rows = rows;
        this.columnWeights = columnWeights;
        this.totals = totals;
        this.threadCount = threadCount;
        final int blockColumns = (rows.columnCount() >>> BlockRows.SHIFT) + 1;
        orderBegin = new int[blockColumns + 2];
        order = new int[rows.blockCount()];
        blockWeights = new long[2 * rows.blockCount()];
        for (int block = 1; block < rows.blockCount(); block++)
        {
            orderBegin[rows.blockColumn(block) + 2]++;
        }
        for (int at = 2; at < orderBegin.length; at++)
        {
            orderBegin[at] += orderBegin[at - 1];
        }
        for (int block = 1; block < rows.blockCount(); block++)
        {
            order[orderBegin[rows.blockColumn(block) + 1]++] = block;
        }
    }

    /** Set all totals of a series. */
    static void run(final IndexState state, final IndexState.Sums sums, final int threadCount)
    {
        Arrays.fill(sums.totals.words(), 0);
        new TotalSweep(state.coreRows, sums.coreWeights, sums.totals, threadCount).run();
        new TotalSweep(state.classRows, sums.classWeights, sums.totals, threadCount).run();
    }

    private void run()
    {
        inParallel(this::weighBlocks);
        inParallel(this::addRows);
    }

    /** One part of the work for each thread. */
    private interface Part
    {
        void run(int thread);
    }

    private void inParallel(final Part part)
    {
        final Thread[] others = new Thread[threadCount - 1];
        final Throwable[] failures = new Throwable[threadCount];
        for (int i = 0; i < others.length; i++)
        {
            final int thread = i + 1;
            others[i] = new Thread(() -> part.run(thread), "flopmeter-sweep-" + thread);
            others[i].setUncaughtExceptionHandler((where, failure) -> failures[thread] = failure);
            others[i].start();
        }
        part.run(0);
        for (final Thread other : others)
        {
            join(other);
        }
        for (final Throwable failure : failures)
        {
            if (null != failure)
            {
                throw new IllegalStateException("a part of the sweep failed", failure);
            }
        }
    }

    private static void join(final Thread thread)
    {
        boolean wasInterrupted = false;
        while (true)
        {
            try
            {
                thread.join();
                break;
            }
            catch (final InterruptedException e)
            {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted)
        {
            Thread.currentThread().interrupt();
        }
    }

    private void weighBlocks(final int thread)
    {
        final long[] table = new long[2 * BYTES * 256];
        for (int column = thread; column + 1 < orderBegin.length; column += threadCount)
        {
            if (orderBegin[column] < orderBegin[column + 1])
            {
                fillTable(column, table);
                for (int at = orderBegin[column]; at < orderBegin[column + 1]; at++)
                {
                    weigh(order[at], table);
                }
            }
        }
    }

    /** Weight of byte value b at place p: that of b without its lowest bit, plus the column of that bit. */
    private void fillTable(final int blockColumn, final long[] table)
    {
        final int columnsHere = Math.min(
            1 << BlockRows.SHIFT, columnWeights.size() - (blockColumn << BlockRows.SHIFT));
        for (int place = 0; place < BYTES; place++)
        {
            for (int value = 1; value < 256; value++)
            {
                final int column = 8 * place + Integer.numberOfTrailingZeros(value);
                final int rest = 2 * ((place << 8) + (value & (value - 1)));
                final int to = 2 * ((place << 8) + value);
                // A bit past the last column is never set in a block.
                final boolean isHere = column < columnsHere;
                final int from = (blockColumn << BlockRows.SHIFT) + column;
                final long low = isHere ? columnWeights.low(from) : 0;
                final long high = isHere ? columnWeights.high(from) : 0;
                table[to] = table[rest] + low;
                table[to + 1] = FlopArithmetic.addHigh(table[rest + 1], table[rest], high, low);
            }
        }
    }

    private void weigh(final int block, final long[] table)
    {
        final long[] words = rows.words();
        long high = 0;
        long low = 0;
        for (int at = 0; at < BlockRows.WORDS; at++)
        {
            long word = words[block * BlockRows.WORDS + at];
            for (int place = 8 * at; 0 != word; place++)
            {
                final int from = 2 * ((place << 8) + (int)(word & 255));
                low += table[from];
                high += table[from + 1] + FlopArithmetic.carry(low, table[from]);
                word >>>= 8;
            }
        }
        blockWeights[2 * block] = low;
        blockWeights[2 * block + 1] = high;
    }

    private void addRows(final int thread)
    {
        for (int begin = thread * CHUNK; begin < rows.rowCount(); begin += threadCount * CHUNK)
        {
            final int end = Math.min(rows.rowCount(), begin + CHUNK);
            for (int row = begin; row < end; row++)
            {
                addRow(row);
            }
        }
    }

    private void addRow(final int row)
    {
        long high = 0;
        long low = 0;
        for (final int block : rows.row(row))
        {
            final long blockLow = blockWeights[2 * block];
            low += blockLow;
            high += blockWeights[2 * block + 1] + FlopArithmetic.carry(low, blockLow);
        }
        totals.add(row, high, low);
    }
}
