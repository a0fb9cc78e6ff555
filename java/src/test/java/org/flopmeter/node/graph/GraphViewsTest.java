/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.flopmeter.graph.view.RuleView;
import org.flopmeter.node.Main;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.command.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** `graph views` as its users call it. */
class GraphViewsTest
{
    private static final String PROJECT = MeteredRun.ROOT.resolve("testdata/graph/views/project.json").toString();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    private Path folder;

    @Test
    void shouldPrintOneDocumentOfAllViews()
    {
        assertEquals(ExitCode.DONE, run("graph", "views", "--json", "--of", "tuned", PROJECT));

        final JsonNode document = JsonMapper.shared().readTree(out.toString(StandardCharsets.UTF_8));
        assertEquals("flopmeter/graph-views/v1", document.get("schema").asString());
        assertEquals("83809", document.get("views").get(0).get("total").get("lower").asString());
        assertEquals("83909", document.get("views").get(0).get("total").get("upper").asString());
        assertEquals(0, document.get("views").get(0).get("leftOut").size());
        assertEquals("79540", document.get("views").get(1).get("total").get("point").asString());
        assertEquals("4269", document.get("views").get(1).get("leftOutTotal").get("point").asString());
    }

    @Test
    void shouldPrintATableWithWhatIsLeftOut()
    {
        assertEquals(ExitCode.DONE, run("graph", "views", "--of", "tuned", PROJECT));

        final String table = out.toString(StandardCharsets.UTF_8);
        assertTrue(table.contains("eu-ai-act v1   unverified  79 540     4 269  79 640"), table);
        assertTrue(table.contains("teacher-training  4 000  training, needed only by what is not followed"), table);
    }

    @Test
    void shouldCompareWithAViewOfTheUsers() throws IOException
    {
        final String seed = new String(
            RuleView.class.getResourceAsStream("seed.json").readAllBytes(),
            StandardCharsets.UTF_8);
        final Path view = Files.writeString(folder.resolve("mine.json"),
            seed.replace("\"name\": \"seed\"", "\"name\": \"mine\"")
                .replace("\"synthesis\": \"counted\"", "\"synthesis\": \"passed\""));

        assertEquals(ExitCode.DONE,
            run("graph", "views", "--json", "--of", "tuned", "--view", view.toString(), PROJECT));

        final JsonNode mine = JsonMapper.shared().readTree(out.toString(StandardCharsets.UTF_8)).get("views").get(4);
        assertEquals("mine", mine.get("name").asString());
        assertEquals("83309", mine.get("total").get("point").asString());
        assertEquals("passed", mine.get("leftOut").get(0).get("why").asString());
    }

    @Test
    void shouldNameTheNodeThatIsNotThere()
    {
        assertEquals(ExitCode.USAGE, run("graph", "views", "--of", "ghost", PROJECT));

        assertTrue(err.toString(StandardCharsets.UTF_8).contains("MISSING_NODE: no node \"ghost\""), err.toString());
    }

    private int run(final String... arguments)
    {
        return Main.run(new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8), arguments);
    }
}
