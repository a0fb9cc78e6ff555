/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;

/** Rows of blocks as {@link BlockRows} has them, in a mapping: nothing of them is in the heap but what is compared. */
final class MappedRows
{
    private final IntBuffer rowBegin;
    private final IntBuffer places;
    private final LongBuffer blocks;
    private int[] base = new int[16];
    private int[] other = new int[16];
    private int[] differing = new int[16];
    private final long[] block = new long[BlockRows.WORDS];
    private final long[] union = new long[BlockRows.WORDS];

    MappedRows(final IntBuffer rowBegin, final IntBuffer places, final LongBuffer blocks)
    {
        this.rowBegin = rowBegin;
        this.places = places;
        this.blocks = blocks;
    }

    boolean test(final int row, final int column)
    {
        final int at = rowBegin.get(row) + (column >>> BlockRows.SHIFT);
        return at < rowBegin.get(row + 1) && 0 != (blocks.get(
            places.get(at) * BlockRows.WORDS + ((column >>> 6) & (BlockRows.WORDS - 1))) & (1L << column));
    }

    /** Bits that some of these rows have and the base row has not. */
    void collectExtra(final int[] of, final int count, final int baseRow, final ExtraBits extra)
    {
        final int baseLength = length(baseRow);
        int length = baseLength;
        for (int i = 0; i < count; i++)
        {
            length = Math.max(length, length(of[i]));
        }
        base = EntrySets.roomFor(base, length);
        other = EntrySets.roomFor(other, length);
        differing = EntrySets.roomFor(differing, length);
        load(baseRow, base, length);
        Arrays.fill(differing, 0, length, 0);
        for (int i = 0; i < count; i++)
        {
            load(of[i], other, length);
            for (int at = 0; at < length; at++)
            {
                differing[at] |= other[at] ^ base[at];
            }
        }
        for (int at = 0; at < length; at++)
        {
            // A row that ends before has block 0 there, which is all zero.
            if (0 != differing[at])
            {
                collectBlock(at, of, count, base[at], extra);
            }
        }
    }

    private void collectBlock(
        final int at, final int[] of, final int count, final int baseBlock, final ExtraBits extra)
    {
        Arrays.fill(union, 0);
        for (int i = 0; i < count; i++)
        {
            final int place = rowBegin.get(of[i]) + at;
            if (place < rowBegin.get(of[i] + 1))
            {
                blocks.get(places.get(place) * BlockRows.WORDS, block);
                for (int word = 0; word < BlockRows.WORDS; word++)
                {
                    union[word] |= block[word];
                }
            }
        }
        blocks.get(baseBlock * BlockRows.WORDS, block);
        extra.reserve(BlockRows.WORDS);
        for (int word = 0; word < BlockRows.WORDS; word++)
        {
            extra.add(at * BlockRows.WORDS + word, union[word] & ~block[word]);
        }
    }

    private int length(final int row)
    {
        return rowBegin.get(row + 1) - rowBegin.get(row);
    }

    private void load(final int row, final int[] into, final int length)
    {
        final int count = length(row);
        places.get(rowBegin.get(row), into, 0, count);
        Arrays.fill(into, count, length, 0);
    }
}
