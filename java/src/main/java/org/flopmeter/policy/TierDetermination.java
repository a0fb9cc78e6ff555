/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The tier of risk of a model and its duties: the highest tier that can't be excluded counts. */
final class TierDetermination
{
    private static final String PROHIBITED = "PROHIBITED";

    private final Pack pack;
    private final Fact model;
    private final Reasons reasons = new Reasons();
    private int notWeakCount;
    private int strongCount;

    private TierDetermination(final Pack pack, final Fact model)
    {
        this.pack = pack;
        this.model = model;
    }

    static Answer determine(final Situation situation)
    {
        return new TierDetermination(situation.pack(), situation.facts().at("model").object()).answer();
    }

    private Answer answer()
    {
        countProperties();
        final Truth isOver = isOver();
        final Tier tier = risesToTop(Truth.NO != isOver, notWeakCount) ? Tier.RT_4 : Tier.of(notWeakCount);
        final Tier lowest = risesToTop(Truth.YES == isOver, strongCount) ? Tier.RT_4 : Tier.of(strongCount);
        reasons.addIf(Truth.NO != isOver && Tier.RT_4 != tier, Reason.RT4_SCOPE_RT3_ONLY);
        final TierDuties.Duties duties = dutiesOf(tier);
        return new Answer()
            .put("tier", tier.jsonName())
            .put("lowest", lowest.jsonName())
            .put("provisional", tier != lowest)
            .put("training", part(duties.training(), developerIn()))
            .put("deployment", part(duties.deployment(), whereItCanBeUsed()))
            .put("reasons", reasons);
    }

    private void countProperties()
    {
        for (final Property property : Property.values())
        {
            final Property.Strength strength = property.of(model);
            property.explain(strength, reasons);
            notWeakCount += Property.Strength.WEAK == strength ? 0 : 1;
            strongCount += Property.Strength.STRONG == strength ? 1 : 0;
        }
    }

    private Truth isOver()
    {
        final Truth training = limitedTraining().exceeds(pack.rule(PackField.TRAINING_LIMIT));
        final Truth rate = model.at("rate").quantity().exceeds(pack.rule(PackField.RATE_LIMIT));
        reasons.addBy(training, Reason.TRAINING_ABOVE_LIMIT, Reason.TRAINING_MAY_EXCEED_LIMIT)
            .addBy(rate, Reason.RATE_ABOVE_LIMIT, Reason.RATE_MAY_EXCEED_LIMIT);
        return training.or(rate);
    }

    /** All compute of an output includes its training: without the figure, training is where it begins. */
    private Quantity limitedTraining()
    {
        final Fact output = model.at("output");
        if (Choices.LimitBasis.TRAINING == pack.rule(PackField.LIMIT_BASIS))
        {
            return model.at("training").quantity();
        }
        return output.isThere() ? output.quantity() : model.at("training").quantity().withoutUpper();
    }

    private boolean risesToTop(final boolean isOver, final int propertyCount)
    {
        final boolean isAnyModel = Choices.Rt4Scope.ANY == pack.rule(PackField.RT4_SCOPE);
        return isOver && (isAnyModel || Property.values().length == propertyCount);
    }

    private TierDuties.Duties dutiesOf(final Tier tier)
    {
        final TierDuties.Duties duties = pack.rule(PackField.TIER_DUTIES).of(tier);
        if (null == duties.training() || null == duties.deployment())
        {
            throw Refusal.RULE_NOT_IN_PACK.at("pack " + pack.name(), "tierDuties has no duties of " + tier.jsonName());
        }
        return duties;
    }

    private List<String> developerIn()
    {
        final Fact country = model.at("developerIn");
        return country.isThere() ? List.of(country.text()) : List.of();
    }

    private Collection<String> whereItCanBeUsed()
    {
        final List<String> countries = new ArrayList<>(model.at("availableIn").textsOrNone());
        countries.addAll(model.at("usedIn").textsOrNone());
        return CodePoints.sorted(countries);
    }

    private Answer part(final List<String> duties, final Collection<String> jurisdictions)
    {
        final boolean isAnyoneInCharge = duties.stream().anyMatch(duty -> !PROHIBITED.equals(duty));
        reasons.addIf(isAnyoneInCharge && jurisdictions.isEmpty(), Reason.JURISDICTION_UNKNOWN);
        return new Answer()
            .putNames("duties", duties)
            .putNames("authorities", isAnyoneInCharge ? jurisdictions : List.of());
    }
}
