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
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;

/** The ledger of a state directory, with its lock and its key, open for one appender. */
public final class LedgerHome implements Closeable
{
    public static final String DIRECTORY = "ledger";
    public static final String KEY = "key";
    public static final String PUBLIC_KEY = "key.pub";
    /** A key that is about to take over. */
    static final String NEXT_KEY = "key.next";

    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(5);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path stateDirectory;
    private LedgerWriter writer;
    private LedgerLock lock;
    private Path lost;
    private NoteSigner signer;
    private Map<String, Object> signerStamp;

    /** What is done with a ledger whose lock is held. */
    private interface Opening
    {
        void open(Path directory) throws IOException;
    }

    private LedgerHome(final Path stateDirectory)
    {
        this.stateDirectory = stateDirectory;
    }

    /** Open the ledger of a state directory; begin one where there is none, or where the one there is lost. */
    public static LedgerHome open(final Path stateDirectory, final String software) throws IOException
    {
        return open(stateDirectory, software, LedgerClock.SYSTEM);
    }

    /** As above, on a clock that somebody else sets. */
    public static LedgerHome open(final Path stateDirectory, final String software, final LedgerClock clock)
        throws IOException
    {
        final LedgerHome home = new LedgerHome(stateDirectory);
        home.take(directory -> home.writer = LedgerWriter.open(
            new FileDisk(directory, false), clock, home.currentSigner(directory), software));
        return home;
    }

    private void take(final Opening opening) throws IOException
    {
        lost = null;
        while (true)
        {
            final Path directory = directory(stateDirectory);
            lock = LedgerLock.take(directory, false, PATIENCE_NS);
            boolean isOpen = false;
            try
            {
                finishRotation(directory);
                opening.open(directory);
                isOpen = true;
                return;
            }
            catch (final LedgerException ex)
            {
                if (null != lost)
                {
                    throw ex;
                }
                // Evidence is kept as it is. Nothing consistent can be signed under its name any more.
                lost = unusedName(stateDirectory, ".lost-");
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

    /** Let others in until {@link #resume}. */
    public void pause() throws IOException
    {
        try
        {
            writer.pause();
        }
        finally
        {
            lock.close();
        }
    }

    /** Be the one appender again: as {@link #open}, and everything that is not durable is still there. */
    public void resume() throws IOException
    {
        take(directory -> writer.resume(currentSigner(directory)));
    }

    /**
     * Hand over to a new key, signed by the old one. A kill at any time leaves either the old key or the new one.
     *
     * @return the new public key.
     */
    public NoteKey rotate() throws IOException
    {
        final Path directory = directory(stateDirectory);
        final Path next = directory.resolve(NEXT_KEY);
        final NoteSigner made = new NoteSigner(
            LedgerWriter.origin(writer.ledger()), SigningKey.generate(SignatureAlgorithm.ED25519));
        KeyFiles.create(next, made);
        if (!writer.rotate(made))
        {
            Files.delete(next);
            throw new IOException(directory + ": cannot be written: " + writer.failure());
        }
        if (null == writer.checkpoint())
        {
            throw new IOException(directory + ": cannot be written: " + writer.failure() +
                "; the next opening finishes the change of keys");
        }
        replaceKey(directory);
        return made.noteKey();
    }

    /**
     * End the key. What it signed stays, under another name; the next opening begins a ledger with another key.
     *
     * @return where the ledger is kept.
     */
    public Path revoke() throws IOException
    {
        final Path directory = directory(stateDirectory);
        if (null == writer.checkpoint() || !writer.revoke())
        {
            throw new IOException(directory + ": cannot be written: " + writer.failure());
        }
        final Path kept = unusedName(stateDirectory, ".revoked-");
        Files.move(directory, kept);
        return kept;
    }

    /** A change of keys was interrupted: the entries say which key holds. */
    private static void finishRotation(final Path directory) throws IOException
    {
        final Path next = directory.resolve(NEXT_KEY);
        if (!Presence.isThere(next))
        {
            return;
        }
        final NoteSigner made = KeyFiles.read(next);
        final byte[] last = EntryScan.lastSigner(new FileDisk(directory, false));
        if (Arrays.equals(made.noteKey().key().raw(), last))
        {
            replaceKey(directory);
        }
        else
        {
            Files.delete(next);
        }
    }

    private static void replaceKey(final Path directory) throws IOException
    {
        Files.move(directory.resolve(NEXT_KEY), directory.resolve(KEY), StandardCopyOption.ATOMIC_MOVE);
        Files.deleteIfExists(directory.resolve(PUBLIC_KEY));
        KeyFiles.createPublic(directory.resolve(PUBLIC_KEY), KeyFiles.read(directory.resolve(KEY)).noteKey());
        new FileDisk(directory, false).forceDirectory();
    }

    /** To read a key takes as long as to sign with it. */
    private NoteSigner currentSigner(final Path directory) throws IOException
    {
        final Path file = directory.resolve(KEY);
        final Map<String, Object> stamp = Presence.isThere(file) ?
            Files.readAttributes(file, "unix:ino,dev,mode,uid,ctime,size", LinkOption.NOFOLLOW_LINKS) : null;
        if (null == signer || null == stamp || !stamp.equals(signerStamp))
        {
            signer = signer(directory);
            signerStamp = stamp;
        }
        return signer;
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

    /** Where a ledger that the last opening or resuming could not go on with was put; null when there was none. */
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
        final BasicFileAttributes found = Presence.of(directory);
        if (null == found || !found.isDirectory())
        {
            Files.createDirectories(stateDirectory);
            Files.createDirectory(directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        if (!Presence.isThere(directory.resolve(LedgerLock.NAME)))
        {
            // What is durable in it is of no use while its own name is not; an earlier force of it may have failed.
            new FileDisk(stateDirectory, true).forceDirectory();
        }
        FileDisk.refuseForeign(directory);
        return directory;
    }

    private static NoteSigner signer(final Path directory) throws IOException
    {
        final Path file = directory.resolve(KEY);
        if (!Presence.isThere(file))
        {
            final NoteSigner made = new NoteSigner(
                LedgerWriter.origin(randomId()), SigningKey.generate(SignatureAlgorithm.ED25519));
            KeyFiles.create(file, made);
        }
        final NoteSigner signer = KeyFiles.read(file);
        final Path published = directory.resolve(PUBLIC_KEY);
        if (!Presence.isThere(published))
        {
            KeyFiles.createPublic(published, signer.noteKey());
        }
        return signer;
    }

    private static Path unusedName(final Path stateDirectory, final String suffix) throws IOException
    {
        int number = 1;
        while (Presence.isThere(stateDirectory.resolve(DIRECTORY + suffix + number)))
        {
            number++;
        }
        return stateDirectory.resolve(DIRECTORY + suffix + number);
    }
}
