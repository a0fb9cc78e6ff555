/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.consumer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.bench.endtoend.PinnedThread;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.producer.MeterDir;
import org.flopmeter.bench.producer.ProducerConfig;
import org.flopmeter.sampler.DrainKernels;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.LaneHeader;
import org.flopmeter.wire.LaneReader;
import org.flopmeter.wire.LaneViolation;

/**
 * What one core does with samples that are already there, layer by layer: only touching the bytes, the validating
 * reader, and the whole aggregator with its commits. Totals are compared after every round. Settings: laps (per round),
 * rounds, warmUp (laps), slots, ring.
 */
public final class ConsumerOnly implements Measurement
{
    private static final int ROUNDS = 15;
    private static final int LAPS = 8;
    private static final int WARM_UP_LAPS = 1000;
    private static final int SAMPLES_PER_RECORD = 126;

    /** Consumes what is in the ring. */
    @FunctionalInterface
    private interface Lap
    {
        void run() throws LaneViolation;
    }

    @Override
    public void run(final Settings settings, final Results out) throws Exception
    {
        PinnedThread.call(Cpus.choose().consumer(), () ->
        {
            final int slots = settings.count("slots", ProducerConfig.SLOTS);
            final int ring = settings.count("ring", ProducerConfig.RING_BYTES);
            final TimeLimit limit = TimeLimit.of(settings);
            // Half of the time for the first, in which commits are compiled.
            withCommit(settings, limit.share(2), out, slots, ring, SAMPLES_PER_RECORD, "samplesPerSec");
            withCommit(settings, limit.share(3), out, slots, ring, 1, "singleSamplesPerSec");
            drainOnly(settings, limit, out, slots, ring);
            return null;
        });
    }

    private static void withCommit(
        final Settings settings,
        final TimeLimit limit,
        final Results out,
        final int slots,
        final int ring,
        final int samplesPerRecord,
        final String name) throws IOException, LaneViolation
    {
        try (MeterDir directory = new MeterDir();
            AggregatorAgent agent = AggregatorAgent.open(directory.path(), new NativeLaneMapper()))
        {
            final LoopedLane lane = LoopedLane.in(directory.path(), slots, ring, samplesPerRecord);
            rounds(settings, limit, out, lane, name, () ->
            {
                while (lane.head() != lane.positionEnd())
                {
                    if (0 == agent.doWork() && !agent.totals().findings().isEmpty())
                    {
                        throw new IllegalStateException(agent.totals().findings().toString());
                    }
                }
            }, () -> lane.isExact(agent.totals()));
            out.add("bytesPerSample", (double)lane.bytesPerLap() / lane.samplesPerLap());
        }
    }

    private static void drainOnly(
        final Settings settings, final TimeLimit limit, final Results out, final int slots, final int ring)
        throws LaneViolation
    {
        final LoopedLane lane = new LoopedLane(
            ByteBuffer.allocateDirect(LoopedLane.lengthOf(slots, ring) + 4096).alignedSlice(4096),
            slots, ring, SAMPLES_PER_RECORD);
        final LaneReader reader = new LaneReader(
            lane, new LaneHeader(lane, LoopedLane.NONCE), DrainKernels.selected());
        rounds(settings, limit.share(2), out, lane, "drainSamplesPerSec", () ->
        {
            while (reader.position() != lane.positionEnd())
            {
                reader.drain(ring / 2);
            }
            // What a commit does to the reader, without the commit.
            reader.sums().clean();
            reader.publishHead();
        }, () -> lane.isExact(reader.running()));
        final long[] seen = new long[1];
        final long[] position = { lane.positionEnd() };
        rounds(settings, limit, out, lane, "touchSamplesPerSec", () ->
        {
            seen[0] ^= lane.touch(position[0]);
            position[0] = lane.positionEnd();
        }, null);
        out.add("touched", 0 != seen[0]);
    }

    private static void rounds(
        final Settings settings,
        final TimeLimit limit,
        final Results out,
        final LoopedLane lane,
        final String name,
        final Lap lap,
        final BooleanSupplier isExact) throws LaneViolation
    {
        final int laps = settings.count("laps", LAPS);
        final TimeLimit warmUpLimit = limit.share(2);
        for (int i = 0; warmUpLimit.isMoreWarmUp(i, settings.count("warmUp", WARM_UP_LAPS)); i++)
        {
            lane.refill();
            lap.run();
        }
        for (int round = 0; limit.isMore(round, settings.count("rounds", ROUNDS)); round++)
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
    }
}
