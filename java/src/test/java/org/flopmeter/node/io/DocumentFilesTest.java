/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentFilesTest
{
    @TempDir
    private Path folder;

    @Test
    void shouldReadUpToTheLimitAndRefuseAByteMore() throws IOException
    {
        final Path file = folder.resolve("document.json");
        Files.write(file, new byte[] { 1, 2, 3, 4 });
        assertArrayEquals(new byte[] { 1, 2, 3, 4 }, DocumentFiles.bytes(file, 4));
        assertEquals(file + ": cannot be read: expected at most 3 bytes, found more",
            assertThrows(UsageException.class, () -> DocumentFiles.bytes(file, 3)).getMessage());
    }

    @Test
    void shouldNotReadOnWhatNeverEnds()
    {
        assertEquals("/dev/zero: cannot be read: expected at most 33554432 bytes, found more",
            assertThrows(UsageException.class, () -> DocumentFiles.bytes(Path.of("/dev/zero"))).getMessage());
    }

    @Test
    void shouldPutAFileInPlaceOfALink() throws IOException
    {
        final Path elsewhere = Files.writeString(folder.resolve("elsewhere"), "untouched");
        final Path file = folder.resolve("result.json");
        Files.createSymbolicLink(folder.resolve(".result.json.tmp"), elsewhere);
        Files.createSymbolicLink(file, elsewhere);

        DocumentFiles.replace(file, "new");

        assertEquals("untouched", Files.readString(elsewhere));
        assertEquals("new", Files.readString(file));
    }
}
