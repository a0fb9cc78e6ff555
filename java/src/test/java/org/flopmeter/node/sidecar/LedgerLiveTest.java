/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerState;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verified;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.booking.LedgerBooking;
import org.flopmeter.node.booking.LedgerThread;
import org.flopmeter.node.meter.ResultFiles;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.wire.LaneMapper;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.MappedLane;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A sidecar books runs while they go on, and what the ledger has at the end is what the results say. */
final class LedgerLiveTest
{
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);
    private static final int RUNS = 3;

    private final LeapingMapper mapper = new LeapingMapper();
    private final List<String> said = new ArrayList<>();
    private final long uid = StateDirectory.uid();

    @TempDir
    private Path folder;
    private Path place;
    private Path state;
    private Sidecar sidecar;
    private LedgerThread thread;

    /** The system's, with a clock that a test sets forward. */
    private static final class LeapingMapper implements LaneMapper
    {
        private final LaneMapper system = new NativeLaneMapper();
        private long leapNs;

        @Override
        public MappedLane map(final Path directory, final String name, final long lengthExpected)
            throws IOException, LaneViolation
        {
            return system.map(directory, name, lengthExpected);
        }

        @Override
        public boolean isAlive(final int pid, final long startTicks, final long pidNamespace)
        {
            return system.isAlive(pid, startTicks, pidNamespace);
        }

        @Override
        public boolean isLocked(final Path directory, final String name)
        {
            return system.isLocked(directory, name);
        }

        @Override
        public long nanoTime()
        {
            return system.nanoTime() + leapNs;
        }
    }

    @BeforeEach
    void setUp() throws IOException
    {
        assumeTrue(Files.isExecutable(MeteredRun.WORKER), "SKIPPED: no " + MeteredRun.WORKER + ", build the C tests");
        place = SidecarScene.newPlace("ledger-");
        state = Files.createDirectory(folder.resolve("state"));
        start();
    }

    @AfterEach
    void tearDown() throws IOException
    {
        if (null != sidecar)
        {
            sidecar.close();
            thread.close();
            SidecarScene.delete(place);
        }
    }

    private void start() throws IOException
    {
        sidecar = new Sidecar(List.of(MeterPlace.hold(place, uid)), mapper, uid, CpuBudget.NONE, said::add);
        thread = new LedgerThread(INTERVAL_NS, true, said::add);
        sidecar.bookWith(thread, state, sidecar::lookSoon);
    }

    private Path newRun(final int number) throws IOException
    {
        final Path directory = SidecarScene.newDirectory(place, number);
        StandingDirectory.writeControl(directory);
        Files.createSymbolicLink(directory.resolve(LedgerBooking.STATE), state);
        SidecarScene.start(directory, number);
        return directory;
    }

    private Verification ledger()
    {
        try
        {
            return Verified.of(state);
        }
        catch (final IOException notThereYet)
        {
            return null;
        }
    }

    private FlopCount counted()
    {
        final Verification verification = ledger();
        FlopCount sum = FlopCount.ZERO;
        if (null != verification)
        {
            for (final LedgerState.EpochState epoch : verification.state().epochs())
            {
                sum = sum.add(epoch.counted());
            }
        }
        return sum;
    }

    private void cycleUntil(final BooleanSupplier condition)
    {
        final long endNs = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean())
        {
            assertTrue(System.nanoTime() < endNs, said::toString);
            sidecar.lookSoon();
            sidecar.cycle();
            LockSupport.parkNanos(INTERVAL_NS / 5);
        }
    }

    private static JsonNode resultOf(final Path directory)
    {
        return JsonMapper.shared().readTree(directory.resolve(ResultFiles.RESULT).toFile());
    }

    private void assertEqualsResults(final List<Path> directories)
    {
        final Verification verification = ledger();
        assertEquals(List.of(), verification.findings());
        assertEquals(directories.size(), verification.state().epochs().size());
        FlopCount sum = FlopCount.ZERO;
        for (final Path directory : directories)
        {
            sum = sum.add(FlopCount.parse(resultOf(directory).at("/flop/lower").asString()));
            assertFalse(summaryOf(directory).contains("ledger"), () -> summaryOf(directory));
        }
        assertEquals(sum, counted());
        verification.state().epochs().forEach(epoch ->
        {
            assertTrue(epoch.isClosed());
            assertEquals(epoch.bound().lower(), epoch.counted());
        });
    }

    private static String summaryOf(final Path directory)
    {
        try
        {
            return Files.readString(directory.resolve(ResultFiles.SUMMARY));
        }
        catch (final IOException ex)
        {
            return ex.toString();
        }
    }

    @Test
    void shouldBookWhileRunsGoOnAndTheSameAtTheEnd() throws Exception
    {
        final List<Path> runs = new ArrayList<>();
        for (int i = 0; i < RUNS; i++)
        {
            runs.add(newRun(i));
            SidecarScene.newLane(runs.get(i), 10, 7);
        }
        cycleUntil(() -> counted().equals(FlopCount.of(RUNS * 70)));
        final Verification before = ledger();
        assertTrue(before.state().epochs().stream().noneMatch(LedgerState.EpochState::isClosed));
        for (int i = 0; i < RUNS; i++)
        {
            SidecarScene.newLane(runs.get(i), 10, 5 + i);
        }
        cycleUntil(() -> counted().equals(FlopCount.of(RUNS * 120 + 10 * RUNS * (RUNS - 1) / 2)));
        for (int i = 0; i < RUNS; i++)
        {
            SidecarScene.end(runs.get(i), i);
        }
        cycleUntil(() -> runs.stream().allMatch(run -> Files.exists(run.resolve(ResultFiles.RESULT))));

        assertEqualsResults(runs);
        assertTrue(ledger().blocks() <= 3L * RUNS + 2, () -> "runs share blocks: " + ledger().blocks());
    }

    /** A sidecar is killed: the next one goes on with the epochs, and no total is there twice. */
    @Test
    void shouldGoOnWithTheSameEpochsAfterARestart() throws Exception
    {
        final List<Path> runs = List.of(newRun(0), newRun(1));
        SidecarScene.newLane(runs.get(0), 10, 7);
        cycleUntil(() -> counted().equals(FlopCount.of(70)));
        final LedgerThread first = thread;
        sidecar.close();
        start();
        SidecarScene.newLane(runs.get(0), 10, 3);
        SidecarScene.newLane(runs.get(1), 10, 1);
        cycleUntil(() -> counted().equals(FlopCount.of(110)));
        first.close();
        SidecarScene.end(runs.get(0), 0);
        SidecarScene.end(runs.get(1), 1);
        cycleUntil(() -> runs.stream().allMatch(run -> Files.exists(run.resolve(ResultFiles.RESULT))));

        assertEqualsResults(runs);
    }

    @Test
    void shouldBookServicesUnderTheirOwnNames() throws Exception
    {
        sidecar.add(StandingDirectory.open(place, RunFacts.SERVICES, uid, mapper, sidecar));
        SidecarScene.newLane(place.resolve(RunFacts.SERVICES), 10, 9);
        cycleUntil(() -> counted().equals(FlopCount.of(90)));

        assertEquals(List.of(), ledger().findings());
        assertFalse(ledger().state().epochs().iterator().next().isClosed());
    }

    /** What can't be written is told in the summary, kept in memory, and booked when it can be. */
    @Test
    void shouldKeepARunInMemoryWhileItCannotBeWritten() throws Exception
    {
        final Path directory = newRun(0);
        SidecarScene.newLane(directory, 10, 7);
        final Path ledger = state.resolve(LedgerHome.DIRECTORY);
        Files.createFile(ledger);
        SidecarScene.end(directory, 0);
        cycleUntil(() -> Files.exists(directory.resolve(ResultFiles.RESULT)));
        assertTrue(summaryOf(directory).contains("not booked yet"), () -> summaryOf(directory));
        assertEquals(1, thread.status().unbooked());
        assertTrue(null != thread.status().failure());
        SidecarScene.delete(directory);

        Files.delete(ledger);
        cycleUntil(() -> counted().equals(FlopCount.of(70)));
        cycleUntil(() -> null == thread.status().failure());
        assertNull(thread.status().failure());
        assertEquals(List.of(), ledger().findings());
    }

    /** A ledger that does not answer is no reason to keep a run waiting; its end is booked when it answers. */
    @Test
    void shouldWriteTheResultOfARunWhoseBookingHangs() throws Exception
    {
        final Path directory = newRun(0);
        SidecarScene.newLane(directory, 10, 7);
        cycleUntil(() -> counted().equals(FlopCount.of(70)));
        // A list of witnesses that is never there to be read: whoever reads it waits.
        final Path pipe = state.resolve("witnesses");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        SidecarScene.end(directory, 0);
        cycleUntil(this::isEnding);
        sidecar.cycle();
        assertFalse(Files.exists(directory.resolve(ResultFiles.RESULT)), "it waits a while");
        mapper.leapNs = LedgerThread.PATIENCE_NS;
        cycleUntil(() -> Files.exists(directory.resolve(ResultFiles.RESULT)));
        assertTrue(summaryOf(directory).contains("not booked yet: no answer"), () -> summaryOf(directory));

        Files.write(pipe, new byte[0]);
        Files.delete(pipe);
        cycleUntil(() -> 0 == thread.status().runs());
        assertTrue(ledger().state().epochs().iterator().next().isClosed());
        assertEquals(FlopCount.of(70), counted());
    }

    private boolean isEnding()
    {
        for (final ServedRun run : sidecar.served())
        {
            if (!run.isEnding())
            {
                return false;
            }
        }
        return true;
    }
}
