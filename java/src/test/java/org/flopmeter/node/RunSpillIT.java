/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs whose shared memory is full to the last page: lanes go to the spill directory and are counted all the same. */
class RunSpillIT
{
    private static final String WORKER = MeteredRun.WORKER.toString();

    /** A /dev/shm of its own, just large enough for a meter directory; COMMAND fills it up before it counts. */
    private static final String SMALL_SHM = "mount -t tmpfs -o size=68m flopmeter-test /dev/shm && exec \"$@\"";
    private static final String FILL = "dd if=/dev/zero of=/dev/shm/fill bs=64k 2>/dev/null; " +
        "dd if=/dev/zero of=/dev/shm/fill-rest bs=512 2>/dev/null; ";
    private static final String LIST = "ls \"$FLOPMETER_SPILL_DIR\" >> spilled; " +
        "ls \"$FLOPMETER_LANE_DIR\" >> unspilled; ";

    @TempDir
    private Path work;

    @BeforeEach
    void needsMount() throws Exception
    {
        final Process process = new ProcessBuilder("unshare", "-m", "sh", "-c", SMALL_SHM, "sh", "true")
            .redirectErrorStream(true).start();
        final String said = new String(process.getInputStream().readAllBytes());
        assumeTrue(0 == process.waitFor(), "no mount namespace can be made here: " + said);
    }

    @Test
    void shouldCountLanesOfTheSpillDirectory() throws Exception
    {
        final MeteredRun run = newRun().run("sh", "-c", FILL + WORKER + " threads 20 1000 7; " +
            WORKER + " forks 5 1000 3; " + WORKER + " count 100000 2; " + LIST);

        assertEquals(0, run.exitCode(), run.stderr());
        assertEquals(BigInteger.valueOf(140_000 + 18_000 + 200_000), run.lower(), run.stderr());
        assertNothingLost(run);
        assertTrue(lines("spilled") > 0, "no lane was spilled");
        assertEquals(0, lines("unspilled"), "a lane found room in the full directory");
        assertNoSpillDirectoryIsLeft();
    }

    @Test
    void shouldCountNestedLanesOfTheSpillDirectory() throws Exception
    {
        final Path inner = work.resolve("inner.json");
        final MeteredRun run = newRun().run("sh", "-c", WORKER + " count 10 1 >/dev/null; " +
            MeteredRun.LAUNCHER + " run --quiet --out " + inner + " -- sh -c '" + FILL + WORKER + " count 1000 1; " +
            LIST + "'");

        assertEquals(0, run.exitCode(), run.stderr());
        assertEquals(BigInteger.valueOf(1010), run.lower(), run.stderr());
        assertEquals("1000", JsonMapper.shared().readTree(inner.toFile()).at("/flop/lower").asString());
        assertNothingLost(run);
        assertTrue(lines("spilled") > 0, "no lane was spilled");
        assertNoSpillDirectoryIsLeft();
    }

    private MeteredRun newRun() throws Exception
    {
        final MeteredRun run = new MeteredRun(work);
        assertTrue(new ProcessBuilder(MeteredRun.LAUNCHER.toString(), "setup").redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor(300, TimeUnit.SECONDS));
        return run.prefix("unshare", "-m", "sh", "-c", SMALL_SHM, "sh");
    }

    private long lines(final String name) throws Exception
    {
        final List<String> lines = Files.readAllLines(work.resolve(name));
        return lines.stream().filter((line) -> line.endsWith(".lane")).count();
    }

    private static void assertNothingLost(final MeteredRun run) throws Exception
    {
        final JsonNode samples = run.result().path("samples");
        assertEquals(0, samples.path("lost").asLong(), samples::toString);
        assertEquals(0, run.result().path("findings").size(), () -> "findings");
        assertTrue(run.result().path("conserved").asBoolean(), () -> "not conserved");
    }

    private void assertNoSpillDirectoryIsLeft() throws Exception
    {
        try (Stream<Path> left = Files.list(work.resolve("state/meter")))
        {
            assertEquals(List.of(), left.toList());
        }
    }
}
