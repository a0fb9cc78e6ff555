/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.unit.Plural;

/**
 * One pass over the store's file: whole batches go to a handler, what is no frame becomes a {@link Damage}. Whoever
 * scans holds a lock on the store: nobody cuts the file under the mapping.
 */
final class FrameScan
{
    /** A batch that does not end would be kept in memory. */
    static final int BATCH_FRAMES_MAX = 65_536;

    private static final long WINDOW_LENGTH = 256L << 20;

    private final FileChannel channel;
    private final long fileLength;
    private final long windowLength;
    private final BatchHandler handler;
    private final List<Damage> damages = new ArrayList<>();
    private final List<Frame> batch = new ArrayList<>();
    private ByteBuffer window;
    private long windowOffset;
    private long offset = FrameLayout.HEADER_LENGTH;
    private long sequenceNext = 1;
    private long tornOffset = -1;

    /** A frame within a mapping that lives as long as it is referred to. */
    record Frame(long offset, long sequence, int type, ByteBuffer body)
    {
    }

    /** Takes the frames of one batch. */
    interface BatchHandler
    {
        void onBatch(List<Frame> frames);
    }

    private FrameScan(final FileChannel channel, final BatchHandler handler, final long windowLength)
        throws IOException
    {
        this.channel = channel;
        this.handler = handler;
        this.windowLength = windowLength;
        fileLength = channel.size();
    }

    /** Scan a file that is at least a header long. */
    static FrameScan of(final FileChannel channel, final BatchHandler handler) throws IOException
    {
        return of(channel, handler, WINDOW_LENGTH);
    }

    /** @param windowLength of one mapping: at least that of the longest frame. */
    static FrameScan of(final FileChannel channel, final BatchHandler handler, final long windowLength)
        throws IOException
    {
        final FrameScan scan = new FrameScan(channel, handler, windowLength);
        scan.header();
        scan.frames();
        return scan;
    }

    List<Damage> damages()
    {
        return List.copyOf(damages);
    }

    /** Where a batch begins that was not written to its end, or -1. */
    long tornOffset()
    {
        return tornOffset;
    }

    /** Where the next batch belongs. */
    long endOffset()
    {
        return tornOffset >= 0 ? tornOffset : fileLength;
    }

    long sequenceNext()
    {
        return sequenceNext;
    }

    private void header() throws IOException
    {
        map(0);
        final long magic = window.getLong(0);
        final int version = window.getInt(8);
        final boolean isWhole = FrameLayout.isHeaderWhole(window);
        if (FrameLayout.MAGIC != magic)
        {
            throw new GraphStoreException("offset 0: expected the header of a graph store, found other bytes");
        }
        if (isWhole && FrameLayout.VERSION != version)
        {
            throw new GraphStoreException(
                "offset 8: expected version " + FrameLayout.VERSION + ", found " + Integer.toUnsignedString(version));
        }
        if (!isWhole)
        {
            damages.add(new Damage(0, FrameLayout.HEADER_LENGTH, "a damaged header"));
        }
    }

    private void frames() throws IOException
    {
        while (offset < fileLength)
        {
            final int length = validLength(offset);
            if (length > 0 && sequence(offset) >= sequenceNext)
            {
                take(length);
                continue;
            }
            final long next = findNext(offset + FrameLayout.ALIGNMENT);
            if (next < 0)
            {
                end();
                return;
            }
            damaged(offset, next - offset, "bytes that are no record");
            offset = next;
        }
        if (!batch.isEmpty())
        {
            tear(fileLength);
        }
    }

    private void take(final int length)
    {
        final int at = (int)(offset - windowOffset);
        final long sequence = FrameLayout.sequence(window, at);
        final int flags = FrameLayout.flags(window, at);
        final boolean isFirst = 0 != (flags & FrameLayout.FLAG_FIRST);
        if (sequence > sequenceNext)
        {
            if (damages.isEmpty() || damages.get(damages.size() - 1).offset() +
                damages.get(damages.size() - 1).length() != offset)
            {
                damaged(offset, 0, "missing: " + Plural.range(sequenceNext, sequence - 1, "record", "records"));
            }
            sequenceNext = sequence;
        }
        sequenceNext++;
        if (isFirst != batch.isEmpty())
        {
            // The other part of this batch, or of the one before, is gone.
            damaged(offset, isFirst ? 0 : length, "a batch that is not whole");
        }
        if (isFirst || !batch.isEmpty())
        {
            batch.add(new Frame(
                offset, sequence, FrameLayout.type(window, at), FrameLayout.body(window, at)));
            if (0 == (flags & FrameLayout.FLAG_GOES_ON))
            {
                handler.onBatch(List.copyOf(batch));
                batch.clear();
            }
            else if (batch.size() >= BATCH_FRAMES_MAX)
            {
                throw new GraphStoreException(
                    "offset " + batch.get(0).offset() + ": a batch of more than " + BATCH_FRAMES_MAX + " records");
            }
        }
        offset += length;
    }

    /** Damage takes the batch that it interrupts with it. */
    private void damaged(final long at, final long length, final String what)
    {
        final long begin = batch.isEmpty() ? at : batch.get(0).offset();
        batch.clear();
        damages.add(new Damage(begin, at + length - begin, what));
    }

    /** No frame begins here or behind: the beginning of one, or bytes of which nobody knows what they were. */
    private void end() throws IOException
    {
        final long left = fileLength - offset;
        if (left < FrameLayout.FRAME_LENGTH_MIN)
        {
            tear(offset);
            return;
        }
        ensure(offset, FrameLayout.FRAME_LENGTH_MIN);
        final int length = window.getInt((int)(offset - windowOffset));
        if (FrameLayout.isPlausible(length) && length > left)
        {
            tear(offset);
        }
        else
        {
            damaged(offset, left, "bytes that are no record");
        }
    }

    private void tear(final long at)
    {
        tornOffset = batch.isEmpty() ? at : batch.get(0).offset();
        if (!batch.isEmpty())
        {
            sequenceNext = batch.get(0).sequence();
        }
    }

    private long findNext(final long from) throws IOException
    {
        for (long at = from; at <= fileLength - FrameLayout.FRAME_LENGTH_MIN; at += FrameLayout.ALIGNMENT)
        {
            if (validLength(at) > 0 && sequence(at) >= sequenceNext)
            {
                return at;
            }
        }
        return -1;
    }

    private long sequence(final long at)
    {
        return FrameLayout.sequence(window, (int)(at - windowOffset));
    }

    private int validLength(final long at) throws IOException
    {
        ensure(at, (int)Math.min(fileLength - at, FrameLayout.FRAME_LENGTH_MAX));
        return FrameLayout.validLength(window, (int)(at - windowOffset), window.limit());
    }

    private void ensure(final long at, final int length) throws IOException
    {
        if (at < windowOffset || at + length > windowOffset + window.limit())
        {
            map(at);
        }
    }

    private void map(final long at) throws IOException
    {
        windowOffset = at;
        window = channel.map(FileChannel.MapMode.READ_ONLY, at, Math.min(windowLength, fileLength - at))
            .order(ByteOrder.LITTLE_ENDIAN);
    }
}
