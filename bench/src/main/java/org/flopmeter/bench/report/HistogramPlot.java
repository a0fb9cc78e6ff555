/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.flopmeter.bench.card.Distribution;

/** How often a cost was how high: bars of one width, up to the quantile that is shown; the rest in words. */
final class HistogramPlot
{
    private static final int BARS = 40;
    private static final double SHOWN_SHARE = 0.995;
    private static final double PERCENT = 100;
    private static final double GAP = 1;

    private HistogramPlot()
    {
    }

    /** Values of one bar: {@code share} of all. */
    record Bar(double from, double to, double share)
    {
    }

    static void draw(final Markup markup, final Distribution distribution)
    {
        final List<Bar> bars = bars(distribution);
        final double shown = bars.stream().mapToDouble(Bar::share).sum();
        final double most = bars.stream().mapToDouble(Bar::share).max().orElse(1);
        final double end = bars.isEmpty() ? 1 : bars.get(bars.size() - 1).to();
        final Scale x = Scale.linear(end, Plot.LEFT, Plot.RIGHT);
        final Scale y = Scale.linear(most * PERCENT, Plot.BOTTOM, Plot.TOP);
        Plot.open(markup, Plot.HEIGHT, distribution.title());
        Plot.gridY(markup, y, "%");
        for (final Bar bar : bars)
        {
            final double left = x.pixel(bar.from());
            final double top = y.pixel(bar.share() * PERCENT);
            markup.open("rect", "class", "ours", "x", Plot.number(left), "y", Plot.number(top),
                "width", Plot.number(Math.max(GAP, x.pixel(bar.to()) - left - GAP)),
                "height", Plot.number(Plot.BOTTOM - top))
                .element("title", String.format(Locale.ROOT, "%.2f to %.2f %s: %.2f %%",
                    bar.from(), bar.to(), distribution.unit(), bar.share() * PERCENT)).close();
        }
        Plot.axisX(markup, x, distribution.unit() + "; bars: % of all");
        markup.close();
        if (shown < 1)
        {
            markup.element("p", String.format(Locale.ROOT, "%.2f %% are above %.3g %s.",
                (1 - shown) * PERCENT, end, distribution.unit()), "class", "note");
        }
    }

    /** Spread over bars of one width; a bucket that lies in several is divided among them. */
    static List<Bar> bars(final Distribution distribution)
    {
        final long all = distribution.buckets().stream().mapToLong(Distribution.Bucket::count).sum();
        if (0 == all)
        {
            return List.of();
        }
        double end = 0;
        long counted = 0;
        for (final Distribution.Bucket bucket : distribution.buckets())
        {
            if (counted < SHOWN_SHARE * all)
            {
                counted += bucket.count();
                end = bucket.to();
            }
        }
        final double[] shares = new double[BARS];
        final double width = end / BARS;
        for (final Distribution.Bucket bucket : distribution.buckets())
        {
            final double length = bucket.to() - bucket.from();
            for (int i = 0; i < BARS; i++)
            {
                final double overlap =
                    Math.min(bucket.to(), (i + 1) * width) - Math.max(bucket.from(), i * width);
                shares[i] += overlap > 0 && length > 0 ? overlap / length * bucket.count() / all : 0;
            }
        }
        final List<Bar> bars = new ArrayList<>();
        for (int i = 0; i < BARS; i++)
        {
            bars.add(new Bar(i * width, (i + 1) * width, shares[i]));
        }
        return bars;
    }
}
