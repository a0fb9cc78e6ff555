/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.flopmeter.node.run.CounterFacts;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;

/** What the lives of the counting process add up to. */
class HostTotalsTest
{
    private long nowNs = 10;

    /** @param coveredNs 0 = it can't tell. */
    private CounterFacts reading(final long coveredNs)
    {
        final long beginNs = nowNs;
        nowNs += 10;
        return new CounterFacts("perf-host", Source.PERF, Basis.EXACT_EXECUTED, CounterFacts.AVAILABLE, "", true,
            beginNs, nowNs, coveredNs, Map.of(), List.of());
    }

    private static long covered(final HostTotals totals)
    {
        return totals.sum(CounterFacts.AVAILABLE, "").coveredNs();
    }

    private void live(final HostTotals totals, final long coveredNs)
    {
        assertTrue(totals.take(reading(coveredNs)));
        totals.ended();
    }

    @Test
    void shouldAddUpWhatLivesCovered()
    {
        final HostTotals totals = new HostTotals(null);
        live(totals, 3);
        live(totals, 4);
        assertEquals(7, covered(totals));
        assertTrue(totals.take(reading(5)));
        assertEquals(12, covered(totals));
    }

    private CounterFacts reading(final long coveredNs, final Long runningNs)
    {
        final CounterFacts told = reading(coveredNs);
        return new CounterFacts(told.name(), told.source(), told.basis(), told.state(), "", true,
            told.beginMonotonicNs(), told.endMonotonicNs(), coveredNs, runningNs, Map.of(), List.of());
    }

    /** Events that took turns did so for the sum of all lives; one that can't tell makes the sum unknown. */
    @Test
    void shouldAddUpHowLongEventsWereOnThePmu()
    {
        final HostTotals totals = new HostTotals(null);
        assertTrue(totals.take(reading(4, 2L)));
        totals.ended();
        assertTrue(totals.take(reading(4, 4L)));
        assertEquals(6, totals.sum(CounterFacts.AVAILABLE, "").runningNs());
        totals.ended();
        assertTrue(totals.take(reading(4, null)));
        assertNull(totals.sum(CounterFacts.AVAILABLE, "").runningNs());
    }

    @Test
    void shouldNotTellWhatOneOfThemCouldNotTell()
    {
        final HostTotals totals = new HostTotals(null);
        live(totals, 3);
        assertTrue(totals.take(reading(0)));
        assertEquals(0, covered(totals), "the one that counts now can't tell");
        totals.ended();
        live(totals, 4);
        assertEquals(0, covered(totals), "an earlier one could not tell");

        final HostTotals after = new HostTotals(totals.sum(CounterFacts.AVAILABLE, ""));
        live(after, 4);
        assertEquals(0, covered(after), "nor can who goes on from there");
    }
}
