/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.compare;

import org.flopmeter.bench.card.Quantiles;

/**
 * One figure of two builds, taken in turn.
 *
 * @param otherMedian of the other build, in ns per sample, as all but the ratio.
 * @param ratio       median of the ratios of one round each, this build to the other: what slows a round slows both.
 */
record PairedFigure(double otherMedian, double otherLeast, double thisMedian, double thisLeast, double ratio)
{
    /**
     * @param other ns per sample by round.
     * @param mine  the same rounds of this build.
     */
    static PairedFigure of(final double[] other, final double[] mine)
    {
        final double[] ratios = new double[mine.length];
        for (int round = 0; round < mine.length; round++)
        {
            ratios[round] = mine[round] / other[round];
        }
        return new PairedFigure(
            Quantiles.median(other), Quantiles.of(other, 0), Quantiles.median(mine), Quantiles.of(mine, 0),
            Quantiles.median(ratios));
    }
}
