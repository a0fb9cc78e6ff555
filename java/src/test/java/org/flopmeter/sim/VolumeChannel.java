/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** An open file, or directory, of a {@link Volume}. */
final class VolumeChannel extends FileChannel
{
    private final Volume volume;
    private final Volume.Node node;
    private final String name;
    private final boolean isAppending;
    private long position;
    private boolean isHolding;

    VolumeChannel(final Volume volume, final Volume.Node node, final String name, final boolean isAppending)
    {
        this.volume = volume;
        this.node = node;
        this.name = name;
        this.isAppending = isAppending;
    }

    /** Held until the channel is closed or the program is dead. */
    private final class Lock extends FileLock
    {
        Lock()
        {
            super(VolumeChannel.this, 0, Long.MAX_VALUE, false);
        }

        @Override
        public boolean isValid()
        {
            return isHolding;
        }

        @Override
        public void release()
        {
            letGo();
        }
    }

    @Override
    public int read(final ByteBuffer into) throws IOException
    {
        final int count = read(into, position);
        position += Math.max(0, count);
        return count;
    }

    @Override
    public int read(final ByteBuffer into, final long at) throws IOException
    {
        volume.reached(Volume.Step.READ, name);
        return volume.read(node, at, into);
    }

    @Override
    public long read(final ByteBuffer[] into, final int offset, final int length)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public int write(final ByteBuffer from) throws IOException
    {
        position = isAppending ? node.length : position;
        final int count = write(from, position);
        position += count;
        return count;
    }

    @Override
    public int write(final ByteBuffer from, final long at) throws IOException
    {
        return volume.write(node, name, at, from);
    }

    @Override
    public long write(final ByteBuffer[] from, final int offset, final int length)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public long position()
    {
        return position;
    }

    @Override
    public FileChannel position(final long at)
    {
        position = at;
        return this;
    }

    @Override
    public long size()
    {
        return node.length;
    }

    @Override
    public FileChannel truncate(final long size) throws IOException
    {
        volume.reached(Volume.Step.TRUNCATE, name);
        volume.truncate(node, size);
        return this;
    }

    @Override
    public void force(final boolean isMetaData) throws IOException
    {
        if (node.isDirectory)
        {
            volume.forceDirectory(name);
        }
        else
        {
            volume.force(node, name);
        }
    }

    @Override
    public long transferTo(final long at, final long count, final WritableByteChannel target)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(final ReadableByteChannel source, final long at, final long count)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(final MapMode mode, final long at, final long size)
    {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(final long at, final long size, final boolean isShared) throws IOException
    {
        return tryLock(at, size, isShared);
    }

    @Override
    public FileLock tryLock(final long at, final long size, final boolean isShared) throws IOException
    {
        volume.reached(Volume.Step.LOCK, name);
        isHolding = volume.lock(node, this);
        return isHolding ? new Lock() : null;
    }

    @Override
    protected void implCloseChannel()
    {
        letGo();
    }

    private void letGo()
    {
        if (isHolding)
        {
            isHolding = false;
            volume.unlock(node, this);
        }
    }
}
