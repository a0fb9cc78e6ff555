/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.flopmeter.graph.store.ContentDigest;

/**
 * SHA-256 of a file, and whether it held still.
 *
 * @param isStable  neither its length nor its times changed while it was hashed.
 * @param changedNs when it was last changed in any way, by its inode: a program can't set that time.
 */
record FileDigest(ContentDigest digest, long length, boolean isStable, long changedNs)
{
    private static final int BUFFER_LENGTH = 1 << 20;
    private static final int ATTEMPTS = 2;

    /** Hash a regular file, once more when it changed meanwhile. */
    static FileDigest of(final Path file) throws IOException
    {
        FileDigest digest = once(file);
        for (int attempt = 1; attempt < ATTEMPTS && !digest.isStable; attempt++)
        {
            digest = once(file);
        }
        return digest;
    }

    static long changedNs(final Path file) throws IOException
    {
        return ((FileTime)Files.getAttribute(file, "unix:ctime")).to(TimeUnit.NANOSECONDS);
    }

    private static FileDigest once(final Path file) throws IOException
    {
        final Map<String, Object> before = attributes(file);
        final MessageDigest digest = sha256();
        long length = 0;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ))
        {
            final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_LENGTH);
            while (channel.read(buffer.clear()) >= 0)
            {
                length += buffer.flip().remaining();
                digest.update(buffer);
            }
        }
        final Map<String, Object> after = attributes(file);
        return new FileDigest(ContentDigest.of(digest.digest()), length,
            before.equals(after) && ((Number)after.get("size")).longValue() == length,
            ((FileTime)after.get("ctime")).to(TimeUnit.NANOSECONDS));
    }

    private static Map<String, Object> attributes(final Path file) throws IOException
    {
        return Files.readAttributes(file, "unix:size,ctime,lastModifiedTime,ino,dev");
    }

    private static MessageDigest sha256()
    {
        try
        {
            return MessageDigest.getInstance("SHA-256");
        }
        catch (final NoSuchAlgorithmException ex)
        {
            throw new IllegalStateException(ex);
        }
    }
}
