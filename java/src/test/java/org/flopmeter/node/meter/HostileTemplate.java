/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.flopmeter.wire.LaneFixture;

/** A good lane as bytes, at two instants: to be copied under new names and then spoiled. Its producer is dead. */
final class HostileTemplate
{
    static final int SLOTS = 3;

    private static final int RING_CAPACITY = 8192;
    private static final int SLOT_LENGTH = 160;
    private static final int RUN_OFFSET = 4096 + 16;
    private static final int BATCHES = 6;
    private static final long[] VALUES =
        { 0, 1, -1, 2, 7, 31, 32, 47, 48, 64, 126, 127, 2048, 4096, 65536, 1L << 31, 1L << 32, 1L << 62, 1L << 63 };

    final BigInteger truth;
    final int ring;
    final int foldTable;
    final int length;
    /** Where the journal is; 0 in a lane that has none. */
    private final int journal;
    private final ByteBuffer earlier;
    private final ByteBuffer later;
    private final List<Integer> recordsEarlier = new ArrayList<>();
    private final List<Integer> recordsLater = new ArrayList<>();

    /**
     * One change of a lane's bytes.
     *
     * @param isCertain no reader may pass over it: it must be seen when the record is reached.
     * @param isOfKeys  FLOP may be attributed to another key.
     * @param isAlone   of the header: a meter that is told of another process may judge it by other rules.
     */
    record Change(int offset, int width, long value, boolean isCertain, boolean isOfKeys, boolean isAlone)
    {
        void apply(final ByteBuffer bytes)
        {
            switch (width)
            {
                case 1 -> bytes.put(offset, (byte)value);
                case 2 -> bytes.putShort(offset, (short)value);
                case 4 -> bytes.putInt(offset, (int)value);
                default -> bytes.putLong(offset, value);
            }
        }
    }

    HostileTemplate(final SplittableRandom random) throws IOException
    {
        final Path place = Files.createTempDirectory("flopmeter-template-");
        try (LaneFixture lane = random.nextBoolean() ? LaneFixture.dead(place, 1, RING_CAPACITY) :
            LaneFixture.deadWithJournal(place, 1, RING_CAPACITY))
        {
            length = lane.bytes.capacity();
            journal = null == lane.journal ? 0 : lane.journal.offset();
            ring = lane.ring;
            foldTable = lane.foldTable;
            for (int slot = 0; slot < SLOTS; slot++)
            {
                lane.slot(runOf(1));
            }
            fill(lane, random, recordsEarlier);
            earlier = copy(lane.bytes);
            fill(lane, random, recordsLater);
            later = copy(lane.bytes);
            truth = lane.total();
            Files.delete(lane.file);
        }
        Files.delete(place);
    }

    /** Records of 1 to 30 samples, and folds between them. */
    private void fill(final LaneFixture lane, final SplittableRandom random, final List<Integer> records)
    {
        for (int batch = 0; batch < BATCHES; batch++)
        {
            records.add(lane.at(lane.position()));
            for (int i = random.nextInt(1, 31); i > 0; i--)
            {
                lane.add(random.nextInt(SLOTS), random.nextLong() >>> random.nextInt(64));
            }
            lane.closeBatch();
            if (random.nextBoolean())
            {
                lane.fold(random.nextInt(SLOTS), random.nextLong() >>> random.nextInt(64));
            }
            if (null != lane.journal && 0 == random.nextInt(3))
            {
                lane.journal.fold();
            }
        }
    }

    private static ByteBuffer copy(final ByteBuffer bytes)
    {
        final ByteBuffer copy = ByteBuffer.allocate(bytes.capacity()).order(ByteOrder.LITTLE_ENDIAN);
        copy.put(0, bytes, 0, bytes.capacity());
        return copy;
    }

    /** No change of a few characters makes the name of another lane of it. */
    static String runOf(final long nonce)
    {
        return String.format("h%016x%016x", nonce, new SplittableRandom(nonce).nextLong());
    }

    /** As it was in the middle of its life, or at its end. */
    ByteBuffer bytes(final long nonce, final boolean isAtEnd)
    {
        final ByteBuffer bytes = copy(isAtEnd ? later : earlier);
        bytes.putLong(16, nonce);
        for (int slot = 0; slot < SLOTS; slot++)
        {
            for (int i = 0; i < runOf(nonce).length(); i++)
            {
                bytes.put(RUN_OFFSET + slot * SLOT_LENGTH + i, (byte)runOf(nonce).charAt(i));
            }
        }
        return bytes;
    }

    /**
     * Cells and tally of what was folded. Two changes can look like a producer that was killed between the two: then
     * the last folded sample has no witness (0001 section 3), whatever its FLOP.
     */
    boolean isOfFolds(final int offset)
    {
        return offset > 256 - Long.BYTES && offset < 320 ||
            offset > foldTable - Long.BYTES && offset < foldTable + LaneFixture.SLOTS * 64;
    }

    /** Some change; of records, one that is not read before `later` is there when `isLaterOnly`. */
    Change change(final SplittableRandom random, final ByteBuffer bytes, final boolean isLaterOnly)
    {
        final List<Integer> records = isLaterOnly || random.nextBoolean() ? recordsLater : recordsEarlier;
        final int record = records.get(random.nextInt(records.size()));
        if (0 != journal && 0 == random.nextInt(8))
        {
            // What is in it has no witness until it is in the tally, as an open record.
            return any(random, bytes, random.nextBoolean() ? journal + 56 : journal + 4 * random.nextInt(80), 4,
                true, false);
        }
        return switch (random.nextInt(10))
        {
            case 0 -> any(random, bytes, 8 * random.nextInt(12), 12 * 8, false, true);
            case 1 -> any(random, bytes, 128 + 4 * random.nextInt(2), 8, false, true);
            case 2 -> any(random, bytes, 192 + 8 * random.nextInt(16), 16 * 8, false, false);
            case 3 -> any(random, bytes, 4096 + random.nextInt(SLOTS * SLOT_LENGTH), 1, true, false);
            case 4 -> any(random, bytes, foldTable + 8 * random.nextInt(8 * SLOTS), 8, false, false);
            case 5 -> any(random, bytes, ring + RING_CAPACITY + random.nextInt(768 - 8), 8, false, false);
            case 6 -> any(random, bytes, random.nextInt(length - 8), 8, true, true);
            case 7 -> any(random, bytes, record + 4 * random.nextInt(8), 4, false, false);
            default -> certain(random, bytes, record);
        };
    }

    private static Change certain(final SplittableRandom random, final ByteBuffer bytes, final int record)
    {
        final int count = bytes.getInt(record + 24);
        return switch (random.nextInt(4))
        {
            case 0 -> new Change(record + 4, 4, 2 + random.nextInt(Integer.MAX_VALUE - 2), true, false, false);
            case 1 -> new Change(record + 8, 8, bytes.getLong(record + 8) ^ nonZero(random), true, false, false);
            case 2 -> new Change(record + 24, 4, count ^ (1 + random.nextInt(Integer.MAX_VALUE)), true, false, false);
            default -> new Change(record + 32 + 16 * random.nextInt(count), 4,
                random.nextBoolean() ? SLOTS : SLOTS + random.nextInt(Integer.MAX_VALUE - SLOTS), true, false, false);
        };
    }

    private static long nonZero(final SplittableRandom random)
    {
        return random.nextBoolean() ? 1 : random.nextLong() | 1;
    }

    private static Change any(final SplittableRandom random, final ByteBuffer bytes, final int offset, final int align,
        final boolean isOfKeys, final boolean isAlone)
    {
        final int width = 1 == align ? 1 : 1 << random.nextInt(4);
        final int at = Math.min(offset, bytes.capacity() - 8);
        final long before = bytes.getLong(at);
        final long value = switch (random.nextInt(4))
        {
            case 0 -> before ^ 1L << random.nextInt(8 * width);
            case 1 -> VALUES[random.nextInt(VALUES.length)];
            case 2 -> before + random.nextInt(-2, 3);
            default -> random.nextLong();
        };
        return new Change(at, width, value, false, isOfKeys, isAlone);
    }
}
