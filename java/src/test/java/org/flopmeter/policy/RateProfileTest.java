/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import org.flopmeter.unit.Ratio;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The supremum over sliding windows, against an implementation that looks at every window there is. */
class RateProfileTest
{
    private static final long SEED = 20261128;

    @Test
    void shouldFindTheGreatestWindow()
    {
        assertEquals("500", supremum("1", span("0", "2", 1000)), "a burst");
        assertEquals("10", supremum("100", span("0", "2", 1000)), "its mean over a longer window");
        assertEquals("5", supremum("1", span("0", "0", 5)), "an instant");
        assertEquals("5", supremum("1", span("0", "0", 5), span("1", "1", 5)), "never two instants a window apart");
        assertEquals("10", supremum("1", span("0", "0", 5), span("99/100", "99/100", 5)), "but nearer ones");
        assertEquals("15", supremum("1", span("0", "1", 10), span("1", "1", 5)), "an instant as a span ends");
        assertEquals("20", supremum("1", span("0", "1", 10), span("0", "2", 20)), "two overlapping spans");
        assertEquals("0", supremum("1", span("0", "9", 0)), "nothing");
        assertEquals("30", supremum("1/3", span("0", "1/3", 10)), "a window of a third of a second");
    }

    /** Two clusters at one instant: each within the limit for sure, both together perhaps not. */
    @Test
    void shouldAddClustersUpOnlyWhereTheLimitIsOfTheModel()
    {
        final String work = "'rateOf': 'm', 'work': [" +
            "{'model': 'm', 'cluster': 'd', 'from': '0', 'to': '0', 'flop': {'lower': '4', 'point': '5', " +
            "'upper': 'unbounded'}}, {'model': 'n', 'cluster': 'e', 'from': '0', 'to': '0', 'flop': '99'}, " +
            "{'model': 'm', 'cluster': 'c', 'from': '0', 'to': '0', 'flop': '#'}]";
        final JsonNode model = rate("MODEL", work.replace("#", "6"));
        assertEquals(
            "{\"1\":{\"lower\":\"10\",\"point\":\"11\",\"upper\":\"unbounded\"}," +
            "\"2\":{\"lower\":\"5\",\"point\":\"11/2\",\"upper\":\"unbounded\"}}", model.get("windows").toString());
        assertEquals(
            "{\"c\":{\"lower\":\"6\",\"point\":\"6\",\"upper\":\"6\"}," +
            "\"d\":{\"lower\":\"4\",\"point\":\"5\",\"upper\":\"unbounded\"}}", model.get("clusters").toString());
        final String open = "UNDETERMINED true [\"RATE_MAY_EXCEED_LIMIT\"]";
        final String above = "EXCEEDED false [\"RATE_ABOVE_LIMIT\"]";
        assertEquals(open, state(model));
        assertEquals(above, state(rate("MODEL", work.replace("#", "7"))));
        assertEquals(open, state(rate("CLUSTER", work.replace("#", "10"))));
        assertEquals(above, state(rate("CLUSTER", work.replace("#", "11"))));
        final String bounded = work.replace("'unbounded'", "'5'");
        assertEquals("WITHIN false []", state(rate("CLUSTER", bounded.replace("#", "10"))));
        assertEquals(above, state(rate("MODEL", bounded.replace("#", "10"))));
    }

    private static JsonNode rate(final String scope, final String work)
    {
        return Cases.determine("{'base': 'seed', 'rateLimit': '10', 'rateWindow': '1', 'rateWindowsReported': ['2'], " +
            "'rateScope': '" + scope + "'}", "rate", work);
    }

    private static String state(final JsonNode rate)
    {
        return rate.get("state").asString() + ' ' + rate.get("provisional") + ' ' + rate.get("reasons");
    }

    @Test
    void shouldAgreeWithTheNaiveSupremum()
    {
        final Random random = new Random(SEED);
        for (int round = 0; round < Suite.rounds(3000, 100_000); round++)
        {
            final List<RateProfile.Span> spans = randomSpans(random);
            final Ratio window = randomRatio(random, 3).add(ratio("1/4"));
            assertEquals(
                naive(spans, window, true), new RateProfile(spans).supremum(window), () -> spans + " over " + window);
        }
    }

    /** Canary: the inputs tell a half-open window from a closed one, and its end from the moment just after. */
    @Test
    void shouldTellWindowsApartThatDifferAtTheirEnds()
    {
        final Random random = new Random(SEED);
        int different = 0;
        for (int round = 0; round < 1000; round++)
        {
            final List<RateProfile.Span> spans = randomSpans(random);
            final Ratio window = randomRatio(random, 3).add(ratio("1/4"));
            different += naive(spans, window, false).equals(new RateProfile(spans).supremum(window)) ? 0 : 1;
        }
        assertTrue(different > 50, "only " + different + " of 1000 inputs see a closed window");
    }

    /**
     * Looks at the moments where something begins or ends to be inside, and twice between each two of them: there the
     * compute inside is linear, so that its limits at both ends follow.
     */
    private static Ratio naive(final List<RateProfile.Span> spans, final Ratio window, final boolean isHalfOpen)
    {
        final SortedSet<Ratio> corners = new TreeSet<>();
        for (final RateProfile.Span span : spans)
        {
            corners.addAll(List.of(
                span.from(), span.to(), span.from().subtract(window), span.to().subtract(window)));
        }
        Ratio most = Ratio.ZERO;
        Ratio last = null;
        for (final Ratio corner : corners)
        {
            most = most.max(inside(spans, corner, window, isHalfOpen));
            if (null != last)
            {
                final Ratio third = corner.subtract(last).divide(Ratio.of(3));
                final Ratio first = inside(spans, last.add(third), window, isHalfOpen);
                final Ratio second = inside(spans, corner.subtract(third), window, isHalfOpen);
                most = most.max(first.add(first).subtract(second)).max(second.add(second).subtract(first));
            }
            last = corner;
        }
        return most.divide(window);
    }

    private static Ratio inside(
        final List<RateProfile.Span> spans, final Ratio begin, final Ratio window, final boolean isHalfOpen)
    {
        final Ratio end = begin.add(window);
        Ratio sum = Ratio.ZERO;
        for (final RateProfile.Span span : spans)
        {
            if (span.from().equals(span.to()))
            {
                final boolean isBeforeEnd = span.from().compareTo(end) < (isHalfOpen ? 0 : 1);
                final boolean isInside = span.from().compareTo(begin) >= 0 && isBeforeEnd;
                sum = isInside ? sum.add(span.flop()) : sum;
                continue;
            }
            final Ratio overlap = span.to().min(end).subtract(span.from().max(begin)).max(Ratio.ZERO);
            sum = sum.add(span.flop().multiply(overlap).divide(span.to().subtract(span.from())));
        }
        return sum;
    }

    private static List<RateProfile.Span> randomSpans(final Random random)
    {
        final List<RateProfile.Span> spans = new ArrayList<>();
        for (int i = 1 + random.nextInt(6); i > 0; i--)
        {
            final Ratio from = randomRatio(random, 10);
            final Ratio length = random.nextInt(3) > 0 ? Ratio.ZERO : randomRatio(random, 5);
            spans.add(new RateProfile.Span(from, from.add(length), Ratio.of(random.nextInt(1000))));
        }
        return spans;
    }

    /** Quarters, so that ends meet often. */
    private static Ratio randomRatio(final Random random, final int below)
    {
        return Ratio.of(BigInteger.valueOf(random.nextInt(4 * below)), BigInteger.valueOf(4));
    }

    private static String supremum(final String window, final RateProfile.Span... spans)
    {
        return new RateProfile(List.of(spans)).supremum(ratio(window)).toString();
    }

    private static RateProfile.Span span(final String from, final String to, final long flopCount)
    {
        return new RateProfile.Span(ratio(from), ratio(to), Ratio.of(flopCount));
    }

    private static Ratio ratio(final String text)
    {
        return Cases.fact("'" + text + "'").ratio();
    }
}
