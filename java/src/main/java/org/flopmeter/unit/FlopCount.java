/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

import java.math.BigInteger;

/** An exact number of operations: an unsigned 128-bit integer. A result that does not fit is an error, not a wrap. */
public final class FlopCount implements Comparable<FlopCount>
{
    public static final FlopCount ZERO = new FlopCount(0, 0);
    public static final FlopCount MAX = new FlopCount(-1L, -1L);

    private static final int DECIMAL_LENGTH_MAX = 39;
    private static final BigInteger LOW_MASK = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    private final long high;
    private final long low;

    private FlopCount(final long high, final long low)
    {
        this.high = high;
        this.low = low;
    }

    /** The value of an unsigned long. */
    public static FlopCount of(final long unsigned)
    {
        return 0 == unsigned ? ZERO : new FlopCount(0, unsigned);
    }

    public static FlopCount of(final long high, final long low)
    {
        return 0 == (high | low) ? ZERO : new FlopCount(high, low);
    }

    public static FlopCount of(final BigInteger value)
    {
        if (value.signum() < 0)
        {
            throw new IllegalArgumentException("a FLOP count is not negative: " + value);
        }
        if (value.bitLength() > 128)
        {
            throw new FlopOverflowException(value + " needs more than 128 bits");
        }
        return of(value.shiftRight(64).longValue(), value.and(LOW_MASK).longValue());
    }

    /** Parse decimal digits: no sign, no blanks, no exponent, no leading zeros, so that a count has one spelling. */
    public static FlopCount parse(final String text)
    {
        final int length = text.length();
        if (0 == length || (length > 1 && '0' == text.charAt(0)))
        {
            throw new NumberFormatException(
                "expected decimal digits without leading zeros: \"" + shortened(text) + '"');
        }
        for (int i = 0; i < length; i++)
        {
            if (text.charAt(i) < '0' || text.charAt(i) > '9')
            {
                throw new NumberFormatException("expected decimal digits: \"" + shortened(text) + '"');
            }
        }
        if (length > DECIMAL_LENGTH_MAX)
        {
            throw new FlopOverflowException(length + " digits need more than 128 bits");
        }
        return of(new BigInteger(text));
    }

    public long high()
    {
        return high;
    }

    public long low()
    {
        return low;
    }

    public boolean isZero()
    {
        return 0 == (high | low);
    }

    public FlopCount add(final FlopCount other)
    {
        if (FlopArithmetic.addOverflows(high, low, other.high, other.low))
        {
            throw new FlopOverflowException(this + " + " + other + " needs more than 128 bits");
        }
        return of(FlopArithmetic.addHigh(high, low, other.high, other.low), low + other.low);
    }

    /** The difference; a negative one is an error. */
    public FlopCount subtract(final FlopCount other)
    {
        if (compareTo(other) < 0)
        {
            throw new ArithmeticException(this + " - " + other + " is negative");
        }
        return of(FlopArithmetic.subtractHigh(high, low, other.high, other.low), low - other.low);
    }

    /** The product with an unsigned long. */
    public FlopCount multiply(final long unsigned)
    {
        final long crossHigh = FlopArithmetic.multiplyHigh(high, unsigned);
        final long cross = high * unsigned;
        final long productHigh = FlopArithmetic.multiplyHigh(low, unsigned) + cross;
        if (0 != crossHigh || Long.compareUnsigned(productHigh, cross) < 0)
        {
            throw new FlopOverflowException(
                this + " x " + Long.toUnsignedString(unsigned) + " needs more than 128 bits");
        }
        return of(productHigh, low * unsigned);
    }

    public FlopCount multiply(final FlopCount other)
    {
        if (0 == other.high)
        {
            return multiply(other.low);
        }
        if (0 == high)
        {
            return other.multiply(low);
        }
        throw new FlopOverflowException(this + " x " + other + " needs more than 128 bits");
    }

    public FlopCount max(final FlopCount other)
    {
        return compareTo(other) >= 0 ? this : other;
    }

    public BigInteger toBigInteger()
    {
        return new BigInteger(Long.toUnsignedString(high)).shiftLeft(64).or(new BigInteger(Long.toUnsignedString(low)));
    }

    @Override
    public int compareTo(final FlopCount other)
    {
        return FlopArithmetic.compare(high, low, other.high, other.low);
    }

    @Override
    public boolean equals(final Object object)
    {
        return object instanceof FlopCount && high == ((FlopCount)object).high && low == ((FlopCount)object).low;
    }

    @Override
    public int hashCode()
    {
        return Long.hashCode(high) * 31 + Long.hashCode(low);
    }

    /** Exact decimal digits. */
    @Override
    public String toString()
    {
        return 0 == high ? Long.toUnsignedString(low) : toBigInteger().toString();
    }

    private static String shortened(final String text)
    {
        return text.length() <= 48 ? text : text.substring(0, 48) + "...";
    }
}
