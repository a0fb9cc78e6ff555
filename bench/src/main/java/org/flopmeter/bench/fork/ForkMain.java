/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.fork;

import java.util.Arrays;

/** Runs one measurement: {@code CLASS name=value...}. */
public final class ForkMain
{
    private ForkMain()
    {
    }

    /**
     * Entry point of a forked JVM.
     *
     * @param args class of the measurement, then its settings.
     */
    public static void main(final String[] args)
    {
        try
        {
            final Measurement measurement =
                (Measurement)Class.forName(args[0]).getDeclaredConstructor().newInstance();
            final Results results = new Results();
            measurement.run(Settings.of(Arrays.asList(args).subList(1, args.length)), results);
            System.out.print(results.lines());
            System.out.flush();
        }
        catch (final Exception | LinkageError ex)
        {
            System.err.println(args[0] + ": " + ex);
            for (final StackTraceElement element : ex.getStackTrace())
            {
                System.err.println("    at " + element);
            }
            System.exit(1);
        }
    }
}
