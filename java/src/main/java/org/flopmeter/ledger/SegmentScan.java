/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** One pass over the blocks of a segment; behind damage it goes on at the next header of a block. */
final class SegmentScan
{
    private static final int WINDOW_LENGTH = 2 * BlockLayout.BLOCK_LENGTH_MAX;

    private final String file;
    private final Disk.DiskFile bytes;
    private final long length;
    private ByteBuffer window = ByteBuffer.allocate(0);
    private long windowOffset;

    /** What is found, in order. Buffers are valid during the call only. */
    interface Handler
    {
        /** A header of a block whose checksum is right, and so many bytes behind it. */
        void onBlock(String file, long offset, ByteBuffer buffer, int at);

        /** @param isTail nothing is behind it. */
        void onDamage(String file, long offset, long damageLength, boolean isTail);
    }

    SegmentScan(final String file, final Disk.DiskFile bytes) throws IOException
    {
        this.file = file;
        this.bytes = bytes;
        this.length = bytes.length();
    }

    /** Names of segments in order. */
    static List<String> segments(final List<String> names)
    {
        final List<String> segments = new ArrayList<>();
        for (final String name : names)
        {
            if (name.matches("[0-9]{8}\\.ledger"))
            {
                segments.add(name);
            }
        }
        return segments;
    }

    static String segmentName(final long number)
    {
        return String.format("%08d.ledger", number);
    }

    /** @throws LedgerException there is no whole header. */
    BlockLayout.SegmentHeader header() throws IOException
    {
        if (length < BlockLayout.SEGMENT_HEADER_LENGTH)
        {
            throw new LedgerException("shorter than the header of a segment");
        }
        final int at = load(0, BlockLayout.SEGMENT_HEADER_LENGTH);
        return BlockLayout.segmentHeader(window.slice(at, BlockLayout.SEGMENT_HEADER_LENGTH)
            .order(ByteOrder.LITTLE_ENDIAN));
    }

    void scan(final Handler handler) throws IOException
    {
        scan(BlockLayout.SEGMENT_HEADER_LENGTH, handler);
    }

    void scan(final long from, final Handler handler) throws IOException
    {
        long offset = from;
        while (offset < length)
        {
            final int blockLength = blockLengthAt(offset);
            if (blockLength > 0)
            {
                handler.onBlock(file, offset, window, load(offset, blockLength));
                offset += blockLength;
                continue;
            }
            long next = offset + BlockLayout.ALIGNMENT;
            while (next < length && 0 == blockLengthAt(next))
            {
                next += BlockLayout.ALIGNMENT;
            }
            next = Math.min(next, length);
            handler.onDamage(file, offset, next - offset, next == length);
            offset = next;
        }
    }

    /** 0 when no block begins there, or not all of it is there. */
    private int blockLengthAt(final long offset) throws IOException
    {
        if (length - offset < BlockLayout.BLOCK_LENGTH_MIN)
        {
            return 0;
        }
        final int at = load(offset, BlockLayout.BLOCK_HEADER_LENGTH);
        if (!BlockLayout.isHeader(window, at) || BlockLayout.blockLength(window, at) > length - offset)
        {
            return 0;
        }
        return BlockLayout.blockLength(window, at);
    }

    private int load(final long offset, final int count) throws IOException
    {
        if (offset < windowOffset || offset + count > windowOffset + window.limit())
        {
            final int wanted = (int)Math.min(WINDOW_LENGTH, length - offset);
            if (window.capacity() < wanted)
            {
                window = ByteBuffer.allocate(wanted).order(ByteOrder.LITTLE_ENDIAN);
            }
            window.clear().limit(wanted);
            bytes.read(offset, window);
            window.flip();
            windowOffset = offset;
        }
        return (int)(offset - windowOffset);
    }
}
