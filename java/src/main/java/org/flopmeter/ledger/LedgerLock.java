/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One appender or many readers of a ledger, over all processes; whoever waits too long gets an error instead. */
final class LedgerLock implements AutoCloseable
{
    static final String NAME = "lock";
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private final FileChannel channel;
    private final FileLock lock;

    private LedgerLock(final FileChannel channel, final FileLock lock)
    {
        this.channel = channel;
        this.lock = lock;
    }

    /** @throws LedgerException another process holds it longer than the patience. */
    static LedgerLock take(final Path directory, final boolean isShared, final long patienceNs) throws IOException
    {
        final long deadlineNs = System.nanoTime() + patienceNs;
        final FileChannel channel = FileChannel.open(directory.resolve(NAME),
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE,
                LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        FileLock lock = null;
        try
        {
            lock = attempt(channel, isShared);
            while (null == lock && System.nanoTime() < deadlineNs)
            {
                LockSupport.parkNanos(RETRY_NS);
                lock = attempt(channel, isShared);
            }
        }
        finally
        {
            if (null == lock)
            {
                channel.close();
            }
        }
        if (null == lock)
        {
            throw new LedgerException(directory.resolve(NAME) + ": locked by somebody else for more than " +
                TimeUnit.NANOSECONDS.toMillis(patienceNs) + " ms");
        }
        return new LedgerLock(channel, lock);
    }

    private static FileLock attempt(final FileChannel channel, final boolean isShared) throws IOException
    {
        try
        {
            return channel.tryLock(0, Long.MAX_VALUE, isShared);
        }
        catch (final OverlappingFileLockException heldByThisProcess)
        {
            return null;
        }
    }

    /** Nobody looks at the files without it. */
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
        if (channel.isOpen())
        {
            lock.release();
            channel.close();
        }
    }
}
