/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
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
}
