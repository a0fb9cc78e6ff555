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
    private static final int BLOCKS_MAX = (Integer.MAX_VALUE - 8) / WORDS;
    private static final int[] EMPTY_ROW = new int[0];

    private final long byteCountMax;
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
    private int[] differing = new int[16];

    /**
     * No rows.
     *
     * @param byteCountMax of distinct blocks and rows: beyond it the contraction is defeated.
     */
    BlockRows(final long byteCountMax)
    {
        this.byteCountMax = byteCountMax;
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
        checkLimit();
    }

    private void checkLimit()
    {
        if (8L * WORDS * blockCount + 4L * rowLengthSum > byteCountMax || blockCount == BLOCKS_MAX)
        {
            throw new IndexDefeatedException(blockCount + " distinct blocks in " + rowCount + " rows of " +
                rowLengthSum + " places are more than " + byteCountMax + " bytes");
        }
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

    /** Make a row the union of itself and one that may be elsewhere. */
    void merge(final int row, final int[] with)
    {
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
            replace(row, at, intern(at));
        }
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

    private void replace(final int row, final int at, final int block)
    {
        if (at >= rows[row].length)
        {
            rowLengthSum += at + 1 - rows[row].length;
            rows[row] = Arrays.copyOf(rows[row], at + 1);
        }
        rows[row][at] = block;
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
        checkLimit();
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
        int length = baseRow.length;
        for (int i = 0; i < count; i++)
        {
            length = Math.max(length, rows[of[i]].length);
        }
        differing = EntrySets.roomFor(differing, length);
        Arrays.fill(differing, 0, length, 0);
        for (int i = 0; i < count; i++)
        {
            markDiffering(rows[of[i]], baseRow, differing);
        }
        for (int at = 0; at < length; at++)
        {
            if (0 != differing[at])
            {
                collectBlock(at, of, count, at < baseRow.length ? baseRow[at] : 0, extra);
            }
        }
    }

    /** One pass of plain loops over ints: the compiler makes vectors of them. */
    private static void markDiffering(final int[] row, final int[] baseRow, final int[] differing)
    {
        final int common = Math.min(row.length, baseRow.length);
        for (int at = 0; at < common; at++)
        {
            differing[at] |= row[at] ^ baseRow[at];
        }
        for (int at = common; at < row.length; at++)
        {
            differing[at] |= row[at];
        }
    }

    /** Eight words in registers and no branch on what the rows hold, so that the misses of many blocks overlap. */
    private void collectBlock(
        final int at, final int[] of, final int count, final int baseBlock, final ExtraBits extra)
    {
        final long[] from = words;
        long word0 = 0;
        long word1 = 0;
        long word2 = 0;
        long word3 = 0;
        long word4 = 0;
        long word5 = 0;
        long word6 = 0;
        long word7 = 0;
        for (int i = 0; i < count; i++)
        {
            final int[] row = rows[of[i]];
            final int begin = at < row.length ? row[at] * WORDS : 0;
            word0 |= from[begin];
            word1 |= from[begin + 1];
            word2 |= from[begin + 2];
            word3 |= from[begin + 3];
            word4 |= from[begin + 4];
            word5 |= from[begin + 5];
            word6 |= from[begin + 6];
            word7 |= from[begin + 7];
        }
        final int begin = baseBlock * WORDS;
        final int place = at * WORDS;
        extra.reserve(WORDS);
        extra.add(place, word0 & ~from[begin]);
        extra.add(place + 1, word1 & ~from[begin + 1]);
        extra.add(place + 2, word2 & ~from[begin + 2]);
        extra.add(place + 3, word3 & ~from[begin + 3]);
        extra.add(place + 4, word4 & ~from[begin + 4]);
        extra.add(place + 5, word5 & ~from[begin + 5]);
        extra.add(place + 6, word6 & ~from[begin + 6]);
        extra.add(place + 7, word7 & ~from[begin + 7]);
    }

    /** Bits that a list of blocks has and a row has not. */
    void collectExtra(final int[] with, final int row, final ExtraBits extra)
    {
        final int[] baseRow = rows[row];
        for (int at = 0; at < with.length; at++)
        {
            final int baseBlock = at < baseRow.length ? baseRow[at] : 0;
            extra.reserve(WORDS);
            for (int word = 0; with[at] != baseBlock && word < WORDS; word++)
            {
                extra.add(at * WORDS + word, words[with[at] * WORDS + word] & ~words[baseBlock * WORDS + word]);
            }
        }
    }

    long byteCount()
    {
        return 8L * words.length + 4L * blockColumns.length + 4L * table.length + 4L * rows.length +
            16L * rowCount + 4L * rowLengthSum;
    }
}
