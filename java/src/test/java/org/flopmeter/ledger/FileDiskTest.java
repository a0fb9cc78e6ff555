/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a ledger are one user's alone, and are read and written whole or not at all. */
class FileDiskTest
{
    @TempDir
    private Path directory;

    private FileDisk disk()
    {
        return new FileDisk(directory, false);
    }

    private Path file(final String name, final String mode) throws IOException
    {
        final Path file = Files.write(directory.resolve(name), new byte[] { 1, 2, 3 });
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        return file;
    }

    private void refuse(final String reason, final String name)
    {
        final FileSystemException refused = assertThrows(FileSystemException.class, () -> disk().open(name, false));
        assertTrue(refused.getReason().contains(reason), refused.getReason());
    }

    @Test
    void shouldListFilesOnlyAndInOrder() throws IOException
    {
        for (final String name : List.of("c", "a", "b"))
        {
            file(name, "rw-------");
        }
        Files.createDirectory(directory.resolve("d"));
        Files.createSymbolicLink(directory.resolve("e"), directory.resolve("a"));
        assertEquals(List.of("a", "b", "c"), disk().list());
        assertThrows(IOException.class, () -> new FileDisk(directory.resolve("none"), true).list());
    }

    @Test
    void shouldReadAndWriteAtAPlace() throws IOException
    {
        assertThrows(NoSuchFileException.class, () -> disk().open("f", false));
        final Disk.DiskFile file = disk().open("f", true);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("f"))));
        file.write(0, ByteBuffer.wrap(new byte[] { 1, 2, 3, 4, 5 }));
        file.write(3, ByteBuffer.wrap(new byte[] { 6, 7, 8 }));
        assertEquals(6, file.length());
        final ByteBuffer middle = ByteBuffer.allocate(3);
        file.read(2, middle);
        assertArrayEquals(new byte[] { 3, 6, 7 }, middle.array());
        final ByteBuffer beyond = ByteBuffer.allocate(3);
        assertEquals("the file ends at 6", assertThrows(EOFException.class, () -> file.read(4, beyond)).getMessage());
        file.truncate(2);
        file.force();
        assertArrayEquals(new byte[] { 1, 2 }, Files.readAllBytes(directory.resolve("f")));
        file.close();
        assertThrows(ClosedChannelException.class, file::length);
    }

    @Test
    void shouldReplaceAndDelete() throws IOException
    {
        file("a", "rw-------");
        Files.write(directory.resolve("b"), new byte[50]);
        disk().rename("a", "b");
        assertEquals(List.of("b"), disk().list());
        assertEquals(3, Files.size(directory.resolve("b")));
        disk().delete("b");
        disk().delete("b");
        assertEquals(List.of(), disk().list());
        disk().forceDirectory();
        assertThrows(IOException.class, () -> new FileDisk(directory.resolve("none"), false).forceDirectory());
    }

    @Test
    void shouldRefuseFilesThatOthersCouldWrite() throws IOException
    {
        file("group", "rw--w----");
        refuse("can be written by others, mode 620", "group");
        file("all", "rw-----w-");
        refuse("can be written by others, mode 602", "all");
        Files.createLink(directory.resolve("second"), file("first", "rw-------"));
        refuse("a hard link", "first");
        Files.createSymbolicLink(directory.resolve("link"), file("target", "rw-------"));
        refuse("is neither a file nor a directory of its own", "link");
        assertThrows(IllegalArgumentException.class, () -> disk().open("../outside", true));
        assertThrows(IllegalArgumentException.class, () -> disk().open("/absolute", true));
        disk().open("target", false).close();
        file("readable", "rw-r--r--");
        disk().open("readable", false).close();
    }

    @Test
    void shouldRefuseWhatBelongsToAnother() throws IOException
    {
        final Path file = file("other", "rw-------");
        try
        {
            Files.setAttribute(file, "unix:uid", 12_345);
        }
        catch (final FileSystemException ex)
        {
            Assumptions.abort("only root can give a file away");
        }
        refuse("belongs to uid 12345, not to ", "other");
        assertEquals(3, new FileDisk(directory, true).open("other", false).length(), "a reader reads it as it is");
    }

    /** A directory is judged likewise, but for its number of names. */
    @Test
    void shouldRefuseADirectoryThatOthersCouldWrite() throws IOException
    {
        final Path inside = Files.createDirectory(directory.resolve("d"));
        Files.createDirectory(inside.resolve("e"));
        Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("rwx------"));
        FileDisk.refuseForeign(inside);
        Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("rwxrwx---"));
        assertThrows(FileSystemException.class, () -> FileDisk.refuseForeign(inside));
    }

    /** Evidence is read as it was found, and not changed by that. */
    @Test
    void shouldOnlyReadWhereItIsToldTo() throws IOException
    {
        file("f", "rw-rw-rw-");
        final FileDisk reader = new FileDisk(directory, true);
        try (Disk.DiskFile file = reader.open("f", false))
        {
            assertEquals(3, file.length());
            assertThrows(NonWritableChannelException.class, () -> file.write(0, ByteBuffer.allocate(1)));
            assertThrows(NonWritableChannelException.class, () -> file.truncate(0));
        }
        Files.createSymbolicLink(directory.resolve("link"), directory.resolve("f"));
        assertThrows(IOException.class, () -> reader.open("link", false));
        assertThrows(NoSuchFileException.class, () -> reader.open("new", true));
        assertFalse(Files.exists(directory.resolve("new")));
    }
}
