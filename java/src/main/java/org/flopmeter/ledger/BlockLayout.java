/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.ObjLongConsumer;
import java.util.zip.CRC32C;

/** Segment headers, blocks and frames as bytes: docs/design/0018-ledger.md section 1. */
final class BlockLayout
{
    static final long SEGMENT_MAGIC = 0x4744454C504F4C46L;
    static final int VERSION = 1;
    static final int SEGMENT_HEADER_LENGTH = 64;

    static final int BLOCK_MAGIC = 0x4B424C46;
    static final int BLOCK_HEADER_LENGTH = 48;
    static final int BLOCK_TRAILER_LENGTH = 8;
    static final int BLOCK_LENGTH_MAX = 4 * 1024 * 1024;
    static final int BLOCK_LENGTH_FIRST = 16 * 1024;
    static final int BLOCK_LENGTH_MIN = BLOCK_HEADER_LENGTH + 24 + BLOCK_TRAILER_LENGTH;

    static final int FRAME_HEADER_LENGTH = 24;
    static final int FRAME_LENGTH_MAX = 64 * 1024;
    static final int ALIGNMENT = 8;

    private static final int LENGTH_OFFSET = 4;
    private static final int INDEX_OFFSET = 8;
    private static final int SEQUENCE_OFFSET = 16;
    private static final int SEALED_OFFSET = 24;
    private static final int COUNT_OFFSET = 32;
    private static final int CRC_OFFSET = 44;

    /** By length in words; 0 where it was not asked for yet. Whoever fills one in fills in the same. */
    private static final int[] PREFIX_CRCS = new int[FRAME_LENGTH_MAX / ALIGNMENT + 1];

    private BlockLayout()
    {
    }

    /** What the header of a segment says. */
    record SegmentHeader(Id ledger, long firstBlock, long firstSequence, long number)
    {
    }

    static ByteBuffer segmentHeader(final SegmentHeader header)
    {
        final ByteBuffer bytes = ByteBuffer.allocate(SEGMENT_HEADER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(SEGMENT_MAGIC).putInt(VERSION).putInt(SEGMENT_HEADER_LENGTH)
            .putLong(header.ledger().low()).putLong(header.ledger().high())
            .putLong(header.firstBlock()).putLong(header.firstSequence()).putLong(header.number()).putInt(0);
        return bytes.putInt(crc(bytes, 0, SEGMENT_HEADER_LENGTH - 4)).flip();
    }

    /** @throws LedgerException it is no header of a segment. */
    static SegmentHeader segmentHeader(final ByteBuffer bytes)
    {
        if (SEGMENT_MAGIC != bytes.getLong(0))
        {
            throw new LedgerException("not a segment of a ledger");
        }
        if (crc(bytes, 0, SEGMENT_HEADER_LENGTH - 4) != bytes.getInt(SEGMENT_HEADER_LENGTH - 4))
        {
            throw new LedgerException("the header of the segment is damaged");
        }
        if (VERSION != bytes.getInt(8) || SEGMENT_HEADER_LENGTH != bytes.getInt(12) || 0 != bytes.getInt(56))
        {
            throw new LedgerException("a segment of version " + bytes.getInt(8) + "; this program reads " + VERSION);
        }
        return new SegmentHeader(
            new Id(bytes.getLong(24), bytes.getLong(16)), bytes.getLong(32), bytes.getLong(40), bytes.getLong(48));
    }

    /** Write a frame at the buffer's position. */
    static void putFrame(final ByteBuffer into, final long sequence, final LedgerEntry entry)
    {
        final int at = into.position();
        into.putLong(0).putLong(sequence).putShort((short)EntryCodec.kind(entry)).putShort((short)0).putInt(0);
        EntryCodec.encode(entry, into);
        final int bodyLength = into.position() - at - FRAME_HEADER_LENGTH;
        while (0 != (into.position() - at) % ALIGNMENT)
        {
            into.put((byte)0);
        }
        final int length = into.position() - at;
        if (length > FRAME_LENGTH_MAX)
        {
            throw new LedgerException("an entry of " + length + " bytes; at most " + FRAME_LENGTH_MAX + " fit");
        }
        into.putInt(at, length).putInt(at + 20, bodyLength);
        into.putInt(at + 4, frameCrc(into, at, length));
    }

    /** A sealed block; its frames get the numbers from firstSequence on. */
    static ByteBuffer block(
        final long index, final long firstSequence, final long sealedNs, final List<LedgerEntry> entries)
    {
        for (int capacity = BLOCK_LENGTH_FIRST;; capacity *= 2)
        {
            try
            {
                return block(capacity, index, firstSequence, sealedNs, entries);
            }
            catch (final BufferOverflowException ex)
            {
                if (capacity >= BLOCK_LENGTH_MAX)
                {
                    throw new LedgerException("a block is longer than " + BLOCK_LENGTH_MAX + " bytes", ex);
                }
            }
        }
    }

    private static ByteBuffer block(
        final int capacity, final long index, final long firstSequence, final long sealedNs,
        final List<LedgerEntry> entries)
    {
        final ByteBuffer bytes = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(BLOCK_HEADER_LENGTH);
        long sequence = firstSequence;
        for (final LedgerEntry entry : entries)
        {
            putFrame(bytes, sequence++, entry);
        }
        final int length = bytes.position() + BLOCK_TRAILER_LENGTH;
        bytes.putInt(length).putInt(~length);
        bytes.putInt(0, BLOCK_MAGIC).putInt(LENGTH_OFFSET, length).putLong(INDEX_OFFSET, index)
            .putLong(SEQUENCE_OFFSET, firstSequence).putLong(SEALED_OFFSET, sealedNs)
            .putInt(COUNT_OFFSET, entries.size());
        bytes.putInt(CRC_OFFSET, crc(bytes, 0, CRC_OFFSET));
        return bytes.flip();
    }

    /** Whether a header of a block, whole and within its limits, is there. */
    static boolean isHeader(final ByteBuffer bytes, final int at)
    {
        final int length = bytes.getInt(at + LENGTH_OFFSET);
        return BLOCK_MAGIC == bytes.getInt(at) && length >= BLOCK_LENGTH_MIN && length <= BLOCK_LENGTH_MAX &&
            0 == length % ALIGNMENT && 0 == bytes.getLong(at + 36) && 0 < bytes.getInt(at + COUNT_OFFSET) &&
            crc(bytes, at, CRC_OFFSET) == bytes.getInt(at + CRC_OFFSET);
    }

    static int blockLength(final ByteBuffer bytes, final int at)
    {
        return bytes.getInt(at + LENGTH_OFFSET);
    }

    static long blockIndex(final ByteBuffer bytes, final int at)
    {
        return bytes.getLong(at + INDEX_OFFSET);
    }

    static long firstSequence(final ByteBuffer bytes, final int at)
    {
        return bytes.getLong(at + SEQUENCE_OFFSET);
    }

    static int frameCount(final ByteBuffer bytes, final int at)
    {
        return bytes.getInt(at + COUNT_OFFSET);
    }

    static long sealedNs(final ByteBuffer bytes, final int at)
    {
        return bytes.getLong(at + SEALED_OFFSET);
    }

    /** Length of the block that ends with this trailer, or 0 when it is none. */
    static int trailerLength(final ByteBuffer bytes, final int at)
    {
        final int length = bytes.getInt(at);
        return length == ~bytes.getInt(at + 4) ? length : 0;
    }

    /**
     * Check everything in a block whose header is whole, and hand out its entries with their numbers.
     *
     * @return offset of the first byte that is wrong, or -1 when the block is whole.
     */
    static int decode(final ByteBuffer bytes, final int at, final ObjLongConsumer<LedgerEntry> entries)
    {
        return decode(bytes, at, entries, false);
    }

    /**
     * As {@link #decode}, but a usage, which nearly every entry is, is handed out as null: everything in its frame is
     * checked, and its fields are read where they lie.
     */
    static int decodeAllButUsage(final ByteBuffer bytes, final int at, final ObjLongConsumer<LedgerEntry> entries)
    {
        return decode(bytes, at, entries, true);
    }

    static int firstFrame(final int at)
    {
        return at + BLOCK_HEADER_LENGTH;
    }

    /** Where the frame behind this one begins, in a block that was decoded. */
    static int nextFrame(final ByteBuffer bytes, final int frame)
    {
        return frame + bytes.getInt(frame);
    }

    private static int decode(
        final ByteBuffer bytes, final int at, final ObjLongConsumer<LedgerEntry> entries, final boolean isUsageLeft)
    {
        final int length = blockLength(bytes, at);
        final int end = at + length - BLOCK_TRAILER_LENGTH;
        if (length != trailerLength(bytes, end))
        {
            return end;
        }
        int frame = at + BLOCK_HEADER_LENGTH;
        final long first = firstSequence(bytes, at);
        final int count = frameCount(bytes, at);
        for (int i = 0; i < count; i++)
        {
            // At the end of the frames that is the trailer, which no frame is as short as.
            final int frameLength = bytes.getInt(frame);
            if (!isFrame(bytes, frame, frameLength, end) || first + i != bytes.getLong(frame + 8))
            {
                return frame;
            }
            final int kind = bytes.getShort(frame + 16) & 0xFFFF;
            final boolean isLeft =
                isUsageLeft && EntryCodec.USAGE == kind && EntryCodec.USAGE_LENGTH == bytes.getInt(frame + 20);
            entries.accept(isLeft ? null : EntryCodec.decode(kind, body(bytes, frame)), first + i);
            frame += frameLength;
        }
        return frame == end ? -1 : frame;
    }

    private static ByteBuffer body(final ByteBuffer bytes, final int frame)
    {
        final ByteBuffer body = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        final int begin = frame + FRAME_HEADER_LENGTH;
        return body.limit(begin + bytes.getInt(frame + 20)).position(begin);
    }

    private static boolean isFrame(final ByteBuffer bytes, final int at, final int length, final int end)
    {
        if (length < FRAME_HEADER_LENGTH || length > FRAME_LENGTH_MAX || length > end - at || 0 != length % ALIGNMENT ||
            checkedCrc(bytes, at, length) != bytes.getInt(at + 4))
        {
            return false;
        }
        final int padding = length - FRAME_HEADER_LENGTH - bytes.getInt(at + 20);
        if (padding < 0 || padding >= ALIGNMENT || 0 != bytes.getShort(at + 18))
        {
            return false;
        }
        for (int i = 1; i <= padding; i++)
        {
            if (0 != bytes.get(at + length - i))
            {
                return false;
            }
        }
        return true;
    }

    /**
     * As {@link #frameCrc}, in one call for the bytes behind the checksum. What the length before it contributes
     * depends on nothing but the length, as a checksum is linear: crc(A|B) = crc(B) ^ crc(A|0) ^ crc(0), with as many
     * zeros as B has bytes.
     */
    private static int checkedCrc(final ByteBuffer bytes, final int at, final int length)
    {
        int prefix = PREFIX_CRCS[length / ALIGNMENT];
        if (0 == prefix)
        {
            final ByteBuffer zeros = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            prefix = frameCrc(zeros.putInt(0, length), 0, length) ^ crc(zeros, 8, length - 8);
            PREFIX_CRCS[length / ALIGNMENT] = prefix;
        }
        return prefix ^ crc(bytes, at + 8, length - 8);
    }

    private static int frameCrc(final ByteBuffer bytes, final int at, final int length)
    {
        final CRC32C crc = new CRC32C();
        crc.update(bytes.array(), bytes.arrayOffset() + at, 4);
        crc.update(bytes.array(), bytes.arrayOffset() + at + 8, length - 8);
        return (int)crc.getValue();
    }

    private static int crc(final ByteBuffer bytes, final int at, final int length)
    {
        final CRC32C crc = new CRC32C();
        crc.update(bytes.array(), bytes.arrayOffset() + at, length);
        return (int)crc.getValue();
    }
}
