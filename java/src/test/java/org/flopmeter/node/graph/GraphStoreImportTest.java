/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** `graph import` into the records, as its users call it. */
class GraphStoreImportTest
{
    private static final Path PIPELINE = MeteredRun.ROOT.resolve("testdata/lineage/pipeline.jsonl");
    private static final Path GOLDEN = MeteredRun.ROOT.resolve("testdata/lineage/pipeline.graph.json");
    private static final String MODEL = "models/base#2026-11-28";
    private static final String TOTAL = "[\"1000000000000000000001000001\",\"1000000000000000000001200001\"," +
        "\"1000000000000000000003000001\"]";

    @TempDir
    private Path state;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int graph(final Object... words)
    {
        out.reset();
        err.reset();
        return Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Stream.of(Stream.of("graph"), Stream.of(words).map(Object::toString), Stream.of("--dir", state.toString()))
                .flatMap(stream -> stream).toArray(String[]::new));
    }

    private JsonNode total(final String of)
    {
        assertEquals(ExitCode.DONE, graph("total", of, "--json"), err::toString);
        return JsonMapper.shared().readTree(out.toString(StandardCharsets.UTF_8));
    }

    private static String interval(final JsonNode total)
    {
        return "[" + total.get("lower") + "," + total.get("point") + "," + total.get("upper") + "]";
    }

    @Test
    void shouldAnswerOverImportedEvents() throws IOException
    {
        assertEquals(ExitCode.USAGE, graph("import", PIPELINE, "--human", "s3://corpus/raw"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("--argument"), err::toString);
        assertFalse(Files.exists(state.resolve("graph")));

        assertEquals(ExitCode.DONE, graph("import", PIPELINE, "--human", "s3://corpus/raw", "--argument", "typed",
            "--author", "A. Author"), err::toString);
        assertEquals("", out.toString(StandardCharsets.UTF_8));
        assertEquals(List.of(
            "flopmeter: 7 of 7 events, nodes and edges are new, recorded in " + state.resolve("graph/records.store"),
            "flopmeter:   dataset s3://corpus/raw#0 was written by no known run: made by people, as declared",
            "flopmeter:   not mapped: an event about a dataset, not a run (at line 8: $)",
            "flopmeter:   not mapped: dataset facet schema (at line 3: $.outputs[0].facets.schema)",
            "flopmeter:   not mapped: run facet processing_engine (at line 2: $.run.facets.processing_engine)"),
            err.toString(StandardCharsets.UTF_8).lines().toList());

        final JsonNode total = total(MODEL);
        GraphTotalTest.assertValid("graph-total-v1.json", total.toString());
        assertEquals(TOTAL, interval(total.get("total")));
        assertEquals(TOTAL, interval(total.at("/byBasis/IMPORTED")));
        assertEquals(TOTAL, interval(total.at("/byPurpose/unspecified")));
        assertEquals("typed", total.at("/declared/0/argument").asString());
        assertEquals("A. Author", total.at("/declared/0/author").asString());
        assertEquals(ExitCode.DONE, graph("total", MODEL));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("by cause"), out::toString);
        assertEquals(ExitCode.DONE, graph("list", "--json"));

        final byte[] before = Files.readAllBytes(state.resolve("graph/records.store"));
        assertEquals(ExitCode.DONE, graph("import", PIPELINE));
        assertTrue(err.toString(StandardCharsets.UTF_8).startsWith("flopmeter: 0 of 7 "), err::toString);
        assertEquals(before.length, Files.size(state.resolve("graph/records.store")));
    }

    @Test
    void shouldTakeEventsInPartsAndOutOfOrder() throws IOException
    {
        final List<String> lines = Files.readAllLines(PIPELINE);
        final Path later = Files.write(state.resolve("later.jsonl"), lines.subList(3, 8));
        final Path earlier = Files.write(state.resolve("earlier.jsonl"), lines.subList(0, 5));

        assertEquals(ExitCode.DONE, graph("import", later, "--human-all", "--argument", "x"), err::toString);
        assertEquals(ExitCode.DONE, graph("import", earlier, "--human-all", "--argument", "x"), err::toString);

        assertEquals(TOTAL, interval(total(MODEL).get("total")));
    }

    @Test
    void shouldTakeNativeGraphsAndSaysWhatTheyAreFor() throws IOException
    {
        assertEquals(ExitCode.DONE, graph("import", GOLDEN), err::toString);
        assertEquals(TOTAL, interval(total(MODEL).get("total")));

        final String run = "019acdf0-0000-7000-8000-000000000003";
        assertEquals(ExitCode.DONE, graph("declare", run, "--purpose", "training", "--argument", "it trains"),
            err::toString);
        assertEquals("1000000000000000000000000001", total(MODEL).at("/byPurpose/training/lower").asString());
        assertEquals(ExitCode.USAGE, graph("declare", run, "--purpose", "fun", "--argument", "x"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("preparation"), err::toString);
        assertEquals(ExitCode.USAGE, graph("declare", MODEL, "--purpose", "training", "--argument", "x"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("no computation"), err::toString);
    }

    @Test
    void shouldRecordNothingOfFilesOfWhichOneIsBad() throws IOException
    {
        final Path bad = Files.writeString(state.resolve("bad.jsonl"),
            Files.readAllLines(PIPELINE).get(0) + "\n{\"run\":{\"runId\":\"x\"}}\n");

        assertEquals(ExitCode.USAGE, graph("import", PIPELINE, GOLDEN, bad));

        assertEquals(List.of("flopmeter: " + bad +
            ": BAD_JSON: line 2: $: expected a member \"eventTime\""),
            err.toString(StandardCharsets.UTF_8).lines().toList());
        assertFalse(Files.exists(state.resolve("graph")));

        assertEquals(ExitCode.DONE, graph("import", GOLDEN), err::toString);
        final long length = Files.size(state.resolve("graph/records.store"));
        final Path other = Files.writeString(state.resolve("other.json"), Files.readString(GOLDEN)
            .replace("1000000000000000000000000001", "5"));
        assertEquals(ExitCode.USAGE, graph("import", other));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("DUPLICATE_ID: $.nodes["), err::toString);
        assertEquals(1, err.toString(StandardCharsets.UTF_8).lines().count());
        assertEquals(length, Files.size(state.resolve("graph/records.store")));
    }
}
