/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.card;

import java.util.Arrays;

/** Quantiles of a few measured values, linear between neighbours. */
public final class Quantiles
{
    private static final double MEDIAN = 0.5;

    private Quantiles()
    {
    }

    /**
     * The value below which that share of the values lies.
     *
     * @param values in any order, left as they are; at least one.
     * @param share 0 to 1.
     */
    public static double of(final double[] values, final double share)
    {
        if (0 == values.length)
        {
            throw new IllegalArgumentException("a quantile needs a value");
        }
        final double[] sorted = values.clone();
        Arrays.sort(sorted);
        final double position = share * (sorted.length - 1);
        final int below = (int)position;
        final int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }

    /** As {@link #of}, with half of the values below. */
    public static double median(final double[] values)
    {
        return of(values, MEDIAN);
    }
}
