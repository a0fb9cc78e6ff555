/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.estimate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.flopmeter.graph.RatioInterval;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;

/**
 * The five approximations of Appendix A. Each equals the causal sum where its assumption holds, and bounds it where
 * the assumption is not declared. Pure functions.
 */
public final class Approximations
{
    /** Whether the ancestors of several parts are known to have nothing in common. */
    public enum Ancestors
    {
        /** Declared disjoint: sums are exact. */
        DISJOINT,
        /** They may share work, which a sum counts twice: it is an upper end, and the largest part a lower one. */
        MAY_OVERLAP
    }

    private Approximations()
    {
    }

    /** 1: a single network trained on what people made weighs its customary total, and the preparation of the data. */
    public static Estimate singleNetwork(final FlopInterval reportedTraining, final FlopInterval dataPreparation)
    {
        return new Estimate(reportedTraining.add(dataPreparation), Basis.DECLARED, "training + data preparation");
    }

    /**
     * 2: in steady inference the rate is the speed of the cluster that does it, in FLOP/s.
     *
     * @param deliveredFlopPerSec measured.
     * @param peakFlopPerSec      of all devices allotted, together.
     */
    public static RatioInterval steadyInference(final Ratio deliveredFlopPerSec, final Ratio peakFlopPerSec)
    {
        if (deliveredFlopPerSec.signum() < 0 || deliveredFlopPerSec.compareTo(peakFlopPerSec) > 0)
        {
            throw new IllegalArgumentException("expected 0 <= delivered <= peak, found delivered " +
                deliveredFlopPerSec + " FLOP/s, peak " + peakFlopPerSec + " FLOP/s");
        }
        return new RatioInterval(deliveredFlopPerSec, deliveredFlopPerSec, peakFlopPerSec);
    }

    /** 3: a fine-tuned model weighs its base, the tuning, and the preparation of the data tuned with. */
    public static Estimate fineTuned(
        final FlopInterval base,
        final FlopInterval tuning,
        final FlopInterval dataPreparation,
        final Ancestors ancestors)
    {
        return new Estimate(sum(List.of(base, tuning, dataPreparation), ancestors), Basis.DECLARED,
            "base + fine-tuning + data preparation");
    }

    /** 4: a student weighs its own training, its teacher's, and what the teacher's answers took. */
    public static Estimate distilled(
        final FlopInterval student,
        final FlopInterval teacher,
        final FlopInterval teacherInference,
        final Ancestors ancestors)
    {
        return new Estimate(sum(List.of(student, teacher, teacherInference), ancestors), Basis.DECLARED,
            "student + teacher + inference of the teacher");
    }

    /**
     * 5: of several trials of which a person kept one, only that one counts. Without an argument that it was a
     * person's choice all count.
     *
     * @param argument where the choice is recorded; null or blank when it is not.
     */
    public static Estimate chosenTrial(
        final FlopInterval kept,
        final Collection<FlopInterval> discarded,
        final String argument,
        final Ancestors ancestors)
    {
        if (null != argument && !argument.isBlank())
        {
            return new Estimate(kept, Basis.DECLARED, "the trial that a person kept: " + argument);
        }
        final List<FlopInterval> all = new ArrayList<>(discarded);
        all.add(kept);
        return new Estimate(sum(all, ancestors), Basis.DECLARED, "all trials: nothing says that a person chose");
    }

    /** Parts whose work may be shared: the whole is at least the largest and at most the sum. */
    private static FlopInterval sum(final Collection<FlopInterval> parts, final Ancestors ancestors)
    {
        FlopInterval sum = FlopInterval.ZERO;
        FlopCount largestLower = FlopCount.ZERO;
        for (final FlopInterval part : parts)
        {
            sum = sum.add(part);
            largestLower = largestLower.max(part.lower());
        }
        if (Ancestors.DISJOINT == ancestors)
        {
            return sum;
        }
        return sum.isBounded() ?
            FlopInterval.of(largestLower, sum.point(), sum.upper()) :
            FlopInterval.unbounded(largestLower, sum.point());
    }
}
