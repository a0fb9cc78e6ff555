/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.unit;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Descriptors of this process. */
public final class OpenFiles
{
    private OpenFiles()
    {
    }

    /** How many are of files below a directory. */
    public static long below(final Path directory) throws IOException
    {
        final String prefix = directory.toRealPath().toString() + '/';
        long count = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd")))
        {
            for (final Path file : files)
            {
                count += target(file).startsWith(prefix) ? 1 : 0;
            }
        }
        return count;
    }

    private static String target(final Path link) throws IOException
    {
        try
        {
            return Files.readSymbolicLink(link).toString();
        }
        catch (final NoSuchFileException closedMeanwhile)
        {
            return "";
        }
    }
}
