/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Edge;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.document.GraphWriter;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A graph as PROV-JSON (W3C member submission of 24 April 2013): computations are activities, artifacts are entities,
 * human input is an agent.
 * <p>
 * An edge from or to a person that PROV has no word for is an influence. A cut edge is the relation that it would be
 * without its cut, which stands beside it: who does not know our attributes counts too much, and not too little.
 */
public final class ProvExport
{
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String PREFIX = "flopmeter:";

    private final CausalGraph graph;
    private final Map<String, String> jobs;
    private final ObjectNode document = JSON.objectNode();

    private ProvExport(final CausalGraph graph, final Map<String, String> jobs)
    {
        this.graph = graph;
        this.jobs = jobs;
    }

    /**
     * The document.
     *
     * @param jobs labels of computations by id; those without one have none.
     */
    public static ObjectNode document(final CausalGraph graph, final Map<String, String> jobs)
    {
        return new ProvExport(graph, jobs).document();
    }

    private ObjectNode document()
    {
        document.putObject("prefix").put("flopmeter", "urn:flopmeter:graph:")
            .put("prov", "http://www.w3.org/ns/prov#").put("xsd", "http://www.w3.org/2001/XMLSchema#");
        for (int v = 0; v < graph.vertexCount(); v++)
        {
            add(v);
        }
        for (int i = 0; i < graph.edges().size(); i++)
        {
            add(graph.edges().get(i), i);
        }
        return document;
    }

    private void add(final int vertex)
    {
        final NodeKind kind = graph.kind(vertex);
        final ObjectNode node = group(
            graph.isComputation(vertex) ? "activity" : NodeKind.HUMAN == kind ? "agent" : "entity")
            .putObject(name(vertex)).put("prov:label", graph.name(vertex));
        if (graph.isComputation(vertex))
        {
            describe(node, vertex);
            return;
        }
        node.set("prov:type", qualified(NodeKind.HUMAN == kind ? "prov:Person" : PREFIX + kind.jsonName()));
        if (null != graph.instant(vertex))
        {
            node.set(PREFIX + "t", dateTime(graph.instant(vertex)));
        }
    }

    private void describe(final ObjectNode node, final int vertex)
    {
        final Activity activity = graph.activity(vertex);
        if (null != activity.start())
        {
            node.put("prov:startTime", EventTime.text(activity.start()));
        }
        if (null != activity.end())
        {
            node.put("prov:endTime", EventTime.text(activity.end()));
        }
        final String job = jobs.get(GraphWriter.id(graph, vertex));
        if (null != job)
        {
            node.put(PREFIX + "job", job);
        }
        if (Purpose.UNSPECIFIED != activity.purpose())
        {
            node.put(PREFIX + "purpose", activity.purpose().jsonName());
        }
        activity.flop().forEach((precision, flop) -> weigh(node, precision, flop));
    }

    /** Integers of any length: xsd:integer has no largest one. An end that is not there is unbounded. */
    private static void weigh(final ObjectNode node, final String precision, final FlopInterval flop)
    {
        final String name = PREFIX + "flop." + encoded(precision) + '.';
        node.set(name + "lower", integer(flop.lower().toString()));
        node.set(name + "point", integer(flop.point().toString()));
        if (flop.isBounded())
        {
            node.set(name + "upper", integer(flop.upper().toString()));
        }
        else
        {
            node.put(name + "upper", "unbounded");
        }
    }

    private void add(final Edge edge, final int number)
    {
        final boolean isFromRun = graph.isComputation(edge.cause());
        final boolean isToRun = graph.isComputation(edge.effect());
        final boolean isFromPerson = NodeKind.HUMAN == graph.kind(edge.cause());
        final ObjectNode relation;
        if (NodeKind.HUMAN == graph.kind(edge.effect()))
        {
            relation = relation("wasInfluencedBy", "influencee", "influencer", edge, number);
        }
        else if (isFromPerson)
        {
            relation = isToRun ? relation("wasAssociatedWith", "activity", "agent", edge, number) :
                relation("wasAttributedTo", "entity", "agent", edge, number);
        }
        else if (isToRun)
        {
            relation = isFromRun ? relation("wasInformedBy", "informed", "informant", edge, number) :
                relation("used", "activity", "entity", edge, number);
        }
        else
        {
            relation = isFromRun ? relation("wasGeneratedBy", "entity", "activity", edge, number) :
                relation("wasDerivedFrom", "generatedEntity", "usedEntity", edge, number);
        }
        if (!edge.isFollowed())
        {
            relation.put(PREFIX + "cut", edge.cut().jsonName()).put(PREFIX + "argument", edge.argument());
        }
    }

    private ObjectNode relation(
        final String kind, final String effect, final String cause, final Edge edge, final int number)
    {
        return group(kind).putObject("_:" + number)
            .put("prov:" + effect, name(edge.effect())).put("prov:" + cause, name(edge.cause()));
    }

    private ObjectNode group(final String kind)
    {
        return document.withObjectProperty(kind);
    }

    private String name(final int vertex)
    {
        return PREFIX + encoded(graph.name(vertex));
    }

    /** What may stand in the local part of a name everywhere; all else as the bytes of its UTF-8. */
    private static String encoded(final String text)
    {
        final StringBuilder encoded = new StringBuilder();
        for (final byte each : text.getBytes(StandardCharsets.UTF_8))
        {
            final boolean isPlain = each >= 'a' && each <= 'z' || each >= 'A' && each <= 'Z' ||
                each >= '0' && each <= '9' || '-' == each || '_' == each;
            encoded.append(isPlain ? String.valueOf((char)each) : String.format("%%%02X", each));
        }
        return encoded.toString();
    }

    private static ObjectNode integer(final String digits)
    {
        return JSON.objectNode().put("$", digits).put("type", "xsd:integer");
    }

    /** A name of a namespace: as plain text it would be a type that nobody knows. */
    private static ObjectNode qualified(final String name)
    {
        return JSON.objectNode().put("$", name).put("type", "xsd:QName");
    }

    private static ObjectNode dateTime(final Ratio time)
    {
        return JSON.objectNode().put("$", EventTime.text(time)).put("type", "xsd:dateTime");
    }
}
