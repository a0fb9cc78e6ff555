/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;
import org.flopmeter.unit.FlopArithmetic;

/**
 * A growing list of 128-bit integers, modulo 2^128, low half first in memory: an entry is in one cache line.
 * <p>
 * The list wraps; whoever publishes a value must know that it did not ({@link WeightTable#isExact}).
 */
final class WideList
{
    private long[] words;
    private int size;

    WideList(final int sizeExpected)
    {
        words = new long[Math.max(2, 2 * sizeExpected)];
    }

    int size()
    {
        return size;
    }

    /** Zeros up to this size. */
    void growTo(final int sizeNew)
    {
        if (2L * sizeNew > words.length)
        {
            words = Arrays.copyOf(words, Growth.length(words.length, 2L * sizeNew));
        }
        size = Math.max(size, sizeNew);
    }

    long low(final int index)
    {
        return words[index << 1];
    }

    long high(final int index)
    {
        return words[(index << 1) + 1];
    }

    void set(final int index, final long high, final long low)
    {
        words[index << 1] = low;
        words[(index << 1) + 1] = high;
    }

    void add(final int index, final long high, final long low)
    {
        final int at = index << 1;
        final long sum = words[at] + low;
        words[at + 1] += high + FlopArithmetic.carry(sum, low);
        words[at] = sum;
    }

    /** Pairs (low, high) for loops that can't afford a call an entry; stale after {@link #growTo}. */
    long[] words()
    {
        return words;
    }

    long byteCount()
    {
        return 8L * words.length;
    }
}
