/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A directory of the file system: files are private, and links are not followed. */
public final class FileDisk implements Disk
{
    private static final FileAttribute<?> PRIVATE =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private static final int PERMISSIONS = 07777;
    private static final int WRITABLE_BY_OTHERS = 0022;

    private final Path directory;
    private final boolean isReadOnly;

    /** Asked once. */
    private static final class Own
    {
        static final Object UID = uid();

        private static Object uid()
        {
            try
            {
                return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            }
            catch (final IOException ex)
            {
                throw new UncheckedIOException("no /proc", ex);
            }
        }
    }

    public FileDisk(final Path directory, final boolean isReadOnly)
    {
        this.directory = directory;
        this.isReadOnly = isReadOnly;
    }

    @Override
    public List<String> list() throws IOException
    {
        final List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory))
        {
            for (final Path file : files)
            {
                // A segment that is left out of the list is one that a writer begins a second time.
                final BasicFileAttributes found = Presence.of(file);
                if (null != found && found.isRegularFile())
                {
                    names.add(file.getFileName().toString());
                }
            }
        }
        catch (final DirectoryIteratorException ex)
        {
            throw ex.getCause();
        }
        Collections.sort(names);
        return names;
    }

    @Override
    public DiskFile open(final String name, final boolean isCreated) throws IOException
    {
        final Path file = directory.resolve(name);
        if (name.indexOf('/') >= 0)
        {
            throw new IllegalArgumentException("not a name in a directory: " + name);
        }
        if (!isReadOnly && Presence.isThere(file))
        {
            refuseForeign(file);
        }
        final Set<OpenOption> options = new HashSet<>(Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        if (!isReadOnly)
        {
            options.add(StandardOpenOption.WRITE);
        }
        if (isCreated)
        {
            options.add(StandardOpenOption.CREATE);
        }
        return new ChannelFile(FileChannel.open(file, options, PRIVATE));
    }

    /** @throws FileSystemException it is not this user's alone: what is written there is not evidence. */
    static void refuseForeign(final Path file) throws IOException
    {
        final Map<String, Object> attributes =
            Files.readAttributes(file, "unix:uid,mode,nlink,isDirectory,isRegularFile", LinkOption.NOFOLLOW_LINKS);
        final boolean isDirectory = Boolean.TRUE.equals(attributes.get("isDirectory"));
        final int mode = (Integer)attributes.get("mode") & PERMISSIONS;
        final Object uid = Own.UID;
        String fault = null;
        if (!isDirectory && !Boolean.TRUE.equals(attributes.get("isRegularFile")))
        {
            fault = "is neither a file nor a directory of its own";
        }
        else if (!uid.equals(attributes.get("uid")))
        {
            fault = "belongs to uid " + attributes.get("uid") + ", not to " + uid;
        }
        else if (0 != (mode & WRITABLE_BY_OTHERS))
        {
            fault = "can be written by others, mode " + Integer.toOctalString(mode);
        }
        else if (!isDirectory && 1 != ((Number)attributes.get("nlink")).intValue())
        {
            fault = "has another name too, a hard link";
        }
        if (null != fault)
        {
            throw new FileSystemException(file.toString(), null, fault);
        }
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
