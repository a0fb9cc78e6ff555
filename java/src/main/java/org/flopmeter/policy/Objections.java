/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.flopmeter.unit.Ratio;

/** The one decision on a pack that is offered, whether a case names its signers or signatures were verified. */
final class Objections
{
    private static final List<PackField<Ratio>> CAPS = List.of(PackField.TRAINING_LIMIT, PackField.RATE_LIMIT);

    private final Pack pack;
    private final PackHistory history;
    private final Moment at;
    private final List<Objection> objections = new ArrayList<>();

    private Objections(final Pack pack, final PackHistory history, final Moment at)
    {
        this.pack = pack;
        this.history = history;
        this.at = at;
    }

    /**
     * Everything that speaks against a pack.
     *
     * @param signers names of the keys that did sign.
     * @param internationals packs of international agencies that it must be at least as strict as.
     * @param history what was accepted before.
     * @param at when it is offered.
     */
    static List<Objection> against(
        final Pack pack, final Authorities authorities, final Set<String> signers,
        final List<Pack> internationals, final PackHistory history, final Moment at)
    {
        final Objections objections = new Objections(pack, history, at);
        objections.lookAtSigners(authorities, signers);
        objections.lookAtVersion();
        objections.lookAtHarbours();
        if (!authorities.isInternational(pack.authority()))
        {
            internationals.forEach(objections::lookAtStrictness);
            CAPS.forEach(objections::lookAtRaise);
        }
        return objections.objections;
    }

    /** From when a pack that is offered applies: nothing acts before it is known. */
    static Moment effectiveFrom(final Pack pack, final Moment at)
    {
        return pack.effective().max(at);
    }

    private void lookAtSigners(final Authorities authorities, final Set<String> signers)
    {
        final String authority = pack.authority();
        if (!authorities.isKnown(authority))
        {
            add(Reason.UNKNOWN_AUTHORITY, null, "$.authority: \"" + authority + "\" is none that is trusted here");
            return;
        }
        final Authorities.Mandate mandate = authorities.mandate(authority);
        if (!Authorities.isQuorum(mandate, signers))
        {
            add(Reason.QUORUM, null, "$.authority: " + mandate.signedBy(signers) + " of the " + mandate.keys().size() +
                " keys of " + authority + " signed, " + mandate.quorum() + " must have");
        }
        if (null != mandate.validUntil() && !at.isBefore(mandate.validUntil()))
        {
            add(Reason.CREDENTIAL_EXPIRED, null, "$.authority: the mandate of " + authority + " ended " +
                mandate.validUntil() + ", and the pack is offered " + at);
        }
    }

    private void lookAtVersion()
    {
        final Pack highest = history.highest();
        if (null != highest && pack.version().compareTo(highest.version()) <= 0)
        {
            add(Reason.VERSION_NOT_NEWER, null, "$.version: " + pack.version() + " is not above " + highest.version() +
                ", the highest accepted version of " + highest.name());
        }
    }

    private void lookAtHarbours()
    {
        for (final HarbourKind kind : pack.harboursTooHigh())
        {
            add(Reason.HARBOUR_TOO_HIGH, kind.field(), PackHistory.tooHigh(pack, kind, "$"));
        }
    }

    private void lookAtStrictness(final Pack international)
    {
        for (final PackField<?> field : Strictness.lessStrictFields(pack, international))
        {
            add(Reason.LESS_STRICT, field, PackCheck.lessStrict(pack, international, field, "$"));
        }
    }

    /** A raise over what is in force then and one over what is scheduled both count. */
    private void lookAtRaise(final PackField<Ratio> cap)
    {
        final Pack inForce = history.inForceAt(effectiveFrom(pack, at));
        final Pack before = raises(cap, history.highest()) ? history.highest() : inForce;
        if (raises(cap, before))
        {
            add(Reason.RAISE_NEEDS_INTERNATIONAL, cap, "$." + cap + ": " +
                PackCheck.shown(pack, cap) + " instead of " + PackCheck.shown(before, cap) + " in version " +
                before.version() + ": only an international quorum may raise it");
        }
    }

    /** Where there is no pack or no limit yet, nothing is raised. */
    private boolean raises(final PackField<Ratio> cap, final Pack before)
    {
        return null != before && before.has(cap) &&
            (!pack.has(cap) || pack.find(cap).compareTo(before.find(cap)) > 0);
    }

    private void add(final Reason reason, final PackField<?> field, final String message)
    {
        objections.add(new Objection(reason, null == field ? null : field.jsonName(), message));
    }
}
