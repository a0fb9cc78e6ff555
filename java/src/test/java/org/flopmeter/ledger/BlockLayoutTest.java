/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.flopmeter.ledger.LedgerEntry.ParameterChanged;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.unit.FlopCount;
import org.junit.jupiter.api.Test;

/** Checksums are written in one way and checked in another: they must be the same for every length of a frame. */
class BlockLayoutTest
{
    private static LedgerEntry entryOf(final int length)
    {
        final int quarter = length / 4;
        return new ParameterChanged(7, "n".repeat(quarter), "b".repeat(quarter), "a".repeat(quarter),
            "w".repeat(length - 3 * quarter));
    }

    private static int decode(final ByteBuffer block, final List<LedgerEntry> entries)
    {
        return BlockLayout.decode(block, 0, (entry, sequence) -> entries.add(entry));
    }

    @Test
    void shouldReadFramesOfEveryLength()
    {
        for (int length = 0; length < 65_000; length += length < 2_000 ? 1 : 997)
        {
            final LedgerEntry entry = entryOf(length);
            final List<LedgerEntry> entries = new ArrayList<>();
            assertEquals(-1, decode(BlockLayout.block(0, 1, 2, List.of(entry)), entries), "length " + length);
            assertEquals(List.of(entry), entries);
        }
    }

    @Test
    void shouldRefuseEveryBitOfAFrame()
    {
        for (final int length : new int[]{ 0, 3, 100, 1_000 })
        {
            final ByteBuffer block = BlockLayout.block(0, 1, 2, List.of(entryOf(length)));
            final int end = block.limit() - BlockLayout.BLOCK_TRAILER_LENGTH;
            for (int bit = 8 * BlockLayout.firstFrame(0); bit < 8 * end; bit++)
            {
                final int at = bit >> 3;
                final byte before = block.get(at);
                block.put(at, (byte)(before ^ 1 << (bit & 7)));
                assertNotEquals(-1, decode(block, new ArrayList<>()), "bit " + bit);
                block.put(at, before);
            }
        }
    }

    @Test
    void shouldLeaveAUsageWhereItLies()
    {
        final Usage usage = new Usage(-1, 2, 3, 4, -5, FlopCount.of(-7, 6));
        final ByteBuffer block = BlockLayout.block(0, 1, 2, List.of(entryOf(9), usage, entryOf(5)));
        final List<LedgerEntry> entries = new ArrayList<>();

        assertEquals(-1, BlockLayout.decodeAllButUsage(block, 0, (entry, sequence) -> entries.add(entry)));

        assertEquals(entryOf(9), entries.get(0));
        assertNull(entries.get(1));
        assertEquals(entryOf(5), entries.get(2));
        final int frame = BlockLayout.nextFrame(block, BlockLayout.firstFrame(0));
        assertEquals(usage, EntryCodec.usage(block, frame + BlockLayout.FRAME_HEADER_LENGTH));
    }

    @Test
    void shouldTellItsFieldsAndWhereFramesLie()
    {
        final ByteBuffer block = BlockLayout.block(11, 22, 33, List.of(entryOf(9), entryOf(5)));
        assertTrue(BlockLayout.isHeader(block, 0));
        assertEquals(11, BlockLayout.blockIndex(block, 0));
        assertEquals(22, BlockLayout.firstSequence(block, 0));
        assertEquals(33, BlockLayout.sealedNs(block, 0));
        assertEquals(2, BlockLayout.frameCount(block, 0));
        assertEquals(block.limit(), BlockLayout.blockLength(block, 0));
        assertEquals(block.limit(), BlockLayout.trailerLength(block, block.limit() - 8));
        assertEquals(0, BlockLayout.trailerLength(block, block.limit() - 16));
        final List<Long> sequences = new ArrayList<>();
        BlockLayout.decode(block, 0, (entry, sequence) -> sequences.add(sequence));
        assertEquals(List.of(22L, 23L), sequences);
        final int second = BlockLayout.nextFrame(block, BlockLayout.firstFrame(0));
        assertEquals(23, block.getLong(second + 8));
        assertEquals(EntryCodec.PARAMETER, block.getShort(second + 16));
        assertEquals(block.limit() - 8, BlockLayout.nextFrame(block, second));
    }

    /** As the code under test makes it, so that nothing but the field is wrong. */
    private static void checkHeader(final ByteBuffer block)
    {
        final CRC32C crc = new CRC32C();
        crc.update(block.array(), 0, 44);
        block.putInt(44, (int)crc.getValue());
    }

    @Test
    void shouldTakeAHeaderOnlyWithinItsLimits()
    {
        for (final int[] field : new int[][]{ { 0, 0x4B424C47 }, { 4, 72 }, { 4, 84 }, { 4, (4 << 20) + 8 }, { 4, -8 },
            { 32, 0 }, { 32, -1 }, { 36, 1 }, { 40, 1 } })
        {
            final ByteBuffer block = BlockLayout.block(0, 1, 2, List.of(entryOf(9)));
            block.putInt(field[0], field[1]);
            checkHeader(block);
            assertFalse(BlockLayout.isHeader(block, 0), field[0] + " = " + field[1]);
        }
        for (final int length : new int[]{ 80, 4 << 20 })
        {
            final ByteBuffer block = BlockLayout.block(0, 1, 2, List.of(entryOf(9)));
            block.putInt(4, length);
            assertFalse(BlockLayout.isHeader(block, 0), "its checksum is of another length");
            checkHeader(block);
            assertTrue(BlockLayout.isHeader(block, 0), "length " + length);
        }
    }

    /** A checksum that holds says only that whoever wrote it meant it. */
    @Test
    void shouldRefuseAFrameWhoseFieldsDoNotFitThoughItsChecksumDoes()
    {
        final int frame = BlockLayout.firstFrame(0);
        final ByteBuffer whole = BlockLayout.block(0, 1, 2, List.of(entryOf(9), entryOf(40)));
        final int length = whole.getInt(frame);
        final int body = whole.getInt(frame + 20);
        for (final int wrong : new int[]{ body - 8, body + 8, -1, length })
        {
            final ByteBuffer block = BlockLayout.block(0, 1, 2, List.of(entryOf(9), entryOf(40)));
            block.putInt(frame + 20, wrong);
            Blocks.checkFrame(block, frame, length);
            assertEquals(frame, decode(block, new ArrayList<>()), "a body of " + wrong);
        }
        final ByteBuffer reserved = BlockLayout.block(0, 1, 2, List.of(entryOf(9), entryOf(40)));
        reserved.putShort(frame + 18, (short)1);
        Blocks.checkFrame(reserved, frame, length);
        assertEquals(frame, decode(reserved, new ArrayList<>()));
        final ByteBuffer sequence = BlockLayout.block(0, 1, 2, List.of(entryOf(9), entryOf(40)));
        sequence.putLong(frame + 8, 2);
        Blocks.checkFrame(sequence, frame, length);
        assertEquals(frame, decode(sequence, new ArrayList<>()));
    }

    @Test
    void shouldRefuseBytesBehindABodyThatAreNotZero()
    {
        final int frame = BlockLayout.firstFrame(0);
        for (int text = 0; text < 8; text++)
        {
            final ByteBuffer block = BlockLayout.block(0, 1, 2, List.of(entryOf(text)));
            final int length = block.getInt(frame);
            for (int at = BlockLayout.FRAME_HEADER_LENGTH + block.getInt(frame + 20); at < length; at++)
            {
                block.put(frame + at, (byte)1);
                Blocks.checkFrame(block, frame, length);
                assertEquals(frame, decode(block, new ArrayList<>()), "byte " + at + " of " + length);
                block.put(frame + at, (byte)0);
            }
            Blocks.checkFrame(block, frame, length);
            assertEquals(-1, decode(block, new ArrayList<>()));
        }
    }

    /** One frame more or less than the header says, and one that would reach into the trailer. */
    @Test
    void shouldRefuseAnotherNumberOfFrames()
    {
        final List<LedgerEntry> entries = List.of(entryOf(9), entryOf(40));
        final ByteBuffer fewer = BlockLayout.block(0, 1, 2, entries);
        final int second = BlockLayout.nextFrame(fewer, BlockLayout.firstFrame(0));
        fewer.putInt(32, 1);
        assertEquals(second, decode(fewer, new ArrayList<>()));
        final ByteBuffer more = BlockLayout.block(0, 1, 2, entries);
        final int end = more.limit() - BlockLayout.BLOCK_TRAILER_LENGTH;
        more.putInt(32, 3);
        assertEquals(end, decode(more, new ArrayList<>()));
        for (final int length : new int[]{ 0, 16, -8, end - second + 8, end - second - 4, 1 << 17 })
        {
            final ByteBuffer block = BlockLayout.block(0, 1, 2, entries);
            block.putInt(second, length);
            assertEquals(second, decode(block, new ArrayList<>()), "length " + length);
        }
        // With the trailer in it, and a checksum that holds.
        final ByteBuffer longer = BlockLayout.block(0, 1, 2, entries);
        longer.putInt(second, end - second + 8).putInt(second + 20, longer.getInt(second + 20) + 8);
        Blocks.checkFrame(longer, second, end - second + 8);
        assertEquals(second, decode(longer, new ArrayList<>()));
        final ByteBuffer trailer = BlockLayout.block(0, 1, 2, entries);
        trailer.putInt(end, trailer.getInt(end) - 8).putInt(end + 4, ~trailer.getInt(end));
        assertEquals(end, decode(trailer, new ArrayList<>()));
    }

    /** Of its kind and length: what a shorter or longer one would say is judged as any other entry. */
    @Test
    void shouldRefuseAUsageOfAnotherLength()
    {
        final Usage usage = new Usage(-1, 2, 3, 4, -5, FlopCount.of(0, 6));
        final ByteBuffer block = BlockLayout.block(0, 1, 2, List.of(usage));
        final int frame = BlockLayout.firstFrame(0);
        final int length = block.getInt(frame);
        block.putInt(frame + 20, 48);
        Blocks.checkFrame(block, frame, length);
        assertEquals(frame, decode(block, new ArrayList<>()), "eight zeros are no padding");
        block.putInt(frame + 20, 55).put(frame + length - 1, (byte)0);
        Blocks.checkFrame(block, frame, length);
        assertThrows(LedgerException.class,
            () -> BlockLayout.decodeAllButUsage(block, 0, (entry, sequence) -> fail("it is handed out")));
    }

    @Test
    void shouldRefuseWhatDoesNotFitAFrameOrABlock()
    {
        final String text = "x".repeat(EntryCodec.STRING_LENGTH_MAX);
        final ParameterChanged longest = new ParameterChanged(1, text, text, text, text.substring(40));
        final ByteBuffer frame = BlockLayout.block(0, 1, 2, List.of(longest));
        assertEquals(BlockLayout.FRAME_LENGTH_MAX, frame.getInt(BlockLayout.firstFrame(0)));
        final List<LedgerEntry> entries = new ArrayList<>();
        assertEquals(-1, decode(frame, entries));
        assertEquals(List.of(longest), entries);
        final LedgerException refused = assertThrows(LedgerException.class, () -> BlockLayout.block(
            0, 1, 2, List.of(new ParameterChanged(1, text, text, text, text.substring(32)))));
        assertEquals("an entry of 65544 bytes; at most 65536 fit", refused.getMessage());

        final List<LedgerEntry> many = new ArrayList<>();
        while (many.size() < 63)
        {
            many.add(longest);
        }
        assertEquals(-1, decode(BlockLayout.block(0, 1, 2, many), new ArrayList<>()));
        many.add(longest);
        final LedgerException full = assertThrows(LedgerException.class, () -> BlockLayout.block(0, 1, 2, many));
        assertEquals("a block is longer than 4194304 bytes", full.getMessage());
    }

    @Test
    void shouldReadAHeaderOfASegmentAndRefuseEveryBitOfIt()
    {
        final BlockLayout.SegmentHeader header = new BlockLayout.SegmentHeader(new Id(1, -2), 3, 4, 5);
        final ByteBuffer bytes = BlockLayout.segmentHeader(header);
        assertEquals(64, bytes.limit());
        assertEquals(header, BlockLayout.segmentHeader(bytes));
        for (int bit = 0; bit < 8 * 64; bit++)
        {
            final ByteBuffer flipped = BlockLayout.segmentHeader(header);
            flipped.put(bit >> 3, (byte)(flipped.get(bit >> 3) ^ 1 << (bit & 7)));
            assertThrows(LedgerException.class, () -> BlockLayout.segmentHeader(flipped), "bit " + bit);
        }
        for (final int at : new int[]{ 0, 8, 12, 56 })
        {
            final ByteBuffer other = BlockLayout.segmentHeader(header);
            other.putInt(at, 2);
            final CRC32C crc = new CRC32C();
            crc.update(other.array(), 0, 60);
            other.putInt(60, (int)crc.getValue());
            final LedgerException refused =
                assertThrows(LedgerException.class, () -> BlockLayout.segmentHeader(other), "field at " + at);
            assertTrue(refused.getMessage().startsWith(
                0 == at ? "not a segment of a ledger" : "a segment of version "), refused.getMessage());
        }
    }
}
