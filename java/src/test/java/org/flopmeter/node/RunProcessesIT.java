/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Process trees of every kind under the real launcher, supervisor and aggregator. The metered program prints its own
 * tally, so each total is compared with one that went another way.
 */
class RunProcessesIT
{
    private static final String WORKER = MeteredRun.WORKER.toString();

    @TempDir
    private Path work;

    private MeteredRun run;

    @BeforeEach
    void setUp() throws Exception
    {
        run = new MeteredRun(work);
    }

    @Test
    void shouldCountEachRecordOnce() throws Exception
    {
        run.option("--run", "r1", "--node", "training").run(WORKER, "count", "100000", "12345", "forward");

        assertConserved();
        assertEquals(run.printed(), run.lower());
        assertEquals(run.printed(), run.lowerOf("byNode", "forward"));
        assertEquals("r1", run.result().path("run").asString());
        assertEquals(100_000, run.result().at("/bySource/api/calls").asLong());
    }

    @Test
    void shouldUseNodeOfTheCommandLineForWorkWithoutOne() throws Exception
    {
        run.option("--node", "training").run(WORKER, "count", "10", "7");

        assertEquals(BigInteger.valueOf(70), run.lower());
    }

    @Test
    void shouldReportExitCodesAndSignals() throws Exception
    {
        assertEquals(0, run.run("true").exitCode());
        assertEquals(42, new MeteredRun(work).run("sh", "-c", "exit 42").exitCode());
        assertEquals(128 + 15, new MeteredRun(work).run("sh", "-c", "kill -TERM $$").exitCode());
        assertEquals(127, new MeteredRun(work).run("flopmeter-no-such-command").exitCode());
        assertEquals(126, new MeteredRun(work).run(work.toString()).exitCode());
    }

    @Test
    void shouldRefuseBadIdsBeforeStartingAnything() throws Exception
    {
        final Path witness = work.resolve("started");
        run.option("--run", "no spaces").run("touch", witness.toString());

        assertEquals(2, run.exitCode());
        assertFalse(witness.toFile().exists());
        assertEquals(1, run.stderr().strip().lines().count(), run.stderr());
    }

    @Test
    void shouldPassStdinAndStdoutThroughByteExact() throws Exception
    {
        final byte[] bytes = new byte[8 << 20];
        new Random(7).nextBytes(bytes);

        run.input(bytes).run("cat");

        assertArrayEquals(bytes, run.stdoutBytes());
    }

    @Test
    void shouldCountForkedChildrenOnce() throws Exception
    {
        run.run(WORKER, "forks", "50", "1000", "3");

        assertConserved();
        assertEquals(run.printed(), run.lower());
        assertEquals(BigInteger.valueOf(3000), run.lowerOf("byNode", "parent"));
        assertEquals(BigInteger.valueOf(150_000), run.lowerOf("byNode", "child"));
    }

    @Test
    void shouldCountThousandThreads() throws Exception
    {
        run.run(WORKER, "threads", "1000", "1000", "11");

        assertConserved();
        assertEquals(BigInteger.valueOf(11_000_000), run.printed());
        assertEquals(run.printed(), run.lower());
    }

    @Test
    void shouldCountPipelinesOfShells() throws Exception
    {
        run.run("sh", "-c", WORKER + " count 10 5 | cat; " + WORKER + " count 20 5 >/dev/null & wait");

        assertConserved();
        assertEquals(BigInteger.valueOf(150), run.lower());
    }

    @Test
    void shouldCountProcessesOfAnotherPidNamespace() throws Exception
    {
        final Process probe = new ProcessBuilder("unshare", "-fp", "true").redirectErrorStream(true).start();
        final String said = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeTrue(0 == probe.waitFor(), "no pid namespace can be made here: " + said);

        // Low pids that mean init and other daemons outside; one producer goes on while many others end.
        run.run("unshare", "-fp", "--kill-child", "sh", "-c", "for i in $(seq 60); do " + WORKER +
            " count 100 3 >/dev/null; done & " + WORKER + " forks 40 1000 3 >/dev/null; wait");

        assertConserved();
        assertEquals(BigInteger.valueOf(60 * 300 + 41 * 3000), run.lower());
    }

    @Test
    void shouldKeepWhatAKilledChildDid() throws Exception
    {
        run.run("sh", "-c", WORKER + " kill-self 12345 6; exit 0");

        assertEquals(0, run.exitCode());
        assertConserved();
        assertEquals(run.printed(), run.lower());
    }

    @Test
    void shouldIncludeNestedRunOnce() throws Exception
    {
        final Path inner = work.resolve("inner.json");
        run.option("--run", "outer").run("sh", "-c", WORKER + " count 10 1 >/dev/null; " + MeteredRun.LAUNCHER +
            " run --quiet --run inner --out " + inner + " -- " + WORKER + " count 100 1");

        assertConserved();
        assertEquals(BigInteger.valueOf(110), run.lower());
        final JsonNode innerResult = tools.jackson.databind.json.JsonMapper.shared().readTree(inner.toFile());
        assertEquals("100", innerResult.at("/flop/lower").asString());
    }

    @Test
    void shouldGoOnWhenTheAggregatorIsKilled() throws Exception
    {
        final Process process = run.start(WORKER, "until-eof", "9");
        final BufferedReader reader = new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        assertEquals("ready", reader.readLine());
        for (int i = 0; i < 2; i++)
        {
            final ProcessHandle aggregator = awaitAggregator(process);
            assertTrue(aggregator.destroyForcibly());
            aggregator.onExit().get(10, TimeUnit.SECONDS);
        }
        awaitAggregator(process);
        process.getOutputStream().close();
        final BigInteger printed = new BigInteger(reader.readLine());

        run.await(process);
        assertConserved();
        assertEquals(printed, run.lower());
    }

    private static ProcessHandle awaitAggregator(final Process process) throws InterruptedException
    {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < deadlineNs)
        {
            final List<ProcessHandle> found = process.toHandle().descendants()
                .filter((handle) -> handle.info().command().orElse("").endsWith("/java")).toList();
            if (!found.isEmpty())
            {
                return found.get(0);
            }
            Thread.onSpinWait();
        }
        throw new IllegalStateException("no aggregator appeared");
    }

    @Test
    void shouldRunWithoutAnyMeter() throws Exception
    {
        final Process process = new ProcessBuilder(MeteredRun.ROOT.resolve("target/dist/bin/flopmeter-run").toString(),
            "--quiet", "--dir", work.resolve("alone").toString(),
            "--", "/bin/sh", "-c", "echo out; rm -rf \"$FLOPMETER_LANE_DIR\"; exit 5").start();

        assertEquals("out\n", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(5, process.waitFor());
    }

    @Test
    void shouldMeterFromFolderThatPreloadCannotName() throws Exception
    {
        final Path folder = Files.createDirectories(work.resolve("a folder: $x"));
        try (Stream<Path> files = Files.list(MeteredRun.ROOT.resolve("target/dist/lib")))
        {
            for (final Path file : files.filter(Files::isRegularFile).toList())
            {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }

        final Process process = new ProcessBuilder(MeteredRun.ROOT.resolve("target/dist/bin/flopmeter-run").toString(),
            "--quiet", "--dir", work.resolve("alone").toString(),
            "--preload", folder.resolve("libflopmeter_intercept.so").toString(),
            "--", "/bin/sh", "-c", "echo $LD_PRELOAD; rm -rf \"$FLOPMETER_LANE_DIR\" && exit 5")
            .redirectErrorStream(true).start();

        final Path preload = Path.of(
            new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
        assertEquals(5, process.waitFor());
        assertTrue(Files.isSymbolicLink(preload.getParent()), preload::toString);
        Files.delete(preload.getParent());
    }

    @Test
    void shouldQuarantineHostileLanesAndLoseNothingElse() throws Exception
    {
        run.run(WORKER, "hostile", "5000", "17");

        assertEquals(0, run.exitCode());
        assertEquals(run.printed(), run.lower());
        assertTrue(run.result().path("findings").size() >= 3, () -> "findings missing");
    }

    private void assertConserved() throws Exception
    {
        final JsonNode samples = run.result().path("samples");
        assertEquals(samples.path("produced").asLong(), samples.path("consumed").asLong() +
            samples.path("folded").asLong() + samples.path("lost").asLong(), samples::toString);
        assertEquals(0, samples.path("lost").asLong(), samples::toString);
        assertTrue(run.result().path("conserved").asBoolean(), () -> "not conserved");
    }
}
