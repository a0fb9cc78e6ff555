/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.math.BigInteger;
import java.util.Arrays;

import org.agrona.UnsafeApi;

/**
 * Makes a lane of any bytes. What they say is mended where the format has something to be right, magic, lengths, types,
 * sequences, counts, codes and tallies, unless they ask for a field to be left as it is: so an input gets as deep as it
 * wishes. Of a lane in which nothing was left to chance it is known what must be read.
 */
final class LaneForge
{
    static final int SLOTS = LaneDescriptor.SLOT_CAPACITY_MIN;
    /** In a table of so many slots the kernels mark the blocks that they touch, one by one. */
    static final int SLOTS_WIDE = 2 * DrainDescriptor.UNMARKED_MAX;
    static final int RING = LaneDescriptor.RING_CAPACITY_MIN;
    static final long NONCE = 0x0123456789ABCDEFL;

    private static final int WIDE = 0x7F;
    /** Of a wide lane these are all alike; then as many as a small one has at most come from the input. */
    private static final int SLOTS_ALIKE = DrainDescriptor.UNMARKED_MAX;
    private static final int PATCHES_MAX = 3;
    private static final int FOLDS_MAX = 8;
    private static final int LEAVE_LENGTH = 0x01;
    private static final int LEAVE_TYPE = 0x02;
    private static final int LEAVE_SEQUENCE = 0x04;
    private static final int LEAVE_COUNT = 0x08;
    private static final int LEAVE_SLOTS = 0x10;
    private static final int AS_PADDING = 0x20;
    private static final int AS_OPEN = 0x40;
    private static final int LESS_COUNT = 0x80;
    /** Of the journal in a lane that has one: the cells have what is older. */
    private static final long EPOCH = 2;
    private static final int WISH_OFFSET = 28;
    private static final int WISH_OFFSET_SHORT = 12;

    final PlainMemory memory = PlainMemory.allocate(LaneDescriptor.fileLength(SLOTS_WIDE, RING));
    /** By slot, through the ring and folded. */
    final BigInteger[] flopCounts = new BigInteger[SLOTS_WIDE];
    final long[] samples = new long[SLOTS_WIDE];
    /** Nothing was left as it came: the lane is good. */
    boolean isMended;
    int slotCount;
    long position;
    long sequence;
    /** What the meter is asked to do with it. */
    int readerWish;
    /** How often the file has its length; afterwards it is short. */
    int lengthAsked;
    /** Length of the file when it is mapped. */
    int lengthTold;
    /** What is already in the sum of the first slot: not much is needed for more than 128 bits. */
    boolean isNearlyFull;
    String name;
    private final long base = memory.address();
    private int slotCapacity;
    private long ring;
    private byte[] input;
    private int next;
    private BigInteger ringSum;
    private long ringSamples;
    private BigInteger openSum;
    private long openSamples;
    private boolean isOpenLast;
    private boolean isJournaled;
    private int inJournal;

    void forge(final byte[] bytes)
    {
        input = bytes;
        next = 0;
        isMended = true;
        Arrays.fill(flopCounts, BigInteger.ZERO);
        Arrays.fill(samples, 0);
        final int wish = take();
        final boolean isWide = WIDE == (wish & 0x7F);
        slotCapacity = isWide ? SLOTS_WIDE : SLOTS;
        slotCount = isWide ? SLOTS_ALIKE + SLOTS : Math.min(wish & 0x7F, SLOTS);
        ring = base + LaneDescriptor.ringOffset(slotCapacity);
        isJournaled = 0 != (last(2) & 1);
        final int length = (int)length();
        UnsafeApi.setMemory(base, length, (byte)0);
        readerWish = take();
        position = (take() << 4) + ((long)(take() & 0x0F) << 30);
        sequence = 1 + (0 == position ? 0 : take());
        isNearlyFull = 0x0F == (readerWish & 0x0F) && slotCount > 0;
        lengthAsked = 0x07 == (readerWish & 0x17) ? take() & 0x0F : Integer.MAX_VALUE;
        lengthTold = 0x05 == (readerWish & 0x17) ? last(0) * 128 : length;
        isMended = !isNearlyFull && Integer.MAX_VALUE == lengthAsked && length == lengthTold;
        header();
        slots();
        final int foldWish = folds();
        if (0 != (wish & 0x80))
        {
            patches();
        }
        name();
        final int rest = Math.min(RING, Math.max(0, input.length - next));
        for (int i = 0; i < rest; i++)
        {
            UnsafeApi.putByte(ring + (position + i & RING - 1), input[next + i]);
        }
        final long sequenceLast = ring();
        // Killed between tally and close, a producer leaves the tally of a batch that is open.
        final boolean isTold = isOpenLast && 0 != (foldWish & 4);
        tally(LaneDescriptor.RING_TALLY_OFFSET, sequenceLast + (isTold ? 1 : 0),
            isTold ? ringSum.add(openSum) : ringSum, isTold ? ringSamples + openSamples : ringSamples, foldWish & 3);
    }

    private int take()
    {
        return next < input.length ? input[next++] & 0xFF : 0;
    }

    /** From the end of the input, which is read as something else, too. */
    int last(final int index)
    {
        return index < input.length ? input[input.length - 1 - index] & 0xFF : 0;
    }

    /** A producer that changes its mind about the record that is being read, and about what it published before. */
    void step(final long positionRead)
    {
        final long record = ring + (positionRead & RING - 1);
        final int length = UnsafeApi.getInt(record);
        isMended = false;
        UnsafeApi.putInt(record + BatchDescriptor.COUNT_OFFSET, last(1));
        if (0 != (last(0) & 1))
        {
            UnsafeApi.putInt(record, Math.abs(length));
        }
        if (0 != (last(0) & 64))
        {
            UnsafeApi.putInt(record, BatchDescriptor.HEADER_LENGTH + SampleDescriptor.LENGTH * last(1));
        }
        if (0 != (last(0) & 2))
        {
            UnsafeApi.putInt(record + BatchDescriptor.TYPE_OFFSET, BatchDescriptor.TYPE_PADDING);
        }
        if (0 != (last(0) & 4))
        {
            UnsafeApi.putInt(base + LaneDescriptor.SLOT_COUNT_OFFSET, last(1));
        }
        if (0 != (last(0) & 8))
        {
            UnsafeApi.putLong(base + LaneDescriptor.FOLD_TALLY_OFFSET, last(1));
        }
        if (0 != (last(0) & 16))
        {
            UnsafeApi.putLong(base + LaneDescriptor.RING_TALLY_OFFSET, last(1));
        }
        if (0 != (last(0) & 32))
        {
            UnsafeApi.putLong(base + LaneDescriptor.foldTableOffset(slotCapacity), last(1));
        }
        if (isJournaled && 0 != (last(0) & 128))
        {
            UnsafeApi.putLong(journal() + JournalDescriptor.EPOCH_OFFSET, EPOCH + last(1) % 3 - 1);
            UnsafeApi.putInt(journal() + JournalDescriptor.COUNT_OFFSET, last(3));
        }
    }

    private long takeLong()
    {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++)
        {
            value |= (long)take() << 8 * i;
        }
        return value;
    }

    private void header()
    {
        UnsafeApi.putLong(base + LaneDescriptor.MAGIC_OFFSET, LaneDescriptor.MAGIC);
        UnsafeApi.putInt(base + LaneDescriptor.WIRE_VERSION_OFFSET,
            isJournaled ? LaneDescriptor.WIRE_VERSION : LaneDescriptor.WIRE_VERSION_WITHOUT_JOURNAL);
        UnsafeApi.putInt(base + LaneDescriptor.HEADER_LENGTH_OFFSET, LaneDescriptor.HEADER_LENGTH);
        UnsafeApi.putLong(base + LaneDescriptor.NONCE_OFFSET, NONCE);
        UnsafeApi.putInt(base + LaneDescriptor.SLOT_CAPACITY_OFFSET, slotCapacity);
        UnsafeApi.putInt(base + LaneDescriptor.RING_CAPACITY_OFFSET, RING);
        UnsafeApi.putLong(base + LaneDescriptor.SLOT_TABLE_OFFSET_OFFSET, LaneDescriptor.HEADER_LENGTH);
        UnsafeApi.putLong(base + LaneDescriptor.FOLD_TABLE_OFFSET_OFFSET, LaneDescriptor.foldTableOffset(slotCapacity));
        UnsafeApi.putLong(base + LaneDescriptor.RING_OFFSET_OFFSET, LaneDescriptor.ringOffset(slotCapacity));
        UnsafeApi.putLong(base + LaneDescriptor.FILE_LENGTH_OFFSET, length());
        if (isJournaled)
        {
            UnsafeApi.putLong(base + LaneDescriptor.JOURNAL_OFFSET_OFFSET, journal() - base);
            UnsafeApi.putInt(
                base + LaneDescriptor.JOURNAL_CAPACITY_OFFSET, LaneDescriptor.journalCapacity(slotCapacity));
            UnsafeApi.putLong(journal() + JournalDescriptor.EPOCH_OFFSET, EPOCH);
        }
        UnsafeApi.putInt(base + LaneDescriptor.SLOT_COUNT_OFFSET, slotCount);
    }

    private long journal()
    {
        return base + LaneDescriptor.journalOffset(slotCapacity, RING);
    }

    private long length()
    {
        return isJournaled ?
            LaneDescriptor.fileLength(slotCapacity, RING) : LaneDescriptor.journalOffset(slotCapacity, RING);
    }

    /** One byte makes a good slot; from 0xF0 on, a slot follows as it comes. */
    private void slots()
    {
        for (int slot = 0; slot < slotCount; slot++)
        {
            final long at = base + LaneDescriptor.HEADER_LENGTH + (long)slot * SlotDescriptor.LENGTH;
            final int seed = slotCount > SLOTS && slot < SLOTS_ALIKE ? 1 : take();
            final boolean isOverflow = 0 == seed % 7;
            final int runLength = isOverflow ? 0 : 1 + seed % SlotDescriptor.ID_LENGTH_MAX;
            final int nodeLength = isOverflow ? 0 : seed * 5 % (SlotDescriptor.ID_LENGTH_MAX + 1);
            UnsafeApi.putLong(at, 1 + seed % 13 | (1L + seed % 5) << 16 | (1L + seed % 6) << 32 |
                (long)(seed % 3) << 48 | (isOverflow ? 1L : 0L) << 56);
            UnsafeApi.putByte(at + SlotDescriptor.RUN_LENGTH_OFFSET, (byte)runLength);
            UnsafeApi.putByte(at + SlotDescriptor.NODE_LENGTH_OFFSET, (byte)nodeLength);
            UnsafeApi.setMemory(at + SlotDescriptor.RUN_OFFSET, runLength, (byte)"aZ0._:-m".charAt(seed & 7));
            UnsafeApi.setMemory(at + SlotDescriptor.NODE_OFFSET, nodeLength, (byte)'n');
            if (seed >= 0xF0)
            {
                isMended = false;
                UnsafeApi.putByte(at + take() % SlotDescriptor.LENGTH, (byte)take());
                UnsafeApi.putByte(at + take() % SlotDescriptor.RUN_OFFSET, (byte)take());
            }
        }
    }

    /** Cells and their tally. Returns what is to be done to the tally of the ring. */
    private int folds()
    {
        final int wish = take();
        BigInteger sum = BigInteger.ZERO;
        long count = 0;
        int version = 0;
        inJournal = 0;
        for (int i = wish % FOLDS_MAX; i > 0 && slotCount > 0; i--)
        {
            final int slot = take() % slotCount;
            final int high = take();
            final BigInteger flopCount =
                BigInteger.valueOf(high >= 0xF8 ? takeLong() >>> 1 : high).shiftLeft(64).add(unsigned(takeLong()));
            isMended &= high < 0xF8;
            flopCounts[slot] = flopCounts[slot].add(flopCount);
            samples[slot]++;
            // The last half is in the journal; killed when it folds that, a producer leaves some cells with it.
            final boolean isLate = isJournaled && 2 * i <= wish % FOLDS_MAX;
            final boolean isKilled = 0x40 == (wish & 0xC0);
            final boolean isLast = isLate || (1 == i && isKilled && !isJournaled);
            if (isLate)
            {
                toJournal(slot, flopCount);
            }
            if (!isLate || (isKilled && 0 != (slot & 1)))
            {
                final long cellVersion = isLate ? 2 * EPOCH + 1 : isJournaled ? 2 * EPOCH - 2 : samples[slot];
                tally((int)LaneDescriptor.foldTableOffset(slotCapacity) + slot * FoldDescriptor.LENGTH, cellVersion,
                    flopCounts[slot], samples[slot], 0);
            }
            // Killed between cell and tally, a producer without a journal leaves the tally one sample behind.
            sum = isLast ? sum : sum.add(flopCount);
            count += isLast ? 0 : 1;
            version += isLast ? 0 : 1;
        }
        tally(LaneDescriptor.FOLD_TALLY_OFFSET, isJournaled ? EPOCH - 1 : version, sum, count,
            0x80 == (wish & 0xC0) ? 1 : 0);
        return wish >> 3 & 7;
    }

    private void toJournal(final int slot, final BigInteger flopCount)
    {
        final boolean isWide = flopCount.bitLength() > 64;
        final long sample = journal() + JournalDescriptor.LENGTH + (long)inJournal * SampleDescriptor.LENGTH;
        UnsafeApi.putInt(sample, isWide ? slot | JournalDescriptor.SLOT_WIDE : slot);
        UnsafeApi.putLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET, flopCount.longValue());
        if (isWide)
        {
            UnsafeApi.putLong(sample + SampleDescriptor.LENGTH + SampleDescriptor.FLOP_COUNT_OFFSET,
                flopCount.shiftRight(64).longValue());
        }
        inJournal += isWide ? 2 : 1;
        UnsafeApi.putInt(journal() + JournalDescriptor.COUNT_OFFSET, inJournal);
    }

    /** Bit 0 of the wish: the sum is one that comes; bit 1: it has no batch yet. */
    private void tally(final int offset, final long version, final BigInteger sum, final long count, final int wish)
    {
        final long at = base + offset;
        isMended &= 0 == wish;
        final long versionTold = 0 == (wish & 2) ? version : 0;
        final long copy = at + (0 == (versionTold & 1) ? FoldDescriptor.A_LOW_OFFSET : FoldDescriptor.B_LOW_OFFSET);
        UnsafeApi.putLong(at + FoldDescriptor.VERSION_OFFSET, versionTold);
        UnsafeApi.putLong(copy, sum.longValue() + (0 == (wish & 1) ? 0 : takeLong()));
        UnsafeApi.putLong(copy + 8, sum.shiftRight(64).longValue());
        UnsafeApi.putLong(copy + 16, count);
    }

    /** Words of the header, of the tallies, of the first cells and samples of the journal, as they come. */
    private void patches()
    {
        for (int i = 1 + take() % PATCHES_MAX; i > 0; i--)
        {
            isMended = false;
            final int word = take();
            final long at = word >= 0xE0 && isJournaled ? journal() + 8L * (word & 0x1F) : base +
                (word < 0x80 ? 4L * word : LaneDescriptor.foldTableOffset(slotCapacity) + 8L * (word & 0x7F));
            final long low = take() - 1;
            final long high = take();
            UnsafeApi.putInt(at, (int)(low + (high << 24)));
            if (word >= 0x80)
            {
                UnsafeApi.putLong(at, low + (high << 56));
            }
        }
    }

    /** What a file could be called; mostly as lanes are. */
    private void name()
    {
        final int wish = take();
        name = LaneHeader.nameOf(0 == wish ? NONCE : takeLong());
        if (wish >= 0xC0)
        {
            final int at = take() % name.length();
            name = name.substring(0, at) + (char)take() + name.substring(at + wish % 2);
        }
    }

    /** Mends record after record. Returns the sequence of the last one that is closed. */
    private long ring()
    {
        ringSum = BigInteger.ZERO;
        ringSamples = 0;
        openSum = BigInteger.ZERO;
        openSamples = 0;
        isOpenLast = false;
        long due = sequence;
        long at = position;
        boolean isMore = true;
        while (isMore && at < position + RING)
        {
            final long record = ring + (at & RING - 1);
            final int toEnd = RING - (int)(at & RING - 1);
            if (0L == UnsafeApi.getLong(record))
            {
                break;
            }
            final boolean isShort = toEnd < BatchDescriptor.HEADER_LENGTH;
            final int wish = UnsafeApi.getByte(record + (isShort ? WISH_OFFSET_SHORT : WISH_OFFSET)) & 0xFF |
                (isShort ? AS_PADDING : 0);
            isMore = 0 == (wish & AS_OPEN);
            if (0 != (wish & AS_PADDING))
            {
                at += padding(record, toEnd, wish);
            }
            else
            {
                at += batch(record, toEnd, wish, due);
                due += isMore ? 1 : 0;
            }
        }
        // An honest producer leaves room for the next header.
        isMended &= at <= position + RING - Long.BYTES;
        return due - 1;
    }

    private int padding(final long record, final int toEnd, final int wish)
    {
        isMended &= 0 == (wish & (LEAVE_LENGTH | LEAVE_TYPE)) && toEnd <= BatchDescriptor.RECORD_LENGTH_MAX;
        if (0 == (wish & LEAVE_LENGTH))
        {
            UnsafeApi.putInt(record, 0 == (wish & AS_OPEN) ? toEnd : -toEnd);
        }
        if (0 == (wish & LEAVE_TYPE))
        {
            UnsafeApi.putInt(record + BatchDescriptor.TYPE_OFFSET, BatchDescriptor.TYPE_PADDING);
        }
        return toEnd;
    }

    private int batch(final long record, final int toEnd, final int wish, final long due)
    {
        final boolean isOpen = 0 != (wish & AS_OPEN);
        final int capacityMax = (Math.min(toEnd, BatchDescriptor.RECORD_LENGTH_MAX) - BatchDescriptor.HEADER_LENGTH) /
            SampleDescriptor.LENGTH;
        final int capacity = (UnsafeApi.getInt(record) >>> 1) % (capacityMax + 1);
        final int length = BatchDescriptor.HEADER_LENGTH + capacity * SampleDescriptor.LENGTH;
        isOpenLast = isOpen;
        final int count = 0 == (wish & LESS_COUNT) || 0 == capacity ? capacity :
            (UnsafeApi.getInt(record + BatchDescriptor.COUNT_OFFSET) >>> 1) % capacity;
        isMended &= 0 == (wish & (LEAVE_LENGTH | LEAVE_TYPE | LEAVE_SEQUENCE | LEAVE_COUNT | LEAVE_SLOTS)) &&
            (isOpen || count == capacity) && (0 == count || slotCount > 0);
        if (0 == (wish & LEAVE_LENGTH))
        {
            UnsafeApi.putInt(record, isOpen ? -length : length);
        }
        if (0 == (wish & LEAVE_TYPE))
        {
            UnsafeApi.putInt(record + BatchDescriptor.TYPE_OFFSET, BatchDescriptor.TYPE_BATCH);
        }
        if (0 == (wish & LEAVE_SEQUENCE))
        {
            UnsafeApi.putLong(record + BatchDescriptor.SEQUENCE_OFFSET, due);
        }
        if (0 == (wish & LEAVE_COUNT))
        {
            UnsafeApi.putInt(record + BatchDescriptor.COUNT_OFFSET, count);
        }
        for (int i = 0; 0 == (wish & LEAVE_SLOTS) && i < count && slotCount > 0; i++)
        {
            sample(record + BatchDescriptor.HEADER_LENGTH + (long)i * SampleDescriptor.LENGTH, isOpen);
        }
        return length;
    }

    private void sample(final long at, final boolean isOpen)
    {
        final int slot = Integer.remainderUnsigned(UnsafeApi.getInt(at), slotCount);
        final BigInteger flopCount = unsigned(UnsafeApi.getLong(at + SampleDescriptor.FLOP_COUNT_OFFSET));
        UnsafeApi.putInt(at, slot);
        flopCounts[slot] = flopCounts[slot].add(flopCount);
        samples[slot]++;
        if (isOpen)
        {
            openSum = openSum.add(flopCount);
            openSamples++;
        }
        else
        {
            ringSum = ringSum.add(flopCount);
            ringSamples++;
        }
    }

    private static BigInteger unsigned(final long value)
    {
        return BigInteger.valueOf(value >>> 1).shiftLeft(1).or(BigInteger.valueOf(value & 1));
    }
}
