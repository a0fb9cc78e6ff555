/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import org.agrona.UnsafeApi;

/** Stands for a mapped file; for the life of the process. */
record PlainMemory(long address, long length) implements MappedLane
{
    private static final int PAGE = 4096;

    static PlainMemory allocate(final long length)
    {
        return new PlainMemory(UnsafeApi.allocateMemory(length + PAGE) + PAGE - 1 & -PAGE, length);
    }

    void clear()
    {
        UnsafeApi.setMemory(address, length, (byte)0);
    }

    @Override
    public long fileLength()
    {
        return length;
    }

    @Override
    public void close()
    {
        // Goes back to a pool.
    }
}
