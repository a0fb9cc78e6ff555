/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.util.List;
import java.util.Locale;

/** What is asked of every pack that has a rule for it; the names are those of the policy's determinations. */
public enum Question
{
    REGISTRATION("registrationLimit", List.of(limit("registrationLimit", Figure.ESTIMATES)),
        "run.estimates", "run.primarilyBiological",
        "developer.headquarters", "developer.businessIn", "developer.chipsMadeIn"),
    PAUSE("pauseState", List.of(limit("trainingLimit", Figure.ESTIMATES)),
        "run.estimates", "run.startedAt", "developer.headquarters", "developer.businessIn", "developer.chipsMadeIn"),
    CAP("trainingLimit", List.of(limit("trainingLimit", Figure.DONE)), "run.done"),
    CLUSTER("clusterCapability", List.of(reached("clusterCapability", Figure.NONE)), "inventory"),
    TIER("tierDuties",
        List.of(limit("trainingLimit", Figure.TRAINING), limit("rateLimit", Figure.RATE)),
        "model.training", "model.output", "model.rate", "model.autonomy", "model.generality", "model.intelligence",
        "model.developerIn", "model.availableIn", "model.usedIn"),
    HARBOURS("harbourTraining",
        List.of(reached("harbourTraining", Figure.TRAINING), reached("harbourRate", Figure.RATE)),
        "model.training", "model.rate", "model.autonomy", "model.generality", "model.intelligence",
        "model.evidence", "model.modifications", "model.assurance", "model.parties", "claims", "approvers"),
    RATE("rateWindow", List.of(limit("rateLimit", Figure.NONE)), "work"),
    EU("euSystemicAbove",
        List.of(limit("euSystemicAbove", Figure.ESTIMATES), limit("euGpaiAbove", Figure.ESTIMATES)),
        "run.estimates", "generates", "modifier.compute", "modifier.original", "modifier.originalSystemic"),
    FRONTIER("frontierAbove",
        List.of(limit("frontierAbove", Figure.OWN), limit("frontierLargeRevenueUsd", Figure.REVENUE)),
        "frontier.own", "frontier.base", "frontier.intended", "frontier.initiated", "frontier.revenueUsd"),
    RAISE("raiseAbove",
        List.of(limit("raiseAbove", Figure.RAISE), limit("raiseCostUsd", Figure.COST)),
        "raise.training", "raise.computeCostUsd", "raise.distilledFromCovered"),
    TPP(null, List.of(), "tpp"),
    REPORTING("phase", List.of(),
        "report.basis", "report.signer", "report.documents", "report.attested", "report.perOutput");

    /** A figure that is held against a threshold: where determinations read it. NONE: in the answer alone. */
    enum Figure
    {
        NONE(null),
        ESTIMATES("run.estimates"), DONE("run.done"), TRAINING("model.training"), RATE("model.rate"),
        OWN("frontier.own"), REVENUE("frontier.revenueUsd"), RAISE("raise.training"), COST("raise.computeCostUsd");

        private final String path;

        Figure(final String path)
        {
            this.path = path;
        }

        String path()
        {
            return path;
        }
    }

    /** @param isInclusive whether the threshold itself is on the far side. */
    record Limit(String field, Figure figure, boolean isInclusive)
    {
    }

    private final String rule;
    private final List<Limit> limits;
    private final List<String> reads;

    Question(final String rule, final List<Limit> limits, final String... reads)
    {
        this.rule = rule;
        this.limits = limits;
        this.reads = List.of(reads);
    }

    /** As the policy names it. */
    public String ask()
    {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Field of a pack without which it has no rule for this; null when it needs none. */
    String rule()
    {
        return rule;
    }

    List<Limit> limits()
    {
        return limits;
    }

    /** Facts that it looks at. */
    List<String> reads()
    {
        return reads;
    }

    private static Limit limit(final String field, final Figure figure)
    {
        return new Limit(field, figure, false);
    }

    private static Limit reached(final String field, final Figure figure)
    {
        return new Limit(field, figure, true);
    }
}
