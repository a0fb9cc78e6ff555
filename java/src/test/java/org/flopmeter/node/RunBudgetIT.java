/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A meter with a CPU budget under more load than it can drain with that: it keeps to it, and the totals are exact. */
class RunBudgetIT
{
    private static final double PERCENT = 2;
    /**
     * What the process may use beyond its share: the credit that is saved up, 10 ms, and what its compilers and the
     * first booking of its ledger take while the loop sleeps it off; some 200 ms on a busy machine.
     */
    private static final long BEYOND_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long LOAD_NS = TimeUnit.MILLISECONDS.toNanos(2500);
    private static final int LOADS_MAX = 5;
    private static final long POLL_NS = 1_000_000L;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(200);

    @TempDir
    private Path work;

    /** A program that records all the time, from when it is read until `loadNs` later. */
    private MeteredRun load(final long loadNs, final String... options) throws Exception
    {
        final Path directoryFile = Files.createTempFile(work, "directory", "");
        final MeteredRun run = new MeteredRun(Files.createTempDirectory(work, "run"))
            .option(options).environment("FLOPMETER_LANE_RING", "65536");
        final Process process = run.start("sh", "-c",
            "echo \"$FLOPMETER_LANE_DIR\" > " + directoryFile + "; exec " + MeteredRun.WORKER + " until-eof 7");
        final long patienceEndNs = System.nanoTime() + PATIENCE_NS;
        while (!Files.exists(Path.of(Files.readString(directoryFile).strip(), "account-1")))
        {
            assertTrue(System.nanoTime() < patienceEndNs && process.isAlive(), "no meter begins");
            LockSupport.parkNanos(POLL_NS);
        }
        final long endNs = System.nanoTime() + loadNs;
        while (System.nanoTime() < endNs)
        {
            LockSupport.parkNanos(endNs - System.nanoTime());
        }
        process.getOutputStream().close();
        run.await(process);
        assertEquals(0, run.exitCode(), run.stderr());
        assertEquals(run.printed(), run.lower());
        assertTrue(run.result().path("conserved").asBoolean());
        assertEquals(0, run.result().at("/samples/lost").asLong());
        return run;
    }

    private static boolean isKept(final MeteredRun run) throws Exception
    {
        final JsonNode overhead = run.result().path("overhead");
        final double allowedNs = overhead.path("loopWallNs").asLong() * PERCENT / 100 + BEYOND_NS;
        return overhead.path("loopCpuNs").asLong() <= allowedNs;
    }

    @Test
    void shouldKeepTheBudgetUnderLoadAndLoseNothing() throws Exception
    {
        final MeteredRun run = load(LOAD_NS, "--cpu-budget", "2");

        final JsonNode overhead = run.result().path("overhead");
        assertEquals(PERCENT, overhead.path("cpuBudgetPercent").asDouble());
        assertTrue(isKept(run), overhead::toString);
        final JsonNode samples = run.result().path("samples");
        assertTrue(samples.path("consumed").asLong() > 0, samples::toString);
        assertTrue(samples.path("folded").asLong() > samples.path("consumed").asLong(), samples::toString);
        assertTrue(run.stderr().contains("budget 2 % of one core: draining took "), run.stderr());
    }

    /** The canary: without a budget it takes what it can get, be it little on a busy machine. */
    @Test
    void shouldSeeAMeterWithoutABudget() throws Exception
    {
        MeteredRun run = load(LOAD_NS);
        for (int i = 1; i < LOADS_MAX && isKept(run); i++)
        {
            run = load(LOAD_NS << i);
        }
        final JsonNode overhead = run.result().path("overhead");
        assertTrue(!isKept(run), overhead::toString);
        assertTrue(overhead.path("cpuBudgetPercent").isNull() && !run.stderr().contains("budget"), run.stderr());
    }
}
