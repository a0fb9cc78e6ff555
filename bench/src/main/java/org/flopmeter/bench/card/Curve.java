/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.card;

import java.util.List;

/**
 * A figure as it depends on one setting, for the page.
 *
 * @param name   "throughputByBatch", "throughputByLanes", "throughputBySlots", "throughputByRing"; others may be added.
 * @param title  one line, for people.
 * @param xLabel the setting with its unit, e.g. "samples per batch".
 * @param unit   of the figure, e.g. "samples/s".
 * @param points in order of x, which is above 0: it is drawn on a logarithmic axis.
 */
public record Curve(String name, String title, String xLabel, String unit, List<Point> points)
{
    /**
     * The figure at one value of the setting: median and tenths over rounds.
     *
     * @param placement {@link Placement#jsonName}; the slowest that was seen in its rounds.
     */
    public record Point(double x, double median, double p10, double p90, String placement)
    {
        private static final double LOW_SHARE = 0.1;
        private static final double HIGH_SHARE = 0.9;

        /** The point of some rounds; at least one value. */
        public static Point of(final double x, final double[] values, final Placement placement)
        {
            return new Point(
                x,
                Quantiles.median(values),
                Quantiles.of(values, LOW_SHARE),
                Quantiles.of(values, HIGH_SHARE),
                placement.jsonName());
        }
    }

    /** The points are copied. */
    public Curve
    {
        points = List.copyOf(points);
    }
}
