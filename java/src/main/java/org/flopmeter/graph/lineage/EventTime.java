/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.flopmeter.json.JsonView;
import org.flopmeter.unit.Ratio;

/** Times of events: RFC 3339 with an offset, seconds since 1970, exact to the last digit that is written. */
final class EventTime
{
    /** What is written where a time is unknown, since an event must have one; our facet says that it is none. */
    static final String UNKNOWN = "1970-01-01T00:00:00Z";

    private static final Pattern FORM = Pattern.compile(
        "(\\d{4}-\\d\\d-\\d\\d)[Tt](\\d\\d:\\d\\d(?::\\d\\d)?)(?:\\.(\\d{1,30}))?([Zz]|[+-]\\d\\d:?\\d\\d)");
    private static final BigInteger NS_PER_SEC = BigInteger.valueOf(1_000_000_000);
    private static final BigInteger SECONDS_MIN = BigInteger.valueOf(Instant.parse("0000-01-01T00:00:00Z")
        .getEpochSecond());
    private static final BigInteger SECONDS_MAX = BigInteger.valueOf(Instant.parse("9999-12-31T23:59:59Z")
        .getEpochSecond());

    private EventTime()
    {
    }

    static Ratio read(final JsonView time)
    {
        final Matcher form = FORM.matcher(time.string());
        if (!form.matches())
        {
            throw time.wrong("a time such as 2026-11-28T09:30:00.5+08:00");
        }
        try
        {
            final long seconds = LocalDateTime.parse(form.group(1) + "T" + form.group(2))
                .toEpochSecond(ZoneOffset.of(form.group(4).toUpperCase(java.util.Locale.ROOT)));
            return Ratio.of(seconds).add(fraction(form.group(3)));
        }
        catch (final DateTimeException ex)
        {
            throw time.wrong("a time that exists");
        }
    }

    /** The nearest time before it that an event can carry. */
    static String text(final Ratio time)
    {
        if (null == time)
        {
            return UNKNOWN;
        }
        final BigInteger[] ns = floor(time.multiply(Ratio.of(NS_PER_SEC))).divideAndRemainder(NS_PER_SEC);
        final BigInteger seconds = ns[1].signum() < 0 ? ns[0].subtract(BigInteger.ONE) : ns[0];
        final long rest = ns[1].mod(NS_PER_SEC).longValueExact();
        return Instant.ofEpochSecond(seconds.max(SECONDS_MIN).min(SECONDS_MAX).longValueExact(), rest).toString();
    }

    private static Ratio fraction(final String digits)
    {
        return null == digits ? Ratio.ZERO : Ratio.of(new BigInteger(digits), BigInteger.TEN.pow(digits.length()));
    }

    private static BigInteger floor(final Ratio value)
    {
        final BigInteger[] parts = value.numerator().divideAndRemainder(value.denominator());
        return parts[1].signum() < 0 ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }
}
