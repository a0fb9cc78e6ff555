/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.replay;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What the totals must be, computed from the seed and by another arithmetic than the meter's: it counts how often each
 * op ran and multiplies in BigInteger, where the meter adds 128-bit words sample by sample.
 */
final class Oracle
{
    private final Trace trace;

    Oracle(final Trace trace)
    {
        this.trace = trace;
    }

    /** Totals of all hosts; keys without a sample are absent. Uses `threads` threads. */
    SortedMap<KeyName, ExactTotal> totals(final int threads) throws InterruptedException
    {
        final ExecutorService executor = Executors.newFixedThreadPool(threads);
        try
        {
            final List<Future<long[]>> parts = new ArrayList<>();
            for (int i = 0; i < threads; i++)
            {
                final int first = i;
                parts.add(executor.submit(() -> countOps(first, threads)));
            }
            final long[] count = new long[trace.opCount()];
            for (final Future<long[]> part : parts)
            {
                final long[] some = part.get();
                Arrays.setAll(count, (op) -> Math.addExact(count[op], some[op]));
            }
            return addUp(count);
        }
        catch (final ExecutionException ex)
        {
            throw new IllegalStateException("the oracle failed", ex.getCause());
        }
        finally
        {
            executor.shutdownNow();
        }
    }

    private long[] countOps(final long hostFirst, final int step)
    {
        final long[] count = new long[trace.opCount()];
        final Trace.Sink sink = (op, key, flopCount, timeNs) -> count[op]++;
        for (long host = hostFirst; host < trace.spec().hosts(); host += step)
        {
            for (int device = 0; device < ReplaySpec.DEVICES_PER_HOST; device++)
            {
                trace.run(host, device, sink);
            }
        }
        return count;
    }

    private SortedMap<KeyName, ExactTotal> addUp(final long[] count)
    {
        final List<JobSpec> jobs = trace.spec().jobs();
        final BigInteger[] flop = new BigInteger[jobs.size() * JobSpec.KEYS];
        Arrays.fill(flop, BigInteger.ZERO);
        final long[] samples = new long[flop.length];
        trace.addUp(count, flop, samples);

        final SortedMap<KeyName, ExactTotal> totals = new TreeMap<>();
        for (int i = 0; i < flop.length; i++)
        {
            if (0 != samples[i])
            {
                final JobSpec job = jobs.get(i / JobSpec.KEYS);
                final int key = i % JobSpec.KEYS;
                totals.merge(
                    new KeyName(job.run(), job.nodeOf(key), job.precisionOf(key)),
                    new ExactTotal(flop[i], samples[i]), ExactTotal::add);
            }
        }
        return totals;
    }
}
