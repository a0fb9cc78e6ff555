/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import org.flopmeter.unit.Ratio;

/** California SB 53 and its like: frontier model, frontier developer, large frontier developer. */
final class FrontierDetermination
{
    private FrontierDetermination()
    {
    }

    static Answer determine(final Situation situation)
    {
        final Pack pack = situation.pack();
        final Fact frontier = situation.facts().at("frontier").object();
        final Reasons reasons = new Reasons().addIf(!pack.isVerified(), Reason.PACK_UNVERIFIED);
        final Ratio limit = pack.rule(PackField.FRONTIER_ABOVE);
        final Quantity base = base(frontier, pack);
        final Quantity used = frontier.at("own").quantity().add(base);
        final Quantity planned = used.max(frontier.at("intended").quantityOr(Quantity.ZERO).add(base));
        Truth isModel = used.exceeds(limit);
        Truth isDeveloper = planned.exceeds(limit);
        if (!frontier.at("initiated").flag())
        {
            isModel = Truth.NO;
            isDeveloper = Truth.NO;
            reasons.add(Reason.NOT_INITIATED);
        }
        reasons.addIf(Truth.YES == isDeveloper, Truth.YES == isModel ?
            Reason.USED_ABOVE_THRESHOLD : Reason.INTENDED_ABOVE_THRESHOLD);
        final Truth isLarge = isDeveloper.and(
            frontier.at("revenueUsd").quantity().exceeds(pack.rule(PackField.FRONTIER_LARGE_REVENUE_USD)));
        return new Answer()
            .put("frontierModel", isModel)
            .put("frontierDeveloper", isDeveloper)
            .put("largeFrontierDeveloper", isLarge)
            .put("provisional", isModel.isUndetermined() || isDeveloper.isUndetermined() || isLarge.isUndetermined())
            .put("reasons", reasons);
    }

    /** What another developer put into the model counts only under the cumulative reading. */
    private static Quantity base(final Fact frontier, final Pack pack)
    {
        return Choices.FrontierCounting.CUMULATIVE == pack.rule(PackField.FRONTIER_COUNTING) ?
            frontier.at("base").quantityOr(Quantity.ZERO) : Quantity.ZERO;
    }
}
