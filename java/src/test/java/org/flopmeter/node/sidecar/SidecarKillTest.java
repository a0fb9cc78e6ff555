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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verified;
import org.flopmeter.node.Main;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.booking.LedgerBooking;
import org.flopmeter.node.meter.KillScene;
import org.flopmeter.node.meter.ResultFiles;
import org.flopmeter.unit.Suite;
import org.flopmeter.wire.HeadFirstKernel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;

/**
 * SIGKILL of the sidecar at any instant, again and again, while it serves several runs whose producers record at full
 * rate: each result equals what its producers say. Its twin with a planted mistake is caught.
 */
final class SidecarKillTest
{
    private static final long SEED = Long.getLong("flopmeter.kill.seed", 20_261_128);
    private static final int RUNS = Suite.rounds(2, 8);
    private static final int KILLS = Suite.rounds(5, 200);
    private static final int[] RING_CAPACITIES = { 16 << 10, 256 << 10 };
    private static final long PATIENCE_S = 120;
    private static final long POLL_NS = 200_000L;
    private static final int WORK_BITS_MIN = 20;
    private static final int WORK_BITS_MAX = 28;

    @BeforeAll
    static void needsWorker()
    {
        assumeTrue(Files.isExecutable(MeteredRun.WORKER), "SKIPPED: no " + MeteredRun.WORKER + ", build the C tests");
    }

    @Test
    void shouldLoseAndDoubleNothingWhenTheSidecarIsKilled() throws IOException, InterruptedException
    {
        final Path state = Files.createTempDirectory("flopmeter-kill-state-");
        final List<KillScene.Outcome> outcomes = run(Main.class, Meters::killAtRandom, SEED, state);
        for (int i = 0; i < outcomes.size(); i++)
        {
            outcomes.get(i).assertExact("seed " + SEED + ", run " + i);
        }
        assertBooked(state, outcomes);
        SidecarScene.delete(state);
    }

    /** Whoever was killed in which instant: the ledger has each run once, and what its result says. */
    private static void assertBooked(final Path state, final List<KillScene.Outcome> outcomes) throws IOException
    {
        final Verification ledger = Verified.of(state);
        assertEquals(List.of(), ledger.findings());
        final List<String> booked = new ArrayList<>();
        ledger.state().epochs().forEach(epoch ->
        {
            assertTrue(epoch.isClosed());
            booked.add(epoch.counted().toString());
        });
        final List<String> results = new ArrayList<>();
        outcomes.forEach(outcome -> results.add(outcome.result.at("/flop/lower").asString()));
        Collections.sort(booked);
        Collections.sort(results);
        assertEquals(results, booked);
    }

    @Test
    void shouldNoticeHeadsThatMoveBeforeTheCommit() throws IOException, InterruptedException
    {
        final List<KillScene.Outcome> outcomes =
            run(PlantedSidecar.class, (meters, scenes) -> meters.killAtTheHead(), SEED, null);

        assertFalse(areExact(outcomes), "a head before its commit was not noticed");
    }

    private static boolean areExact(final List<KillScene.Outcome> outcomes)
    {
        try
        {
            outcomes.forEach(outcome -> outcome.assertExact("planted"));
            return true;
        }
        catch (final AssertionFailedError expected)
        {
            return false;
        }
    }

    /** Which sidecars die when, while the runs of the scenes go on. */
    @FunctionalInterface
    private interface Kills
    {
        void in(Meters meters, List<KillScene> scenes) throws IOException, InterruptedException;
    }

    /** @param state where runs are booked; null = nowhere. */
    private static List<KillScene.Outcome> run(
        final Class<?> mainClass, final Kills kills, final long seed, final Path state)
        throws IOException, InterruptedException
    {
        final Path place = SidecarScene.newPlace("sidecar-kill-");
        final List<KillScene> scenes = new ArrayList<>();
        try (Meters meters = new Meters(place, mainClass, seed))
        {
            for (int i = 0; i < RUNS; i++)
            {
                final Path directory = SidecarScene.newDirectory(place, i);
                final KillScene scene = new KillScene(directory, seed + 2L * i);
                scenes.add(scene);
                scene.startWorker(RING_CAPACITIES[i % RING_CAPACITIES.length]);
                if (null != state)
                {
                    Files.createSymbolicLink(directory.resolve(LedgerBooking.STATE), state);
                }
                SidecarScene.start(directory, i);
            }
            kills.in(meters, scenes);
            return meters.finish(scenes);
        }
        finally
        {
            for (final KillScene scene : scenes)
            {
                scene.close();
            }
            SidecarScene.delete(place);
        }
    }

    /** Sidecars that follow each other. */
    private static final class Meters implements AutoCloseable
    {
        private final Path place;
        private final Class<?> mainClass;
        private final SplittableRandom random;
        private final List<Process> running = new ArrayList<>();

        Meters(final Path place, final Class<?> mainClass, final long seed)
        {
            this.place = place;
            this.mainClass = mainClass;
            random = new SplittableRandom(seed);
        }

        void killAtRandom(final List<KillScene> scenes) throws IOException, InterruptedException
        {
            for (int i = 0; i < KILLS; i++)
            {
                killOne(scenes);
            }
        }

        private void killOne(final List<KillScene> scenes) throws IOException, InterruptedException
        {
            scenes.forEach(KillScene::forgetWork);
            start(random.nextBoolean());
            await(() -> scenes.stream().allMatch(KillScene::isDrained), "the sidecar does not begin");
            passNs(random.nextLong(1L << random.nextInt(WORK_BITS_MIN, WORK_BITS_MAX + 1)));
            while (!running.isEmpty())
            {
                kill(running.remove(0));
            }
        }

        /** A random kill meets this instant once in a while, and less often on a busy machine. */
        void killAtTheHead() throws IOException, InterruptedException
        {
            final Path hold = Files.createFile(place.resolve(HeadFirstKernel.HOLD));
            start(false);
            await(() -> Files.exists(place.resolve(HeadFirstKernel.HELD)), "no head moves");
            kill(running.remove(0));
            Files.delete(hold);
        }

        /** One after the other ends, while the others go on; one sidecar dies in between. */
        List<KillScene.Outcome> finish(final List<KillScene> scenes) throws IOException, InterruptedException
        {
            final List<KillScene.Outcome> outcomes = new ArrayList<>();
            for (int i = 0; i < scenes.size(); i++)
            {
                outcomes.add(scenes.get(i).endProducers());
                if (0 == i)
                {
                    start(false);
                    passNs(random.nextLong(1L << WORK_BITS_MAX));
                    kill(running.remove(running.size() - 1));
                    start(false);
                }
                final Path result = SidecarScene.nameOf(place, i).resolve(ResultFiles.RESULT);
                await(() -> Files.exists(result), "no result");
                scenes.get(i).readResult(outcomes.get(i));
            }
            return outcomes;
        }

        private void await(final BooleanSupplier condition, final String what) throws IOException
        {
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
            while (!condition.getAsBoolean())
            {
                final boolean isLate = System.nanoTime() > deadlineNs;
                assertTrue(!isLate && running.stream().allMatch(Process::isAlive), () -> what + ": " + log());
                LockSupport.parkNanos(POLL_NS);
            }
        }

        private String log()
        {
            try
            {
                return Files.readString(place.resolve("sidecar.log"));
            }
            catch (final IOException ex)
            {
                return ex.getMessage();
            }
        }

        private static void passNs(final long ns)
        {
            final long endNs = System.nanoTime() + ns;
            for (long leftNs = ns; leftNs > 0; leftNs = endNs - System.nanoTime())
            {
                LockSupport.parkNanos(leftNs);
            }
        }

        private void start(final boolean isSlow) throws IOException
        {
            running.add(KillScene.startMeter(place.resolve("sidecar.log"), isSlow,
                random.nextBoolean() ? "native" : "java", mainClass.getName(), "sidecar", "--place", place.toString()));
        }

        private static void kill(final Process process) throws InterruptedException
        {
            process.destroyForcibly();
            assertTrue(process.waitFor(PATIENCE_S, TimeUnit.SECONDS), "a JVM that SIGKILL does not end");
        }

        @Override
        public void close()
        {
            running.forEach(Process::destroyForcibly);
            running.forEach(process -> process.onExit().join());
        }
    }
}
