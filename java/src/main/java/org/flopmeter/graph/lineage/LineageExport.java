/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.Edge;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.document.GraphWriter;
import org.flopmeter.unit.Ratio;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a graph as OpenLineage run events. Every computation and segment is a run and every artifact a dataset of one
 * version, so that {@link LineageImport} finds the same total for each. What the events have no word for is a run or
 * dataset more, which weighs nothing: a computation's result handed to another, a copy, a cut with its argument, and an
 * artifact that is nobody's.
 */
public final class LineageExport
{
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String PRODUCER = "urn:flopmeter";
    private static final String EVENT_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
    private static final String VERSION_SCHEMA = "https://openlineage.io/spec/facets/1-0-0/" +
        "DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet";
    private static final String COMPUTE_SCHEMA = "urn:flopmeter:openlineage-compute:v1";
    private static final String ARTIFACT_SCHEMA = "urn:flopmeter:openlineage-artifact:v1";
    private static final String ARTIFACTS = "flopmeter:graph";
    private static final String HANDOVERS = "flopmeter:handover";
    private static final Pattern UUID_FORM =
        Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private final CausalGraph graph;
    private final Map<String, String> jobs;
    private final Map<Integer, ObjectNode> runByVertex = new TreeMap<>();
    private final List<ObjectNode> helpers = new ArrayList<>();
    private final Set<Integer> made = new HashSet<>();

    private LineageExport(final CausalGraph graph, final Map<String, String> jobs)
    {
        this.graph = graph;
        this.jobs = jobs;
    }

    /**
     * The events: of each run one that starts it, where its start is known, and one that completes it.
     *
     * @param jobs labels "namespace/name" by id of the computation; those without one are their own job.
     */
    public static List<ObjectNode> events(final CausalGraph graph, final Map<String, String> jobs)
    {
        return new LineageExport(graph, jobs).events();
    }

    private List<ObjectNode> events()
    {
        for (int v = 0; v < graph.vertexCount(); v++)
        {
            if (graph.isComputation(v))
            {
                runByVertex.put(v, run(v));
            }
        }
        for (int i = 0; i < graph.edges().size(); i++)
        {
            edge(graph.edges().get(i), i);
        }
        for (int v = 0; v < graph.vertexCount(); v++)
        {
            if (!graph.isComputation(v) && !made.contains(v))
            {
                // A dataset that nobody wrote has an unknown origin; this one has none that weighs anything.
                outputs(helper("origin " + v, Cut.NONE, null)).add(artifact(v));
            }
        }
        final List<ObjectNode> events = new ArrayList<>();
        runByVertex.forEach((vertex, complete) ->
        {
            started(complete, graph.activity(vertex).start(), events);
            events.add(complete);
        });
        events.addAll(helpers);
        return events;
    }

    private void edge(final Edge edge, final int number)
    {
        final boolean isFromRun = graph.isComputation(edge.cause());
        final boolean isToRun = graph.isComputation(edge.effect());
        if (!isToRun)
        {
            made.add(edge.effect());
        }
        if (edge.isFollowed() && isFromRun != isToRun)
        {
            if (isFromRun)
            {
                outputs(runByVertex.get(edge.cause())).add(artifact(edge.effect()));
            }
            else
            {
                inputs(runByVertex.get(edge.effect())).add(artifact(edge.cause()));
            }
            return;
        }
        if (edge.isFollowed() && isFromRun)
        {
            outputs(runByVertex.get(edge.cause())).add(handover("edge " + number));
            inputs(runByVertex.get(edge.effect())).add(handover("edge " + number));
            return;
        }
        between(edge, number, helper("edge " + number, edge.cut(), edge.argument()));
    }

    /** A run of no weight that stands on the edge, and that carries its cut. */
    private void between(final Edge edge, final int number, final ObjectNode helper)
    {
        if (graph.isComputation(edge.cause()))
        {
            outputs(runByVertex.get(edge.cause())).add(handover("cause of edge " + number));
            inputs(helper).add(handover("cause of edge " + number));
        }
        else
        {
            inputs(helper).add(artifact(edge.cause()));
        }
        if (graph.isComputation(edge.effect()))
        {
            outputs(helper).add(handover("effect of edge " + number));
            inputs(runByVertex.get(edge.effect())).add(handover("effect of edge " + number));
        }
        else
        {
            outputs(helper).add(artifact(edge.effect()));
        }
    }

    private ObjectNode run(final int vertex)
    {
        final String name = graph.name(vertex);
        final Activity activity = graph.activity(vertex);
        final ObjectNode compute = facet(COMPUTE_SCHEMA).put("id", name);
        compute.set("flop", GraphWriter.flop(activity.flop()));
        // A time that is unknown is said to be so: that of the event is none of the run's.
        compute.set("start", GraphWriter.seconds(activity.start()));
        compute.set("end", GraphWriter.seconds(activity.end()));
        if (Purpose.UNSPECIFIED != activity.purpose())
        {
            compute.put("purpose", activity.purpose().jsonName());
        }
        final String label = jobs.getOrDefault(GraphWriter.id(graph, vertex), GraphWriter.id(graph, vertex));
        return event("COMPLETE", null == activity.end() ? activity.start() : activity.end(),
            UUID_FORM.matcher(name).matches() ? name : uuid("run " + name), label, compute);
    }

    private ObjectNode helper(final String name, final Cut cut, final String argument)
    {
        final ObjectNode compute = facet(COMPUTE_SCHEMA);
        compute.putObject("flop");
        compute.putNull("start").putNull("end");
        if (Cut.NONE != cut)
        {
            compute.putObject("cut").put("kind", cut.jsonName()).put("argument", argument);
        }
        final ObjectNode helper = event("COMPLETE", null, uuid("helper " + name), "flopmeter/" + name, compute);
        helpers.add(helper);
        return helper;
    }

    private static void started(final ObjectNode complete, final Ratio start, final List<ObjectNode> events)
    {
        if (null != start)
        {
            final ObjectNode event = JSON.objectNode().put("eventType", "START")
                .put("eventTime", EventTime.text(start));
            event.put("producer", PRODUCER).put("schemaURL", EVENT_SCHEMA);
            event.putObject("run").set("runId", complete.get("run").get("runId"));
            event.set("job", complete.get("job"));
            events.add(event);
        }
    }

    private static ObjectNode event(
        final String type, final Ratio time, final String runId, final String label, final ObjectNode compute)
    {
        final int slash = label.lastIndexOf('/');
        final ObjectNode event = JSON.objectNode().put("eventType", type).put("eventTime", EventTime.text(time));
        event.put("producer", PRODUCER).put("schemaURL", EVENT_SCHEMA);
        event.putObject("run").put("runId", runId).putObject("facets").set(ComputeFacet.NAME, compute);
        event.putObject("job").put("namespace", slash < 0 ? "flopmeter" : label.substring(0, slash))
            .put("name", label.substring(slash + 1));
        return event;
    }

    private ObjectNode artifact(final int vertex)
    {
        final ObjectNode artifact = facet(ARTIFACT_SCHEMA)
            .put("kind", graph.kind(vertex).jsonName()).put("id", graph.name(vertex));
        artifact.set("t", GraphWriter.seconds(graph.instant(vertex)));
        final ObjectNode dataset = dataset(ARTIFACTS, graph.name(vertex));
        ((ObjectNode)dataset.get("facets")).set(ArtifactFacet.NAME, artifact);
        return dataset;
    }

    private static ObjectNode handover(final String name)
    {
        return dataset(HANDOVERS, name);
    }

    private static ObjectNode dataset(final String namespace, final String name)
    {
        final ObjectNode dataset = JSON.objectNode().put("namespace", namespace).put("name", name);
        dataset.putObject("facets").set("version", facet(VERSION_SCHEMA).put("datasetVersion", "1"));
        return dataset;
    }

    private static ObjectNode facet(final String schema)
    {
        return JSON.objectNode().put("_producer", PRODUCER).put("_schemaURL", schema);
    }

    private static ArrayNode inputs(final ObjectNode event)
    {
        return event.withArrayProperty("inputs");
    }

    private static ArrayNode outputs(final ObjectNode event)
    {
        return event.withArrayProperty("outputs");
    }

    /** A run must be called by a UUID; the same node has the same in every export. */
    private static String uuid(final String name)
    {
        return UUID.nameUUIDFromBytes(("flopmeter " + name).getBytes(StandardCharsets.UTF_8)).toString();
    }
}
