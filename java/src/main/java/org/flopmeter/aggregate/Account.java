/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * The account file: a snapshot, then commits, each one checksummed record of absolute values
 * (docs/design/0003-commit.md).
 * A commit is a store to the page cache: it survives the death of processes. One meter at a time holds it.
 */
final class Account implements AutoCloseable
{
    static final int LOG_LENGTH_MAX = 1024 * 1024;
    static final int HEADER_LENGTH = 16;
    /** A log of many lanes is so many snapshots long: one of those takes as long as several cycles. */
    static final int SNAPSHOTS_PER_LOG = 8;
    /** But not longer than so many logs of few lanes: it is shared memory, three times over. */
    private static final int LOG_GROWTH_MAX = 32;
    /** How much longer the log gets, as a part of it, where nobody calls {@link #tidy()}. */
    private static final int OVERDUE_PART = 2;

    private static final String LOCK_NAME = ".account.lock";
    private static final String TEMPORARY_NAME = ".account.tmp";
    /** The generation before the last. Its pages are there; a new page of tmpfs costs more than a commit. */
    private static final String SPARE_NAME = ".account.spare";

    /** Where a test may end the meter's life. */
    interface Steps
    {
        Steps NONE = new Steps()
        {
        };

        /** About to do the named step, or where its name says so, done with it. */
        default void reached(final String step)
        {
        }

        /** Length of the log at which the next generation begins. */
        default int logLengthMax()
        {
            return LOG_LENGTH_MAX;
        }

        /** How many snapshots of more than that a log may be long. */
        default int snapshotsPerLog()
        {
            return SNAPSHOTS_PER_LOG;
        }

        /** How many of the `length` bytes of a record reach the file before the meter dies. */
        default int survivingLength(final int length)
        {
            return length;
        }
    }

    private final Path directory;
    private final Steps steps;
    private final FileChannel lockChannel;
    private final CRC32C crc = new CRC32C();
    private final RecordWriter snapshot = RecordWriter.ofRecord();
    private AccountState state;
    private FileChannel channel;
    private long generation;
    private long sequence;
    private long snapshotLength;
    private long validLength;
    private long rotationLength;

    private Account(final Path directory, final Steps steps, final FileChannel lockChannel)
    {
        this.directory = directory;
        this.steps = steps;
        this.lockChannel = lockChannel;
    }

    static Account open(final Path directory, final Steps steps) throws IOException
    {
        final FileChannel lockChannel = FileChannel.open(
            directory.resolve(LOCK_NAME), Set.of(CREATE, WRITE, LinkOption.NOFOLLOW_LINKS));
        final Account account = new Account(directory, steps, lockChannel);
        try
        {
            account.lock();
            account.recover();
            return account;
        }
        catch (final IOException | RuntimeException | Error ex)
        {
            account.close();
            throw ex;
        }
    }

    AccountState state()
    {
        return state;
    }

    /** Go back to what the file says: after a fault that may have struck anywhere, memory is not to be trusted. */
    void reload() throws IOException
    {
        closeQuietly(channel);
        recover();
    }

    /** Start a record: leaves room for its header. */
    static void begin(final RecordWriter out)
    {
        out.clear().putLong(0).putLong(0);
    }

    /**
     * Append what was written since {@link #begin}, and only then make it the state. On an error nothing is
     * committed.
     */
    void commit(final RecordWriter out) throws IOException
    {
        steps.reached("commit");
        write(out, channel, validLength);
        validLength += out.length();
        sequence++;
        AccountCodec.apply(out.written().position(HEADER_LENGTH), state);
        steps.reached("committed");
        if (validLength > rotationLength + rotationLength / OVERDUE_PART)
        {
            rotate();
        }
    }

    /** Begin the next generation when it is time to: after the heads, when nobody waits. True when it was. */
    boolean tidy()
    {
        final boolean isDue = validLength > rotationLength;
        if (isDue)
        {
            rotate();
        }
        return isDue;
    }

    /** A full disk must not undo a commit that is done: the log grows on and rotation is tried again. */
    private void rotate()
    {
        try
        {
            nextGeneration();
        }
        catch (final IOException ex)
        {
            rotationLength = validLength + steps.logLengthMax() / 8;
        }
    }

    /** A step that somebody else does for a commit. */
    void reached(final String step)
    {
        steps.reached(step);
    }

    @Override
    public void close()
    {
        closeQuietly(channel);
        closeQuietly(lockChannel);
    }

    private void lock() throws IOException
    {
        FileLock lock = null;
        try
        {
            lock = lockChannel.tryLock();
        }
        catch (final OverlappingFileLockException ignore)
        {
            // Held by this process.
        }
        if (null == lock)
        {
            throw new AccountHeldException("another meter holds the account in " + directory);
        }
    }

    private void recover() throws IOException
    {
        final AccountFile file = AccountFile.readNewest(directory);
        generation = file.generation();
        sequence = file.sequence();
        state = file.state();
        if (!file.isFound())
        {
            nextGeneration();
            removeOthers();
            return;
        }
        channel = FileChannel.open(
            directory.resolve(AccountFile.nameOf(generation)), Set.of(READ, WRITE, LinkOption.NOFOLLOW_LINKS));
        snapshotLength = file.snapshotLength();
        validLength = file.validLength();
        setRotation();
        remove(SPARE_NAME);
        removeOthers();
    }

    private void nextGeneration() throws IOException
    {
        steps.reached("snapshot");
        final Path temporary = temporaryFromSpare();
        steps.reached("spare");
        begin(snapshot);
        snapshot.putLong(AccountFile.MAGIC);
        AccountCodec.snapshot(snapshot, state);
        final FileChannel next = FileChannel.open(
            temporary, Set.of(CREATE, READ, WRITE, LinkOption.NOFOLLOW_LINKS));
        try
        {
            write(snapshot, next, 0);
            steps.reached("rename");
            final Path target = directory.resolve(AccountFile.nameOf(generation + 1));
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        }
        catch (final IOException | RuntimeException | Error ex)
        {
            closeQuietly(next);
            throw ex;
        }
        closeQuietly(channel);
        channel = next;
        generation++;
        sequence++;
        snapshotLength = snapshot.length();
        validLength = snapshotLength;
        setRotation();
        steps.reached("renamed");
        keepAsSpare(directory.resolve(AccountFile.nameOf(generation - 1)));
    }

    private Path temporaryFromSpare() throws IOException
    {
        final Path temporary = directory.resolve(TEMPORARY_NAME);
        final Path spare = directory.resolve(SPARE_NAME);
        if (Files.isRegularFile(spare, LinkOption.NOFOLLOW_LINKS))
        {
            Files.move(spare, temporary, StandardCopyOption.ATOMIC_MOVE);
        }
        else
        {
            Files.deleteIfExists(temporary);
        }
        return temporary;
    }

    /** Where it can't be kept it lies there until a meter starts: a lower generation is never read before a higher. */
    private void keepAsSpare(final Path superseded)
    {
        try
        {
            if (Files.isRegularFile(superseded, LinkOption.NOFOLLOW_LINKS))
            {
                Files.move(superseded, directory.resolve(SPARE_NAME), StandardCopyOption.ATOMIC_MOVE);
                steps.reached("kept");
            }
        }
        catch (final IOException ignore)
        {
            // The next generation is in force already; its successor is then written to new pages.
        }
    }

    private void setRotation()
    {
        final long logLengthMax = LOG_GROWTH_MAX * (long)steps.logLengthMax();
        rotationLength = snapshotLength + (snapshotLength <= steps.logLengthMax() ? steps.logLengthMax() :
            Math.max(snapshotLength, Math.min(steps.snapshotsPerLog() * snapshotLength, logLengthMax)));
    }

    /**
     * Write a record at its place. What lies behind it is a torn one from an earlier error, or of a generation long
     * ago: its sequence is none that can follow.
     */
    private void write(final RecordWriter out, final FileChannel file, final long position) throws IOException
    {
        final ByteBuffer record = out.written();
        final int length = record.remaining();
        record.putInt(0, length - HEADER_LENGTH);
        record.putLong(8, sequence + 1);
        record.putInt(4, AccountFile.checksum(crc, record));
        record.limit(steps.survivingLength(length));
        for (long at = position; record.hasRemaining();)
        {
            at += file.write(record, at);
        }
        steps.reached("written");
    }

    private void removeOthers() throws IOException
    {
        remove(TEMPORARY_NAME);
        for (final long other : AccountFile.generations(directory))
        {
            if (other != generation)
            {
                remove(AccountFile.nameOf(other));
            }
        }
    }

    private void remove(final String name) throws IOException
    {
        steps.reached("remove");
        Files.deleteIfExists(directory.resolve(name));
    }

    private static void closeQuietly(final FileChannel file)
    {
        if (null != file)
        {
            try
            {
                file.close();
            }
            catch (final IOException ignore)
            {
                // Nothing is buffered.
            }
        }
    }
}
