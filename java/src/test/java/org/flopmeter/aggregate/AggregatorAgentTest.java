/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.wire.ChannelLaneMapper;
import org.flopmeter.wire.ControlDescriptor;
import org.flopmeter.wire.LaneFixture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AggregatorAgentTest
{
    private static final int PID = 4711;
    private static final long SEED = 20260723;

    @TempDir
    private Path directory;

    private final ChannelLaneMapper mapper = new ChannelLaneMapper();

    @Test
    void shouldBeExactOverRandomLanesWithFoldsAndWraps() throws IOException
    {
        mapper.alivePids.add(PID);
        final SplittableRandom random = new SplittableRandom(SEED);
        final List<LaneFixture> lanes = new ArrayList<>();
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            for (int step = 0; step < 4000; step++)
            {
                randomStep(random, lanes);
                if (0 == random.nextInt(8))
                {
                    agent.doWork();
                }
            }
            agent.drainToEnd();
            Expected.assertExact(agent.totals(), lanes, "seed=" + SEED);
            assertTrue(lanes.stream().anyMatch((lane) -> lane.folded > 0), "no lane folded");
            assertTrue(lanes.stream().anyMatch((lane) -> lane.position() > 8L * lane.ringCapacity), "no lane wrapped");
            assertTrue(
                agent.totals().keys().stream().anyMatch((key) -> key.flopCount().high() != 0), "no sum beyond 64 bits");
        }
    }

    /** What processes say in their control file: that one of them hides CPU time, and that 3 samples are lost. */
    private Path control() throws IOException
    {
        final Path file = directory.resolve(ControlDescriptor.NAME);
        Files.write(file, ByteBuffer.allocate(ControlDescriptor.FILE_LENGTH).order(ByteOrder.LITTLE_ENDIAN)
            .putLong(0, ControlDescriptor.MAGIC)
            .putInt(ControlDescriptor.WIRE_VERSION_OFFSET, ControlDescriptor.WIRE_VERSION)
            .putInt(ControlDescriptor.PROCESS_FLAGS_OFFSET, ControlDescriptor.PROCESS_FLAG_CPU_INCOMPLETE)
            .putLong(ControlDescriptor.LOST_SAMPLES_OFFSET, 3).array());
        return file;
    }

    /** As with a lane: where the system is short of something it is tried again, and said meanwhile. */
    @Test
    void shouldReadTheControlFileAsSoonAsItCan() throws IOException
    {
        control();
        mapper.unmappable.add(ControlDescriptor.NAME);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.drainToEnd();
            final Totals unread = agent.totals();
            assertTrue(unread.cpuIncomplete(), "nobody knows");
            assertEquals(1, unread.findings().size());
            assertTrue(unread.findings().get(0).reason().endsWith("are not known: too many open files"),
                unread.findings()::toString);

            mapper.unmappable.clear();
            agent.drainToEnd();
            assertEquals(List.of(), agent.totals().findings());
            assertEquals(3, agent.totals().samplesLost());
            assertTrue(agent.totals().cpuIncomplete());
        }
    }

    @Test
    void shouldTellOfAControlFileThatWasCut() throws IOException
    {
        final Path file = control();
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.drainToEnd();
            assertEquals(List.of(), agent.totals().findings());
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
            {
                channel.truncate(ControlDescriptor.FILE_LENGTH - 1);
            }
            final Totals cut = agent.totals();
            assertTrue(cut.cpuIncomplete());
            assertTrue(cut.findings().get(0).reason().endsWith("its length is 8191, expected 8192"),
                cut.findings()::toString);
        }
    }

    /** A meter directory without a supervisor has none, and nothing is wrong with that. */
    @Test
    void shouldSayNothingOfAControlFileThatIsNotThere() throws IOException
    {
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.drainToEnd();
            assertEquals(List.of(), agent.totals().findings());
            assertFalse(agent.totals().cpuIncomplete());
        }
    }

    @Test
    void shouldSeeAnOpenBatchAtOnce() throws IOException
    {
        mapper.alivePids.add(PID);
        final LaneFixture lane = new LaneFixture(directory, 1, 4096, PID, 1);
        lane.add(lane.slot("r"), 5);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.doWork();

            assertEquals(FlopCount.of(5), agent.totals().keys().get(0).flopCount());
            assertEquals(0, lane.head(), "a head inside a record");
        }
    }

    @Test
    void shouldRetireLanesOfDeadProcessesAndForgetTheirFiles() throws IOException
    {
        final List<LaneFixture> lanes = new ArrayList<>();
        for (int i = 1; i <= 3; i++)
        {
            final LaneFixture lane = LaneFixture.dead(directory, i, 4096);
            fill(lane, 1000 * i);
            lanes.add(lane);
        }
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.drainToEnd();
            agent.doWork();

            assertEquals(Set.of(), laneFiles());
            Expected.assertExact(agent.totals(), lanes, "retired");
        }
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            Expected.assertExact(agent.totals(), lanes, "opened again");
            // The nonce is forgotten with its file, so the same name is a new lane.
            final LaneFixture again = LaneFixture.dead(directory, 1, 4096);
            fill(again, 10);
            lanes.add(again);
            agent.drainToEnd();
            Expected.assertExact(agent.totals(), lanes, "reused");
        }
    }

    /** What a cycle adopts grows with what it reads, or 64 at a time each would be looked at n / 64 times. */
    @Tag("long")
    @Test
    void shouldAdoptAHeapOfLanesInFewCycles() throws IOException
    {
        mapper.alivePids.add(PID);
        final List<LaneFixture> lanes = new ArrayList<>();
        for (int i = 1; i <= 2000; i++)
        {
            final LaneFixture lane = new LaneFixture(directory, i, 4096, PID, 1);
            lane.add(lane.slot("r"), i);
            lanes.add(lane);
        }
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            int cycles = 0;
            while (agent.totals().samplesConsumed() < lanes.size() && cycles < 40)
            {
                agent.doWork();
                cycles++;
            }

            assertEquals(lanes.size(), agent.totals().samplesConsumed());
            assertTrue(cycles <= 24, cycles + " cycles");
            Expected.assertExact(agent.totals(), lanes, "a heap");
        }
    }

    @Test
    void shouldHearAProducerThatWasTakenForDead() throws IOException
    {
        final List<LaneFixture> lanes = new ArrayList<>();
        for (int i = 1; i <= AggregatorAgent.DEAD_LANES_KEPT; i++)
        {
            final LaneFixture lane = LaneFixture.dead(directory, i, 4096);
            fill(lane, 10);
            lane.closeBatch();
            lanes.add(lane);
        }
        final LaneFixture undead = lanes.get(0);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            awaitLaneFiles(agent, AggregatorAgent.DEAD_LANES_KEPT);
            undead.add(0, 5);
            agent.doWork();
            for (int i = 0; i < 10; i++)
            {
                final LaneFixture lane = LaneFixture.dead(directory, 1000 + i, 4096);
                fill(lane, 10);
                lanes.add(lane);
            }
            awaitLaneFiles(agent, AggregatorAgent.DEAD_LANES_KEPT + 1);

            assertTrue(Files.exists(undead.file), "a lane that was heard of again must not be retired");
            undead.add(0, 6);
            undead.closeBatch();
            undead.add(0, 7);
            agent.drainToEnd();
            Expected.assertExact(agent.totals(), lanes, "undead");
        }
    }

    private void awaitLaneFiles(final AggregatorAgent agent, final int expected) throws IOException
    {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        final long quietNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(700);
        while (System.nanoTime() < deadlineNs && (laneFiles().size() != expected || System.nanoTime() < quietNs))
        {
            agent.doWork();
            Thread.onSpinWait();
        }
        assertEquals(expected, laneFiles().size());
    }

    @Test
    void shouldSalvageAProducerKilledAnywhereInItsClose() throws IOException
    {
        final LaneFixture afterTally = LaneFixture.dead(directory, 1, 4096);
        afterTally.add(afterTally.slot("r"), -1L);
        afterTally.publishTally();
        final LaneFixture beforeTally = LaneFixture.dead(directory, 2, 4096);
        fill(beforeTally, 127);
        final LaneFixture insideFold = LaneFixture.dead(directory, 3, 4096);
        insideFold.fold(insideFold.slot("r"), 3);
        insideFold.foldCell(0, -1L);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.drainToEnd();

            Expected.assertExact(agent.totals(), List.of(afterTally, beforeTally, insideFold), "killed");
        }
    }

    @Test
    void shouldReportAProducerWhoseTallyIsNotItsSum() throws IOException
    {
        final LaneFixture lane = LaneFixture.dead(directory, 1, 4096);
        fill(lane, 300);
        lane.closeBatch();
        final long low = lane.bytes.getLong(192 + 32);
        lane.bytes.putLong(192 + 32, low + 1).putLong(192 + 8, low + 1);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.drainToEnd();

            assertFalse(agent.totals().conserved());
            assertEquals("tally", agent.totals().findings().get(0).kind());
        }
    }

    @Test
    void shouldIncludeNestedMetersAndAdoptOrphans() throws IOException
    {
        final Path live = Files.createDirectory(directory.resolve("nested-00000001"));
        final Path orphan = Files.createDirectory(directory.resolve("nested-00000002"));
        final Path deep = Files.createDirectory(orphan.resolve("nested-0000000a"));
        mapper.lockedDirectories.add(live);
        final List<LaneFixture> lanes = new ArrayList<>();
        for (final Path place : List.of(directory, live, orphan, deep))
        {
            final LaneFixture lane = LaneFixture.dead(place, 1, 4096);
            fill(lane, 100);
            lanes.add(lane);
        }
        try (AggregatorAgent outer = AggregatorAgent.open(directory, mapper);
            AggregatorAgent inner = AggregatorAgent.open(live, mapper))
        {
            inner.drainToEnd();
            outer.doWork();
            outer.drainToEnd();
            outer.drainToEnd();

            Expected.assertExact(outer.totals(), lanes, "nested");
            assertEquals(4 * samples(outer.totals().ownKeys()), samples(outer.totals().keys()), "one of four");
            assertEquals(100, samples(outer.totals().ownKeys()));
            assertThrows(IOException.class, () -> AggregatorAgent.open(live, mapper), "one meter per directory");
        }
    }

    private static long samples(final List<KeyTotal> keys)
    {
        return keys.stream().mapToLong(KeyTotal::samples).sum();
    }

    @Test
    void shouldTakeLanesOfSpillDirectoriesToo() throws IOException
    {
        final Path nested = Files.createDirectory(directory.resolve("nested-00000001"));
        final Path spill = Files.createDirectory(directory.resolve("spill"));
        final Path innerSpill = Files.createDirectory(spill.resolve("nested-0000000a"));
        final SpillDirectories spills = (place) ->
            place.equals(directory) ? spill : place.equals(nested) ? innerSpill : null;
        final List<LaneFixture> lanes = new ArrayList<>();
        long nonce = 0;
        for (final Path place : List.of(directory, spill, nested, innerSpill))
        {
            final LaneFixture lane = LaneFixture.dead(place, ++nonce, 4096);
            fill(lane, 100);
            lanes.add(lane);
        }
        for (int meter = 0; meter < 2; meter++)
        {
            try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper, spills))
            {
                agent.drainToEnd();
                Expected.assertExact(agent.totals(), lanes, "meter " + meter);
            }
        }
        for (final LaneFixture lane : lanes)
        {
            assertFalse(Files.exists(lane.file), () -> "not retired: " + lane.file);
        }
    }

    @Test
    void shouldSayThatASpillDirectoryIsUnknown() throws IOException
    {
        final SpillDirectories broken = (place) ->
        {
            throw new IOException("not JSON");
        };
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper, broken))
        {
            assertTrue(agent.totals().findings().get(0).reason().contains("not JSON"));
        }
    }

    @Test
    void shouldNotFollowNestedDirectoriesForEver() throws IOException
    {
        Path place = directory;
        for (int i = 0; i < 20; i++)
        {
            place = Files.createDirectory(place.resolve("nested-00000000"));
        }
        Files.createSymbolicLink(directory.resolve("nested-00000001"), directory);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.drainToEnd();

            assertEquals(List.of("nested"), agent.totals().findings().stream().map(Finding::kind).toList());
        }
    }

    @Test
    void shouldRefuseToWrapATotal() throws IOException
    {
        final List<LaneFixture> lanes = new ArrayList<>();
        for (int i = 1; i <= 260; i++)
        {
            final LaneFixture lane = LaneFixture.dead(directory, i, 4096);
            final BigInteger most = BigInteger.ONE.shiftLeft(120).subtract(BigInteger.ONE);
            lane.slot("r");
            lane.writeDouble(lane.foldTable, 1, most, 1);
            lane.writeDouble(256, 1, most, 1);
            lanes.add(lane);
        }
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            agent.drainToEnd();

            assertEquals("OVERFLOW", assertThrows(FlopOverflowException.class, agent::totals).code());
        }
    }

    @Test
    void shouldBoundTheAccount() throws IOException
    {
        mapper.alivePids.add(PID);
        final LaneFixture lane = new LaneFixture(directory, 1, 4096, PID, 1);
        lane.slot("r");
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            for (int i = 0; i < 20_000; i++)
            {
                lane.add(0, i);
                agent.doWork();
            }
            final long length = accountLength();
            assertTrue(length < 2 * Account.LOG_LENGTH_MAX, "account of " + length + " bytes");
            assertFalse(Files.exists(directory.resolve("account-1")), "never went to a second generation");
            Expected.assertExact(agent.totals(), List.of(lane), "long log");
        }
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            Expected.assertExact(agent.totals(), List.of(lane), "replayed");
        }
    }

    @Test
    void shouldBeginFewGenerationsWhereSnapshotsAreLong() throws IOException
    {
        final long often = generationsAfter(2000, 1);
        final long seldom = generationsAfter(2000, Account.SNAPSHOTS_PER_LOG);

        assertTrue(seldom >= 2, "generations: " + seldom);
        assertTrue(often > 4 * seldom, often + " generations and " + seldom);
    }

    private long generationsAfter(final int commits, final int snapshotsPerLog) throws IOException
    {
        mapper.alivePids.add(PID);
        final Path place = Files.createDirectory(directory.resolve("log-" + snapshotsPerLog));
        final LaneFixture lane = new LaneFixture(place, snapshotsPerLog, 4096, PID, 1);
        for (int i = 0; i < LaneFixture.SLOTS; i++)
        {
            lane.slot("run-with-a-name-of-some-length-" + i);
        }
        final Account.Steps steps = new Account.Steps()
        {
            @Override
            public int logLengthMax()
            {
                return 1024;
            }

            @Override
            public int snapshotsPerLog()
            {
                return snapshotsPerLog;
            }
        };
        try (AggregatorAgent agent = AggregatorAgent.open(place, mapper, SpillDirectories.NONE, steps, 0))
        {
            for (int i = 0; i < commits; i++)
            {
                lane.add(i % LaneFixture.SLOTS, i);
                agent.doWork();
                agent.tidy();
            }
            Expected.assertExact(agent.totals(), List.of(lane), "log of " + snapshotsPerLog + " snapshots");
        }
        final List<Long> generations = AccountFile.generations(place);
        assertEquals(1, generations.size());
        return generations.get(0);
    }

    private void randomStep(final SplittableRandom random, final List<LaneFixture> lanes) throws IOException
    {
        if (lanes.isEmpty() || (lanes.size() < 12 && 0 == random.nextInt(200)))
        {
            final LaneFixture lane =
                new LaneFixture(directory, random.nextLong(), 4096 << random.nextInt(3), PID, 1);
            lane.slot("run-" + random.nextInt(4));
            lanes.add(lane);
            return;
        }
        final LaneFixture lane = lanes.get(random.nextInt(lanes.size()));
        switch (random.nextInt(16))
        {
            case 0:
                if (lane.runs.size() < LaneFixture.SLOTS)
                {
                    lane.slot("run-" + random.nextInt(40));
                }
                break;

            case 1:
                lane.closeBatch();
                break;

            default:
                for (int i = random.nextInt(200); i >= 0; i--)
                {
                    final long flopCount = random.nextLong() >>> random.nextInt(64);
                    lane.add(random.nextInt(lane.runs.size()), flopCount);
                }
        }
    }

    private static void fill(final LaneFixture lane, final int samples)
    {
        lane.slot("r" + samples);
        for (int i = 0; i < samples; i++)
        {
            lane.add(0, -1L >>> (i & 63));
        }
    }

    private Set<String> laneFiles() throws IOException
    {
        try (Stream<Path> files = Files.list(directory))
        {
            return files.map((file) -> file.getFileName().toString())
                .filter((name) -> name.endsWith(".lane")).collect(Collectors.toSet());
        }
    }

    private long accountLength() throws IOException
    {
        long length = 0;
        for (final long generation : AccountFile.generations(directory))
        {
            length += Files.size(directory.resolve(AccountFile.nameOf(generation)));
        }
        return length;
    }
}
