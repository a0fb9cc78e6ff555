/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;

class RatioTest
{
    @Test
    void shouldBeInLowestTermsWithTheSignAbove()
    {
        assertEquals("-3/2", ratio(6, -4).toString());
        assertEquals("2", ratio(4, 2).toString());
        assertEquals("0", ratio(0, -7).toString());
        assertEquals(ratio(1, 3), ratio(-5, -15));
        assertEquals(ratio(1, 3).hashCode(), ratio(-5, -15).hashCode());
    }

    @Test
    void shouldCalculateExactly()
    {
        assertEquals(ratio(5, 6), ratio(1, 2).add(ratio(1, 3)));
        assertEquals(ratio(1, 6), ratio(1, 2).subtract(ratio(1, 3)));
        assertEquals(ratio(1, 6), ratio(1, 2).multiply(ratio(1, 3)));
        assertEquals(ratio(3, 2), ratio(1, 2).divide(ratio(1, 3)));
        assertEquals(ratio(1, 2), ratio(-1, 2).abs());
        assertEquals(ratio(-1, 2), ratio(-1, 2).min(ratio(1, 3)));
        assertEquals(ratio(1, 3), ratio(-1, 2).max(ratio(1, 3)));
        assertTrue(ratio(1, 3).compareTo(ratio(33_333, 100_000)) > 0);
        assertThrows(ArithmeticException.class, () -> ratio(1, 2).divide(Ratio.ZERO));
        assertThrows(ArithmeticException.class, () -> ratio(1, 0));
    }

    @Test
    void shouldTakeDecimalsAsTheyAreWritten()
    {
        assertEquals(ratio(1, 10), Ratio.of(new BigDecimal("0.10")));
        assertEquals(Ratio.of(1200), Ratio.of(new BigDecimal("1.2e3")));
        assertEquals("340282366920938463463374607431768211455", Ratio.of(FlopCount.MAX).toString());
    }

    private static Ratio ratio(final long numerator, final long denominator)
    {
        return Ratio.of(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator));
    }
}
