/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

import org.agrona.BufferUtil;

/** Maps without native code and without its checks: for tests of what comes after them. */
public final class ChannelLaneMapper implements LaneMapper
{
    /** Processes that are still there. */
    public final Set<Integer> alivePids = new HashSet<>();

    /** Files that the system is too short of something to map. */
    public final Set<String> unmappable = new HashSet<>();

    /** Meter directories whose supervisor is still there. */
    public final Set<Path> lockedDirectories = new HashSet<>();

    @Override
    public MappedLane map(final Path directory, final String name, final long lengthExpected) throws IOException
    {
        final Path file = directory.resolve(name);
        if (unmappable.contains(name))
        {
            throw new IOException("too many open files");
        }
        if (!Files.exists(file))
        {
            throw new NoSuchFileException(file.toString());
        }
        final FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        final MappedByteBuffer bytes = channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size());
        return new MappedLane()
        {
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
                try
                {
                    return channel.size();
                }
                catch (final IOException ex)
                {
                    return -1;
                }
            }

            @Override
            public void close()
            {
                try
                {
                    channel.close();
                }
                catch (final IOException ex)
                {
                    throw new IllegalStateException(ex);
                }
            }
        };
    }

    @Override
    public boolean isAlive(final int pid, final long startTicks, final long pidNamespace)
    {
        return alivePids.contains(pid);
    }

    @Override
    public boolean isLocked(final Path directory, final String name)
    {
        return lockedDirectories.contains(directory);
    }
}
