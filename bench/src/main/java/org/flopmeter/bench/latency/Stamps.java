/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.latency;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

import org.HdrHistogram.Histogram;
import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;
import org.flopmeter.wire.LaneDescriptor;
import org.flopmeter.wire.LaneHeader;

/**
 * The times at which one lane's records were closed, as its producer left them (stamps_t in bench/native/producer.h),
 * against the head that the meter has published: a head beyond a record means that the record is committed.
 */
final class Stamps
{
    private static final int STAMPS = 8192;
    private static final int NONCE_OFFSET = 0;
    private static final int WRITTEN_OFFSET = 8;
    private static final int STAMPS_OFFSET = 64;
    private static final int STAMP_LENGTH = 16;
    static final int LENGTH = STAMPS_OFFSET + STAMPS * STAMP_LENGTH;

    /** Both are read by address: without these two fields the garbage collector would unmap them. */
    private final ByteBuffer all;
    private final ByteBuffer lane;
    private final long address;
    private final long headAddress;
    private final Path file;
    private long read;
    private long lapped;

    Stamps(final ByteBuffer all, final int index, final Path directory) throws IOException
    {
        this.all = all;
        address = BufferUtil.address(all) + (long)index * LENGTH;
        final long nonce = UnsafeApi.getLong(address + NONCE_OFFSET);
        file = directory.resolve(LaneHeader.nameOf(nonce));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE))
        {
            lane = channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size()).order(ByteOrder.LITTLE_ENDIAN);
        }
        headAddress = BufferUtil.address(lane) + lane.getLong(LaneDescriptor.RING_OFFSET_OFFSET) +
            lane.getInt(LaneDescriptor.RING_CAPACITY_OFFSET) + LaneDescriptor.TRAILER_HEAD_OFFSET;
    }

    /** Note the age of each record that is committed now and was not before. Return how many. */
    int note(final long nowNs, final Histogram ages)
    {
        final long written = UnsafeApi.getLongAcquire(null, address + WRITTEN_OFFSET);
        if (read == written)
        {
            return 0;
        }
        if (written - read > STAMPS)
        {
            lapped += written - read - STAMPS;
            read = written - STAMPS;
        }
        final long head = UnsafeApi.getLongAcquire(null, headAddress);
        int noted = 0;
        while (read < written)
        {
            final long stamp = address + STAMPS_OFFSET + (read % STAMPS) * STAMP_LENGTH;
            if (head < UnsafeApi.getLong(stamp))
            {
                break;
            }
            final long ageNs = nowNs - UnsafeApi.getLong(stamp + Long.BYTES);
            if (null != ages)
            {
                ages.recordValue(Math.max(1, Math.min(ages.getHighestTrackableValue(), ageNs)));
            }
            read++;
            noted++;
        }
        return noted;
    }

    /** Rename the lane, before a reader has seen it: to its producer nothing changes. */
    void hide() throws IOException
    {
        Files.move(file, file.resolveSibling("hidden"));
    }

    /** Records that came and went between two looks. */
    long lapped()
    {
        return lapped;
    }
}
