/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Set;
import java.util.function.Consumer;
import org.flopmeter.ledger.Disk;
import org.flopmeter.ledger.FileDisk;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DurableFiles;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningException;
import org.flopmeter.sign.SigningKey;
import org.flopmeter.witness.TrustedLogs;
import org.flopmeter.witness.Witness;

/** The directory of a witness: its key, whom it trusts, and what it cosigned. One process at a time. */
final class WitnessDirectory implements Witness.Store, Closeable
{
    static final String LOGS = "logs";

    private static final String KEY = "key";
    private static final String PUBLIC_KEY = "key.pub";
    private static final String SEEN = "seen";

    private final Path directory;
    private final Disk seen;
    private final Consumer<String> log;
    private final FileChannel lock;
    private TrustedLogs logs;
    private FileTime logsTime;

    private WitnessDirectory(final Path directory, final FileChannel lock, final Consumer<String> log)
    {
        this.directory = directory;
        this.lock = lock;
        this.log = log;
        seen = new FileDisk(directory.resolve(SEEN), false);
    }

    /** @param log takes a line about what is wrong and was gone on without. */
    static WitnessDirectory open(final Path directory, final Consumer<String> log) throws IOException
    {
        DurableFiles.makeDirectory(directory);
        DurableFiles.makeDirectory(directory.resolve(SEEN));
        final FileChannel channel = FileChannel.open(directory.resolve("lock"),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
        FileLock held = null;
        try
        {
            held = channel.tryLock();
        }
        catch (final OverlappingFileLockException ex)
        {
            held = null;
        }
        if (null == held)
        {
            channel.close();
            throw new EnvironmentException(directory + ": another witness serves it");
        }
        return new WitnessDirectory(directory, channel, log);
    }

    /** Its key; made on first use, under that name. */
    NoteSigner signer(final String name)
    {
        final Path file = directory.resolve(KEY);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS))
        {
            KeyFiles.create(file, new NoteSigner(name, SigningKey.generate(SignatureAlgorithm.ED25519)));
        }
        final NoteSigner signer = KeyFiles.read(file);
        if (!Files.exists(directory.resolve(PUBLIC_KEY), LinkOption.NOFOLLOW_LINKS))
        {
            KeyFiles.createPublic(directory.resolve(PUBLIC_KEY), signer.witnessKey());
        }
        return signer;
    }

    /** Adds a log to those that it trusts, where it isn't among them. */
    void trust(final NoteKey key) throws IOException
    {
        final Path file = directory.resolve(LOGS);
        final String before = Files.exists(file) ? new String(DocumentFiles.bytes(file), StandardCharsets.UTF_8) : "";
        if (!TrustedLogs.parse(before).keys(key.name()).contains(key))
        {
            final String whole = before + (before.isEmpty() || before.endsWith("\n") ? "" : "\n") + key.text() + '\n';
            TrustedLogs.parse(whole);
            DurableFiles.replace(file, whole.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Whom it trusts, as the file says now; where the file can't be read any more, as it said last. */
    synchronized TrustedLogs logs()
    {
        final Path file = directory.resolve(LOGS);
        try
        {
            final FileTime time = Files.getLastModifiedTime(file);
            if (!time.equals(logsTime))
            {
                logsTime = time;
                logs = TrustedLogs.parse(new String(DocumentFiles.bytes(file), StandardCharsets.UTF_8));
            }
        }
        catch (final IOException | SigningException | UsageException ex)
        {
            final String line = file + ": " + (ex instanceof NoSuchFileException ? "no such file; expected a line " +
                "\"VKEY [ORIGIN]\" for each log" : ex.getMessage());
            if (null == logs)
            {
                throw new UsageException(line);
            }
            log.accept(line);
        }
        return logs;
    }

    @Override
    public byte[] load(final String origin) throws IOException
    {
        final String name = Witness.originHash(origin);
        try (Disk.DiskFile file = seen.open(name, false))
        {
            final ByteBuffer bytes = ByteBuffer.allocate((int)Math.min(Note.LENGTH_MAX, file.length()));
            file.read(0, bytes);
            return bytes.array();
        }
        catch (final NoSuchFileException ex)
        {
            return null;
        }
    }

    @Override
    public void save(final String origin, final byte[] note) throws IOException
    {
        final String name = Witness.originHash(origin);
        final String beside = name + ".new";
        try (Disk.DiskFile file = seen.open(beside, true))
        {
            file.truncate(0);
            file.write(0, ByteBuffer.wrap(note));
            file.force();
        }
        seen.rename(beside, name);
        seen.forceDirectory();
    }

    @Override
    public void close() throws IOException
    {
        lock.close();
    }
}
