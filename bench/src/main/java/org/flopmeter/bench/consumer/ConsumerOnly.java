/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.consumer;

import java.nio.ByteBuffer;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.bench.endtoend.PinnedThread;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.probe.Probe;
import org.flopmeter.bench.producer.MeterDir;
import org.flopmeter.sampler.DrainKernels;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.wire.LaneHeader;
import org.flopmeter.wire.LaneReader;

/**
 * What one core does with samples that are already there, layer by layer: only touching the bytes, adding without a
 * check, the same with a running sum, the validating reader, and the whole aggregator with its commits. Totals are
 * compared after every round, and each block of rounds lies between two probes of the distance. Settings: laps (per
 * round), rounds, warmUp (laps), slots, ring.
 */
public final class ConsumerOnly implements Measurement
{
    private static final int SAMPLES_PER_RECORD = 126;

    @Override
    public void run(final Settings settings, final Results out) throws Exception
    {
        final Cpus cpus = Cpus.choose();
        try (Probe probe = new Probe(cpus))
        {
            PinnedThread.call(cpus.consumer(), () ->
            {
                final Blocks blocks = new Blocks(settings, probe, out);
                final TimeLimit limit = TimeLimit.of(settings);
                // Half of the time for the first, in which commits are compiled.
                withCommit(blocks, limit.share(2), SAMPLES_PER_RECORD, "samplesPerSec");
                withCommit(blocks, limit.share(3), 1, "singleSamplesPerSec");
                drainOnly(blocks, limit.share(4));
                unchecked(blocks, limit.share(6), true, "addAndSumSamplesPerSec");
                unchecked(blocks, limit.share(5), false, "addSamplesPerSec");
                // Half of what was left for these four: the others are C where the kernel is, this is to be compiled.
                touchOnly(blocks, limit);
                return null;
            });
        }
    }

    private static void withCommit(
        final Blocks blocks, final TimeLimit limit, final int samplesPerRecord, final String name) throws Exception
    {
        try (MeterDir directory = new MeterDir();
            AggregatorAgent agent = AggregatorAgent.open(directory.path(), new NativeLaneMapper()))
        {
            final LoopedLane lane =
                LoopedLane.in(directory.path(), blocks.slots(), blocks.ring(), samplesPerRecord);
            blocks.run(limit, lane, name, () ->
            {
                while (lane.head() != lane.positionEnd())
                {
                    if (0 == agent.doWork() && !agent.totals().findings().isEmpty())
                    {
                        throw new IllegalStateException(agent.totals().findings().toString());
                    }
                }
            }, () -> lane.isExact(agent.totals()));
            blocks.out().add("bytesPerSample", (double)lane.bytesPerLap() / lane.samplesPerLap());
        }
    }

    private static void drainOnly(final Blocks blocks, final TimeLimit limit) throws Exception
    {
        final int ring = blocks.ring();
        final LoopedLane lane = lane(blocks);
        final LaneReader reader = new LaneReader(
            lane, new LaneHeader(lane, LoopedLane.NONCE), DrainKernels.selected());
        blocks.run(limit, lane, "drainSamplesPerSec", () ->
        {
            while (reader.position() != lane.positionEnd())
            {
                reader.drain(ring / 2);
            }
            // What a commit does to the reader, without the commit.
            reader.sums().clean();
            reader.publishHead();
        }, () -> lane.isExact(reader.running()));
    }

    /** The same bytes to the same table, every word believed; with the sum that conservation needs, and without. */
    private static void unchecked(
        final Blocks blocks, final TimeLimit limit, final boolean sums, final String name) throws Exception
    {
        final LoopedLane lane = lane(blocks);
        final Unchecked unchecked =
            new Unchecked(lane, Adder.like(DrainKernels.selected()), blocks.slots(), sums);
        blocks.run(limit, lane, name, unchecked::lap, unchecked::isExact);
    }

    private static void touchOnly(final Blocks blocks, final TimeLimit limit) throws Exception
    {
        final LoopedLane lane = lane(blocks);
        final long[] seen = new long[1];
        final long[] position = new long[1];
        blocks.run(limit, lane, "touchSamplesPerSec", () ->
        {
            seen[0] ^= lane.touch(position[0]);
            position[0] = lane.positionEnd();
        }, null);
        blocks.out().add("touched", 0 != seen[0]);
    }

    private static LoopedLane lane(final Blocks blocks)
    {
        return new LoopedLane(
            ByteBuffer.allocateDirect(LoopedLane.lengthOf(blocks.slots(), blocks.ring()) + 4096).alignedSlice(4096),
            blocks.slots(), blocks.ring(), SAMPLES_PER_RECORD);
    }
}
