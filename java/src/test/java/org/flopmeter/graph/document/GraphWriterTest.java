/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.GraphBuilder;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.RandomGraph;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.unit.Ratio;
import org.junit.jupiter.api.Test;

/** What is written is read as the same graph, and is of the schema. */
class GraphWriterTest
{
    private static final int GRAPHS = 1000;
    private static final Path ROOT = Path.of(System.getProperty("flopmeter.root", ".."));

    @Test
    void shouldReadWhatItWroteOfRandomGraphs() throws IOException
    {
        final Schema schema = schema();
        for (int seed = 0; seed < GRAPHS; seed++)
        {
            final CausalGraph graph = new RandomGraph(seed, 60).graph();
            final String text = GraphWriter.write(graph).toString();

            assertEquals(shown(graph), shown(read(text)), "seed " + seed);
            assertEquals(text, GraphWriter.write(read(text)).toString(), "seed " + seed);
            if (0 == seed % 20)
            {
                assertEquals(List.of(), List.copyOf(schema.validate(text, InputFormat.JSON)), "seed " + seed);
            }
        }
    }

    @Test
    void shouldReadWhatItWroteOfThePublicCases() throws IOException
    {
        int graphs = 0;
        try (var files = Files.list(ROOT.resolve("testdata/graph")))
        {
            for (final Path file : files.filter(Files::isRegularFile)
                .filter(file -> !file.toString().contains("-bad-")).sorted().toList())
            {
                final CausalGraph graph = read(Files.readString(file));
                final String text = GraphWriter.write(graph).toString();
                assertEquals(shown(graph), shown(read(text)), file.toString());
                assertEquals(List.of(), List.copyOf(schema().validate(text, InputFormat.JSON)), file.toString());
                graphs++;
            }
        }
        assertTrue(graphs > 30, graphs + " graphs");
    }

    @Test
    void shouldKeepTimesExact()
    {
        final String document = """
            {"nodes":[{"id":"c","kind":"computation","start":-0.1,"purpose":"training","segments":[{"end":1e3},
             {"purpose":"failed","end":1764288000.123456789012345678901234567890}]},
             {"id":"h","kind":"human","t":123456789012345678901234567890},{"id":"m","kind":"model","t":1E-40}],
             "edges":[{"from":"c@1","to":"h","cut":"human-selection","argument":"a \\"b\\" \\u2028"}]}""";

        final CausalGraph graph = read(document);
        final String text = GraphWriter.write(graph).toString();

        assertEquals(shown(graph), shown(read(text)));
        assertTrue(text.contains("1764288000.12345678901234567890123456789"), text);
    }

    @Test
    void shouldNoticeAChangedWeight()
    {
        // The canary: one unit in 10^38 is another graph to shown().
        final String node = "{'nodes':[{'id':'c','kind':'computation','flop':{'fp8':['1','2','%s']}}]}"
            .replace('\'', '"');

        assertNotEquals(shown(read(node.formatted("1" + "0".repeat(38)))),
            shown(read(node.formatted("1" + "0".repeat(37) + "1"))));
    }

    @Test
    void shouldRefuseWhatTheFormatCannotHold()
    {
        final Activity third = new Activity(new TreeMap<>(), Ratio.of(BigInteger.ONE, BigInteger.valueOf(3)), null);
        final Activity late = new Activity(new TreeMap<>(), Ratio.of(7), Ratio.of(8));

        for (final GraphBuilder builder : List.of(
            new GraphBuilder().computation("c", third),
            new GraphBuilder().artifact("m", NodeKind.MODEL, Ratio.of(BigInteger.TEN.pow(41))),
            new GraphBuilder().segmented("c", List.of(Activity.of(new TreeMap<>()), late))))
        {
            final CausalGraph graph = builder.build();
            assertThrows(IllegalArgumentException.class, () -> GraphWriter.write(graph));
        }
    }

    private static CausalGraph read(final String document)
    {
        return GraphReader.read(JsonView.root(StrictJson.read(document.getBytes(StandardCharsets.UTF_8))));
    }

    private static List<String> shown(final CausalGraph graph)
    {
        final List<String> shown = new ArrayList<>();
        for (int v = 0; v < graph.vertexCount(); v++)
        {
            shown.add(graph.name(v) + " " + graph.kind(v) + " " + graph.activity(v) + " " + graph.instant(v));
        }
        graph.edges().forEach(edge -> shown.add(edge.toString()));
        return shown;
    }

    private static Schema schema() throws IOException
    {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(ROOT.resolve("docs/schema/graph-v1.json")));
    }
}
