/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.document;

import java.math.BigDecimal;
import java.util.SortedMap;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.Edge;
import org.flopmeter.graph.Purpose;
import org.flopmeter.json.JsonView;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Writes a graph as native JSON, docs/schema/graph-v1.json: whoever reads it again has the same graph. */
public final class GraphWriter
{
    public static final String SCHEMA = "flopmeter/graph/v1";

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private GraphWriter()
    {
    }

    /**
     * The document of a graph. A graph made by hand may hold what the format can't: a time that is no decimal, or a
     * segment that doesn't start where the one before ended. That is an IllegalArgumentException, never a rounding.
     */
    public static ObjectNode write(final CausalGraph graph)
    {
        final ObjectNode document = JSON.objectNode().put("schema", SCHEMA);
        final ArrayNode nodes = document.putArray("nodes");
        for (int v = 0; v < graph.vertexCount(); v++)
        {
            final int at = graph.name(v).indexOf('@');
            if (at < 0)
            {
                nodes.add(node(graph, v));
            }
            else if (graph.name(v).endsWith("@1"))
            {
                nodes.add(segmented(graph, v, graph.name(v).substring(0, at)));
            }
        }
        final ArrayNode edges = document.putArray("edges");
        for (final Edge edge : graph.edges())
        {
            if (!isBetweenSegments(graph, edge))
            {
                edges.add(edge(graph, edge));
            }
        }
        return document;
    }

    /** Weights by precision, as the format spells them. */
    public static ObjectNode flop(final SortedMap<String, FlopInterval> flop)
    {
        final ObjectNode weights = JSON.objectNode();
        flop.forEach((precision, weight) -> weights.set(precision, weight(weight)));
        return weights;
    }

    /** A time in seconds, or JSON null where it is unknown. */
    public static JsonNode seconds(final Ratio time)
    {
        if (null == time)
        {
            return JSON.nullNode();
        }
        final JsonNode seconds = JSON.numberNode(decimal(time));
        if (!TimeReader.isSeconds(JsonView.root(seconds)))
        {
            throw new IllegalArgumentException(time + " s: expected " + TimeReader.EXPECTED);
        }
        return seconds;
    }

    /** The id of the node that a vertex belongs to. */
    public static String id(final CausalGraph graph, final int vertex)
    {
        final String name = graph.name(vertex);
        final int at = name.indexOf('@');
        return at < 0 ? name : name.substring(0, at);
    }

    /** Does the edge only join a segment to the next? Every reader of segments adds it himself. */
    public static boolean isBetweenSegments(final CausalGraph graph, final Edge edge)
    {
        return id(graph, edge.cause()).equals(id(graph, edge.effect()));
    }

    private static BigDecimal decimal(final Ratio time)
    {
        try
        {
            return new BigDecimal(time.numerator()).divide(new BigDecimal(time.denominator()));
        }
        catch (final ArithmeticException ex)
        {
            throw new IllegalArgumentException(time + " s has no decimal places that end", ex);
        }
    }

    private static ObjectNode node(final CausalGraph graph, final int vertex)
    {
        final ObjectNode node = JSON.objectNode().put("id", graph.name(vertex))
            .put("kind", graph.kind(vertex).jsonName());
        if (!graph.isComputation(vertex))
        {
            known(node, "t", graph.instant(vertex));
            return node;
        }
        final Activity activity = graph.activity(vertex);
        node.set("flop", flop(activity.flop()));
        known(node, "start", activity.start());
        known(node, "end", activity.end());
        purpose(node, activity);
        return node;
    }

    private static ObjectNode segmented(final CausalGraph graph, final int first, final String id)
    {
        final ObjectNode node = JSON.objectNode().put("id", id).put("kind", graph.kind(first).jsonName());
        known(node, "start", graph.activity(first).start());
        final ArrayNode segments = node.putArray("segments");
        Ratio begin = graph.activity(first).start();
        for (int v = first; v < graph.vertexCount() && id.equals(id(graph, v)); v++)
        {
            final Activity segment = graph.activity(v);
            if (null == begin ? null != segment.start() : !begin.equals(segment.start()))
            {
                throw new IllegalArgumentException("\"" + graph.name(v) + "\" starts at " + segment.start() +
                    " s, not where the segment before it ended: " + begin);
            }
            final ObjectNode part = segments.addObject();
            part.set("flop", flop(segment.flop()));
            known(part, "end", segment.end());
            purpose(part, segment);
            begin = segment.end();
        }
        return node;
    }

    private static ObjectNode edge(final CausalGraph graph, final Edge edge)
    {
        final ObjectNode node = JSON.objectNode()
            .put("from", graph.name(edge.cause())).put("to", graph.name(edge.effect()));
        if (Cut.NONE != edge.cut())
        {
            node.put("cut", edge.cut().jsonName()).put("argument", edge.argument());
        }
        return node;
    }

    private static JsonNode weight(final FlopInterval flop)
    {
        if (flop.isBounded() && flop.lower().equals(flop.upper()))
        {
            return JSON.stringNode(flop.point().toString());
        }
        return JSON.arrayNode()
            .add(flop.lower().toString()).add(flop.point().toString()).add(flop.upperText());
    }

    private static void purpose(final ObjectNode part, final Activity activity)
    {
        if (Purpose.UNSPECIFIED != activity.purpose())
        {
            part.put("purpose", activity.purpose().jsonName());
        }
    }

    private static void known(final ObjectNode node, final String name, final Ratio time)
    {
        if (null != time)
        {
            node.set(name, seconds(time));
        }
    }
}
