/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Decisions on offered packs, against a model on plain numbers. Without a harbour of its own a pack has a tenth. */
class OffersTest
{
    private static final long SEED = 29;
    private static final int LIMIT = 100;

    private enum Bug
    {
        NONE, COUNTS_SIGNATURES, TAKES_SAME_VERSION, RAISES_OVER_SCHEDULED, FORGETS_RETROACTIVE
    }

    private record Offer(
        int at, int effective, int version, String authority, List<String> signers, Integer limit, Integer harbour)
    {
        String json()
        {
            return "{'at': '" + time(at) + "', 'signers': ['" + String.join("', '", signers) +
                "'], 'pack': {'base': 'seed', 'harbourTraining': " + (null == harbour ? "'auto'" : quoted(harbour)) +
                ", 'trainingLimit': " +
                quoted(limit) + ", 'version': " + version + ", 'authority': '" + authority + "', 'effective': '" +
                time(effective) + "'}}";
        }

        int effectiveFrom()
        {
            return Math.max(at, effective);
        }
    }

    @Test
    void shouldDecideAsTheModel()
    {
        final Random random = new Random(SEED);
        final Set<String> seen = new TreeSet<>();
        for (int round = 0; round < Suite.rounds(1000, 50_000); round++)
        {
            final List<Offer> offers = randomOffers(random);
            final String decisions = model(offers, Bug.NONE);
            assertEquals(decisions, determined(offers), offers::toString);
            seen.addAll(List.of(decisions.split("[\\[\\], \n]+")));
        }
        for (final String reason : List.of(
            "UNKNOWN_AUTHORITY", "QUORUM", "VERSION_NOT_NEWER", "HARBOUR_TOO_HIGH:harbourTraining",
            "LESS_STRICT:trainingLimit", "LESS_STRICT:harbourTraining", "RAISE_NEEDS_INTERNATIONAL:trainingLimit",
            "RETROACTIVE", "ACCEPTED", "REJECTED"))
        {
            assertTrue(seen.contains(reason), reason + " is in no decision");
        }
    }

    @Test
    void shouldSeeEveryPlantedMistake()
    {
        for (final Bug bug : Bug.values())
        {
            final Random random = new Random(SEED);
            int different = 0;
            for (int round = 0; round < 300; round++)
            {
                final List<Offer> offers = randomOffers(random);
                different += model(offers, bug).equals(determined(offers)) ? 0 : 1;
            }
            assertEquals(Bug.NONE != bug, different > 5, bug + " shows in " + different + " of 300 inputs");
        }
    }

    private static String determined(final List<Offer> offers)
    {
        final JsonNode packs = Cases.evaluate(
            "{'base': 'seed', 'trainingLimit': '" + LIMIT + "', 'effective': '" + time(0) + "'}", "packs",
            "'now': '" + time(40) + "', 'international': {'base': 'seed', 'trainingLimit': '" + LIMIT + "'}, " +
            "'authorities': {'US': {'level': 'NATIONAL', 'keys': ['a', 'b', 'c'], 'quorum': 2, 'revoked': ['c']}, " +
            "'INTL': {'level': 'INTERNATIONAL', 'keys': ['a', 'b'], 'quorum': 2}}, 'offers': [" +
            String.join(", ", offers.stream().map(Offer::json).toList()) + "]")
            .get("determinations").get("packs");
        final StringBuilder lines = new StringBuilder();
        for (final JsonNode decision : packs.get("decisions"))
        {
            final List<String> reasons = new ArrayList<>();
            decision.get("reasons").forEach(reason -> reasons.add(reason.asString()));
            lines.append(decision.get("state").asString()).append(' ').append(reasons).append(' ')
                .append(decision.get("effectiveFrom").asString("-")).append('\n');
        }
        return lines.append(packs.get("inForce").get("version")).append(' ').append(packs.get("scheduled")).toString();
    }

    private static String model(final List<Offer> offers, final Bug bug)
    {
        final List<Offer> accepted = new ArrayList<>(List.of(new Offer(0, 0, 1, "SEED", List.of(), LIMIT, null)));
        final StringBuilder lines = new StringBuilder();
        for (final Offer offer : offers)
        {
            final Set<String> reasons = objections(offer, accepted, bug);
            if (!reasons.isEmpty())
            {
                lines.append("REJECTED ").append(reasons).append(" -\n");
                continue;
            }
            accepted.add(offer);
            final boolean isRetroactive = offer.effective < offer.at && Bug.FORGETS_RETROACTIVE != bug;
            lines.append("ACCEPTED ").append(isRetroactive ? "[RETROACTIVE] " : "[] ")
                .append(time(offer.effectiveFrom())).append('\n');
        }
        final List<Integer> scheduled = new ArrayList<>();
        accepted.forEach(offer -> scheduled.addAll(offer.effectiveFrom() > 40 ? List.of(offer.version) : List.of()));
        return lines + "" + inForce(accepted, 40).version + ' ' + scheduled.toString().replace(" ", "");
    }

    private static Set<String> objections(final Offer offer, final List<Offer> accepted, final Bug bug)
    {
        final Set<String> reasons = new TreeSet<>();
        final List<String> keys = offer.signers.stream().filter(List.of("a", "b")::contains).toList();
        final int signed = Bug.COUNTS_SIGNATURES == bug ? keys.size() : new TreeSet<>(keys).size();
        if ("XX".equals(offer.authority))
        {
            reasons.add("UNKNOWN_AUTHORITY");
        }
        else if (signed < 2)
        {
            reasons.add("QUORUM");
        }
        final Offer highest = accepted.get(accepted.size() - 1);
        if (offer.version < highest.version + (Bug.TAKES_SAME_VERSION == bug ? 0 : 1))
        {
            reasons.add("VERSION_NOT_NEWER");
        }
        if (null != offer.limit && null != offer.harbour && offer.harbour * 10 > offer.limit)
        {
            reasons.add("HARBOUR_TOO_HIGH:harbourTraining");
        }
        if (!"INTL".equals(offer.authority))
        {
            final Integer tenfold =
                null == offer.harbour ? offer.limit : (Integer)(offer.harbour * 10);
            reasons.addAll(null == offer.limit || offer.limit > LIMIT ? Set.of("LESS_STRICT:trainingLimit") : Set.of());
            reasons.addAll(null == tenfold || tenfold > LIMIT ? Set.of("LESS_STRICT:harbourTraining") : Set.of());
            final Offer then = inForce(accepted, offer.effectiveFrom());
            final boolean isRaised = isAbove(offer, then) ||
                (isAbove(offer, highest) && Bug.RAISES_OVER_SCHEDULED != bug);
            reasons.addAll(isRaised ? Set.of("RAISE_NEEDS_INTERNATIONAL:trainingLimit") : Set.of());
        }
        return reasons;
    }

    private static boolean isAbove(final Offer offer, final Offer before)
    {
        return null != before.limit && (null == offer.limit || offer.limit > before.limit);
    }

    private static Offer inForce(final List<Offer> accepted, final int moment)
    {
        Offer inForce = null;
        for (final Offer offer : accepted)
        {
            inForce = offer.effectiveFrom() <= moment ? offer : inForce;
        }
        return inForce;
    }

    private static List<Offer> randomOffers(final Random random)
    {
        final List<Offer> offers = new ArrayList<>();
        int at = random.nextInt(8);
        for (int i = 1 + random.nextInt(5); i > 0; i--)
        {
            offers.add(new Offer(
                at,
                random.nextInt(55),
                1 + random.nextInt(7),
                pick(random, "US", "US", "INTL", "XX"),
                List.of(pick(random, "a", "b"), pick(random, "a", "b", "c", "x"), pick(random, "a", "b")),
                pick(random, 80, 90, 99, 100, 101, 120, null),
                pick(random, 8, 9, 10, 11, null, null)));
            at += random.nextInt(8);
        }
        return offers;
    }

    @SafeVarargs
    private static <T> T pick(final Random random, final T... choices)
    {
        return choices[random.nextInt(choices.length)];
    }

    private static String quoted(final Integer figure)
    {
        return null == figure ? "null" : "'" + figure + "'";
    }

    private static String time(final int second)
    {
        return String.format("2026-05-05T05:05:%02dZ", second);
    }
}
