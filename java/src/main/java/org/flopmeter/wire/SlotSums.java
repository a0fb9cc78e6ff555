/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.util.Arrays;

import org.agrona.UnsafeApi;
import org.flopmeter.unit.FlopArithmetic;

/**
 * Sums per slot: what came through the ring, and the last good reading of the fold cell. One slot is eight longs, a
 * cache line. Committed sums are cumulative. A reader's have a {@link DeltaTable} for the ring, and it is all that they
 * know of it: what was brought since the last {@link #clean()}. One thread.
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
    static final int FOLD_DIRTY = 7;
    static final int SHIFT = 3;

    /** What {@link #copyRing} writes for a slot: its number, low, high, samples. */
    public static final int RING_ENTRY_LENGTH = 28;

    private static final int SLOTS_INITIAL = 8;

    long[] words = new long[SLOTS_INITIAL << SHIFT];
    private final DeltaTable deltas;
    private int[] foldSlots = new int[SLOTS_INITIAL];
    private int foldDirtyCount;

    /** Committed sums. */
    public SlotSums()
    {
        this(null);
    }

    SlotSums(final DeltaTable deltas)
    {
        this.deltas = deltas;
    }

    /** Room for slots below `slotCount`. */
    public void ensureCapacity(final int slotCount)
    {
        int capacity = foldSlots.length;
        if (slotCount > capacity)
        {
            while (capacity < slotCount)
            {
                capacity <<= 1;
            }
            words = Arrays.copyOf(words, capacity << SHIFT);
            foldSlots = Arrays.copyOf(foldSlots, capacity);
        }
        if (null != deltas)
        {
            deltas.ensureCapacity(slotCount);
        }
    }

    /** Of a reader: what the ring brought since the last {@link #clean()}. */
    public DeltaTable deltas()
    {
        return deltas;
    }

    /** Fold cells that have changed since the last {@link #clean()}. */
    public int foldDirtyCount()
    {
        return foldDirtyCount;
    }

    public int foldDirtySlot(final int index)
    {
        return foldSlots[index];
    }

    public boolean isDirty()
    {
        return 0 != foldDirtyCount || !deltas.isEmpty();
    }

    void markFoldDirty(final int slot)
    {
        final int base = slot << SHIFT;
        if (0 == words[base + FOLD_DIRTY])
        {
            words[base + FOLD_DIRTY] = 1;
            foldSlots[foldDirtyCount++] = slot;
        }
    }

    /** What is new has been committed: it is elsewhere now. */
    public void clean()
    {
        for (int i = 0; i < foldDirtyCount; i++)
        {
            words[(foldSlots[i] << SHIFT) + FOLD_DIRTY] = 0;
        }
        foldDirtyCount = 0;
        deltas.clear();
    }

    /**
     * Add a delta to the sum of the ring. It can't overflow: the lane's running sum is at least as large, and was
     * checked.
     */
    public void addDelta(final int slot, final long deltaLow, final long deltaWord)
    {
        final int base = slot << SHIFT;
        final long low = words[base + RING_LOW] + deltaLow;
        words[base + RING_LOW] = low;
        words[base + RING_HIGH] += DeltaTable.carries(deltaWord) + FlopArithmetic.carry(low, deltaLow);
        words[base + RING_SAMPLES] += DeltaTable.samples(deltaWord);
    }

    /** Add the deltas of a set of 64 slots, one behind the other at `address`, which the caller has checked. */
    public void addDeltas(final int slotFirst, final long touched, final long address)
    {
        long at = address;
        for (long left = touched; 0 != left; left &= left - 1)
        {
            addDelta(
                slotFirst + Long.numberOfTrailingZeros(left),
                UnsafeApi.getLong(at),
                UnsafeApi.getLong(at + DrainDescriptor.DELTA_WORD_OFFSET));
            at += DrainDescriptor.DELTA_LENGTH;
        }
    }

    /** Write the committed ring sums that are not zero, of slots below `slotCount`, to `target`. Return how many. */
    public int copyRing(final int slotCount, final long target)
    {
        long at = target;
        for (int slot = 0; slot < slotCount; slot++)
        {
            final int base = slot << SHIFT;
            if (0 != (words[base + RING_LOW] | words[base + RING_HIGH] | words[base + RING_SAMPLES]))
            {
                UnsafeApi.putInt(at, slot);
                UnsafeApi.putLong(at + 4, words[base + RING_LOW]);
                UnsafeApi.putLong(at + 12, words[base + RING_HIGH]);
                UnsafeApi.putLong(at + 20, words[base + RING_SAMPLES]);
                at += RING_ENTRY_LENGTH;
            }
        }
        return (int)((at - target) / RING_ENTRY_LENGTH);
    }

    public long ringLow(final int slot)
    {
        return words[(slot << SHIFT) + RING_LOW] + deltaLow(slot);
    }

    public long ringHigh(final int slot)
    {
        return words[(slot << SHIFT) + RING_HIGH] + DeltaTable.carries(deltaWord(slot)) +
            FlopArithmetic.carry(ringLow(slot), deltaLow(slot));
    }

    public long ringSamples(final int slot)
    {
        return words[(slot << SHIFT) + RING_SAMPLES] + DeltaTable.samples(deltaWord(slot));
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

    private long deltaLow(final int slot)
    {
        return null == deltas ? 0 : deltas.low(slot);
    }

    private long deltaWord(final int slot)
    {
        return null == deltas ? 0 : deltas.word(slot);
    }
}
