/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Who is in scope, whether a pause holds, and who is in charge: the words of the format, one situation each. */
class ScopeAndPauseTest
{
    private static final String RUN =
        "'run': {'estimates': [{'at': '2026-06-01T00:00:00Z', 'total': '1000000000000000000000000001'}]}";

    @Test
    void shouldPauseOnlyWhileThePauseHoldsAndReaches()
    {
        assertPause("NOT_ACTIVE", "[\"PAUSE_NONE\"]", "", "");
        assertPause("NOT_ACTIVE", "[\"PAUSE_LIFTED\"]", "'pauseState': 'LIFTED'", "");
        final String from = "'pauseState': 'ACTIVE', 'pauseScope': 'US', 'pauseEffective': ";
        assertPause("NOT_ACTIVE", "[\"PAUSE_NOT_YET_EFFECTIVE\"]", from + "'2026-12-01T00:00:01Z'", "");
        final String now = from + "'2026-12-01T00:00:00Z'";
        assertPause("STOP", "[\"NEW_RUN\",\"SCOPE_ASSUMED\",\"WILL_EXCEED_LIMIT\"]", now, "");
        assertPause("OUT_OF_SCOPE", "[\"OUT_OF_SCOPE\"]", now, "'developer': {'headquarters': 'EU'}");
        assertPause("STOP", "[\"HEADQUARTERED\",\"NEW_RUN\",\"WILL_EXCEED_LIMIT\"]", now,
            "'developer': {'headquarters': 'US'}");
        assertPause("STOP", "[\"NEW_RUN\",\"WILL_EXCEED_LIMIT\"]", now.replace("'US'", "'ANY'"),
            "'developer': {'headquarters': 'EU'}");
    }

    private static void assertPause(
        final String state, final String reasons, final String fields, final String facts)
    {
        final JsonNode answer = Cases.determine("{'base': 'seed'" + (fields.isEmpty() ? "" : ", ") + fields + "}",
            "pause", RUN + (facts.isEmpty() ? "" : ", ") + facts);
        assertEquals(state, answer.get("state").asString());
        assertEquals(reasons, answer.get("reasons").toString());
    }

    @Test
    void shouldRegisterWhoIsLinkedOrUnknownOrAnybody()
    {
        assertRegistered("REQUIRED", "[\"ABOVE_LIMIT\"]", "US", "'headquarters': 'US'");
        assertRegistered("REQUIRED", "[\"ABOVE_LIMIT\"]", "US", "'headquarters': 'EU', 'businessIn': ['EU', 'US']");
        assertRegistered("NOT_IN_SCOPE", "[\"OUT_OF_SCOPE\"]", "US", "'headquarters': 'EU', 'chipsMadeIn': ['US']");
        assertRegistered("NOT_IN_SCOPE", "[\"OUT_OF_SCOPE\"]", "US", "'chipsMadeIn': ['US']");
        assertRegistered("NOT_IN_SCOPE", "[\"OUT_OF_SCOPE\"]", "US", "'businessIn': ['EU']");
        assertRegistered("REQUIRED", "[\"ABOVE_LIMIT\"]", "ANY", "'headquarters': 'EU'");
        assertRegistered("REQUIRED", "[\"ABOVE_LIMIT\",\"SCOPE_ASSUMED\"]", "US", "");
    }

    private static void assertRegistered(
        final String state, final String reasons, final String scope, final String developer)
    {
        final JsonNode answer = Cases.determine("{'base': 'seed', 'registrationScope': '" + scope + "'}",
            "registration", RUN + ", 'developer': {" + developer + "}");
        assertEquals(state, answer.get("state").asString());
        assertEquals(reasons, answer.get("reasons").toString());
    }

    @Test
    void shouldSayWhenNobodyIsInCharge()
    {
        final String properties = "'autonomy': 'STRONG', 'generality': 'STRONG', 'intelligence': 'WEAK', " +
            "'training': '1', 'rate': '1'";
        assertEquals("[\"AUTONOMY_STRONG\",\"GENERALITY_STRONG\",\"JURISDICTION_UNKNOWN\"]",
            Cases.determine("'seed'", "tier", "'model': {" + properties + "}").get("reasons").toString());
        assertEquals("[\"AUTONOMY_STRONG\",\"GENERALITY_STRONG\"]", Cases.determine("'seed'", "tier",
            "'model': {" + properties + ", 'developerIn': 'US', 'usedIn': ['EU']}").get("reasons").toString());
    }

    @Test
    void shouldTakeAnAssuranceWithItsSafetyCase()
    {
        final JsonNode assured = Cases.determine("'seed'", "harbours",
            "'model': {'assurance': {'kind': 'PROVABLE', 'safetyCase': 'case-1'}}").at("/harbours/ASSURED");
        assertEquals("ELIGIBLE", assured.get("eligibility").asString());
        assertEquals("[]", assured.get("reasons").toString());
        assertEquals("[\"NO_ASSURANCE\"]",
            Cases.determine("'seed'", "harbours", "'model': {}").at("/harbours/ASSURED/reasons").toString());
    }
}
