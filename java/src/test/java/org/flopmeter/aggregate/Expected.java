/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.flopmeter.wire.LaneFixture;

/** Compares totals with what fixtures know to be true. */
final class Expected
{
    private Expected()
    {
    }

    static Map<String, BigInteger> byRun(final List<LaneFixture> lanes)
    {
        final Map<String, BigInteger> truth = new TreeMap<>();
        for (final LaneFixture lane : lanes)
        {
            lane.truth.forEach((slot, sum) -> truth.merge(lane.runs.get(slot), sum, BigInteger::add));
        }
        return truth;
    }

    static Map<String, BigInteger> byRun(final Totals totals)
    {
        final Map<String, BigInteger> sums = new TreeMap<>();
        totals.keys().forEach((key) -> sums.merge(key.run(), key.flopCount().toBigInteger(), BigInteger::add));
        return sums;
    }

    static boolean isExact(final Totals totals, final List<LaneFixture> lanes)
    {
        final long samples = lanes.stream().mapToLong((lane) -> lane.samples).sum();
        final long folded = lanes.stream().mapToLong((lane) -> lane.folded).sum();
        return byRun(lanes).equals(byRun(totals)) && totals.conserved() && totals.samplesLost() == 0 &&
            totals.samplesProduced() == samples && totals.samplesFolded() == folded &&
            totals.samplesConsumed() == samples - folded && totals.findings().isEmpty();
    }

    static void assertExact(final Totals totals, final List<LaneFixture> lanes, final String where)
    {
        assertEquals(List.of(), totals.findings(), where);
        assertEquals(byRun(lanes), byRun(totals), where);
        assertTrue(totals.conserved(), () -> where + ": " + totals.conservationDetails());
        assertTrue(isExact(totals, lanes), () -> where + ": produced=" + totals.samplesProduced() + " consumed=" +
            totals.samplesConsumed() + " folded=" + totals.samplesFolded() + " lost=" + totals.samplesLost());
    }
}
