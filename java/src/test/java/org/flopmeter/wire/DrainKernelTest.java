/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.LongConsumer;

import org.agrona.UnsafeApi;
import org.flopmeter.sampler.DrainKernels;
import org.flopmeter.sampler.NativeLaneMapper;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.AssertionFailedError;

/** The two drain kernels do the same, byte by byte, on good lanes and on bad ones. */
final class DrainKernelTest
{
    private static final long SEED = 20_261_124;
    private static final int LANES = Suite.rounds(40, 400);
    private static final int VARIANTS = Suite.rounds(500, 5000);
    /** Slots of tables in which each sample marks its block, and how many lanes with them. */
    private static final int[] SLOTS_MARKED = { 2048, 4096 };
    private static final int LANES_MARKED = Suite.rounds(8, 40);
    private static final int VARIANTS_MARKED = Suite.rounds(250, 2000);
    private static final int CALLS_MAX = 64;
    private static final int RING = 4096;
    private static final int SETTLE_LENGTH = 1 << 20;

    @TempDir
    private Path directory;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Set<Integer> codes = new TreeSet<>();

    /** What one kernel works on. */
    private static final class Side
    {
        final DrainKernel kernel;
        final DeltaTable deltas = new DeltaTable();
        final DrainCursor cursor;

        Side(final DrainKernel kernel, final MappedLane lane, final LaneHeader header)
        {
            this.kernel = kernel;
            deltas.ensureCapacity(header.slotCapacity());
            cursor = new DrainCursor(lane, header);
        }

        int drain(final int slotCount, final long sequenceStop, final long limit)
        {
            cursor.table(deltas, slotCount);
            cursor.set(DrainDescriptor.SEQUENCE_STOP_OFFSET, sequenceStop);
            return kernel.drain(cursor.address(), limit);
        }

        long[] state()
        {
            final int cursorFirst = DrainDescriptor.SLOT_COUNT_OFFSET / 8;
            final int cursorLength = DrainDescriptor.MAP_ADDRESS_OFFSET / 8 - cursorFirst;
            final int tableLength = 2 * deltas.capacity();
            final int blocks = deltas.capacity() / DeltaTable.BLOCK_SLOTS;
            final long[] words = new long[cursorLength + tableLength + blocks];
            for (int i = 0; i < cursorLength; i++)
            {
                words[i] = cursor.get(8 * (cursorFirst + i));
            }
            for (int i = 0; i < tableLength; i++)
            {
                words[cursorLength + i] = UnsafeApi.getLong(deltas.address() + 8L * i);
            }
            for (int i = 0; i < blocks; i++)
            {
                words[cursorLength + tableLength + i] = UnsafeApi.getByte(deltas.blockAddress() + i);
            }
            return words;
        }

        /** What is not marked is not committed. */
        void checkMarks(final String where)
        {
            for (int block = 0; block < deltas.capacity() / DeltaTable.BLOCK_SLOTS; block++)
            {
                assertTrue(0 == deltas.touched(block) || deltas.isTouched(block), where + " block=" + block);
            }
        }
    }

    @Test
    void shouldLeaveTheSameBytesOnGoodAndBadLanes() throws Exception
    {
        compareAll(DrainKernels.of("native"), LaneFixture.SLOTS, LANES, VARIANTS);

        assertTrue(codes.containsAll(Set.of(
            DrainDescriptor.EMPTY, DrainDescriptor.LIMIT, DrainDescriptor.SLOT, DrainDescriptor.STOP,
            DrainDescriptor.PADDING, DrainDescriptor.RECORD_LENGTH, DrainDescriptor.OUTSTANDING, DrainDescriptor.TYPE,
            DrainDescriptor.SEQUENCE, DrainDescriptor.COUNT_CLOSED, DrainDescriptor.COUNT_OPEN,
            DrainDescriptor.OVERFLOW)), () -> "codes seen: " + codes);
    }

    /** Slot counts on both sides of 1024, from call to call in one table. */
    @Test
    void shouldMarkTheSameBlocksOfLargeTables() throws Exception
    {
        for (final int slots : SLOTS_MARKED)
        {
            compareAll(DrainKernels.of("native"), slots, LANES_MARKED, VARIANTS_MARKED);
        }
        assertTrue(codes.containsAll(Set.of(
            DrainDescriptor.EMPTY, DrainDescriptor.LIMIT, DrainDescriptor.SLOT, DrainDescriptor.STOP)),
            () -> "codes seen: " + codes);
    }

    /** The planted mistake: of the blocks that samples mark, the last one is not. */
    @Test
    void shouldNoticeAKernelThatForgetsAMark()
    {
        final DrainKernel forgetful = new ForgetfulKernel((cursorAddress) ->
        {
            final long blocks = UnsafeApi.getLong(cursorAddress + DrainDescriptor.BLOCK_ADDRESS_OFFSET);
            for (int block = SLOTS_MARKED[0] / DeltaTable.BLOCK_SLOTS - 1; block > 0; block--)
            {
                if (0 != UnsafeApi.getByte(blocks + block))
                {
                    UnsafeApi.putByte(blocks + block, (byte)0);
                    return;
                }
            }
        });

        assertThrows(AssertionFailedError.class, () -> compareAll(forgetful, SLOTS_MARKED[0], LANES_MARKED, 50));
    }

    @Test
    void shouldNoticeAKernelThatForgetsACarry()
    {
        final DrainKernel forgetful = new ForgetfulKernel((cursorAddress) ->
        {
            final long table = UnsafeApi.getLong(cursorAddress + DrainDescriptor.TABLE_ADDRESS_OFFSET);
            for (int slot = 0; slot < LaneFixture.SLOTS; slot++)
            {
                final long word = table + slot * DrainDescriptor.DELTA_LENGTH + DrainDescriptor.DELTA_WORD_OFFSET;
                final long carries = DeltaTable.carries(UnsafeApi.getLong(word));
                UnsafeApi.putLong(word, UnsafeApi.getLong(word) - (carries > 0 ? 1 : 0));
            }
        });

        assertThrows(AssertionFailedError.class, () -> compareAll(forgetful, LaneFixture.SLOTS, LANES, 50));
    }

    /** SIGBUS in the middle of the C code; and the JVM still gets those that are its own. */
    @Test
    void shouldReturnFromPagesThatAreGone() throws Exception
    {
        for (int round = 1; round <= 200; round++)
        {
            final LaneFixture lane = LaneFixture.dead(directory, round, 65536);
            final int slot = lane.slot("r");
            for (int i = 0; i < 3000; i++)
            {
                lane.add(slot, i);
            }
            lane.closeBatch();
            try (MappedLane map = new NativeLaneMapper().map(directory, lane.file.getFileName().toString(), 0))
            {
                final Side side = new Side(DrainKernels.of("native"), map, new LaneHeader(map, round));
                final int pagesLeft = random.nextInt(10);
                try (FileChannel file = FileChannel.open(lane.file, StandardOpenOption.WRITE))
                {
                    file.truncate(lane.ring + 4096L * pagesLeft);
                }

                assertEquals(DrainDescriptor.TRUNCATED, side.drain(LaneFixture.SLOTS, 0, 65536), "round=" + round);
                assertTrue(side.cursor.get(DrainDescriptor.POSITION_OFFSET) <= 4096L * pagesLeft);
                assertThrows(InternalError.class, () -> readAndSettle(map.address() + map.length() - 64));
            }
            Files.delete(lane.file);
        }
    }

    /** JDK 17 tells of the fault when the thread next passes through its runtime. */
    private static void readAndSettle(final long address)
    {
        UnsafeApi.getLong(address);
        for (int i = 0; i < 1000; i++)
        {
            if (SETTLE_LENGTH != new byte[SETTLE_LENGTH].length)
            {
                throw new IllegalStateException();
            }
        }
    }

    @Test
    void shouldRefuseAKernelThatDoesNotExist()
    {
        assertThrows(IllegalArgumentException.class, () -> DrainKernels.of("fortran"));
        assertEquals("java", DrainKernels.of("java").name());
        assertEquals("native", DrainKernels.of("").name(), "built here, so it is the default");
    }

    /** The kernel in Java, and then what takes something of it back. */
    private record ForgetfulKernel(LongConsumer forget) implements DrainKernel
    {
        @Override
        public int drain(final long cursorAddress, final long lengthLimit)
        {
            final int code = JavaDrainKernel.INSTANCE.drain(cursorAddress, lengthLimit);
            forget.accept(cursorAddress);
            return code;
        }

        @Override
        public int lengthLimitMax()
        {
            return JavaDrainKernel.LENGTH_LIMIT_MAX;
        }

        @Override
        public String name()
        {
            return "canary";
        }
    }

    private void compareAll(final DrainKernel kernel, final int slots, final int lanes, final int variants)
        throws Exception
    {
        for (int i = 0; i < lanes; i++)
        {
            final byte[] good = lane(1 + i, slots);
            final MemoryLane memory = new MemoryLane(good.length);
            memory.bytes.put(0, good);
            final LaneHeader header = new LaneHeader(memory, 1 + i);
            final int ring = (int)header.ringOffset();
            for (int variant = 0; variant < variants; variant++)
            {
                memory.bytes.put(ring, good, ring, RING);
                if (0 != variant % 4)
                {
                    damage(memory, header);
                }
                compare(kernel, memory, header,
                    "seed=" + SEED + " slots=" + slots + " lane=" + i + " variant=" + variant);
            }
        }
    }

    private void compare(
        final DrainKernel kernel, final MemoryLane memory, final LaneHeader header, final String where)
    {
        final Side one = new Side(JavaDrainKernel.INSTANCE, memory, header);
        final Side other = new Side(kernel, memory, header);
        if (0 == random.nextInt(8))
        {
            // Nearly full: the next carry out of 128 bits is a violation.
            one.cursor.set(DrainDescriptor.RUNNING_OFFSET + 8, -1);
            other.cursor.set(DrainDescriptor.RUNNING_OFFSET + 8, -1);
        }
        if (0 == random.nextInt(16))
        {
            // As if the producer had been given little back: then it can't be so far ahead.
            final long head = -random.nextInt(RING);
            one.cursor.set(DrainDescriptor.HEAD_PUBLISHED_OFFSET, head);
            other.cursor.set(DrainDescriptor.HEAD_PUBLISHED_OFFSET, head);
        }
        final int slots = header.slotCapacity();
        int code = DrainDescriptor.LIMIT;
        for (int call = 0; call < CALLS_MAX && code > DrainDescriptor.EMPTY; call++)
        {
            final int slotCount = 0 == random.nextInt(4) ? random.nextInt(slots) : slots;
            final long sequenceStop = random.nextInt(12);
            final long limit = 1 + random.nextInt(2 * RING);
            code = one.drain(slotCount, sequenceStop, limit);
            assertEquals(code, other.drain(slotCount, sequenceStop, limit), where);
            assertArrayEquals(one.state(), other.state(), where);
            codes.add(code);
        }
        // A lane whose sum overflows is given up, and with it what was added since the last commit.
        if (DrainDescriptor.OVERFLOW != code)
        {
            one.checkMarks(where);
            other.checkMarks(where);
        }
    }

    /** Some records, the last one open or not, after some laps. */
    private byte[] lane(final long nonce, final int slots) throws IOException
    {
        final LaneFixture lane = LaneFixture.deadOfSlots(directory, nonce, RING, slots);
        for (int slot = 0; slot < slots; slot++)
        {
            lane.slot("r" + slot);
        }
        for (int batch = random.nextInt(1, 9); batch > 0; batch--)
        {
            for (int i = random.nextInt(100); i > 0; i--)
            {
                lane.add(random.nextInt(slots), random.nextLong() >>> random.nextInt(64));
            }
            if (batch > 1 || random.nextBoolean())
            {
                lane.closeBatch();
            }
        }
        final byte[] bytes = new byte[lane.bytes.capacity()];
        lane.bytes.get(0, bytes);
        Files.delete(lane.file);
        return bytes;
    }

    /** Mostly in the headers of records: elsewhere hardly anything can go wrong. */
    private void damage(final MemoryLane memory, final LaneHeader header)
    {
        int record = (int)header.ringOffset();
        for (int i = random.nextInt(6); i > 0; i--)
        {
            final int length = Math.abs(memory.bytes.getInt(record));
            final int next = record + length;
            record = length > 0 && next < header.ringOffset() + RING - 32 ? next : record;
        }
        switch (random.nextInt(6))
        {
            case 0 -> memory.bytes.putInt(record, random.nextInt(-2100, 2100) & -16);
            case 1 -> memory.bytes.putInt(record + 4, random.nextBoolean() ? -1 : random.nextInt());
            case 2 -> memory.bytes.putInt(record + 24, random.nextInt(140));
            case 3 -> memory.bytes.putInt(record + 32, random.nextInt(header.slotCapacity() + 8));
            case 4 -> memory.bytes.putInt(record + 8, random.nextInt(9));
            default -> memory.bytes.putInt(
                (int)header.ringOffset() + 4 * random.nextInt(RING / 4), edge());
        }
    }

    private int edge()
    {
        final int[] edges = { 0, 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, -2048, 2048, 32, 48, 4096 };
        return edges[random.nextInt(edges.length)];
    }
}
