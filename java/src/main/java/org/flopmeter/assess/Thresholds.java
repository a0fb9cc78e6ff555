/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.math.BigInteger;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Thresholds of a pack beside the figures that are held against them, and what would settle those it can't decide. */
final class Thresholds
{
    /** What would settle a question that is open. Texts: settle.* */
    enum Settling
    {
        UPPER_UNBOUNDED, INTERVAL_STRADDLES, FACT_UNKNOWN, RECORDS_LOST, LINK_UNKNOWN, PEAK_UNKNOWN, PEAK_STRADDLES
    }

    private enum Relation
    {
        BEYOND, SHORT, STRADDLES
    }

    /** Facts that an answer waits for when they are not known. */
    private static final Set<String> DECISIVE = Set.of(
        "model.autonomy", "model.generality", "model.intelligence", "model.training", "model.rate",
        "model.modifications", "inventory", "modifier.original", "frontier.revenueUsd", "raise.computeCostUsd",
        "raise.distilledFromCovered");

    private static final Ratio TENTH = Ratio.of(BigInteger.ONE, BigInteger.TEN);

    private final Source source;
    private final Figures figures;
    private final CaseFacts facts;
    private final ObjectNode pack;

    Thresholds(final Source source, final Figures figures, final CaseFacts facts, final ObjectNode pack)
    {
        this.source = source;
        this.figures = figures;
        this.facts = facts;
        this.pack = pack;
    }

    /** Every threshold that the question looks at and the pack has. */
    void describe(final Question question, final ArrayNode into)
    {
        for (final Question.Limit limit : question.limits())
        {
            final Ratio value = value(limit.field());
            if (null == value)
            {
                continue;
            }
            final ObjectNode threshold = into.addObject().put("field", limit.field()).put("value", value.toString())
                .put("comparison", limit.isInclusive() ? "AT_LEAST" : "ABOVE");
            addSource(threshold, limit.field());
            final FlopInterval figure = figure(limit);
            if (null != figure)
            {
                threshold.put("figure", limit.figure().path()).put("relation", relation(figure, value, limit).name())
                    .set("flop", CaseFacts.json(figure));
            }
        }
    }

    /** What would settle the question. */
    void settle(final Question question, final ArrayNode into)
    {
        for (final Question.Limit limit : question.limits())
        {
            final Ratio value = value(limit.field());
            final FlopInterval figure = null == value ? null : figure(limit);
            // What is not known at all is named below, as a fact.
            if (null != figure && Relation.STRADDLES == relation(figure, value, limit) && !isUnknown(limit))
            {
                settle(limit, figure, into);
            }
        }
        for (final String path : question.reads())
        {
            final JsonNode value = facts.at(path);
            final boolean isUnknown = null == value || value.isString() && "unknown".equalsIgnoreCase(value.asString());
            if (isUnknown && DECISIVE.contains(path))
            {
                into.addObject().put("code", Settling.FACT_UNKNOWN.name()).put("fact", "$." + path);
            }
        }
    }

    private boolean isUnknown(final Question.Limit limit)
    {
        return facts.at(limit.figure().path()).isString() &&
            "unknown".equals(facts.at(limit.figure().path()).asString());
    }

    private void settle(final Question.Limit limit, final FlopInterval figure, final ArrayNode into)
    {
        final String path = limit.figure().path();
        final BitSet behind = facts.behind(path);
        final List<Figures.Item> items = null == behind ? List.of() : figures.items(behind);
        final boolean isBounded = figure.isBounded();
        final List<Figures.Item> wide = items.stream().filter(item ->
            isBounded ? 0 != item.width().signum() : !item.flop().isBounded()).toList();
        if (!wide.isEmpty())
        {
            final ArrayNode computations = into.addObject()
                .put("code", (isBounded ? Settling.INTERVAL_STRADDLES : Settling.UPPER_UNBOUNDED).name())
                .put("figure", path).put("field", limit.field()).putArray("computations");
            wide.forEach(item -> computations.add(item.id()));
        }
        else if (null != source && !source.isCertain() && null != behind)
        {
            into.addObject().put("code", Settling.RECORDS_LOST.name()).put("figure", path).put("field", limit.field());
        }
        else
        {
            into.addObject().put("code", Settling.FACT_UNKNOWN.name()).put("fact", "$." + path)
                .put("field", limit.field());
        }
    }

    /** Null where no fact is the figure. */
    private FlopInterval figure(final Question.Limit limit)
    {
        if (Question.Figure.NONE == limit.figure())
        {
            return null;
        }
        JsonNode figure = facts.at(limit.figure().path());
        if (null != figure && figure.isArray())
        {
            JsonNode latest = null;
            for (final JsonNode entry : figure)
            {
                final boolean isPast = entry.get("at").asString().compareTo(facts.at("now").asString()) <= 0;
                latest = isPast ? entry.get("total") : latest;
            }
            figure = latest;
        }
        return null == figure ? null : CaseFacts.interval(figure);
    }

    private static Relation relation(final FlopInterval figure, final Ratio value, final Question.Limit limit)
    {
        if (isBeyond(Ratio.of(figure.lower()), value, limit))
        {
            return Relation.BEYOND;
        }
        return figure.isBounded() && !isBeyond(Ratio.of(figure.upper()), value, limit) ?
            Relation.SHORT : Relation.STRADDLES;
    }

    private static boolean isBeyond(final Ratio bound, final Ratio value, final Question.Limit limit)
    {
        final int order = bound.compareTo(value);
        return order > 0 || 0 == order && limit.isInclusive();
    }

    /** Null when the pack does not have it; "auto" is a tenth of the cap. */
    private Ratio value(final String field)
    {
        final JsonNode value = pack.get(field);
        if (null == value)
        {
            return null;
        }
        if (!"auto".equals(value.asString()))
        {
            return Ratio.of(new BigInteger(value.asString()));
        }
        final Ratio cap = value("harbourTraining".equals(field) ? "trainingLimit" : "rateLimit");
        return null == cap ? null : cap.multiply(TENTH);
    }

    private void addSource(final ObjectNode threshold, final String field)
    {
        for (final JsonNode entry : pack.path("sources"))
        {
            for (final JsonNode name : entry.path("fields"))
            {
                if (field.equals(name.asString()))
                {
                    threshold.put("citation", entry.get("citation").asString())
                        .put("status", entry.get("status").asString());
                    return;
                }
            }
        }
        threshold.putNull("citation").put("status", "unverified");
    }
}
