/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** Safe harbours of a model, their claims, and what a counsel would look at. No statement of liability. */
final class HarboursDetermination
{
    private static final String ACCEPTED = "ACCEPTED";

    private HarboursDetermination()
    {
    }

    static Answer determine(final Situation situation)
    {
        final Fact facts = situation.facts();
        final Fact model = facts.at("model").object();
        final HarbourRules rules = new HarbourRules(model, situation.pack());
        final HarbourClaims claims =
            new HarbourClaims(facts.at("claims"), facts.at("approvers"), situation.now());
        final Answer harbours = new Answer();
        boolean isAnyEligible = false;
        boolean isAnyAccepted = false;
        for (final Harbour harbour : Harbour.values())
        {
            final Reasons reasons = new Reasons();
            final Eligibility eligibility = rules.eligibility(harbour, reasons);
            final Reasons claimReasons = claims.objections(harbour, eligibility);
            final String claim =
                !claims.isClaimed(harbour) ? "UNCLAIMED" : claimReasons.isEmpty() ? ACCEPTED : "REJECTED";
            isAnyEligible |= Eligibility.ELIGIBLE == eligibility;
            isAnyAccepted |= ACCEPTED.equals(claim);
            harbours.put(harbour.name(), new Answer()
                .put("eligibility", eligibility)
                .put("claim", claim)
                .put("reasons", reasons)
                .put("claimReasons", claimReasons));
        }
        final var parties = CodePoints.sorted(model.at("parties").textsOrNone());
        return new Answer()
            .put("harbours", harbours)
            .put("counsel", counsel(isAnyAccepted, isAnyEligible))
            .putNames("parties", parties)
            .put("reasons", new Reasons().addIf(parties.isEmpty(), Reason.PARTIES_MISSING));
    }

    private static String counsel(final boolean isAnyAccepted, final boolean isAnyEligible)
    {
        return isAnyAccepted ? "HARBOUR_ACCEPTED" :
            isAnyEligible ? "COURTS_INTERPRET" : "DEFAULT_STRICT_JOINT_AND_SEVERAL";
    }
}
