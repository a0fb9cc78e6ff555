/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.util.List;
import org.flopmeter.bench.card.Curve;

/** A line through medians over a logarithmic axis, with the band of the tenths around it. */
final class CurvePlot
{
    private static final double DOT = 3.5;

    private CurvePlot()
    {
    }

    static void draw(final Markup markup, final Curve curve)
    {
        final List<Curve.Point> points = curve.points();
        final double most = points.stream().mapToDouble(Curve.Point::p90).max().orElse(1);
        final Scale x = Scale.logarithmic(
            points.stream().map(Curve.Point::x).toList(), Plot.LEFT + 2 * DOT, Plot.RIGHT - 2 * DOT);
        final Scale y = Scale.linear(most, Plot.BOTTOM, Plot.TOP);
        Plot.open(markup, Plot.HEIGHT, curve.title());
        Plot.gridY(markup, y, curve.unit());
        final StringBuilder band = new StringBuilder();
        final StringBuilder line = new StringBuilder();
        for (final Curve.Point point : points)
        {
            band.append(at(x, y, point.x(), point.p90()));
            line.append(at(x, y, point.x(), point.median()));
        }
        for (int i = points.size() - 1; i >= 0; i--)
        {
            band.append(at(x, y, points.get(i).x(), points.get(i).p10()));
        }
        markup.element("polygon", "", "class", "band", "points", band.toString().strip());
        markup.element("polyline", "", "class", "line", "points", line.toString().strip());
        for (final Curve.Point point : points)
        {
            markup.open("circle", "class", "ours", "r", Plot.number(DOT),
                "cx", Plot.number(x.pixel(point.x())), "cy", Plot.number(y.pixel(point.median())))
                .element("title", Plot.tickText(point.x(), "/s") + " " + curve.xLabel() + ": " +
                    Numbers.with(point.median(), curve.unit()) + " (" + Numbers.prefixed(point.p10()) + ".. " +
                    Numbers.prefixed(point.p90()).strip() + "), " + point.placement()).close();
        }
        Plot.axisX(markup, x, curve.xLabel());
        markup.close();
    }

    private static String at(final Scale x, final Scale y, final double valueX, final double valueY)
    {
        return Plot.number(x.pixel(valueX)) + "," + Plot.number(y.pixel(valueY)) + " ";
    }
}
