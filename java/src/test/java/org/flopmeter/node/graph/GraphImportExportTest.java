/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.flopmeter.node.Main;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.command.ExitCode;
import org.flopmeter.node.io.DocumentFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** `graph import` and `graph export` as their users call them. */
class GraphImportExportTest
{
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Path PIPELINE = MeteredRun.ROOT.resolve("testdata/lineage/pipeline.jsonl");
    private static final Path GOLDEN = MeteredRun.ROOT.resolve("testdata/lineage/pipeline.graph.json");
    private static final String MODEL = "models/base#2026-11-28";

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void shouldMakeTheGraphOfAPipeline() throws IOException
    {
        assertEquals(ExitCode.DONE, graph("import", PIPELINE, "--human", "s3://corpus/raw", "--print"));

        assertEquals(Files.readString(GOLDEN), out.toString(StandardCharsets.UTF_8));
        assertEquals(List.of(), List.copyOf(SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(MeteredRun.ROOT.resolve("docs/schema/graph-v1.json")))
            .validate(out.toString(StandardCharsets.UTF_8), InputFormat.JSON)));
        assertEquals(List.of(
            "flopmeter: 8 events, 3 runs: 8 nodes, 9 edges",
            "flopmeter:   dataset s3://corpus/raw#0 was written by no known run: made by people, as declared",
            "flopmeter:   not mapped: an event about a dataset, not a run (at line 8: $)",
            "flopmeter:   not mapped: dataset facet schema (at line 3: $.outputs[0].facets.schema)",
            "flopmeter:   not mapped: run facet processing_engine (at line 2: $.run.facets.processing_engine)"),
            err.toString(StandardCharsets.UTF_8).lines().toList());
        assertEquals("[\"1000000000000000000001000001\",\"1000000000000000000001200001\"," +
            "\"1000000000000000000003000001\"]", total(GOLDEN, MODEL));
    }

    @Test
    void shouldMergeFilesAndWriteTheGraphWhole() throws IOException
    {
        final List<String> lines = Files.readAllLines(PIPELINE);
        final Path later = Files.write(folder.resolve("later.jsonl"), lines.subList(3, 8));
        final Path earlier = Files.write(folder.resolve("earlier.jsonl"), lines.subList(0, 5));
        final Path graph = folder.resolve("graph.json");

        assertEquals(ExitCode.DONE, graph("import", later, earlier, "--human-all", "--out", graph,
            "--format", "openlineage"));

        assertEquals("", out.toString(StandardCharsets.UTF_8));
        assertEquals(Files.readString(GOLDEN), Files.readString(graph));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("(at " + earlier + ": line 3: $.outputs[0]"));
        try (Stream<Path> files = Files.list(folder))
        {
            assertEquals(3, files.count());
        }
    }

    @Test
    void shouldGiveBackEveryTotalOfAnExportedGraph() throws IOException
    {
        final Path events = folder.resolve("events.jsonl");
        final Path again = folder.resolve("again.json");

        assertEquals(ExitCode.DONE, graph("export", GOLDEN, "--format", "openlineage", "--out", events));
        assertEquals(ExitCode.DONE, graph("import", events, "--out", again));

        for (final JsonNode node : JSON.readTree(Files.readAllBytes(GOLDEN)).get("nodes"))
        {
            final String id = node.get("id").asString();
            final boolean isSegmented = node.has("segments");
            assertEquals(total(GOLDEN, isSegmented ? id + "@2" : id), total(again, isSegmented ? id + "%402" : id));
        }
        assertTrue(Files.readString(again).contains("\"job\" : \"torch/train\""));
    }

    @Test
    void shouldExportTheSameNativeGraph()
    {
        assertEquals(ExitCode.DONE, graph("export", GOLDEN, "--format", "native"));

        assertEquals(total(GOLDEN, MODEL), total(written("copy.json", out.toString(StandardCharsets.UTF_8)), MODEL));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("\"job\" : \"spark/tokenize\""));
    }

    @Test
    void shouldDrawAFewLevels()
    {
        assertEquals(ExitCode.DONE, graph("export", GOLDEN, "--format", "dot", "--of", MODEL, "--levels", "1"));

        final String dot = out.toString(StandardCharsets.UTF_8);
        assertTrue(dot.startsWith("digraph flopmeter\n"), dot);
        assertTrue(dot.contains("torch/train\\n1.000E+27 FLOP"), dot);
        assertTrue(dot.contains("\u2026 5 more"), dot);

        out.reset();
        assertEquals(ExitCode.DONE, graph("export", GOLDEN, "--format", "svg"));
        assertTrue(out.toString(StandardCharsets.UTF_8).endsWith("</svg>\n"));
    }

    @Test
    void shouldCheckANativeGraphAndListTheRest() throws IOException
    {
        assertEquals(ExitCode.DONE, graph("import", written("g.json",
            "{\"nodes\":[{\"id\":\"a\",\"kind\":\"human\",\"x\":1}],\"queries\":[]}"), "--print"));

        final JsonNode document = JSON.readTree(out.toString(StandardCharsets.UTF_8));
        assertEquals("{\"schema\":\"flopmeter/graph/v1\",\"nodes\":[{\"id\":\"a\",\"kind\":\"human\",\"x\":1}]," +
            "\"edges\":[]}", document.toString());
        assertEquals(List.of("flopmeter: 1 node, 0 edges",
            "flopmeter:   not mapped: $.queries, which is no part of a graph"),
            err.toString(StandardCharsets.UTF_8).lines().toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "{'nodes':[{'id':'a@1','kind':'human'}]} | BAD_ID: $.nodes[0]: node \\\"a@1\\\"",
        "{'nodes':7}                             | BAD_JSON: $.nodes: expected an array",
        "{'run':{'runId':'r'}}                   | BAD_JSON: $: expected a member \\\"eventTime\\\"",
        "[{},7]                                  | BAD_JSON: $[1]: expected an object, found 7",
        "{'run'                                  | BAD_JSON: line 1, column 7",
        "\"\"                                    | BAD_JSON: line 1, column 1: expected a JSON value" })
    void shouldRefuseBadInputInOneLineAndWriteNothing(final String input, final String words)
    {
        final Path file = written("bad.json", input.replace('\'', '"'));

        assertEquals(ExitCode.USAGE, graph("import", file, "--out", folder.resolve("out.json")));

        final String line = err.toString(StandardCharsets.UTF_8);
        assertTrue(line.startsWith("flopmeter: " + file + ": " + words.replace("\\\"", "\"")), line);
        assertEquals(1, line.lines().count());
        assertFalse(Files.exists(folder.resolve("out.json")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--format xml                | xml",
        "--format native --of m      | --of and --levels are for dot and svg",
        "--format dot --levels -1    | expected 0 or more",
        "--format dot --of ghost     | MISSING_NODE: no node \"ghost\"" })
    void shouldRefuseWhatCannotBeExported(final String options, final String words)
    {
        assertEquals(ExitCode.USAGE, graph(Stream.concat(Stream.of("export", GOLDEN),
            Stream.of(options.split(" +"))).toArray()));

        assertTrue(err.toString(StandardCharsets.UTF_8).contains(words), err.toString(StandardCharsets.UTF_8));
        assertEquals("", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void shouldRefuseTwoNativeGraphsAndPeopleInThem()
    {
        assertEquals(ExitCode.USAGE, graph("import", GOLDEN, GOLDEN, "--print"));
        assertEquals(ExitCode.USAGE, graph("import", GOLDEN, "--human-all", "--print"));
        assertEquals(ExitCode.USAGE, graph("import", folder.resolve("absent"), "--dir", folder));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("absent: no such file"));
    }

    private String total(final Path file, final String of)
    {
        final JsonNode document = JSON.readTree(DocumentFiles.bytes(file));
        ((tools.jackson.databind.node.ObjectNode)document).putArray("queries").addObject()
            .put("op", "compute").put("of", of);
        final Path query = written("query.json", document.toString());
        final ByteArrayOutputStream answer = new ByteArrayOutputStream();
        Main.run(new PrintStream(answer, true, StandardCharsets.UTF_8), new PrintStream(err, true), "graph", "eval",
            query.toString());
        return JSON.readTree(answer.toString(StandardCharsets.UTF_8)).get("results").get(0).path("total").toString();
    }

    private Path written(final String name, final String text)
    {
        final Path file = folder.resolve(name);
        DocumentFiles.write(file, text);
        return file;
    }

    private int graph(final Object... arguments)
    {
        final String[] words = Stream.concat(Stream.of("graph"), Stream.of(arguments)).map(Object::toString)
            .toArray(String[]::new);
        return Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), words);
    }
}
