/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

import org.flopmeter.wire.LaneMapper;

/** The aggregator with its steps shown, for the simulator. */
public final class SteppedMeter
{
    private static final int LOG_LENGTH_MAX = 8 * 1024;

    private SteppedMeter()
    {
    }

    /** An aggregator that says where it is, and whose account goes to its next generation often. */
    public static AggregatorAgent open(final Path directory, final LaneMapper mapper, final Consumer<String> steps)
        throws IOException
    {
        return AggregatorAgent.open(directory, mapper, SpillDirectories.NONE, new Account.Steps()
        {
            @Override
            public void reached(final String step)
            {
                steps.accept(step);
            }

            @Override
            public int logLengthMax()
            {
                return LOG_LENGTH_MAX;
            }
        }, 0);
    }
}
