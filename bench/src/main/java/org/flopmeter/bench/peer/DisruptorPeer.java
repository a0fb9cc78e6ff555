/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import com.lmax.disruptor.BatchEventProcessor;
import com.lmax.disruptor.BatchEventProcessorBuilder;
import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.RingBuffer;
import java.math.BigDecimal;

/**
 * LMAX Disruptor: one producer, one consumer, preallocated events, busy spin, 65 536 entries as in its own throughput
 * tests; events are published one at a time or claimed by next(64).
 */
final class DisruptorPeer implements PeerTool
{
    private static final int RING_LENGTH = 1 << 16;
    private static final int CLAIM = 64;

    private final SamplePattern pattern;
    private final int readerCpu;
    private final boolean isBatched;
    private final DenseTotals totals = new DenseTotals();
    private final RingBuffer<Event> ring =
        RingBuffer.createSingleProducer(Event::new, RING_LENGTH, new BusySpinWaitStrategy());
    private final BatchEventProcessor<Event> processor;

    /** What an entry of the ring carries. */
    static final class Event
    {
        private int slot;
        private long flopCount;
    }

    DisruptorPeer(final SamplePattern pattern, final int readerCpu, final boolean isBatched)
    {
        this.pattern = pattern;
        this.readerCpu = readerCpu;
        this.isBatched = isBatched;
        final EventHandler<Event> handler = (event, sequence, isEnd) -> totals.add(event.slot, event.flopCount);
        processor = new BatchEventProcessorBuilder().build(ring, ring.newBarrier(), handler);
        ring.addGatingSequences(processor.getSequence());
    }

    @Override
    public String name()
    {
        return isBatched ? "disruptorBatch" : "disruptorSingle";
    }

    @Override
    public String note()
    {
        return "Disruptor 4, single producer, busy spin, ring of 65536, " +
            (isBatched ? "next(64)" : "next() and publish() per event") + "; flopmeter's 128-bit sums behind it";
    }

    @Override
    public boolean crosses()
    {
        return true;
    }

    @Override
    public void run(final long laps) throws Exception
    {
        final ReaderThread reader = new ReaderThread(readerCpu, processor);
        if (isBatched)
        {
            publishBatches(laps);
        }
        else
        {
            publish(laps);
        }
        final long last = ring.getCursor();
        while (processor.getSequence().get() < last)
        {
            Thread.onSpinWait();
        }
        // A processor that has not begun yet would miss a halt; this one has handled everything.
        processor.halt();
        reader.join();
    }

    private void publish(final long laps)
    {
        for (long i = 0; i < laps * SamplePattern.LENGTH; i++)
        {
            final int index = (int)i & SamplePattern.MASK;
            final long sequence = ring.next();
            fill(sequence, index);
            ring.publish(sequence);
        }
    }

    private void publishBatches(final long laps)
    {
        for (long i = 0; i < laps * SamplePattern.LENGTH; i += CLAIM)
        {
            final int index = (int)i & SamplePattern.MASK;
            final long high = ring.next(CLAIM);
            final long low = high - CLAIM + 1;
            for (int k = 0; k < CLAIM; k++)
            {
                fill(low + k, index + k);
            }
            ring.publish(low, high);
        }
    }

    private void fill(final long sequence, final int index)
    {
        final Event event = ring.get(sequence);
        event.slot = pattern.slots[index];
        event.flopCount = pattern.flopCounts[index];
    }

    @Override
    public BigDecimal total(final int slot)
    {
        return new BigDecimal(totals.total(slot));
    }
}
