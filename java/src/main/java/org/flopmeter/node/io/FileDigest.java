/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

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
import java.util.function.Consumer;
import org.flopmeter.graph.store.ContentDigest;
import org.flopmeter.sampler.NativeSha256;

/**
 * SHA-256 of a file, and whether it held still.
 *
 * @param isStable  neither its length nor its times changed while it was hashed.
 * @param changedNs when it was last changed in any way, by its inode: a program can't set that time.
 */
public record FileDigest(ContentDigest digest, long length, boolean isStable, long changedNs)
{
    private static final int BUFFER_LENGTH = 1 << 20;
    private static final int ATTEMPTS = 2;

    /** Hash a regular file, once more when it changed meanwhile. */
    public static FileDigest of(final Path file) throws IOException
    {
        FileDigest digest = once(file);
        for (int attempt = 1; attempt < ATTEMPTS && !digest.isStable; attempt++)
        {
            digest = once(file);
        }
        return digest;
    }

    public static long changedNs(final Path file) throws IOException
    {
        return ((FileTime)Files.getAttribute(file, "unix:ctime")).to(TimeUnit.NANOSECONDS);
    }

    private static FileDigest once(final Path file) throws IOException
    {
        final Map<String, Object> before = attributes(file);
        final byte[] digest;
        final long length;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            NativeSha256 quick = NativeSha256.open())
        {
            final MessageDigest portable = sha256();
            length = readAll(channel, null != quick ? quick::update : portable::update);
            digest = null != quick ? quick.digest() : portable.digest();
        }
        final Map<String, Object> after = attributes(file);
        return new FileDigest(ContentDigest.of(digest), length,
            before.equals(after) && ((Number)after.get("size")).longValue() == length,
            ((FileTime)after.get("ctime")).to(TimeUnit.NANOSECONDS));
    }

    private static long readAll(final FileChannel channel, final Consumer<ByteBuffer> sink) throws IOException
    {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_LENGTH);
        long length = 0;
        while (channel.read(buffer.clear()) >= 0)
        {
            length += buffer.flip().remaining();
            sink.accept(buffer);
        }
        return length;
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
