/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import java.util.ArrayList;
import java.util.List;

/** Maps values to pixels, linear from 0 or logarithmic, with ticks at round values. */
final class Scale
{
    private static final double[] STEPS = { 1, 2, 5, 10 };
    private static final int TICKS = 5;

    private final double low;
    private final double high;
    private final double pixelLow;
    private final double pixelHigh;
    private final boolean isLogarithmic;
    private final List<Double> ticks;

    private Scale(
        final double low,
        final double high,
        final double pixelLow,
        final double pixelHigh,
        final boolean isLogarithmic,
        final List<Double> ticks)
    {
        this.low = low;
        this.high = high;
        this.pixelLow = pixelLow;
        this.pixelHigh = pixelHigh;
        this.isLogarithmic = isLogarithmic;
        this.ticks = ticks;
    }

    /** From 0 to a round value at or above the largest. */
    static Scale linear(final double largest, final double pixelLow, final double pixelHigh)
    {
        final double wanted = Math.max(largest, Double.MIN_NORMAL) / TICKS;
        final double magnitude = Math.pow(10, Math.floor(Math.log10(wanted)));
        double step = magnitude;
        for (int i = 0; i < STEPS.length && step < wanted; i++)
        {
            step = magnitude * STEPS[i];
        }
        final List<Double> ticks = new ArrayList<>();
        double high = 0;
        for (int i = 0; high < largest || i < 2; i++)
        {
            high = i * step;
            ticks.add(high);
        }
        return new Scale(0, high, pixelLow, pixelHigh, false, ticks);
    }

    /** From the smallest to the largest, both above 0, with a tick at each of the values. */
    static Scale logarithmic(final List<Double> values, final double pixelLow, final double pixelHigh)
    {
        final double low = values.stream().mapToDouble(Double::doubleValue).min().orElse(1);
        final double high = values.stream().mapToDouble(Double::doubleValue).max().orElse(1);
        return new Scale(low, high > low ? high : low * 2, pixelLow, pixelHigh, true, List.copyOf(values));
    }

    double pixel(final double value)
    {
        final double share = isLogarithmic ?
            Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
        return pixelLow + share * (pixelHigh - pixelLow);
    }

    List<Double> ticks()
    {
        return ticks;
    }
}
