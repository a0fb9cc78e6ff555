/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.math.BigInteger;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;

/**
 * A rate or a weighted view with its ends, exact.
 *
 * @param upper null when unbounded.
 */
public record RatioInterval(Ratio lower, Ratio point, Ratio upper)
{
    private static final Ratio LIMIT = Ratio.of(BigInteger.ONE.shiftLeft(128));

    public static final RatioInterval ZERO = new RatioInterval(Ratio.ZERO, Ratio.ZERO, Ratio.ZERO);

    public static RatioInterval of(final FlopInterval interval)
    {
        return new RatioInterval(Ratio.of(interval.lower()), Ratio.of(interval.point()),
            interval.isBounded() ? Ratio.of(interval.upper()) : null);
    }

    public RatioInterval add(final RatioInterval other)
    {
        return new RatioInterval(lower.add(other.lower), point.add(other.point),
            null == upper || null == other.upper ? null : upper.add(other.upper));
    }

    /** The product with a factor that is not negative. Nothing of the unbounded is nothing: what ran was finite. */
    public RatioInterval multiply(final Ratio factor)
    {
        if (factor.signum() < 0)
        {
            throw new IllegalArgumentException("a factor of an interval is not negative: " + factor);
        }
        return 0 == factor.signum() ? ZERO : new RatioInterval(
            lower.multiply(factor), point.multiply(factor), null == upper ? null : upper.multiply(factor));
    }

    /** Refuse an interval with an end of 2^128 or more. */
    void requireFit(final String what)
    {
        final Ratio largest = null == upper ? point : upper;
        if (largest.compareTo(LIMIT) >= 0)
        {
            throw new GraphRefusedException(Refusal.OVERFLOW, what + ": " + largest + " needs more than 128 bits");
        }
    }

    public String upperText()
    {
        return null == upper ? FlopInterval.UNBOUNDED : upper.toString();
    }
}
