/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.record;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.node.run.RunFacts;
import tools.jackson.databind.JsonNode;

/**
 * The files that a run was said to read and write: files.json and the links beside it, docs/design/0012-graph-store.md
 * section 5.
 *
 * @param reads  as the user named them, from the root.
 * @param writes  likewise.
 * @param kinds   what the written files are; shorter where that was not said.
 * @param purpose what the run is for, null where nobody said.
 */
record RunFiles(
    Path meterDirectory, List<String> reads, List<String> writes, List<NodeKind> kinds, Purpose purpose)
{
    static final String FILE = "files.json";

    /** A directory stands for its files, but not for a whole archive. */
    static final int DIRECTORY_FILES_MAX = 10_000;

    /** Null when the run was not asked to record any, and its program has named none. */
    static RunFiles of(final Path meterDirectory)
    {
        final Path file = meterDirectory.resolve(FILE);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
        {
            return !ArtifactNotes.areIn(meterDirectory) ? null :
                new RunFiles(meterDirectory, List.of(), List.of(), List.of(), null);
        }
        final JsonNode json = RunFacts.parse(file);
        return new RunFiles(meterDirectory, strings(json.path("reads")), strings(json.path("writes")),
            strings(json.path("kinds")).stream().map(RunFiles::kind).toList(),
            Purpose.ofName(json.path("purpose").asString("")));
    }

    private static NodeKind kind(final String name)
    {
        final NodeKind kind = NodeKind.ofName(name);
        return NodeKind.MODEL == kind || NodeKind.OUTPUT == kind ? kind : NodeKind.DATASET;
    }

    Path stateDirectory() throws IOException
    {
        return meterDirectory.resolve("state").toRealPath();
    }

    /** Every regular file that was named, or is in a directory that was; and its name for people. */
    void forEachRead(final BiConsumer<Path, String> file, final BiConsumer<String, IOException> missing)
    {
        for (int i = 0; i < reads.size(); i++)
        {
            forEach("read-" + i, reads.get(i), file, missing);
        }
    }

    void forEachWritten(final WrittenHandler handler, final BiConsumer<String, IOException> missing)
    {
        for (int i = 0; i < writes.size(); i++)
        {
            final NodeKind kind = i < kinds.size() ? kinds.get(i) : NodeKind.DATASET;
            forEach("write-" + i, writes.get(i), (file, name) -> handler.onWritten(file, name, kind), missing);
        }
    }

    /** Takes a written file, its name for people, and what it is. */
    interface WrittenHandler
    {
        void onWritten(Path file, String name, NodeKind kind);
    }

    /** Every regular file that a link of the meter directory leads to. */
    void forEach(
        final String linkName, final String name, final BiConsumer<Path, String> file,
        final BiConsumer<String, IOException> missing)
    {
        final Path link = meterDirectory.resolve(linkName);
        try
        {
            if (Files.isDirectory(link))
            {
                final Path root = link.toRealPath();
                for (final Path found : regularFiles(root))
                {
                    file.accept(found, name + "/" + root.relativize(found));
                }
            }
            else
            {
                requireRegular(link);
                file.accept(link, name);
            }
        }
        catch (final IOException ex)
        {
            missing.accept(name, ex);
        }
    }

    private static void requireRegular(final Path link) throws IOException
    {
        // A FIFO would be opened, and waited for.
        if (!Files.readAttributes(link, "isRegularFile").get("isRegularFile").equals(true))
        {
            throw new IOException("not a regular file");
        }
    }

    private static List<Path> regularFiles(final Path root) throws IOException
    {
        try (Stream<Path> found = Files.walk(root))
        {
            final List<Path> files = found.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                .limit(DIRECTORY_FILES_MAX + 1L).sorted().toList();
            if (files.size() > DIRECTORY_FILES_MAX)
            {
                throw new IOException("a directory of more than " + DIRECTORY_FILES_MAX + " files");
            }
            return files;
        }
        catch (final UncheckedIOException ex)
        {
            throw ex.getCause();
        }
    }

    private static List<String> strings(final JsonNode array)
    {
        final List<String> strings = new ArrayList<>();
        array.forEach(value -> strings.add(value.asString()));
        return List.copyOf(strings);
    }
}
