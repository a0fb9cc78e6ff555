/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.Supplier;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.json.JsonFormatException;

/** Files of documents: read whole or refused with one line, written whole or not at all. */
public final class DocumentFiles
{
    /** Graphs come in every size; their commands have a JVM of the size of the machine. */
    public static final int GRAPH_LENGTH_MAX = 1 << 30;

    private static final int LENGTH_MAX = 32 << 20;

    private DocumentFiles()
    {
    }

    /** A document of some kilobytes, in a JVM that is small on purpose. A {@link UsageException} says what is wrong. */
    public static byte[] bytes(final Path file)
    {
        return bytes(file, LENGTH_MAX);
    }

    /** @param lengthMax in bytes: what is longer, or never ends, is refused and not read on. */
    public static byte[] bytes(final Path file, final int lengthMax)
    {
        try
        {
            return read(file, lengthMax);
        }
        catch (final NoSuchFileException ex)
        {
            throw new UsageException(file + ": no such file");
        }
        catch (final IOException ex)
        {
            throw new UsageException(file + ": cannot be read: " + ex.getMessage());
        }
    }

    /** The same for who says it otherwise. */
    public static byte[] read(final Path file, final int lengthMax) throws IOException
    {
        try (InputStream stream = Files.newInputStream(file))
        {
            final byte[] bytes = stream.readNBytes(lengthMax);
            if (bytes.length == lengthMax && -1 != stream.read())
            {
                throw new IOException("expected at most " + lengthMax + " bytes, found more");
            }
            return bytes;
        }
    }

    /** What a step gives; its refusal becomes one line that begins with the name of what it was about. */
    public static <T> T accepted(final String about, final Supplier<T> step)
    {
        try
        {
            return step.get();
        }
        catch (final GraphRefusedException ex)
        {
            throw new UsageException(about + ": " + ex.refusal() + ": " + ex.getMessage());
        }
        catch (final JsonFormatException ex)
        {
            throw new UsageException(about + ": BAD_JSON: " + ex.getMessage());
        }
    }

    /** Write beside the file, then put it in its place. */
    public static void write(final Path file, final String text)
    {
        final Path beside = file.resolveSibling(file.getFileName() + ".new");
        try
        {
            Files.write(beside, text.getBytes(StandardCharsets.UTF_8));
            try
            {
                Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
            }
            catch (final AtomicMoveNotSupportedException ex)
            {
                Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        catch (final IOException ex)
        {
            discard(beside);
            throw new EnvironmentException(file + ": cannot be written: " + ex.getMessage());
        }
    }

    /** Puts a file into a directory that metered programs can write to, and in place of one that is there. */
    public static void replace(final Path file, final String text) throws IOException
    {
        final Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
        // Not through a link that a metered process may have put there.
        Files.deleteIfExists(temporary);
        Files.write(temporary, text.getBytes(StandardCharsets.UTF_8),
            StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void discard(final Path file)
    {
        try
        {
            Files.deleteIfExists(file);
        }
        catch (final IOException ex)
        {
            // The reason that is told is the first one.
        }
    }
}
