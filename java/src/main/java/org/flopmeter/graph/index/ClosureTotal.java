/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;
import org.flopmeter.unit.FlopCount;

/** Sums over one closure, filled by a query and reusable: one 128-bit value and one {@code unbounded} a series. */
public final class ClosureTotal
{
    /** How the answer was found. */
    public enum Path
    {
        /** A core node: its total was up to date. */
        STORED,
        /** Rows of the closure index. */
        CONTRACTED,
        /** A pass over the ancestors. */
        SCAN
    }

    private static final long LIMB = 0xFFFFFFFFL;

    private long[] words = new long[2];
    private boolean[] unbounded = new boolean[1];
    private Path path;

    /** High half of the sum of a series. */
    public long high(final int series)
    {
        return words[2 * series + 1];
    }

    /** Low half of the sum of a series. */
    public long low(final int series)
    {
        return words[2 * series];
    }

    /** Sum of a series. */
    public FlopCount value(final int series)
    {
        return FlopCount.of(high(series), low(series));
    }

    /** Is a weight in the sum unbounded? */
    public boolean isUnbounded(final int series)
    {
        return unbounded[series];
    }

    /** How the answer was found. */
    public Path path()
    {
        return path;
    }

    void reset(final int seriesCount)
    {
        if (unbounded.length != seriesCount)
        {
            words = new long[2 * seriesCount];
            unbounded = new boolean[seriesCount];
            return;
        }
        Arrays.fill(words, 0);
        Arrays.fill(unbounded, false);
    }

    void path(final Path by)
    {
        path = by;
    }

    void set(final int series, final long high, final long low)
    {
        words[2 * series] = low;
        words[2 * series + 1] = high;
    }

    /** Set from four limbs of 32 bits that did not carry yet; false when the value needs more than 128 bits. */
    boolean setLimbs(final int series, final long limb0, final long limb1, final long limb2, final long limb3)
    {
        final long carried1 = limb1 + (limb0 >>> 32);
        final long carried2 = limb2 + (carried1 >>> 32);
        final long carried3 = limb3 + (carried2 >>> 32);
        set(series, (carried3 << 32) | (carried2 & LIMB), (carried1 << 32) | (limb0 & LIMB));
        return 0 == carried3 >>> 32;
    }

    void unbounded(final int series)
    {
        unbounded[series] = true;
    }
}
