/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;

class FlopTextTest
{
    @Test
    void shouldGroupEveryDigit()
    {
        assertEquals("0", FlopText.grouped(BigInteger.ZERO));
        assertEquals("999", FlopText.grouped(BigInteger.valueOf(999)));
        assertEquals("10 472 652 800", FlopText.grouped(BigInteger.valueOf(10_472_652_800L)));
        assertEquals("1 000 000 000 000 000 000 000 000 001",
            FlopText.grouped(BigInteger.TEN.pow(27).add(BigInteger.ONE)));
    }

    @Test
    void shouldRoundToThreeDigits()
    {
        assertEquals("0 FLOP", rounded(0));
        assertEquals("999 FLOP", rounded(999));
        assertEquals("1.00 kFLOP", rounded(1000));
        assertEquals("10.5 GFLOP", rounded(10_472_652_800L));
        assertEquals("472 MFLOP", rounded(472_400_000L));
        assertEquals("1.00 MFLOP", rounded(999_960));
        assertEquals("340000000 QFLOP", FlopText.rounded(new BigInteger("34" + "0".repeat(37)), "FLOP"));
    }

    @Test
    void shouldGiveRatesSharesAndDurations()
    {
        assertEquals("2.00 GFLOP/s", FlopText.rate(BigInteger.valueOf(1_000_000_000L), 500_000_000L));
        assertEquals("-", FlopText.rate(BigInteger.ONE, 0));
        assertEquals("33.3 %", FlopText.share(BigInteger.ONE, BigInteger.valueOf(3)));
        assertEquals("-", FlopText.share(BigInteger.ZERO, BigInteger.ZERO));
        assertEquals("9.84 s", FlopText.duration(9_840_000_000L));
        assertEquals("3 min 05 s", FlopText.duration(185_000_000_000L));
        assertEquals("2 h 01 min", FlopText.duration(7_260_000_000_000L));
    }

    private static String rounded(final long value)
    {
        return FlopText.rounded(BigInteger.valueOf(value), "FLOP");
    }
}
