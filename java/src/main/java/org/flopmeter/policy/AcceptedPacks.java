/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.sign.Envelope;
import org.flopmeter.sign.VerifyingKey;

/**
 * Packs that were accepted by the signatures of their authorities, a history for each name of pack. A shipped pack of
 * that name is what a history begins with. Kept in memory: who stores acceptances takes them {@link #again} in order.
 */
public final class AcceptedPacks
{
    /** DSSE payload type of a pack: what a signature over it means. */
    public static final String PAYLOAD_TYPE = "application/vnd.flopmeter.policy-pack+json";

    private final List<Acceptance> acceptances = new ArrayList<>();

    /**
     * A pack that was accepted.
     *
     * @param at when, as YYYY-MM-DDThh:mm:ssZ.
     * @param effectiveFrom from when it applies: not before it was accepted.
     */
    public record Acceptance(
        Pack pack, String at, String effectiveFrom, boolean isInternational, Set<VerifyingKey> signers)
    {
        /** Was it to apply before it was accepted? */
        public boolean isRetroactive()
        {
            return pack.effective().isBefore(Moment.parse(at));
        }
    }

    /**
     * What became of an offer.
     *
     * @param acceptance null when there are objections.
     */
    public record Decision(Pack pack, Acceptance acceptance, List<Objection> objections)
    {
        public boolean isAccepted()
        {
            return null != acceptance;
        }
    }

    /** The pack inside an envelope; a {@link PolicyException} when it is none. Nothing is verified. */
    public static Pack packOf(final Envelope envelope)
    {
        if (!PAYLOAD_TYPE.equals(envelope.payloadType()))
        {
            throw Refusal.BAD_PACK.at("payloadType", "expected " + PAYLOAD_TYPE + ", found " + envelope.payloadType());
        }
        return packOf(envelope.payload());
    }

    /** The pack of bytes that are to be signed: a whole one, since a base is not in the signed bytes. */
    public static Pack packOf(final byte[] utf8)
    {
        final Fact fact;
        try
        {
            fact = Fact.of(JsonView.root(StrictJson.read(utf8)).object());
        }
        catch (final JsonFormatException ex)
        {
            throw Refusal.BAD_PACK.at("payload", ex.getMessage());
        }
        if (fact.at("base").isThere())
        {
            throw Refusal.BAD_PACK.at("$.base", "a pack that is signed is whole: show it with --json and sign that");
        }
        return PackReader.read(fact);
    }

    /**
     * Decides on a signed pack and takes it when nothing speaks against it.
     *
     * @param trusted authorities, by their names.
     * @param at now: YYYY-MM-DDThh:mm:ssZ, not before the last acceptance.
     */
    public Decision offer(final Envelope envelope, final Collection<Authority> trusted, final String at)
    {
        final Pack pack = packOf(envelope);
        return decide(pack, envelope, trusted, at, history(pack.name()));
    }

    /**
     * Takes again what was accepted once: signatures and rules are looked at again, but what was shipped then may
     * have been replaced since. A {@link PolicyException} when it could not have been accepted.
     */
    public Decision again(final Envelope envelope, final Authority authority, final String at)
    {
        final Pack pack = packOf(envelope);
        final Decision decision = decide(pack, envelope, List.of(authority), at, acceptedHistory(pack.name()));
        for (final Objection objection : decision.objections)
        {
            throw Refusal.BAD_PACK.at(objection.code(), objection.message());
        }
        return decision;
    }

    /** Acceptances in order. */
    public List<Acceptance> acceptances()
    {
        return List.copyOf(acceptances);
    }

    /** When the last pack was accepted, or null. */
    public String lastAt()
    {
        return acceptances.isEmpty() ? null : acceptances.get(acceptances.size() - 1).at;
    }

    /** The accepted pack of that name in force at a moment, or null where there is none. */
    public Pack inForce(final String name, final String at)
    {
        return acceptedHistory(name).inForceAt(moment(at));
    }

    /** The packs of that name: the shipped one, then the accepted ones. */
    PackHistory history(final String name)
    {
        final PackHistory history = PackHistory.empty();
        if (PackLibrary.names().contains(name))
        {
            final Pack shipped = PackLibrary.shipped(name);
            history.accept(shipped, shipped.effective());
        }
        return accepted(name, history);
    }

    private PackHistory acceptedHistory(final String name)
    {
        return accepted(name, PackHistory.empty());
    }

    private PackHistory accepted(final String name, final PackHistory history)
    {
        acceptances.stream()
            .filter(acceptance -> name.equals(acceptance.pack.name()))
            .forEach(acceptance -> history.accept(acceptance.pack, Moment.parse(acceptance.effectiveFrom)));
        return history;
    }

    private Decision decide(
        final Pack pack, final Envelope envelope, final Collection<Authority> trusted, final String at,
        final PackHistory history)
    {
        final Moment now = moment(at);
        if (null != lastAt() && now.isBefore(moment(lastAt())))
        {
            throw Refusal.TIME_ORDER.at("at", "expected a time from " + lastAt() + " on, found " + at);
        }
        final Trusted authorities = new Trusted(byId(trusted));
        final Authority issuer = authorities.byId.get(pack.authority());
        final Set<VerifyingKey> signers = null == issuer ? Set.of() : envelope.signers(issuer.keys());
        final Moment effectiveFrom = Objections.effectiveFrom(pack, now);
        final List<Objection> objections = new ArrayList<>(Objections.against(
            pack, authorities, signers.stream().map(VerifyingKey::fingerprint).collect(Collectors.toSet()),
            internationalsAt(effectiveFrom), history, now));
        if (null != issuer && !issuer.mayIssue(pack.name()))
        {
            objections.add(new Objection(Reason.UNKNOWN_AUTHORITY, null,
                "$.name: " + issuer.id() + " may issue " + issuer.packs() + ", not " + pack.name()));
        }
        if (!objections.isEmpty())
        {
            return new Decision(pack, null, objections);
        }
        final Acceptance acceptance =
            new Acceptance(pack, at, effectiveFrom.text(), issuer.isInternational(), signers);
        acceptances.add(acceptance);
        return new Decision(pack, acceptance, List.of());
    }

    /** The packs of international agencies, whatever their names, that are in force then. */
    private List<Pack> internationalsAt(final Moment moment)
    {
        final List<Pack> packs = new ArrayList<>();
        acceptances.stream().map(acceptance -> acceptance.pack.name()).distinct().forEach(name ->
        {
            final Pack pack = acceptedHistory(name).inForceAt(moment);
            acceptances.stream()
                .filter(acceptance -> acceptance.pack == pack && acceptance.isInternational)
                .forEach(acceptance -> packs.add(pack));
        });
        return packs;
    }

    private static Map<String, Authority> byId(final Collection<Authority> authorities)
    {
        final Map<String, Authority> byId = new LinkedHashMap<>();
        authorities.forEach(authority -> byId.put(authority.id(), authority));
        return byId;
    }

    private static Moment moment(final String text)
    {
        final Moment moment = Moment.parse(text);
        if (null == moment)
        {
            throw Refusal.BAD_TIME.at("at", "expected a moment as YYYY-MM-DDThh:mm:ssZ, found " + text);
        }
        return moment;
    }

    /** Authorities whose keys are known; their names are fingerprints. */
    private record Trusted(Map<String, Authority> byId) implements Authorities
    {
        @Override
        public boolean isKnown(final String authority)
        {
            return byId.containsKey(authority);
        }

        @Override
        public boolean isInternational(final String authority)
        {
            return isKnown(authority) && byId.get(authority).isInternational();
        }

        @Override
        public Mandate mandate(final String authority)
        {
            return byId.get(authority).mandate();
        }
    }
}
