/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/** Every threshold of the shipped packs: one below, exactly at it, one above. A double can't tell them apart. */
class BoundaryTest
{
    private static final String E10_27 = "1" + "0".repeat(27);
    private static final String E10_26 = "1" + "0".repeat(26);
    private static final String E10_25 = "1" + "0".repeat(25);
    private static final String E10_23 = "1" + "0".repeat(23);
    private static final String E10_20 = "1" + "0".repeat(20);
    private static final String E10_18 = "1" + "0".repeat(18);
    private static final String US = "'developer': {'headquarters': 'US'}, ";
    private static final String ACTIVE_PAUSE = "{'base': 'seed', 'pauseState': 'ACTIVE'}";
    private static final String DECLARED_PEAK = "{'base': 'seed', 'peakBasis': 'VENDOR_DECLARED'}";
    private static final String EVIDENCE = "'evidence': {'training': {'basis': ['MEASURED']}, " +
        "'rate': {'basis': ['MEASURED']}, 'ancestorsComplete': true, 'signer': 's'}";

    /**
     * A threshold.
     *
     * @param facts with # where the figure stands.
     * @param path of the state in the determination.
     * @param states one below, at and one above the threshold.
     */
    private record Threshold(
        String name, String pack, String ask, String facts, String path, String limit, List<String> states)
    {
    }

    @TestFactory
    Stream<DynamicTest> shouldTellJustBelowAtAndJustAbove()
    {
        return Stream.of(registration(), caps(), harbours(), laws()).flatMap(List::stream)
            .map(threshold -> DynamicTest.dynamicTest(threshold.name, () -> check(threshold)));
    }

    /** Adding compute never takes a duty away: states only rise, for every figure far below to far above. */
    @TestFactory
    Stream<DynamicTest> shouldNeverLoseADutyByMoreCompute()
    {
        return Stream.of(registration(), caps(), harbours(), laws()).flatMap(List::stream)
            .map(threshold -> DynamicTest.dynamicTest(threshold.name, () -> checkMonotone(threshold)));
    }

    private static List<Threshold> registration()
    {
        final String estimate = "'run': {'estimates': [{'at': '2026-01-01T00:00:00Z', 'total': '#'}]}";
        final String biological = estimate.replace("'run': {", "'run': {'primarilyBiological': true, ");
        final List<String> strict = List.of("NOT_REQUIRED", "NOT_REQUIRED", "REQUIRED");
        return List.of(
            new Threshold("registration", "'seed'", "registration", US + estimate, "state", E10_25, strict),
            new Threshold("registration, EO 14110", "'us-eo14110-historic'", "registration", US + estimate, "state",
                E10_26, strict),
            new Threshold("registration, biological", "'us-eo14110-historic'", "registration", US + biological,
                "state", E10_23, strict),
            new Threshold("registration, biological without such a rule", "'seed'", "registration", US + biological,
                "state", E10_25, strict),
            new Threshold("pause", ACTIVE_PAUSE, "pause", US + estimate, "state", E10_27,
                List.of("ALLOWED", "ALLOWED", "STOP")));
    }

    private static List<Threshold> caps()
    {
        final String model = "'model': {'autonomy': 'WEAK', 'generality': 'WEAK', 'intelligence': 'WEAK', ";
        final List<String> tiers = List.of("RT-0", "RT-0", "RT-4");
        final List<String> within = List.of("WITHIN", "WITHIN", "EXCEEDED");
        return List.of(
            new Threshold("cap", "'seed'", "cap", "'run': {'done': [{'at': '2026-01-01T00:00:00Z', 'total': '#'}]}",
                "state", E10_27, within),
            new Threshold("tier by training", "'seed'", "tier", model + "'training': '#', 'rate': '0'}", "tier",
                E10_27, tiers),
            new Threshold("tier by rate", "'seed'", "tier", model + "'training': '0', 'rate': '#'}", "tier",
                E10_20, tiers),
            new Threshold("tier by output", "{'base': 'seed', 'limitBasis': 'OUTPUT'}", "tier",
                model + "'training': '0', 'output': '#', 'rate': '0'}", "tier", E10_27, tiers),
            new Threshold("rate", "'seed'", "rate",
                "'rateOf': 'm', 'work': [{'model': 'm', 'cluster': 'c', 'from': '1/3', 'to': '4/3', 'flop': '#'}]",
                "state", E10_20, within),
            new Threshold("rate of one cluster", "{'base': 'seed', 'rateScope': 'CLUSTER'}", "rate",
                "'rateOf': 'm', 'work': [{'model': 'm', 'cluster': 'c', 'from': '1', 'to': '1', 'flop': '#'}, " +
                "{'model': 'm', 'cluster': 'd', 'from': '1', 'to': '1', 'flop': '1'}]", "state", E10_20, within),
            new Threshold("cluster", DECLARED_PEAK, "cluster", "'inventory': {'models': {'X': {'declared': '#'}}, " +
                "'groups': [{'id': 'A', 'count': 1, 'model': 'X'}]}", "state", E10_18,
                List.of("NOT_REQUIRED", "REQUIRED", "REQUIRED")));
    }

    private static List<Threshold> harbours()
    {
        final List<String> below = List.of("ELIGIBLE", "NOT_ELIGIBLE", "NOT_ELIGIBLE");
        final String path = "harbours.COMPUTE.eligibility";
        return List.of(
            new Threshold("harbour by training", "'seed'", "harbours",
                "'model': {'training': '#', 'rate': '0', " + EVIDENCE + "}", path, E10_26, below),
            new Threshold("harbour by rate", "'seed'", "harbours",
                "'model': {'training': '0', 'rate': '#', " + EVIDENCE + "}", path, "1" + "0".repeat(19), below),
            new Threshold("harbour, a tenth of what 10 does not divide", "{'base': 'seed', 'trainingLimit': '1005'}",
                "harbours", "'model': {'training': '#', 'rate': '0', " + EVIDENCE + "}", path, "101", below));
    }

    private static List<Threshold> laws()
    {
        final String estimate =
            "'generates': ['LANGUAGE'], 'run': {'estimates': [{'at': '2026-01-01T00:00:00Z', 'total': '#'}]}";
        final List<String> yes = List.of("NO", "NO", "YES");
        final String distilled = "'raise': {'training': '0', 'computeCostUsd': '#', 'distilledFromCovered': 'YES'}";
        return List.of(
            new Threshold("EU, systemic", "'eu-ai-act'", "eu", estimate, "systemicRisk", E10_25,
                List.of("NOT_PRESUMED", "NOT_PRESUMED", "PRESUMED")),
            new Threshold("EU, indication", "'eu-ai-act'", "eu", estimate, "gpai", E10_23,
                List.of("NOT_INDICATED", "NOT_INDICATED", "INDICATED")),
            new Threshold("EU, modifier", "'eu-ai-act'", "eu",
                "'modifier': {'compute': '#', 'original': '3" + "0".repeat(24) + "', 'originalSystemic': true}",
                "modifier", "1" + "0".repeat(24), List.of("NOT_PROVIDER", "NOT_PROVIDER", "PROVIDER")),
            new Threshold("SB 53, model", "'us-ca-sb53'", "frontier", "'frontier': {'own': '#', 'initiated': true}",
                "frontierModel", E10_26, yes),
            new Threshold("SB 53, with another's base", "'us-ca-sb53'", "frontier",
                "'frontier': {'own': '#', 'base': '1', 'initiated': true}", "frontierModel", "9".repeat(26), yes),
            new Threshold("SB 53, intended", "'us-ca-sb53'", "frontier",
                "'frontier': {'own': '0', 'intended': '#', 'initiated': true}", "frontierDeveloper", E10_26, yes),
            new Threshold("SB 53, revenue", "'us-ca-sb53'", "frontier",
                "'frontier': {'own': '2" + "0".repeat(26) + "', 'initiated': true, 'revenueUsd': '#'}",
                "largeFrontierDeveloper", "500000000", yes),
            new Threshold("RAISE as amended", "'us-ny-raise-amended'", "frontier",
                "'frontier': {'own': '#', 'initiated': true}", "frontierModel", E10_26, yes),
            new Threshold("RAISE, compute", "'us-ny-raise'", "raise", "'raise': {'training': '#', " +
                "'computeCostUsd': '200000000', 'distilledFromCovered': 'NO'}", "covered", E10_26, yes),
            new Threshold("RAISE, cost", "'us-ny-raise'", "raise", "'raise': {'training': '2" + "0".repeat(26) +
                "', 'computeCostUsd': '#', 'distilledFromCovered': 'NO'}", "covered", "100000000", yes),
            new Threshold("RAISE, distilled", "'us-ny-raise'", "raise", distilled, "covered", "5000000", yes));
    }

    private static void check(final Threshold threshold)
    {
        final BigInteger limit = new BigInteger(threshold.limit);
        assertEquals(threshold.states.get(0), state(threshold, limit.subtract(BigInteger.ONE)), "just below");
        assertEquals(threshold.states.get(1), state(threshold, limit), "at");
        assertEquals(threshold.states.get(2), state(threshold, limit.add(BigInteger.ONE)), "just above");
    }

    private static void checkMonotone(final Threshold threshold)
    {
        final BigInteger limit = new BigInteger(threshold.limit);
        final Function<Integer, BigInteger> scaled = power -> power < 0 ?
            limit.shiftRight(-power) : limit.shiftLeft(power);
        boolean hasRisen = false;
        for (int power = -20; power <= 20; power++)
        {
            final String state = state(threshold, scaled.apply(power));
            hasRisen |= threshold.states.get(2).equals(state);
            assertEquals(threshold.states.get(hasRisen ? 2 : 0), state, "2^" + power + " of the limit");
        }
        assertEquals(true, hasRisen);
    }

    private static String state(final Threshold threshold, final BigInteger figure)
    {
        JsonNode node = Cases.determine(
            threshold.pack, threshold.ask, threshold.facts.replace("#", figure.toString()));
        for (final String step : threshold.path.split("\\."))
        {
            node = node.get(step);
        }
        return node.asString();
    }
}
