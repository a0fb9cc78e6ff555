/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** Bytes of the store's file, docs/design/0012-graph-store.md section 1. */
final class FrameLayout
{
    static final long MAGIC = 0x46415247_504F4C46L;
    static final int VERSION = 1;
    static final int HEADER_LENGTH = 64;
    static final int ALIGNMENT = 8;
    static final int FRAME_LENGTH_MAX = 65_536;
    static final int BODY_OFFSET = 24;
    static final int TRAILER_LENGTH = 8;
    static final int FRAME_LENGTH_MIN = BODY_OFFSET + TRAILER_LENGTH;
    static final int BODY_LENGTH_MAX = FRAME_LENGTH_MAX - FRAME_LENGTH_MIN;

    static final int FLAG_GOES_ON = 1;
    static final int FLAG_FIRST = 2;

    private static final int CRC_OFFSET = 4;
    private static final int SEQUENCE_OFFSET = 8;
    private static final int TYPE_OFFSET = 16;
    private static final int FLAGS_OFFSET = 18;
    private static final int BODY_LENGTH_OFFSET = 20;
    private static final int HEADER_CRC_OFFSET = 60;
    private static final int ID_OFFSET = 16;
    private static final int ID_LENGTH = 16;

    private FrameLayout()
    {
    }

    static int aligned(final int length)
    {
        return (length + ALIGNMENT - 1) & -ALIGNMENT;
    }

    static int frameLength(final int bodyLength)
    {
        return aligned(BODY_OFFSET + bodyLength) + TRAILER_LENGTH;
    }

    static ByteBuffer header(final byte[] storeId, final long createdNs)
    {
        final ByteBuffer header = ByteBuffer.allocate(HEADER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(MAGIC).putInt(VERSION).putInt(HEADER_LENGTH).put(storeId).putLong(createdNs);
        header.putInt(HEADER_CRC_OFFSET, crc(header, 0, HEADER_CRC_OFFSET));
        return header.rewind();
    }

    /** The store's id, of a header that is whole. */
    static String idText(final ByteBuffer header)
    {
        final byte[] id = new byte[ID_LENGTH];
        header.get(ID_OFFSET, id);
        return HexFormat.of().formatHex(id);
    }

    static boolean isHeaderWhole(final ByteBuffer buffer)
    {
        return buffer.getInt(HEADER_CRC_OFFSET) == crc(buffer, 0, HEADER_CRC_OFFSET);
    }

    /** Fill in all but the body of a frame whose body is in place. */
    static void seal(
        final ByteBuffer buffer, final int at, final long sequence, final int type, final int flags,
        final int bodyLength)
    {
        final int length = frameLength(bodyLength);
        buffer.putInt(at, length);
        buffer.putLong(at + SEQUENCE_OFFSET, sequence);
        buffer.putShort(at + TYPE_OFFSET, (short)type);
        buffer.putShort(at + FLAGS_OFFSET, (short)flags);
        buffer.putInt(at + BODY_LENGTH_OFFSET, bodyLength);
        buffer.putInt(at + length - 4, length);
        buffer.putInt(at + CRC_OFFSET, frameCrc(buffer, at, length));
    }

    /** Length of the whole and valid frame there, or 0. */
    static int validLength(final ByteBuffer buffer, final int at, final int limit)
    {
        if (limit - at < FRAME_LENGTH_MIN)
        {
            return 0;
        }
        final int length = buffer.getInt(at);
        if (!isPlausible(length) || length > limit - at || buffer.getInt(at + length - 4) != length)
        {
            return 0;
        }
        final int bodyLength = buffer.getInt(at + BODY_LENGTH_OFFSET);
        if (bodyLength < 0 || frameLength(bodyLength) != length)
        {
            return 0;
        }
        for (int i = at + BODY_OFFSET + bodyLength; i < at + length - 4; i++)
        {
            if (0 != buffer.get(i))
            {
                return 0;
            }
        }
        return buffer.getInt(at + CRC_OFFSET) == frameCrc(buffer, at, length) ? length : 0;
    }

    /** Could a frame have this length? */
    static boolean isPlausible(final int length)
    {
        return length >= FRAME_LENGTH_MIN && length <= FRAME_LENGTH_MAX && 0 == length % ALIGNMENT;
    }

    static long sequence(final ByteBuffer buffer, final int at)
    {
        return buffer.getLong(at + SEQUENCE_OFFSET);
    }

    static int type(final ByteBuffer buffer, final int at)
    {
        return Short.toUnsignedInt(buffer.getShort(at + TYPE_OFFSET));
    }

    static int flags(final ByteBuffer buffer, final int at)
    {
        return Short.toUnsignedInt(buffer.getShort(at + FLAGS_OFFSET));
    }

    static ByteBuffer body(final ByteBuffer buffer, final int at)
    {
        return buffer.slice(at + BODY_OFFSET, buffer.getInt(at + BODY_LENGTH_OFFSET)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int frameCrc(final ByteBuffer buffer, final int at, final int length)
    {
        final CRC32C crc = new CRC32C();
        crc.update(buffer.slice(at, CRC_OFFSET));
        crc.update(buffer.slice(at + SEQUENCE_OFFSET, length - SEQUENCE_OFFSET));
        return (int)crc.getValue();
    }

    private static int crc(final ByteBuffer buffer, final int at, final int length)
    {
        final CRC32C crc = new CRC32C();
        crc.update(buffer.slice(at, length));
        return (int)crc.getValue();
    }
}
