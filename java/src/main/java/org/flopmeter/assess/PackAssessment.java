/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.util.BitSet;
import org.flopmeter.graph.view.RuleView;
import org.flopmeter.graph.view.ViewComparison;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.policy.Pack;
import org.flopmeter.policy.PolicyCase;
import org.flopmeter.policy.PolicyException;
import org.flopmeter.policy.Refusal;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Everything that one pack says. */
final class PackAssessment
{
    private enum Status
    {
        ANSWERED, NOT_ANSWERED, NO_RULE
    }

    private static final String FACTS_PREFIX = "$.facts";

    private final Pack pack;
    private final RuleView view;
    private final Source source;
    private final Figures figures;
    private final CaseFacts facts;
    private final Thresholds thresholds;
    private final boolean isInForce;

    /** @param source null when there is nothing but a plan. */
    PackAssessment(final Pack pack, final Source source, final Facts declared, final Plan plan, final String now)
    {
        this.pack = pack;
        this.source = source;
        view = PackViews.of(pack.name());
        figures = null == source ? null : new Figures(source, view);
        isInForce = pack.effectiveFrom().compareTo(now) <= 0;
        // A pack to come is asked as of its first moment: what it will say of the facts of now.
        facts = new CaseFacts(source, figures, declared, plan, isInForce ? now : pack.effectiveFrom());
        thresholds = new Thresholds(source, figures, facts, pack.document());
    }

    ObjectNode json(final boolean isExplained)
    {
        final ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.putObject("pack").put("name", pack.name()).put("version", pack.version())
            .put("authority", pack.authority()).put("status", pack.isVerified() ? "verified" : "unverified")
            .put("effective", pack.effectiveFrom()).put("inForce", isInForce);
        addFigures(json, isExplained);
        final ObjectNode determinations = json.putObject("determinations");
        final DutyList duties = new DutyList();
        final ArrayNode findings = JsonNodeFactory.instance.arrayNode();
        for (final Question question : Question.values())
        {
            final ObjectNode determination = determinations.putObject(question.ask());
            determine(question, determination);
            final JsonNode answer = determination.get("answer");
            if (null != answer)
            {
                duties.add(question, answer);
                addFindings(answer, question, findings);
            }
        }
        duties.into(json.putArray("duties"));
        json.set("findings", findings);
        return json;
    }

    private void addFigures(final ObjectNode json, final boolean isExplained)
    {
        final ObjectNode object = json.putObject("figures");
        if (null == view)
        {
            object.putNull("view");
        }
        else
        {
            object.putObject("view").put("name", view.name()).put("version", view.version())
                .put("status", view.status()).put("citation", view.citation());
        }
        object.set("training", CaseFacts.json(facts.training()));
        for (final String name : new String[] { "model.output", "model.rate", "modifier.compute", "frontier.base" })
        {
            if (CaseFacts.Origin.GRAPH == facts.origin(name) || null != facts.behind(name))
            {
                object.set(name.substring(name.indexOf('.') + 1), facts.at(name));
            }
        }
        if (null == source)
        {
            return;
        }
        final BitSet counted = figures.counted(source.model());
        object.put("basis", figures.basis(counted)).put("computations", figures.items(counted).size());
        final ObjectNode byPurpose = object.putObject("byPurpose");
        figures.byPurpose(counted)
            .forEach((purpose, flop) -> byPurpose.set(purpose.jsonName(), CaseFacts.json(flop)));
        if (isExplained)
        {
            final ArrayNode items = object.putArray("counted");
            figures.items(counted).forEach(item -> add(items.addObject(), item));
        }
        final ArrayNode leftOut = object.putArray("leftOut");
        if (null != view)
        {
            final ViewComparison comparison = ViewComparison.of(source.graph(), view, source.model());
            Assessment.addLeftOut(leftOut, comparison);
            object.set("leftOutTotal", CaseFacts.json(comparison.leftOutTotal()));
        }
    }

    private static void add(final ObjectNode json, final Figures.Item item)
    {
        json.put("computation", item.id()).put("purpose", item.purpose().jsonName()).put("basis", item.basis())
            .set("flop", CaseFacts.json(item.flop()));
    }

    private void determine(final Question question, final ObjectNode determination)
    {
        if (null != question.rule() && !pack.fields().contains(question.rule()))
        {
            determination.put("status", Status.NO_RULE.name()).put("field", question.rule());
            return;
        }
        final ClusterQuestion cluster =
            Question.CLUSTER == question ? new ClusterQuestion(pack, facts.json()) : null;
        final JsonNode answer;
        try
        {
            answer = null == cluster ? answer(question) : cluster.answer();
        }
        catch (final PolicyException ex)
        {
            refused(ex, determination);
            return;
        }
        determination.put("status", Status.ANSWERED.name()).put("open", isOpen(answer)).set("answer", answer);
        addFacts(question, determination.putArray("facts"));
        thresholds.describe(question, determination.putArray("thresholds"));
        if (isOpen(answer))
        {
            final ArrayNode settles = determination.putArray("settles");
            thresholds.settle(question, settles);
            if (null != cluster)
            {
                cluster.settle(answer, settles);
            }
        }
    }

    private JsonNode answer(final Question question)
    {
        final ObjectNode asked = JsonNodeFactory.instance.objectNode();
        asked.set("pack", pack.document());
        asked.putArray("ask").add(question.ask());
        asked.set("facts", facts.json());
        return PolicyCase.evaluate(JsonView.root(asked)).get("determinations").get(question.ask());
    }

    /** A fact or a rule that is not there leaves the question unanswered; whatever is wrong is for its author. */
    private void refused(final PolicyException ex, final ObjectNode determination)
    {
        final String message = ex.getMessage();
        final int colon = message.indexOf(": ");
        final String place = colon < 0 ? message : message.substring(0, colon);
        if (Refusal.RULE_NOT_IN_PACK == ex.refusal())
        {
            determination.put("status", Status.NO_RULE.name()).put("detail", message);
        }
        else if (Refusal.MISSING_FACT == ex.refusal())
        {
            determination.put("status", Status.NOT_ANSWERED.name()).put("missing", placeToPut(place));
            if ("$.facts.rateOf".equals(place) && null != facts.untimed())
            {
                determination.put("untimed", facts.untimed());
            }
        }
        else
        {
            throw new JsonFormatException(place.replace(FACTS_PREFIX, "$"),
                ex.refusal() + ": " + message.substring(Math.min(message.length(), place.length() + 2)));
        }
    }

    /** Facts lie in the file where determinations read them; what the graph gives has its own place. */
    private static String placeToPut(final String place)
    {
        switch (place)
        {
            case "$.facts.work":
            case "$.facts.rateOf":
                return "$.deployment.sequence";
            case "$.facts.run.estimates":
            case "$.facts.run.done":
            case "$.facts.model":
            case "$.facts":
                return "MODEL";
            case "$.facts.inventory.groups":
                return "$.inventory";
            default:
                return place.replace(FACTS_PREFIX, "$");
        }
    }

    private void addFacts(final Question question, final ArrayNode into)
    {
        for (final String path : question.reads())
        {
            final JsonNode value = facts.at(path);
            if (null != value)
            {
                into.addObject().put("fact", path).put("origin", facts.origin(path).name()).set("value", value);
            }
        }
    }

    private static void addFindings(final JsonNode answer, final Question question, final ArrayNode into)
    {
        for (final String name : new String[] { "reasons", "claimReasons" })
        {
            for (final JsonNode reason : answer.path(name))
            {
                into.addObject().put("code", reason.asString()).put("from", question.ask());
            }
        }
        for (final var harbour : answer.path("harbours").properties())
        {
            for (final String name : new String[] { "reasons", "claimReasons" })
            {
                harbour.getValue().path(name).forEach(reason -> into.addObject().put("code", reason.asString())
                    .put("from", question.ask()).put("harbour", harbour.getKey()));
            }
        }
    }

    /** Could more knowledge change it? */
    private static boolean isOpen(final JsonNode answer)
    {
        if (answer.path("provisional").asBoolean(false))
        {
            return true;
        }
        for (final JsonNode part : answer)
        {
            if (part.isString() && "UNDETERMINED".equals(part.asString()) || part.isContainer() && isOpen(part))
            {
                return true;
            }
        }
        return false;
    }
}
