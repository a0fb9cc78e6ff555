/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.KeepsPace;
import org.flopmeter.bench.card.Peer;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.pace.Pace;

/** The score card for a terminal. */
public final class BenchText
{
    private static final int NOTE_COLUMNS_MAX = 76;

    private final StringBuilder text = new StringBuilder();

    private BenchText()
    {
    }

    /** The whole card, lines of text. */
    public static String of(final ScoreCard card, final Pace pace)
    {
        final BenchText text = new BenchText();
        text.line("flopmeter bench: " + card.cpu() + ", " + card.jvm() + (card.quick() ? ", quick" : ""));
        card.warnings().forEach((warning) -> text.line("  warning: " + warning));
        text.facts(card.validate());
        text.figures(card.figures());
        text.layers(Layers.of(card));
        text.peers(card.peers());
        text.keepsPace(card, pace);
        return text.text.toString();
    }

    /** Does it add up? False when any of our own totals was wrong. */
    public static boolean isExact(final ScoreCard card)
    {
        return card.isExact();
    }

    private void facts(final Map<String, Object> facts)
    {
        final List<String[]> rows = new ArrayList<>();
        facts.forEach((name, value) ->
        {
            // What has parts is for the document.
            if (value instanceof String || value instanceof Number || value instanceof Boolean)
            {
                final String words = value instanceof Double number ? Numbers.digits(number) : value.toString();
                rows.add(new String[]{ name, words });
            }
        });
        table("<<", rows);
    }

    private void figures(final List<Figure> figures)
    {
        line("");
        line("figures: median (tenth .. ninth tenth) over rounds");
        final List<String[]> rows = new ArrayList<>();
        for (final Figure figure : figures)
        {
            rows.add(new String[]{
                figure.name(),
                figure.placement(),
                Numbers.with(figure.median(), figure.unit()),
                "(" + Numbers.prefixed(figure.p10()) + " .. " + Numbers.prefixed(figure.p90()) + ")",
                figure.rounds() + " rounds",
                figure.exact() ? "exact" : "WRONG TOTALS" });
        }
        table("<<><><", rows);
    }

    private void layers(final List<Layers> layers)
    {
        if (!layers.isEmpty())
        {
            line("  consumerOnly in ns/sample: " + String.join(", ", layers.stream()
                .map((layer) -> layer.name() + " " + Numbers.digits(layer.ns())).toList()));
        }
    }

    private void peers(final List<Peer> peers)
    {
        if (peers.isEmpty())
        {
            return;
        }
        line("");
        line("peers: the same samples in the same run; ratio above 1: flopmeter is faster");
        final List<String[]> rows = new ArrayList<>();
        for (final Peer peer : peers)
        {
            String[] head = {
                peer.name(),
                Numbers.with(peer.median(), peer.unit()),
                Numbers.ratio(peer.ratio()),
                exactWord(peer.exact()) };
            for (final String note : wrapped(peer.note()))
            {
                rows.add(new String[]{ head[0], head[1], head[2], head[3], note });
                head = new String[]{ "", "", "", "" };
            }
        }
        table("<>><<", rows);
    }

    private void keepsPace(final ScoreCard card, final Pace pace)
    {
        final Optional<Figure> basis = card.slowest(Pace.FIGURE);
        if (basis.isEmpty())
        {
            return;
        }
        line("");
        line("one core, from " + Pace.FIGURE + " in the slowest placement seen (" + basis.get().placement() + ", "
            + Numbers.with(basis.get().median(), basis.get().unit()) + "), one kernel at a time on each device:");
        for (final Pace.Statement statement : pace.statements(basis.get().median()))
        {
            line("  " + statement.claim());
            line("      " + statement.arithmetic());
        }
        line("");
        line("headroom: that rate / the samples per second of the cluster; 1 and more: one core takes every kernel");
        final List<String[]> rows = new ArrayList<>();
        rows.add(new String[]{ "cluster", "device", "kernel", "needed", "headroom" });
        for (final KeepsPace row : card.keepsPace())
        {
            rows.add(new String[]{
                Numbers.power(row.clusterFlopPerSec()) + " FLOP/s",
                row.accelerator(),
                Numbers.digits(row.kernelDurationUs()).replaceFirst("[.]0+$", "") + " us",
                Numbers.with(row.neededSamplesPerSec(), "samples/s"),
                Numbers.ratio(row.headroom()) });
        }
        table("<<>>>", rows);
    }

    static String exactWord(final Boolean exact)
    {
        if (null == exact)
        {
            return "no totals";
        }
        return exact ? "exact" : "WRONG";
    }

    private void line(final String line)
    {
        text.append(line).append('\n');
    }

    /** Columns line up; '>' is right-aligned, '<' left-aligned. */
    private void table(final String alignment, final List<String[]> rows)
    {
        final int[] widths = new int[alignment.length()];
        for (final String[] row : rows)
        {
            for (int i = 0; i < row.length; i++)
            {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        for (final String[] row : rows)
        {
            final StringBuilder cells = new StringBuilder();
            for (int i = 0; i < row.length; i++)
            {
                final String blank = " ".repeat(widths[i] - row[i].length());
                cells.append("  ").append('>' == alignment.charAt(i) ? blank + row[i] : row[i] + blank);
            }
            line(cells.toString().stripTrailing());
        }
    }

    private static List<String> wrapped(final String note)
    {
        final List<String> lines = new ArrayList<>();
        final StringBuilder line = new StringBuilder();
        for (final String word : note.split(" "))
        {
            if (!line.isEmpty() && line.length() + 1 + word.length() > NOTE_COLUMNS_MAX)
            {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
