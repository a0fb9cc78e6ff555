/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.IoUtil;

/**
 * A producer in Java: writes a lane by the numbers of docs/design/0001-wire-format.md, not by the descriptors under
 * test,
 * and keeps the truth in BigIntegers.
 */
public final class LaneFixture implements AutoCloseable
{
    public static final int SLOTS = 64;

    public final long nonce;
    public final Path file;
    public final ByteBuffer bytes;
    public final int ring;
    public final int ringCapacity;
    public final int slotCapacity;
    public final int foldTable;
    /** Null in a lane of version 1, which folds sample by sample. */
    public final JournalFixture journal;
    public final Map<Integer, BigInteger> truth = new HashMap<>();
    public final List<String> runs = new ArrayList<>();
    public long samples;
    public long folded;
    private final BigInteger[] tally = { BigInteger.ZERO, BigInteger.ZERO };
    private final long[] tallySamples = new long[2];
    private final Map<Integer, BigInteger> folds = new HashMap<>();
    private final Map<Integer, Long> foldSamples = new HashMap<>();
    private long position;
    private int claimed;
    private int count;
    private long sequence;
    private int foldVersion;

    public LaneFixture(final Path directory, final long nonce, final int ringCapacity, final int pid, final long ticks)
        throws IOException
    {
        this(directory, nonce, ringCapacity, pid, ticks, 0, SLOTS);
    }

    private LaneFixture(
        final Path directory,
        final long nonce,
        final int ringCapacity,
        final int pid,
        final long ticks,
        final int journalCapacity,
        final int slotCapacity)
        throws IOException
    {
        this.nonce = nonce;
        this.ringCapacity = ringCapacity;
        this.slotCapacity = slotCapacity;
        foldTable = 4096 + slotCapacity * 160;
        ring = (foldTable + slotCapacity * 64 + 4095) / 4096 * 4096;
        final int length = ring + ringCapacity + 768 + (0 == journalCapacity ? 0 : 64 + 16 * journalCapacity);
        file = directory.resolve(String.format("%016x.lane", nonce));
        final Path temporary = directory.resolve(String.format(".%016x.tmp", nonce));
        try (FileChannel channel = FileChannel.open(
            temporary,
            java.util.Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))))
        {
            channel.write(ByteBuffer.allocate(length));
            bytes = channel.map(FileChannel.MapMode.READ_WRITE, 0, length).order(ByteOrder.LITTLE_ENDIAN);
        }
        begin(pid, ticks, length, ownPidNamespace());
        journal = 0 == journalCapacity ? null : beginJournal(journalCapacity);
        Files.move(temporary, file);
    }

    /** In memory that is zero and has {@link #lengthOf} bytes. */
    public LaneFixture(final ByteBuffer memory, final long nonce, final int ringCapacity, final int pid)
    {
        this.nonce = nonce;
        this.ringCapacity = ringCapacity;
        slotCapacity = SLOTS;
        foldTable = 4096 + SLOTS * 160;
        ring = (foldTable + SLOTS * 64 + 4095) / 4096 * 4096;
        file = null;
        bytes = memory.order(ByteOrder.LITTLE_ENDIAN);
        begin(pid, 1, lengthOf(ringCapacity), 1);
        journal = null;
    }

    /** Length of a lane with a ring of that capacity. */
    public static int lengthOf(final int ringCapacity)
    {
        return (4096 + SLOTS * 224 + 4095) / 4096 * 4096 + ringCapacity + 768;
    }

    private void begin(final int pid, final long ticks, final int length, final long pidNamespace)
    {
        bytes.putLong(0, 0x454E414C504F4C46L).putInt(8, 1).putInt(12, 4096).putLong(16, nonce);
        bytes.putInt(24, pid).putInt(28, pid).putLong(32, ticks).putLong(40, System.nanoTime());
        bytes.putInt(48, slotCapacity).putInt(52, ringCapacity);
        bytes.putLong(56, 4096).putLong(64, foldTable).putLong(72, ring).putLong(80, length);
        bytes.putLong(88, pidNamespace);
        bytes.putInt(128, 1);
    }

    public static long ownPidNamespace() throws IOException
    {
        return ((Number)Files.getAttribute(Path.of("/proc/self/ns/pid"), "unix:ino")).longValue();
    }

    /** A lane of a process that is certainly not there: pids end before this one. */
    public static LaneFixture dead(final Path directory, final long nonce, final int ringCapacity) throws IOException
    {
        return new LaneFixture(directory, nonce, ringCapacity, Integer.MAX_VALUE - 1, 1);
    }

    /** With a table of so many slots: a power of two, {@link #SLOTS} or more. */
    static LaneFixture deadOfSlots(
        final Path directory, final long nonce, final int ringCapacity, final int slotCapacity) throws IOException
    {
        return new LaneFixture(directory, nonce, ringCapacity, Integer.MAX_VALUE - 1, 1, 0, slotCapacity);
    }

    /** The same, of version 2. */
    public static LaneFixture deadWithJournal(final Path directory, final long nonce, final int ringCapacity)
        throws IOException
    {
        return deadWithJournal(directory, nonce, ringCapacity, 2 * SLOTS);
    }

    /** With room for so many samples in its journal. */
    static LaneFixture deadWithJournal(
        final Path directory, final long nonce, final int ringCapacity, final int journalCapacity)
        throws IOException
    {
        return new LaneFixture(directory, nonce, ringCapacity, Integer.MAX_VALUE - 1, 1, journalCapacity, SLOTS);
    }

    private JournalFixture beginJournal(final int capacity)
    {
        final int at = ring + ringCapacity + 768;
        bytes.putInt(8, 2).putLong(96, at).putInt(104, capacity);
        return new JournalFixture(bytes, at, capacity, foldTable, (slot, flopCount) ->
        {
            truth.merge(slot, flopCount, BigInteger::add);
            samples++;
            folded++;
        });
    }

    /** Publish one slot more: fp64, EXACT_BY_SHAPE, blas. */
    public int slot(final String run)
    {
        final int slot = bytes.getInt(132);
        final int base = 4096 + slot * 160;
        bytes.putShort(base, (short)1).putShort(base + 2, (short)2).putShort(base + 4, (short)2);
        bytes.put(base + 8, (byte)run.length());
        for (int i = 0; i < run.length(); i++)
        {
            bytes.put(base + 16 + i, (byte)run.charAt(i));
        }
        bytes.putInt(132, slot + 1);
        runs.add(run);
        return slot;
    }

    /** Count, through the ring or folded, as the room allows. */
    public void add(final int slot, final long flopCount)
    {
        if (0 == claimed && !claim())
        {
            fold(slot, flopCount);
            return;
        }
        final int sample = at(position) + 32 + 16 * count;
        bytes.putInt(sample, slot).putInt(sample + 4, 7).putLong(sample + 8, flopCount);
        bytes.putInt(at(position) + 24, ++count);
        tally[0] = tally[0].add(unsigned(flopCount));
        tallySamples[0]++;
        truth.merge(slot, unsigned(flopCount), BigInteger::add);
        samples++;
        if (32 + 16 * (count + 1) > claimed)
        {
            closeBatch();
        }
    }

    public void closeBatch()
    {
        if (0 != claimed)
        {
            final int length = 32 + 16 * count;
            bytes.putLong(at(position + length), 0);
            publishTally();
            bytes.putLong(ring + ringCapacity + 128, position + length);
            bytes.putInt(at(position), length);
            position += length;
            claimed = 0;
            count = 0;
        }
    }

    /** What a producer does that dies between its tally and the close of the record. */
    public void publishTally()
    {
        writeDouble(192, sequence, tally[0], tallySamples[0]);
    }

    public void fold(final int slot, final long flopCount)
    {
        if (null != journal)
        {
            journal.add(slot, unsigned(flopCount));
            return;
        }
        foldCell(slot, flopCount);
        tally[1] = tally[1].add(unsigned(flopCount));
        tallySamples[1]++;
        writeDouble(256, ++foldVersion, tally[1], tallySamples[1]);
    }

    /** A fold without its tally: what a producer does that dies between the two. */
    public void foldCell(final int slot, final long flopCount)
    {
        final BigInteger sum = folds.merge(slot, unsigned(flopCount), BigInteger::add);
        final int cell = foldTable + slot * 64;
        writeDouble(cell, bytes.getLong(cell) + 1, sum, foldSamples.merge(slot, 1L, Long::sum));
        truth.merge(slot, unsigned(flopCount), BigInteger::add);
        samples++;
        folded++;
    }

    public void writeDouble(final int at, final long version, final BigInteger sum, final long count)
    {
        final int copy = at + (0 == (version & 1) ? 8 : 32);
        bytes.putLong(copy, sum.longValue()).putLong(copy + 8, sum.shiftRight(64).longValue());
        bytes.putLong(copy + 16, count);
        bytes.putLong(at, version);
    }

    /** Offset in the file of the ring's byte at this position. */
    public int at(final long ringPosition)
    {
        return ring + (int)(ringPosition & (ringCapacity - 1));
    }

    public long position()
    {
        return position;
    }

    public long head()
    {
        return bytes.getLong(ring + ringCapacity + 384);
    }

    public BigInteger total()
    {
        return truth.values().stream().reduce(BigInteger.ZERO, BigInteger::add);
    }

    @Override
    public void close()
    {
        closeBatch();
    }

    /** Nothing of it may be used from then on. A process has 65 530 maps, and the collector is in no hurry. */
    public void unmap()
    {
        IoUtil.unmap((MappedByteBuffer)bytes);
    }

    private boolean claim()
    {
        int toEnd = ringCapacity - (int)(position & (ringCapacity - 1));
        if (toEnd < 48)
        {
            if (position + toEnd + 8 - head() > ringCapacity)
            {
                return false;
            }
            bytes.putLong(at(position + toEnd), 0);
            bytes.putInt(at(position) + 4, -1);
            bytes.putLong(ring + ringCapacity + 128, position + toEnd);
            bytes.putInt(at(position), toEnd);
            position += toEnd;
            toEnd = ringCapacity;
        }
        final int room = Math.min(2048, toEnd);
        if (position + room + 8 - head() > ringCapacity)
        {
            return false;
        }
        final int record = at(position);
        bytes.putInt(record + 4, 1).putLong(record + 8, ++sequence).putLong(record + 16, 1).putInt(record + 24, 0);
        bytes.putLong(ring + ringCapacity + 128, position + room);
        bytes.putInt(record, -room);
        claimed = room;
        return true;
    }

    private static BigInteger unsigned(final long value)
    {
        return new BigInteger(Long.toUnsignedString(value));
    }
}
