/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.flopmeter.node.Main;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.unit.Suite;
import org.flopmeter.wire.HeadFirstKernel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;

/**
 * SIGKILL of the meter's JVM at any instant, again and again, while producers record at full rate, come, end and are
 * killed themselves: law 7. This is the death of processes. What a loss of power leaves is another matter: lanes and
 * account are shared memory, and gone with it.
 */
final class MeterKillTest
{
    private static final long SEED = Long.getLong("flopmeter.kill.seed", 20_261_127);
    private static final int KILLS = Integer.getInteger("flopmeter.kill.count", Suite.rounds(6, 200));
    private static final int END_SHARE = 10;
    private static final int[] RING_CAPACITIES = { 16 << 10, 256 << 10 };

    @BeforeAll
    static void needsWorker()
    {
        assumeTrue(Files.isExecutable(MeteredRun.WORKER), "SKIPPED: no " + MeteredRun.WORKER + ", build the C tests");
    }

    private static KillScene.Outcome run(final int kills, final long seed)
        throws IOException, InterruptedException
    {
        try (KillScene scene = new KillScene(Main.class.getName(), seed))
        {
            for (final int ringCapacity : RING_CAPACITIES)
            {
                scene.startWorker(ringCapacity);
            }
            final int killsAtTheEnd = 1 + kills / END_SHARE;
            for (int i = killsAtTheEnd; i < kills; i++)
            {
                scene.killOne();
            }
            final KillScene.Outcome outcome = scene.finish(killsAtTheEnd);
            assertTrue(2 * scene.killsAtWork() >= kills, "only " + scene.killsAtWork() + " of them had begun to drain");
            System.out.println("seed " + seed + ": " + kills + " meters killed, " + scene.killsAtWork() +
                " of them while draining, " + killsAtTheEnd + " at the end; samples " + outcome.result.path("samples"));
            return outcome;
        }
    }

    @Test
    void shouldLoseAndDoubleNothingWhenTheMeterIsKilled() throws IOException, InterruptedException
    {
        run(KILLS, SEED).assertExact("seed " + SEED);
    }

    /** Killed at the very instant: a random kill meets it once in a while, and less often on a busy machine. */
    @Test
    void shouldNoticeHeadsThatMoveBeforeTheCommit() throws Exception
    {
        try (KillScene scene = new KillScene(PlantedAggregate.class.getName(), SEED))
        {
            for (final int ringCapacity : RING_CAPACITIES)
            {
                scene.startWorker(ringCapacity);
            }
            final Path hold = Files.createFile(scene.directory().resolve(HeadFirstKernel.HOLD));
            scene.killWhen(() -> Files.exists(scene.directory().resolve(HeadFirstKernel.HELD)));
            Files.delete(hold);

            assertFalse(isExact(scene.finish(0)), "a head before its commit was not noticed");
        }
    }

    private static boolean isExact(final KillScene.Outcome outcome)
    {
        try
        {
            outcome.assertExact("planted");
            return true;
        }
        catch (final AssertionFailedError expected)
        {
            return false;
        }
    }
}
