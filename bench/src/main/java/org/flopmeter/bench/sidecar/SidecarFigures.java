/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.sidecar;

import java.util.List;
import java.util.Locale;

import org.flopmeter.bench.RoundFigures;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.fork.Fork;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;

/** sidecarCpu, sidecarIdleCpu and sidecarRss, and sidecarBudget: the same load for a meter that has a CPU budget. */
public final class SidecarFigures
{
    private static final int BUDGET_PERCENT = 1;
    /** What a meter may have saved up when the load begins (CpuBudget), and a cycle that is under way when it ends. */
    private static final double BUDGET_NS_BESIDE = 20e6;

    private final ScoreCard card;
    private final boolean quick;

    /** For that card; quick: for a shorter time. The placement is that of the two CPUs: the meter is not pinned. */
    public SidecarFigures(final ScoreCard card, final boolean quick)
    {
        this.card = card;
        this.quick = quick;
    }

    /** Measure and add them. */
    public void run() throws InterruptedException
    {
        final Settings settings = quick ?
            Settings.of(List.of("warmUpMs=700", "loadMs=1000", "idleMs=700")) : Settings.of(List.of());
        final Results results = Fork.runAsDeployed(SidecarUse.class, settings);
        final boolean exact = results.all("exact");
        final Placement here = RoundFigures.slowest(results, "placement");
        card.add(percent("sidecarCpu", here, results.number("loadCpuShare"), exact)
            .with("lanes", 8).with("ringBytes", 256 * 1024)
            .with("samplesPerSec", results.number("samplesPerSec"))
            .with("foldedShare", results.number("foldedShare"))
            .with("producerNsPerSample", results.number("producerNsPerSample")));
        card.add(percent(
            "sidecarIdleCpu", RoundFigures.slowest(results, "idlePlacement"), results.number("idleCpuShare"), exact));
        card.add(Figure.of("sidecarRss", "B", here, new double[] { results.number("rssBytes") }, exact)
            .with("peakBytes", results.number("rssPeakBytes"))
            .with("anonymousBytes", results.number("rssAnonymousBytes")));
        RoundFigures.warnInexact(card, "sidecarCpu", results);
    }

    /**
     * Measure and add what a budget makes of it: share of one core, what was folded instead, what a sample cost. The
     * warm-up is for the start of the JVM, which is before the budget begins.
     */
    public void runWithBudget() throws InterruptedException
    {
        final Settings settings = Settings.of(List.of(
            "budget=" + BUDGET_PERCENT, "idleMs=0", quick ? "warmUpMs=800" : "warmUpMs=2000",
            quick ? "loadMs=700" : "loadMs=4000"));
        addBudget(Fork.runAsDeployed(SidecarUse.class, settings));
    }

    void addBudget(final Results results)
    {
        final double allowedNs = results.number("loadNs") * BUDGET_PERCENT / 100 + BUDGET_NS_BESIDE;
        final boolean isKept = results.number("loadCpuNs") <= allowedNs;
        final Placement here = RoundFigures.slowest(results, "placement");
        card.add(percent("sidecarBudget", here, results.number("loadCpuShare"), results.all("exact"))
            .with("budgetPercent", BUDGET_PERCENT).with("isKept", isKept)
            .with("samplesPerSec", results.number("samplesPerSec"))
            .with("foldedShare", results.number("foldedShare"))
            .with("producerNsPerSample", results.number("producerNsPerSample")));
        if (!isKept)
        {
            card.warn(String.format(Locale.ROOT,
                "sidecarBudget: with --cpu-budget %d the meter took %.2f %% of one core", BUDGET_PERCENT,
                100 * results.number("loadCpuShare")));
        }
        RoundFigures.warnInexact(card, "sidecarBudget", results);
    }

    private static Figure percent(final String name, final Placement here, final double share, final boolean exact)
    {
        return Figure.of(name, "% of one core", here, new double[] { 100 * share }, exact);
    }
}
