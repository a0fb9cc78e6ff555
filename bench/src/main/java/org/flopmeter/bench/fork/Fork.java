/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.fork;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.flopmeter.bench.BenchException;

/** Starts a JVM for one measurement and reads its results. */
public final class Fork
{
    private static final long TIMEOUT_S = 300;
    /** As the meter of a cluster's host would run; the small sidecar's flags are the launcher's. */
    private static final List<String> FLAGS = List.of(
        "-XX:+UseSerialGC", "-Xmx512m", "-Xms512m", "--enable-native-access=ALL-UNNAMED",
        "--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED");
    private static final List<String> PASSED_ON = List.of(
        "flopmeter.native.path", "flopmeter.root", "flopmeter.native.build", "flopmeter.drain",
        "flopmeter.bench.cpus", Realtime.PROPERTY);

    private Fork()
    {
    }

    /**
     * Run a measurement in a JVM of its own and wait for it; with real-time priority where that was asked for.
     *
     * @param measurement a public class with a public constructor without parameters.
     * @param flags       of the JVM, beside the usual ones.
     * @throws BenchException with what the fork said last, when it fails or takes longer than 300 s.
     */
    public static Results run(
        final Class<? extends Measurement> measurement, final Settings settings, final String... flags)
        throws InterruptedException
    {
        return run(Realtime.command(words(measurement, settings, flags)), measurement.getSimpleName());
    }

    /** As {@link #run}, but never with more priority than a meter has: it is the meter that is measured. */
    public static Results runAsDeployed(final Class<? extends Measurement> measurement, final Settings settings)
        throws InterruptedException
    {
        return run(words(measurement, settings), measurement.getSimpleName());
    }

    private static List<String> words(
        final Class<? extends Measurement> measurement, final Settings settings, final String... flags)
    {
        final List<String> words = new ArrayList<>(List.of(javaCommand()));
        words.addAll(FLAGS);
        for (final String name : PASSED_ON)
        {
            if (null != System.getProperty(name))
            {
                words.add("-D" + name + "=" + System.getProperty(name));
            }
        }
        words.addAll(Arrays.asList(flags));
        words.addAll(List.of("-cp", System.getProperty("java.class.path"), ForkMain.class.getName()));
        words.add(measurement.getName());
        words.addAll(settings.words());
        return words;
    }

    private static Results run(final List<String> words, final String name) throws InterruptedException
    {
        try
        {
            return execute(words, name);
        }
        catch (final IOException ex)
        {
            throw new BenchException("can't run " + name + ": " + ex.getMessage(), ex);
        }
    }

    /** The java program that runs this. */
    public static String javaCommand()
    {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Flags of the forks, for the score card. */
    public static String flags()
    {
        return String.join(" ", FLAGS.subList(0, 3));
    }

    private static Results execute(final List<String> words, final String name)
        throws IOException, InterruptedException
    {
        final Path errors = Files.createTempFile("flopmeter-bench", ".err");
        try
        {
            final Process process = new ProcessBuilder(words).redirectError(errors.toFile()).start();
            final Thread guard = new Thread(() -> killLate(process), "guard");
            guard.setDaemon(true);
            guard.start();
            final Results results = new Results();
            try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8))
            {
                for (String line = reader.readLine(); null != line; line = reader.readLine())
                {
                    results.takeLine(line);
                }
            }
            final int code = process.waitFor();
            if (0 != code)
            {
                throw new BenchException(name + " ended with " + code + ": " + Files.readString(errors).strip());
            }
            return results;
        }
        finally
        {
            Files.delete(errors);
        }
    }

    private static void killLate(final Process process)
    {
        try
        {
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS))
            {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
        catch (final InterruptedException ex)
        {
            process.destroyForcibly();
        }
    }
}
