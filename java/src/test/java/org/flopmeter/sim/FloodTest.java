/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.aggregate.SteppedMeter;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.unit.Suite;
import org.flopmeter.wire.LaneFixture;
import org.flopmeter.wire.LaneHeader;
import org.junit.jupiter.api.Test;

/** A place whose processes make up names without end: memory is bounded, every FLOP is counted, the others exactly. */
final class FloodTest
{
    private static final String PLACE = Volume.MEMORY + "/services";
    private static final int KEYS_TOLD_APART = 1 << 17;
    private static final int LANES = Suite.rounds(3200, 15_625);
    private static final int LANES_AT_ONCE = 64;
    private static final int HOSTILE_LANES = Suite.rounds(1500, 5000);
    private static final long HEAP_MAX = 320L << 20;

    private final VolumeFileSystem system = new VolumeFileSystem(new Volume());
    private final SimulatedClock clock = new SimulatedClock();
    private final SimulatedLanes lanes = new SimulatedLanes(system, clock);
    private final Map<String, ByteBuffer> used = new HashMap<>();
    private BigInteger truth = BigInteger.ZERO;
    private long nonces;

    private AggregatorAgent open() throws IOException
    {
        return SteppedMeter.open(system.path(PLACE), lanes, step -> clock.advance(1));
    }

    private void cycle(final AggregatorAgent agent)
    {
        clock.advance(SimulatedClock.SECOND_NS);
        agent.doWork();
        agent.tidy();
    }

    private LaneFixture newLane(final ByteBuffer bytes)
    {
        return new LaneFixture(bytes, ++nonces, SimulatedLanes.RING_CAPACITY, Integer.MAX_VALUE - 1);
    }

    private void publish(final LaneFixture lane)
    {
        lane.closeBatch();
        final String name = PLACE + '/' + LaneHeader.nameOf(lane.nonce);
        system.volume().putMapped(name, lane.bytes);
        used.put(name, lane.bytes);
    }

    /** A process that has ended, with as many names as there is room for, as long as names may be. */
    private void flood(final ByteBuffer bytes)
    {
        final LaneFixture lane = newLane(bytes);
        final String ending = String.format(".-_:%060d", lane.nonce * LaneFixture.SLOTS);
        for (int slot = 0; slot < LaneFixture.SLOTS; slot++)
        {
            lane.slot(slot + ending.substring(Integer.toString(slot).length()));
            lane.add(slot, -1L - slot);
        }
        truth = truth.add(lane.total());
        publish(lane);
    }

    private static long heapUsed()
    {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static BigInteger sumOf(final Totals totals, final boolean isOverflowOnly)
    {
        BigInteger sum = BigInteger.ZERO;
        for (final KeyTotal key : totals.keys())
        {
            sum = sum.add(isOverflowOnly && !key.overflowed() ? BigInteger.ZERO : key.flopCount().toBigInteger());
        }
        return sum;
    }

    @Test
    void shouldCountAMillionNamesInBoundedMemory() throws IOException
    {
        system.volume().putDirectory(PLACE);
        final long heapBefore = heapUsed();
        long accountLength = 0;
        try (AggregatorAgent agent = open())
        {
            for (int first = 0; first < LANES; first += LANES_AT_ONCE)
            {
                for (int i = first; i < Math.min(LANES, first + LANES_AT_ONCE); i++)
                {
                    flood(SimulatedLanes.take());
                }
                cycle(agent);
                cycle(agent);
                giveBack();
            }
            agent.drainToEnd();
            final Totals totals = agent.totals();
            final long keys = (long)LANES * LaneFixture.SLOTS;
            assertEquals(truth, sumOf(totals, false));
            assertEquals(keys, totals.samplesConsumed() + totals.samplesFolded());
            assertEquals(List.of(), totals.findings());
            assertTrue(totals.conserved(), () -> totals.conservationDetails().toString());
            assertEquals(KEYS_TOLD_APART + 1, totals.keys().size());
            assertTrue(sumOf(totals, true).signum() > 0);
            for (final String name : system.volume().files(PLACE))
            {
                accountLength += system.volume().find(name).length;
            }
        }
        final long heapGrown = heapUsed() - heapBefore;
        System.out.println("flood: " + (long)LANES * LaneFixture.SLOTS + " names, " + (heapGrown >> 20) +
            " MiB of heap, account files of " + (accountLength >> 20) + " MiB");
        assertTrue(heapGrown < HEAP_MAX, () -> heapGrown + " bytes");
        try (AggregatorAgent again = open())
        {
            assertEquals(truth, sumOf(again.totals(), false), "read again");
        }
    }

    /** Memory of lanes whose files are gone may be used again. */
    private void giveBack()
    {
        for (final Iterator<Map.Entry<String, ByteBuffer>> entries = used.entrySet().iterator(); entries.hasNext();)
        {
            final Map.Entry<String, ByteBuffer> entry = entries.next();
            if (null == system.volume().find(entry.getKey()))
            {
                SimulatedLanes.give(entry.getValue());
                entries.remove();
            }
        }
    }

    /** Names that are none: each such lane is quarantined, told of as long as there is room, and the others go on. */
    @Test
    void shouldBoundWhatItSaysOfHostileNames() throws IOException
    {
        system.volume().putDirectory(PLACE);
        final String[] names = { "\u001b[2J", "a\nb", "a\u0000b", "x y", "\"; DROP", "../../x", "\u007f", "" };
        try (AggregatorAgent agent = open())
        {
            final LaneFixture good = newLane(SimulatedLanes.take());
            good.slot("good");
            lanes.alivePids.add(Integer.MAX_VALUE - 1);
            for (int i = 0; i < 1000; i++)
            {
                good.add(0, i);
            }
            publish(good);
            for (int i = 0; i < HOSTILE_LANES; i++)
            {
                final ByteBuffer bytes = SimulatedLanes.take();
                final LaneFixture bad = newLane(bytes);
                bad.slot(names[i % names.length]);
                bad.add(0, 7);
                publish(bad);
                if (0 == i % LANES_AT_ONCE)
                {
                    cycle(agent);
                }
            }
            for (int i = 0; i < HOSTILE_LANES / LANES_AT_ONCE + 2; i++)
            {
                cycle(agent);
            }
            agent.drainToEnd();
            final Totals totals = agent.totals();
            assertEquals(good.total(), sumOf(totals, false));
            assertTrue(totals.findings().size() <= 1025, () -> totals.findings().size() + " findings");
            assertTrue(totals.findings().size() > 1000, () -> totals.findings().size() + " findings");
            totals.findings().forEach(finding -> assertTrue(finding.reason().chars().noneMatch(c -> c < ' '),
                () -> "a control character in: " + finding.reason()));
        }
    }
}
