/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The notes on kernels of all processes of a run, those of nested runs included.
 *
 * @param faults what could not be understood, one line each.
 */
record KernelNotes(List<KernelNote> notes, List<String> faults)
{
    static final KernelNotes NONE = new KernelNotes(List.of(), List.of());

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int LENGTH_MAX = 1024 * 1024;
    private static final int BYTES_MAX = 16 * LENGTH_MAX;
    private static final int NOTES_MAX = 4096;
    private static final int FAULTS_MAX = 16;
    private static final int DEPTH_MAX = 8;

    boolean isEmpty()
    {
        return notes.isEmpty() && faults.isEmpty();
    }

    static KernelNotes read(final Path directory)
    {
        final Reader reader = new Reader();
        reader.readInto(directory, DEPTH_MAX);
        return new KernelNotes(List.copyOf(reader.notes), List.copyOf(reader.faults));
    }

    /** Metered programs write these files: what all of them together may cost a meter is bounded, not only each. */
    private static final class Reader
    {
        private final List<KernelNote> notes = new ArrayList<>();
        private final List<String> faults = new ArrayList<>();
        private int bytesLeft = BYTES_MAX;
        private boolean isFull;

        private void readInto(final Path directory, final int depth)
        {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, Reader::isOurs))
            {
                for (final Path file : files)
                {
                    if (!isFull && FAULTS_MAX <= faults.size())
                    {
                        isFull = true;
                        faults.add("more than " + FAULTS_MAX + " faults: the notes after these are left out");
                    }
                    if (isFull)
                    {
                        return;
                    }
                    final boolean isNested = file.getFileName().toString().startsWith("nested-");
                    if (!isNested)
                    {
                        add(file);
                    }
                    else if (Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .isDirectory())
                    {
                        readNested(file, depth);
                    }
                }
            }
            catch (final IOException | DirectoryIteratorException e)
            {
                faults.add(directory.getFileName() + ": cannot be read: " + e.getMessage());
            }
        }

        private void readNested(final Path directory, final int depth)
        {
            if (0 < depth)
            {
                readInto(directory, depth - 1);
            }
            else
            {
                faults.add(directory.getFileName() + ": nested deeper than " + DEPTH_MAX + ": left out");
            }
        }

        private static boolean isOurs(final Path file)
        {
            final String name = file.getFileName().toString();
            return name.startsWith("nested-") || (name.startsWith("kernels-") && name.endsWith(".json"));
        }

        private void add(final Path file)
        {
            try
            {
                final byte[] bytes = bytes(file, LENGTH_MAX);
                bytesLeft -= bytes.length;
                if (NOTES_MAX <= notes.size() || 0 > bytesLeft)
                {
                    isFull = true;
                    throw new IOException("more than " + NOTES_MAX + " notes or " + BYTES_MAX +
                        " bytes of them: this one and those after it are left out");
                }
                notes.add(KernelNote.of(JSON.readTree(bytes)));
            }
            catch (final IOException | IllegalArgumentException e)
            {
                faults.add(file.getFileName() + ": " + e.getMessage());
            }
            catch (final JacksonException e)
            {
                faults.add(file.getFileName() + ": not JSON");
            }
        }
    }

    /** A file that programs may have made. */
    static byte[] bytes(final Path file, final int lengthMax) throws IOException
    {
        if (!Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).isRegularFile())
        {
            throw new IOException("not a regular file");
        }
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS))
        {
            final byte[] bytes = in.readNBytes(lengthMax + 1);
            if (bytes.length > lengthMax)
            {
                throw new IOException("longer than " + lengthMax + " bytes");
            }
            return bytes;
        }
    }
}
