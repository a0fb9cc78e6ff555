/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.flopmeter.node.command.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * flopmeter pause and resume on a run that goes on. The supervisor is the build of the native tests, in which the
 * kernel's task clock stands for a PMU: nanoseconds of CPU are its FLOP.
 */
class RunPauseIT
{
    private static final Path NATIVE_TEST = Path.of(System.getProperty("flopmeter.native.build", "target/native"))
        .resolve("native/test");
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(120);
    private static final BigInteger BURN_NS = BigInteger.valueOf(TimeUnit.MILLISECONDS.toNanos(300));

    @TempDir
    private Path work;

    private static String metered(final String... words)
    {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        final int exitCode = Main.run(stream, stream, words);
        final String text = bytes.toString(StandardCharsets.UTF_8);
        assertEquals(ExitCode.DONE, exitCode, text);
        return text;
    }

    private Process start(final Path out) throws Exception
    {
        final Path supervisor = NATIVE_TEST.resolve("flopmeter-run-test").toAbsolutePath();
        assumeTrue(Files.isExecutable(supervisor), "native tests are not built: " + supervisor);
        final Path dist = MeteredRun.ROOT.resolve("target/dist").toAbsolutePath();
        final List<String> words = new ArrayList<>(List.of(supervisor.toString(), "--out", out.toString(), "--dir",
            work.resolve("state").toString()));
        for (final String word : List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED", "-Dflopmeter.native.path=" + dist.resolve("lib"),
            "-cp", dist.resolve("jar") + "/*", "org.flopmeter.node.Main"))
        {
            words.addAll(List.of("--jvm", word));
        }
        // Two burns, each when it is told to.
        words.addAll(List.of("--", "sh", "-c", "echo \"$FLOPMETER_LANE_DIR\"; read line; \"$0\" burn 300; " +
            "echo burned; read line; \"$0\" burn 300", NATIVE_TEST.resolve("run_helper").toAbsolutePath().toString()));
        final ProcessBuilder builder = new ProcessBuilder(words);
        builder.environment().put("FLOPMETER_TEST_PERF", "1");
        builder.redirectError(work.resolve("stderr.txt").toFile());
        return builder.start();
    }

    private static void say(final Process process) throws Exception
    {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    private static void await(final Path directory, final String name) throws Exception
    {
        final long endNs = System.nanoTime() + PATIENCE_NS;
        while (!Files.exists(directory.resolve(name)))
        {
            assertTrue(System.nanoTime() < endNs, "no " + name);
            LockSupport.parkNanos(POLL_NS);
        }
    }

    @Test
    void shouldPauseAndResumeARunWithABoundedGap() throws Exception
    {
        final Path out = work.resolve("result.json");
        final Process process = start(out);
        final var lines = process.inputReader();
        final Path directory = Path.of(lines.readLine());
        await(directory, "run.json");

        final String paused = metered("pause", directory.toString());
        assertTrue(paused.startsWith("paused " + directory + ": "), paused);
        final boolean hasCounters = paused.contains("perf (pid " + process.pid() + ")");
        say(process);
        assertEquals("burned", lines.readLine());
        final String resumed = metered("resume", directory.toString());
        assertTrue(resumed.startsWith("counting " + directory + ": "), resumed);
        say(process);
        assertTrue(process.waitFor(2, TimeUnit.MINUTES), "it does not end");

        assertEquals(0, process.exitValue(), () -> stderr());
        assumeTrue(hasCounters, "no software events here: " + paused);
        final JsonNode result = JsonMapper.shared().readTree(Files.readString(out));
        final BigInteger lower = new BigInteger(result.at("/flop/lower").asString());
        final BigInteger upper = new BigInteger(result.at("/flop/upper").asString());
        assertTrue(lower.compareTo(BURN_NS.multiply(BigInteger.TWO)) < 0, "counted while paused: " + lower);
        assertTrue(lower.compareTo(BURN_NS.multiply(BigInteger.valueOf(9)).divide(BigInteger.TEN)) > 0,
            "not counted after it: " + lower);
        assertTrue(upper.compareTo(BURN_NS.multiply(BigInteger.TWO)) > 0, "the pause is not bounded: " + upper);
        assertEquals(1, result.path("gaps").size(), () -> result.path("gaps").toPrettyString());
        final JsonNode gap = result.path("gaps").get(0);
        assertEquals("counter paused", gap.path("reason").asString(), gap::toString);
        assertEquals("perf", gap.path("source").asString(), gap::toString);
        assertEquals("perf: PAUSED", gap.path("detail").asString(), gap::toString);
    }

    private String stderr()
    {
        try
        {
            return Files.readString(work.resolve("stderr.txt"));
        }
        catch (final java.io.IOException ex)
        {
            return ex.toString();
        }
    }
}
