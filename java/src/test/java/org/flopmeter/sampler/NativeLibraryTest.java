/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Libraries out of the jar, by way of a cache that others may have touched. */
final class NativeLibraryTest
{
    private static final String NAME = "libsample.so";
    private static final byte[] LIBRARY = "a library".getBytes(StandardCharsets.US_ASCII);
    /** echo -n "a library" | sha256sum. */
    private static final String SHA_256 = "31f109ab38348582abdc9e1c9942f74505c719e98c6d0ab6fbcfdccfd8c9935b";

    @TempDir
    private Path directory;

    @Test
    void shouldKeepEachVersionUnderItsDigestAndToItself() throws IOException
    {
        final Path cache = directory.resolve("not/there/yet");
        final Path file = NativeLibrary.extracted(NAME, LIBRARY, cache);

        assertEquals(cache.resolve(SHA_256).resolve(NAME), file);
        assertArrayEquals(LIBRARY, Files.readAllBytes(file));
        assertEquals("rwx------", permissions(file));
        assertEquals("rwx------", permissions(file.getParent()));
        try (Stream<Path> files = Files.list(file.getParent()))
        {
            assertEquals(1, files.count(), "a temporary file was left");
        }
        final byte[] other = LIBRARY.clone();
        other[0] ^= 1;
        assertNotEquals(file, NativeLibrary.extracted(NAME, other, cache));
    }

    @Test
    void shouldUseWhatIsThereWithoutWritingIt() throws IOException
    {
        final Path file = NativeLibrary.extracted(NAME, LIBRARY, directory);
        final Object inode = Files.getAttribute(file, "unix:ino");
        NativeLibrary.extracted(NAME, LIBRARY, directory);

        assertEquals(inode, Files.getAttribute(file, "unix:ino"));
    }

    @Test
    void shouldReplaceATamperedFile() throws IOException
    {
        final Path file = NativeLibrary.extracted(NAME, LIBRARY, directory);
        Files.write(file, "a libra!y".getBytes(StandardCharsets.US_ASCII));

        assertArrayEquals(LIBRARY, Files.readAllBytes(NativeLibrary.extracted(NAME, LIBRARY, directory)));
    }

    @Test
    void shouldReplaceALinkThatSomebodyPutThere() throws IOException
    {
        final Path elsewhere = Files.write(directory.resolve("elsewhere"), LIBRARY);
        final Path file = NativeLibrary.extracted(NAME, LIBRARY, directory);
        Files.delete(file);
        Files.createSymbolicLink(file, elsewhere);

        NativeLibrary.extracted(NAME, LIBRARY, directory);

        assertTrue(!Files.isSymbolicLink(file), "the bytes behind a link can be changed after they were checked");
        assertArrayEquals(LIBRARY, Files.readAllBytes(file));
    }

    @Test
    void shouldUnpackWhatTheJarHolds() throws IOException
    {
        final String resource = "/META-INF/native/" + NativeLibrary.platform() + "/" + ControlLibrary.NAME;
        try (InputStream in = NativeLibrary.class.getResourceAsStream(resource))
        {
            assumeTrue(null != in, "classes without " + resource);
            assertArrayEquals(
                in.readAllBytes(), Files.readAllBytes(NativeLibrary.extracted(ControlLibrary.NAME, directory)));
        }
    }

    @Test
    void shouldNameTheResourceThatIsMissing()
    {
        final IOException ex =
            assertThrows(IOException.class, () -> NativeLibrary.extracted("libnone.so", directory));
        assertTrue(ex.getMessage().contains("/META-INF/native/" + NativeLibrary.platform() + "/libnone.so"));
    }

    @Test
    void shouldFindTheCacheAsTheDesktopSaysElseInHome()
    {
        assertEquals(Path.of("/c/flopmeter"), NativeLibrary.cacheDirectory(Map.of("XDG_CACHE_HOME", "/c"), "/h"));
        assertEquals(Path.of("/h/.cache/flopmeter"), NativeLibrary.cacheDirectory(Map.of(), "/h"));
        assertEquals(
            Path.of("/h/.cache/flopmeter"), NativeLibrary.cacheDirectory(Map.of("XDG_CACHE_HOME", "relative"), "/h"));
    }

    @Test
    void shouldSayInOneLineThatTheDirectoryIsNoexec() throws Exception
    {
        final Path mount = Files.createDirectory(directory.resolve("noexec"));
        final Path library = NativeLibrary.path(ControlLibrary.NAME);
        assumeTrue(0 == exitCode("mount", "-t", "tmpfs", "-o", "noexec,size=1m", "flopmeter-test", mount.toString()),
            "only root can mount");
        final String before = System.getProperty(NativeLibrary.PATH_PROPERTY);
        try
        {
            Files.copy(library, mount.resolve(ControlLibrary.NAME));
            System.setProperty(NativeLibrary.PATH_PROPERTY, mount.toString());

            final UnsatisfiedLinkError error =
                assertThrows(UnsatisfiedLinkError.class, () -> NativeLibrary.load(ControlLibrary.NAME));

            assertTrue(error.getMessage().contains(mount + " is on a file system mounted noexec"), error::getMessage);
            assertEquals(1, error.getMessage().lines().count());
        }
        finally
        {
            if (null == before)
            {
                System.clearProperty(NativeLibrary.PATH_PROPERTY);
            }
            else
            {
                System.setProperty(NativeLibrary.PATH_PROPERTY, before);
            }
            exitCode("umount", "-l", mount.toString());
        }
    }

    private static int exitCode(final String... command) throws Exception
    {
        final Process process = new ProcessBuilder(command).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        return process.waitFor();
    }

    private static String permissions(final Path file) throws IOException
    {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
