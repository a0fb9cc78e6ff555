/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.fork;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.bench.BenchException;

/**
 * Real-time priority for what is timed: other programs of a busy machine wait meanwhile. Round robin, because a JVM's
 * compilers share it and must have their turn; with all of its CPUs taken, Linux leaves 5 % of them to the rest.
 */
public final class Realtime
{
    /** "true": it was asked for. Passed on to forks. */
    public static final String PROPERTY = "flopmeter.bench.realtime";

    private static final String COMMAND_PROPERTY = "flopmeter.bench.chrt";

    private Realtime()
    {
    }

    /** Was it asked for? */
    public static boolean isAsked()
    {
        return Boolean.getBoolean(PROPERTY);
    }

    /** A command with this priority, or as it is where nobody asked for one. */
    static List<String> command(final List<String> words)
    {
        final List<String> all = new ArrayList<>();
        if (isAsked())
        {
            all.addAll(prefix());
        }
        all.addAll(words);
        return all;
    }

    /** Ask for it. A {@link BenchException} where it can't be had. */
    public static void ask()
    {
        final List<String> words = new ArrayList<>(prefix());
        words.add("true");
        try
        {
            final Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
            final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (0 != process.waitFor())
            {
                throw new BenchException("--realtime: it takes root or CAP_SYS_NICE: " + said);
            }
        }
        catch (final IOException ex)
        {
            throw new BenchException("--realtime: chrt of util-linux is expected: " + ex.getMessage(), ex);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new BenchException("--realtime: interrupted", ex);
        }
        System.setProperty(PROPERTY, "true");
    }

    private static List<String> prefix()
    {
        return List.of(System.getProperty(COMMAND_PROPERTY, "chrt"), "--rr", "1");
    }
}
