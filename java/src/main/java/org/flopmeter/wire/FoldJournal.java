/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.util.Arrays;

import org.agrona.UnsafeApi;
import org.flopmeter.unit.FlopArithmetic;
import org.flopmeter.wire.LaneViolation.Kind;

/**
 * What a producer has folded and its cells may not have yet (0001 section 3): a sum per slot of the journal's samples,
 * as far as they are released. Each is read once. One thread.
 */
final class FoldJournal
{
    /** A version that no cell has: it must be looked at again. */
    static final long CELL_VERSION_NONE = -1;

    private static final int LOW = 0;
    private static final int HIGH = 1;
    private static final int SAMPLES = 2;
    private static final int WORDS = 4;

    private final SlotTable slots;
    private final SlotSums sums;
    private final long address;
    private final long offset;
    private final int capacity;
    private final RunningSum total = new RunningSum();
    private long[] words = new long[0];
    private int[] touched = new int[0];
    private int touchedCount;
    private long epoch;
    private int count;

    FoldJournal(final MappedLane lane, final LaneHeader header, final SlotTable slots, final SlotSums sums)
    {
        this.slots = slots;
        this.sums = sums;
        offset = header.journalOffset();
        address = lane.address() + offset;
        capacity = header.journalCapacity();
    }

    /** Has anything changed since {@link #read()}? Then what was read is still a part of what was folded. */
    boolean hasMoved()
    {
        return epoch != UnsafeApi.getLong(address + JournalDescriptor.EPOCH_OFFSET) ||
            count != UnsafeApi.getInt(address + JournalDescriptor.COUNT_OFFSET);
    }

    /**
     * Are the cells and the tally of this version, all read since {@link #read()}, of one instant? In this order: the
     * count of one journal only grows, up to its end, and an empty one is told from the next by the tally.
     */
    boolean isStill(final long tallyAddress, final long tallyVersion)
    {
        UnsafeApi.loadFence();
        final long countRead = UnsafeApi.getIntAcquire(null, address + JournalDescriptor.COUNT_OFFSET);
        final long tallyRead = UnsafeApi.getLongAcquire(null, tallyAddress + FoldDescriptor.VERSION_OFFSET);
        final long epochRead = UnsafeApi.getLong(address + JournalDescriptor.EPOCH_OFFSET);
        return 0 == (countRead ^ count | tallyRead ^ tallyVersion | epochRead ^ epoch);
    }

    /** Which journal it is: cells of this version or a later one have all of it. */
    long epoch()
    {
        return epoch;
    }

    /** FLOP and samples of the whole journal, as last read. */
    RunningSum total()
    {
        return total;
    }

    /** Samples released, as the producer says now; not to be believed. */
    long samplesClaimed()
    {
        return Math.min(capacity, Math.max(0, UnsafeApi.getInt(address + JournalDescriptor.COUNT_OFFSET)));
    }

    /** The producer's number of the journal, as it says now. */
    long epochClaimed()
    {
        return UnsafeApi.getLong(address + JournalDescriptor.EPOCH_OFFSET);
    }

    /** Know nothing of it. */
    void forget()
    {
        epoch = 0;
        clear();
    }

    /**
     * Read what was released since. When the producer began the next one meanwhile, nothing is held: the cells, read
     * after this, have it all.
     */
    void read() throws LaneViolation
    {
        final long epochRead = UnsafeApi.getLongAcquire(null, address + JournalDescriptor.EPOCH_OFFSET);
        final int countRead = UnsafeApi.getIntAcquire(null, address + JournalDescriptor.COUNT_OFFSET);
        if (0 == epochRead || Long.compareUnsigned(epochRead, epoch) < 0)
        {
            throw new LaneViolation(Kind.FOLD, offset, "journal " + epochRead + " after " + epoch);
        }
        if (countRead < 0 || countRead > capacity)
        {
            throw new LaneViolation(Kind.COUNT, offset + JournalDescriptor.COUNT_OFFSET,
                "count=" + countRead + " in a journal of " + capacity);
        }
        if (epochRead != epoch || countRead < count)
        {
            clear();
            epoch = epochRead;
        }
        sums.ensureCapacity(slots.refresh());
        ensureCapacity(slots.count());
        // It is below 0 only where a producer went on to another epoch and back, which none of ours does.
        int at = Math.max(0, count);
        int taken = 1;
        while (at < countRead && 0 != taken)
        {
            taken = take(at, countRead);
            at += taken;
        }
        UnsafeApi.loadFence();
        if (epoch != UnsafeApi.getLong(address + JournalDescriptor.EPOCH_OFFSET))
        {
            clear();
            // Whatever comes next is news.
            count = -1;
        }
        else if (0 == taken)
        {
            throw new LaneViolation(Kind.SLOT, sampleOffset(at), "sample " + at + " of the journal makes no sense");
        }
        else
        {
            count = countRead;
        }
    }

    /** Does a cell that was last told of `cellEpoch` lack what is in here? */
    boolean isBeyond(final long cellEpoch)
    {
        return Long.compareUnsigned(cellEpoch, epoch) < 0;
    }

    boolean isTouched(final int slot)
    {
        return 0 != words[slot * WORDS + SAMPLES];
    }

    long low(final int slot)
    {
        return words[slot * WORDS + LOW];
    }

    long high(final int slot)
    {
        return words[slot * WORDS + HIGH];
    }

    long samples(final int slot)
    {
        return words[slot * WORDS + SAMPLES];
    }

    /** Add the sample at that place. Return how many places it takes, 0 when it makes no sense. */
    private int take(final int at, final int countRead)
    {
        final long sample = address - offset + sampleOffset(at);
        final int word = UnsafeApi.getInt(sample);
        final long low = UnsafeApi.getLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET);
        final boolean isWide = 0 != (word & JournalDescriptor.SLOT_WIDE);
        final int slot = word & ~JournalDescriptor.SLOT_WIDE;
        if (slot >= slots.count() || (isWide && at + 1 == countRead))
        {
            return 0;
        }
        final long high = isWide ?
            UnsafeApi.getLong(sample + SampleDescriptor.LENGTH + SampleDescriptor.FLOP_COUNT_OFFSET) : 0;
        if (!total.add(low, high, 1))
        {
            return 0;
        }
        final int base = slot * WORDS;
        if (0 == words[base + SAMPLES])
        {
            touched[touchedCount++] = slot;
            sums.words[(slot << SlotSums.SHIFT) + SlotSums.FOLD_VERSION] = CELL_VERSION_NONE;
        }
        words[base + LOW] += low;
        // No slot has more than all of them.
        words[base + HIGH] += high + FlopArithmetic.carry(words[base + LOW], low);
        words[base + SAMPLES] += 1;
        return isWide ? 2 : 1;
    }

    private long sampleOffset(final int at)
    {
        return offset + JournalDescriptor.LENGTH + (long)at * SampleDescriptor.LENGTH;
    }

    private void clear()
    {
        for (int i = 0; i < touchedCount; i++)
        {
            Arrays.fill(words, touched[i] * WORDS, touched[i] * WORDS + WORDS, 0);
        }
        touchedCount = 0;
        count = 0;
        total.set(0, 0, 0);
    }

    private void ensureCapacity(final int slotCount)
    {
        if (touched.length < slotCount)
        {
            final int length = Math.max(8, Integer.highestOneBit(slotCount - 1) << 1);
            words = Arrays.copyOf(words, length * WORDS);
            touched = Arrays.copyOf(touched, length);
        }
    }
}
