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
    /** Small enough to stay in a core's cache from the read to the hash; grows to a longer block. */
    private static final int WINDOW_LENGTH = 1 << 18;

    private final String file;
    private final Disk.DiskFile bytes;
    private final Windows windows;
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

    /** Where bytes are read to. */
    interface Windows
    {
        /**
         * A little-endian buffer of at least that capacity, in place of the one before. What is in the one before can
         * still be copied from it, into this one too, even where they are the same.
         */
        ByteBuffer next(int length) throws IOException;
    }

    SegmentScan(final String file, final Disk.DiskFile bytes) throws IOException
    {
        this.file = file;
        this.bytes = bytes;
        this.windows = this::same;
        this.length = bytes.length();
    }

    SegmentScan(final String file, final Disk.DiskFile bytes, final Windows windows) throws IOException
    {
        this.file = file;
        this.bytes = bytes;
        this.windows = windows;
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
        final ByteBuffer header =
            ByteBuffer.allocate(BlockLayout.SEGMENT_HEADER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        bytes.read(0, header);
        return BlockLayout.segmentHeader(header.flip());
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
                // Before the window is named: it may be another one then.
                final int at = load(offset, blockLength);
                handler.onBlock(file, offset, window, at);
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

    /** Every byte is read once: what was looked at is what is handed out, also where a block crosses windows. */
    private int load(final long offset, final int count) throws IOException
    {
        final long end = windowOffset + window.limit();
        if (offset + count > end)
        {
            final int wanted = (int)Math.min(Math.max(WINDOW_LENGTH, count), length - offset);
            final int kept = (int)Math.max(0, end - offset);
            final ByteBuffer before = window;
            final int from = before.limit() - kept;
            window = windows.next(wanted);
            System.arraycopy(before.array(), from, window.array(), 0, kept);
            window.clear().limit(wanted).position(kept);
            bytes.read(offset + kept, window);
            window.flip();
            windowOffset = offset;
        }
        return (int)(offset - windowOffset);
    }

    private ByteBuffer same(final int wanted)
    {
        return window.capacity() >= wanted ? window : ByteBuffer.allocate(wanted).order(ByteOrder.LITTLE_ENDIAN);
    }
}
