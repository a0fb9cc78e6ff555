/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.document;

import java.util.List;
import java.util.Map;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.RatioInterval;
import org.flopmeter.graph.WeightedSum;
import org.flopmeter.json.JsonView;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Answers the queries of a document; one that can't be answered gives its error in its place. */
public final class QueryAnswers
{
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Quantities quantities;

    public QueryAnswers(final CausalGraph graph)
    {
        quantities = new Quantities(graph);
    }

    /** One answer a query, in order. A document without queries has none. */
    public ArrayNode answers(final JsonView document)
    {
        final ArrayNode answers = JSON.arrayNode();
        final JsonView queries = document.optional("queries");
        if (null != queries)
        {
            queries.elements().forEach(query -> answers.add(answer(query)));
        }
        return answers;
    }

    private ObjectNode answer(final JsonView query)
    {
        try
        {
            return answered(query);
        }
        catch (final GraphRefusedException ex)
        {
            return JSON.objectNode().put("error", ex.refusal().name()).put("message", ex.getMessage());
        }
    }

    private ObjectNode answered(final JsonView query)
    {
        if (!query.node().isObject())
        {
            throw QueryReader.bad(query, "an object with a member \"op\"");
        }
        final JsonView op = query.optional("op");
        return switch (null == op || !op.node().isString() ? "" : op.string())
        {
            case "compute" -> sum(quantities.compute(QueryReader.nodes(query, "of")));
            case "marginal" ->
                sum(quantities.marginal(QueryReader.nodes(query, "of"), QueryReader.nodes(query, "after")));
            case "unattributed" -> sum(quantities.unattributed(QueryReader.nodes(query, "of")));
            case "weighted" ->
                weighted(quantities.weighted(QueryReader.nodes(query, "of"), QueryReader.factors(query)));
            case "threshold" -> JSON.objectNode().put("verdict",
                quantities.threshold(QueryReader.nodes(query, "of"), QueryReader.limit(query)).jsonName());
            case "rate" -> rates(quantities.rates(QueryReader.nodes(query, "sequence")));
            case "naive-difference" -> differences(quantities.naiveDifferences(QueryReader.nodes(query, "sequence")));
            case "windowed" -> windowed(query);
            default -> throw QueryReader.bad(null == op ? query : op, "a member \"op\" that names a quantity");
        };
    }

    private ObjectNode windowed(final JsonView query)
    {
        final RatioInterval rate = quantities.windowed(QueryReader.nodes(query, "of"),
            QueryReader.seconds(query, "from"), QueryReader.seconds(query, "to"));
        final ObjectNode answer = JSON.objectNode();
        answer.set("rate", ends(rate));
        return answer;
    }

    private static ObjectNode sum(final CausalSum sum)
    {
        final ObjectNode answer = JSON.objectNode();
        answer.set("total", ends(sum.total()));
        answer.set("counted", names(sum.counted()));
        final ObjectNode byPrecision = answer.putObject("byPrecision");
        sum.byPrecision().forEach((precision, flop) -> byPrecision.set(precision, ends(flop)));
        return answer;
    }

    private static ObjectNode weighted(final WeightedSum sum)
    {
        final ObjectNode answer = JSON.objectNode();
        answer.set("total", ends(sum.total()));
        answer.set("counted", names(sum.counted()));
        final ObjectNode byPrecision = answer.putObject("byPrecision");
        for (final Map.Entry<String, RatioInterval> entry : sum.byPrecision().entrySet())
        {
            byPrecision.set(entry.getKey(), ends(entry.getValue()));
        }
        return answer;
    }

    private static ObjectNode rates(final List<RatioInterval> rates)
    {
        final ObjectNode answer = JSON.objectNode();
        final ArrayNode array = answer.putArray("rates");
        rates.forEach(rate -> array.add(ends(rate)));
        return answer;
    }

    private static ObjectNode differences(final List<Ratio> differences)
    {
        final ObjectNode answer = JSON.objectNode();
        final ArrayNode array = answer.putArray("rates");
        differences.forEach(difference -> array.add(difference.toString()));
        return answer;
    }

    private static ArrayNode names(final List<String> names)
    {
        final ArrayNode array = JSON.arrayNode();
        names.forEach(array::add);
        return array;
    }

    private static ArrayNode ends(final FlopInterval interval)
    {
        return JSON.arrayNode()
            .add(interval.lower().toString()).add(interval.point().toString()).add(interval.upperText());
    }

    private static ArrayNode ends(final RatioInterval interval)
    {
        return JSON.arrayNode()
            .add(interval.lower().toString()).add(interval.point().toString()).add(interval.upperText());
    }
}
