/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.hold;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.node.run.RunStart;
import org.flopmeter.node.text.Printable;
import org.flopmeter.wire.LaneMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Pauses that were wished of runs nested in another one, and not of that. The folder of one that is over stays with
 * the outermost run, and its wish in it: only who lives is paused.
 */
public final class NestedPauses
{
    private static final String FOLDERS = "nested-*";
    private static final String NAME = "nested-[0-9a-f]{8}";
    private static final String OWNER_LOCK = "owner.lock";
    private static final int DEPTH_MAX = 8;

    private final LaneMapper mapper;
    private final long epochNs;

    public NestedPauses(final LaneMapper mapper, final long epochNs)
    {
        this.mapper = mapper;
        this.epochNs = epochNs;
    }

    /** For a document, each as {@link Pause#json} has it, with its folder. @param run the outermost one's id. */
    public List<ObjectNode> in(final Path directory, final String run)
    {
        final List<ObjectNode> pauses = new ArrayList<>();
        for (final Path folder : living(directory, mapper))
        {
            final Pause pause = Pause.of(folder, mapper, epochNs);
            if (null != pause)
            {
                pauses.add(pause.json(Pause.RUN, idIn(folder)).put("nestedIn", run)
                    .put("folder", directory.relativize(folder).toString()));
            }
        }
        return pauses;
    }

    /** Folders of the runs nested in this one that go on, whether it does or not. */
    public static List<Path> living(final Path directory, final LaneMapper mapper)
    {
        final List<Path> living = new ArrayList<>();
        add(directory, mapper, 1, living);
        return living;
    }

    /** That which it is nested in and which has a pause in force, the outermost one; null when there is none. */
    public static Path pausedAround(final Path directory, final LaneMapper mapper) throws IOException
    {
        final long nowNs = mapper.nanoTime();
        Path paused = null;
        Path inner = directory.toRealPath();
        for (int depth = 0; depth < DEPTH_MAX && inner.getFileName().toString().matches(NAME); depth++)
        {
            inner = inner.getParent();
            final Wish wish = Wish.read(inner);
            paused = null != wish && wish.isInForce(nowNs) ? inner : paused;
        }
        return paused;
    }

    private static void add(
        final Path directory, final LaneMapper mapper, final int depth, final List<Path> living)
    {
        for (final Path folder : depth <= DEPTH_MAX ? foldersIn(directory) : List.<Path>of())
        {
            if (mapper.isLocked(folder, OWNER_LOCK))
            {
                living.add(folder);
            }
            add(folder, mapper, depth + 1, living);
        }
    }

    private static List<Path> foldersIn(final Path directory)
    {
        final List<Path> folders = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, FOLDERS))
        {
            for (final Path folder : found)
            {
                if (folder.getFileName().toString().matches(NAME) &&
                    Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS))
                {
                    folders.add(folder);
                }
            }
        }
        catch (final IOException | DirectoryIteratorException over)
        {
            // Gone with its run.
            return List.of();
        }
        folders.sort(null);
        return folders;
    }

    private static String idIn(final Path folder)
    {
        try
        {
            return Printable.of(RunStart.read(folder.resolve(RunFacts.RUN)).run());
        }
        catch (final UsageException unreadable)
        {
            return "?";
        }
    }
}
