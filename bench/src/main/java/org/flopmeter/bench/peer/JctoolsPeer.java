/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.math.BigDecimal;
import org.jctools.queues.MessagePassingQueue;

/** A JCTools array queue of pooled objects, offered one at a time and drained. */
final class JctoolsPeer implements PeerTool
{
    /** As in the queues' own throughput benchmarks. */
    static final int CAPACITY = 1 << 15;

    private static final int POOL_MASK = 2 * CAPACITY - 1;

    private final SamplePattern pattern;
    private final int readerCpu;
    private final String name;
    private final String kind;
    private final MessagePassingQueue<Sample> queue;
    private final DenseTotals totals = new DenseTotals();
    private final Sample[] pool = new Sample[2 * CAPACITY];
    private int poolNext;

    /** Twice as many as fit the queue: one is written again only long after it was taken out. */
    static final class Sample
    {
        private int slot;
        private long flopCount;
    }

    JctoolsPeer(
        final SamplePattern pattern,
        final int readerCpu,
        final String name,
        final String kind,
        final MessagePassingQueue<Sample> queue)
    {
        this.pattern = pattern;
        this.readerCpu = readerCpu;
        this.name = name;
        this.kind = kind;
        this.queue = queue;
        for (int i = 0; i < pool.length; i++)
        {
            pool[i] = new Sample();
        }
    }

    @Override
    public String name()
    {
        return name;
    }

    @Override
    public String note()
    {
        return "JCTools " + kind + " of 32768, pooled objects, offer() and drain(); flopmeter's 128-bit sums behind it";
    }

    @Override
    public boolean crosses()
    {
        return true;
    }

    @Override
    public void run(final long laps) throws Exception
    {
        final long samples = laps * SamplePattern.LENGTH;
        final ReaderThread reader = new ReaderThread(readerCpu, () -> drain(samples));
        for (long i = 0; i < samples; i++)
        {
            final int index = (int)i & SamplePattern.MASK;
            final Sample sample = pool[poolNext++ & POOL_MASK];
            sample.slot = pattern.slots[index];
            sample.flopCount = pattern.flopCounts[index];
            while (!queue.offer(sample))
            {
                Thread.onSpinWait();
            }
        }
        reader.join();
    }

    private void drain(final long samples)
    {
        for (long left = samples; left > 0;)
        {
            final int taken = queue.drain((sample) -> totals.add(sample.slot, sample.flopCount), SamplePattern.LENGTH);
            left -= taken;
            if (0 == taken)
            {
                Thread.onSpinWait();
            }
        }
    }

    @Override
    public BigDecimal total(final int slot)
    {
        return new BigDecimal(totals.total(slot));
    }
}
