/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/**
 * Rows of bits, one a core node, cut into blocks of 512 columns of which each distinct one is kept once.
 * <p>
 * Closures of a long history agree almost everywhere: what was ever used is above everybody. So a row is a list of
 * block numbers, 4 bytes for 64, and two rows are compared a block at a time: equal numbers, equal blocks. Figures:
 * docs/design/0011-closure-index.md.
 */
final class BlockRows
{
    static final int SHIFT = 9;
    static final int WORDS = 8;
    private static final int[] EMPTY_ROW = new int[0];

    private final long blocksMax;
    /** Block 0 is all zero, whatever its column. */
    private long[] words = new long[WORDS * 64];
    private int[] blockColumns = new int[64];
    private int blockCount = 1;
    private int[] table = new int[256];
    private int[][] rows = new int[64][];
    private int rowCount;
    private int columnCount;
    private long rowLengthSum;
    private final long[] scratch = new long[WORDS];
    private long[] differing = new long[16];

    /**
     * No rows.
     *
     * @param blocksMax distinct blocks at most: beyond it the contraction is defeated.
     */
    BlockRows(final long blocksMax)
    {
        this.blocksMax = Math.min(blocksMax, (Integer.MAX_VALUE - 8L) / WORDS);
    }

    int rowCount()
    {
        return rowCount;
    }

    int columnCount()
    {
        return columnCount;
    }

    int blockCount()
    {
        return blockCount;
    }

    int[] row(final int row)
    {
        return rows[row];
    }

    long[] words()
    {
        return words;
    }

    /** The place of a block in its row: it holds columns from 512 times this on. */
    int blockColumn(final int block)
    {
        return blockColumns[block];
    }

    int addColumn()
    {
        return columnCount++;
    }

    boolean test(final int row, final int column)
    {
        final int[] blocks = rows[row];
        final int at = column >>> SHIFT;
        return at < blocks.length &&
            0 != (words[blocks[at] * WORDS + ((column >>> 6) & (WORDS - 1))] & (1L << column));
    }

    /**
     * Add a row: the union of some rows, and columns of its own.
     *
     * @param of numbers of the rows.
     * @param count rows in the list.
     * @param own columns, ascending.
     * @param ownBegin first of them in the list.
     * @param ownEnd end of them in the list.
     */
    void addUnion(final int[] of, final int count, final int[] own, final int ownBegin, final int ownEnd)
    {
        if (rowCount == rows.length)
        {
            rows = Arrays.copyOf(rows, Growth.length(rowCount, rowCount + 1L));
        }
        rows[rowCount] = union(of, count, own, ownBegin, ownEnd);
        rowLengthSum += rows[rowCount].length;
        rowCount++;
    }

    int[] union(final int[] of, final int count, final int[] own, final int ownBegin, final int ownEnd)
    {
        int length = ownBegin == ownEnd ? 0 : (own[ownEnd - 1] >>> SHIFT) + 1;
        int ownAt = ownBegin;
        for (int i = 0; i < count; i++)
        {
            length = Math.max(length, rows[of[i]].length);
        }
        if (0 == length)
        {
            return EMPTY_ROW;
        }
        final int[] result = new int[length];
        for (int at = 0; at < length; at++)
        {
            int block = 0;
            boolean isMixed = false;
            for (int i = 0; i < count; i++)
            {
                final int[] other = rows[of[i]];
                final int next = at < other.length ? other[at] : 0;
                isMixed |= 0 != next && 0 != block && next != block;
                block = 0 == next ? block : next;
            }
            if (ownAt < ownEnd && at == own[ownAt] >>> SHIFT)
            {
                Arrays.fill(scratch, 0);
                for (; ownAt < ownEnd && at == own[ownAt] >>> SHIFT; ownAt++)
                {
                    scratch[(own[ownAt] >>> 6) & (WORDS - 1)] |= 1L << own[ownAt];
                }
                result[at] = unionBlock(at, of, count);
            }
            else if (isMixed)
            {
                Arrays.fill(scratch, 0);
                result[at] = unionBlock(at, of, count);
            }
            else
            {
                result[at] = block;
            }
        }
        return result;
    }

    /** Onto what is in {@link #scratch}. */
    private int unionBlock(final int at, final int[] of, final int count)
    {
        for (int i = 0; i < count; i++)
        {
            final int[] other = rows[of[i]];
            if (at < other.length)
            {
                orInto(scratch, other[at]);
            }
        }
        return intern(at);
    }

    private void orInto(final long[] into, final int block)
    {
        for (int word = 0; word < WORDS; word++)
        {
            into[word] |= words[block * WORDS + word];
        }
    }

    /** Union of a row that is here and one that may be elsewhere; true when the row changed. */
    boolean merge(final int row, final int[] with)
    {
        boolean hasChanged = false;
        for (int at = 0; at < with.length; at++)
        {
            final int block = at < rows[row].length ? rows[row][at] : 0;
            if (0 == with[at] || block == with[at])
            {
                continue;
            }
            Arrays.fill(scratch, 0);
            orInto(scratch, block);
            orInto(scratch, with[at]);
            hasChanged |= replace(row, at, intern(at));
        }
        return hasChanged;
    }

    void set(final int row, final int column)
    {
        final int at = column >>> SHIFT;
        Arrays.fill(scratch, 0);
        if (at < rows[row].length)
        {
            orInto(scratch, rows[row][at]);
        }
        scratch[(column >>> 6) & (WORDS - 1)] |= 1L << column;
        replace(row, at, intern(at));
    }

    private boolean replace(final int row, final int at, final int block)
    {
        if (at >= rows[row].length)
        {
            rowLengthSum += at + 1 - rows[row].length;
            rows[row] = Arrays.copyOf(rows[row], at + 1);
        }
        final boolean isOther = block != rows[row][at];
        rows[row][at] = block;
        return isOther;
    }

    /** The number of the block in {@link #scratch}. */
    private int intern(final int blockColumn)
    {
        int slot = hash(scratch, 0, blockColumn) & (table.length - 1);
        while (0 != table[slot])
        {
            final int block = table[slot];
            if (blockColumns[block] == blockColumn && Arrays.equals(
                scratch, 0, WORDS, words, block * WORDS, block * WORDS + WORDS))
            {
                return block;
            }
            slot = (slot + 1) & (table.length - 1);
        }
        if (blockCount >= blocksMax)
        {
            throw new IndexDefeatedException("more than " + blocksMax + " distinct blocks");
        }
        if (blockCount == blockColumns.length)
        {
            blockColumns = Arrays.copyOf(blockColumns, Growth.length(blockCount, blockCount + 1L));
            words = Arrays.copyOf(words, blockColumns.length * WORDS);
        }
        System.arraycopy(scratch, 0, words, blockCount * WORDS, WORDS);
        blockColumns[blockCount] = blockColumn;
        table[slot] = blockCount++;
        if (2L * blockCount > table.length)
        {
            rehash();
        }
        return blockCount - 1;
    }

    private void rehash()
    {
        table = new int[2 * table.length];
        for (int block = 1; block < blockCount; block++)
        {
            int slot = hash(words, block * WORDS, blockColumns[block]) & (table.length - 1);
            while (0 != table[slot])
            {
                slot = (slot + 1) & (table.length - 1);
            }
            table[slot] = block;
        }
    }

    private static int hash(final long[] from, final int begin, final int blockColumn)
    {
        long hash = blockColumn;
        for (int word = 0; word < WORDS; word++)
        {
            hash = (hash ^ from[begin + word]) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 32;
        }
        return (int)hash;
    }

    /** Bits that some of these rows have and the base row has not. */
    void collectExtra(final int[] of, final int count, final int base, final ExtraBits extra)
    {
        final int[] baseRow = rows[base];
        int blocksMost = baseRow.length;
        for (int i = 0; i < count; i++)
        {
            blocksMost = Math.max(blocksMost, rows[of[i]].length);
        }
        final int maskLength = (blocksMost >>> 6) + 1;
        if (maskLength > differing.length)
        {
            differing = new long[Growth.length(differing.length, maskLength)];
        }
        for (int i = 0; i < count; i++)
        {
            if (of[i] != base)
            {
                markDiffering(rows[of[i]], baseRow);
            }
        }
        for (int at = 0; at < maskLength; at++)
        {
            for (long mask = differing[at]; 0 != mask; mask &= mask - 1)
            {
                collectBlock((at << 6) + Long.numberOfTrailingZeros(mask), of, count, baseRow, extra);
            }
            differing[at] = 0;
        }
    }

    /** Bits that a list of blocks has and a row has not. */
    void collectExtra(final int[] with, final int row, final ExtraBits extra)
    {
        final int[] baseRow = rows[row];
        for (int at = 0; at < with.length; at++)
        {
            final int baseBlock = at < baseRow.length ? baseRow[at] : 0;
            for (int word = 0; with[at] != baseBlock && word < WORDS; word++)
            {
                extra.add(at * WORDS + word, words[with[at] * WORDS + word] & ~words[baseBlock * WORDS + word]);
            }
        }
    }

    private void markDiffering(final int[] row, final int[] baseRow)
    {
        final int common = Math.min(row.length, baseRow.length);
        for (int at = 0; at < common; at++)
        {
            if (row[at] != baseRow[at])
            {
                differing[at >>> 6] |= 1L << at;
            }
        }
        for (int at = common; at < row.length; at++)
        {
            differing[at >>> 6] |= 1L << at;
        }
    }

    private void collectBlock(
        final int at, final int[] of, final int count, final int[] baseRow, final ExtraBits extra)
    {
        final int baseBlock = at < baseRow.length ? baseRow[at] : 0;
        if (2 == count)
        {
            // The usual case needs no scratch: one of the two is the base itself and subtracts to nothing.
            final int[] first = rows[of[0]];
            final int[] second = rows[of[1]];
            final int other = first == baseRow ? second[at] : first[at];
            for (int word = 0; word < WORDS; word++)
            {
                extra.add(at * WORDS + word, words[other * WORDS + word] & ~words[baseBlock * WORDS + word]);
            }
            return;
        }
        Arrays.fill(scratch, 0);
        for (int i = 0; i < count; i++)
        {
            final int[] row = rows[of[i]];
            if (at < row.length && row[at] != baseBlock)
            {
                orInto(scratch, row[at]);
            }
        }
        for (int word = 0; word < WORDS; word++)
        {
            extra.add(at * WORDS + word, scratch[word] & ~words[baseBlock * WORDS + word]);
        }
    }

    long byteCount()
    {
        return 8L * words.length + 4L * blockColumns.length + 4L * table.length + 8L * rows.length +
            16L * rowCount + 4L * rowLengthSum;
    }
}
