/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.CpuBudget;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.wire.ChannelLaneMapper;
import org.flopmeter.wire.LaneFixture;
import org.flopmeter.wire.LaneMapper;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.MappedLane;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A fault that the JVM delivers late, outside of the agent: the loop goes on and the totals are exact. */
final class DrainTest
{
    private static final int FAULTS = 7;

    @TempDir
    private Path directory;

    @BeforeEach
    void setUp() throws IOException
    {
        Files.createFile(directory.resolve("owner.lock"));
    }

    /** Asked for the owner it throws, as the JVM does when it remembers a fault; then it ends the run. */
    private class LateFaults implements LaneMapper
    {
        private final ChannelLaneMapper mapper = new ChannelLaneMapper();
        private final int faults;
        private int asked;

        LateFaults(final int faults)
        {
            this.faults = faults;
            mapper.alivePids.add(1);
        }

        @Override
        public MappedLane map(final Path place, final String name, final long lengthExpected)
            throws IOException, LaneViolation
        {
            return mapper.map(place, name, lengthExpected);
        }

        @Override
        public boolean isAlive(final int pid, final long startTicks, final long pidNamespace)
        {
            return mapper.isAlive(pid, startTicks, pidNamespace);
        }

        @Override
        public boolean isLocked(final Path place, final String name)
        {
            if (++asked <= faults)
            {
                throw new InternalError("a fault occurred in an unsafe memory access operation");
            }
            try
            {
                Files.writeString(directory.resolve(RunFacts.FACTS), "{}");
            }
            catch (final IOException ex)
            {
                throw new UncheckedIOException(ex);
            }
            return true;
        }
    }

    @Test
    void shouldGoOnAfterLateFaults() throws IOException
    {
        final LateFaults mapper = new LateFaults(FAULTS);
        final LaneFixture lane = new LaneFixture(directory, 1, 4096, 1, 1);
        final int slot = lane.slot("r");
        for (int i = 0; i < 1000; i++)
        {
            lane.add(slot, i);
        }
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            assertTrue(new Drain(directory, mapper, CpuBudget.NONE, EndNotice.NONE, -1).untilFacts(agent, null, null));
            assertTrue(mapper.asked > FAULTS, () -> "asked " + mapper.asked + " times");
            lane.add(slot, 77);

            final Reading reading = Drain.toEnd(agent);

            assertEquals(lane.total(), reading.keys().get(0).flopCount().toBigInteger());
            assertEquals(BigInteger.valueOf(499_500 + 77), lane.total());
            assertTrue(reading.findings().isEmpty(), () -> reading.findings().toString());
        }
    }

    @Test
    void shouldGiveUpWhenEveryStepFaults() throws IOException
    {
        final LateFaults mapper = new LateFaults(Integer.MAX_VALUE);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            final Drain drain = new Drain(directory, mapper, CpuBudget.NONE, EndNotice.NONE, -1);
            assertThrows(InternalError.class, () -> drain.untilFacts(agent, null, null));
        }
    }

    @Test
    void shouldEndWithoutASupervisor() throws IOException
    {
        final ChannelLaneMapper mapper = new ChannelLaneMapper();
        try (AggregatorAgent agent = AggregatorAgent.open(directory, mapper))
        {
            assertFalse(new Drain(directory, mapper, CpuBudget.NONE, EndNotice.NONE, -1).untilFacts(agent, null, null));
        }
    }
}
