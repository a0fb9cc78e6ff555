/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The facts of a case, each where determinations read it, with where it came from. */
final class CaseFacts
{
    /** Where a fact came from. */
    enum Origin
    {
        GRAPH, FACTS, PLAN, CLOCK, ABSENT
    }

    private final Source source;
    private final Figures figures;
    private final Facts declared;
    private final Plan plan;
    private final String now;
    private final ObjectNode facts;
    private final Map<String, Origin> origins = new HashMap<>();
    private final Map<String, BitSet> behind = new HashMap<>();
    private final FlopInterval training;
    private String untimed;

    /** @param source null when there is nothing but a plan. */
    CaseFacts(final Source source, final Figures figures, final Facts declared, final Plan plan, final String now)
    {
        this.source = source;
        this.figures = figures;
        this.declared = declared;
        this.plan = plan;
        this.now = now;
        facts = declared.copy();
        facts.remove(List.of("schema", "deployment"));
        facts.put("now", now);
        origins.put("now", null == declared.now() ? Origin.CLOCK : Origin.FACTS);
        training = trainingSoFar();
        addTraining();
        addDeployment();
        addModifier();
        addFrontier();
        addReport();
    }

    ObjectNode json()
    {
        return facts;
    }

    FlopInterval training()
    {
        return training;
    }

    /** The value at a dotted path, or null. */
    JsonNode at(final String path)
    {
        JsonNode value = facts;
        for (final String name : path.split("\\."))
        {
            value = null == value ? null : value.get(name);
        }
        return value;
    }

    Origin origin(final String path)
    {
        return null == at(path) ? Origin.ABSENT : origins.getOrDefault(path, Origin.FACTS);
    }

    /** Vertices whose sum a figure is, or null when it is no sum over the graph. */
    BitSet behind(final String path)
    {
        return behind.get(path);
    }

    private FlopInterval trainingSoFar()
    {
        if (null == source)
        {
            final JsonNode said = declared.at("model", "training");
            return null == said ? FlopInterval.ZERO : interval(said);
        }
        refuseDeclared("model", "training");
        refuseDeclared("run", "done");
        refuseDeclared("frontier", "own");
        refuseDeclared("raise", "training");
        return figures.training();
    }

    private void refuseDeclared(final String part, final String name)
    {
        if (null != declared.at(part, name))
        {
            throw new JsonFormatException("$." + part + '.' + name,
                "this figure is the graph's; leave it out, or assess without MODEL");
        }
    }

    private void addTraining()
    {
        if (null == source && null == plan && null == declared.at("model", "training"))
        {
            return;
        }
        final BitSet vertices = null == source ? null : figures.counted(source.model());
        final FlopInterval reached = null == plan ? training : training.add(plan.flop());
        final ObjectNode model = facts.withObject("/model");
        put(model, "training", "model.training", reached, vertices);
        putDated("done", reached, vertices);
        final JsonNode estimates = declared.at("run", "estimates");
        putDated("estimates", null == estimates ? reached : widest(reached, estimates), vertices);
        put(facts.withObject("/raise"), "training", "raise.training", reached, vertices);
        addEvidence(model, "training", vertices);
        if (null != source && source.isRecorded())
        {
            final boolean isComplete =
                source.isCertain() && !Source.UNKNOWN.equals(figures.basis(source.graph().closure(
                    source.graph().results(source.model()))));
            model.withObject("/evidence").put("ancestorsComplete", isComplete);
        }
        else if (null == source && null == declared.at("model", "evidence", "ancestorsComplete"))
        {
            model.withObject("/evidence").put("ancestorsComplete", false);
        }
    }

    /** A recorded graph knows what its figures rest on; of any other its author may say so. */
    private void addEvidence(final ObjectNode model, final String figure, final BitSet vertices)
    {
        final boolean isMetered = null != source && source.isRecorded() && null == plan;
        if (isMetered || null == declared.at("model", "evidence", figure, "basis"))
        {
            model.withObject("/evidence").withObject('/' + figure).putArray("basis")
                .add(isMetered ? figures.basis(vertices) : Source.DECLARED);
        }
    }

    /** What was expected before holds until more is reached; both ends, each for itself. */
    private FlopInterval widest(final FlopInterval reached, final JsonNode estimates)
    {
        FlopInterval expected = reached;
        for (final JsonNode entry : estimates)
        {
            final JsonNode at = entry.get("at");
            if (null != at && at.asString().compareTo(now) <= 0 && null != entry.get("total"))
            {
                expected = max(reached, interval(entry.get("total")));
            }
        }
        return expected;
    }

    private void putDated(final String name, final FlopInterval total, final BitSet vertices)
    {
        final ObjectNode run = facts.withObject("/run");
        final ArrayNode entries = run.has(name) ? (ArrayNode)run.get(name) : run.putArray(name);
        int at = entries.size();
        while (at > 0 && now.compareTo(entries.get(at - 1).path("at").asString("")) < 0)
        {
            // Later than now: it is for later assessments, but in order.
            at--;
        }
        entries.insertObject(at).put("at", now).set("total", json(total));
        mark("run." + name, vertices);
    }

    private void addDeployment()
    {
        final JsonNode sequence = declared.at("deployment", "sequence");
        final String output = declared.text("deployment", "output");
        if (null == source || null == sequence && null == output)
        {
            return;
        }
        final CausalGraph graph = source.graph();
        final ObjectNode model = facts.withObject("/model");
        if (null != output)
        {
            final BitSet behindOutput = graph.closure(graph.results(source.idsOf().apply(output)));
            put(model, "output", "model.output", figures.total(behindOutput), behindOutput);
        }
        if (null != sequence)
        {
            final List<String> ids = outputs(sequence);
            final BitSet served = graph.closure(graph.results(ids));
            served.andNot(graph.closure(graph.results(source.model())));
            put(model, "rate", "model.rate", figures.rate(ids), served);
            addEvidence(model, "rate", served);
            addWork(graph, served);
        }
    }

    /** Between fewer than two outputs no time passes, so there is no rate: which isn't a rate of zero. */
    private List<String> outputs(final JsonNode sequence)
    {
        if (sequence.size() < 2)
        {
            throw new JsonFormatException("$.deployment.sequence",
                "expected two outputs or more, in the order of their times, found " + sequence.size());
        }
        final List<String> ids = new ArrayList<>();
        for (final JsonNode name : sequence)
        {
            ids.add(source.idOf(name.asString(), "$.deployment.sequence[" + ids.size() + ']'));
        }
        return ids;
    }

    /** A computation behind the outputs whose time isn't known, or null. */
    String untimed()
    {
        return untimed;
    }

    /** Spans for sliding windows, from the earliest on; without a time of any of them the rate can't be bounded. */
    private void addWork(final CausalGraph graph, final BitSet served)
    {
        Ratio first = null;
        for (int v = served.nextSetBit(0); v >= 0; v = served.nextSetBit(v + 1))
        {
            if (graph.isComputation(v))
            {
                final Activity activity = graph.activity(v);
                if (null == activity.start() || null == activity.end())
                {
                    untimed = graph.name(v);
                    return;
                }
                first = null == first ? activity.start() : first.min(activity.start());
            }
        }
        if (null == first)
        {
            return;
        }
        final String model = String.join(" ", source.model());
        facts.put("rateOf", model);
        final ArrayNode work = facts.putArray("work");
        for (final Figures.Item item : figures.items(served))
        {
            final int vertex = graph.result(item.id());
            final Activity activity = graph.activity(vertex);
            work.addObject().put("model", model).put("cluster", "graph")
                .put("from", activity.start().subtract(first).toString())
                .put("to", activity.end().subtract(first).toString())
                .set("flop", json(source.isCertain() ? item.flop() :
                    FlopInterval.unbounded(item.flop().lower(), item.flop().point())));
        }
        mark("work", served);
    }

    private void addModifier()
    {
        final String original = declared.text("modifier", "originalNode");
        if (null == original)
        {
            return;
        }
        final ObjectNode modifier = (ObjectNode)facts.get("modifier");
        modifier.remove("originalNode");
        if (null != source)
        {
            refuseDeclared("modifier", "compute");
            refuseDeclared("modifier", "original");
            final BitSet before = figures.counted(source.idsOf().apply(original));
            final BitSet difference = figures.counted(source.model());
            difference.andNot(before);
            final FlopInterval modification = figures.total(difference);
            put(modifier, "compute", "modifier.compute",
                null == plan ? modification : modification.add(plan.flop()), difference);
            put(modifier, "original", "modifier.original", figures.total(before), before);
        }
    }

    private void addFrontier()
    {
        if (!facts.path("model").has("training"))
        {
            return;
        }
        final ObjectNode frontier = facts.withObject("/frontier");
        final String base = declared.text("frontier", "baseNode");
        frontier.remove("baseNode");
        FlopInterval own = training;
        BitSet vertices = null == source ? null : figures.counted(source.model());
        if (null != base && null != source)
        {
            refuseDeclared("frontier", "base");
            final BitSet before = figures.counted(source.idsOf().apply(base));
            vertices.andNot(before);
            own = figures.total(vertices);
            put(frontier, "base", "frontier.base", figures.total(before), before);
        }
        mark("frontier.own", vertices);
        origins.put("frontier.own", null == source ? Origin.FACTS : Origin.GRAPH);
        frontier.set("own", json(own));
        if (null != plan)
        {
            put(frontier, "intended", "frontier.intended", own.add(plan.flop()), vertices);
        }
        if (!frontier.has("initiated") && (null != plan || !own.lower().isZero()))
        {
            frontier.put("initiated", true);
            origins.put("frontier.initiated", null == plan ? Origin.GRAPH : Origin.PLAN);
        }
    }

    private void addReport()
    {
        final JsonNode basis = facts.path("model").path("evidence").path("training").get("basis");
        final ObjectNode report = facts.withObject("/report");
        final JsonNode signer = declared.at("model", "evidence", "signer");
        if (null != basis && !report.has("basis"))
        {
            report.set("basis", basis.deepCopy());
            origins.put("report.basis", origins.getOrDefault("model.training", Origin.FACTS));
        }
        if (null != signer && !report.has("signer"))
        {
            report.set("signer", signer);
        }
    }

    private void put(
        final ObjectNode part, final String name, final String path, final FlopInterval flop, final BitSet vertices)
    {
        part.set(name, json(flop));
        mark(path, vertices);
    }

    private void mark(final String path, final BitSet vertices)
    {
        origins.put(path, null != plan && !"frontier.own".equals(path) && !"model.rate".equals(path) ? Origin.PLAN :
            null == source ? Origin.FACTS : Origin.GRAPH);
        if (null != vertices)
        {
            behind.put(path, vertices);
        }
    }

    static ObjectNode json(final FlopInterval flop)
    {
        final ObjectNode json = JsonNodeFactory.instance.objectNode();
        return json.put("lower", flop.lower().toString()).put("point", flop.point().toString())
            .put("upper", flop.upperText());
    }

    /** A quantity that was read already; one of 2^128 or more is an overflow. */
    static FlopInterval interval(final JsonNode quantity)
    {
        if (quantity.isString())
        {
            return "unknown".equals(quantity.asString()) ? FlopInterval.unbounded(FlopCount.ZERO, FlopCount.ZERO) :
                FlopInterval.exact(FlopCount.parse(quantity.asString()));
        }
        final FlopCount lower = FlopCount.parse(quantity.get("lower").asString());
        final FlopCount point = FlopCount.parse(quantity.get("point").asString());
        final String upper = quantity.get("upper").asString();
        return FlopInterval.UNBOUNDED.equals(upper) ? FlopInterval.unbounded(lower, point) :
            FlopInterval.of(lower, point, FlopCount.parse(upper));
    }

    private static FlopInterval max(final FlopInterval one, final FlopInterval other)
    {
        final FlopCount lower = one.lower().max(other.lower());
        final FlopCount point = one.point().max(other.point());
        return one.isBounded() && other.isBounded() ?
            FlopInterval.of(lower, point, one.upper().max(other.upper())) : FlopInterval.unbounded(lower, point);
    }
}
