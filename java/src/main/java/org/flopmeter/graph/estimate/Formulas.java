/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.estimate;

import java.math.BigInteger;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;

/** Customary formulas of training compute, in exact rationals, rounded outwards to whole FLOP at the very end. */
public final class Formulas
{
    private static final Ratio FOUR = Ratio.of(4);
    private static final Ratio TWO = Ratio.of(2);

    private Formulas()
    {
    }

    /**
     * 6ND: training a dense transformer takes 2 FLOP a parameter and token forward and 4 backward (Kaplan et al. 2020,
     * section 2.1). Attention over the context and recomputed activations come on top, embeddings take less: how far
     * off it may be is for the caller to declare.
     *
     * @param tolerance share by which the truth may differ either way, 0 or more.
     */
    public static Estimate byParameters(final BigInteger parameters, final BigInteger tokens, final Ratio tolerance)
    {
        return tuned(parameters, parameters, tokens, tolerance, "6 x parameters x tokens");
    }

    /**
     * 4ND + 2MD: tuning M of N parameters; the frozen ones need no gradient of their own. Equals 6ND where all are
     * tuned.
     */
    public static Estimate byTunedParameters(
        final BigInteger parameters,
        final BigInteger tunedParameters,
        final BigInteger tokens,
        final Ratio tolerance)
    {
        if (tunedParameters.compareTo(parameters) > 0)
        {
            throw new IllegalArgumentException(
                "expected at most all " + parameters + " parameters to be tuned, found " + tunedParameters);
        }
        return tuned(parameters, tunedParameters, tokens, tolerance,
            "4 x parameters x tokens + 2 x tuned parameters x tokens");
    }

    /**
     * C = N x L x H x U: devices, times peak FLOP/s of each, times seconds, times utilisation. The upper end takes the
     * peak for all the time: no device is faster.
     *
     * @param peakFlopPerSec of one device, in the precision used.
     * @param utilisation    0 <= lower <= point <= 1.
     */
    public static Estimate byHardwareTime(
        final BigInteger devices,
        final Ratio peakFlopPerSec,
        final Ratio durationSec,
        final Ratio utilisationLower,
        final Ratio utilisation)
    {
        requireNotNegative("devices", Ratio.of(devices));
        requireNotNegative("peak FLOP/s", peakFlopPerSec);
        requireNotNegative("seconds", durationSec);
        requireNotNegative("utilisation", utilisationLower);
        if (utilisationLower.compareTo(utilisation) > 0 || utilisation.compareTo(Ratio.ONE) > 0)
        {
            throw new IllegalArgumentException("expected 0 <= lower <= utilisation <= 1, found " +
                utilisationLower + ", " + utilisation);
        }
        final Ratio peak = Ratio.of(devices).multiply(peakFlopPerSec).multiply(durationSec);
        return new Estimate(outwards(peak.multiply(utilisationLower), peak.multiply(utilisation), peak),
            Basis.ANALYTIC, "devices x peak FLOP/s x seconds x utilisation");
    }

    private static Estimate tuned(
        final BigInteger parameters,
        final BigInteger tunedParameters,
        final BigInteger tokens,
        final Ratio tolerance,
        final String formula)
    {
        requireNotNegative("parameters", Ratio.of(parameters));
        requireNotNegative("tuned parameters", Ratio.of(tunedParameters));
        requireNotNegative("tokens", Ratio.of(tokens));
        requireNotNegative("tolerance", tolerance);
        final Ratio perToken = FOUR.multiply(Ratio.of(parameters)).add(TWO.multiply(Ratio.of(tunedParameters)));
        final Ratio point = perToken.multiply(Ratio.of(tokens));
        final Ratio error = point.multiply(tolerance);
        return new Estimate(outwards(point.subtract(error).max(Ratio.ZERO), point, point.add(error)),
            Basis.ANALYTIC, formula);
    }

    private static FlopInterval outwards(final Ratio lower, final Ratio point, final Ratio upper)
    {
        return FlopInterval.of(down(lower), down(point), up(upper));
    }

    private static FlopCount down(final Ratio ratio)
    {
        return FlopCount.of(ratio.numerator().divide(ratio.denominator()));
    }

    private static FlopCount up(final Ratio ratio)
    {
        return FlopCount.of(ratio.numerator().add(ratio.denominator()).subtract(BigInteger.ONE)
            .divide(ratio.denominator()));
    }

    private static void requireNotNegative(final String name, final Ratio value)
    {
        if (value.signum() < 0)
        {
            throw new IllegalArgumentException("expected " + name + " >= 0, found " + value);
        }
    }
}
