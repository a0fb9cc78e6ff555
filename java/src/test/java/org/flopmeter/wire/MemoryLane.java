/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.agrona.BufferUtil;

/** A lane in memory, so that twenty thousand of them cost nothing. */
final class MemoryLane implements MappedLane
{
    final ByteBuffer bytes;

    MemoryLane(final int length)
    {
        bytes = ByteBuffer.allocateDirect(length + 64).alignedSlice(64).limit(length).slice()
            .order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public long address()
    {
        return BufferUtil.address(bytes);
    }

    @Override
    public long length()
    {
        return bytes.capacity();
    }

    @Override
    public long fileLength()
    {
        return bytes.capacity();
    }

    @Override
    public void close()
    {
        // The memory belongs to the buffer.
    }
}
