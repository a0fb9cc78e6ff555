/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.hold;

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
    private final LaneMapper mapper;
    private final long epochNs;

    public NestedPauses(final LaneMapper mapper, final long epochNs)
    {
        this.mapper = mapper;
        this.epochNs = epochNs;
    }

    /**
     * For a document, each as {@link Pause#json} has it, with its folder.
     *
     * @param run the outermost one's id.
     */
    public List<ObjectNode> in(final Path directory, final String run)
    {
        final List<ObjectNode> pauses = new ArrayList<>();
        for (final Path folder : NestedRuns.living(directory, mapper))
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
