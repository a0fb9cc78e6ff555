/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench;

import java.util.Arrays;

import org.flopmeter.bench.cost.CostCard;
import org.flopmeter.bench.replay.ReplayCommand;

/**
 * {@code flopmeter bench cost [ROUNDS]} measures what metering costs whole programs; anything else goes to JMH.
 */
public final class BenchMain
{
    private BenchMain()
    {
    }

    /**
     * Entry point of the bench jar.
     *
     * @param args {@code cost [ROUNDS]}, or JMH's own.
     * @throws Exception when a measured program can't be started.
     */
    public static void main(final String[] args) throws Exception
    {
        if (args.length > 0 && "cost".equals(args[0]))
        {
            CostCard.main(Arrays.copyOfRange(args, 1, args.length));
        }
        else if (args.length > 0 && "replay".equals(args[0]))
        {
            ReplayCommand.main(Arrays.copyOfRange(args, 1, args.length));
        }
        else
        {
            org.openjdk.jmh.Main.main(args);
        }
    }
}
