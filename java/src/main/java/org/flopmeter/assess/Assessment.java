/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.util.List;
import org.flopmeter.graph.view.RuleView;
import org.flopmeter.graph.view.ViewComparison;
import org.flopmeter.policy.Pack;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What packs say about a model, a planned run or both: a document of flopmeter/assessment/v1.
 * <p>
 * A pure function of its input. Faults of nodes are GraphRefusedExceptions, of facts JsonFormatExceptions with the path
 * in the facts' document; sums of 2^128 or more FlopOverflowExceptions.
 */
public final class Assessment
{
    public static final String SCHEMA = "flopmeter/assessment/v1";

    private Assessment()
    {
    }

    /**
     * The assessment.
     *
     * @param source      the graph with the model, null for a plan alone.
     * @param plan        null for none.
     * @param clock       YYYY-MM-DDThh:mm:ssZ, used where the facts name no moment.
     * @param isExplained adds every computation that is counted.
     */
    public static ObjectNode of(
        final Source source,
        final List<Pack> packs,
        final Facts facts,
        final Plan plan,
        final String clock,
        final boolean isExplained)
    {
        final String now = null == facts.now() ? clock : facts.now();
        final ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.put("schema", SCHEMA).put("now", now);
        final ArrayNode of = document.putArray("of");
        if (null != source)
        {
            source.model().forEach(of::add);
            document.put("graph", source.isRecorded() ? "RECORDED" : "DECLARED").put("complete", source.isCertain());
        }
        if (null != plan)
        {
            document.putObject("plan").put("basis", "ANALYTIC").put("formula", plan.formula())
                .set("flop", CaseFacts.json(plan.flop()));
        }
        final ArrayNode assessments = document.putArray("packs");
        for (final Pack pack : packs)
        {
            assessments.add(new PackAssessment(pack, source, facts, plan, now).json(isExplained));
        }
        if (packs.size() > 1)
        {
            addDifferences(document, source, assessments);
        }
        return document;
    }

    /** Every view that comes with the program, of a pack or not, beside the whole graph. */
    private static void addDifferences(final ObjectNode document, final Source source, final ArrayNode assessments)
    {
        final ObjectNode verdicts = document.putObject("sideBySide");
        for (final Question question : Question.values())
        {
            final ObjectNode row = verdicts.putObject(question.ask());
            for (final JsonNode assessment : assessments)
            {
                final JsonNode determination = assessment.get("determinations").get(question.ask());
                row.put(assessment.get("pack").get("name").asString(), Verdicts.of(question, determination));
            }
        }
        if (null == source)
        {
            return;
        }
        final ArrayNode views = document.putArray("views");
        for (final RuleView view : RuleView.shipped())
        {
            final ViewComparison comparison = ViewComparison.of(source.graph(), view, source.model());
            final ObjectNode json = views.addObject().put("name", view.name()).put("status", view.status());
            json.set("total", CaseFacts.json(comparison.counted().total()));
            json.set("leftOutTotal", CaseFacts.json(comparison.leftOutTotal()));
            addLeftOut(json.putArray("leftOut"), comparison);
        }
    }

    /** Each computation that a view does not count, and why. */
    static void addLeftOut(final ArrayNode leftOut, final ViewComparison comparison)
    {
        comparison.leftOut().forEach(item -> leftOut.addObject().put("computation", item.computation())
            .put("purpose", item.purpose().jsonName())
            .put("why", item.isOutOfReach() ? "out-of-reach" : item.treatment().jsonName())
            .set("flop", CaseFacts.json(item.flop())));
    }
}
