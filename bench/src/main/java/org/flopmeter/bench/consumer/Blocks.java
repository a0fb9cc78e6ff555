/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.consumer;

import java.util.function.BooleanSupplier;

import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Probe;
import org.flopmeter.bench.producer.ProducerConfig;
import org.flopmeter.wire.LaneViolation;

/**
 * Rounds of one kind after the other, between two probes: a round takes some milliseconds, and a probe twenty.
 *
 * @param settings of {@link ConsumerOnly}.
 * @param probe    of this CPU and the other.
 * @param out      NAME: samples/s of each round; placement.NAME: the slower of both probes; exact: for each round.
 */
record Blocks(Settings settings, Probe probe, Results out)
{
    private static final int ROUNDS = 15;
    private static final int LAPS = 8;
    private static final int WARM_UP_LAPS = 1000;

    /** Consumes what is in the ring. */
    @FunctionalInterface
    interface Lap
    {
        void run() throws LaneViolation;
    }

    int slots()
    {
        return settings.count("slots", ProducerConfig.SLOTS);
    }

    int ring()
    {
        return settings.count("ring", ProducerConfig.RING_BYTES);
    }

    /** Warm up, then measure; isExact: are the totals right after a round? Null where there are none. */
    void run(
        final TimeLimit limit, final LoopedLane lane, final String name, final Lap lap, final BooleanSupplier isExact)
        throws Exception
    {
        final TimeLimit warmUpLimit = limit.share(2);
        for (int i = 0; warmUpLimit.isMoreWarmUp(i, settings.count("warmUp", WARM_UP_LAPS)); i++)
        {
            lane.refill();
            lap.run();
        }
        final Probe.Around<Integer> around = probe.around(() -> rounds(limit, lane, name, lap, isExact));
        out.add("placement." + name, around.surroundings().placement().jsonName());
    }

    private int rounds(
        final TimeLimit limit, final LoopedLane lane, final String name, final Lap lap, final BooleanSupplier isExact)
        throws LaneViolation
    {
        final int laps = settings.count("laps", LAPS);
        int round = 0;
        for (; limit.isMore(round, settings.count("rounds", ROUNDS)); round++)
        {
            long spentNs = 0;
            for (int i = 0; i < laps; i++)
            {
                lane.refill();
                final long beginNs = System.nanoTime();
                lap.run();
                spentNs += System.nanoTime() - beginNs;
            }
            out.add(name, 1e9 * laps * lane.samplesPerLap() / spentNs);
            if (null != isExact)
            {
                out.add("exact", isExact.getAsBoolean());
            }
        }
        return round;
    }
}
