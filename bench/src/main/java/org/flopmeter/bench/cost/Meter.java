/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.cost;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs one command plain or under {@code flopmeter run}, and times it from outside. */
final class Meter
{
    private static final Pattern METER_CPU = Pattern.compile("\"meterCpuNs\"\\s*:\\s*\"?(\\d+)");

    private final Path root;
    private long residentKibMax;

    /** What one process did. */
    record Outcome(int exitCode, String output, long wallNs, long meterCpuNs)
    {
    }

    Meter(final Path root)
    {
        this.root = root;
    }

    Outcome plain(final List<String> command) throws IOException, InterruptedException
    {
        return execute(command, null);
    }

    Outcome metered(final List<String> command) throws IOException, InterruptedException
    {
        final Path result = Files.createTempFile("flopmeter-bench", ".json");
        final List<String> words = new ArrayList<>(
            List.of(root.resolve("flopmeter").toString(), "run", "--quiet", "--out", result.toString(), "--"));
        words.addAll(command);
        final Outcome outcome = execute(words, result);
        Files.delete(result);
        if (outcome.exitCode() != 0)
        {
            throw new IOException("failed with " + outcome.exitCode() + ": " + String.join(" ", words));
        }
        return outcome;
    }

    private Outcome execute(final List<String> words, final Path result) throws IOException, InterruptedException
    {
        final long beginNs = System.nanoTime();
        final Process process = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        process.getOutputStream().close();
        final Thread watcher = new Thread(() -> watch(process));
        watcher.setDaemon(true);
        watcher.start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        final int exitCode = process.waitFor();
        final long wallNs = System.nanoTime() - beginNs;
        long meterCpuNs = 0;
        if (result != null && Files.size(result) > 0)
        {
            final Matcher matcher = METER_CPU.matcher(Files.readString(result));
            meterCpuNs = matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
        }
        return new Outcome(exitCode, output, wallNs, meterCpuNs);
    }

    /** Samples the peak resident set of JVMs below the process, once every half second: cheap against what is timed. */
    private void watch(final Process process)
    {
        while (process.isAlive())
        {
            process.toHandle().descendants()
                .filter((handle) -> handle.info().command().orElse("").endsWith("/java"))
                .forEach((handle) -> residentKibMax = Math.max(residentKibMax, peakKib(handle.pid())));
            try
            {
                Thread.sleep(500);
            }
            catch (final InterruptedException interrupted)
            {
                return;
            }
        }
    }

    private static long peakKib(final long pid)
    {
        try
        {
            return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter((line) -> line.startsWith("VmHWM:"))
                .mapToLong((line) -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElse(0);
        }
        catch (final IOException gone)
        {
            return 0;
        }
    }

    String residentText()
    {
        return residentKibMax / 1024 + " MiB";
    }
}
