/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** Decides on packs that a case offers, in order, before anything else is determined. */
final class Offers
{
    private final Authorities authorities;
    private final List<Pack> internationals;
    private final PackHistory history;

    /** @param international null where no pack of an international agency is in force. */
    Offers(final Authorities authorities, final Pack international, final PackHistory history)
    {
        this.authorities = authorities;
        this.internationals = null == international ? List.of() : List.of(international);
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
        final Reasons reasons = new Reasons();
        Objections.against(pack, authorities, new HashSet<>(signers), internationals, history, at)
            .forEach(objection -> objection.addTo(reasons));
        if (!reasons.isEmpty())
        {
            return new Decision(pack, null, reasons);
        }
        final Moment effectiveFrom = Objections.effectiveFrom(pack, at);
        history.accept(pack, effectiveFrom);
        return new Decision(
            pack, effectiveFrom, reasons.addIf(pack.effective().isBefore(at), Reason.RETROACTIVE));
    }
}
