/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import org.flopmeter.sampler.NativeSha256;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDigestTest
{
    @TempDir
    private Path work;

    @Test
    void shouldHashAFileWhoeverDoesIt() throws Exception
    {
        final Random random = new Random(7);
        for (final int length : new int[] { 0, 1, 55, 56, 64, 1 << 20, (1 << 20) + 1, 3_000_001 })
        {
            final byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            final Path file = Files.write(work.resolve("file"), bytes);

            final FileDigest found = FileDigest.of(file);

            assertEquals(
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)), found.digest().hex());
            assertEquals(length, found.length());
            assertTrue(found.isStable());
        }
    }

    @Test
    void shouldAddFromWhereTheBufferStands()
    {
        try (NativeSha256 sha256 = NativeSha256.open())
        {
            assumeTrue(null != sha256, "SKIPPED: no libcrypto");
            final byte[] bytes = "xxabcdxyz".getBytes(StandardCharsets.US_ASCII);
            final ByteBuffer buffer = ByteBuffer.allocateDirect(9).put(bytes).flip().position(2);
            sha256.update(buffer.limit(4));
            sha256.update(buffer.limit(5));
            assertEquals("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                HexFormat.of().formatHex(sha256.digest()));
        }
    }
}
