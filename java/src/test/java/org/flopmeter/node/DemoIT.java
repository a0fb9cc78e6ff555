/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.flopmeter.assess.Inventories;
import org.flopmeter.node.text.Messages;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a user types first, with the real launcher, supervisor and meter. */
class DemoIT
{
    private static final long TIMEOUT_SEC = 300;

    @TempDir
    private Path work;

    @Test
    void shouldMeterTheDemoExactlyAndValidly() throws Exception
    {
        final Path document = work.resolve("result.json");

        final int exitCode = launch("demo", "--epochs", "1", "--out", document.toString(),
            "--dir", work.resolve("state").toString());

        final String stderr = Files.readString(work.resolve("stderr.txt"));
        assertEquals(0, exitCode, stderr);
        assertTrue(stderr.contains(Messages.english().get("demo.exact")), stderr);
        assertTrue(Files.readString(work.resolve("stdout.txt")).contains("accuracy"));
        final String text = Files.readString(document);
        final String schema = Files.readString(MeteredRun.ROOT.resolve("docs/schema/run-result-v1.json"));
        assertEquals(List.of(), SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(schema, InputFormat.JSON).validate(text, InputFormat.JSON));
        final JsonNode result = JsonMapper.shared().readTree(text);
        assertTrue(result.path("conserved").asBoolean());
        assertEquals(3, result.path("byNode").size(), text);
        assertEquals("9603109888", result.at("/byPrecision/fp32/lower").asString());
    }

    @Test
    void shouldAnswerDoctorOnAnyMachine() throws Exception
    {
        assertEquals(0, launch("doctor", "--json"));

        final JsonNode document = JsonMapper.shared().readTree(Files.readString(work.resolve("stdout.txt")));
        assertEquals(Inventories.DOCTOR_SCHEMA, document.path("schema").asString());
        assertEquals("yes", document.at("/checks/0/status").asString(), document.toString());
    }

    /** Else each command reads and verifies some 1500 classes at its start, and nothing else shows it. */
    @Test
    void shouldMapItsClassesFromTheArchiveOfTheBuild() throws Exception
    {
        assumeTrue(Files.exists(Path.of(System.getProperty("java.home"), "release")), "a JVM of no release");
        assumeTrue(MeteredRun.ROOT.toRealPath().toString().matches("[A-Za-z0-9/._+-]*"), "no archive at such a path");
        final Path log = work.resolve("classes.txt");

        assertEquals(0, launch(Map.of("_JAVA_OPTIONS", "-Xlog:class+load:file=" + log), "doctor", "--json"));

        final List<String> own;
        try (Stream<String> lines = Files.lines(log))
        {
            own = lines.filter(line -> line.contains("] org.flopmeter.") && !line.contains("$$")).toList();
        }
        final long mapped = own.stream().filter(line -> line.contains("source: shared objects file")).count();
        assertTrue(mapped > own.size() * 9L / 10 && mapped > 20, mapped + " of " + own.size() + ": " + own);
        JsonMapper.shared().readTree(Files.readString(work.resolve("stdout.txt")));
    }

    private int launch(final String... arguments) throws IOException, InterruptedException
    {
        return launch(Map.of(), arguments);
    }

    private int launch(final Map<String, String> environment, final String... arguments)
        throws IOException, InterruptedException
    {
        final List<String> command = new ArrayList<>(List.of(MeteredRun.LAUNCHER.toString()));
        command.addAll(List.of(arguments));
        final ProcessBuilder builder = new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(work.resolve("stdout.txt").toFile())
            .redirectError(work.resolve("stderr.txt").toFile());
        builder.environment().put("LC_ALL", "C");
        builder.environment().putAll(environment);
        final Process process = builder.start();
        if (!process.waitFor(TIMEOUT_SEC, TimeUnit.SECONDS))
        {
            process.destroyForcibly();
            throw new IllegalStateException("flopmeter did not end in " + TIMEOUT_SEC + " s");
        }
        return process.exitValue();
    }
}
