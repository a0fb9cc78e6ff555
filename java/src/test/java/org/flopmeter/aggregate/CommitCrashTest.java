/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

import org.flopmeter.unit.Suite;
import org.flopmeter.wire.ChannelLaneMapper;
import org.flopmeter.wire.LaneFixture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The meter dies at every step of a commit and after every byte of a record; the next one must be exact. */
final class CommitCrashTest
{
    private static final int PID = 4711;
    private static final int ROUNDS = 9;

    @TempDir
    private Path root;

    private final ChannelLaneMapper mapper = new ChannelLaneMapper();
    private int runs;

    private static final class KilledError extends Error
    {
        private static final long serialVersionUID = 1L;
    }

    /** Dies at the n-th step, perhaps the next one, too, some steps later; or in the n-th write after some bytes. */
    private static class KillSteps implements Account.Steps
    {
        final Set<String> seen = new HashSet<>();
        /** The two steps between which it died, each time. */
        final Set<String> killedBetween = new HashSet<>();
        int stepsLeft;
        int stepsOfTheNext;
        int writesLeft = -1;
        int bytesLeft;
        /** Of the write that was torn. */
        int lengthWhole;
        private String stepBefore = "";

        @Override
        public void reached(final String step)
        {
            seen.add(step);
            final String between = stepBefore + ", " + step;
            stepBefore = step;
            if (0 == writesLeft && "written".equals(step))
            {
                writesLeft = -1;
                throw new KilledError();
            }
            if (0 == --stepsLeft)
            {
                killedBetween.add(between);
                stepsLeft = stepsOfTheNext;
                stepsOfTheNext = 0;
                throw new KilledError();
            }
        }

        @Override
        public int survivingLength(final int length)
        {
            if (0 < writesLeft && 0 == --writesLeft)
            {
                lengthWhole = length;
                return Math.min(bytesLeft, length);
            }
            return length;
        }

        @Override
        public int logLengthMax()
        {
            return 600;
        }

        /** The next generation shall come within a few commits. */
        @Override
        public int snapshotsPerLog()
        {
            return 1;
        }
    }

    @Test
    void shouldBeExactWhenKilledAtAnyStep() throws IOException
    {
        final Set<String> seen = new HashSet<>();
        final Set<String> killedBetween = new HashSet<>();
        int step = 0;
        boolean wasKilled = true;
        while (wasKilled)
        {
            step++;
            // Once, and once more when the next meter begins, which removes what the first one left.
            for (final int next : new int[]{ 0, 1 + step % 4 })
            {
                final KillSteps steps = new KillSteps();
                steps.stepsLeft = step;
                steps.stepsOfTheNext = next;
                wasKilled = scenario(steps, "killed at step " + step + ", and at step " + next + " of the next");
                seen.addAll(steps.seen);
                killedBetween.addAll(steps.killedBetween);
            }
        }

        assertEquals(
            Set.of(
                "commit", "written", "committed", "head", "heads", "unlink",
                "snapshot", "spare", "rename", "renamed", "kept", "remove"),
            seen);
        assertTrue(
            killedBetween.containsAll(Set.of(
                "committed, head", "head, head", "head, heads", "heads, unlink", "unlink, unlink", "snapshot, spare",
                "spare, written", "renamed, kept", "kept, head", "kept, commit", "remove, remove")),
            () -> "killed between " + killedBetween);
        assertTrue(step > 100, "only " + step + " steps");
    }

    /** Some lengths of every write there is: the one that follows it is made on top of what the torn one left. */
    @Test
    void shouldBeExactWhenARecordIsTorn() throws IOException
    {
        int write = 0;
        boolean wasKilled = true;
        while (wasKilled)
        {
            final KillSteps steps = new KillSteps();
            steps.bytesLeft = -1;
            write++;
            for (int length = 0; wasKilled && steps.bytesLeft < steps.lengthWhole; length += Suite.stride(37, 1))
            {
                steps.writesLeft = write;
                steps.bytesLeft = 0 == length ? 0 : Math.min(length, steps.lengthWhole);
                wasKilled = scenario(steps, "write " + write + " torn after " + steps.bytesLeft + " bytes");
            }
        }
        assertTrue(write > 15, "only " + write + " writes");
    }

    /** Each byte of each write. */
    @Test
    void shouldReadNothingOfARecordUntilItsLastByteIsThere() throws IOException
    {
        final TornWrites torn = new TornWrites(Files.createDirectory(root.resolve("torn")), false);
        scenario(torn, "not killed");

        assertNull(torn.failure);
        assertTrue(torn.commits > 10 && torn.snapshots > 3 && torn.bytes > 4000,
            torn.commits + " commits, " + torn.snapshots + " snapshots, " + torn.bytes + " bytes");
    }

    /** The planted mistake: what belongs together, in two records. */
    @Test
    void shouldNoticeACommitInTwoRecords() throws IOException
    {
        final TornWrites torn = new TornWrites(Files.createDirectory(root.resolve("torn")), true);
        scenario(torn, "not killed");

        assertNotNull(torn.failure);
    }

    /**
     * For each write, the account's files as they are after each of its bytes, and what a meter would then begin with:
     * as if nothing had been written, until all is.
     */
    private final class TornWrites extends KillSteps
    {
        final Path copy;
        final boolean isJoined;
        String failure;
        int commits;
        int snapshots;
        int bytes;
        private final RecordWriter beforeWriter = RecordWriter.ofRecord();
        private final RecordWriter writer = RecordWriter.ofRecord();
        private Map<String, byte[]> before = Map.of();
        private int writes;

        TornWrites(final Path copy, final boolean isJoined)
        {
            this.copy = copy;
            this.isJoined = isJoined;
        }

        @Override
        public int survivingLength(final int length)
        {
            if (!isJoined || 0 == writes++ % 2)
            {
                before = files();
            }
            return length;
        }

        @Override
        public void reached(final String step)
        {
            super.reached(step);
            if ("written".equals(step) && (!isJoined || 0 == writes % 2))
            {
                tear(files());
            }
        }

        private Map<String, byte[]> files()
        {
            final Map<String, byte[]> files = new HashMap<>();
            try (DirectoryStream<Path> accounts = Files.newDirectoryStream(current, "*account{-,.tmp}*"))
            {
                for (final Path account : accounts)
                {
                    files.put(account.getFileName().toString(), Files.readAllBytes(account));
                }
            }
            catch (final IOException ex)
            {
                throw new UncheckedIOException(ex);
            }
            return files;
        }

        private void tear(final Map<String, byte[]> after)
        {
            // A generation that came between the two records of a planted mistake is none of them.
            if (isJoined && !after.keySet().equals(before.keySet()))
            {
                return;
            }
            after.forEach((name, bytesAfter) ->
            {
                final byte[] bytesBefore = before.getOrDefault(name, new byte[0]);
                final int first = Arrays.mismatch(bytesBefore, bytesAfter);
                if (first >= 0)
                {
                    tear(name, bytesAfter, first);
                }
            });
        }

        private void tear(final String name, final byte[] bytesAfter, final int first)
        {
            final byte[] bytesBefore = before.getOrDefault(name, new byte[0]);
            int last = bytesAfter.length - 1;
            while (last < bytesBefore.length && bytesBefore[last] == bytesAfter[last])
            {
                last--;
            }
            final boolean isSnapshot = name.startsWith(".");
            commits += isSnapshot ? 0 : 1;
            snapshots += isSnapshot ? 1 : 0;
            try
            {
                write(bytesBefore, name);
                final ByteBuffer stateBefore = state(beforeWriter);
                try (FileChannel file = FileChannel.open(copy.resolve(name), StandardOpenOption.WRITE))
                {
                    for (int at = first; at <= last; at++)
                    {
                        file.write(ByteBuffer.wrap(bytesAfter, at, 1), at);
                        bytes++;
                        final boolean isNew = at == last && !isSnapshot;
                        if (isNew == stateBefore.equals(state(writer)) && null == failure)
                        {
                            failure = name + ": write " + (commits + snapshots) + ", bytes [" + first + ", " + at +
                                "] of [" + first + ", " + last + "] are there, new state: " + !isNew;
                        }
                    }
                }
                remove(copy);
                Files.createDirectory(copy);
            }
            catch (final IOException ex)
            {
                throw new UncheckedIOException(ex);
            }
        }

        private void write(final byte[] changed, final String name) throws IOException
        {
            for (final Map.Entry<String, byte[]> file : before.entrySet())
            {
                Files.write(copy.resolve(file.getKey()), file.getValue());
            }
            Files.write(copy.resolve(name), changed);
        }

        private ByteBuffer state(final RecordWriter out) throws IOException
        {
            out.clear();
            AccountCodec.snapshot(out, AccountFile.readNewest(copy).state());
            return out.written();
        }
    }

    @Tag("long")
    @Test
    void shouldNoticeHeadsThatMoveBeforeTheCommit() throws IOException
    {
        int noticed = 0;
        for (int n = 4; n < 40; n++)
        {
            final Planted planted = new Planted();
            planted.stepsLeft = n;
            try
            {
                scenario(planted, "planted");
            }
            catch (final AssertionError expected)
            {
                noticed++;
            }
        }
        assertTrue(noticed > 0, "a head before its commit was never noticed");
    }

    @Test
    void shouldGoOnAfterADiskThatWasFull() throws IOException
    {
        mapper.alivePids.add(PID);
        final Path directory = Files.createDirectory(root.resolve("full"));
        final LaneFixture lane = new LaneFixture(directory, 1, 4096, PID, 1);
        lane.slot("r");
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            lane.add(0, 7);
            agent.doWork();
        }
        // Garbage behind the last record is what an interrupted append leaves.
        final Path account = directory.resolve("account-1");
        Files.write(account, new byte[]{ 9, 0, 0, 0, 1, 2, 3 }, java.nio.file.StandardOpenOption.APPEND);
        for (int i = 0; i < 3; i++)
        {
            try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
            {
                lane.add(0, 8);
                agent.doWork();
                Expected.assertExact(agent.totals(), List.of(lane), "after garbage");
            }
        }
    }

    /** The planted bug: each lane's head is published when the commit begins. */
    private final class Planted extends KillSteps
    {
        @Override
        public void reached(final String step)
        {
            if ("commit".equals(step))
            {
                lanes.forEach((lane) -> lane.bytes.putLong(lane.ring + lane.ringCapacity + 384, lane.position()));
            }
            super.reached(step);
        }

        @Override
        public int logLengthMax()
        {
            return 1 << 20;
        }
    }

    private List<LaneFixture> lanes = List.of();
    private Path current;

    /** A producer and meters that follow each other; one of them dies. Return whether it did. */
    private boolean scenario(final KillSteps steps, final String where) throws IOException
    {
        mapper.alivePids.add(PID);
        final Path directory = Files.createDirectory(root.resolve("run-" + runs++));
        current = directory;
        final SplittableRandom random = new SplittableRandom(runs);
        lanes = new ArrayList<>();
        boolean wasKilled = false;
        AggregatorAgent agent = null;
        for (int round = 0; round < ROUNDS; round++)
        {
            if (0 == round || 5 == round)
            {
                lanes.add(new LaneFixture(directory, round + 1, 4096, PID, 1));
                lanes.add(LaneFixture.dead(directory, round + 100, 4096));
                lanes.forEach((lane) -> lane.slot("r" + lane.nonce));
            }
            for (final LaneFixture lane : lanes)
            {
                for (int i = random.nextInt(400); i >= 0 && (PID == lane.bytes.getInt(24) || 0 == lane.samples); i--)
                {
                    lane.add(random.nextInt(lane.runs.size()), random.nextLong());
                }
            }
            try
            {
                agent = null == agent ?
                    AggregatorAgent.open(directory, mapper, SpillDirectories.NONE, steps, 0) : agent;
                agent.doWork();
                if (0 != round % 3)
                {
                    // In the other rounds the next generation is overdue before it begins.
                    agent.tidy();
                }
                if (0 == round % 4)
                {
                    agent.drainToEnd();
                }
            }
            catch (final KilledError killed)
            {
                wasKilled = true;
                if (null != agent)
                {
                    agent.close();
                    agent = null;
                }
            }
        }
        if (null != agent)
        {
            agent.close();
        }
        lanes.forEach(LaneFixture::closeBatch);
        try (AggregatorAgent last = AggregatorAgent.open(directory, mapper))
        {
            last.drainToEnd();
            Expected.assertExact(last.totals(), lanes, where);
            assertEquals(1, AccountFile.generations(directory).size(), where);
        }
        remove(directory);
        return wasKilled;
    }

    private static void remove(final Path directory) throws IOException
    {
        try (Stream<Path> files = Files.walk(directory))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.delete(file);
            }
        }
    }
}
