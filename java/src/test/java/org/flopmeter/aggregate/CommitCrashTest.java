/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
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

    /** Dies once: at the n-th step, or in the n-th write after some bytes. */
    private static class KillSteps implements Account.Steps
    {
        final Set<String> seen = new HashSet<>();
        int stepsLeft;
        int writesLeft = -1;
        int bytesLeft;

        @Override
        public void reached(final String step)
        {
            seen.add(step);
            if (0 == writesLeft && "written".equals(step))
            {
                writesLeft = -1;
                throw new KilledError();
            }
            if (0 == --stepsLeft)
            {
                throw new KilledError();
            }
        }

        @Override
        public int survivingLength(final int length)
        {
            return 0 < writesLeft && 0 == --writesLeft ? Math.min(bytesLeft, length) : length;
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
        int kills = 0;
        int step = 0;
        boolean wasKilled = true;
        while (wasKilled)
        {
            final KillSteps steps = new KillSteps();
            steps.stepsLeft = ++step;
            wasKilled = scenario(steps, "killed at step " + step);
            kills += wasKilled ? 1 : 0;
            seen.addAll(steps.seen);
        }

        assertEquals(
            Set.of("commit", "written", "committed", "heads", "snapshot", "rename", "renamed"), seen);
        assertTrue(kills > 50, "only " + kills + " kills");
    }

    @Test
    void shouldBeExactWhenARecordIsTornAfterAnyByte() throws IOException
    {
        // The first write is the first snapshot, then commits, with a snapshot of the next generation among them.
        for (int write = 1; write <= 8; write++)
        {
            for (int length = 0; length <= 240; length += Suite.stride(3 == write ? 1 : 11, 1))
            {
                final KillSteps steps = new KillSteps();
                steps.writesLeft = write;
                steps.bytesLeft = length;
                assertTrue(scenario(steps, "write " + write + " torn after " + length + " bytes"));
            }
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

    /** A producer and meters that follow each other; one of them dies. Return whether it did. */
    private boolean scenario(final KillSteps steps, final String where) throws IOException
    {
        mapper.alivePids.add(PID);
        final Path directory = Files.createDirectory(root.resolve("run-" + runs++));
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
