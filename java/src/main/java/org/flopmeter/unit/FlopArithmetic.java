/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

/**
 * Unsigned 128-bit arithmetic on (high, low) pairs of longs, without allocation: for the drain loop.
 * <p>
 * A sum is taken in two halves: {@code low = a + b}, then {@link #addHigh}. What does not fit is the caller's error to
 * raise, asked for with {@link #addOverflows}: no total is ever reduced modulo 2^128.
 */
public final class FlopArithmetic
{
    private FlopArithmetic()
    {
    }

    /** Carry (0 or 1) out of an unsigned addition, given its wrapped result and one of its operands. */
    public static long carry(final long sum, final long operand)
    {
        return Long.compareUnsigned(sum, operand) < 0 ? 1L : 0L;
    }

    /** High half of a + b. */
    public static long addHigh(final long aHigh, final long aLow, final long bHigh, final long bLow)
    {
        return aHigh + bHigh + carry(aLow + bLow, aLow);
    }

    /** Does a + b need more than 128 bits? */
    public static boolean addOverflows(final long aHigh, final long aLow, final long bHigh, final long bLow)
    {
        final long highs = aHigh + bHigh;
        final long high = highs + carry(aLow + bLow, aLow);
        return Long.compareUnsigned(highs, aHigh) < 0 || Long.compareUnsigned(high, highs) < 0;
    }

    /** High half of a - b; only meaningful when a >= b. */
    public static long subtractHigh(final long aHigh, final long aLow, final long bHigh, final long bLow)
    {
        return aHigh - bHigh - (Long.compareUnsigned(aLow, bLow) < 0 ? 1L : 0L);
    }

    /** Negative, zero or positive as a is below, equal to or above b, unsigned. */
    public static int compare(final long aHigh, final long aLow, final long bHigh, final long bLow)
    {
        final int order = Long.compareUnsigned(aHigh, bHigh);
        return 0 != order ? order : Long.compareUnsigned(aLow, bLow);
    }

    /** High 64 bits of the unsigned product of two longs (Math.unsignedMultiplyHigh is Java 18). */
    public static long multiplyHigh(final long a, final long b)
    {
        return Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
    }
}
