/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

import org.agrona.BufferUtil;
import org.flopmeter.wire.LaneFixture;
import org.flopmeter.wire.LaneMapper;
import org.flopmeter.wire.MappedLane;

/** Maps lanes of a {@link Volume}, and knows which producers live. */
final class SimulatedLanes implements LaneMapper
{
    static final int RING_CAPACITY = 4096;
    private static final Deque<ByteBuffer> FREE = new ArrayDeque<>();

    final Set<Integer> alivePids = new HashSet<>();
    private final VolumeFileSystem system;
    private final SimulatedClock clock;

    SimulatedLanes(final VolumeFileSystem system, final SimulatedClock clock)
    {
        this.system = system;
        this.clock = clock;
    }

    /** Memory for a lane, all zero. */
    static ByteBuffer take()
    {
        final ByteBuffer used = FREE.poll();
        if (null == used)
        {
            return ByteBuffer.allocateDirect(LaneFixture.lengthOf(RING_CAPACITY) + 64).alignedSlice(64)
                .limit(LaneFixture.lengthOf(RING_CAPACITY)).slice();
        }
        for (int at = 0; at < used.capacity(); at += Long.BYTES)
        {
            used.putLong(at, 0);
        }
        return used;
    }

    /** Nobody uses it any more. */
    static void give(final ByteBuffer buffer)
    {
        FREE.push(buffer);
    }

    /** A map of memory that is there as long as the test. */
    private record Mapped(ByteBuffer buffer) implements MappedLane
    {
        @Override
        public long address()
        {
            return BufferUtil.address(buffer);
        }

        @Override
        public long length()
        {
            return buffer.capacity();
        }

        @Override
        public long fileLength()
        {
            return buffer.capacity();
        }

        @Override
        public void close()
        {
            // The memory belongs to the host.
        }
    }

    @Override
    public MappedLane map(final Path directory, final String name, final long lengthExpected) throws IOException
    {
        final String file = directory + "/" + name;
        system.volume().reached(Volume.Step.MAP, file);
        return new Mapped(system.volume().get(file).mapped);
    }

    @Override
    public boolean isAlive(final int pid, final long startTicks, final long pidNamespace)
    {
        return alivePids.contains(pid);
    }

    @Override
    public boolean isLocked(final Path directory, final String name)
    {
        final Volume.Node node = system.volume().find(directory + "/" + name);
        return null != node && system.volume().isLocked(node);
    }

    @Override
    public long nanoTime()
    {
        return clock.monotonicNs();
    }
}
