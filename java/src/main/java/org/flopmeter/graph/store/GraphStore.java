/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The records of a state directory: append-only, shared by processes, docs/design/0012-graph-store.md. Threads may
 * share it.
 */
public final class GraphStore
{
    static final String FILE = "records.store";

    private static final String DIRECTORY = "graph";
    private static final String IMPORTS = "imports.map";
    /** One more where events are mapped to another graph than before. */
    private static final int MAPPING = 2;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(5);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final FileAttribute<?> PRIVATE =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path directory;
    private final long patienceNs;

    /** Records whose references need the number of the batch's first record. */
    public interface Batch
    {
        List<GraphRecord> records(long firstSequence);
    }

    GraphStore(final Path directory, final long patienceNs)
    {
        this.directory = directory;
        this.patienceNs = patienceNs;
    }

    public static GraphStore of(final Path stateDirectory)
    {
        return new GraphStore(stateDirectory.resolve(DIRECTORY), PATIENCE_NS);
    }

    public Path file()
    {
        return directory.resolve(FILE);
    }

    /**
     * Everything that is there; nothing where there is no store.
     *
     * @throws GraphStoreException the file is not a store, says what can't be, or can't be had.
     */
    public StoreContents read()
    {
        final StoreContents contents = new StoreContents();
        if (!Files.exists(file(), LinkOption.NOFOLLOW_LINKS))
        {
            return contents;
        }
        try (StoreLock lock = StoreLock.take(directory, true, patienceNs);
            FileChannel channel = open(lock, StandardOpenOption.READ))
        {
            if (channel.size() < FrameLayout.HEADER_LENGTH)
            {
                contents.torn(0 == channel.size() ? -1 : 0);
                return contents;
            }
            final FrameScan scan = FrameScan.of(channel, contents::add);
            contents.torn(scan.tornOffset());
            contents.damaged(scan.damages());
            contents.next(scan.sequenceNext());
            contents.imports(keptImports(
                importKey(readFully(channel, 0, FrameLayout.HEADER_LENGTH), contents)));
            return contents;
        }
        catch (final IOException ex)
        {
            throw failed(ex);
        }
        catch (final GraphStoreException ex)
        {
            throw ex.getMessage().startsWith("offset") ? new GraphStoreException(file() + ": " + ex.getMessage()) : ex;
        }
    }

    /**
     * What the imports make, beside the records, for whoever reads them next. A copy: without it they are mapped again,
     * so that it can't be written is no error.
     */
    void keepImports(final StoreContents contents)
    {
        try (StoreLock lock = StoreLock.take(directory, false, patienceNs);
            FileChannel channel = open(lock, StandardOpenOption.READ))
        {
            final String key = importKey(readFully(channel, 0, FrameLayout.HEADER_LENGTH), contents);
            final Path beside = directory.resolve(IMPORTS + ".new");
            Files.write(beside, ImportMap.encode(key, contents.imports()));
            Files.setPosixFilePermissions(beside, PosixFilePermissions.fromString("rw-------"));
            Files.move(beside, directory.resolve(IMPORTS), StandardCopyOption.ATOMIC_MOVE);
        }
        catch (final IOException | GraphStoreException ex)
        {
            // The next question maps them.
            return;
        }
    }

    private ImportFold.Outcome keptImports(final String key)
    {
        try
        {
            final Path kept = directory.resolve(IMPORTS);
            return key.startsWith("0/") || !Files.isRegularFile(kept, LinkOption.NOFOLLOW_LINKS) ? null :
                ImportMap.decode(key, Files.readAllBytes(kept));
        }
        catch (final IOException ex)
        {
            return null;
        }
    }

    /** A meter of another version maps them itself. */
    private static String importKey(final ByteBuffer header, final StoreContents contents)
    {
        return contents.importKey() + ' ' + FrameLayout.idText(header) + ' ' + MAPPING + ' ' +
            GraphStore.class.getPackage().getImplementationVersion();
    }

    /**
     * Names what is recorded now, at the price of a header and a frame: the same as long as nothing was appended. Null
     * where there is no store, or no whole batch at its end.
     *
     * @throws GraphStoreException the file can't be had.
     */
    public String stamp()
    {
        if (!Files.exists(file(), LinkOption.NOFOLLOW_LINKS))
        {
            return null;
        }
        try (StoreLock lock = StoreLock.take(directory, true, patienceNs);
            FileChannel channel = open(lock, StandardOpenOption.READ))
        {
            final long next = nextOfLast(channel, channel.size());
            return next < 0 ? null : FrameLayout.idText(readFully(channel, 0, FrameLayout.HEADER_LENGTH)) + '/' +
                channel.size() + '/' + next;
        }
        catch (final IOException ex)
        {
            throw failed(ex);
        }
    }

    /** Write a batch, whole or not at all; it is on disk when this returns the number of its first record. */
    public long append(final Batch batch)
    {
        try
        {
            makeDirectory();
            try (StoreLock lock = StoreLock.take(directory, false, patienceNs);
                FileChannel channel = open(
                    lock, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE))
            {
                return append(channel, batch);
            }
        }
        catch (final IOException ex)
        {
            throw failed(ex);
        }
    }

    public long append(final List<GraphRecord> records)
    {
        return append(ignored -> records);
    }

    private long append(final FileChannel channel, final Batch batch) throws IOException
    {
        if (channel.size() < FrameLayout.HEADER_LENGTH)
        {
            create(channel);
        }
        long end = channel.size();
        long sequence = nextOfLast(channel, end);
        if (sequence < 0)
        {
            final FrameScan scan = FrameScan.of(channel, GraphStore::ignore);
            sequence = scan.sequenceNext();
            end = scan.endOffset();
            if (scan.tornOffset() >= 0)
            {
                cut(channel, end);
            }
        }
        final ByteBuffer bytes = encode(batch.records(sequence), sequence, (int)(-end & (FrameLayout.ALIGNMENT - 1)));
        try
        {
            writeFully(channel, bytes, end);
            channel.force(false);
        }
        catch (final IOException ex)
        {
            // A disk that is full: what was there stays as it was.
            channel.truncate(end);
            throw ex;
        }
        return sequence;
    }

    private static void ignore(final List<FrameScan.Frame> batch)
    {
        // Only where the records end is asked for.
    }

    /** What follows the last frame, found by the word at the end of the file; -1 when that is no end of a batch. */
    private static long nextOfLast(final FileChannel channel, final long size) throws IOException
    {
        if (FrameLayout.HEADER_LENGTH == size)
        {
            return headerIsWhole(channel) ? 1 : -1;
        }
        if (size < FrameLayout.HEADER_LENGTH + FrameLayout.FRAME_LENGTH_MIN || 0 != size % FrameLayout.ALIGNMENT ||
            !headerIsWhole(channel))
        {
            return -1;
        }
        final int length = readFully(channel, size - 4, 4).getInt(0);
        if (!FrameLayout.isPlausible(length) || length > size - FrameLayout.HEADER_LENGTH)
        {
            return -1;
        }
        final ByteBuffer frame = readFully(channel, size - length, length);
        return length == FrameLayout.validLength(frame, 0, length) &&
            0 == (FrameLayout.flags(frame, 0) & FrameLayout.FLAG_GOES_ON) ? FrameLayout.sequence(frame, 0) + 1 : -1;
    }

    private static boolean headerIsWhole(final FileChannel channel) throws IOException
    {
        final ByteBuffer header = readFully(channel, 0, FrameLayout.HEADER_LENGTH);
        return FrameLayout.MAGIC == header.getLong(0) && FrameLayout.VERSION == header.getInt(8) &&
            FrameLayout.isHeaderWhole(header);
    }

    private static ByteBuffer encode(final List<GraphRecord> records, final long firstSequence, final int padding)
    {
        if (records.isEmpty() || records.size() > FrameScan.BATCH_FRAMES_MAX)
        {
            throw new IllegalArgumentException("a batch has 1 to " + FrameScan.BATCH_FRAMES_MAX + " records, not " +
                records.size());
        }
        final ByteBuffer body = ByteBuffer.allocate(FrameLayout.BODY_LENGTH_MAX).order(ByteOrder.LITTLE_ENDIAN);
        final List<byte[]> bodies = new ArrayList<>(records.size());
        long length = padding;
        for (final GraphRecord record : records)
        {
            body.clear();
            RecordCodec.encode(record, body);
            final byte[] bytes = new byte[body.position()];
            body.get(0, bytes);
            bodies.add(bytes);
            length += FrameLayout.frameLength(bytes.length);
        }
        final ByteBuffer frames = ByteBuffer.allocate(Math.toIntExact(length)).order(ByteOrder.LITTLE_ENDIAN);
        int at = padding;
        for (int i = 0; i < records.size(); i++)
        {
            final int flags = (0 == i ? FrameLayout.FLAG_FIRST : 0) |
                (i < records.size() - 1 ? FrameLayout.FLAG_GOES_ON : 0);
            frames.put(at + FrameLayout.BODY_OFFSET, bodies.get(i));
            FrameLayout.seal(
                frames, at, firstSequence + i, RecordCodec.type(records.get(i)), flags, bodies.get(i).length);
            at += FrameLayout.frameLength(bodies.get(i).length);
        }
        return frames;
    }

    private void create(final FileChannel channel) throws IOException
    {
        final byte[] id = new byte[16];
        RANDOM.nextBytes(id);
        final long nowNs = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
        channel.truncate(0);
        writeFully(channel, FrameLayout.header(id, nowNs), 0);
        channel.force(true);
        try (FileChannel parent = FileChannel.open(directory, StandardOpenOption.READ))
        {
            parent.force(true);
        }
    }

    /** What a killed writer left is kept beside the store before it is cut off. */
    private void cut(final FileChannel channel, final long end) throws IOException
    {
        final Path kept = directory.resolve("records.cut-" + end);
        try (FileChannel to = FileChannel.open(kept, Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING, LinkOption.NOFOLLOW_LINKS), PRIVATE))
        {
            for (long at = end; at < channel.size();)
            {
                at += channel.transferTo(at, channel.size() - at, to);
            }
        }
        channel.truncate(end);
    }

    private FileChannel open(final StoreLock lock, final StandardOpenOption... options) throws IOException
    {
        lock.requireHeld();
        final Path file = file();
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
        {
            throw new GraphStoreException(file + ": expected a regular file");
        }
        final Set<OpenOption> all = new HashSet<>(List.of(options));
        all.add(LinkOption.NOFOLLOW_LINKS);
        return FileChannel.open(file, all, PRIVATE);
    }

    private void makeDirectory() throws IOException
    {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS))
        {
            Files.createDirectories(directory.getParent());
            try
            {
                Files.createDirectory(directory,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            catch (final FileAlreadyExistsException ex)
            {
                if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS))
                {
                    throw ex;
                }
            }
        }
    }

    private static ByteBuffer readFully(final FileChannel channel, final long offset, final int length)
        throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining())
        {
            if (channel.read(buffer, offset + buffer.position()) < 0)
            {
                throw new IOException("ends at " + channel.size() + " unexpectedly");
            }
        }
        return buffer;
    }

    private static void writeFully(final FileChannel channel, final ByteBuffer bytes, final long offset)
        throws IOException
    {
        while (bytes.hasRemaining())
        {
            channel.write(bytes, offset + bytes.position());
        }
    }

    private GraphStoreException failed(final IOException cause)
    {
        return new GraphStoreException(file() + ": " + cause.getClass().getSimpleName() + ": " + cause.getMessage(),
            cause);
    }
}
