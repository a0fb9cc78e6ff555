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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.flopmeter.node.Main;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.command.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** `graph eval` as its users call it: the public cases, one by one and all at once, and files that are no cases. */
class GraphEvalTest
{
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Path CASES = MeteredRun.ROOT.resolve("testdata/graph");

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    static List<Path> cases() throws IOException
    {
        try (Stream<Path> files = Files.list(CASES))
        {
            return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldAnswerThePublicCase(final Path file) throws IOException
    {
        final JsonNode expected = JSON.readTree(Files.readAllBytes(file));

        final int exitCode = eval(file);

        final JsonNode answer = JSON.readTree(out.toString(StandardCharsets.UTF_8));
        assertEquals(List.of(), differences(expected, answer));
        assertEquals(expected.has("error") ? ExitCode.USAGE : ExitCode.DONE, exitCode);
    }

    @Test
    void shouldPrintOneLineAFileAndGoOnAfterARefusal() throws IOException
    {
        final List<Path> files = cases();

        assertEquals(ExitCode.DONE, eval(files.toArray(Path[]::new)));

        final List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(files.size(), lines.size());
        for (int i = 0; i < lines.size(); i++)
        {
            final JsonNode answer = JSON.readTree(lines.get(i));
            assertEquals(files.get(i).toString(), answer.get("file").asString());
            assertEquals(List.of(), differences(JSON.readTree(Files.readAllBytes(files.get(i))), answer));
        }
    }

    @Test
    void shouldNoticeAWrongAnswer() throws IOException
    {
        // The canary of this class: a case whose expectation is planted wrong in one digit must not pass.
        final JsonNode answer = answer("""
            {"nodes":[{"id":"a","kind":"computation","flop":{"fp8":"7"}}],"edges":[],
             "queries":[{"op":"compute","of":"a"}]}
            """);
        final JsonNode wrong = JSON.readTree("{\"queries\":[{\"expect\":{\"total\":[\"7\",\"7\",\"8\"]}}]}");

        assertFalse(differences(wrong, answer).isEmpty());
    }

    @Test
    void shouldSayWhereAFileIsNoCase() throws IOException
    {
        final JsonNode answer = answer("{\"nodes\":[{\"id\":7}]}");

        assertEquals("BAD_JSON", answer.get("error").asString());
        assertTrue(answer.get("message").asString().startsWith("$.nodes[0].id: expected a string"), answer.toString());
        final String words = err.toString(StandardCharsets.UTF_8);
        assertTrue(words.contains("case.json: BAD_JSON: $.nodes[0].id"), words);
    }

    @Test
    void shouldExitWithUsageWhenOneOfManyFilesIsNoCase() throws IOException
    {
        final Path broken = Files.writeString(folder.resolve("broken.json"), "{");

        assertEquals(ExitCode.USAGE, eval(cases().get(0), broken, folder.resolve("absent.json")));

        final List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(3, lines.size());
        assertTrue(JSON.readTree(lines.get(0)).has("results"));
        assertEquals("BAD_JSON", JSON.readTree(lines.get(1)).get("error").asString());
        assertEquals("BAD_JSON", JSON.readTree(lines.get(2)).get("error").asString());
    }

    @Test
    void shouldSayItInOneLineWhateverTheNamesHold() throws IOException
    {
        eval(Files.writeString(folder.resolve("a\nb.json"),
            "{\"nodes\":[{\"id\":\"\\u001b[31m\\n@\",\"kind\":\"human\"}]}"));

        final String words = err.toString(StandardCharsets.UTF_8);
        assertEquals(1, words.lines().count(), words);
        assertFalse(words.contains("\u001b"), words);
    }

    @Test
    void shouldAnswerTheOtherQueriesWhenOneCannotBe() throws IOException
    {
        final JsonNode results = answer("""
            {"nodes":[{"id":"a","kind":"computation","flop":{"fp8":"7"}},{"id":"o","kind":"output"}],
             "edges":[{"from":"a","to":"o"}],
             "queries":[{"op":"compute","of":"ghost"},{"op":"guess","of":"o"},{"op":"compute"},
              {"op":"rate","sequence":["a","o"]},{"op":"windowed","of":"o","from":"soon","to":2},
              {"op":"weighted","of":"o","weights":{"fp8":"1/0"}},{"op":"threshold","of":"o","limit":"6"},
              {"op":"compute","of":"a@1"},{},7,{"op":"weighted","of":"o","weights":[]},
              {"op":"weighted","of":"o","weights":{"fp8":"50000000000000000000000000000000000000"}}]}
            """).get("results");

        final List<String> errors = new ArrayList<>();
        results.forEach(result -> errors.add(result.path("error").asString("-")));
        assertEquals(List.of("MISSING_NODE", "BAD_OP", "BAD_OP", "MISSING_TIME", "BAD_OP", "BAD_OP", "-",
            "MISSING_NODE", "BAD_OP", "BAD_OP", "BAD_OP", "OVERFLOW"), errors);
        assertEquals("above", results.get(6).get("verdict").asString());
    }

    private JsonNode answer(final String document) throws IOException
    {
        eval(Files.writeString(folder.resolve("case.json"), document));
        return JSON.readTree(out.toString(StandardCharsets.UTF_8));
    }

    private int eval(final Path... files)
    {
        final List<String> arguments = new ArrayList<>(List.of("graph", "eval"));
        Stream.of(files).map(Path::toString).forEach(arguments::add);
        return Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), arguments.toArray(String[]::new));
    }

    /** Where an answer is not what a case expects; parts that a case doesn't name are free. */
    private static List<String> differences(final JsonNode expected, final JsonNode answer)
    {
        final List<String> differences = new ArrayList<>();
        if (!expected.path("error").asString("").equals(answer.path("error").asString("")))
        {
            differences.add("error " + expected.path("error") + ": " + answer);
            return differences;
        }
        for (int i = 0; i < expected.path("queries").size(); i++)
        {
            final JsonNode wanted = expected.get("queries").get(i).path("expect");
            final JsonNode result = answer.path("results").path(i);
            for (final String name : wanted.propertyNames())
            {
                if (!wanted.get(name).equals(result.get(name)))
                {
                    differences.add("query " + i + ", " + name + ": " + wanted.get(name) + " is not " + result);
                }
            }
        }
        return differences;
    }
}
