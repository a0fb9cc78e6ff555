/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import java.math.BigInteger;
import java.util.SplittableRandom;
import java.util.function.BinaryOperator;

import org.junit.jupiter.api.Test;

/** FlopCount and FlopArithmetic against BigInteger, ten million operations. */
final class FlopCountTest
{
    private static final BigInteger LIMIT = BigInteger.ONE.shiftLeft(128);
    private static final int ROUNDS = Suite.rounds(1_000_000, 100_000_000);
    private static final long SEED = 0x5EED_F10BL;

    @Test
    void shouldAgreeWithBigIntegerOnTenMillionOperations()
    {
        final SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < ROUNDS; i++)
        {
            // Ten per round: sum, its two halves' helpers, difference, order, two products, text there and back, hash.
            checkRound(next(random), next(random), "seed=" + SEED + " round=" + i);
        }
    }

    @Test
    void shouldNoticeAnAdditionThatDropsTheCarry()
    {
        final BinaryOperator<FlopCount> planted =
            (a, b) -> FlopCount.of(a.high() + b.high(), a.low() + b.low());

        assertThrows(AssertionError.class, () -> checkAdditions(planted));
        checkAdditions((a, b) -> FlopArithmetic.addOverflows(a.high(), a.low(), b.high(), b.low()) ? null : a.add(b));
    }

    @Test
    void shouldRaiseOverflowAtTheEdgeAndNotBefore()
    {
        final FlopCount one = FlopCount.of(1);

        assertEquals(FlopCount.MAX, FlopCount.MAX.subtract(one).add(one));
        final FlopOverflowException ex =
            assertThrows(FlopOverflowException.class, () -> FlopCount.MAX.add(one));
        assertEquals("OVERFLOW", ex.code());
        assertThrows(FlopOverflowException.class, () -> FlopCount.MAX.multiply(2));
        assertThrows(FlopOverflowException.class, () -> FlopCount.of(1, 0).multiply(FlopCount.of(1, 0)));
        assertThrows(FlopOverflowException.class, () -> FlopCount.parse(LIMIT.toString()));
        assertThrows(FlopOverflowException.class, () -> FlopCount.of(LIMIT));
        assertThrows(ArithmeticException.class, () -> FlopCount.ZERO.subtract(one));
        assertEquals(LIMIT.subtract(BigInteger.ONE).toString(), FlopCount.MAX.toString());
        assertEquals(FlopCount.MAX, FlopCount.parse(FlopCount.MAX.toString()));
    }

    @Test
    void shouldParseOneSpellingOnly()
    {
        for (final String text : new String[]{ "", "+1", "-1", " 1", "1 ", "01", "00", "1e3", "1.0", "0x1", "١" })
        {
            assertThrows(NumberFormatException.class, () -> FlopCount.parse(text), text);
        }
        assertEquals(FlopCount.ZERO, FlopCount.parse("0"));
    }

    private static void checkAdditions(final BinaryOperator<FlopCount> add)
    {
        final SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < 1000; i++)
        {
            final FlopCount a = next(random);
            final FlopCount b = next(random);
            final BigInteger expected = a.toBigInteger().add(b.toBigInteger());
            if (expected.compareTo(LIMIT) < 0)
            {
                final FlopCount sum = add.apply(a, b);
                assertEquals(expected, null == sum ? null : sum.toBigInteger(), "seed=" + SEED + " i=" + i);
            }
        }
    }

    private static void checkRound(final FlopCount a, final FlopCount b, final String where)
    {
        final BigInteger bigA = a.toBigInteger();
        final BigInteger bigB = b.toBigInteger();
        final BigInteger sum = bigA.add(bigB);
        final boolean overflows = sum.compareTo(LIMIT) >= 0;
        check(overflows == FlopArithmetic.addOverflows(a.high(), a.low(), b.high(), b.low()), where);
        check(sum.shiftRight(64).longValue() == FlopArithmetic.addHigh(a.high(), a.low(), b.high(), b.low()), where);
        check(overflows || a.add(b).toBigInteger().equals(sum), where);

        final int order = bigA.compareTo(bigB);
        check(order == Integer.signum(a.compareTo(b)), where);
        final FlopCount larger = order >= 0 ? a : b;
        final FlopCount smaller = order >= 0 ? b : a;
        check(larger.subtract(smaller).toBigInteger().equals(bigA.subtract(bigB).abs()), where);
        check(larger == a.max(b) || larger.equals(a.max(b)), where);

        final FlopCount low = FlopCount.of(b.low());
        final BigInteger product = bigA.multiply(low.toBigInteger());
        check(product.equals(productOrNull(a, b.low(), product)), where);
        check(FlopCount.of(a.low()).multiply(low).toBigInteger()
            .equals(FlopCount.of(a.low()).toBigInteger().multiply(low.toBigInteger())), where);
        check(a.equals(FlopCount.of(bigA)) && a.hashCode() == FlopCount.of(bigA).hashCode(), where);
        check(a.toString().equals(bigA.toString()), where);
    }

    private static BigInteger productOrNull(final FlopCount a, final long b, final BigInteger expected)
    {
        if (expected.compareTo(LIMIT) < 0)
        {
            return a.multiply(b).toBigInteger();
        }
        try
        {
            a.multiply(b);
            return null;
        }
        catch (final FlopOverflowException ex)
        {
            return expected;
        }
    }

    /** Values of all magnitudes, and often next to a power of two, where carries are. */
    private static FlopCount next(final SplittableRandom random)
    {
        final int bits = random.nextInt(129);
        final BigInteger power = BigInteger.ONE.shiftLeft(bits);
        switch (random.nextInt(3))
        {
            case 0:
                return FlopCount.of(power.subtract(BigInteger.ONE));

            case 1:
                return FlopCount.of(128 == bits ? power.shiftRight(1) : power);

            default:
                final long high = bits <= 64 ? 0 : random.nextLong() >>> (128 - bits);
                return FlopCount.of(high, bits >= 64 ? random.nextLong() : random.nextLong() & ((1L << bits) - 1));
        }
    }

    private static void check(final boolean holds, final String where)
    {
        if (!holds)
        {
            fail(where);
        }
    }
}
