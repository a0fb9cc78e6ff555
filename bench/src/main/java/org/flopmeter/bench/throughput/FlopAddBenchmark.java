/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.throughput;

import java.math.BigInteger;
import java.util.concurrent.TimeUnit;

import org.flopmeter.unit.FlopArithmetic;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One addition to a 128 bit sum: pairs of longs, next to BigInteger. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(FlopAddBenchmark.COUNTS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FlopAddBenchmark
{
    static final int COUNTS = 1024;

    private final long[] counts = new long[COUNTS];
    private final BigInteger[] bigCounts = new BigInteger[COUNTS];

    @Setup
    public void fill()
    {
        long value = 20261123;
        for (int i = 0; i < COUNTS; i++)
        {
            value = value * 6364136223846793005L + 1442695040888963407L;
            counts[i] = value >>> 1;
            bigCounts[i] = BigInteger.valueOf(counts[i]);
        }
    }

    @Benchmark
    public long pairOfLongs()
    {
        long high = 0;
        long low = 0;
        for (final long count : counts)
        {
            if (FlopArithmetic.addOverflows(high, low, 0, count))
            {
                throw new ArithmeticException();
            }
            high = FlopArithmetic.addHigh(high, low, 0, count);
            low += count;
        }
        return high ^ low;
    }

    @Benchmark
    public BigInteger bigInteger()
    {
        BigInteger sum = BigInteger.ZERO;
        for (final BigInteger count : bigCounts)
        {
            sum = sum.add(count);
        }
        return sum;
    }
}
