/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The comparison of packs, against one that works on the documents with orders written as text. */
class StrictnessTest
{
    private static final long SEED = 10;

    /** Strictest first. */
    private static final Map<String, List<String>> ORDERS = Map.of(
        "limitBasis", List.of("OUTPUT", "TRAINING"),
        "rt4Scope", List.of("ANY", "RT3"),
        "registrationBasis", List.of("UPPER", "POINT", "LOWER"),
        "linkComparison", List.of("AT_LEAST", "ABOVE"),
        "rateScope", List.of("MODEL", "CLUSTER"),
        "clusterDuty", List.of("PERMIT", "REPORT"),
        "phase", List.of("PER_OUTPUT", "ATTESTED", "DOCUMENTED", "GOOD_FAITH"));

    private static final Map<String, List<String>> VALUES = values();

    @Test
    void shouldAgreeWithTheDocuments()
    {
        final Random random = new Random(SEED);
        final Set<String> seen = new TreeSet<>();
        for (int round = 0; round < Suite.rounds(3000, 100_000); round++)
        {
            final Pack mine = randomPack(random);
            final Pack theirs = randomPack(random);
            final Set<String> fields = new TreeSet<>();
            Strictness.lessStrictFields(mine, theirs).forEach(field -> fields.add(field.jsonName()));
            assertEquals(naive(mine.document(), theirs.document()), fields,
                () -> mine.document() + "\n" + theirs.document());
            seen.addAll(fields);
        }
        assertEquals(20, seen.size(), "fields that the packs tell apart: " + seen);
    }

    /** What is at least as strict is an order: a pack is not less strict than itself, and strictness passes on. */
    @Test
    void shouldBeAnOrder()
    {
        final Random random = new Random(SEED);
        int passedOn = 0;
        for (int round = 0; round < 20_000; round++)
        {
            final Pack strictest = sparsePack(random);
            final Pack middle = sparsePack(random);
            final Pack laxest = sparsePack(random);
            assertEquals(List.of(), Strictness.lessStrictFields(strictest, strictest));
            if (isAtLeastAsStrict(strictest, middle) && isAtLeastAsStrict(middle, laxest))
            {
                passedOn++;
                assertEquals(List.of(), Strictness.lessStrictFields(strictest, laxest));
            }
        }
        assertTrue(passedOn > 100, "only " + passedOn + " chains");
    }

    @Test
    void shouldLetEqualBeStrictEnoughAndOneMoreNot()
    {
        assertEquals("[]", lessStrict("{'base': 'seed'}"));
        assertEquals("[]", lessStrict("{'base': 'seed', 'trainingLimit': '999999999999999999999999999'}"));
        assertEquals("[rateLimit, harbourRate]", lessStrict("{'base': 'seed', 'rateLimit': '100000000000000000010'}"));
        assertEquals("[rateWindow]", lessStrict("{'base': 'seed', 'rateWindow': '1000000001/1000000000'}"));
        assertEquals("[linkGbpsMin]", lessStrict("{'base': 'seed', 'linkGbpsMin': '1001/10'}"));
        assertEquals("[peakBasis]", lessStrict("{'base': 'seed', 'peakBasis': 'BF16_DENSE'}"));
        assertEquals("[coLocatedOnly]", lessStrict("{'base': 'seed', 'coLocatedOnly': true}"));
        assertEquals("[]", lessStrict("{'base': 'seed', 'coLocatedOnly': null}"));
        assertEquals("[tierDuties]", lessStrict("{'base': 'seed', 'tierDuties': {}}"));
        assertEquals("[reportRecipients]", lessStrict("{'base': 'seed', 'reportRecipients': ['INTERNATIONAL']}"));
        assertEquals("[]", lessStrict("{'base': 'seed', 'reportRecipients': ['INTERNATIONAL', 'NATIONAL']}"));
        assertEquals("[registrationLimit]", lessStrict("{'base': 'seed', 'registrationLimit': null}"));
    }

    private static String lessStrict(final String pack)
    {
        return Strictness.lessStrictFields(Cases.pack(pack), PackLibrary.shipped("seed")).toString();
    }

    private static boolean isAtLeastAsStrict(final Pack pack, final Pack other)
    {
        return Strictness.lessStrictFields(pack, other).isEmpty();
    }

    private static Set<String> naive(final JsonNode mine, final JsonNode theirs)
    {
        final Set<String> fields = new TreeSet<>();
        for (final String field : VALUES.keySet())
        {
            final boolean isCompared = theirs.has(field) || "coLocatedOnly".equals(field);
            if (isCompared && !"pauseEffective".equals(field) &&
                !isSame(mine, theirs, field) && isLess(field, mine, theirs))
            {
                fields.add(field);
            }
        }
        return fields;
    }

    private static boolean isSame(final JsonNode mine, final JsonNode theirs, final String field)
    {
        return !field.startsWith("harbour") && !field.startsWith("pause") && theirs.has(field) &&
            theirs.get(field).equals(mine.get(field));
    }

    private static boolean isLess(final String field, final JsonNode mine, final JsonNode theirs)
    {
        if (ORDERS.containsKey(field))
        {
            final List<String> order = ORDERS.get(field);
            return !mine.has(field) ||
                order.indexOf(mine.get(field).asString()) > order.indexOf(theirs.get(field).asString());
        }
        if (!mine.has(field) && !List.of("coLocatedOnly", "harbourTraining", "harbourRate").contains(field))
        {
            return true;
        }
        switch (field)
        {
            case "pauseState":
                return "ACTIVE".equals(text(theirs, field)) && (!"ACTIVE".equals(text(mine, field)) ||
                    (theirs.has("pauseEffective") && !isPausedBy(mine, text(theirs, "pauseEffective"))));
            case "peakBasis":
                return !"MAX_DENSE".equals(text(mine, field));
            case "coLocatedOnly":
                return mine.path(field).asBoolean(false) && !theirs.path(field).asBoolean(false);
            case "reportRecipients":
                return !words(mine.get(field)).containsAll(words(theirs.get(field)));
            case "tierDuties":
                return !isCovered(mine.get(field), theirs.get(field));
            case "harbourTraining":
                return isHigher(harbour(mine, field, "trainingLimit"), harbour(theirs, field, "trainingLimit"));
            case "harbourRate":
                return isHigher(harbour(mine, field, "rateLimit"), harbour(theirs, field, "rateLimit"));
            default:
                return hundredfold(mine, field).compareTo(hundredfold(theirs, field)) > 0;
        }
    }

    private static boolean isPausedBy(final JsonNode pack, final String moment)
    {
        return pack.has("pauseEffective") && text(pack, "pauseEffective").compareTo(moment) <= 0;
    }

    private static boolean isHigher(final BigInteger mine, final BigInteger theirs)
    {
        return null != theirs && (null == mine || mine.compareTo(theirs) > 0);
    }

    /** Ten times the threshold, so that a tenth is whole. */
    private static BigInteger harbour(final JsonNode pack, final String field, final String cap)
    {
        final String value = text(pack, field);
        final String applies = "auto".equals(value) ? text(pack, cap) : null == value ? null : value + '0';
        return null == applies ? null : new BigInteger(applies);
    }

    /** Numbers here are whole or so many halves. */
    private static BigInteger hundredfold(final JsonNode pack, final String field)
    {
        final String[] parts = text(pack, field).split("/");
        final BigInteger hundred = BigInteger.valueOf(100).multiply(new BigInteger(parts[0]));
        return 2 == parts.length ? hundred.divide(new BigInteger(parts[1])) : hundred;
    }

    private static boolean isCovered(final JsonNode mine, final JsonNode theirs)
    {
        boolean isCovered = true;
        for (final String tier : theirs.propertyNames())
        {
            for (final String part : theirs.get(tier).propertyNames())
            {
                final JsonNode list = mine.path(tier).path(part);
                isCovered &= list.isArray() && words(list).containsAll(words(theirs.get(tier).get(part)));
            }
        }
        return isCovered;
    }

    private static Set<String> words(final JsonNode list)
    {
        final Set<String> words = new HashSet<>();
        list.forEach(word -> words.add(word.asString()));
        return words;
    }

    private static String text(final JsonNode pack, final String field)
    {
        return pack.has(field) ? pack.get(field).asString() : null;
    }

    private static Map<String, List<String>> values()
    {
        final Map<String, List<String>> values = new LinkedHashMap<>();
        for (final String field : List.of("trainingLimit", "rateLimit", "registrationLimit", "clusterCapability"))
        {
            values.put(field, List.of("'99'", "'100'", "'101'"));
        }
        values.put("linkGbpsMin", List.of("'1'", "'3/2'", "'2'", "'4/2'"));
        values.put("rateWindow", List.of("'1'", "'1/2'", "'3/2'"));
        for (final String field : List.of("harbourTraining", "harbourRate"))
        {
            values.put(field, List.of("'auto'", "'9'", "'10'", "'11'"));
        }
        ORDERS.forEach((field, order) -> values.put(field, order.stream().map(word -> "'" + word + "'").toList()));
        values.put("peakBasis", List.of("'MAX_DENSE'", "'BF16_DENSE'", "'VENDOR_DECLARED'"));
        values.put("pauseState", List.of("'NONE'", "'ACTIVE'", "'ACTIVE'", "'LIFTED'"));
        values.put("pauseEffective", List.of("'2026-01-01T00:00:00Z'", "'2026-01-01T00:00:01Z'"));
        values.put("coLocatedOnly", List.of("true", "false"));
        values.put("reportRecipients", List.of("[]", "['A']", "['B']", "['A', 'B']", "['B', 'A']"));
        values.put("tierDuties", List.of(
            "{}", "{'RT-1': {'training': []}}", "{'RT-1': {'training': ['A'], 'deployment': []}}",
            "{'RT-1': {'deployment': ['B', 'A'], 'training': ['A']}}", "{'RT-2': {'training': ['B']}}"));
        return values;
    }

    private static Pack randomPack(final Random random)
    {
        return pack(random, 4, 3);
    }

    /** Few fields, so that packs can often be compared. */
    private static Pack sparsePack(final Random random)
    {
        return pack(random, 12, 1);
    }

    private static Pack pack(final Random random, final int outOf, final int chosen)
    {
        final List<String> members = new ArrayList<>(List.of(
            "'name': 'x'", "'version': 1", "'authority': 'X'", "'effective': '2026-01-01T00:00:00Z'",
            "'status': 'verified'"));
        VALUES.forEach((field, choices) ->
        {
            if (random.nextInt(outOf) < chosen)
            {
                members.add("'" + field + "': " + choices.get(random.nextInt(choices.size())));
            }
        });
        return Cases.pack("{" + String.join(", ", members) + "}");
    }
}
