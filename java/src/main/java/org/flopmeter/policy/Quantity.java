/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import org.flopmeter.unit.Ratio;

/**
 * What is known of a figure: at least lower, probably point, at most upper.
 *
 * @param upper null when nothing bounds it.
 */
record Quantity(Ratio lower, Ratio point, Ratio upper)
{
    static final Quantity ZERO = exact(Ratio.ZERO);

    /** Nothing is known, which is never zero. */
    static final Quantity UNKNOWN = new Quantity(Ratio.ZERO, Ratio.ZERO, null);

    static Quantity exact(final Ratio value)
    {
        return new Quantity(value, value, value);
    }

    static Quantity exact(final BigInteger value)
    {
        return exact(Ratio.of(value));
    }

    boolean isBounded()
    {
        return null != upper;
    }

    Quantity withoutUpper()
    {
        return new Quantity(lower, point, null);
    }

    /** Is it above the limit? Equal is not above. */
    Truth exceeds(final Ratio limit)
    {
        return isAbove(lower, limit) ? Truth.YES : isAbove(upper, limit) ? Truth.UNDETERMINED : Truth.NO;
    }

    /** Is it at or above the limit? */
    Truth reaches(final Ratio limit)
    {
        return isAtLeast(lower, limit) ? Truth.YES : isAtLeast(upper, limit) ? Truth.UNDETERMINED : Truth.NO;
    }

    /** The best estimate decides; without it only an upper bound that is not above can deny. */
    Truth probablyExceeds(final Ratio limit)
    {
        return isAbove(point, limit) ? Truth.YES : isAbove(upper, limit) ? Truth.UNDETERMINED : Truth.NO;
    }

    Quantity add(final Quantity other)
    {
        return new Quantity(
            lower.add(other.lower),
            point.add(other.point),
            isBounded() && other.isBounded() ? upper.add(other.upper) : null);
    }

    Quantity multiply(final Ratio factor)
    {
        return new Quantity(
            lower.multiply(factor), point.multiply(factor), isBounded() ? upper.multiply(factor) : null);
    }

    /** The greater of the two, bound by bound. */
    Quantity max(final Quantity other)
    {
        return new Quantity(
            lower.max(other.lower),
            point.max(other.point),
            isBounded() && other.isBounded() ? upper.max(other.upper) : null);
    }

    /** Is the bound above the limit? A bound that is null is above every limit. */
    static boolean isAbove(final Ratio bound, final Ratio limit)
    {
        return null == bound || bound.compareTo(limit) > 0;
    }

    private static boolean isAtLeast(final Ratio bound, final Ratio limit)
    {
        return null == bound || bound.compareTo(limit) >= 0;
    }
}
