/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.text;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/** FLOP for people: the exact integer with its digits in groups, and a rounding that can be said aloud. */
public final class FlopText
{
    private static final String[] PREFIXES = { "", "k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q" };
    private static final BigInteger THOUSAND = BigInteger.valueOf(1000);
    private static final int GROUP = 3;

    private FlopText()
    {
    }

    /** 10472652800 -> "10 472 652 800". */
    public static String grouped(final BigInteger value)
    {
        final String digits = value.toString();
        final StringBuilder text = new StringBuilder(digits.length() + digits.length() / GROUP);
        for (int i = 0; i < digits.length(); i++)
        {
            if (0 < i && 0 == (digits.length() - i) % GROUP)
            {
                text.append(' ');
            }
            text.append(digits.charAt(i));
        }
        return text.toString();
    }

    /** 10472652800 -> "10.5 G" of the unit; three significant digits. */
    public static String rounded(final BigInteger value, final String unit)
    {
        int power = 0;
        BigInteger scale = BigInteger.ONE;
        while (power < PREFIXES.length - 1 && 0 <= value.compareTo(scale.multiply(THOUSAND)))
        {
            scale = scale.multiply(THOUSAND);
            power++;
        }
        BigDecimal scaled = threeDigits(new BigDecimal(value).divide(new BigDecimal(scale), 6, RoundingMode.HALF_UP));
        if (0 < power && power < PREFIXES.length - 1 && 0 <= scaled.compareTo(new BigDecimal(THOUSAND)))
        {
            // 999 960 rounds up into the next prefix.
            scaled = threeDigits(scaled.movePointLeft(GROUP));
            power++;
        }
        return (0 == power ? value.toString() : scaled.toPlainString()) + " " + PREFIXES[power] + unit;
    }

    /** FLOP/s over that time; "-" where no time has passed. */
    public static String rate(final BigInteger flopCount, final long durationNs)
    {
        return 0 >= durationNs ? "-" : rounded(
            flopCount.multiply(BigInteger.valueOf(1_000_000_000L)).divide(BigInteger.valueOf(durationNs)), "FLOP/s");
    }

    /** Share with one decimal: "37.5 %"; "-" of nothing. */
    public static String share(final BigInteger part, final BigInteger whole)
    {
        return 0 == whole.signum() ? "-" : new BigDecimal(part).multiply(BigDecimal.valueOf(100))
            .divide(new BigDecimal(whole), 1, RoundingMode.HALF_UP).toPlainString() + " %";
    }

    /** "2 %", "0.5 %". */
    public static String percent(final double percent)
    {
        return BigDecimal.valueOf(percent).stripTrailingZeros().toPlainString() + " %";
    }

    /** In percent, rounded down to a tenth: what is less than the whole is never said to be 100. */
    public static String partOf(final long part, final long whole)
    {
        return new BigDecimal(
            BigInteger.valueOf(part).multiply(THOUSAND).divide(BigInteger.valueOf(whole)), 1).toPlainString();
    }

    /** "9.84 s", "3 min 20 s", "2 h 05 min". */
    public static String duration(final long ns)
    {
        final long seconds = ns / 1_000_000_000L;
        if (seconds < 60)
        {
            return BigDecimal.valueOf(ns).movePointLeft(9).setScale(2, RoundingMode.HALF_UP).toPlainString() + " s";
        }
        if (seconds < 3600)
        {
            return seconds / 60 + " min " + two(seconds % 60) + " s";
        }
        return seconds / 3600 + " h " + two(seconds % 3600 / 60) + " min";
    }

    private static String two(final long value)
    {
        return value < 10 ? "0" + value : Long.toString(value);
    }

    private static BigDecimal threeDigits(final BigDecimal value)
    {
        final int integerDigits = value.precision() - value.scale();
        return value.setScale(Math.max(0, GROUP - Math.max(1, integerDigits)), RoundingMode.HALF_UP);
    }
}
