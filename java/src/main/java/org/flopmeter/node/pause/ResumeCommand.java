/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.pause;

import org.flopmeter.node.hold.Wish;
import picocli.CommandLine.Command;

/** The other profiler is done: counters are opened again. Without a pause it changes nothing. */
@Command(name = "resume", description = "Take the hardware's counters back after: flopmeter pause.")
public final class ResumeCommand extends WishCommand
{
    @Override
    Wish wish(final long nowNs)
    {
        return Wish.resume();
    }

    @Override
    String done()
    {
        return "counting";
    }

    @Override
    String commandName()
    {
        return "resume";
    }

    @Override
    String advice()
    {
        return "it comes back as soon as it can";
    }
}
