/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** New York RAISE as first passed: much compute at great cost, or distilled from such a model at some cost. */
final class RaiseDetermination
{
    private enum Distilled
    {
        YES, NO, UNKNOWN
    }

    private RaiseDetermination()
    {
    }

    static Answer determine(final Situation situation)
    {
        final Pack pack = situation.pack();
        final Fact raise = situation.facts().at("raise").object();
        final Quantity cost = raise.at("computeCostUsd").quantity();
        final Truth isTrained = raise.at("training").quantity().exceeds(pack.rule(PackField.RAISE_ABOVE))
            .and(cost.exceeds(pack.rule(PackField.RAISE_COST_USD)));
        final Truth isDistilled = distilled(raise.at("distilledFromCovered"))
            .and(cost.exceeds(pack.rule(PackField.RAISE_DISTILLED_COST_USD)));
        final Truth isCovered = isTrained.or(isDistilled);
        return new Answer()
            .put("covered", isCovered)
            .put("provisional", isCovered.isUndetermined())
            .put("reasons", new Reasons()
                .addBy(isTrained, Reason.COMPUTE_AND_COST, Reason.COMPUTE_AND_COST_UNDETERMINED)
                .addBy(isDistilled, Reason.DISTILLED_AND_COST, Reason.DISTILLED_AND_COST_UNDETERMINED)
                .addIf(!pack.isVerified(), Reason.PACK_UNVERIFIED));
    }

    private static Truth distilled(final Fact fact)
    {
        final Distilled distilled = fact.isThere() ? fact.choice(Distilled.class) : Distilled.UNKNOWN;
        return switch (distilled)
        {
            case YES -> Truth.YES;
            case NO -> Truth.NO;
            default -> Truth.UNDETERMINED;
        };
    }
}
