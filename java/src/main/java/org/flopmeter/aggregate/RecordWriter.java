/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

import org.agrona.BufferUtil;

/** Little-endian bytes of one account record, growing. */
final class RecordWriter
{
    private static final int CAPACITY_INITIAL = 4096;
    private static final int CAPACITY_SMALL = 64;

    private ByteBuffer buffer;

    private RecordWriter(final ByteBuffer buffer)
    {
        this.buffer = buffer.order(ByteOrder.LITTLE_ENDIAN);
    }

    /** For what goes to a file: off-heap, it would be copied there anyway. */
    static RecordWriter ofRecord()
    {
        return new RecordWriter(ByteBuffer.allocateDirect(CAPACITY_INITIAL));
    }

    /** For a part of one that is kept in memory. */
    static RecordWriter ofPart()
    {
        return new RecordWriter(ByteBuffer.allocate(CAPACITY_SMALL));
    }

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

    /** What remains of `bytes`. */
    RecordWriter putBytes(final ByteBuffer bytes)
    {
        room(bytes.remaining()).put(bytes);
        return this;
    }

    void setInt(final int index, final int value)
    {
        buffer.putInt(index, value);
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
            final ByteBuffer grown = buffer.isDirect() ?
                ByteBuffer.allocateDirect(capacity) : ByteBuffer.allocate(capacity);
            buffer = grown.order(ByteOrder.LITTLE_ENDIAN).put(buffer.flip());
        }
        return buffer;
    }
}
