/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.List;
import org.flopmeter.unit.Ratio;

/** Decides on offered packs, in order, before anything else is determined. */
final class Offers
{
    private static final List<PackField<Ratio>> CAPS = List.of(PackField.TRAINING_LIMIT, PackField.RATE_LIMIT);

    private final Authorities authorities;
    private final Pack international;
    private final PackHistory history;

    /** @param international null where no pack of an international agency is in force. */
    Offers(final Authorities authorities, final Pack international, final PackHistory history)
    {
        this.authorities = authorities;
        this.international = international;
        this.history = history;
    }

    /** What became of an offer. A malformed pack has no version, a rejected one no effective time. */
    record Decision(Pack pack, Moment effectiveFrom, Reasons reasons)
    {
        Answer answer()
        {
            return new Answer()
                .put("state", null == effectiveFrom ? "REJECTED" : "ACCEPTED")
                .put("version", null == pack ? null : pack.version())
                .put("effectiveFrom", null == effectiveFrom ? null : effectiveFrom.text())
                .put("reasons", reasons);
        }
    }

    List<Decision> decide(final List<Fact> offers, final Moment now)
    {
        final List<Decision> decisions = new ArrayList<>();
        Moment last = null;
        for (final Fact offer : offers)
        {
            final Moment at = offer.at("at").moment();
            if ((null != last && at.isBefore(last)) || at.isAfter(now))
            {
                throw offer.at("at").wrong(Refusal.TIME_ORDER, "a time from the offer before it up to now");
            }
            last = at;
            decisions.add(decide(offer, at));
        }
        return decisions;
    }

    private Decision decide(final Fact offer, final Moment at)
    {
        final List<String> signers = offer.at("signers").texts();
        final Fact offered = offer.at("pack").need();
        final Pack pack;
        try
        {
            pack = PackReader.read(offered);
        }
        catch (final PolicyException ex)
        {
            return new Decision(null, null, new Reasons().add(Reason.BAD_PACK));
        }
        final Moment effectiveFrom = pack.effective().max(at);
        final Reasons objections = objections(pack, signers, effectiveFrom);
        if (!objections.isEmpty())
        {
            return new Decision(pack, null, objections);
        }
        history.accept(pack, effectiveFrom);
        final boolean isRetroactive = pack.effective().isBefore(at);
        return new Decision(pack, effectiveFrom, new Reasons().addIf(isRetroactive, Reason.RETROACTIVE));
    }

    private Reasons objections(final Pack pack, final List<String> signers, final Moment effectiveFrom)
    {
        final Reasons reasons = new Reasons();
        final String authority = pack.authority();
        if (!authorities.isKnown(authority))
        {
            reasons.add(Reason.UNKNOWN_AUTHORITY);
        }
        else
        {
            reasons.addIf(!authorities.hasQuorum(authority, signers), Reason.QUORUM);
        }
        reasons.addIf(pack.version().compareTo(history.highest().version()) <= 0, Reason.VERSION_NOT_NEWER);
        pack.harboursTooHigh().forEach(kind -> reasons.add(Reason.HARBOUR_TOO_HIGH, kind.field().jsonName()));
        if (!authorities.isInternational(authority))
        {
            addNationalObjections(reasons, pack, effectiveFrom);
        }
        return reasons;
    }

    private void addNationalObjections(final Reasons reasons, final Pack pack, final Moment effectiveFrom)
    {
        if (null != international)
        {
            Strictness.lessStrictFields(pack, international)
                .forEach(field -> reasons.add(Reason.LESS_STRICT, field.jsonName()));
        }
        for (final PackField<Ratio> cap : CAPS)
        {
            if (raises(cap, pack, history.highest()) || raises(cap, pack, history.inForceAt(effectiveFrom)))
            {
                reasons.add(Reason.RAISE_NEEDS_INTERNATIONAL, cap.jsonName());
            }
        }
    }

    /** Where there is no pack or no limit yet, nothing is raised. */
    private static boolean raises(final PackField<Ratio> cap, final Pack pack, final Pack before)
    {
        return null != before && before.has(cap) &&
            (!pack.has(cap) || pack.find(cap).compareTo(before.find(cap)) > 0);
    }
}
