/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.flopmeter.bench.card.Curve;
import org.flopmeter.bench.card.Distribution;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Peer;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.pace.Pace;

/** The score card as one page: nothing is fetched, nothing runs, and it prints. */
public final class BenchPage
{
    private static final String CSS = "bench.css";
    private static final double NS_PER_SEC = 1e9;

    private final ScoreCard card;
    private final Pace pace;
    private final Markup markup = new Markup();

    private BenchPage(final ScoreCard card, final Pace pace)
    {
        this.card = card;
        this.pace = pace;
    }

    /** The whole file. */
    public static String of(final ScoreCard card, final Pace pace)
    {
        return new BenchPage(card, pace).page();
    }

    private String page()
    {
        markup.open("html", "xmlns", "http://www.w3.org/1999/xhtml", "lang", "en");
        markup.open("head").open("meta", "charset", "UTF-8")
            .open("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
            .element("title", "flopmeter bench: " + card.cpu()).style(css()).close();
        markup.open("body");
        header();
        tiles();
        figures();
        distributions();
        curves();
        peers();
        new PaceSection(card, pace).write(markup);
        facts();
        markup.close().close();
        return "<!DOCTYPE html>\n" + markup;
    }

    private void header()
    {
        markup.element("h1", "What metering costs here").element("p",
            card.cpu() + " · " + card.jvm() + (card.quick() ? " · quick: fewer and shorter rounds" : ""));
        card.warnings().forEach((warning) -> markup.element("p", warning, "class", "warning"));
    }

    /** The figures that people ask for first. */
    private void tiles()
    {
        markup.open("div", "class", "tiles");
        tile("endToEndBatched", "one core, end to end, exact 128-bit totals");
        tile("endToEndSingle", "the same with one call per sample");
        tile("producerLive", "what a sample costs the metered program");
        tile("producerFull", "the same when nobody reads and all is folded");
        tile("sidecarCpu", "the meter's own process at 1.6 M samples/s");
        tile("sidecarBudget", "the same under --cpu-budget 1: it reads less, lanes fold");
        markup.close();
    }

    private void tile(final String name, final String words)
    {
        card.slowest(name).ifPresent((figure) -> markup.open("div", "class", "tile")
            .element("b", Numbers.with(figure.median(), figure.unit()))
            .element("span", words + " (" + figure.placement() + ")").close());
    }

    private void figures()
    {
        markup.element("h2", "Figures").element("p",
            "Median, first and last tenth over rounds. Placement: how far apart the two cores were meanwhile; exact: " +
            "every total was compared with what was sent (most of them key by key), after each round, or over all at " +
            "once where nobody reads in between (full rings, the meter's own process), for totals are cumulative.",
            "class", "note");
        table(List.of("figure", "placement", "#median", "#p10", "#p90", "#rounds", "totals"));
        for (final Figure figure : card.figures())
        {
            markup.open("tr").element("td", figure.name()).element("td", figure.placement());
            cell(Numbers.with(figure.median(), figure.unit()));
            cell(Numbers.with(figure.p10(), figure.unit()));
            cell(Numbers.with(figure.p90(), figure.unit()));
            cell(Integer.toString(figure.rounds()));
            verdict(figure.exact());
            markup.close();
        }
        endTable();
        layers();
    }

    private void layers()
    {
        final List<Layers> layers = Layers.of(card);
        if (layers.isEmpty())
        {
            return;
        }
        markup.element("h3", "Of consumerOnly, ns/sample").element("p",
            "Each layer is the difference to the same loop without it, in the same run: adding believes every word, " +
            "conservation is the running sum that the producer's tally is compared with.", "class", "note");
        table(layers.stream().map((layer) -> "#" + layer.name()).toList());
        markup.open("tr");
        layers.forEach((layer) -> cell(Numbers.digits(layer.ns())));
        markup.close();
        endTable();
    }

    private void distributions()
    {
        if (card.distributions().isEmpty())
        {
            return;
        }
        markup.element("h2", "How the cost is distributed").open("div", "class", "plots");
        for (final Distribution distribution : card.distributions())
        {
            markup.open("figure").element("h3", distribution.title());
            HistogramPlot.draw(markup, distribution);
            markup.close();
        }
        markup.close();
    }

    private void curves()
    {
        if (card.curves().isEmpty())
        {
            return;
        }
        markup.element("h2", "What it depends on").element("p",
            "Medians; the band is from the first to the last tenth of the rounds.", "class", "note")
            .open("div", "class", "plots");
        for (final Curve curve : card.curves())
        {
            markup.open("figure").element("h3", curve.title() + ", " + curve.unit());
            CurvePlot.draw(markup, curve);
            markup.element("p", placements(curve), "class", "note").close();
        }
        markup.close();
    }

    /** Points that were taken in different placements can't be compared: so each says its own. */
    static String placements(final Curve curve)
    {
        final Map<String, List<String>> byPlacement = new TreeMap<>(Comparator.comparing(Placement::ofJson));
        curve.points().forEach((point) -> byPlacement.computeIfAbsent(point.placement(), (word) -> new ArrayList<>())
            .add(Plot.tickText(point.x(), "/s")));
        return byPlacement.size() == 1 ?
            "Cores all the time: " + byPlacement.keySet().iterator().next() + "." :
            "Compare within one placement of the cores only: " + String.join("; ", byPlacement.entrySet().stream()
                .map((entry) -> entry.getKey() + " at " + String.join(", ", entry.getValue())).toList()) + ".";
    }

    private void peers()
    {
        if (card.peers().isEmpty())
        {
            return;
        }
        markup.element("h2", "Other tools at the same samples, in the same run").element("p",
            "1024 keys, 50-bit FLOP counts. A ratio above 1 means that flopmeter is faster. Totals of these are " +
            "cumulative over all rounds, made large, and compared at the end.", "class", "note");
        final List<BarPlot.Row> rows = new ArrayList<>();
        ours(rows, "endToEndBatched");
        ours(rows, "producerLive");
        for (final Peer peer : card.peers())
        {
            final String words = Numbers.digits(peer.median()) + " ns, " + BenchText.exactWord(peer.exact());
            rows.add(new BarPlot.Row(peer.name(), peer.median(), words, false));
        }
        markup.open("figure").element("h3", "ns/sample");
        BarPlot.draw(markup, "ns per sample of flopmeter and its peers", rows);
        markup.close();
        table(List.of("tool", "#ns/sample", "#ratio", "totals", "configuration"));
        for (final Peer peer : card.peers())
        {
            markup.open("tr").element("td", peer.name());
            cell(Numbers.digits(peer.median()));
            cell(Numbers.ratio(peer.ratio()));
            verdict(peer.exact());
            markup.element("td", peer.note()).close();
        }
        endTable();
    }

    private void ours(final List<BarPlot.Row> rows, final String name)
    {
        card.slowest(name).ifPresent((figure) ->
        {
            final double ns = figure.unit().endsWith("/s") ? NS_PER_SEC / figure.median() : figure.median();
            final String exact = BenchText.exactWord(figure.exact());
            rows.add(new BarPlot.Row(name, ns, Numbers.digits(ns) + " ns, " + exact + " (flopmeter)", true));
        });
    }

    private void facts()
    {
        markup.element("h2", "This machine, and what lies behind the figures");
        table(List.of("fact", "value"));
        for (final Map.Entry<String, Object> fact : card.validate().entrySet())
        {
            markup.open("tr").element("td", fact.getKey()).element("td", words(fact.getValue())).close();
        }
        for (final Figure figure : card.figures())
        {
            if (!figure.details().isEmpty())
            {
                markup.open("tr").element("td", figure.name() + " (" + figure.placement() + ")")
                    .element("td", words(figure.details())).close();
            }
        }
        endTable();
    }

    /** Maps and lists as one line. */
    static String words(final Object value)
    {
        if (value instanceof Map<?, ?> map)
        {
            final List<String> parts = new ArrayList<>();
            map.forEach((name, part) -> parts.add(
                name + (part instanceof Map ? " (" + words(part) + ")" : " " + words(part))));
            return String.join(", ", parts);
        }
        if (value instanceof List<?> list)
        {
            return String.join(" ", list.stream().map(BenchPage::words).toList());
        }
        if (value instanceof Double number)
        {
            return Math.abs(number) >= 1e4 ? Numbers.prefixed(number).strip() : Numbers.digits(number);
        }
        return String.valueOf(value);
    }

    private void table(final List<String> heads)
    {
        table(markup, heads);
    }

    /** Begin a table; a head with # is above numbers. */
    static void table(final Markup markup, final List<String> heads)
    {
        markup.open("div", "class", "scroll").open("table").open("thead").open("tr");
        for (final String head : heads)
        {
            if (head.startsWith("#"))
            {
                markup.element("th", head.substring(1), "class", "n");
            }
            else
            {
                markup.element("th", head);
            }
        }
        markup.close().close().open("tbody");
    }

    private void endTable()
    {
        markup.close().close().close();
    }

    private void cell(final String words)
    {
        markup.element("td", words, "class", "n");
    }

    private void verdict(final Boolean exact)
    {
        final String kind = null == exact ? "note" : exact ? "good" : "bad";
        markup.element("td", BenchText.exactWord(exact), "class", kind);
    }

    private static String css()
    {
        try (InputStream stream = BenchPage.class.getResourceAsStream(CSS))
        {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }
}
