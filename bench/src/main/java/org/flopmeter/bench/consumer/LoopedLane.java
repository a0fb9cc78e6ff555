/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.consumer;

import static org.flopmeter.wire.BatchDescriptor.COUNT_OFFSET;
import static org.flopmeter.wire.BatchDescriptor.HEADER_LENGTH;
import static org.flopmeter.wire.BatchDescriptor.RECORD_LENGTH_MAX;
import static org.flopmeter.wire.BatchDescriptor.SEQUENCE_OFFSET;
import static org.flopmeter.wire.BatchDescriptor.TYPE_BATCH;
import static org.flopmeter.wire.BatchDescriptor.TYPE_OFFSET;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.unit.FlopArithmetic;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.wire.JournalDescriptor;
import org.flopmeter.wire.LaneDescriptor;
import org.flopmeter.wire.LaneHeader;
import org.flopmeter.wire.MappedLane;
import org.flopmeter.wire.RunningSum;
import org.flopmeter.wire.SampleDescriptor;
import org.flopmeter.wire.SlotDescriptor;

/**
 * A lane whose ring is filled again by touching little more than its record headers: sequences go on, so the reader
 * goes round and round as with a live producer, tally included. The ring is divided into places of 2 KiB; all but one
 * are full, and the empty one, where the reader ends, moves on with every lap.
 */
public final class LoopedLane implements MappedLane
{
    /** Of the file name. */
    public static final long NONCE = 0x10097EDL;

    private static final int RECORD_ONE = HEADER_LENGTH + SampleDescriptor.LENGTH;
    private static final int TALLY_COPY_LENGTH = 24;
    private static final int FLOP_BITS = 50;
    private static final int PATTERN_LENGTH = 8192;
    private static final long SEED = 20261124;

    private final ByteBuffer bytes;
    private final int slots;
    private final int ringCapacity;
    private final int samplesPerRecord;
    private final int recordsPerPlace;
    private final int places;
    private final long[] lapsOfPlace;
    private final long[] flopOfPlace;
    private long sequenceNext = 1;
    private long placesFilled;
    private long flopLow;
    private long flopHigh;
    private long samplesTotal;

    /**
     * Lay out a lane in zeroed memory of {@link #lengthOf} bytes.
     *
     * @param samplesPerRecord 126, or 1 for the smallest records.
     */
    public LoopedLane(final ByteBuffer bytes, final int slots, final int ringCapacity, final int samplesPerRecord)
    {
        if (1 != samplesPerRecord && (RECORD_LENGTH_MAX - HEADER_LENGTH) / SampleDescriptor.LENGTH != samplesPerRecord)
        {
            throw new IllegalArgumentException("1 or 126 samples per record: " + samplesPerRecord);
        }
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
        this.slots = slots;
        this.ringCapacity = ringCapacity;
        this.samplesPerRecord = samplesPerRecord;
        // A place of small records ends with one without samples: 42 * 48 + 32.
        recordsPerPlace = 1 == samplesPerRecord ? RECORD_LENGTH_MAX / RECORD_ONE : 1;
        places = ringCapacity / RECORD_LENGTH_MAX;
        lapsOfPlace = new long[places];
        flopOfPlace = new long[places];
        header();
        for (int slot = 0; slot < slots; slot++)
        {
            slot(slot);
        }
        samples();
    }

    /** Such a lane as a file of a meter directory, for an aggregator to find. */
    public static LoopedLane in(
        final Path directory, final int slots, final int ringCapacity, final int samplesPerRecord) throws IOException
    {
        final Path file = Files.createFile(
            directory.resolve(".looped.tmp"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE))
        {
            final LoopedLane lane = new LoopedLane(
                channel.map(FileChannel.MapMode.READ_WRITE, 0, lengthOf(slots, ringCapacity)),
                slots, ringCapacity, samplesPerRecord);
            Files.move(file, directory.resolve(LaneHeader.nameOf(NONCE)));
            return lane;
        }
    }

    /** Bytes of such a lane. */
    public static int lengthOf(final int slots, final int ringCapacity)
    {
        return (int)LaneDescriptor.fileLength(tableOf(slots), ringCapacity);
    }

    private static int tableOf(final int slots)
    {
        return Math.max(LaneDescriptor.SLOT_CAPACITY_MIN, Integer.highestOneBit(slots - 1) << 1);
    }

    /** Fill the ring behind the reader, which has consumed everything; the tally goes on, too. */
    public void refill()
    {
        for (int i = 0; i < places - 1; i++)
        {
            final int place = (int)(placesFilled % places);
            fill(place);
            lapsOfPlace[place]++;
            flopLow += flopOfPlace[place];
            flopHigh += FlopArithmetic.carry(flopLow, flopOfPlace[place]);
            placesFilled++;
        }
        final long end = ringAddress() + placesFilled % places * RECORD_LENGTH_MAX;
        UnsafeApi.putIntRelease(null, end, 0);
        samplesTotal += samplesPerLap();
        tally();
    }

    /** Samples that one refill makes. */
    public long samplesPerLap()
    {
        return (places - 1L) * recordsPerPlace * samplesPerRecord;
    }

    /** Bytes that one refill makes, headers included. */
    public long bytesPerLap()
    {
        return (places - 1L) * RECORD_LENGTH_MAX;
    }

    /** Where the reader is when it has consumed everything. */
    public long positionEnd()
    {
        return placesFilled * RECORD_LENGTH_MAX;
    }

    /** What the reader has let go, in shared memory. */
    public long head()
    {
        return UnsafeApi.getLongAcquire(
            null, ringAddress() + ringCapacity + LaneDescriptor.TRAILER_HEAD_OFFSET);
    }

    /** Do the totals have all laps, slot by slot, and nothing else? */
    public boolean isExact(final Totals totals)
    {
        final Map<String, BigInteger> byNode = new HashMap<>();
        totals.keys().forEach((key) -> byNode.put(key.node(), key.flopCount().toBigInteger()));
        final BigInteger[] expected = flopCounts();
        boolean isExact = totals.conserved() && totals.findings().isEmpty() &&
            totals.samplesConsumed() == samplesTotal;
        for (int slot = 0; slot < expected.length; slot++)
        {
            isExact &= expected[slot].equals(byNode.getOrDefault("n" + slot, BigInteger.ZERO));
        }
        return isExact;
    }

    /** Is that sum all FLOP and samples so far? */
    public boolean isExact(final RunningSum sum)
    {
        return flopLow == sum.low() && flopHigh == sum.high() && samplesTotal == sum.samples();
    }

    /** In two halves, not as objects: it is done after every round. */
    private BigInteger[] flopCounts()
    {
        final long[] low = new long[slots];
        final long[] high = new long[slots];
        for (int place = 0; place < places; place++)
        {
            final long laps = lapsOfPlace[place];
            for (int i = 0; i < recordsPerPlace * samplesPerRecord; i++)
            {
                final long sample = sampleAddress(place, i);
                final int slot = UnsafeApi.getInt(sample);
                final long flopCount = UnsafeApi.getLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET);
                low[slot] += flopCount * laps;
                high[slot] += Math.multiplyHigh(flopCount, laps) + FlopArithmetic.carry(low[slot], flopCount * laps);
            }
        }
        final BigInteger[] sums = new BigInteger[slots];
        for (int slot = 0; slot < slots; slot++)
        {
            sums[slot] = FlopCount.of(high[slot], low[slot]).toBigInteger();
        }
        return sums;
    }

    /** Samples of all laps. */
    public long samplesTotal()
    {
        return samplesTotal;
    }

    /** The walk of a reader from the place of a position over one lap: all loads, no checks, no sums. */
    public long touch(final long position)
    {
        long seen = 0;
        long at = position;
        long record = ringAddress() + (at & (ringCapacity - 1));
        int length = UnsafeApi.getIntAcquire(null, record);
        while (length > 0)
        {
            final int count = UnsafeApi.getIntAcquire(null, record + COUNT_OFFSET);
            for (int i = 0; i < count; i++)
            {
                final long sample = record + HEADER_LENGTH + (long)i * SampleDescriptor.LENGTH;
                seen ^= UnsafeApi.getInt(sample) ^ UnsafeApi.getLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET);
            }
            at += length;
            record = ringAddress() + (at & (ringCapacity - 1));
            length = UnsafeApi.getIntAcquire(null, record);
        }
        return seen;
    }

    @Override
    public long address()
    {
        return BufferUtil.address(bytes);
    }

    @Override
    public long length()
    {
        return lengthOf(slots, ringCapacity);
    }

    @Override
    public long fileLength()
    {
        return length();
    }

    @Override
    public void close()
    {
        // The memory belongs to the buffer.
    }

    int ringCapacity()
    {
        return ringCapacity;
    }

    long ringAddress()
    {
        return address() + LaneDescriptor.ringOffset(tableOf(slots));
    }

    private long sampleAddress(final int place, final int index)
    {
        final long begin = ringAddress() + (long)place * RECORD_LENGTH_MAX + HEADER_LENGTH;
        return begin + (long)index * (1 == samplesPerRecord ? RECORD_ONE : SampleDescriptor.LENGTH);
    }

    private void header()
    {
        final int table = tableOf(slots);
        bytes.putLong(LaneDescriptor.MAGIC_OFFSET, LaneDescriptor.MAGIC);
        bytes.putInt(LaneDescriptor.WIRE_VERSION_OFFSET, LaneDescriptor.WIRE_VERSION);
        bytes.putInt(LaneDescriptor.HEADER_LENGTH_OFFSET, LaneDescriptor.HEADER_LENGTH);
        bytes.putLong(LaneDescriptor.NONCE_OFFSET, NONCE);
        bytes.putInt(LaneDescriptor.PID_OFFSET, (int)ProcessHandle.current().pid());
        bytes.putInt(LaneDescriptor.SLOT_CAPACITY_OFFSET, table);
        bytes.putInt(LaneDescriptor.RING_CAPACITY_OFFSET, ringCapacity);
        bytes.putLong(LaneDescriptor.SLOT_TABLE_OFFSET_OFFSET, LaneDescriptor.HEADER_LENGTH);
        bytes.putLong(LaneDescriptor.FOLD_TABLE_OFFSET_OFFSET, LaneDescriptor.foldTableOffset(table));
        bytes.putLong(LaneDescriptor.RING_OFFSET_OFFSET, LaneDescriptor.ringOffset(table));
        final long journal = LaneDescriptor.journalOffset(table, ringCapacity);
        bytes.putLong(LaneDescriptor.FILE_LENGTH_OFFSET, length());
        bytes.putLong(LaneDescriptor.JOURNAL_OFFSET_OFFSET, journal);
        bytes.putInt(LaneDescriptor.JOURNAL_CAPACITY_OFFSET, LaneDescriptor.journalCapacity(table));
        bytes.putLong((int)journal + JournalDescriptor.EPOCH_OFFSET, 1);
        bytes.putInt(LaneDescriptor.STATE_OFFSET, LaneDescriptor.STATE_ACTIVE);
        bytes.putInt(LaneDescriptor.SLOT_COUNT_OFFSET, slots);
    }

    private void slot(final int slot)
    {
        final int at = LaneDescriptor.HEADER_LENGTH + slot * SlotDescriptor.LENGTH;
        final String node = "n" + slot;
        bytes.putShort(at, (short)1).putShort(at + 2, (short)2).putShort(at + 4, (short)1);
        bytes.put(at + 8, (byte)1).put(at + 9, (byte)node.length());
        bytes.put(at + 16, (byte)'b');
        for (int i = 0; i < node.length(); i++)
        {
            bytes.put(at + 80 + i, (byte)node.charAt(i));
        }
    }

    private void samples()
    {
        final Random random = new Random(SEED);
        final int[] slotOf = new int[PATTERN_LENGTH];
        final long[] flopOf = new long[PATTERN_LENGTH];
        for (int i = 0; i < PATTERN_LENGTH; i++)
        {
            slotOf[i] = random.nextInt(slots);
            flopOf[i] = random.nextLong() >>> (Long.SIZE - FLOP_BITS);
        }
        int number = 0;
        for (int place = 0; place < places; place++)
        {
            for (int i = 0; i < recordsPerPlace * samplesPerRecord; i++)
            {
                final long sample = sampleAddress(place, i);
                final long flopCount = flopOf[number % PATTERN_LENGTH];
                UnsafeApi.putInt(sample, slotOf[number % PATTERN_LENGTH]);
                UnsafeApi.putLong(sample + SampleDescriptor.FLOP_COUNT_OFFSET, flopCount);
                flopOfPlace[place] += flopCount;
                number++;
            }
        }
    }

    private void fill(final int place)
    {
        long record = ringAddress() + (long)place * RECORD_LENGTH_MAX;
        final long end = record + RECORD_LENGTH_MAX;
        final int lengthUsual = HEADER_LENGTH + samplesPerRecord * SampleDescriptor.LENGTH;
        while (record < end)
        {
            final int length = (int)Math.min(lengthUsual, end - record);
            UnsafeApi.putInt(record + TYPE_OFFSET, TYPE_BATCH);
            UnsafeApi.putLong(record + SEQUENCE_OFFSET, sequenceNext++);
            UnsafeApi.putInt(record + COUNT_OFFSET, (length - HEADER_LENGTH) / SampleDescriptor.LENGTH);
            UnsafeApi.putIntRelease(null, record, length);
            record += length;
        }
    }

    private void tally()
    {
        final long version = sequenceNext - 1;
        final long tally = address() + LaneDescriptor.RING_TALLY_OFFSET;
        final long copy = tally + Long.BYTES + (version & 1) * TALLY_COPY_LENGTH;
        UnsafeApi.putLong(copy, flopLow);
        UnsafeApi.putLong(copy + Long.BYTES, flopHigh);
        UnsafeApi.putLong(copy + 2 * Long.BYTES, samplesTotal);
        UnsafeApi.putLongRelease(null, tally, version);
    }
}
