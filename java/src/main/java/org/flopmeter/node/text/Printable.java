/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.text;

/** Names come from programs: no control characters of theirs may reach the terminal, and no endless lines. */
public final class Printable
{
    private static final int LENGTH_MAX = 100;

    private Printable()
    {
    }

    public static String of(final String text)
    {
        return of(text, LENGTH_MAX);
    }

    /** @param lengthMax in code points; what is longer is cut and ends in three dots. */
    public static String of(final String text, final int lengthMax)
    {
        final StringBuilder printable = new StringBuilder();
        text.codePoints()
            .limit(lengthMax)
            .forEach(c -> printable.appendCodePoint(isObeyed(c) ? '?' : c));
        return text.codePointCount(0, text.length()) > lengthMax ? printable + "..." : printable.toString();
    }

    /** A terminal takes it for a command, or shows what follows elsewhere: controls, marks of direction, separators. */
    public static boolean isObeyed(final int codePoint)
    {
        return switch (Character.getType(codePoint))
        {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
                Character.SURROGATE -> true;
            default -> false;
        };
    }
}
