/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.pause;

import java.util.concurrent.TimeUnit;
import org.flopmeter.node.hold.Wish;
import org.flopmeter.node.io.UsageException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Takes running meters off the hardware's counters, so that perf, nsys or ncu can have them. */
@Command(name = "pause", description = "Give the hardware's counters to another profiler; a bounded gap.")
public final class PauseCommand extends WishCommand
{
    private static final int FOR_S_MAX = 30 * 86_400;

    @Option(names = "--for", paramLabel = "SECONDS", description = "Resume by itself after that.")
    private Integer forS;

    @Override
    Wish wish(final long nowNs)
    {
        if (null == forS)
        {
            return Wish.pause(Wish.WITHOUT_END);
        }
        if (forS < 1 || forS > FOR_S_MAX)
        {
            throw new UsageException("--for: expected 1 to " + FOR_S_MAX + " seconds, found " + forS);
        }
        return Wish.pause(nowNs + TimeUnit.SECONDS.toNanos(forS));
    }

    @Override
    String done()
    {
        return "paused";
    }

    @Override
    String commandName()
    {
        return "pause";
    }

    @Override
    String advice()
    {
        return "the others stay paused: try again, or: flopmeter resume";
    }
}
