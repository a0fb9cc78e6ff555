/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

import org.agrona.BufferUtil;

/** Little-endian bytes of one account record, growing. Off-heap: what goes to a file would be copied there anyway. */
final class RecordWriter
{
    private ByteBuffer buffer = ByteBuffer.allocateDirect(4096).order(ByteOrder.LITTLE_ENDIAN);

    RecordWriter clear()
    {
        buffer.clear();
        return this;
    }

    int length()
    {
        return buffer.position();
    }

    RecordWriter putByte(final int value)
    {
        room(1).put((byte)value);
        return this;
    }

    RecordWriter putInt(final int value)
    {
        room(4).putInt(value);
        return this;
    }

    RecordWriter putLong(final long value)
    {
        room(8).putLong(value);
        return this;
    }

    RecordWriter putText(final String text)
    {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        putInt(bytes.length);
        room(bytes.length).put(bytes);
        return this;
    }

    void setInt(final int index, final int value)
    {
        buffer.putInt(index, value);
    }

    void setLong(final int index, final long value)
    {
        buffer.putLong(index, value);
    }

    /** What was written, from its beginning; valid until the next write. */
    ByteBuffer written()
    {
        return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).flip();
    }

    /** Where the next `length` bytes at most go, by address: {@link #skip} says how many they were. */
    long address(final int length)
    {
        return BufferUtil.address(room(length)) + buffer.position();
    }

    /** So many bytes were written by address. */
    void skip(final int length)
    {
        buffer.position(buffer.position() + length);
    }

    private ByteBuffer room(final int length)
    {
        if (buffer.remaining() < length)
        {
            final int capacity = Math.max(Math.multiplyExact(buffer.capacity(), 2), buffer.position() + length);
            buffer = ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN).put(buffer.flip());
        }
        return buffer;
    }
}
