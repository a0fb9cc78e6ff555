/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.hold;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.MeterDirectory;
import org.flopmeter.wire.LaneMapper;

/** Runs in a run: which of them live, and which of those around one is paused. */
public final class NestedRuns
{
    private NestedRuns()
    {
    }

    /** Folders of the runs nested in this one that go on, whether it does or not. */
    public static List<Path> living(final Path directory, final LaneMapper mapper)
    {
        final List<Path> living = new ArrayList<>();
        add(directory, mapper, 1, living);
        return living;
    }

    private static void add(
        final Path directory, final LaneMapper mapper, final int depth, final List<Path> living)
    {
        if (depth > AggregatorAgent.NESTING_DEPTH_MAX)
        {
            return;
        }
        for (final Path folder : MeterDirectory.nestedIn(directory).stream().sorted().toList())
        {
            if (mapper.isLocked(folder, MeterDirectory.OWNER_LOCK))
            {
                living.add(folder);
            }
            add(folder, mapper, depth + 1, living);
        }
    }

    /** That which it is nested in and which has a pause in force, the outermost one; null when there is none. */
    public static Path pausedAround(final Path directory, final LaneMapper mapper) throws IOException
    {
        final long nowNs = mapper.nanoTime();
        Path paused = null;
        Path inner = directory.toRealPath();
        for (int depth = 0; depth < AggregatorAgent.NESTING_DEPTH_MAX && MeterDirectory.isNested(inner); depth++)
        {
            inner = inner.getParent();
            final Wish wish = Wish.read(inner);
            paused = null != wish && wish.isInForce(nowNs) ? inner : paused;
        }
        return paused;
    }
}
