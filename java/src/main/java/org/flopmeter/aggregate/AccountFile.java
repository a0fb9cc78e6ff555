/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * The newest account of a meter directory, read without changing anything: also for the accounts of nested meters.
 *
 * @param generation     highest number in use, 0 when there is none.
 * @param isFound        false when no file has a valid snapshot; the state is empty then.
 * @param validLength    bytes up to the first invalid record.
 */
record AccountFile(
    AccountState state, long generation, boolean isFound, long sequence, long snapshotLength, long validLength)
{
    /** "FLOPACCT", little-endian. */
    static final long MAGIC = 0x54434341504F4C46L;

    private static final String NAME_PREFIX = "account-";
    private static final long LENGTH_MAX = 512L * 1024 * 1024;
    private static final int ATTEMPTS_MAX = 4;

    static String nameOf(final long generation)
    {
        return NAME_PREFIX + generation;
    }

    /** Numbers of all account files, highest first. */
    static List<Long> generations(final Path directory) throws IOException
    {
        final List<Long> generations = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, NAME_PREFIX + "*"))
        {
            for (final Path file : files)
            {
                final String digits = file.getFileName().toString().substring(NAME_PREFIX.length());
                if (digits.matches("[1-9][0-9]{0,17}"))
                {
                    generations.add(Long.parseLong(digits));
                }
            }
        }
        catch (final DirectoryIteratorException ex)
        {
            throw ex.getCause();
        }
        generations.sort(Collections.reverseOrder());
        return generations;
    }

    static AccountFile readNewest(final Path directory) throws IOException
    {
        for (int i = 0;; i++)
        {
            try
            {
                return readOnce(directory);
            }
            catch (final NoSuchFileException ex)
            {
                // The meter that owns it went to its next generation meanwhile.
                if (i + 1 == ATTEMPTS_MAX)
                {
                    throw ex;
                }
            }
        }
    }

    static int checksum(final CRC32C crc, final ByteBuffer record)
    {
        crc.reset();
        crc.update(record.duplicate().limit(4));
        crc.update(record.duplicate().position(8));
        return (int)crc.getValue();
    }

    private static AccountFile readOnce(final Path directory) throws IOException
    {
        final List<Long> generations = generations(directory);
        for (final long generation : generations)
        {
            final AccountFile file = read(directory.resolve(nameOf(generation)), generation);
            if (file.isFound)
            {
                return file;
            }
        }
        if (!generations(directory).equals(generations))
        {
            // While they were read, the files became others.
            throw new NoSuchFileException(directory.toString());
        }
        final AccountState empty = new AccountState();
        if (!generations.isEmpty())
        {
            final String newest = nameOf(generations.get(0));
            empty.addFinding(new Finding("account", newest, 0, "no account file has a valid snapshot"));
        }
        return none(empty, generations.isEmpty() ? 0 : generations.get(0));
    }

    private static AccountFile none(final AccountState state, final long generation)
    {
        return new AccountFile(state, generation, false, 0, 0, 0);
    }

    private static AccountFile read(final Path path, final long generation) throws IOException
    {
        final AccountState state = new AccountState();
        final ByteBuffer bytes = contents(path);
        final CRC32C crc = new CRC32C();
        long sequence = 0;
        int snapshotLength = 0;
        ByteBuffer record = next(bytes, crc);
        while (null != record)
        {
            final long sequenceRead = record.getLong(8);
            if (0 != snapshotLength && sequenceRead != sequence + 1)
            {
                break;
            }
            record.position(Account.HEADER_LENGTH);
            if (0 == snapshotLength && (record.remaining() < 8 || MAGIC != record.getLong()))
            {
                break;
            }
            apply(record, state, path);
            sequence = sequenceRead;
            bytes.position(bytes.position() + record.limit());
            snapshotLength = 0 == snapshotLength ? bytes.position() : snapshotLength;
            record = next(bytes, crc);
        }
        return 0 == snapshotLength ?
            none(state, generation) :
            new AccountFile(state, generation, true, sequence, snapshotLength, bytes.position());
    }

    /** A record with a good checksum that makes no sense was not written by a meter. */
    private static void apply(final ByteBuffer record, final AccountState state, final Path path) throws IOException
    {
        try
        {
            AccountCodec.apply(record, state);
        }
        catch (final RuntimeException ex)
        {
            throw new IOException("account " + path + " holds a record that no meter writes: " + ex, ex);
        }
    }

    /** The record at the position when it is whole and its checksum fits, else null. */
    private static ByteBuffer next(final ByteBuffer bytes, final CRC32C crc)
    {
        if (bytes.remaining() < Account.HEADER_LENGTH)
        {
            return null;
        }
        final int length = bytes.getInt(bytes.position());
        if (length < 0 || length > bytes.remaining() - Account.HEADER_LENGTH)
        {
            return null;
        }
        final ByteBuffer record = bytes.slice(bytes.position(), Account.HEADER_LENGTH + length);
        record.order(ByteOrder.LITTLE_ENDIAN);
        return checksum(crc, record) == record.getInt(4) ? record : null;
    }

    private static ByteBuffer contents(final Path path) throws IOException
    {
        try (SeekableByteChannel file = Files.newByteChannel(
            path, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)))
        {
            final ByteBuffer bytes = ByteBuffer.allocate((int)Math.min(file.size(), LENGTH_MAX));
            int count = 0;
            while (count >= 0 && bytes.hasRemaining())
            {
                count = file.read(bytes);
            }
            return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
