/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class CounterFactsTest
{
    private static final String RIGHT = "{\"name\": \"perf\", \"source\": \"perf\", \"basis\": \"EXACT_EXECUTED\", " +
        "\"state\": \"AVAILABLE\", \"detail\": \"amd 25/1\", \"isRead\": true, \"beginMonotonicNs\": 5, " +
        "\"endMonotonicNs\": 9, \"coveredNs\": 3, \"runningNs\": 2, " +
        "\"figures\": [{\"precision\": \"unknown\", \"lower\": \"7\", \"point\": \"8\", " +
        "\"upper\": \"340282366920938463463374607431768211455\"}], \"gaps\": []}";

    private static final String ZERO =
        "{\"precision\": \"unknown\", \"lower\": \"0\", \"point\": \"0\", \"upper\": \"0\"}";

    @Test
    void shouldReadWhatTheSupervisorWrites()
    {
        final CounterFacts counter = read("[" + RIGHT + "]").get(0);

        assertEquals(Source.PERF, counter.source());
        assertEquals(Basis.EXACT_EXECUTED, counter.basis());
        assertEquals(3, counter.coveredNs());
        assertEquals(2, counter.runningNs());
        assertTrue(counter.isWhole());
        assertEquals(Map.of(Precision.UNKNOWN,
            FlopInterval.of(FlopCount.of(7), FlopCount.of(8), FlopCount.MAX)), counter.figures());
    }

    @Test
    void shouldReadAnUnboundedEndAndAGap()
    {
        final CounterFacts counter = read("[" + RIGHT
            .replace("\"340282366920938463463374607431768211455\"", "\"unbounded\"")
            .replace("\"gaps\": []",
                "\"gaps\": [{\"beginMonotonicNs\": 6, \"endMonotonicNs\": 7, \"reason\": \"TAKEN\"}]") + "]").get(0);

        assertFalse(counter.figures().get(Precision.UNKNOWN).isBounded());
        assertEquals(List.of(new CounterFacts.CounterGap(6, 7, "TAKEN")), counter.gaps());
        assertFalse(counter.isWhole());
    }

    @Test
    void shouldTakeAbsenceForAbsence()
    {
        assertNull(read("[" + RIGHT.replace("\"runningNs\": 2, ", "") + "]").get(0).runningNs());
        assertNull(read("[" + RIGHT.replace("\"runningNs\": 2", "\"runningNs\": 0")
            .replace("\"coveredNs\": 3", "\"coveredNs\": 0") + "]").get(0).runningNs());
        assertEquals(List.of(), CounterFacts.read(JsonMapper.shared().readTree("{}").path("counters")));
        assertEquals(List.of(), read("[]"));
    }

    /** Never a zero, never the end of the meter: a counter that failed, and why. */
    @Test
    void shouldSayWhatItDoesNotUnderstand()
    {
        for (final String[] change : new String[][] {
            { "\"source\": \"perf\"", "\"source\": \"pref\"", "unknown source: pref" },
            { "\"EXACT_EXECUTED\"", "7", "unknown basis" },
            { "\"AVAILABLE\"", "\"FINE\"", "unknown state: FINE" },
            { "\"precision\": \"unknown\"", "\"precision\": \"fp63\"", "unknown precision: fp63" },
            { "\"7\"", "7", "decimal digits" },
            { "\"7\"", "\"-7\"", "decimal digits" },
            { "\"7\"", "\"07\"", "decimal digits" },
            { "\"7\"", "\"9\"", "lower <= point <= upper" },
            { "8211455\"", "8211456\"", "128 bits" },
            { "\"340282366920938463463374607431768211455\"", "\"infinite\"", "decimal digits" },
            { "\"beginMonotonicNs\": 5", "\"beginMonotonicNs\": -5", "must be a time" },
            { "\"coveredNs\": 3", "\"coveredNs\": 1e3", "must be a time" },
            { "\"coveredNs\": 3", "\"coveredNs\": 99999999999999999999", "must be a time" },
            { "\"runningNs\": 2", "\"runningNs\": \"2\"", "must be a time" },
            { "\"runningNs\": 2", "\"runningNs\": 4", "runningNs must be part of coveredNs" },
            { "\"figures\": [", "\"figures\": [" + ZERO + ", ", "two figures of unknown" },
        })
        {
            final String wrong = RIGHT.replace(change[0], change[1]);
            assertFalse(RIGHT.equals(wrong), change[0]);
            final List<CounterFacts> counters = read("[" + wrong + ", " + RIGHT + "]");
            assertEquals(2, counters.size(), change[1]);
            assertEquals(CounterFacts.FAILED, counters.get(0).state(), change[1]);
            assertTrue(counters.get(0).detail().startsWith("counters[0] of facts.json: "), counters.get(0).detail());
            assertTrue(counters.get(0).detail().contains(change[2]), counters.get(0).detail());
            assertTrue(counters.get(0).figures().isEmpty());
            assertNull(counters.get(0).source());
            assertTrue(counters.get(1).isWhole(), "the next one is not harmed");
        }
    }

    @Test
    void shouldNotGrowWithoutEnd()
    {
        final String many = "[" + (RIGHT + ", ").repeat(999) + RIGHT + "]";

        assertEquals(64, read(many).size());
        assertTrue(read("[" + RIGHT.replace("amd 25/1", "x".repeat(99_999)) + "]").get(0).detail().length() < 300);
    }

    private static List<CounterFacts> read(final String json)
    {
        return CounterFacts.read(JsonMapper.shared().readTree(json));
    }
}
