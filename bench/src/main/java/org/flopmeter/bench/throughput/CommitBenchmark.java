/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.throughput;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.bench.consumer.LoopedLane;
import org.flopmeter.bench.producer.MeterDir;
import org.flopmeter.sampler.NativeLaneMapper;
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

/** As {@link LaneDrainBenchmark}, by the whole aggregator: scans of directory and folds, tally checks, commits. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(LaneDrainBenchmark.SAMPLES)
@Fork(value = 1, jvmArgsAppend = { "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED" })
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CommitBenchmark
{
    /** Time and garbage are per sample with this ring only; another one serves to tell what a cycle costs from it. */
    @Param("1048576")
    private int ringBytes;

    private MeterDir directory;
    private LoopedLane lane;
    private AggregatorAgent agent;

    /** A real meter directory with one lane. */
    @Setup
    public void open() throws IOException
    {
        directory = new MeterDir();
        lane = LoopedLane.in(
            directory.path(), LaneDrainBenchmark.SLOTS, ringBytes, LaneDrainBenchmark.SAMPLES_PER_RECORD);
        agent = AggregatorAgent.open(directory.path(), new NativeLaneMapper());
    }

    /** Behind the reader. */
    @Setup(Level.Invocation)
    public void refill()
    {
        lane.refill();
    }

    /** Drained and committed: only then the head moves. */
    @Benchmark
    public long drainAndCommit()
    {
        long work = 0;
        while (lane.head() != lane.positionEnd())
        {
            work += agent.doWork();
        }
        return work;
    }

    /** Totals are not compared here: JMH would count the garbage of that. ConsumerOnly does the same and compares. */
    @TearDown
    public void close()
    {
        agent.close();
        directory.close();
    }
}
