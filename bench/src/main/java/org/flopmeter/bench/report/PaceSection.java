/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.KeepsPace;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.pace.Accelerator;
import org.flopmeter.bench.pace.Pace;

/** Which cluster one core keeps pace with, and how that was computed. */
final class PaceSection
{
    private final ScoreCard card;
    private final Pace pace;

    PaceSection(final ScoreCard card, final Pace pace)
    {
        this.card = card;
        this.pace = pace;
    }

    void write(final Markup markup)
    {
        final Optional<Figure> basis = card.slowest(Pace.FIGURE);
        if (basis.isEmpty())
        {
            return;
        }
        markup.element("h2", "Which cluster one core keeps pace with").element("p",
            "One sample for each kernel, one kernel at a time on each device, every device at its peak. Measured: " +
            Numbers.with(basis.get().median(), basis.get().unit()) + " end to end in the slowest placement seen (" +
            basis.get().placement() + "). Needed: devices / kernel duration, devices = cluster / peak, rounded up. " +
            "Headroom: measured / needed; 1 and more: one core takes every kernel.", "class", "note");
        for (final BigInteger cluster : Pace.CLUSTERS)
        {
            headroom(markup, cluster);
        }
        markup.element("h3", "The largest cluster of one core: samples/s x FLOP per kernel");
        BenchPage.table(markup, List.of("statement", "arithmetic"));
        for (final Pace.Statement statement : pace.statements(basis.get().median()))
        {
            markup.open("tr").element("td", statement.claim()).element("td", statement.arithmetic()).close();
        }
        markup.close().close().close();
        sources(markup);
    }

    private void headroom(final Markup markup, final BigInteger cluster)
    {
        final List<String> heads = new ArrayList<>(List.of("device", "#devices"));
        for (final int durationUs : Pace.KERNEL_DURATIONS_US)
        {
            heads.add("#" + durationUs + " us: needed");
            heads.add("#headroom");
        }
        markup.element("h3", "A cluster of " + Numbers.power(cluster) + " FLOP/s");
        BenchPage.table(markup, heads);
        for (final Accelerator accelerator : pace.accelerators())
        {
            markup.open("tr").element("td", accelerator.name() + ", " + accelerator.precision())
                .element("td", accelerator.devices(cluster).toString(), "class", "n");
            for (final KeepsPace row : card.keepsPace())
            {
                if (row.accelerator().equals(accelerator.name()) && row.clusterFlopPerSec().equals(cluster))
                {
                    markup.element("td", Numbers.with(row.neededSamplesPerSec(), "/s"), "class", "n")
                        .element("td", Numbers.ratio(row.headroom()), "class", row.headroom() >= 1 ? "n good" : "n");
                }
            }
            markup.close();
        }
        markup.close().close().close();
    }

    private void sources(final Markup markup)
    {
        for (final Accelerator accelerator : pace.accelerators())
        {
            final String peak = Numbers.with(accelerator.peakFlopPerSec().doubleValue(), "FLOP/s");
            markup.element("p",
                accelerator.name() + ": " + peak + " " + accelerator.precision() + ", " + accelerator.source() +
                " (read " + accelerator.read() + ")", "class", "note");
        }
    }
}
