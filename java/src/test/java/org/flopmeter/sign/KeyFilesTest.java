/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.flopmeter.sign.SigningKeyTest.assertRefused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFilesTest
{
    private final NoteSigner signer = Keys.signer("agency.example/key-1", 5);

    @TempDir
    private Path folder;
    private Path file;

    @BeforeEach
    void nameTheFile()
    {
        file = folder.resolve("key");
    }

    @Test
    void shouldReadBackWhatItWrote() throws IOException
    {
        KeyFiles.create(file, signer);
        final Path publicFile = folder.resolve("key.pub");
        KeyFiles.createPublic(publicFile, signer.noteKey());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        final NoteSigner read = KeyFiles.read(file);
        assertEquals(signer.noteKey(), read.noteKey());
        assertArrayEquals(signer.key().sign(new byte[9]), read.key().sign(new byte[9]));
        assertEquals(signer.noteKey(), KeyFiles.readPublic(publicFile));
        assertEquals(signer.noteKey().text() + '\n', Files.readString(publicFile));
        assertEquals(List.of("key", "key.pub"), names());
        Files.setPosixFilePermissions(publicFile, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertEquals(signer.noteKey(), KeyFiles.readPublic(publicFile));
    }

    @Test
    void shouldNeverReplaceAFile() throws IOException
    {
        Files.writeString(file, "precious");
        assertRefused("never overwritten", () -> KeyFiles.create(file, signer));
        assertEquals("precious", Files.readString(file));
        final Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));
        assertRefused("never overwritten", () -> KeyFiles.create(link, signer));
        assertRefused("cannot be written: NoSuchFileException: " + folder.resolve("no"),
            () -> KeyFiles.create(folder.resolve("no/folder"), signer));
        assertRefused("cannot be written: Not a directory", () -> KeyFiles.create(file.resolve("key"), signer));
        assertEquals(List.of("key", "link"), names(), "nothing is left beside");
    }

    /** The canary: somebody who only opens and reads would take each of these keys. */
    @Test
    void shouldRefuseAKeyThatOthersMayUse() throws IOException
    {
        KeyFiles.create(file, signer);
        for (final String mode : List.of("rw-r-----", "rw----r--", "rw--w----", "rw------x", "rwxrwxrwx"))
        {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            assertEquals(signer.noteKey(), NoteSigner.parse(Files.readString(file).strip()).noteKey());
            assertRefused("that others may use (mode 0", () -> KeyFiles.read(file));
            assertRefused("chmod 600 " + file, () -> KeyFiles.read(file));
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
        assertEquals(signer.noteKey(), KeyFiles.read(file).noteKey());
        final Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        assertEquals(signer.noteKey(), NoteSigner.parse(Files.readString(link).strip()).noteKey());
        assertRefused("a symbolic link", () -> KeyFiles.read(link));
        assertRefused("a symbolic link", () -> KeyFiles.readPublic(link));
    }

    @Test
    void shouldRefuseAKeyOfAnotherUser() throws IOException
    {
        assumeTrue(0 == (Integer)Files.getAttribute(Path.of("/proc/self"), "unix:uid"), "needs root to change owners");
        KeyFiles.create(file, signer);
        Files.setAttribute(file, "unix:uid", 1234);
        assertEquals(signer.noteKey(), NoteSigner.parse(Files.readString(file).strip()).noteKey());
        assertRefused("another user (uid 1234, not 0)", () -> KeyFiles.read(file));
    }

    @Test
    void shouldRefuseWhatIsNoKeyFile() throws IOException
    {
        assertRefused(file + ": no such file", () -> KeyFiles.read(file));
        assertRefused(folder + ": not a regular file", () -> KeyFiles.read(folder));
        assertRefused("/dev/zero: not a regular file", () -> KeyFiles.readPublic(Path.of("/dev/zero")));
        KeyFiles.create(file, signer);
        final String good = Files.readString(file);
        for (final String bad : List.of("", "\n", good.strip(), good + '\n', good + good, ' ' + good, "\u0000" + good))
        {
            Files.writeString(file, bad);
            assertRefused(file + ": not a ", () -> KeyFiles.read(file));
        }
        Files.writeString(file, "a".repeat(KeyFiles.LENGTH_MAX) + '\n');
        assertRefused("longer than", () -> KeyFiles.read(file));
        Files.write(file, new byte[]{ (byte)0xff, '\n' });
        assertRefused("one line", () -> KeyFiles.read(file));
        Files.writeString(file, good);
        assertRefused("not a public key", () -> KeyFiles.readPublic(file));
    }

    @Test
    void shouldNotWaitForAPipe() throws Exception
    {
        final Process process = new ProcessBuilder("mkfifo", file.toString()).start();
        assumeTrue(0 == process.waitFor(), "mkfifo is missing");
        assertRefused("not a regular file", () -> KeyFiles.read(file));
        assertTrue(Files.exists(file));
    }

    private List<String> names() throws IOException
    {
        try (Stream<Path> files = Files.list(folder))
        {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
