/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

/** Text from outside within a message: short, printable, one line. */
final class Shown
{
    private static final int LENGTH_MAX = 60;

    private Shown()
    {
    }

    static String of(final String text)
    {
        final StringBuilder shown = new StringBuilder();
        text.codePoints().limit(LENGTH_MAX).forEach(point ->
        {
            if (isPrintable(point))
            {
                shown.appendCodePoint(point);
            }
            else
            {
                shown.append(String.format("\\u%04x", point));
            }
        });
        return text.codePointCount(0, text.length()) > LENGTH_MAX ? shown + "..." : shown.toString();
    }

    private static boolean isPrintable(final int point)
    {
        switch (Character.getType(point))
        {
            case Character.CONTROL:
            case Character.FORMAT:
            case Character.SURROGATE:
            case Character.PRIVATE_USE:
            case Character.UNASSIGNED:
            case Character.LINE_SEPARATOR:
            case Character.PARAGRAPH_SEPARATOR:
                return false;
            default:
                return true;
        }
    }
}
