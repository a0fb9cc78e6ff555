/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.util.Arrays;

import org.flopmeter.unit.FlopArithmetic;

/**
 * Dense cumulative sums per slot: what came through the ring, and the last good reading of the fold cell. One slot is
 * eight longs, a cache line. Dirty slots are those that differ from the last {@link #clean()}.
 */
public final class SlotSums
{
    static final int RING_LOW = 0;
    static final int RING_HIGH = 1;
    static final int RING_SAMPLES = 2;
    static final int FOLD_LOW = 3;
    static final int FOLD_HIGH = 4;
    static final int FOLD_SAMPLES = 5;
    static final int FOLD_VERSION = 6;
    static final int DIRTY = 7;
    static final int SHIFT = 3;

    private static final int SLOTS_INITIAL = 8;

    long[] words = new long[SLOTS_INITIAL << SHIFT];
    private int[] dirtySlots = new int[SLOTS_INITIAL];
    private int dirtyCount;

    /** Room for slots below `slotCount`. */
    public void ensureCapacity(final int slotCount)
    {
        int capacity = dirtySlots.length;
        if (slotCount > capacity)
        {
            while (capacity < slotCount)
            {
                capacity <<= 1;
            }
            words = Arrays.copyOf(words, capacity << SHIFT);
            dirtySlots = Arrays.copyOf(dirtySlots, capacity);
        }
    }

    public int dirtyCount()
    {
        return dirtyCount;
    }

    public int dirtySlot(final int index)
    {
        return dirtySlots[index];
    }

    void markDirty(final int slot)
    {
        words[(slot << SHIFT) + DIRTY] = 1;
        dirtySlots[dirtyCount++] = slot;
    }

    /** What is dirty has been committed. */
    public void clean()
    {
        for (int i = 0; i < dirtyCount; i++)
        {
            words[(dirtySlots[i] << SHIFT) + DIRTY] = 0;
        }
        dirtyCount = 0;
    }

    public long ringLow(final int slot)
    {
        return words[(slot << SHIFT) + RING_LOW];
    }

    public long ringHigh(final int slot)
    {
        return words[(slot << SHIFT) + RING_HIGH];
    }

    public long ringSamples(final int slot)
    {
        return words[(slot << SHIFT) + RING_SAMPLES];
    }

    public long foldLow(final int slot)
    {
        return words[(slot << SHIFT) + FOLD_LOW];
    }

    public long foldHigh(final int slot)
    {
        return words[(slot << SHIFT) + FOLD_HIGH];
    }

    public long foldSamples(final int slot)
    {
        return words[(slot << SHIFT) + FOLD_SAMPLES];
    }

    /** Take over a committed ring sum. */
    public void ring(final int slot, final long low, final long high, final long samples)
    {
        final int base = slot << SHIFT;
        words[base + RING_LOW] = low;
        words[base + RING_HIGH] = high;
        words[base + RING_SAMPLES] = samples;
    }

    /** Take over a committed reading of a fold cell; its version is not known any more. */
    public void fold(final int slot, final long low, final long high, final long samples)
    {
        final int base = slot << SHIFT;
        words[base + FOLD_LOW] = low;
        words[base + FOLD_HIGH] = high;
        words[base + FOLD_SAMPLES] = samples;
        words[base + FOLD_VERSION] = 0;
    }

    /** May a fold cell go from what is held to this? It is cumulative, so it never falls. */
    boolean foldMayBecome(final int slot, final long low, final long high, final long samples)
    {
        final int base = slot << SHIFT;
        return FlopArithmetic.compare(high, low, words[base + FOLD_HIGH], words[base + FOLD_LOW]) >= 0 &&
            Long.compareUnsigned(samples, words[base + FOLD_SAMPLES]) >= 0;
    }
}
