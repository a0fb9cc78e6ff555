/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFilesTest
{
    private static final Map<String, byte[]> FILES = Map.of("a", new byte[]{ 'A' }, "b", new byte[]{ 'B' });

    @TempDir
    private Path folder;

    @Test
    void shouldMakeADirectoryInOneStep() throws IOException
    {
        final Path parent = folder.resolve("x/y");
        DurableFiles.makeDirectory(parent);
        DurableFiles.makeDirectory(parent);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(parent)));
        DurableFiles.writeDirectory(parent.resolve("1"), FILES);
        assertEquals(List.of("1"), names(parent));
        assertEquals("A", Files.readString(parent.resolve("1/a")));
        assertEquals("B", Files.readString(parent.resolve("1/b")));
    }

    /** Of two who write the same directory one loses and leaves nothing. */
    @Test
    void shouldNotReplaceADirectory() throws IOException
    {
        DurableFiles.writeDirectory(folder.resolve("1"), FILES);
        assertThrows(IOException.class,
            () -> DurableFiles.writeDirectory(folder.resolve("1"), Map.of("a", new byte[]{ 'X' })));
        assertEquals(List.of("1"), names(folder));
        assertEquals("A", Files.readString(folder.resolve("1/a")));
        assertEquals(List.of("a", "b"), names(folder.resolve("1")));
    }

    @Test
    void shouldReplaceAFileOrLeaveIt() throws IOException
    {
        final Path file = folder.resolve("f");
        DurableFiles.replace(file, new byte[]{ '1' });
        DurableFiles.replace(file, new byte[]{ '2' });
        assertEquals("2", Files.readString(file));
        final Path full = Files.createDirectories(folder.resolve("full/inside")).getParent();
        assertThrows(IOException.class, () -> DurableFiles.replace(full, new byte[]{ '3' }));
        assertEquals(List.of("f", "full"), names(folder));
        assertEquals(List.of("inside"), names(full));
    }

    private static List<String> names(final Path directory) throws IOException
    {
        try (Stream<Path> files = Files.list(directory))
        {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
