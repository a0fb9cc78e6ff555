/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.producer;

import java.nio.file.Path;

/**
 * How a producer is set up.
 *
 * @param cpu       it is pinned to; negative: to none.
 * @param threads   each with a lane of its own.
 * @param slots     in use per lane.
 * @param batch     samples from flopmeter_batch_begin() to end().
 * @param ringBytes of a lane.
 * @param resume    a full ring is written to again when 1/resume of it is free.
 * @param plant     the canary: it expects one FLOP more than it sends.
 * @param stamps    file for the times at which records were closed, or null.
 */
public record ProducerConfig(
    int cpu, int threads, int slots, int batch, int ringBytes, int resume, boolean plant, Path stamps)
{
    /** Records hold 126 samples, so batches of 126 fill one each. */
    public static final int BATCH = 126;
    /** The slots of the canonical figures. */
    public static final int SLOTS = 1024;
    /** The ring of the canonical figures: it lies between L2 and L3. */
    public static final int RING_BYTES = 4 << 20;

    private static final int SLOTS_RESERVED = 64;
    /** A full ring is written to again when an eighth of it is free. */
    public static final int RESUME = 8;

    /** The canonical one: one thread, 1024 slots, batches of 126, a ring of 4 MiB. */
    public static ProducerConfig canonical(final int cpu)
    {
        return new ProducerConfig(cpu, 1, SLOTS, BATCH, RING_BYTES, RESUME, false, null);
    }

    /** The same with so many lanes. */
    public ProducerConfig withThreads(final int count)
    {
        return new ProducerConfig(cpu, count, slots, batch, ringBytes, resume, plant, stamps);
    }

    /** The same with so many slots per lane. */
    public ProducerConfig withSlots(final int count)
    {
        return new ProducerConfig(cpu, threads, count, batch, ringBytes, resume, plant, stamps);
    }

    /** The same with batches of so many samples. */
    public ProducerConfig withBatch(final int samples)
    {
        return new ProducerConfig(cpu, threads, slots, samples, ringBytes, resume, plant, stamps);
    }

    /** The same with rings of that size. */
    public ProducerConfig withRing(final int bytes)
    {
        return new ProducerConfig(cpu, threads, slots, batch, bytes, resume, plant, stamps);
    }

    /** The same, resuming when that part of the ring is free. */
    public ProducerConfig withResume(final int part)
    {
        return new ProducerConfig(cpu, threads, slots, batch, ringBytes, part, plant, stamps);
    }

    /** The same, expecting what it does not send. */
    public ProducerConfig planted()
    {
        return new ProducerConfig(cpu, threads, slots, batch, ringBytes, resume, true, stamps);
    }

    /** The same, leaving times in a file. */
    public ProducerConfig stampedTo(final Path file)
    {
        return new ProducerConfig(cpu, threads, slots, batch, ringBytes, resume, plant, file);
    }

    /** The smallest table that holds the slots: some of it is reserved for overflow. */
    int slotTable()
    {
        return Math.max(2 * SLOTS_RESERVED, Integer.highestOneBit(slots + SLOTS_RESERVED - 1) << 1);
    }
}
