/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.nio.LongBuffer;
import java.util.Arrays;
import org.flopmeter.unit.FlopArithmetic;

/** Columns found by a query, as words of bits; kept across queries so that none allocates. */
final class ExtraBits
{
    private int[] places = new int[256];
    private long[] bits = new long[256];
    private int count;

    void clear()
    {
        count = 0;
    }

    /** Room for so many words more: before {@link #add}. */
    void reserve(final int more)
    {
        if (count + more > places.length)
        {
            places = Arrays.copyOf(places, 2 * places.length);
            bits = Arrays.copyOf(bits, 2 * bits.length);
        }
    }

    void add(final int place, final long word)
    {
        places[count] = place;
        bits[count] = word;
        // Kept only when it holds a bit: no branch to mispredict.
        count += 0 != word ? 1 : 0;
    }

    boolean isEmpty()
    {
        return 0 == count;
    }

    boolean contains(final int column)
    {
        final int place = column >>> 6;
        for (int i = 0; i < count; i++)
        {
            if (places[i] == place)
            {
                return 0 != (bits[i] & (1L << column));
            }
        }
        return false;
    }

    /** Add the weights of the columns to a 128-bit sum held as {low, high}. */
    void addTo(final long[] sum, final WideList columnWeights)
    {
        final long[] words = columnWeights.words();
        long low = sum[0];
        long high = sum[1];
        for (int i = 0; i < count; i++)
        {
            final int base = places[i] << 6;
            for (long word = bits[i]; 0 != word; word &= word - 1)
            {
                final int at = (base + Long.numberOfTrailingZeros(word)) << 1;
                low += words[at];
                high += words[at + 1] + (low + Long.MIN_VALUE < words[at] + Long.MIN_VALUE ? 1 : 0);
            }
        }
        sum[0] = low;
        sum[1] = high;
    }

    /** The same with weights in a mapping. */
    void addTo(final long[] sum, final LongBuffer columnWeights)
    {
        for (int i = 0; i < count; i++)
        {
            final int first = places[i] << 6;
            for (long word = bits[i]; 0 != word; word &= word - 1)
            {
                final int at = (first + Long.numberOfTrailingZeros(word)) << 1;
                final long low = columnWeights.get(at);
                sum[0] += low;
                sum[1] += columnWeights.get(at + 1) + FlopArithmetic.carry(sum[0], low);
            }
        }
    }
}
