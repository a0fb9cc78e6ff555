/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** Must a run that might exceed the limit stop, while new runs are paused? */
final class PauseDetermination
{
    private PauseDetermination()
    {
    }

    static Answer determine(final Situation situation)
    {
        final Pack pack = situation.pack();
        final Choices.PauseState pause = pack.rule(PackField.PAUSE_STATE);
        if (Choices.PauseState.ACTIVE != pause)
        {
            final boolean isLifted = Choices.PauseState.LIFTED == pause;
            return inactive(isLifted ? Reason.PAUSE_LIFTED : Reason.PAUSE_NONE);
        }
        final Moment effective = pack.rule(PackField.PAUSE_EFFECTIVE);
        if (situation.now().isBefore(effective))
        {
            return inactive(Reason.PAUSE_NOT_YET_EFFECTIVE);
        }
        final String country = pack.rule(PackField.PAUSE_SCOPE);
        final Reasons reasons = links(Developer.read(situation.facts().at("developer")), country);
        if (reasons.isEmpty() && !Developer.ANYWHERE.equals(country))
        {
            return answer("OUT_OF_SCOPE", Truth.NO, reasons.add(Reason.OUT_OF_SCOPE));
        }
        return judge(situation, effective, reasons);
    }

    private static Answer judge(final Situation situation, final Moment effective, final Reasons reasons)
    {
        final Fact run = situation.facts().at("run");
        final Fact started = run.at("startedAt");
        final boolean isRunning = started.isThere() && started.moment().isBefore(effective);
        final Truth exceeds = Timeline.read(run.at("estimates"), situation).latest()
            .exceeds(situation.pack().rule(PackField.TRAINING_LIMIT));
        if (Truth.NO == exceeds)
        {
            return answer("ALLOWED", exceeds, reasons.add(Reason.CANNOT_EXCEED_LIMIT));
        }
        reasons.addBy(exceeds, Reason.WILL_EXCEED_LIMIT, Reason.MIGHT_EXCEED_LIMIT);
        return isRunning ?
            answer("FLAGGED", exceeds, reasons.add(Reason.ALREADY_RUNNING)) :
            answer("STOP", exceeds, reasons.add(Reason.NEW_RUN));
    }

    private static Reasons links(final Developer developer, final String country)
    {
        final Reasons links = new Reasons();
        if (!Developer.ANYWHERE.equals(country))
        {
            links.addIf(developer.isHeadquarteredIn(country), Reason.HEADQUARTERED)
                .addIf(developer.doesBusinessIn(country), Reason.DOES_BUSINESS)
                .addIf(developer.usesChipsFrom(country), Reason.USES_CHIPS)
                .addIf(!developer.isKnown(), Reason.SCOPE_ASSUMED);
        }
        return links;
    }

    private static Answer inactive(final Reason reason)
    {
        return answer("NOT_ACTIVE", Truth.NO, new Reasons().add(reason));
    }

    private static Answer answer(final String state, final Truth exceeds, final Reasons reasons)
    {
        return new Answer()
            .put("state", state)
            .put("provisional", exceeds.isUndetermined())
            .put("reasons", reasons);
    }
}
