/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.flopmeter.node.MeteredRun;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The real launcher, supervisor and sidecar, in a /dev/shm of their own: other runs of this machine are left alone. */
class SidecarIT
{
    private static final String WORKER = MeteredRun.WORKER.toString();
    private static final String OWN_SHM =
        "mount -t tmpfs -o size=400m flopmeter-test /dev/shm && echo ready && exec sleep 600";
    private static final int RUNS_AT_ONCE = 4;
    private static final long POLL_NS = 1_000_000L;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(240);

    @TempDir
    private Path work;

    private Process space;
    private Process sidecar;

    @BeforeEach
    void setUp() throws Exception
    {
        assertEquals(0, new ProcessBuilder(MeteredRun.LAUNCHER.toString(), "setup").redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor());
        space = new ProcessBuilder("unshare", "-m", "sh", "-c", OWN_SHM).redirectErrorStream(true).start();
        final byte[] ready = space.getInputStream().readNBytes(5);
        assumeTrue("ready".equals(new String(ready, StandardCharsets.UTF_8)),
            "SKIPPED: no mount namespace can be made here");
    }

    @AfterEach
    void tearDown() throws Exception
    {
        if (null != sidecar)
        {
            sidecar.destroyForcibly().waitFor();
        }
        space.destroyForcibly().waitFor();
    }

    private List<String> inside()
    {
        return List.of("nsenter", "-m", "-t", Long.toString(space.pid()));
    }

    private MeteredRun newRun() throws IOException
    {
        final Path own = Files.createTempDirectory(work, "run");
        return new MeteredRun(own).prefix(inside().toArray(new String[0])).option("--run", "r1");
    }

    private ProcessBuilder launcher(final String... arguments)
    {
        final List<String> command = new ArrayList<>(inside());
        command.add(MeteredRun.LAUNCHER.toString());
        command.addAll(List.of(arguments));
        final ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("FLOPMETER_DIR", work.resolve("state").toString());
        return builder;
    }

    private void startSidecar() throws Exception
    {
        sidecar = launcher("sidecar").redirectError(work.resolve("sidecar.log").toFile()).start();
        final long endNs = System.nanoTime() + PATIENCE_NS;
        while (!status().path("sidecar").has("pid"))
        {
            assertTrue(sidecar.isAlive() && System.nanoTime() < endNs,
                () -> "the sidecar does not begin: " + work.resolve("sidecar.log"));
        }
    }

    private JsonNode status() throws Exception
    {
        final Process process = launcher("status", "--json").start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        return JsonMapper.shared().readTree(said);
    }

    private static ObjectNode withoutTimes(final JsonNode result)
    {
        final ObjectNode rest = (ObjectNode)result.deepCopy();
        for (final String name : List.of("begin", "end", "beginNs", "endNs", "overhead", "upperBasis"))
        {
            rest.remove(name);
        }
        // The upper ends follow the CPU time.
        ((ObjectNode)rest.path("flop")).remove("upper");
        rest.path("byNode").forEach(node -> ((ObjectNode)node).remove("upper"));
        rest.path("byPrecision").forEach(precision -> ((ObjectNode)precision).remove("upper"));
        return rest;
    }

    /** Each of the runs so far in the ledger of its own state directory, and the ledger without a finding. */
    private void assertAreBooked(final int runsExpected, final String counted) throws Exception
    {
        try (DirectoryStream<Path> runs = Files.newDirectoryStream(work, "run*"))
        {
            int booked = 0;
            for (final Path run : runs)
            {
                final Process total =
                    launcher("ledger", "total", "--dir", run.resolve("state").toString()).start();
                final String said = new String(total.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertEquals(0, total.waitFor(), said);
                assertTrue(said.matches("(?s).*counted +" + counted + "\\n.*"), said);
                final Process verify = launcher("verify", run.resolve("state").toString()).start();
                final String verified = new String(verify.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertEquals(0, verify.waitFor(), verified);
                booked++;
            }
            assertEquals(runsExpected, booked);
        }
    }

    @Test
    void shouldGiveTheResultThatARunsOwnMeterGives() throws Exception
    {
        assertFalse(status().path("up").asBoolean());
        final MeteredRun embedded = newRun().run(WORKER, "count", "1000", "7", "forward");
        startSidecar();
        final MeteredRun served = newRun().run(WORKER, "count", "1000", "7", "forward");

        assertEquals(0, served.exitCode(), served.stderr());
        assertEquals(withoutTimes(embedded.result()), withoutTimes(served.result()));
        assertEquals(BigInteger.valueOf(7000), served.lower());
        assertAreBooked(2, "7000");
        // A budget is kept by a meter of the run's own.
        final MeteredRun own = newRun().option("--cpu-budget", "50").run(WORKER, "count", "10", "7");
        assertEquals(BigInteger.valueOf(70), own.lower());
    }

    @Test
    void shouldServeRunsAtOnceWhileTheSidecarIsKilled() throws Exception
    {
        startSidecar();
        final List<MeteredRun> runs = new ArrayList<>();
        final List<Process> processes = new ArrayList<>();
        final Path go = work.resolve("go");
        for (int i = 0; i < RUNS_AT_ONCE; i++)
        {
            final MeteredRun run = newRun();
            runs.add(run);
            processes.add(run.start("sh", "-c", WORKER + " count 1000 3 before; touch " + work.resolve("begun-" + i) +
                "; until [ -e " + go + " ]; do sleep 0.05; done; " + WORKER + " count 2000 5 after"));
        }
        final long endNs = System.nanoTime() + PATIENCE_NS;
        for (int i = 0; i < RUNS_AT_ONCE; i++)
        {
            while (!Files.exists(work.resolve("begun-" + i)))
            {
                assertTrue(System.nanoTime() < endNs, "a run does not begin");
                LockSupport.parkNanos(POLL_NS);
            }
        }
        sidecar.destroyForcibly().waitFor();
        startSidecar();
        Files.createFile(go);
        for (int i = 0; i < RUNS_AT_ONCE; i++)
        {
            final MeteredRun run = runs.get(i).await(processes.get(i));
            assertEquals(0, run.exitCode(), run.stderr());
            assertEquals(BigInteger.valueOf(3000), run.lowerOf("byNode", "before"), run.stderr());
            assertEquals(BigInteger.valueOf(10_000), run.lowerOf("byNode", "after"), run.stderr());
            assertTrue(run.result().path("conserved").asBoolean());
            assertEquals(0, run.result().path("findings").size(), () -> "findings");
        }
        assertAreBooked(RUNS_AT_ONCE, "13000");
    }

    @Test
    void shouldCountServicesAndEndCleanly() throws Exception
    {
        startSidecar();
        final Process environment = launcher("sidecar", "--print-env").start();
        final String said = new String(environment.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, environment.waitFor());
        final List<String> service = new ArrayList<>(inside());
        service.addAll(List.of("env"));
        service.addAll(said.lines().filter(line -> line.startsWith("FLOPMETER_")).toList());
        service.addAll(List.of("FLOPMETER_RUN=shop", WORKER, "count", "1000", "7", "checkout"));
        assertEquals(0, new ProcessBuilder(service).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor());

        final long endNs = System.nanoTime() + PATIENCE_NS;
        JsonNode services = status().at("/serving/0");
        while (!"7000".equals(services.path("flop").asString()))
        {
            assertTrue(System.nanoTime() < endNs, services.toString());
            services = status().at("/serving/0");
        }
        assertEquals("shop", services.at("/totals/0/run").asString());
        assertEquals("checkout", services.at("/totals/0/node").asString());

        final long pid = status().at("/sidecar/pid").asLong();
        assertTrue(ProcessHandle.of(pid).orElseThrow().destroy());
        assertEquals(0, sidecar.waitFor());
        assertFalse(status().path("up").asBoolean());
        assertEquals("7000", status().at("/serving/0/flop").asString());
    }
}
