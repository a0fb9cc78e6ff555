/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

/** Every library that the native build lays out travels in the jar as well, byte by byte. */
final class NativeResourcesTest
{
    private static final Path LIBRARIES = Path.of(System.getProperty(NativeLibrary.PATH_PROPERTY));

    @Test
    void shouldCarryEveryLibraryOfTheDistribution() throws Exception
    {
        final Set<String> wanted = libraries(LIBRARIES);
        final Path carried = Path.of(getClass().getResource("/META-INF/native/" + NativeLibrary.platform()).toURI());

        assertTrue(wanted.contains("libflopmeter_cuda.so"), "the native build lays out no libflopmeter_cuda.so");
        assertTrue(wanted.contains("libflopmeter_intercept.so"), "and no libflopmeter_intercept.so");
        assertEquals(wanted, libraries(carried));
    }

    /** Of a link that Maven copied as one the jar would hold a name, or nothing. */
    @Test
    void shouldCarryThemUnchangedAndAsFiles() throws Exception
    {
        final Path carried = Path.of(getClass().getResource("/META-INF/native/" + NativeLibrary.platform()).toURI());
        for (final String name : libraries(LIBRARIES))
        {
            assertTrue(Files.isRegularFile(carried.resolve(name), LinkOption.NOFOLLOW_LINKS), name);
            try (InputStream in =
                getClass().getResourceAsStream("/META-INF/native/" + NativeLibrary.platform() + "/" + name))
            {
                assertNotNull(in, name);
                assertArrayEquals(Files.readAllBytes(LIBRARIES.resolve(name)), in.readAllBytes(), name);
            }
        }
    }

    /** By the names that they are loaded by: of versions of one library that is its soname. */
    private static Set<String> libraries(final Path folder) throws IOException
    {
        try (Stream<Path> files = Files.list(folder))
        {
            return files.map(file -> file.getFileName().toString())
                .filter(name -> name.matches("libflopmeter(_[a-z]+\\.so|\\.so\\.[0-9]+)"))
                .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
