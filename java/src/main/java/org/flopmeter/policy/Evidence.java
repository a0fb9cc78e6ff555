/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.Collections;
import java.util.List;
import org.flopmeter.unit.Ratio;

/** Is the evidence for a model's figures credible? */
final class Evidence
{
    private static final List<Choices.EvidenceBasis> INDEPENDENT =
        List.of(Choices.EvidenceBasis.ARCHITECTURE, Choices.EvidenceBasis.HARDWARE_TIME);

    private final Fact evidence;
    private final Pack pack;

    Evidence(final Fact evidence, final Pack pack)
    {
        this.evidence = evidence;
        this.pack = pack;
    }

    /** Are both figures credible, of all ancestors, and does someone answer for them? Adds why not. */
    boolean isCredible(final Reasons reasons)
    {
        final boolean isTrainingCredible = isFigureCredible(
            evidence.at("training"), reasons, Reason.TRAINING_NOT_CREDIBLE, Reason.TRAINING_ESTIMATES_DISAGREE);
        final boolean isRateCredible = isFigureCredible(
            evidence.at("rate"), reasons, Reason.RATE_NOT_CREDIBLE, Reason.RATE_ESTIMATES_DISAGREE);
        final boolean isComplete = evidence.at("ancestorsComplete").isSet();
        final boolean isSigned = isSigned(evidence.at("signer"));
        reasons.addIf(!isComplete, Reason.ANCESTORS_INCOMPLETE).addIf(!isSigned, Reason.NO_SIGNER);
        return isTrainingCredible && isRateCredible && isComplete && isSigned;
    }

    static boolean isSigned(final Fact signer)
    {
        return signer.isThere() && !signer.text().isEmpty();
    }

    private boolean isFigureCredible(
        final Fact figure, final Reasons reasons, final Reason notCredible, final Reason disagree)
    {
        final Fact basis = figure.at("basis");
        final List<Choices.EvidenceBasis> bases =
            basis.isThere() ? basis.choices(Choices.EvidenceBasis.class) : List.of();
        if (!Collections.disjoint(bases, pack.rule(PackField.CREDIBLE_BASES)))
        {
            return true;
        }
        final Fact architecture = figure.at("architecture");
        final Fact hardwareTime = figure.at("hardwareTime");
        if (bases.containsAll(INDEPENDENT) && architecture.isThere() && hardwareTime.isThere())
        {
            if (doAgree(architecture.count(), hardwareTime.count()))
            {
                return true;
            }
            reasons.add(disagree);
        }
        reasons.add(notCredible);
        return false;
    }

    private boolean doAgree(final BigInteger architecture, final BigInteger hardwareTime)
    {
        final Ratio difference = Ratio.of(architecture.subtract(hardwareTime).abs());
        final Ratio greater = Ratio.of(architecture.max(hardwareTime));
        return difference.compareTo(pack.rule(PackField.AGREEMENT_TOLERANCE).multiply(greater)) <= 0;
    }
}
