/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.EnumMap;
import java.util.Map;

/** Claims of harbours, and whether the safety case behind one was approved by someone who could. */
final class HarbourClaims
{
    private enum Kind
    {
        AGENCY, AUDITOR
    }

    private final Map<Harbour, Fact> claims = new EnumMap<>(Harbour.class);
    private final Fact approvers;
    private final Moment now;

    HarbourClaims(final Fact list, final Fact approvers, final Moment now)
    {
        this.approvers = approvers;
        this.now = now;
        for (final Fact claim : list.elementsOrNone())
        {
            final Harbour harbour = claim.at("harbour").choice(Harbour.class);
            if (null != claims.put(harbour, claim))
            {
                throw Refusal.DUPLICATE_CLAIM.at(claim.path(), harbour + " is claimed already");
            }
        }
    }

    boolean isClaimed(final Harbour harbour)
    {
        return claims.containsKey(harbour);
    }

    /** Everything that speaks against the claim of a harbour; none for one that is not claimed. */
    Reasons objections(final Harbour harbour, final Eligibility eligibility)
    {
        final Reasons reasons = new Reasons();
        if (isClaimed(harbour))
        {
            eligibility.objectTo(reasons);
            if (harbour.needsSafetyCase())
            {
                addSafetyCaseObjections(claims.get(harbour).at("safetyCase"), reasons);
            }
        }
        return reasons;
    }

    private void addSafetyCaseObjections(final Fact safetyCase, final Reasons reasons)
    {
        if (!safetyCase.isThere())
        {
            reasons.add(Reason.NO_SAFETY_CASE);
            return;
        }
        final Moment approvedAt = safetyCase.at("approvedAt").moment();
        addApproverObjections(safetyCase.at("approvedBy").text(), approvedAt, reasons);
        reasons.addIf(approvedAt.isAfter(now), Reason.APPROVAL_IN_FUTURE)
            .addIf(isOver(safetyCase.at("validUntil"), now), Reason.SAFETY_CASE_EXPIRED);
    }

    private void addApproverObjections(final String approvedBy, final Moment approvedAt, final Reasons reasons)
    {
        final Fact approver = approvers.at(approvedBy);
        if (!approver.isThere())
        {
            reasons.add(Reason.UNKNOWN_APPROVER);
            return;
        }
        final Fact until = approver.at("credentialUntil");
        final Kind kind = approver.at("kind").choice(Kind.class);
        reasons.addIf(Kind.AUDITOR == kind && !until.isThere(), Reason.NOT_CREDENTIALED)
            .addIf(isOver(until, approvedAt), Reason.CREDENTIAL_EXPIRED);
    }

    /** What is valid until a moment is no longer valid at it; what has no end does not end. */
    private static boolean isOver(final Fact until, final Moment at)
    {
        return until.isThere() && !at.isBefore(until.moment());
    }
}
