/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Function;
import org.flopmeter.unit.Ratio;
import org.junit.jupiter.api.Test;

class FactTest
{
    private static final String DIGITS_60 = "9".repeat(60);

    @Test
    void shouldReadCounts()
    {
        for (final String count : List.of("0", "1", "10", DIGITS_60))
        {
            assertEquals(count, Cases.fact("'" + count + "'").count().toString());
        }
        refuse(Refusal.BAD_NUMBER, Fact::count,
            "''", "'00'", "'01'", "'+1'", "' 1'", "'1 '", "'1e25'", "'1.0'", "'0x1'", "'NaN'", "'unknown'",
            "'unbounded'", "'-'", "'--1'", "'1" + DIGITS_60 + "'", "'\u0661'", "'\uff11'",
            "1", "0", "1e3", "-1", "null", "true", "[]", "{}");
        refuse(Refusal.NEGATIVE_FLOP, Fact::count, "'-1'", "'-0'", "'-00'", "'-1" + DIGITS_60 + "'");
    }

    @Test
    void shouldReadRatiosInLowestTerms()
    {
        assertEquals("3/2", Cases.fact("'6/4'").ratio().toString());
        assertEquals("2", Cases.fact("'4/2'").ratio().toString());
        assertEquals("0", Cases.fact("'0/7'").ratio().toString());
        assertEquals("1/" + DIGITS_60, Cases.fact("'1/" + DIGITS_60 + "'").ratio().toString());
        refuse(Refusal.BAD_NUMBER, Fact::ratio,
            "'1/0'", "'1/'", "'/1'", "'/'", "'1/2/3'", "'1.5'", "'1 / 2'", "'01/2'", "1", "0.5", "null");
        refuse(Refusal.NEGATIVE_FLOP, Fact::ratio, "'-1'", "'-1/2'", "'1/-2'");
    }

    @Test
    void shouldReadQuantities()
    {
        assertEquals(Quantity.UNKNOWN, Cases.fact("'unknown'").quantity());
        assertEquals(Quantity.UNKNOWN, Cases.fact("{}").at("missing").quantity());
        final Quantity interval = Cases.fact("{'lower': '1', 'point': '2', 'upper': '3'}").quantity();
        assertEquals("1 2 3", interval.lower() + " " + interval.point() + " " + interval.upper());
        assertTrue(!Cases.fact("{'lower': '1', 'point': '2', 'upper': 'unbounded'}").quantity().isBounded());
        refuse(Refusal.BAD_INTERVAL, Fact::quantity,
            "{}", "{'lower': '1', 'point': '1'}", "{'lower': '1', 'point': '1', 'upper': '1', 'basis': 'x'}",
            "{'lower': '2', 'point': '1', 'upper': '3'}", "{'lower': '1', 'point': '4', 'upper': '3'}",
            "{'lower': '2', 'point': '1', 'upper': 'unbounded'}");
        refuse(Refusal.BAD_NUMBER, Fact::quantity,
            "'unbounded'", "1", "null", "[]", "'Unknown'", "{'lower': 'unbounded', 'point': '1', 'upper': '1'}",
            "{'lower': '1', 'point': '1', 'upper': 1}", "{'lower': '1', 'point': '1', 'upper': 'unknown'}");
        refuse(Refusal.NEGATIVE_FLOP, Fact::quantity, "'-5'", "{'lower': '-1', 'point': '1', 'upper': '1'}");
    }

    @Test
    void shouldReadMomentsThatExist()
    {
        for (final String time : List.of("2024-02-29T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"))
        {
            assertEquals(time, Cases.fact("'" + time + "'").moment().text());
        }
        refuse(Refusal.BAD_TIME, Fact::moment,
            "'2026-02-29T00:00:00Z'", "'2026-13-01T00:00:00Z'", "'2026-00-01T00:00:00Z'", "'2026-01-01T24:00:00Z'",
            "'2026-01-01T00:60:00Z'", "'2026-12-31T23:59:60Z'", "'0000-01-01T00:00:00Z'", "'2026-01-01T00:00:00'",
            "'2026-01-01 00:00:00Z'", "'2026-01-01T00:00:00+00:00'", "'2026-01-01T00:00:00.0Z'", "'2026-1-1T0:0:0Z'",
            "'2026-01-01t00:00:00z'", "''", "'12026-01-01T00:00:00Z'", "1767225600", "null");
    }

    @Test
    void shouldReadSmallIntegersAndFlagsByTheirJsonType()
    {
        assertEquals("0", Cases.fact("0").integer().toString());
        final String beyondLong = "123456789012345678901234567890";
        assertEquals(beyondLong, Cases.fact(beyondLong).integer().toString());
        refuse(Refusal.BAD_FACT, Fact::integer, "'1'", "-1", "1.0", "1e3", "true", "null", "[1]");
        refuse(Refusal.BAD_FACT, Fact::flag, "'true'", "1", "null");
        refuse(Refusal.BAD_FACT, Fact::text, "1", "null", "['a']");
        refuse(Refusal.BAD_FACT, Fact::texts, "'a'", "{}", "['a', 1]", "[null]");
        refuse(Refusal.BAD_FACT, fact -> fact.at("a"), "'a'", "[]", "null");
    }

    @Test
    void shouldNameThePlaceOfWhatIsWrong()
    {
        final Fact fact = Cases.fact("{'a': [{'b c': '" + "x".repeat(1000) + "'}]}");
        final PolicyException wrong = assertThrows(
            PolicyException.class, () -> fact.at("a").elements().get(0).at("b c").count());
        assertTrue(wrong.getMessage().startsWith("$.a[0][\"b c\"]: expected "), wrong.getMessage());
        assertTrue(wrong.getMessage().length() < 200, "a message is short, however long the input");
        final PolicyException missing = assertThrows(
            PolicyException.class, () -> fact.at("x").at("y").count());
        assertEquals(Refusal.MISSING_FACT, missing.refusal());
        assertTrue(missing.getMessage().startsWith("$.x.y: "), missing.getMessage());
    }

    @Test
    void shouldTakeBoundsThatMeet()
    {
        final Ratio two = Ratio.of(2);
        assertEquals(Quantity.exact(two), Cases.fact("{'lower': '2', 'point': '2', 'upper': '2'}").quantity());
        assertEquals(Quantity.exact(two).withoutUpper(),
            Cases.fact("{'lower': '2', 'point': '2', 'upper': 'unbounded'}").quantity());
    }

    @Test
    void shouldTakeADefaultOnlyForWhatIsMissing()
    {
        final Fact fact = Cases.fact("{'flag': true, 'count': '7', 'names': ['a', 'b'], 'no': false}");
        final Fact missing = fact.at("missing");
        assertEquals("7 0", fact.at("count").countOrZero() + " " + missing.countOrZero());
        assertEquals("[a, b] []", fact.at("names").textsOrNone() + " " + missing.textsOrNone());
        assertEquals("2 0", fact.at("names").elementsOrNone().size() + " " + missing.elementsOrNone().size());
        assertEquals("true false false",
            fact.at("flag").isSet() + " " + fact.at("no").isSet() + ' ' + missing.isSet());
        assertEquals(Quantity.ZERO, missing.quantityOr(Quantity.ZERO));
        assertEquals(Quantity.exact(Ratio.of(7)), fact.at("count").quantityOr(Quantity.ZERO));
        assertTrue(!missing.isString() && !missing.isUnknown() && !fact.at("flag").isString());
    }

    @Test
    void shouldShowSixtyCharactersOfAValueAndNoMore()
    {
        final String whole = "x".repeat(58);
        assertEquals("$: expected an integer >= 0, found \"" + whole + "\"",
            assertThrows(PolicyException.class, () -> Cases.fact("'" + whole + "'").integer()).getMessage());
        assertEquals("$: expected an integer >= 0, found \"" + whole + "y...",
            assertThrows(PolicyException.class, () -> Cases.fact("'" + whole + "yz'").integer()).getMessage());
    }

    @Test
    void shouldQuoteNamesInPathsThatAreNoIdentifiers()
    {
        final Fact fact = Cases.fact("{}");
        assertEquals("$.a-1 $._a $[\"1a\"] $[\"\"]", fact.at("a-1").path() + ' ' + fact.at("_a").path() + ' ' +
            fact.at("1a").path() + ' ' + fact.at("").path());
    }

    @Test
    void shouldOrderMoments()
    {
        final Moment before = Moment.parse("2026-01-01T00:00:00Z");
        final Moment after = Moment.parse("2026-01-01T00:00:01Z");
        assertTrue(before.isBefore(after) && after.isAfter(before));
        assertTrue(!before.isBefore(before) && !before.isAfter(before));
        assertEquals("2026-01-01T00:00:01Z 2026-01-01T00:00:01Z", before.max(after) + " " + after.max(before));
        assertEquals("2026-01-01", after.date().toString());
    }

    private static void refuse(final Refusal refusal, final Function<Fact, ?> reading, final String... values)
    {
        for (final String value : values)
        {
            final PolicyException refused =
                assertThrows(PolicyException.class, () -> reading.apply(Cases.fact(value)), value);
            assertEquals(refusal, refused.refusal(), value + ": " + refused.getMessage());
        }
    }
}
