/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;

/**
 * A directory that meter directories are made in, held by one sidecar: docs/design/0019-sidecar.md. The lock is of the
 * kind that the JVM takes (POSIX), which supervisors ask for with F_GETLK. It dies with the process that holds it.
 */
public final class MeterPlace implements AutoCloseable
{
    static final String LOCK = "sidecar.lock";
    static final String WAKE = "sidecar.wake";
    public static final String STATUS = "sidecar.json";
    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    static final Set<PosixFilePermission> FILE_OF_OWNER = PosixFilePermissions.fromString("rw-------");

    private final Path directory;
    private final FileChannel lockChannel;

    private MeterPlace(final Path directory, final FileChannel lockChannel)
    {
        this.directory = directory;
        this.lockChannel = lockChannel;
    }

    /** Make it where it is missing and hold it. Null when another sidecar does. */
    static MeterPlace hold(final Path directory, final long uid) throws IOException
    {
        makeDirectories(directory);
        final String fault = faultOf(directory, uid);
        if (null != fault)
        {
            throw new IOException(directory + ": " + fault);
        }
        final FileChannel channel = open(directory.resolve(LOCK));
        if (!lock(channel))
        {
            channel.close();
            return null;
        }
        try
        {
            open(directory.resolve(WAKE)).close();
        }
        catch (final IOException ex)
        {
            // Not to be held by a process that does not serve it.
            channel.close();
            throw ex;
        }
        return new MeterPlace(directory, channel);
    }

    /** Does a sidecar hold this place now? To ask takes a shared lock for an instant. */
    public static boolean isHeld(final Path directory)
    {
        try (FileChannel channel = FileChannel.open(
            directory.resolve(LOCK), Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
            FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true))
        {
            return null == lock;
        }
        catch (final OverlappingFileLockException heldByThisProcess)
        {
            return true;
        }
        catch (final IOException absent)
        {
            return false;
        }
    }

    static void makeDirectories(final Path directory) throws IOException
    {
        final FileAttribute<Set<PosixFilePermission>> mode = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS))
        {
            Files.createDirectories(directory, mode);
        }
    }

    /**
     * Why this is no directory of ours that nobody else can write to; null when it is one. Links are not followed.
     *
     * @throws IOException nobody knows.
     */
    static String faultOf(final Path directory, final long uid) throws IOException
    {
        final Map<String, Object> attributes;
        try
        {
            attributes = Files.readAttributes(
                directory, "unix:uid,mode,isDirectory,isSymbolicLink", LinkOption.NOFOLLOW_LINKS);
        }
        catch (final NoSuchFileException nothing)
        {
            return "is not there";
        }
        if (Boolean.TRUE.equals(attributes.get("isSymbolicLink")))
        {
            return "is a symbolic link";
        }
        if (!Boolean.TRUE.equals(attributes.get("isDirectory")))
        {
            return "is no directory";
        }
        final long owner = ((Number)attributes.get("uid")).longValue();
        final int mode = ((Number)attributes.get("mode")).intValue();
        if (uid != owner)
        {
            return "belongs to uid " + owner + ", not to " + uid;
        }
        return 0 == (mode & WRITABLE_BY_OTHERS) ? null :
            "can be written by others, mode " + Integer.toOctalString(mode & 07777);
    }

    Path directory()
    {
        return directory;
    }

    @Override
    public void close()
    {
        try
        {
            lockChannel.close();
        }
        catch (final IOException ignore)
        {
            // The kernel lets go of it in any case.
        }
    }

    private static FileChannel open(final Path file) throws IOException
    {
        return FileChannel.open(file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(FILE_OF_OWNER));
    }

    private static boolean lock(final FileChannel channel) throws IOException
    {
        try
        {
            return null != channel.tryLock();
        }
        catch (final OverlappingFileLockException heldByThisProcess)
        {
            return false;
        }
    }
}
