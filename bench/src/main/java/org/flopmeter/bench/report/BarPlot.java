/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.util.List;

/** One horizontal bar per tool, shortest first, with its value written behind it. */
final class BarPlot
{
    private static final double ROW = 22;
    private static final double BAR = 14;
    private static final double NAME_END = 150;
    private static final double TEXT_ROOM = 150;
    private static final double TEXT_DROP = 11;
    private static final double THIN = 1;

    private BarPlot()
    {
    }

    /** A bar; ours is drawn in our colour. */
    record Row(String name, double value, String words, boolean isOurs)
    {
    }

    static void draw(final Markup markup, final String label, final List<Row> rows)
    {
        final List<Row> sorted = rows.stream().sorted((a, b) -> Double.compare(a.value(), b.value())).toList();
        final double most = rows.stream().mapToDouble(Row::value).max().orElse(1);
        // The longest bar ends where its words still have room.
        final double perUnit = (Plot.WIDTH - NAME_END - TEXT_ROOM) / Math.max(most, Double.MIN_NORMAL);
        Plot.open(markup, sorted.size() * ROW + TEXT_DROP, label);
        double top = 4;
        for (final Row row : sorted)
        {
            final double length = Math.max(THIN, Math.max(0, row.value()) * perUnit);
            Plot.label(markup, "end", NAME_END - 6, top + TEXT_DROP, row.name());
            markup.open("rect", "class", row.isOurs() ? "ours" : "peer", "x", Plot.number(NAME_END),
                "y", Plot.number(top), "width", Plot.number(length), "height", Plot.number(BAR))
                .element("title", row.name() + ": " + row.words()).close();
            Plot.label(markup, "start", NAME_END + length + 6, top + TEXT_DROP, row.words());
            top += ROW;
        }
        markup.close();
    }
}
