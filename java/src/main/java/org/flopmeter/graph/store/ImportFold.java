/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.Edge;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.graph.document.GraphWriter;
import org.flopmeter.graph.lineage.LineageImport;
import org.flopmeter.graph.lineage.LineageImport.Unwritten;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.GraphRecord.HumanMade;
import org.flopmeter.graph.store.GraphRecord.Imported;
import org.flopmeter.graph.store.StoreContents.Entry;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** All that was imported, together: each line once, whatever the order and number of the imports. */
final class ImportFold
{
    private final Map<ImportFormat, Map<String, Imported>> lines = new HashMap<>();
    private final List<Imported> unread = new ArrayList<>();
    private final Map<String, HumanMade> humans = new LinkedHashMap<>();
    private Outcome outcome;

    /** A followed or cut edge between names of the import. */
    record ImportedEdge(String cause, String effect, CutMade cut)
    {
    }

    /** What the lines make, in names of the import. */
    static final class Outcome
    {
        private final Map<String, ImportedNode> nodes = new LinkedHashMap<>();
        private final List<ImportedEdge> edges = new ArrayList<>();
        private final Map<String, Unwritten> origins = new HashMap<>();
        private List<String> notes = List.of();
        private int runCount;

        void describe(final List<String> noteLines, final int count)
        {
            notes = List.copyOf(noteLines);
            runCount = count;
        }

        Map<String, ImportedNode> nodes()
        {
            return nodes;
        }

        List<ImportedEdge> edges()
        {
            return edges;
        }

        /** Nodes that stand for what no run of imported events wrote. */
        Map<String, Unwritten> origins()
        {
            return origins;
        }

        /** What the events don't say and the graph has to. */
        List<String> notes()
        {
            return notes;
        }

        int runCount()
        {
            return runCount;
        }
    }

    /** Of all imports of a store; what they make is known already where the store says so. */
    static ImportFold of(final StoreContents contents)
    {
        final ImportFold fold = new ImportFold();
        for (final Entry entry : contents.entries())
        {
            if (entry.record() instanceof Imported imported)
            {
                fold.unread.add(imported);
            }
            else if (entry.record() instanceof HumanMade made)
            {
                fold.add(made);
            }
        }
        fold.outcome = contents.imports();
        return fold;
    }

    void add(final HumanMade made)
    {
        outcome = null;
        humans.merge(made.dataset(), made, (one, other) -> other.timeNs() >= one.timeNs() ? other : one);
    }

    Map<String, HumanMade> humans()
    {
        return humans;
    }

    Set<String> lines(final ImportFormat format)
    {
        return new LinkedHashSet<>(of(format).keySet());
    }

    private Map<String, Imported> of(final ImportFormat format)
    {
        for (final Imported imported : unread)
        {
            final Map<String, Imported> of =
                lines.computeIfAbsent(imported.format(), ignored -> new LinkedHashMap<>());
            imported.text().lines().forEach(line -> of.putIfAbsent(line, imported));
        }
        unread.clear();
        return lines.getOrDefault(format, Map.of());
    }

    /**
     * Read all lines.
     *
     * @throws org.flopmeter.graph.GraphRefusedException   they contradict each other.
     * @throws org.flopmeter.json.JsonFormatException      likewise.
     */
    Outcome outcome()
    {
        if (null == outcome)
        {
            final Outcome made = new Outcome();
            if (!of(ImportFormat.NODES).isEmpty())
            {
                natives(made);
            }
            if (!of(ImportFormat.EVENTS).isEmpty())
            {
                events(made);
            }
            outcome = made;
        }
        return outcome;
    }

    private void natives(final Outcome made)
    {
        final ObjectNode document = JsonNodeFactory.instance.objectNode();
        final ArrayNode nodes = document.putArray("nodes");
        of(ImportFormat.NODES).keySet().forEach(line -> nodes.add(json(line)));
        final ArrayNode edges = document.putArray("edges");
        final Map<List<String>, Imported> sources = new HashMap<>();
        of(ImportFormat.EDGES).forEach((line, source) ->
        {
            final JsonNode edge = json(line);
            edges.add(edge);
            sources.put(List.of(edge.path("from").asString(""), edge.path("to").asString("")), source);
        });
        take(made, GraphReader.read(JsonView.root(document)), sources, null);
    }

    private void events(final Outcome made)
    {
        final LineageImport lineage = new LineageImport();
        lineage.add("", (String.join("\n", of(ImportFormat.EVENTS).keySet())).getBytes(StandardCharsets.UTF_8));
        final LineageImport.Imported imported = lineage.graph(humans.keySet(), false);
        made.describe(imported.notes(), imported.runCount());
        made.origins.putAll(imported.origins());
        take(made, imported.graph(), Map.of(),
            of(ImportFormat.EVENTS).values().iterator().next());
    }

    private static JsonNode json(final String line)
    {
        return StrictJson.read(line.getBytes(StandardCharsets.UTF_8));
    }

    private static void take(
        final Outcome made, final CausalGraph graph, final Map<List<String>, Imported> sources,
        final Imported sourceDefault)
    {
        final Map<String, String> firstNames = new HashMap<>();
        final Map<String, String> lastNames = new HashMap<>();
        for (int v = 0; v < graph.vertexCount();)
        {
            final String id = GraphWriter.id(graph, v);
            final boolean isSegmented = !id.equals(graph.name(v));
            final int first = v;
            final List<Activity> parts = new ArrayList<>();
            for (; v < graph.vertexCount() && id.equals(GraphWriter.id(graph, v)); v++)
            {
                if (graph.isComputation(v))
                {
                    parts.add(graph.activity(v));
                }
            }
            firstNames.put(id, graph.name(first));
            lastNames.put(id, graph.name(v - 1));
            final ImportedNode node = new ImportedNode(ImportedNode.idOf(id), graph.kind(first),
                ImportedNode.digestOf(graph.kind(first), id), parts, isSegmented,
                graph.isComputation(first) ? null : graph.instant(first));
            if (null != made.nodes.put(id, node))
            {
                throw new GraphStoreException("node \"" + id + "\" is in imported events and in an imported graph");
            }
        }
        // A line may name a segmented computation, of which the edge has a segment.
        final Map<List<String>, Imported> sourcesByName = new HashMap<>();
        sources.forEach((line, source) -> sourcesByName.put(
            List.of(lastNames.getOrDefault(line.get(0), line.get(0)),
                firstNames.getOrDefault(line.get(1), line.get(1))), source));
        for (final Edge edge : graph.edges())
        {
            if (!GraphWriter.isBetweenSegments(graph, edge))
            {
                final String cause = graph.name(edge.cause());
                final String effect = graph.name(edge.effect());
                final Imported source = sourcesByName.getOrDefault(List.of(cause, effect), sourceDefault);
                made.edges.add(new ImportedEdge(cause, effect, Cut.NONE == edge.cut() ? null : new CutMade(
                    cause, effect, edge.cut(), edge.argument(), source.author(), source.timeNs())));
            }
        }
    }
}
