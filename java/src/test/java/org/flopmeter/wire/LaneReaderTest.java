/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LaneReaderTest
{
    private static final int CORRUPTIONS = Suite.rounds(20_000, 1_000_000);
    private static final long SEED = 770_031;

    @TempDir
    private Path directory;

    @Test
    void shouldBeReadAlikeByAgrona() throws Exception
    {
        final LaneFixture lane = LaneFixture.dead(directory, 1, 16384);
        final OneToOneRingBuffer agrona =
            new OneToOneRingBuffer(new UnsafeBuffer(lane.bytes, lane.ring, lane.ringCapacity + 768));
        final BigInteger[] sum = { BigInteger.ZERO };
        final long[] next = { 1 };
        lane.slot("r");
        final SplittableRandom random = new SplittableRandom(SEED);
        while (lane.position() < 100L * lane.ringCapacity)
        {
            for (int i = random.nextInt(150); i >= 0; i--)
            {
                lane.add(0, random.nextLong());
            }
            lane.closeBatch();
            while (0 < agrona.read((type, buffer, index, length) ->
            {
                assertEquals(1, type);
                assertEquals(next[0]++, buffer.getLong(index));
                final int count = buffer.getInt(index + 16);
                assertEquals(24 + 16 * count, length);
                for (int i = 0; i < count; i++)
                {
                    final long flopCount = buffer.getLong(index + 24 + 16 * i + 8);
                    sum[0] = sum[0].add(FlopCount.of(flopCount).toBigInteger());
                }
            }))
            {
                Thread.onSpinWait();
            }
        }

        assertEquals(0, lane.folded, "a ring that is read at once is never full");
        assertEquals(lane.total(), sum[0]);
    }

    @Test
    void shouldReadWhatAgronaWrites() throws Exception
    {
        final LaneFixture lane = LaneFixture.dead(directory, 1, 4096);
        final int slot = lane.slot("r");
        final OneToOneRingBuffer agrona =
            new OneToOneRingBuffer(new UnsafeBuffer(lane.bytes, lane.ring, lane.ringCapacity + 768));
        final MappedLane map = new ChannelLaneMapper().map(directory, lane.file.getFileName().toString(), 0);
        final LaneReader reader = new LaneReader(map, new LaneHeader(map, 1));
        final SplittableRandom random = new SplittableRandom(SEED);
        BigInteger sum = BigInteger.ZERO;
        long samples = 0;
        for (long sequence = 1; sequence <= 5000; sequence++)
        {
            // Agrona allows messages of an eighth of the ring.
            final int count = random.nextInt((4096 / 8 - 24) / 16 + 1);
            final int index = agrona.tryClaim(1, 24 + 16 * count);
            assertTrue(index > 0, "seed=" + SEED + " sequence=" + sequence);
            agrona.buffer().putLong(index, sequence);
            agrona.buffer().putInt(index + 16, count);
            for (int i = 0; i < count; i++)
            {
                final long flopCount = random.nextLong();
                agrona.buffer().putInt(index + 24 + 16 * i, slot);
                agrona.buffer().putLong(index + 24 + 16 * i + 8, flopCount);
                sum = sum.add(FlopCount.of(flopCount).toBigInteger());
            }
            samples += count;
            lane.writeDouble(192, sequence, sum, samples);
            agrona.commit(index);
            if (0 == random.nextInt(4))
            {
                reader.drain(LaneReader.CHUNK_LENGTH);
                reader.publishHead();
            }
            while (lane.ringCapacity - agrona.size() < 1200)
            {
                reader.drain(LaneReader.CHUNK_LENGTH);
                reader.publishHead();
            }
        }
        reader.drain(LaneReader.CHUNK_LENGTH);
        reader.drain(LaneReader.CHUNK_LENGTH);
        reader.checkEnd();

        assertEquals(sum, FlopCount.of(reader.sums().ringHigh(slot), reader.sums().ringLow(slot)).toBigInteger());
        assertEquals(samples, reader.running().samples());
    }

    @Test
    void shouldNoticeAZeroingReadersRing() throws Exception
    {
        // The trap of style.md 3.3: a writer that does not zero the next header makes old records look new.
        final LaneFixture lane = LaneFixture.dead(directory, 1, 4096);
        final int slot = lane.slot("r");
        final MappedLane map = new ChannelLaneMapper().map(directory, lane.file.getFileName().toString(), 0);
        final LaneReader reader = new LaneReader(map, new LaneHeader(map, 1));
        for (int batch = 0; batch < 100; batch++)
        {
            lane.add(slot, 1);
            lane.closeBatch();
            reader.drain(LaneReader.CHUNK_LENGTH);
            reader.publishHead();
        }
        // What lies behind the last record is a record of the lap before; make it visible again.
        final int stale = lane.at(lane.position());
        lane.bytes.putInt(stale, 48).putInt(stale + 4, 1);

        assertEquals(
            LaneViolation.Kind.SEQUENCE,
            assertThrows(LaneViolation.class, () -> reader.drain(LaneReader.CHUNK_LENGTH)).kind());
    }

    @Test
    void shouldSurviveTwentyThousandCorruptions() throws Exception
    {
        final byte[] good = goodLane();
        final MemoryLane memory = new MemoryLane(good.length);
        final SplittableRandom random = new SplittableRandom(SEED);
        final List<LaneViolation.Kind> kinds = new ArrayList<>();
        int unnoticed = 0;
        for (int i = 0; i < CORRUPTIONS; i++)
        {
            memory.bytes.put(0, good);
            for (int bytes = random.nextInt(4); bytes >= 0; bytes--)
            {
                memory.bytes.put(corruptionOffset(random, good.length), corruption(random));
            }
            try
            {
                final LaneReader reader = new LaneReader(memory, new LaneHeader(memory, 1));
                final FoldReader folds = new FoldReader(memory, reader);
                readAll(reader, folds);
                checkSums(reader, folds, "seed=" + SEED + " i=" + i);
                unnoticed++;
            }
            catch (final LaneViolation violation)
            {
                kinds.add(violation.kind());
            }
        }

        assertTrue(kinds.containsAll(List.of(
            LaneViolation.Kind.HEADER, LaneViolation.Kind.LENGTH, LaneViolation.Kind.TYPE, LaneViolation.Kind.SEQUENCE,
            LaneViolation.Kind.COUNT, LaneViolation.Kind.SLOT, LaneViolation.Kind.FOLD, LaneViolation.Kind.TALLY)),
            () -> "kinds seen: " + new java.util.TreeSet<>(kinds));
        assertTrue(unnoticed > 0, "bytes that mean nothing may change");
    }

    private static void readAll(final LaneReader reader, final FoldReader folds) throws LaneViolation
    {
        for (int turn = 0; turn < 100 && reader.hasWork(); turn++)
        {
            reader.drain(LaneReader.CHUNK_LENGTH);
            reader.publishHead();
        }
        folds.scan();
        reader.checkEnd();
    }

    private static void checkSums(final LaneReader reader, final FoldReader folds, final String where)
    {
        FlopCount ring = FlopCount.ZERO;
        FlopCount fold = FlopCount.ZERO;
        for (int slot = 0; slot < reader.slots().count(); slot++)
        {
            final SlotSums sums = reader.sums();
            ring = ring.add(FlopCount.of(sums.ringHigh(slot), sums.ringLow(slot)));
            fold = fold.add(FlopCount.of(sums.foldHigh(slot), sums.foldLow(slot)));
        }
        assertEquals(FlopCount.of(reader.running().high(), reader.running().low()), ring, where);
        assertEquals(FlopCount.of(folds.total().high(), folds.total().low()), fold, where);
    }

    private byte[] goodLane() throws IOException
    {
        final LaneFixture lane = LaneFixture.dead(directory, 1, 4096);
        for (int i = 0; i < 10; i++)
        {
            lane.slot("run" + i);
            for (int j = 0; j < 40; j++)
            {
                lane.add(i, -1L);
            }
        }
        assertTrue(lane.folded > 0);
        final byte[] bytes = new byte[lane.bytes.capacity()];
        lane.bytes.get(0, bytes);
        return bytes;
    }

    /** Mostly where something is. */
    private static int corruptionOffset(final SplittableRandom random, final int length)
    {
        final int ring = 4096 + 64 * 160 + 64 * 64 + 2048;
        return switch (random.nextInt(6))
        {
            case 0 -> random.nextInt(140);
            case 1 -> 192 + random.nextInt(128);
            case 2 -> 4096 + random.nextInt(10 * 160);
            case 3 -> 4096 + 64 * 160 + random.nextInt(10 * 64);
            case 4 -> (ring + 4095) / 4096 * 4096 + 2048 * random.nextInt(2) + random.nextInt(64);
            default -> random.nextInt(length);
        };
    }

    private static byte corruption(final SplittableRandom random)
    {
        final byte[] edges = { 0, 1, -1, 127, -128 };
        return random.nextBoolean() ? edges[random.nextInt(edges.length)] : (byte)random.nextInt();
    }
}
