/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;

/** Files that are there whole after a power loss, or not at all. */
public final class DurableFiles
{
    private DurableFiles()
    {
    }

    /** Makes a directory of this user alone, where it isn't there yet. */
    public static void makeDirectory(final Path directory) throws IOException
    {
        if (!Files.isDirectory(directory))
        {
            Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            sync(directory.toAbsolutePath().getParent());
        }
    }

    /** Makes a directory with these files in one step; an {@link IOException} when a directory is in its place. */
    public static void writeDirectory(final Path directory, final Map<String, byte[]> files) throws IOException
    {
        final Path parent = directory.toAbsolutePath().getParent();
        final Path beside = Files.createTempDirectory(parent, ".new-");
        try
        {
            for (final Map.Entry<String, byte[]> file : files.entrySet())
            {
                write(beside.resolve(file.getKey()), file.getValue());
            }
            sync(beside);
            Files.move(beside, directory, StandardCopyOption.ATOMIC_MOVE);
        }
        finally
        {
            remove(beside);
        }
        sync(parent);
    }

    /** Puts a file in its place, and in that of one that is there. */
    public static void replace(final Path file, final byte[] bytes) throws IOException
    {
        final Path parent = file.toAbsolutePath().getParent();
        final Path directory = Files.createTempDirectory(parent, ".new-");
        try
        {
            final Path beside = directory.resolve(file.getFileName());
            write(beside, bytes);
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        }
        finally
        {
            remove(directory);
        }
        sync(parent);
    }

    private static void write(final Path file, final byte[] bytes) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, Set.of(
            StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)))
        {
            final ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining())
            {
                channel.write(buffer);
            }
            channel.force(true);
        }
    }

    private static void sync(final Path directory) throws IOException
    {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ))
        {
            channel.force(true);
        }
    }

    private static void remove(final Path directory) throws IOException
    {
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS))
        {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory))
        {
            for (final Path file : files)
            {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
