/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import org.flopmeter.unit.Ratio;

/** Which safe harbours a model is eligible for. Each rule adds its reasons. */
final class HarbourRules
{
    private enum Assurance
    {
        PROVABLE, NEGLIGIBLE_RISK
    }

    private final Fact model;
    private final Pack pack;

    HarbourRules(final Fact model, final Pack pack)
    {
        this.model = model;
        this.pack = pack;
    }

    Eligibility eligibility(final Harbour harbour, final Reasons reasons)
    {
        switch (harbour)
        {
            case COMPUTE:
                return compute(reasons);
            case WEAK:
                return weakIn(Property.INTELLIGENCE, reasons);
            case NARROW:
                return weakIn(Property.GENERALITY, reasons);
            case PASSIVE:
                return passive(reasons);
            default:
                return assured(reasons);
        }
    }

    private Eligibility compute(final Reasons reasons)
    {
        final Truth training = model.at("training").quantity().reaches(pack.harbourRule(HarbourKind.TRAINING));
        final Truth rate = model.at("rate").quantity().reaches(pack.harbourRule(HarbourKind.RATE));
        reasons.addBy(training, Reason.TRAINING_AT_OR_ABOVE_THRESHOLD, Reason.TRAINING_STRADDLES_THRESHOLD)
            .addBy(rate, Reason.RATE_AT_OR_ABOVE_THRESHOLD, Reason.RATE_STRADDLES_THRESHOLD);
        final boolean isCredible = new Evidence(model.at("evidence"), pack).isCredible(reasons);
        final Truth isAny = training.or(rate);
        if (Truth.YES == isAny)
        {
            return Eligibility.NOT_ELIGIBLE;
        }
        if (!isCredible)
        {
            return Eligibility.NOT_CREDIBLE;
        }
        return isAny.isUndetermined() ? Eligibility.UNDETERMINED : Eligibility.ELIGIBLE;
    }

    private Eligibility weakIn(final Property property, final Reasons reasons)
    {
        final Property.Strength strength = property.of(model);
        property.explain(strength, reasons);
        return switch (strength)
        {
            case WEAK -> Eligibility.ELIGIBLE;
            case STRONG -> Eligibility.NOT_ELIGIBLE;
            default -> Eligibility.UNDETERMINED;
        };
    }

    private Eligibility passive(final Reasons reasons)
    {
        final Eligibility asItIs = weakIn(Property.AUTONOMY, reasons);
        return Eligibility.ELIGIBLE == asItIs ? passiveWhenModified(reasons) : asItIs;
    }

    /** Passive is who stays so even under modest modification; an empty list was looked for and not found. */
    private Eligibility passiveWhenModified(final Reasons reasons)
    {
        final Fact modifications = model.at("modifications");
        if (!modifications.isThere())
        {
            reasons.add(Reason.MODIFICATION_NOT_ASSESSED);
            return Eligibility.UNDETERMINED;
        }
        final Quantity modest =
            model.at("training").quantity().multiply(pack.rule(PackField.MODEST_MODIFICATION));
        boolean isAnyUnknown = false;
        boolean isAnyStrong = false;
        for (final Fact modification : modifications.elements())
        {
            final Property.Strength autonomy = Property.AUTONOMY.of(modification);
            final boolean isModest = isWithin(modification.at("flop").quantity(), modest.upper());
            isAnyStrong |= isModest && Property.Strength.STRONG == autonomy;
            isAnyUnknown |= isModest && Property.Strength.UNKNOWN == autonomy;
        }
        if (isAnyStrong)
        {
            reasons.add(Reason.AUTONOMOUS_UNDER_MODEST_MODIFICATION);
            return Eligibility.NOT_ELIGIBLE;
        }
        reasons.addIf(isAnyUnknown, Reason.AUTONOMY_UNKNOWN_UNDER_MODIFICATION);
        return isAnyUnknown ? Eligibility.UNDETERMINED : Eligibility.ELIGIBLE;
    }

    private static boolean isWithin(final Quantity flop, final Ratio limit)
    {
        return null == limit || flop.lower().compareTo(limit) <= 0;
    }

    private Eligibility assured(final Reasons reasons)
    {
        final Fact assurance = model.at("assurance");
        if (!assurance.isThere())
        {
            reasons.add(Reason.NO_ASSURANCE);
            return Eligibility.NOT_ELIGIBLE;
        }
        assurance.at("kind").choice(Assurance.class);
        assurance.at("safetyCase").need();
        return Eligibility.ELIGIBLE;
    }
}
