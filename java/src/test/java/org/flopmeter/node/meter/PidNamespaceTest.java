/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.LaneFixture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pid of another pid namespace says nothing here: its lane must stay until the end. */
final class PidNamespaceTest
{
    private static final int LANES = 80;

    @TempDir
    private Path directory;

    @BeforeEach
    void needsNativeLibrary()
    {
        try
        {
            new NativeLaneMapper().isAlive(1, 1, 1);
        }
        catch (final UnsatisfiedLinkError ex)
        {
            assumeTrue(false, "no native library: " + ex.getMessage());
        }
    }

    @Test
    void shouldKeepLanesOfAnotherNamespaceToTheEnd() throws IOException
    {
        final List<LaneFixture> own = lanes(1, LaneFixture.ownPidNamespace());
        final List<LaneFixture> foreign = lanes(1000, 1);
        final List<LaneFixture> unknown = lanes(2000, 0);
        try (AggregatorAgent agent = AggregatorAgent.open(directory, new NativeLaneMapper()))
        {
            // The same pids: those of ours are judged dead and go, as soon as there are many.
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (System.nanoTime() < deadlineNs && left(own) > LANES / 2)
            {
                agent.doWork();
            }
            assertTrue(left(own) <= LANES / 2, () -> "lanes of dead producers were not retired: " + left(own));
            assertEquals(LANES, left(foreign));
            assertEquals(LANES, left(unknown));

            BigInteger expected = BigInteger.valueOf(LANES * 5);
            for (final List<LaneFixture> lanes : List.of(foreign, unknown))
            {
                for (final LaneFixture lane : lanes)
                {
                    lane.add(0, 99);
                    expected = expected.add(lane.total());
                }
            }
            agent.drainToEnd();

            final Totals totals = agent.totals();
            assertEquals(List.of(), totals.findings());
            assertEquals(expected, totals.keys().stream().map((key) -> key.flopCount().toBigInteger())
                .reduce(BigInteger.ZERO, BigInteger::add));
        }
    }

    private List<LaneFixture> lanes(final long nonceFirst, final long pidNamespace) throws IOException
    {
        final List<LaneFixture> lanes = new ArrayList<>();
        for (int i = 0; i < LANES; i++)
        {
            final LaneFixture lane = LaneFixture.dead(directory, nonceFirst + i, 4096);
            lane.bytes.putLong(88, pidNamespace);
            lane.add(lane.slot("r"), 5);
            lanes.add(lane);
        }
        return lanes;
    }

    private static long left(final List<LaneFixture> lanes)
    {
        return lanes.stream().filter((lane) -> Files.exists(lane.file)).count();
    }
}
