/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;

/** The ledger of a state directory, with its lock and its key, open for one appender. */
public final class LedgerHome implements Closeable
{
    public static final String DIRECTORY = "ledger";
    public static final String KEY = "key";
    public static final String PUBLIC_KEY = "key.pub";

    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(5);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final LedgerLock lock;
    private final LedgerWriter writer;
    private final Path lost;

    private LedgerHome(final LedgerLock lock, final LedgerWriter writer, final Path lost)
    {
        this.lock = lock;
        this.writer = writer;
        this.lost = lost;
    }

    /** Open the ledger of a state directory; begin one where there is none, or where the one there is lost. */
    public static LedgerHome open(final Path stateDirectory, final String software) throws IOException
    {
        Path lost = null;
        while (true)
        {
            final Path directory = directory(stateDirectory);
            final LedgerLock lock = LedgerLock.take(directory, false, PATIENCE_NS);
            boolean isOpen = false;
            try
            {
                final LedgerWriter writer = LedgerWriter.open(
                    new FileDisk(directory, false), LedgerClock.SYSTEM, signer(directory), software);
                isOpen = true;
                return new LedgerHome(lock, writer, lost);
            }
            catch (final LedgerException ex)
            {
                if (null != lost)
                {
                    throw ex;
                }
                // Evidence is kept as it is. Nothing consistent can be signed under its name any more.
                lost = unusedName(stateDirectory);
                Files.move(directory, lost);
            }
            finally
            {
                if (!isOpen)
                {
                    lock.close();
                }
            }
        }
    }

    /** A pass of a reader: nobody appends meanwhile. */
    public interface Pass<T>
    {
        T read(Disk disk) throws IOException;
    }

    /** Read a directory with a ledger. One that can't be locked (a copy, another user's) is read as it is. */
    public static <T> T read(final Path directory, final Pass<T> pass) throws IOException
    {
        final Disk disk = new FileDisk(directory, true);
        if (!Files.isWritable(directory))
        {
            return pass.read(disk);
        }
        try (LedgerLock lock = LedgerLock.take(directory, true, PATIENCE_NS))
        {
            lock.requireHeld();
            return pass.read(disk);
        }
    }

    public static Id randomId()
    {
        return new Id(RANDOM.nextLong(), RANDOM.nextLong());
    }

    public LedgerWriter writer()
    {
        return writer;
    }

    /** Where a ledger that could not be gone on with was put; null when there was none. */
    public Path lost()
    {
        return lost;
    }

    @Override
    public void close() throws IOException
    {
        writer.close();
        lock.close();
    }

    private static Path directory(final Path stateDirectory) throws IOException
    {
        final Path directory = stateDirectory.resolve(DIRECTORY);
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS))
        {
            Files.createDirectories(stateDirectory);
            Files.createDirectory(directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            // What is durable in it is of no use while its own name is not.
            new FileDisk(stateDirectory, true).forceDirectory();
        }
        FileDisk.refuseForeign(directory);
        return directory;
    }

    private static NoteSigner signer(final Path directory)
    {
        final Path file = directory.resolve(KEY);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS))
        {
            final NoteSigner made = new NoteSigner(
                LedgerWriter.origin(randomId()), SigningKey.generate(SignatureAlgorithm.ED25519));
            KeyFiles.create(file, made);
        }
        final NoteSigner signer = KeyFiles.read(file);
        final Path published = directory.resolve(PUBLIC_KEY);
        if (!Files.exists(published, LinkOption.NOFOLLOW_LINKS))
        {
            KeyFiles.createPublic(published, signer.noteKey());
        }
        return signer;
    }

    private static Path unusedName(final Path stateDirectory)
    {
        int number = 1;
        while (Files.exists(stateDirectory.resolve(DIRECTORY + ".lost-" + number), LinkOption.NOFOLLOW_LINKS))
        {
            number++;
        }
        return stateDirectory.resolve(DIRECTORY + ".lost-" + number);
    }
}
