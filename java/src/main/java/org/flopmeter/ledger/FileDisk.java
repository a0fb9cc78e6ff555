/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A directory of the file system: files are private, and links are not followed. */
public final class FileDisk implements Disk
{
    private static final FileAttribute<?> PRIVATE =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path directory;
    private final boolean isReadOnly;

    public FileDisk(final Path directory, final boolean isReadOnly)
    {
        this.directory = directory;
        this.isReadOnly = isReadOnly;
    }

    @Override
    public List<String> list() throws IOException
    {
        try (Stream<Path> files = Files.list(directory))
        {
            return files.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                .map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public DiskFile open(final String name, final boolean isCreated) throws IOException
    {
        final Set<OpenOption> options = new HashSet<>(Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        if (!isReadOnly)
        {
            options.add(StandardOpenOption.WRITE);
        }
        if (isCreated)
        {
            options.add(StandardOpenOption.CREATE);
        }
        return new ChannelFile(FileChannel.open(directory.resolve(name), options, PRIVATE));
    }

    @Override
    public void rename(final String from, final String to) throws IOException
    {
        Files.move(directory.resolve(from), directory.resolve(to),
            StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(final String name) throws IOException
    {
        Files.deleteIfExists(directory.resolve(name));
    }

    @Override
    public void forceDirectory() throws IOException
    {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ))
        {
            channel.force(true);
        }
    }

    /** A channel that reads and writes all or fails. */
    private record ChannelFile(FileChannel channel) implements DiskFile
    {
        @Override
        public long length() throws IOException
        {
            return channel.size();
        }

        @Override
        public void read(final long position, final ByteBuffer into) throws IOException
        {
            long at = position;
            while (into.hasRemaining())
            {
                final int count = channel.read(into, at);
                if (count < 0)
                {
                    throw new EOFException("the file ends at " + at);
                }
                at += count;
            }
        }

        @Override
        public void write(final long position, final ByteBuffer bytes) throws IOException
        {
            long at = position;
            while (bytes.hasRemaining())
            {
                at += channel.write(bytes, at);
            }
        }

        @Override
        public void truncate(final long length) throws IOException
        {
            channel.truncate(length);
        }

        @Override
        public void force() throws IOException
        {
            channel.force(false);
        }

        @Override
        public void close() throws IOException
        {
            channel.close();
        }
    }
}
