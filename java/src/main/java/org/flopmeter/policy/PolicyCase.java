/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.List;
import org.flopmeter.json.JsonView;
import tools.jackson.databind.node.ObjectNode;

/** A case: a pack, facts and what is asked about them. Format: docs/design/0013-policy.md. */
public final class PolicyCase
{
    private PolicyCase()
    {
    }

    /** The document with the determinations; a {@link PolicyException} when the input is refused. */
    public static ObjectNode evaluate(final JsonView document)
    {
        final Fact root = Fact.of(document).object();
        return evaluate(root, situation(root));
    }

    /**
     * What the accepted packs of a name determine about the facts of a case, each from its effective time. The pack
     * of the case is not looked at.
     */
    public static ObjectNode evaluate(final JsonView document, final AcceptedPacks accepted, final String name)
    {
        final Fact root = Fact.of(document).object();
        final Fact facts = root.at("facts").object();
        if (facts.at("offers").isThere())
        {
            throw Refusal.BAD_FACT.at(facts.at("offers").path(), "packs are accepted already; a case offers none");
        }
        final Moment now = facts.at("now").moment();
        final PackHistory history = accepted.history(name);
        if (null == history.inForceAt(now))
        {
            throw Refusal.NO_PACK_IN_FORCE.at(facts.at("now").path(), "no pack " + name + " is in force " + now);
        }
        return evaluate(root, new Situation(facts, now, history, history.inForceAt(now), List.of()));
    }

    private static ObjectNode evaluate(final Fact root, final Situation situation)
    {
        final Answer determinations = new Answer();
        for (final Fact asked : root.at("ask").elements())
        {
            determinations.put(asked.text(), Determinations.named(asked).determine(situation));
        }
        return new Answer()
            .put("pack", identity(situation.pack()))
            .put("determinations", determinations)
            .json();
    }

    static Answer identity(final Pack pack)
    {
        return new Answer().put("name", pack.name()).put("version", pack.version());
    }

    private static Situation situation(final Fact root)
    {
        final Fact facts = root.at("facts").object();
        final Moment now = facts.at("now").moment();
        final Authorities authorities = new CaseAuthorities(facts.at("authorities"));
        final Fact agreed = facts.at("international");
        final Pack international = agreed.isThere() ? PackReader.read(agreed) : null;
        final Pack installed = installed(root.at("pack"), authorities, international);
        if (installed.effective().isAfter(now))
        {
            throw Refusal.NO_PACK_IN_FORCE.at("$.pack", "effective from " + installed.effective() + ", now is " + now);
        }
        final PackHistory history = new PackHistory(installed);
        final List<Offers.Decision> decisions =
            new Offers(authorities, international, history).decide(facts.at("offers").elementsOrNone(), now);
        return new Situation(facts, now, history, history.inForceAt(now), decisions);
    }

    private static Pack installed(final Fact fact, final Authorities authorities, final Pack international)
    {
        if (!fact.isThere())
        {
            throw Refusal.BAD_PACK.at(fact.path(), "needed and not there");
        }
        final Pack pack = PackReader.read(fact);
        PackHistory.refuseHighHarbours(pack, fact.path());
        if (null != international && !authorities.isInternational(pack.authority()))
        {
            for (final PackField<?> field : Strictness.lessStrictFields(pack, international))
            {
                throw new PolicyException(
                    Refusal.LESS_STRICT, PackCheck.lessStrict(pack, international, field, fact.path()));
            }
        }
        return pack;
    }
}
