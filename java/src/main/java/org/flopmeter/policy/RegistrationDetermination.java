/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.List;
import org.flopmeter.unit.Ratio;

/** Must a run be registered, from when, and how sure is that? */
final class RegistrationDetermination
{
    private enum State
    {
        NOT_IN_SCOPE, NOT_REQUIRED, ADVISED, REQUIRED
    }

    private enum Scope
    {
        OUTSIDE, INSIDE, ASSUMED
    }

    private final Developer developer;
    private final boolean isBiological;

    private RegistrationDetermination(final Fact facts)
    {
        developer = Developer.read(facts.at("developer"));
        isBiological = facts.at("run").at("primarilyBiological").isSet();
    }

    static Answer determine(final Situation situation)
    {
        final Fact facts = situation.facts();
        final Timeline estimates = Timeline.read(facts.at("run").at("estimates"), situation);
        return new RegistrationDetermination(facts).answer(situation.pack(), estimates);
    }

    private Answer answer(final Pack pack, final Timeline estimates)
    {
        final List<Timeline.Event> events = estimates.events((inForce, total) -> stateOf(inForce, total).name());
        final Scope scope = scopeOf(pack);
        final Truth isAbove = Scope.OUTSIDE == scope ? Truth.NO : estimates.latest().exceeds(limitOf(pack));
        return new Answer()
            .put("state", Timeline.last(events).state())
            .put("provisional", isAbove.isUndetermined())
            .put("reasons", reasons(pack, scope, isAbove))
            .put("events", Timeline.answers(events));
    }

    private State stateOf(final Pack pack, final Quantity total)
    {
        if (Scope.OUTSIDE == scopeOf(pack))
        {
            return State.NOT_IN_SCOPE;
        }
        final Ratio limit = limitOf(pack);
        final Ratio bound = switch (pack.rule(PackField.REGISTRATION_BASIS))
        {
            case LOWER -> total.lower();
            case POINT -> total.point();
            default -> total.upper();
        };
        return Quantity.isAbove(bound, limit) ? State.REQUIRED :
            Quantity.isAbove(total.upper(), limit) ? State.ADVISED : State.NOT_REQUIRED;
    }

    private Scope scopeOf(final Pack pack)
    {
        final String country = pack.rule(PackField.REGISTRATION_SCOPE);
        if (Developer.ANYWHERE.equals(country) ||
            developer.isHeadquarteredIn(country) || developer.doesBusinessIn(country))
        {
            return Scope.INSIDE;
        }
        return developer.isKnown() ? Scope.OUTSIDE : Scope.ASSUMED;
    }

    private boolean isBiologicalLimitUsed(final Pack pack)
    {
        return isBiological && pack.has(PackField.BIOLOGICAL_REGISTRATION_LIMIT);
    }

    private Ratio limitOf(final Pack pack)
    {
        return pack.rule(isBiologicalLimitUsed(pack) ?
            PackField.BIOLOGICAL_REGISTRATION_LIMIT : PackField.REGISTRATION_LIMIT);
    }

    private Reasons reasons(final Pack pack, final Scope scope, final Truth isAbove)
    {
        if (Scope.OUTSIDE == scope)
        {
            return new Reasons().add(Reason.OUT_OF_SCOPE);
        }
        return new Reasons()
            .addBy(isAbove, Reason.ABOVE_LIMIT, Reason.MAY_BE_ABOVE_LIMIT)
            .addIf(Truth.NO == isAbove, Reason.NOT_ABOVE_LIMIT)
            .addIf(Scope.ASSUMED == scope, Reason.SCOPE_ASSUMED)
            .addIf(isBiologicalLimitUsed(pack), Reason.BIOLOGICAL_LIMIT);
    }
}
