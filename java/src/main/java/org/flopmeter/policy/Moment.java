/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A second of UTC, written YYYY-MM-DDThh:mm:ssZ; the order of moments is the order of their texts. */
record Moment(String text) implements Comparable<Moment>
{
    private static final Pattern FORMAT = Pattern.compile(
        "([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z");

    /** The moment, or null when the text is not one that exists. */
    static Moment parse(final String text)
    {
        final Matcher matcher = FORMAT.matcher(text);
        if (!matcher.matches() || text.startsWith("0000"))
        {
            return null;
        }
        final int[] parts = new int[6];
        for (int i = 0; i < parts.length; i++)
        {
            parts[i] = Integer.parseInt(matcher.group(i + 1));
        }
        try
        {
            LocalDateTime.of(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);
        }
        catch (final DateTimeException ex)
        {
            return null;
        }
        return new Moment(text);
    }

    LocalDate date()
    {
        return LocalDate.parse(text.substring(0, 10));
    }

    boolean isBefore(final Moment other)
    {
        return compareTo(other) < 0;
    }

    boolean isAfter(final Moment other)
    {
        return compareTo(other) > 0;
    }

    Moment max(final Moment other)
    {
        return isBefore(other) ? other : this;
    }

    @Override
    public int compareTo(final Moment other)
    {
        return text.compareTo(other.text);
    }

    @Override
    public String toString()
    {
        return text;
    }
}
