/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.util.Locale;

/** What the plots share: a frame with axes, and numbers as SVG wants them. */
final class Plot
{
    static final double WIDTH = 560;
    static final double HEIGHT = 260;
    static final double LEFT = 64;
    static final double RIGHT = WIDTH - 16;
    static final double TOP = 14;
    static final double BOTTOM = HEIGHT - 44;

    private static final double TICK_GAP = 6;
    private static final double LABEL_DROP = 18;
    private static final double NAME_DROP = 36;

    private Plot()
    {
    }

    static String number(final double value)
    {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    /** Begin a drawing of that height; the label is what a screen reader says. */
    static void open(final Markup markup, final double height, final String label)
    {
        markup.open("svg", "xmlns", "http://www.w3.org/2000/svg", "role", "img", "aria-label", label,
            "viewBox", "0 0 " + number(WIDTH) + " " + number(height));
    }

    static void line(
        final Markup markup, final String kind, final double x1, final double y1, final double x2, final double y2)
    {
        markup.element("line", "", "class", kind,
            "x1", number(x1), "y1", number(y1), "x2", number(x2), "y2", number(y2));
    }

    static void label(
        final Markup markup, final String anchor, final double x, final double y, final String words)
    {
        markup.element("text", words, "x", number(x), "y", number(y), "text-anchor", anchor);
    }

    /** Horizontal grid lines with their values on the left. */
    static void gridY(final Markup markup, final Scale scale, final String unit)
    {
        for (final double tick : scale.ticks())
        {
            final double y = scale.pixel(tick);
            line(markup, 0 == tick ? "axis" : "grid", LEFT, y, RIGHT, y);
            label(markup, "end", LEFT - TICK_GAP, y + 4, tickText(tick, unit));
        }
    }

    /** Values below the axis, those left out that would run into the one before; then the axis' name. */
    static void axisX(final Markup markup, final Scale scale, final String name)
    {
        double free = 0;
        for (final double tick : scale.ticks())
        {
            final double x = scale.pixel(tick);
            final String words = tickText(tick, "/s");
            final double half = words.length() * 3.5;
            if (x - half >= free)
            {
                label(markup, "middle", x, BOTTOM + LABEL_DROP, words);
                free = x + half + TICK_GAP;
            }
        }
        label(markup, "middle", (LEFT + RIGHT) / 2, BOTTOM + NAME_DROP, name);
    }

    /** "500 M" for rates, plain for all else; round ticks need no trailing zeros. */
    static String tickText(final double tick, final String unit)
    {
        final String words = unit.endsWith("/s") || tick >= 1000 ? Numbers.prefixed(tick) : Numbers.digits(tick);
        return words.replaceFirst("[.]0+(?= |$)", "").replaceFirst("([.][0-9]*[1-9])0+(?= |$)", "$1").strip();
    }
}
