/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.throughput;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

import org.flopmeter.bench.consumer.LoopedLane;
import org.flopmeter.sampler.DrainKernels;
import org.flopmeter.wire.LaneHeader;
import org.flopmeter.wire.LaneReader;
import org.flopmeter.wire.LaneViolation;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time and garbage per sample to drain one lane of 1024 slots, next to only looking at the same bytes. The ring is
 * filled again between invocations, off the clock. "" is the kernel that is taken when none is asked for.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(LaneDrainBenchmark.SAMPLES)
@Fork(value = 1, jvmArgsAppend = { "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED" })
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LaneDrainBenchmark
{
    static final int SLOTS = 1024;
    static final int RING_CAPACITY = 1 << 20;
    static final int SAMPLES_PER_RECORD = 126;
    static final int SAMPLES = (RING_CAPACITY / 2048 - 1) * SAMPLES_PER_RECORD;

    /** Which kernel; the default where it is empty. */
    @Param("")
    private String kernel;

    private LoopedLane lane;
    private LaneReader reader;
    private long positionTouched;

    /** A lane in plain memory. */
    @Setup
    public void create() throws LaneViolation
    {
        final String before = System.getProperty(DrainKernels.PROPERTY, "");
        System.setProperty(DrainKernels.PROPERTY, kernel.isEmpty() ? before : kernel);
        lane = new LoopedLane(
            ByteBuffer.allocateDirect(LoopedLane.lengthOf(SLOTS, RING_CAPACITY) + 4096).alignedSlice(4096),
            SLOTS, RING_CAPACITY, SAMPLES_PER_RECORD);
        reader = new LaneReader(lane, new LaneHeader(lane, LoopedLane.NONCE), DrainKernels.selected());
        System.setProperty(DrainKernels.PROPERTY, before);
    }

    /** Behind the reader; what a commit does to it is done, too. */
    @Setup(Level.Invocation)
    public void refill()
    {
        reader.sums().clean();
        reader.publishHead();
        positionTouched = lane.positionEnd();
        lane.refill();
    }

    /** Nothing is measured that is not right. */
    @TearDown
    public void check()
    {
        // Zero when touch() ran.
        if (0 != reader.position() && lane.samplesTotal() != reader.running().samples())
        {
            throw new IllegalStateException(reader.running().samples() + " of " + lane.samplesTotal() + " samples");
        }
    }

    /** The real reader: every check, sums in 128 bits. */
    @Benchmark
    public long drain() throws LaneViolation
    {
        long work = 0;
        while (reader.position() != lane.positionEnd())
        {
            work += reader.drain(RING_CAPACITY / 2);
        }
        return work;
    }

    /** The same walk and the same loads, without checks and sums: what the memory costs. */
    @Benchmark
    public long touch()
    {
        return lane.touch(positionTouched);
    }
}
