/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

import java.math.BigDecimal;
import java.math.BigInteger;

/** An exact rational number in lowest terms, denominator positive: rates, shares and weightings are never rounded. */
public final class Ratio implements Comparable<Ratio>
{
    public static final Ratio ZERO = new Ratio(BigInteger.ZERO, BigInteger.ONE);
    public static final Ratio ONE = new Ratio(BigInteger.ONE, BigInteger.ONE);

    private final BigInteger numerator;
    private final BigInteger denominator;

    private Ratio(final BigInteger numerator, final BigInteger denominator)
    {
        this.numerator = numerator;
        this.denominator = denominator;
    }

    public static Ratio of(final long whole)
    {
        return of(BigInteger.valueOf(whole));
    }

    public static Ratio of(final BigInteger whole)
    {
        return new Ratio(whole, BigInteger.ONE);
    }

    public static Ratio of(final FlopCount flopCount)
    {
        return of(flopCount.toBigInteger());
    }

    /** The quotient; a denominator of zero is an {@link ArithmeticException}. */
    public static Ratio of(final BigInteger numerator, final BigInteger denominator)
    {
        if (0 == denominator.signum())
        {
            throw new ArithmeticException(numerator + "/0 is not a number");
        }
        final BigInteger divisor = numerator.gcd(denominator).multiply(BigInteger.valueOf(denominator.signum()));
        return new Ratio(numerator.divide(divisor), denominator.divide(divisor));
    }

    /** The exact value of a decimal. Whoever takes decimals from outside bounds their exponent first. */
    public static Ratio of(final BigDecimal decimal)
    {
        return decimal.scale() <= 0 ?
            of(decimal.toBigIntegerExact()) : of(decimal.unscaledValue(), BigInteger.TEN.pow(decimal.scale()));
    }

    public BigInteger numerator()
    {
        return numerator;
    }

    public BigInteger denominator()
    {
        return denominator;
    }

    public boolean isWhole()
    {
        return denominator.equals(BigInteger.ONE);
    }

    /** -1, 0 or 1. */
    public int signum()
    {
        return numerator.signum();
    }

    public Ratio add(final Ratio other)
    {
        return of(
            numerator.multiply(other.denominator).add(other.numerator.multiply(denominator)),
            denominator.multiply(other.denominator));
    }

    public Ratio subtract(final Ratio other)
    {
        return add(other.negate());
    }

    public Ratio multiply(final Ratio other)
    {
        return of(numerator.multiply(other.numerator), denominator.multiply(other.denominator));
    }

    /** The quotient; division by zero is an {@link ArithmeticException}. */
    public Ratio divide(final Ratio other)
    {
        return of(numerator.multiply(other.denominator), denominator.multiply(other.numerator));
    }

    public Ratio negate()
    {
        return new Ratio(numerator.negate(), denominator);
    }

    public Ratio abs()
    {
        return signum() < 0 ? negate() : this;
    }

    public Ratio min(final Ratio other)
    {
        return compareTo(other) <= 0 ? this : other;
    }

    public Ratio max(final Ratio other)
    {
        return compareTo(other) >= 0 ? this : other;
    }

    @Override
    public int compareTo(final Ratio other)
    {
        return numerator.multiply(other.denominator).compareTo(other.numerator.multiply(denominator));
    }

    @Override
    public boolean equals(final Object object)
    {
        return object instanceof Ratio other &&
            numerator.equals(other.numerator) && denominator.equals(other.denominator);
    }

    @Override
    public int hashCode()
    {
        return numerator.hashCode() * 31 + denominator.hashCode();
    }

    /** "n" for a whole number, else "p/q". */
    @Override
    public String toString()
    {
        return isWhole() ? numerator.toString() : numerator + "/" + denominator;
    }
}
