/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.sidecar;

import java.util.List;

import org.flopmeter.bench.RoundFigures;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.fork.Fork;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;

/** sidecarCpu, sidecarIdleCpu and sidecarRss. */
public final class SidecarFigures
{
    private final ScoreCard card;
    private final boolean quick;
    private final Placement here;

    /** For that card; here: the placement to note, since the meter's process is not pinned. */
    public SidecarFigures(final ScoreCard card, final boolean quick, final Placement here)
    {
        this.card = card;
        this.quick = quick;
        this.here = here;
    }

    /** Measure and add them. */
    public void run() throws InterruptedException
    {
        final Settings settings = quick ?
            Settings.of(List.of("warmUpMs=700", "loadMs=1000", "idleMs=700")) : Settings.of(List.of());
        final Results results = Fork.runAsDeployed(SidecarUse.class, settings);
        final boolean exact = results.all("exact");
        card.add(percent("sidecarCpu", results.number("loadCpuShare"), exact)
            .with("lanes", 8).with("ringBytes", 256 * 1024)
            .with("samplesPerSec", results.number("samplesPerSec"))
            .with("foldedShare", results.number("foldedShare"))
            .with("producerNsPerSample", results.number("producerNsPerSample")));
        card.add(percent("sidecarIdleCpu", results.number("idleCpuShare"), exact));
        card.add(Figure.of("sidecarRss", "B", here, new double[] { results.number("rssBytes") }, exact)
            .with("peakBytes", results.number("rssPeakBytes"))
            .with("anonymousBytes", results.number("rssAnonymousBytes")));
        RoundFigures.warnInexact(card, "sidecarCpu", results);
    }

    private Figure percent(final String name, final double share, final boolean exact)
    {
        return Figure.of(name, "% of one core", here, new double[] { 100 * share }, exact);
    }
}
