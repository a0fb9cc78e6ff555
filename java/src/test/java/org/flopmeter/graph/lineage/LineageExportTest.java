/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.GraphBuilder;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.RandomGraph;
import org.flopmeter.graph.document.GraphReader;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.unit.Ratio;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Whoever imports what was exported finds the same totals. */
class LineageExportTest
{
    private static final int GRAPHS = 300;
    private static final Path ROOT = Path.of(System.getProperty("flopmeter.root", ".."));

    @Test
    void shouldKeepEveryTotalOfRandomGraphs()
    {
        long comparisons = 0;
        for (int seed = 0; seed < GRAPHS; seed++)
        {
            final CausalGraph graph = new RandomGraph(seed, 40).graph();
            final List<ObjectNode> events = LineageExport.events(graph, Map.of());
            Collections.shuffle(events, new Random(seed));

            final CausalGraph again = again(events);

            for (int v = 0; v < graph.vertexCount(); v++)
            {
                assertEquals(shown(graph, graph.name(v)), shown(again, name(graph, v)), "seed " + seed);
                assertEquals(graph.kind(v), again.kind(again.result(name(graph, v))), "seed " + seed);
                comparisons++;
            }
        }
        assertTrue(comparisons > 5_000, comparisons + " totals");
    }

    @Test
    void shouldLoseTotalsWithoutOneDataset()
    {
        // The canary: an export that forgets one input of one run is noticed wherever the input weighed anything.
        int noticed = 0;
        for (int seed = 0; seed < 100; seed++)
        {
            final CausalGraph graph = new RandomGraph(seed, 40).graph();
            final List<ObjectNode> events = LineageExport.events(graph, Map.of());
            final List<ObjectNode> readers = events.stream().filter(event -> event.has("inputs")).toList();
            if (!readers.isEmpty())
            {
                readers.get(seed % readers.size()).remove("inputs");
                final CausalGraph again = again(events);
                boolean isEqual = true;
                for (int v = 0; v < graph.vertexCount(); v++)
                {
                    isEqual &= shown(graph, graph.name(v)).equals(shown(again, name(graph, v)));
                }
                noticed += isEqual ? 0 : 1;
            }
        }
        assertTrue(noticed > 40, noticed + " of 100");
    }

    @Test
    void shouldKeepTimesAndLabelsOfThePublicCases() throws IOException
    {
        int graphs = 0;
        try (var files = Files.list(ROOT.resolve("testdata/graph")))
        {
            for (final Path file : files.filter(Files::isRegularFile)
                .filter(file -> !file.toString().contains("-bad-")).sorted().toList())
            {
                final CausalGraph graph =
                    GraphReader.read(JsonView.root(StrictJson.read(Files.readAllBytes(file))));
                final CausalGraph again = again(LineageExport.events(graph, Map.of()));
                for (int v = 0; v < Math.min(500, graph.vertexCount()); v++)
                {
                    final int there = again.result(name(graph, v));
                    assertEquals(graph.instant(v), again.instant(there), file + ": " + graph.name(v));
                    assertEquals(String.valueOf(graph.activity(v)), String.valueOf(again.activity(there)),
                        file.toString());
                }
                graphs++;
            }
        }
        assertTrue(graphs > 30, graphs + " graphs");
    }

    @Test
    void shouldWriteEventsOfTheSpecificationAndFacetsOfOurSchemas() throws IOException
    {
        final Schema compute = schema("openlineage-flopmeter-compute-v1.json");
        final Schema artifact = schema("openlineage-flopmeter-artifact-v1.json");
        final Set<String> runIds = new HashSet<>();
        for (int seed = 0; seed < 50; seed++)
        {
            for (final ObjectNode event : LineageExport.events(new RandomGraph(seed, 40).graph(), Map.of()))
            {
                for (final String member : List.of("eventTime", "producer", "schemaURL", "run", "job"))
                {
                    assertTrue(event.has(member), member + ": " + event);
                }
                final String runId = event.get("run").get("runId").asString();
                assertEquals(runId, java.util.UUID.fromString(runId).toString());
                runIds.add(runId);
                assertOf(compute, event.get("run").get("facets"));
                event.path("inputs").forEach(dataset -> assertOf(artifact, dataset.get("facets")));
                event.path("outputs").forEach(dataset -> assertOf(artifact, dataset.get("facets")));
            }
        }
        assertTrue(runIds.size() > 100, runIds.size() + " ids");
        assertFalse(schema("openlineage-flopmeter-compute-v1.json").validate(
            "{\"flopmeter_compute\":{\"_producer\":\"urn:x\",\"_schemaURL\":\"urn:x\",\"flop\":{\"fp8\":7}}}",
            InputFormat.JSON).isEmpty());
    }

    @Test
    void shouldKeepPurposes()
    {
        final CausalGraph graph = new GraphBuilder().computation("c",
            new Activity(new TreeMap<>(), Ratio.of(1), Ratio.of(2), Purpose.TRIAL)).build();

        final CausalGraph again = again(LineageExport.events(graph, Map.of()));

        assertEquals(Purpose.TRIAL, again.activity(again.result("c")).purpose());
    }

    @Test
    void shouldKeepLabels()
    {
        final Events events = new Events().run("a", 0, 10, Events.writes("d"), 1);
        final CausalGraph graph = Events.graph(events.imported());

        final String again = Events.imported(lines(LineageExport.events(graph, Map.of("a", "jobs/of/a"))))
            .document().toString();

        assertTrue(again.contains("\"job\":\"jobs/of/a\""), again);
    }

    private static void assertOf(final Schema schema, final JsonNode facets)
    {
        assertEquals(List.of(), List.copyOf(schema.validate(facets.toString(), InputFormat.JSON)), facets.toString());
    }

    private static String name(final CausalGraph graph, final int vertex)
    {
        return graph.name(vertex).replace("@", "%40");
    }

    private static String shown(final CausalGraph graph, final String of)
    {
        final CausalSum sum = new Quantities(graph).compute(List.of(of));
        return sum.total() + " " + sum.byPrecision();
    }

    private static CausalGraph again(final List<ObjectNode> events)
    {
        return Events.graph(Events.imported(lines(events)));
    }

    private static List<String> lines(final List<ObjectNode> events)
    {
        return events.stream().map(ObjectNode::toString).collect(Collectors.toList());
    }

    private static Schema schema(final String name) throws IOException
    {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(new String(Files.readAllBytes(ROOT.resolve("docs/schema").resolve(name)),
                StandardCharsets.UTF_8));
    }
}
