/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.flopmeter.bench.BenchException;
import org.flopmeter.bench.RoundFigures;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Peer;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.Quantiles;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.fork.Fork;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimePlan;

/**
 * Adds the peers to a card that has our own figures already.
 * <p>
 * What crosses to a second thread is compared with endToEndBatched in the same placement. What adds up on the calling
 * thread is compared with producerLive: both are what the metered thread pays.
 */
public final class PeerFigures
{
    private static final String UNIT = "ns/sample";
    private static final double NS_PER_SEC = 1e9;
    private static final String CROSSING = "endToEndBatched";
    private static final String CALLING = "producerLive";
    private static final String STAMPED = "producerFree";
    private static final String STAMPED_DETAIL = "stampedNs";

    private final ScoreCard card;
    private final boolean quick;
    private final Consumer<String> progress;

    /** For that card; quick: fewer and shorter rounds, less than 3 s instead of less than 30. */
    public PeerFigures(final ScoreCard card, final boolean quick, final Consumer<String> progress)
    {
        this.card = card;
        this.quick = quick;
        this.progress = progress;
    }

    /** Measure and add them; what can't be measured here becomes a warning. */
    public void run() throws InterruptedException
    {
        progress.accept("peers");
        try
        {
            add(Fork.run(PeerRounds.class, TimePlan.PEERS.begin(quick).in(Settings.of(List.of()))
                .with("rounds", quick ? 5 : 9).with("roundNs", quick ? 15_000_000L : 100_000_000L)));
        }
        catch (final BenchException ex)
        {
            card.warn("peers were not measured: " + ex.getMessage());
        }
        progress.accept("peers: LTTng-UST");
        try
        {
            addLttng(LttngRounds.nsPerEvent(quick ? 5 : 15, TimePlan.LTTNG.begin(quick)));
        }
        catch (final BenchException ex)
        {
            card.warn("peer LTTng-UST skipped: " + ex.getMessage());
        }
    }

    void add(final Results results)
    {
        for (final String tool : results.texts("tool"))
        {
            final boolean crosses = results.all("crosses." + tool);
            final double ns = RoundFigures.median(results, "ns." + tool);
            final Boolean exact = results.has("exact." + tool) ? Boolean.valueOf(results.all("exact." + tool)) : null;
            String note = results.text("note." + tool);
            if (null != exact)
            {
                note += "; " + results.text("totals." + tool);
            }
            if (null == exact)
            {
                card.add(new Peer(tool, UNIT, ns, Double.NaN, null, note));
            }
            else if (crosses)
            {
                addCrossing(tool, results, note, exact);
            }
            else
            {
                addCalling(tool, ns, note, exact);
            }
        }
    }

    /** One row per tool: the placement with most rounds, against our figure in that placement, else in the slowest. */
    private void addCrossing(final String tool, final Results results, final String note, final boolean exact)
    {
        Placement most = Placement.FAR;
        double[] values = {};
        final Results ofTool = new Results();
        results.texts("ns." + tool).forEach((value) -> ofTool.add("ns", value));
        results.texts("placement." + tool).forEach((value) -> ofTool.add("placement", value));
        for (final var entry : RoundFigures.byPlacement(ofTool, "ns").entrySet())
        {
            if (entry.getValue().length > values.length)
            {
                most = entry.getKey();
                values = entry.getValue();
            }
        }
        final double ns = Quantiles.median(values);
        final String word = most.jsonName();
        final Optional<Figure> same = card.figures(CROSSING).stream()
            .filter((figure) -> figure.placement().equals(word)).findFirst();
        final Optional<Figure> ours = same.or(() -> card.slowest(CROSSING));
        final double ratio = ours.map((figure) -> ns / nsPerSample(figure)).orElse(Double.NaN);
        final String against = ours.map((figure) -> against(figure, same.isEmpty() ? ", other placement" : ""))
            .orElse("; " + CROSSING + " was not measured");
        card.add(new Peer(tool, UNIT, ns, ratio, exact, note + "; " + word + against + single(ns)));
    }

    private String single(final double ns)
    {
        return card.slowest("endToEndSingle").map((figure) -> String.format(
            Locale.ROOT, "; %.1fx our one call per sample", ns / nsPerSample(figure))).orElse("");
    }

    private void addCalling(final String tool, final double ns, final String note, final boolean exact)
    {
        final Optional<Figure> ours = card.slowest(CALLING);
        final double ratio = ours.map((figure) -> ns / nsPerSample(figure)).orElse(Double.NaN);
        final String against = ours.map((figure) -> against(figure, ", what the metered thread pays"))
            .orElse("; " + CALLING + " was not measured");
        card.add(new Peer(tool, UNIT, ns, ratio, exact, note + against));
    }

    void addLttng(final double[] values)
    {
        final double ns = Quantiles.median(values);
        final String note = "LTTng-UST 2.13, five fields, flight recorder, no consumer; a trace, it adds nothing up";
        final Optional<Figure> live = card.slowest(CALLING);
        final String against = live
            .map((figure) -> against(figure, ": a batch of ours has one time, of the coarse clock"))
            .orElse("; " + CALLING + " was not measured");
        final double ratio = live.map((figure) -> ns / nsPerSample(figure)).orElse(Double.NaN);
        card.add(new Peer("lttngUst", UNIT, ns, ratio, null, note + against));
        final Optional<Double> stamped = card.slowest(STAMPED)
            .map((figure) -> figure.details().get(STAMPED_DETAIL))
            .filter(Double.class::isInstance).map(Double.class::cast);
        if (stamped.isEmpty())
        {
            card.warn("peer lttngUstStamped skipped: " + STAMPED + "." + STAMPED_DETAIL + " was not measured");
            return;
        }
        card.add(new Peer("lttngUstStamped", UNIT, ns, ns / stamped.get(), null, String.format(
            Locale.ROOT,
            "the same events; ratio to ours when the caller reads CLOCK_MONOTONIC for each sample, as LTTng does for " +
            "each event, and keeps it: like for like (%s.%s, %.2f ns/sample); in a lane such a sample still has the " +
            "time of its batch", STAMPED, STAMPED_DETAIL, stamped.get())));
    }

    private static String against(final Figure figure, final String more)
    {
        return String.format(
            Locale.ROOT, "; ratio to %s (%s, %.2f ns/sample%s)",
            figure.name(), figure.placement(), nsPerSample(figure), more);
    }

    private static double nsPerSample(final Figure figure)
    {
        return figure.unit().endsWith("/s") ? NS_PER_SEC / figure.median() : figure.median();
    }
}
