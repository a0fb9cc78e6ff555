/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.flopmeter.ledger.LedgerEntry.ParameterChanged;
import org.junit.jupiter.api.Test;

/** One pass over a segment: every whole block and every range of other bytes, in order, each byte read once. */
class SegmentScanTest
{
    private static final int WINDOW_LENGTH = 256 * 1024;
    private static final String NAME = SegmentScan.segmentName(1);

    private final SimulatedDisk disk = new SimulatedDisk();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<String> expected = new ArrayList<>();
    private final List<String> found = new ArrayList<>();
    private long blocks;

    private static ByteBuffer block(final long index, final int length)
    {
        final List<LedgerEntry> entries = new ArrayList<>();
        for (int left = length; left > 0; left -= 16_000)
        {
            entries.add(new ParameterChanged(index, "x".repeat(Math.min(left, 16_000)), "", "", ""));
        }
        return BlockLayout.block(index, 1, 2, entries);
    }

    private void add(final int length)
    {
        final ByteBuffer block = block(blocks++, length);
        expected.add("block at " + bytes.size() + ", " + hash(block.array(), 0, block.limit()));
        bytes.write(block.array(), 0, block.limit());
    }

    private void addDamage(final int length, final boolean isTail)
    {
        final byte[] damage = new byte[length];
        new Random(length).nextBytes(damage);
        expected.add("damage at " + bytes.size() + ", " + length + (isTail ? ", the tail" : ""));
        bytes.writeBytes(damage);
    }

    private static int hash(final byte[] array, final int at, final int length)
    {
        return Arrays.hashCode(Arrays.copyOfRange(array, at, at + length));
    }

    private void begin()
    {
        final ByteBuffer header = BlockLayout.segmentHeader(new BlockLayout.SegmentHeader(Session.LEDGER, 0, 1, 1));
        bytes.write(header.array(), 0, BlockLayout.SEGMENT_HEADER_LENGTH);
    }

    private void scan(final long from) throws IOException
    {
        disk.put(NAME, bytes.toByteArray());
        scanOf(NAME).scan(from, new SegmentScan.Handler()
        {
            @Override
            public void onBlock(final String file, final long offset, final ByteBuffer buffer, final int at)
            {
                assertEquals(NAME, file);
                found.add("block at " + offset + ", " +
                    hash(buffer.array(), buffer.arrayOffset() + at, BlockLayout.blockLength(buffer, at)));
            }

            @Override
            public void onDamage(final String file, final long offset, final long length, final boolean isTail)
            {
                assertEquals(NAME, file);
                found.add("damage at " + offset + ", " + length + (isTail ? ", the tail" : ""));
            }
        });
        assertEquals(0, disk.operations, "a scan changes nothing");
    }

    @Test
    void shouldReadEveryByteOnceWhereverBlocksCrossWindows() throws IOException
    {
        begin();
        final Random random = new Random(5);
        while (bytes.size() < 6 * WINDOW_LENGTH)
        {
            add(1 + random.nextInt(30_000));
        }
        add(3 * WINDOW_LENGTH);
        add(10);
        scan(BlockLayout.SEGMENT_HEADER_LENGTH);

        assertEquals(expected, found);
        assertEquals(bytes.size() - BlockLayout.SEGMENT_HEADER_LENGTH, disk.bytesRead);
    }

    @Test
    void shouldGoOnBehindDamageOfEveryLength() throws IOException
    {
        begin();
        for (final int length : new int[]{ 8, 16, 72, 80, 1_000, WINDOW_LENGTH - 8, WINDOW_LENGTH + 800 })
        {
            addDamage(length, false);
            add(100);
        }
        addDamage(13, true);
        scan(BlockLayout.SEGMENT_HEADER_LENGTH);

        assertEquals(expected, found);
        assertTrue(disk.bytesRead <= bytes.size(), "read " + disk.bytesRead + " of " + bytes.size());
    }

    /** A header whose block is not all there is the beginning of a torn end; the shortest block is one. */
    @Test
    void shouldTakeABlockOnlyWhole() throws IOException
    {
        final ByteBuffer shortest = BlockLayout.block(0, 1, 2, List.of(new LedgerEntry.EpochClosed(1, 2, 3)));
        for (int missing = 0; missing <= shortest.limit(); missing += 8)
        {
            bytes.reset();
            expected.clear();
            found.clear();
            begin();
            final int length = shortest.limit() - missing;
            bytes.write(shortest.array(), 0, length);
            scan(BlockLayout.SEGMENT_HEADER_LENGTH);
            final String whole = "block at 64, " + hash(shortest.array(), 0, length);
            assertEquals(0 == missing ? List.of(whole) : 0 == length ? List.of() :
                List.of("damage at 64, " + length + ", the tail"), found);
        }
    }

    @Test
    void shouldBeginWhereItIsToldTo() throws IOException
    {
        begin();
        add(100);
        final int second = bytes.size();
        add(200);
        add(300);
        scan(second);
        assertEquals(expected.subList(1, 3), found);
    }

    @Test
    void shouldKnowTheNamesAndHeadersOfSegments() throws IOException
    {
        assertEquals("00000042.ledger", SegmentScan.segmentName(42));
        assertEquals(List.of("00000001.ledger", "00000002.ledger"), SegmentScan.segments(
            List.of("00000001.ledger", "00000002.ledger", "1.ledger", "00000003.ledgers", "x00000004.ledger", "tree")));
        begin();
        disk.put(NAME, bytes.toByteArray());
        assertEquals(new BlockLayout.SegmentHeader(Session.LEDGER, 0, 1, 1), scanOf(NAME).header());
        disk.put(NAME, Arrays.copyOf(bytes.toByteArray(), 63));
        assertThrows(LedgerException.class, () -> scanOf(NAME).header());
    }

    private SegmentScan scanOf(final String name) throws IOException
    {
        return new SegmentScan(name, disk.open(name, false));
    }
}
