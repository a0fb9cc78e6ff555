/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import org.flopmeter.node.Main;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.unit.Suite;
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
    private static final int CANARY_KILLS = 8;
    private static final int CANARY_ATTEMPTS = 5;
    private static final int END_SHARE = 10;
    private static final int[] RING_CAPACITIES = { 16 << 10, 256 << 10 };

    @BeforeAll
    static void needsWorker()
    {
        assumeTrue(Files.isExecutable(MeteredRun.WORKER), "SKIPPED: no " + MeteredRun.WORKER + ", build the C tests");
    }

    private static KillScene.Outcome run(final Class<?> mainClass, final int kills, final long seed)
        throws IOException, InterruptedException
    {
        try (KillScene scene = new KillScene(mainClass.getName(), seed))
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
        run(Main.class, KILLS, SEED).assertExact("seed " + SEED);
    }

    @Test
    void shouldNoticeHeadsThatMoveBeforeTheCommit() throws IOException, InterruptedException
    {
        // Random kills may all miss the instants at which it matters, but not again and again.
        boolean isNoticed = false;
        for (int attempt = 0; attempt < CANARY_ATTEMPTS && !isNoticed; attempt++)
        {
            isNoticed = !isExact(run(PlantedAggregate.class, CANARY_KILLS, SEED + attempt));
        }
        assertTrue(isNoticed, "a head before its commit was never noticed");
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
