/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.picture;

import java.math.BigDecimal;
import java.math.MathContext;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/** Short words for boxes, and names that no drawing language can take for its own. */
final class PictureText
{
    private static final int NAME_LENGTH_MAX = 28;
    private static final int DIGITS_MAX = 9;
    private static final MathContext ROUNDED = new MathContext(4);
    private static final int REPLACEMENT = 0xFFFD;

    private PictureText()
    {
    }

    /** The beginning of a name that doesn't fit. */
    static String shortened(final String name)
    {
        return name.codePointCount(0, name.length()) <= NAME_LENGTH_MAX ? name :
            name.substring(0, name.offsetByCodePoints(0, NAME_LENGTH_MAX - 1)) + "\u2026";
    }

    /** "7 FLOP", "1.235E+27 FLOP", "5 FLOP [0, unbounded]". */
    static String flop(final FlopInterval flop)
    {
        final String lower = count(flop.lower());
        final String point = count(flop.point());
        final String upper = flop.isBounded() ? count(flop.upper()) : FlopInterval.UNBOUNDED;
        // Ends that differ only in what is rounded away say nothing in a box.
        return point + " FLOP" + (lower.equals(point) && point.equals(upper) ? "" : " [" + lower + ", " + upper + "]");
    }

    private static String count(final FlopCount flopCount)
    {
        final String digits = flopCount.toString();
        return digits.length() <= DIGITS_MAX ? digits :
            new BigDecimal(flopCount.toBigInteger()).round(ROUNDED).toString();
    }

    /** Characters that XML has no way to write, and those that reorder the text around them, become U+FFFD. */
    static String printable(final String text)
    {
        final StringBuilder printable = new StringBuilder(text.length());
        text.codePoints().map(c -> isPrintable(c) ? c : REPLACEMENT).forEach(printable::appendCodePoint);
        return printable.toString();
    }

    private static boolean isPrintable(final int c)
    {
        final int type = Character.getType(c);
        return type != Character.CONTROL && type != Character.FORMAT && type != Character.SURROGATE &&
            type != Character.LINE_SEPARATOR && type != Character.PARAGRAPH_SEPARATOR && 0xFFFE != (c & 0xFFFE);
    }
}
