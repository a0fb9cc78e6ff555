/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.agrona.UnsafeApi;

/**
 * A lane in plain memory and its writer, which stores in the order of native/src/lane/lane.c, or makes one mistake. The
 * n-th sample that goes through the ring is worth {@code n * UNIT} FLOP, so that a sum tells which samples are in it.
 * One thread writes, one reads.
 */
final class StressLane
{
    /** Orders of stores that are wrong. */
    enum Mistake
    {
        NONE, COUNT_BEFORE_SAMPLE, CLOSED_BEFORE_TALLY, VERSION_BEFORE_COPY, ONE_COPY, NO_ZEROING,
        COUNT_BEFORE_FOLDED, EMPTIED_BEFORE_CELL, SLOT_COUNT_BEFORE_SLOT, HEAD_BEFORE_READ, STATE_BEFORE_GAP
    }

    static final long UNIT = 0x100001L;

    /** Beyond this many samples the sum would need more than 64 bits. */
    private static final long SAMPLES_MAX = 1 << 20;
    private static final int PAUSES = 300;

    private static final int SLOTS = LaneDescriptor.SLOT_CAPACITY_MIN;
    private static final int RING = LaneDescriptor.RING_CAPACITY_MIN;
    private static final int LENGTH = (int)LaneDescriptor.fileLength(SLOTS, RING);
    private static final long NONCE = 7;
    private static final Queue<StressLane> POOL = new ConcurrentLinkedQueue<>();

    private final PlainMemory memory = PlainMemory.allocate(LENGTH);
    private final long address = memory.address();
    private final long ring = address + LaneDescriptor.ringOffset(SLOTS);
    private final long journal = address + LaneDescriptor.journalOffset(SLOTS, RING);
    private LaneReader reader;
    private FoldReader folds;

    private Mistake mistake = Mistake.NONE;
    private long position;
    private long record;
    private int claimed;
    private int count;
    private long sequence;
    private long samples;
    private long folded;
    private long epoch;
    private int inJournal;

    private StressLane()
    {
        reset();
    }

    /** A lane for one state of a test. It goes on where the one before left it, so that the ring wraps. */
    static StressLane take(final Mistake mistake)
    {
        final StressLane pooled = POOL.poll();
        final StressLane lane = null == pooled ? new StressLane() : pooled;
        lane.mistake = mistake;
        return lane;
    }

    /** Both threads are done with it. */
    void giveBack(final boolean isSound)
    {
        if (!isSound || samples > SAMPLES_MAX || folded > SAMPLES_MAX)
        {
            reset();
        }
        POOL.add(this);
    }

    /** Start again with an empty lane, two published slots and new readers. */
    void reset()
    {
        memory.clear();
        position = 0;
        claimed = 0;
        count = 0;
        sequence = 0;
        samples = 0;
        folded = 0;
        epoch = 1;
        inJournal = 0;
        mistake = Mistake.NONE;
        UnsafeApi.putLong(address + LaneDescriptor.MAGIC_OFFSET, LaneDescriptor.MAGIC);
        UnsafeApi.putInt(address + LaneDescriptor.WIRE_VERSION_OFFSET, LaneDescriptor.WIRE_VERSION);
        UnsafeApi.putInt(address + LaneDescriptor.HEADER_LENGTH_OFFSET, LaneDescriptor.HEADER_LENGTH);
        UnsafeApi.putLong(address + LaneDescriptor.NONCE_OFFSET, NONCE);
        UnsafeApi.putInt(address + LaneDescriptor.SLOT_CAPACITY_OFFSET, SLOTS);
        UnsafeApi.putInt(address + LaneDescriptor.RING_CAPACITY_OFFSET, RING);
        UnsafeApi.putLong(address + LaneDescriptor.SLOT_TABLE_OFFSET_OFFSET, LaneDescriptor.HEADER_LENGTH);
        UnsafeApi.putLong(
            address + LaneDescriptor.FOLD_TABLE_OFFSET_OFFSET, LaneDescriptor.foldTableOffset(SLOTS));
        UnsafeApi.putLong(address + LaneDescriptor.RING_OFFSET_OFFSET, LaneDescriptor.ringOffset(SLOTS));
        UnsafeApi.putLong(address + LaneDescriptor.FILE_LENGTH_OFFSET, LENGTH);
        UnsafeApi.putLong(
            address + LaneDescriptor.JOURNAL_OFFSET_OFFSET, LaneDescriptor.journalOffset(SLOTS, RING));
        UnsafeApi.putInt(
            address + LaneDescriptor.JOURNAL_CAPACITY_OFFSET, LaneDescriptor.journalCapacity(SLOTS));
        UnsafeApi.putLong(journal + JournalDescriptor.EPOCH_OFFSET, epoch);
        appendSlot();
        appendSlot();
        try
        {
            reader = new LaneReader(memory, new LaneHeader(memory, NONCE));
        }
        catch (final LaneViolation ex)
        {
            throw new IllegalStateException(ex);
        }
        folds = new FoldReader(memory, reader);
    }

    LaneReader reader()
    {
        return reader;
    }

    FoldReader folds()
    {
        return folds;
    }

    /** Samples that went through the ring. */
    long samples()
    {
        return samples;
    }

    long folded()
    {
        return folded;
    }

    /** Where the writer is. */
    long position()
    {
        return position;
    }

    /** flopmeter_batch_add(): false when the ring has no room. */
    boolean add()
    {
        if (0 == claimed && !claim())
        {
            return false;
        }
        final long sample = record + BatchDescriptor.HEADER_LENGTH + (long)count * SampleDescriptor.LENGTH;
        count++;
        samples++;
        if (Mistake.COUNT_BEFORE_SAMPLE == mistake)
        {
            UnsafeApi.putIntRelease(null, record + BatchDescriptor.COUNT_OFFSET, count);
            pause();
        }
        UnsafeApi.putInt(sample, (int)samples & 1);
        UnsafeApi.putInt(sample + 4, 7);
        UnsafeApi.putLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET, samples * UNIT);
        UnsafeApi.putIntRelease(null, record + BatchDescriptor.COUNT_OFFSET, count);
        if (BatchDescriptor.HEADER_LENGTH + (count + 1) * SampleDescriptor.LENGTH > claimed)
        {
            closeBatch();
        }
        return true;
    }

    /** flopmeter_lane_claim(). */
    boolean claim()
    {
        final int toEnd = RING - (int)(position & (RING - 1));
        final int padding = toEnd < 48 ? toEnd : 0;
        final int claim = 0 != padding ? BatchDescriptor.RECORD_LENGTH_MAX :
            Math.min(toEnd, BatchDescriptor.RECORD_LENGTH_MAX);
        final long head = UnsafeApi.getLongAcquire(null, ring + RING + LaneDescriptor.TRAILER_HEAD_OFFSET);
        if (position + padding + claim + 8 - head > RING)
        {
            return false;
        }
        if (0 != padding)
        {
            final long pad = at(position);
            zero(position + padding);
            UnsafeApi.putInt(pad + BatchDescriptor.TYPE_OFFSET, BatchDescriptor.TYPE_PADDING);
            position += padding;
            UnsafeApi.putIntRelease(null, pad, padding);
        }
        record = at(position);
        UnsafeApi.putInt(record + BatchDescriptor.TYPE_OFFSET, BatchDescriptor.TYPE_BATCH);
        UnsafeApi.putLong(record + BatchDescriptor.SEQUENCE_OFFSET, ++sequence);
        UnsafeApi.putLong(record + BatchDescriptor.BASE_NS_OFFSET, 1);
        UnsafeApi.putInt(record + BatchDescriptor.COUNT_OFFSET, 0);
        UnsafeApi.putIntRelease(null, record, -claim);
        claimed = claim;
        count = 0;
        return true;
    }

    /** flopmeter_lane_close(). */
    void closeBatch()
    {
        if (0 == claimed)
        {
            return;
        }
        final int length = BatchDescriptor.HEADER_LENGTH + count * SampleDescriptor.LENGTH;
        claimed = 0;
        position += length;
        zero(position);
        if (Mistake.CLOSED_BEFORE_TALLY == mistake)
        {
            UnsafeApi.putIntRelease(null, record, length);
            pause();
        }
        storeDouble(address + LaneDescriptor.RING_TALLY_OFFSET, sumThrough(samples), samples);
        UnsafeApi.putIntRelease(null, record, length);
    }

    /** A sample for which there is no room: to the journal. It is folded when there are two in it. */
    void fold()
    {
        final long sample =
            journal + JournalDescriptor.LENGTH + (long)inJournal * SampleDescriptor.LENGTH;
        folded++;
        inJournal++;
        if (Mistake.COUNT_BEFORE_FOLDED == mistake)
        {
            UnsafeApi.putIntRelease(null, journal + JournalDescriptor.COUNT_OFFSET, inJournal);
            pause();
        }
        UnsafeApi.putLong(sample, 0);
        UnsafeApi.putLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET, folded * UNIT);
        UnsafeApi.putIntRelease(null, journal + JournalDescriptor.COUNT_OFFSET, inJournal);
        if (2 == inJournal)
        {
            foldJournal();
        }
    }

    /** fold_journal(). The slot's cell, the tally, an empty journal, its number. */
    private void foldJournal()
    {
        final long cell = address + LaneDescriptor.foldTableOffset(SLOTS);
        if (Mistake.EMPTIED_BEFORE_CELL == mistake)
        {
            // So that a reader has seen what then vanishes.
            pause();
            UnsafeApi.putIntRelease(null, journal + JournalDescriptor.COUNT_OFFSET, 0);
            pause();
        }
        final long version = UnsafeApi.getLong(cell + FoldDescriptor.VERSION_OFFSET);
        storeDouble(cell, epoch << 1 | ~version & 1, sumThrough(folded), folded);
        storeDouble(address + LaneDescriptor.FOLD_TALLY_OFFSET, epoch, sumThrough(folded), folded);
        inJournal = 0;
        epoch++;
        UnsafeApi.putIntRelease(null, journal + JournalDescriptor.COUNT_OFFSET, 0);
        UnsafeApi.putLongRelease(null, journal + JournalDescriptor.EPOCH_OFFSET, epoch);
        // The new number is out before a sample of the last journal is overwritten.
        UnsafeApi.storeFence();
    }

    /** append_slot(). */
    void appendSlot()
    {
        final int slot = UnsafeApi.getInt(address + LaneDescriptor.SLOT_COUNT_OFFSET);
        final long at = address + LaneDescriptor.HEADER_LENGTH + (long)slot * SlotDescriptor.LENGTH;
        if (Mistake.SLOT_COUNT_BEFORE_SLOT == mistake)
        {
            UnsafeApi.putIntRelease(null, address + LaneDescriptor.SLOT_COUNT_OFFSET, slot + 1);
            pause();
        }
        // fp64, EXACT_BY_SHAPE, blas, a count.
        UnsafeApi.putLong(at, 1L | 2L << 16 | 2L << 32);
        UnsafeApi.putByte(at + SlotDescriptor.RUN_LENGTH_OFFSET, (byte)8);
        UnsafeApi.putByte(at + SlotDescriptor.NODE_LENGTH_OFFSET, (byte)2);
        UnsafeApi.putLong(at + SlotDescriptor.RUN_OFFSET, 0x3837363534333231L);
        UnsafeApi.putByte(at + SlotDescriptor.NODE_OFFSET, (byte)('0' + slot / 8));
        UnsafeApi.putByte(at + SlotDescriptor.NODE_OFFSET + 1, (byte)('0' + slot % 8));
        UnsafeApi.putIntRelease(null, address + LaneDescriptor.SLOT_COUNT_OFFSET, slot + 1);
    }

    /** store_double(), one version on. */
    void storeDouble(final long at, final long low, final long count64)
    {
        final long version = UnsafeApi.getLong(at + FoldDescriptor.VERSION_OFFSET);
        storeDouble(at, Mistake.ONE_COPY == mistake ? version + 2 : version + 1, low, count64);
    }

    private void storeDouble(final long at, final long versionNew, final long low, final long count64)
    {
        final boolean isB = Mistake.ONE_COPY != mistake && 0 != (versionNew & 1);
        final long copy = at + (isB ? FoldDescriptor.B_LOW_OFFSET : FoldDescriptor.A_LOW_OFFSET);
        if (Mistake.VERSION_BEFORE_COPY == mistake)
        {
            UnsafeApi.putLongRelease(null, at + FoldDescriptor.VERSION_OFFSET, versionNew);
            pause();
        }
        UnsafeApi.storeFence();
        UnsafeApi.putLong(copy, low);
        if (Mistake.ONE_COPY == mistake)
        {
            pause();
        }
        UnsafeApi.putLong(copy + 8, 0);
        UnsafeApi.putLong(copy + 16, count64);
        UnsafeApi.putLongRelease(null, at + FoldDescriptor.VERSION_OFFSET, versionNew);
    }

    /** What the meter does when it has committed; or before it has read, up to here. */
    void publishHead(final long upTo)
    {
        UnsafeApi.putLongRelease(null, ring + RING + LaneDescriptor.TRAILER_HEAD_OFFSET, upTo);
    }

    /** What makes a mistake last long enough to be seen. */
    static void pause()
    {
        for (int i = 0; i < PAUSES; i++)
        {
            Thread.onSpinWait();
        }
    }

    /** FLOP of the first n samples, modulo 2^64. */
    static long sumThrough(final long n)
    {
        return UNIT * (n * (n + 1) / 2);
    }

    private long at(final long ringPosition)
    {
        return ring + (ringPosition & (RING - 1));
    }

    private void zero(final long ringPosition)
    {
        if (Mistake.NO_ZEROING != mistake)
        {
            UnsafeApi.putInt(at(ringPosition) + BatchDescriptor.TYPE_OFFSET, 0);
            UnsafeApi.putIntRelease(null, at(ringPosition), 0);
        }
    }

    long address()
    {
        return address;
    }
}
