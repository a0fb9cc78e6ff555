/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;

import org.flopmeter.bench.BenchException;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.junit.jupiter.api.Test;

class SidecarUseTest
{
    private static final String SMALL = "warmUpMs=200 loadMs=300 idleMs=0 rate=200000 lanes=2";

    private final ScoreCard card = new ScoreCard("jvm", "cpu", true);

    private static Results run(final String settings) throws Exception
    {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "one CPU: there is no other for the meter");
        final Results results = new Results();
        new SidecarUse().run(Settings.of(List.of(settings.split(" "))), results);
        return results;
    }

    @Test
    void shouldFindEverySampleAfterTheMeterWasKilled() throws Exception
    {
        final Results results = run("warmUpMs=200 loadMs=300 idleMs=100 rate=200000 lanes=2");
        assertTrue(results.all("exact"), () -> results.texts("difference").toString());
        assertTrue(results.has("placement") && results.has("idlePlacement"), "between two probes, each");
        assertTrue(results.number("loadCpuShare") > 0, "a meter that reads takes some time");
        assertTrue(results.number("rssBytes") > 1 << 20, "a JVM is larger than 1 MiB");
    }

    @Test
    void shouldLoseNothingUnderABudget() throws Exception
    {
        final Results results = run(SMALL + " budget=1");
        assertTrue(results.all("exact"), () -> results.texts("difference").toString());
        assertTrue(results.number("loadNs") > 0 && results.number("loadCpuNs") >= 0);
        assertFalse(results.has("idleCpuShare"));
        assertEquals(1, results.texts("placement").size());
    }

    /** That the meter's process has the budget at all: one that is not a share of a core it refuses. */
    @Test
    void shouldGiveTheBudgetToTheProcess()
    {
        final BenchException refusal = assertThrows(BenchException.class, () -> run(SMALL + " budget=101"));
        assertTrue(refusal.getMessage().contains("--cpu-budget: expected a percentage"), refusal.getMessage());
    }

    @Test
    void shouldShowWhatABudgetCosts()
    {
        figures().addBudget(results(30e6, true));

        final Figure figure = card.figures("sidecarBudget").get(0);
        assertEquals(0.75, figure.median(), 1e-9);
        assertEquals("% of one core", figure.unit());
        assertEquals(Placement.FAR.jsonName(), figure.placement());
        assertTrue(figure.exact());
        assertEquals("{budgetPercent=1, isKept=true, samplesPerSec=1600000.0, foldedShare=0.5, " +
            "producerNsPerSample=4.0}", figure.details().toString());
        assertEquals(List.of(), card.warnings());
    }

    @Test
    void shouldSayThatABudgetWasNotKept()
    {
        figures().addBudget(results(80e6, true));

        assertEquals(false, card.figures("sidecarBudget").get(0).details().get("isKept"));
        assertEquals(
            List.of("sidecarBudget: with --cpu-budget 1 the meter took 2.00 % of one core"), card.warnings());
    }

    @Test
    void shouldNotHideWrongTotalsUnderABudget()
    {
        figures().addBudget(results(30e6, false));

        assertFalse(card.figures("sidecarBudget").get(0).exact());
    }

    private SidecarFigures figures()
    {
        return new SidecarFigures(card, true);
    }

    private static Results results(final double cpuNs, final boolean exact)
    {
        final Results results = new Results();
        results.add("loadNs", 4e9);
        results.add("loadCpuNs", cpuNs);
        results.add("loadCpuShare", cpuNs / 4e9);
        results.add("samplesPerSec", 1_600_000);
        results.add("foldedShare", 0.5);
        results.add("producerNsPerSample", 4);
        results.add("placement", "far");
        results.add("exact", exact);
        return results;
    }
}
