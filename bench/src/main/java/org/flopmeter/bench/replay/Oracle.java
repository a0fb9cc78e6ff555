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
 * op ran and multiplies in BigInteger, where the meter adds 128-bit words sample by sample. Only what a sample has
 * beyond its op, less than 256, is added up.
 */
final class Oracle
{
    /** How often each op ran, and per key what its samples had beyond their ops. */
    private record Part(long[] ops, long[] extra)
    {
        Part(final Trace trace)
        {
            this(new long[trace.opCount()], new long[trace.spec().jobs().size() * JobSpec.KEYS]);
        }

        void add(final Part other)
        {
            Arrays.setAll(ops, (op) -> Math.addExact(ops[op], other.ops[op]));
            Arrays.setAll(extra, (key) -> Math.addExact(extra[key], other.extra[key]));
        }
    }

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
            final List<Future<Part>> parts = new ArrayList<>();
            for (int i = 0; i < threads; i++)
            {
                final int first = i;
                parts.add(executor.submit(() -> countOps(first, threads)));
            }
            final Part sum = new Part(trace);
            for (final Future<Part> part : parts)
            {
                sum.add(part.get());
            }
            return addUp(sum);
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

    private Part countOps(final long hostFirst, final int step)
    {
        final Part part = new Part(trace);
        final long[] ops = part.ops;
        final long[] extra = part.extra;
        final Trace.Sink sink = (op, key, flopOfShape, flopExtra, timeNs) ->
        {
            ops[op]++;
            extra[key] += flopExtra;
        };
        for (long host = hostFirst; host < trace.spec().hosts(); host += step)
        {
            for (int device = 0; device < ReplaySpec.DEVICES_PER_HOST; device++)
            {
                trace.run(host, device, sink);
            }
        }
        return part;
    }

    private SortedMap<KeyName, ExactTotal> addUp(final Part part)
    {
        final List<JobSpec> jobs = trace.spec().jobs();
        final BigInteger[] flop = new BigInteger[jobs.size() * JobSpec.KEYS];
        Arrays.setAll(flop, (key) -> BigInteger.valueOf(part.extra[key]));
        final long[] samples = new long[flop.length];
        trace.addUp(part.ops, flop, samples);

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
