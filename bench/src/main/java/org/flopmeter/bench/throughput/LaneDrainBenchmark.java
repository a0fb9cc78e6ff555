/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.throughput;

import java.util.concurrent.TimeUnit;

import org.agrona.UnsafeApi;
import org.flopmeter.wire.BatchDescriptor;
import org.flopmeter.wire.LaneHeader;
import org.flopmeter.wire.LaneReader;
import org.flopmeter.wire.LaneViolation;
import org.flopmeter.wire.SampleDescriptor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time per sample to drain one lane with 1024 slots in use, next to only looking at the same bytes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(FilledLane.SAMPLES)
@Fork(value = 1, jvmArgsAppend = { "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED" })
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LaneDrainBenchmark
{
    private final FilledLane lane = new FilledLane();
    private LaneReader reader;

    /** Back to the beginning of the ring; sums go on. */
    @Setup(Level.Invocation)
    public void rewind() throws LaneViolation
    {
        if (null == reader)
        {
            reader = new LaneReader(lane, new LaneHeader(lane, FilledLane.NONCE));
        }
        reader.sums().clean();
        reader.boundary().set(0, 0, 0);
        reader.restore(0, 0, 1);
    }

    /** The real reader: every check, sums in 128 bits. */
    @Benchmark
    public long drain() throws LaneViolation
    {
        int work = 0;
        while (reader.hasWork())
        {
            work += reader.drain(LaneReader.CHUNK_LENGTH);
        }
        if (reader.position() != (long)FilledLane.RECORDS * BatchDescriptor.RECORD_LENGTH_MAX)
        {
            throw new IllegalStateException("drained to " + reader.position());
        }
        return work;
    }

    /** The same walk and the same loads, without checks and sums: what the memory costs. */
    @Benchmark
    public long touch()
    {
        final long ring = lane.ringAddress();
        long seen = 0;
        long record = ring;
        int length = UnsafeApi.getIntAcquire(null, record);
        while (length > 0)
        {
            final int count = UnsafeApi.getIntAcquire(null, record + BatchDescriptor.COUNT_OFFSET);
            for (int i = 0; i < count; i++)
            {
                final long sample = record + BatchDescriptor.HEADER_LENGTH + (long)i * SampleDescriptor.LENGTH;
                seen ^= UnsafeApi.getInt(sample) ^ UnsafeApi.getLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET);
            }
            record += length;
            length = UnsafeApi.getIntAcquire(null, record);
        }
        return seen;
    }
}
