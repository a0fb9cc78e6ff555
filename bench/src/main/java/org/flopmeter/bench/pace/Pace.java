/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.pace;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.KeepsPace;
import org.flopmeter.bench.card.ScoreCard;

/**
 * Which cluster one consumer core keeps pace with: one sample for each kernel, one kernel in flight on each device,
 * every device at its peak. A second stream on each device doubles the need.
 */
public final class Pace
{
    /** The figure that decides. */
    public static final String FIGURE = "endToEndBatched";

    /** Clusters of the table, FLOP/s. */
    public static final List<BigInteger> CLUSTERS = List.of(BigInteger.TEN.pow(18), BigInteger.TEN.pow(20));

    /** Kernel durations of the table, longest first; 1 us is the floor of the devices. */
    public static final List<Integer> KERNEL_DURATIONS_US = List.of(50, 10, 5, 1);

    private static final double US_PER_SEC = 1e6;
    private static final MathContext DIGITS = new MathContext(3);

    private final List<Accelerator> accelerators;

    /** Over these accelerators, in this order. */
    public Pace(final List<Accelerator> accelerators)
    {
        this.accelerators = List.copyOf(accelerators);
    }

    /** Samples per second of a cluster whose devices all run kernels of that duration, one at a time. */
    public static double neededSamplesPerSec(
        final Accelerator accelerator, final BigInteger clusterFlopPerSec, final double kernelDurationUs)
    {
        return accelerator.devices(clusterFlopPerSec).doubleValue() * US_PER_SEC / kernelDurationUs;
    }

    /** FLOP of one kernel that keeps a device at its peak for that long. */
    public static BigDecimal flopPerKernel(final Accelerator accelerator, final double kernelDurationUs)
    {
        return new BigDecimal(accelerator.peakFlopPerSec())
            .multiply(BigDecimal.valueOf(kernelDurationUs)).movePointLeft(6);
    }

    /** FLOP/s of the kernels that this many samples per second stand for. */
    public static BigInteger flopPerSec(
        final Accelerator accelerator, final double samplesPerSec, final double kernelDurationUs)
    {
        return flopPerKernel(accelerator, kernelDurationUs).multiply(BigDecimal.valueOf(samplesPerSec)).toBigInteger();
    }

    /** Put the table into the card, from the slowest placement seen; nothing when the figure was not measured. */
    public void addTo(final ScoreCard card)
    {
        final Optional<Figure> figure = card.slowest(FIGURE);
        if (figure.isPresent())
        {
            rows(figure.get().median()).forEach(card::add);
        }
    }

    /** One row per accelerator, cluster and kernel duration. */
    public List<KeepsPace> rows(final double samplesPerSec)
    {
        final List<KeepsPace> rows = new ArrayList<>();
        for (final BigInteger cluster : CLUSTERS)
        {
            for (final Accelerator accelerator : accelerators)
            {
                for (final int durationUs : KERNEL_DURATIONS_US)
                {
                    final double needed = neededSamplesPerSec(accelerator, cluster, durationUs);
                    rows.add(
                        new KeepsPace(accelerator.name(), cluster, durationUs, needed, samplesPerSec / needed));
                }
            }
        }
        return rows;
    }

    /** What one core keeps pace with, one statement per accelerator and kernel duration. */
    public List<Statement> statements(final double samplesPerSec)
    {
        final List<Statement> statements = new ArrayList<>();
        for (final Accelerator accelerator : accelerators)
        {
            for (final int durationUs : KERNEL_DURATIONS_US)
            {
                statements.add(new Statement(
                    accelerator,
                    durationUs,
                    samplesPerSec,
                    flopPerKernel(accelerator, durationUs),
                    flopPerSec(accelerator, samplesPerSec, durationUs)));
            }
        }
        return statements;
    }

    /** The accelerators of this table. */
    public List<Accelerator> accelerators()
    {
        return accelerators;
    }

    /** One core keeps pace with {@code flopPerSec} at that kernel duration: samples/s x FLOP per kernel. */
    public record Statement(
        Accelerator accelerator,
        int kernelDurationUs,
        double samplesPerSec,
        BigDecimal flopPerKernel,
        BigInteger flopPerSec)
    {
        /** In words, without the arithmetic. */
        public String claim()
        {
            return String.format(
                Locale.ROOT,
                "one core keeps pace with %s FLOP/s at kernel duration %d us (%s, %s)",
                digits(new BigDecimal(flopPerSec)),
                kernelDurationUs,
                accelerator.name(),
                accelerator.precision());
        }

        /** The arithmetic behind the claim. */
        public String arithmetic()
        {
            return String.format(
                Locale.ROOT,
                "%s samples/s x %s FLOP per kernel (%s FLOP/s x %d us) = %s FLOP/s",
                digits(BigDecimal.valueOf(samplesPerSec)),
                digits(flopPerKernel),
                digits(new BigDecimal(accelerator.peakFlopPerSec())),
                kernelDurationUs,
                digits(new BigDecimal(flopPerSec)));
        }

        private static String digits(final BigDecimal value)
        {
            return String.format(Locale.ROOT, "%.2e", value.round(DIGITS)).replaceFirst("e[+]0?", "e");
        }
    }
}
