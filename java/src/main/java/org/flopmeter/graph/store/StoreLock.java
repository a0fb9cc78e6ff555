/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One appender or many readers of a store, over all processes. Within a process one at a time: the kernel knows
 * processes only. Held for one write or one pass; whoever waits longer than the patience gets an error instead.
 */
final class StoreLock implements AutoCloseable
{
    private static final String NAME = "lock";
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final ReentrantLock PROCESS = new ReentrantLock();

    private final FileChannel channel;
    private final FileLock lock;

    private StoreLock(final FileChannel channel, final FileLock lock)
    {
        this.channel = channel;
        this.lock = lock;
    }

    static StoreLock take(final Path directory, final boolean isShared, final long patienceNs) throws IOException
    {
        final long deadlineNs = System.nanoTime() + patienceNs;
        if (!tryProcess(patienceNs))
        {
            throw busy(directory, patienceNs);
        }
        FileChannel channel = null;
        FileLock lock = null;
        try
        {
            channel = FileChannel.open(directory.resolve(NAME),
                Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE,
                    LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            lock = channel.tryLock(0, Long.MAX_VALUE, isShared);
            while (null == lock && System.nanoTime() < deadlineNs)
            {
                LockSupport.parkNanos(RETRY_NS);
                lock = channel.tryLock(0, Long.MAX_VALUE, isShared);
            }
            if (null == lock)
            {
                throw busy(directory, patienceNs);
            }
            return new StoreLock(channel, lock);
        }
        finally
        {
            if (null == lock)
            {
                if (null != channel)
                {
                    channel.close();
                }
                PROCESS.unlock();
            }
        }
    }

    /** Nobody looks at the file without it. */
    void requireHeld()
    {
        if (!lock.isValid())
        {
            throw new IllegalStateException("the lock is not held");
        }
    }

    @Override
    public void close() throws IOException
    {
        try
        {
            lock.release();
            channel.close();
        }
        finally
        {
            PROCESS.unlock();
        }
    }

    private static boolean tryProcess(final long patienceNs)
    {
        try
        {
            return PROCESS.tryLock(patienceNs, TimeUnit.NANOSECONDS);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static GraphStoreException busy(final Path directory, final long patienceNs)
    {
        return new GraphStoreException(directory.resolve(NAME) + ": locked by another process for more than " +
            TimeUnit.NANOSECONDS.toMillis(patienceNs) + " ms");
    }
}
