/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.List;

/** Has a run exceeded the training limit, and since when? Lowering a limit acts from its effective time. */
final class CapDetermination
{
    private static final String WITHIN = "WITHIN";

    private CapDetermination()
    {
    }

    static Answer determine(final Situation situation)
    {
        final Timeline done = Timeline.read(situation.facts().at("run").at("done"), situation);
        final List<Timeline.Event> events = done.events((pack, total) -> state(exceeds(pack, total)));
        final Truth exceeds = exceeds(situation.pack(), done.latest());
        return new Answer()
            .put("state", Timeline.last(events).state())
            .put("provisional", exceeds.isUndetermined())
            .put("renewals", Truth.NO == exceeds ? "ALLOWED" : "DENIED")
            .put("limit", situation.pack().rule(PackField.TRAINING_LIMIT))
            .put("events", Timeline.answers(events))
            .put("reasons", new Reasons().addBy(exceeds, Reason.LIMIT_EXCEEDED, Reason.LIMIT_MAY_BE_EXCEEDED));
    }

    private static Truth exceeds(final Pack pack, final Quantity total)
    {
        return total.exceeds(pack.rule(PackField.TRAINING_LIMIT));
    }

    static String state(final Truth exceeds)
    {
        return switch (exceeds)
        {
            case NO -> WITHIN;
            case YES -> "EXCEEDED";
            default -> "UNDETERMINED";
        };
    }
}
