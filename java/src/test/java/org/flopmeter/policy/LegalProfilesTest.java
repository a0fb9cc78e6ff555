/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The profiles of laws with small thresholds: what is known only within bounds, what is missing, why. */
class LegalProfilesTest
{
    private static final String EU = "{'base': 'eu-ai-act', 'status': 'verified', 'euSystemicAbove': '100', " +
        "'euGpaiAbove': '10', 'euModifierShare': '1/3', 'euNoticeDays': 14, 'euGpaiModalities': ['LANGUAGE']}";
    private static final String FRONTIER = "{'base': 'us-ca-sb53', 'status': 'verified', 'frontierAbove': '100', " +
        "'frontierCounting': 'CUMULATIVE', 'frontierLargeRevenueUsd': '500'}";
    private static final String RAISE = "{'base': 'us-ny-raise', 'status': 'verified', 'raiseAbove': '10', " +
        "'raiseCostUsd': '100', 'raiseDistilledCostUsd': '5'}";

    @Test
    void shouldPresumeSystemicRiskByTheBestEstimate()
    {
        assertEu("PRESUMED,INDICATED,true,[]", run("1", "101", "101", "LANGUAGE"));
        assertEu("PRESUMED,INDICATED,false,[]", run("101", "101", "101", "LANGUAGE"));
        assertEu("UNDETERMINED,INDICATED,true,[]", run("1", "100", "101", "LANGUAGE"));
        assertEu("NOT_PRESUMED,UNDETERMINED,false,[]", run("1", "10", "11", "LANGUAGE"));
        assertEu("NOT_PRESUMED,NOT_INDICATED,false,[]", run("10", "10", "10", "LANGUAGE"));
        assertEu("PRESUMED,NOT_INDICATED,false,[\"MODALITY\"]", run("101", "101", "101", "WEATHER"));
    }

    @Test
    void shouldStartTheClockOfNoticeOnlyWithAPresumption()
    {
        final JsonNode presumed = Cases.determine(EU, "eu", run("1", "101", "101", "LANGUAGE"));
        assertEquals("2026-06-25 2026-07-09",
            presumed.get("knownAt").asString() + ' ' + presumed.get("notifyBy").asString());
        final JsonNode open = Cases.determine(EU, "eu", run("1", "100", "101", "LANGUAGE"));
        assertEquals("null null", open.get("knownAt") + " " + open.get("notifyBy"));
    }

    @Test
    void shouldTakeAModifierForAProviderByBoundsThatCannotMeet()
    {
        final String original = ", 'original': {'lower': '90', 'point': '99', 'upper': '102'}";
        assertModifier("NOT_PROVIDER,false,[]", "'30'" + original);
        assertModifier("UNDETERMINED,true,[]", "'31'" + original);
        assertModifier("UNDETERMINED,true,[]", "'34'" + original);
        assertModifier("PROVIDER,false,[]", "'35'" + original);
        assertModifier("UNDETERMINED,true,[]",
            "'1000', 'original': {'lower': '90', 'point': '90', 'upper': 'unbounded'}");
    }

    @Test
    void shouldPutAThresholdInThePlaceOfAnUnknownOriginal()
    {
        final String reason = "[\"ORIGINAL_UNKNOWN\"]";
        assertModifier("PROVIDER,false," + reason, "'34', 'original': 'unknown', 'originalSystemic': true");
        assertModifier("NOT_PROVIDER,false," + reason, "'33', 'originalSystemic': true");
        assertModifier("PROVIDER,false," + reason, "'4', 'originalSystemic': false");
        assertModifier("NOT_PROVIDER,false," + reason, "'3', 'original': 'unknown', 'originalSystemic': false");
        assertEquals("MISSING_FACT",
            Cases.refusal(EU, "eu", "'modifier': {'compute': '1'}", "$.facts.modifier.originalSystemic"));
        assertEquals("BAD_FACT", Cases.refusal(EU, "eu",
            "'modifier': {'compute': '1', 'original': '1', 'originalSystemic': 'yes'}",
            "$.facts.modifier.originalSystemic"));
    }

    @Test
    void shouldBeProvisionalWhenEitherPartIs()
    {
        final String sure = ", 'modifier': {'compute': '1', 'original': '90'}";
        final String open = ", 'modifier': {'compute': 'unknown', 'original': '90'}";
        assertEu("UNDETERMINED,INDICATED,true,[]", run("1", "100", "101", "LANGUAGE") + sure);
        assertEu("PRESUMED,INDICATED,true,[]", run("101", "101", "101", "LANGUAGE") + open);
        assertEu("PRESUMED,INDICATED,false,[]", run("101", "101", "101", "LANGUAGE") + sure);
        assertEquals("MISSING_FACT", Cases.refusal(EU, "eu", "'x': 1", "$.facts"));
    }

    @Test
    void shouldFindFrontierDevelopersByWhatIsUsedAndIntended()
    {
        assertFrontier("YES,YES,YES,false,[\"USED_ABOVE_THRESHOLD\"]", "'own': '101', 'revenueUsd': '501'");
        assertFrontier("YES,YES,NO,false,[\"USED_ABOVE_THRESHOLD\"]", "'own': '101', 'revenueUsd': '500'");
        assertFrontier("NO,YES,NO,false,[\"INTENDED_ABOVE_THRESHOLD\"]",
            "'own': '0', 'base': '50', 'intended': '51', 'revenueUsd': '0'");
        assertFrontier("NO,NO,NO,false,[]", "'own': '0', 'base': '50', 'intended': '50', 'revenueUsd': '501'");
    }

    @Test
    void shouldBeProvisionalWhileAnyOfTheThreeIs()
    {
        assertFrontier("YES,YES,UNDETERMINED,true,[\"USED_ABOVE_THRESHOLD\"]", "'own': '101'");
        assertFrontier("NO,UNDETERMINED,NO,true,[]", "'own': '0', 'intended': 'unknown', 'revenueUsd': '0'");
        assertFrontier("UNDETERMINED,YES,NO,true,[\"INTENDED_ABOVE_THRESHOLD\"]",
            "'own': {'lower': '0', 'point': '0', 'upper': '101'}, 'intended': '101', 'revenueUsd': '0'");
        assertFrontier("UNDETERMINED,UNDETERMINED,UNDETERMINED,true,[]", "'revenueUsd': '501'");
    }

    @Test
    void shouldHaveNoFrontierWithoutAnInitiatedRun()
    {
        final JsonNode answer = Cases.determine(
            FRONTIER, "frontier", "'frontier': {'own': '101', 'initiated': false, 'revenueUsd': '501'}");
        assertEquals("NO,NO,NO,false,[\"NOT_INITIATED\"]", frontier(answer));
        assertEquals("MISSING_FACT",
            Cases.refusal(FRONTIER, "frontier", "'frontier': {'own': '1'}", "$.facts.frontier.initiated"));
    }

    @Test
    void shouldCoverByComputeAndCostOrByDistillation()
    {
        assertRaise("YES,false,[\"COMPUTE_AND_COST\"]",
            "'training': '11', 'computeCostUsd': '101', 'distilledFromCovered': 'NO'");
        assertRaise("UNDETERMINED,true,[\"COMPUTE_AND_COST_UNDETERMINED\"]",
            "'computeCostUsd': '101', 'distilledFromCovered': 'NO'");
        assertRaise("UNDETERMINED,true,[\"DISTILLED_AND_COST_UNDETERMINED\"]",
            "'training': '0', 'computeCostUsd': '6'");
        assertRaise("YES,false,[\"DISTILLED_AND_COST\"]",
            "'training': '0', 'computeCostUsd': '6', 'distilledFromCovered': 'YES'");
        assertRaise("NO,false,[]", "'training': '0', 'computeCostUsd': '5'");
        assertRaise("YES,false,[\"COMPUTE_AND_COST\",\"DISTILLED_AND_COST_UNDETERMINED\"]",
            "'training': '11', 'computeCostUsd': '101', 'distilledFromCovered': 'UNKNOWN'");
    }

    @Test
    void shouldSayThatAPackIsNotVerified()
    {
        assertUnverified(EU, "eu", "'modifier': {'compute': '1', 'original': '90'}");
        assertUnverified(FRONTIER, "frontier", "'frontier': {'own': '1', 'revenueUsd': '0', 'initiated': true}");
        assertUnverified(RAISE, "raise", "'raise': {'training': '0', 'computeCostUsd': '0'}");
    }

    @Test
    void shouldTakeTheGreatestPerformanceAndTheFirstNameOnATie()
    {
        final JsonNode tie = Cases.determine("'seed'", "tpp", "'tpp': [" +
            "{'format': 'fp8', 'bits': '8', 'tops': '2'}, {'format': 'bf16', 'bits': '16', 'tops': '1/3'}, " +
            "{'format': 'bf16', 'bits': '16', 'tops': '1'}, {'format': 'bf16', 'bits': '16', 'tops': '1/2'}]");
        assertEquals(Cases.json(
            "{'tpp': '16', 'unit': 'TPP', 'format': 'bf16', 'perFormat': {'bf16': '16', 'fp8': '16'}}"), tie);
        assertEquals("fp8", Cases.determine("'seed'", "tpp", "'tpp': [{'format': 'fp8', 'bits': '8', 'tops': '3'}, " +
            "{'format': 'bf16', 'bits': '16', 'tops': '1'}]").get("format").asString());
        assertEquals("MISSING_FACT", Cases.refusal("'seed'", "tpp", "'tpp': []", "$.facts.tpp"));
    }

    @Test
    void shouldAskInEachPhaseForWhatThePhasesBeforeAskedFor()
    {
        assertReport("INSUFFICIENT [\"NO_SIGNER\"]", "GOOD_FAITH", "");
        assertReport("INSUFFICIENT [\"DECLARED_ONLY\",\"NO_DOCUMENTS\",\"NO_SIGNER\"]", "DOCUMENTED", "");
        assertReport("INSUFFICIENT [\"DECLARED_ONLY\",\"NOT_ATTESTED\",\"NO_DOCUMENTS\",\"NO_SIGNER\"]",
            "ATTESTED", "");
        assertReport("INSUFFICIENT [\"DECLARED_ONLY\",\"NOT_ATTESTED\",\"NOT_PER_OUTPUT\",\"NO_DOCUMENTS\"," +
            "\"NO_SIGNER\"]", "PER_OUTPUT", "");
        assertReport("SUFFICIENT []", "GOOD_FAITH", "'signer': 's'");
        final String full = "'signer': 's', 'documents': true, 'basis': ['DECLARED', 'MEASURED']";
        assertReport("SUFFICIENT []", "DOCUMENTED", full);
        assertReport("SUFFICIENT []", "ATTESTED", full + ", 'attested': true");
        assertReport("SUFFICIENT []", "PER_OUTPUT", full + ", 'attested': true, 'perOutput': true");
        assertReport("INSUFFICIENT [\"NOT_PER_OUTPUT\"]", "PER_OUTPUT",
            full + ", 'attested': true, 'perOutput': false");
    }

    @Test
    void shouldTakeDocumentsAndBasesThatAreThere()
    {
        final String signed = "'signer': 's', 'basis': ['MEASURED'], ";
        assertReport("SUFFICIENT []", "DOCUMENTED", signed + "'documents': ['d']");
        assertReport("INSUFFICIENT [\"NO_DOCUMENTS\"]", "DOCUMENTED", signed + "'documents': []");
        assertReport("INSUFFICIENT [\"NO_DOCUMENTS\"]", "DOCUMENTED", signed + "'documents': false");
        assertReport("INSUFFICIENT [\"DECLARED_ONLY\"]", "DOCUMENTED",
            "'signer': 's', 'documents': true, 'basis': ['DECLARED', 'UNKNOWN']");
        final JsonNode answer = Cases.determine(
            "{'base': 'seed', 'reportRecipients': ['b', 'B', 'a']}", "reporting", "'report': {'signer': 's'}");
        assertEquals("[\"B\",\"a\",\"b\"]", answer.get("recipients").toString());
    }

    private static String run(final String lower, final String point, final String upper, final String modality)
    {
        return "'generates': ['" + modality + "'], 'run': {'estimates': [{'at': '2026-06-25T12:00:00Z', 'total': " +
            "{'lower': '" + lower + "', 'point': '" + point + "', 'upper': '" + upper + "'}}]}";
    }

    private static void assertEu(final String expected, final String facts)
    {
        final JsonNode answer = Cases.determine(EU, "eu", facts);
        assertEquals(expected, shown(answer, "systemicRisk", "gpai"));
    }

    private static void assertModifier(final String expected, final String modifier)
    {
        assertEquals(expected,
            shown(Cases.determine(EU, "eu", "'modifier': {'compute': " + modifier + "}"), "modifier"));
    }

    private static void assertFrontier(final String expected, final String facts)
    {
        assertEquals(expected, frontier(
            Cases.determine(FRONTIER, "frontier", "'frontier': {'initiated': true, " + facts + "}")));
    }

    private static String frontier(final JsonNode answer)
    {
        return shown(answer, "frontierModel", "frontierDeveloper", "largeFrontierDeveloper");
    }

    private static void assertRaise(final String expected, final String facts)
    {
        assertEquals(expected, shown(Cases.determine(RAISE, "raise", "'raise': {" + facts + "}"), "covered"));
    }

    private static void assertUnverified(final String pack, final String ask, final String facts)
    {
        assertEquals("[]", Cases.determine(pack, ask, facts).get("reasons").toString());
        assertEquals("[\"PACK_UNVERIFIED\"]",
            Cases.determine(pack.replace("'verified'", "'unverified'"), ask, facts).get("reasons").toString());
    }

    private static void assertReport(final String expected, final String phase, final String report)
    {
        final JsonNode answer = Cases.determine(
            "{'base': 'seed', 'phase': '" + phase + "'}", "reporting", "'report': {" + report + "}");
        assertEquals(expected, answer.get("state").asString() + ' ' + answer.get("reasons"));
        assertEquals(phase, answer.get("phase").asString());
    }

    private static String shown(final JsonNode answer, final String... members)
    {
        final StringBuilder shown = new StringBuilder();
        for (final String member : List.of(members))
        {
            shown.append(answer.get(member).asString()).append(',');
        }
        return shown.toString() + answer.get("provisional") + ',' + answer.get("reasons");
    }
}
