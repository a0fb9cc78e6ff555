/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Little-endian bytes of one account record, growing. */
final class RecordWriter
{
    private ByteBuffer buffer = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);

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

    /** What was written, from its beginning; valid until the next write. */
    ByteBuffer written()
    {
        return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).flip();
    }

    /** Where the next bytes go, with room for `length`; its position is the writer's. */
    ByteBuffer room(final int length)
    {
        if (buffer.remaining() < length)
        {
            final int capacity = Math.max(Math.multiplyExact(buffer.capacity(), 2), buffer.position() + length);
            buffer = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN).put(buffer.flip());
        }
        return buffer;
    }
}
