/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

import java.util.Objects;

/** What is known of a number of operations: lower <= point <= upper, where upper may be unbounded. */
public final class FlopInterval
{
    public static final FlopInterval ZERO = new FlopInterval(FlopCount.ZERO, FlopCount.ZERO, FlopCount.ZERO);

    /** How an absent upper end is written in documents. */
    public static final String UNBOUNDED = "unbounded";

    private final FlopCount lower;
    private final FlopCount point;
    private final FlopCount upper;

    private FlopInterval(final FlopCount lower, final FlopCount point, final FlopCount upper)
    {
        if (lower.compareTo(point) > 0 || (null != upper && point.compareTo(upper) > 0))
        {
            throw new IllegalArgumentException(
                "an interval needs lower <= point <= upper: " + lower + ", " + point + ", " +
                (null == upper ? UNBOUNDED : upper));
        }
        this.lower = lower;
        this.point = point;
        this.upper = upper;
    }

    public static FlopInterval of(final FlopCount lower, final FlopCount point, final FlopCount upper)
    {
        return new FlopInterval(lower, point, Objects.requireNonNull(upper, "upper"));
    }

    public static FlopInterval unbounded(final FlopCount lower, final FlopCount point)
    {
        return new FlopInterval(lower, point, null);
    }

    /** The interval of an exactly known count. */
    public static FlopInterval exact(final FlopCount flopCount)
    {
        return new FlopInterval(flopCount, flopCount, flopCount);
    }

    public FlopCount lower()
    {
        return lower;
    }

    public FlopCount point()
    {
        return point;
    }

    public boolean isBounded()
    {
        return null != upper;
    }

    /** The upper end; an error when there is none. */
    public FlopCount upper()
    {
        if (null == upper)
        {
            throw new IllegalStateException("the upper end is unbounded");
        }
        return upper;
    }

    /** Sum of two intervals; unbounded when one of them is. */
    public FlopInterval add(final FlopInterval other)
    {
        return new FlopInterval(
            lower.add(other.lower),
            point.add(other.point),
            isBounded() && other.isBounded() ? upper.add(other.upper) : null);
    }

    /** The same with the upper end raised by what could not be seen. */
    public FlopInterval widenedBy(final FlopCount unseen)
    {
        return new FlopInterval(lower, point, isBounded() ? upper.add(unseen) : null);
    }

    /** The upper end as documents spell it. */
    public String upperText()
    {
        return isBounded() ? upper.toString() : UNBOUNDED;
    }

    @Override
    public boolean equals(final Object object)
    {
        if (!(object instanceof FlopInterval))
        {
            return false;
        }
        final FlopInterval other = (FlopInterval)object;
        return lower.equals(other.lower) && point.equals(other.point) && Objects.equals(upper, other.upper);
    }

    @Override
    public int hashCode()
    {
        return Objects.hash(lower, point, upper);
    }

    @Override
    public String toString()
    {
        return "[" + lower + ", " + point + ", " + upperText() + "]";
    }
}
