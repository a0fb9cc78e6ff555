/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.throughput;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Collection;

import org.flopmeter.sampler.DrainKernels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** No garbage per sample, by JMH's own profiler: what a duty cycle allocates is spread over thousands of samples. */
class GarbageTest
{
    private static final double BYTES_PER_SAMPLE_MAX = 0.01;
    private static final String NORM = "gc.alloc.rate.norm";

    private static double bytesPerOperation(final Class<?> benchmark, final String method) throws RunnerException
    {
        return bytesPerOperation(benchmark, method, new OptionsBuilder());
    }

    private static double bytesPerOperation(
        final Class<?> benchmark, final String method, final ChainedOptionsBuilder options) throws RunnerException
    {
        final Collection<RunResult> results = new Runner(options
            .include(benchmark.getName() + "\\." + method + "$")
            .forks(0)
            .warmupIterations(2).warmupTime(TimeValue.milliseconds(300))
            .measurementIterations(2).measurementTime(TimeValue.milliseconds(300))
            .addProfiler(GCProfiler.class)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .build()).run();
        return results.iterator().next().getSecondaryResults().get(NORM).getScore();
    }

    /** Both loops, whichever is the default here. */
    @ParameterizedTest
    @ValueSource(strings = { "java", "native" })
    void shouldDrainWithoutGarbage(final String kernel) throws RunnerException
    {
        assumeTrue(isThere(kernel), "SKIPPED: the drain kernel " + kernel + " can't be loaded");
        final double bytes = bytesPerOperation(LaneDrainBenchmark.class, "drain",
            new OptionsBuilder().param("kernel", kernel));
        assertTrue(bytes < BYTES_PER_SAMPLE_MAX, bytes + " B per sample, " + kernel);
    }

    private static boolean isThere(final String kernel)
    {
        try
        {
            return kernel.equals(DrainKernels.of(kernel).name());
        }
        catch (final LinkageError ex)
        {
            return false;
        }
    }

    /** Bytes of a lap: what its few duty cycles allocate, and what its samples do. */
    private static double bytesPerLap(final String kernel, final int ringBytes) throws RunnerException
    {
        final String before = System.getProperty(DrainKernels.PROPERTY, "");
        System.setProperty(DrainKernels.PROPERTY, kernel);
        try
        {
            return bytesPerLap(ringBytes);
        }
        finally
        {
            System.setProperty(DrainKernels.PROPERTY, before);
        }
    }

    private static double bytesPerLap(final int ringBytes) throws RunnerException
    {
        return LaneDrainBenchmark.SAMPLES * bytesPerOperation(CommitBenchmark.class, "drainAndCommit",
            new OptionsBuilder().param("ringBytes", Integer.toString(ringBytes)));
    }

    @ParameterizedTest
    @ValueSource(strings = { "java", "native" })
    void shouldCommitWithoutGarbagePerSample(final String kernel) throws RunnerException
    {
        assumeTrue(isThere(kernel), "SKIPPED: the drain kernel " + kernel + " can't be loaded");
        final int small = LaneDrainBenchmark.RING_CAPACITY;
        final int large = 8 * small;
        final double samplesMore = 7.0 * small / 2048 * LaneDrainBenchmark.SAMPLES_PER_RECORD;
        final double bytes = (bytesPerLap(kernel, large) - bytesPerLap(kernel, small)) / samplesMore;
        assertTrue(bytes < BYTES_PER_SAMPLE_MAX, bytes + " B per sample, " + kernel);
    }

    /** The canary: sums that are objects are seen. */
    @Test
    void shouldSeeTheGarbageOfBigIntegers() throws RunnerException
    {
        final double bytes = bytesPerOperation(FlopAddBenchmark.class, "bigInteger");
        assertTrue(bytes > 1, bytes + " B per addition");
    }
}
