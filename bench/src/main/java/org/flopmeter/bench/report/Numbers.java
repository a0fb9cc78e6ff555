/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Locale;

/** Measured numbers for people: three digits and a prefix. */
final class Numbers
{
    private static final String[] PREFIXES = { "", "k", "M", "G", "T", "P", "E" };
    private static final double THOUSAND = 1000;
    private static final double TEN = 10;
    private static final double HUNDRED = 100;
    private static final double SMALL = 0.1;
    private static final MathContext TWO_DIGITS = new MathContext(2);

    private Numbers()
    {
    }

    /** 912345678 samples/s -> "912 M samples/s"; 1.234 ns/sample -> "1.23 ns/sample". */
    static String with(final double value, final String unit)
    {
        if (!unit.endsWith("/s"))
        {
            return digits(value) + " " + unit;
        }
        // "18 GB/s" and "912 M/s", but "912 M samples/s".
        final boolean isWord = Character.isLowerCase(unit.charAt(0));
        return isWord ? prefixed(value).strip() + " " + unit : prefixed(value) + unit;
    }

    /** 912345678 -> "912 M", with the blank that belongs before a prefix or unit. */
    static String prefixed(final double value)
    {
        double scaled = value;
        int power = 0;
        // 999.6 would be shown as 1000.
        while (scaled >= THOUSAND - 0.5 && power < PREFIXES.length - 1)
        {
            scaled /= THOUSAND;
            power++;
        }
        return digits(scaled) + " " + PREFIXES[power];
    }

    /** Three significant digits, no exponent. */
    static String digits(final double value)
    {
        if (!Double.isFinite(value))
        {
            return "-";
        }
        final double size = Math.abs(value);
        final String format = size >= HUNDRED - 0.05 ? "%.0f" : size >= TEN - 0.005 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, value);
    }

    /** "11.2x", "0.0011x", "-" where there is nothing to compare with. */
    static String ratio(final double value)
    {
        if (!Double.isFinite(value))
        {
            return "-";
        }
        final boolean isSmall = value > 0 && value < SMALL;
        return (isSmall ? new BigDecimal(value).round(TWO_DIGITS).toPlainString() : digits(value)) + "x";
    }

    /** 10^18 -> "10^18", anything else in digits. */
    static String power(final BigInteger value)
    {
        final String digits = value.toString();
        final boolean isPower = digits.matches("10{3,}");
        return isPower ? "10^" + (digits.length() - 1) : digits;
    }
}
