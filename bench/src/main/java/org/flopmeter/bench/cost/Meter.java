/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.cost;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs one command plain or under {@code flopmeter run}, and times it from outside. */
final class Meter
{
    private final Path root;
    private long residentKibMax;

    /** What one process did; flop: the lower bound of its result, null when it was not metered or says nothing. */
    record Outcome(int exitCode, String output, long wallNs, long meterCpuNs, BigInteger flop)
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
        final JsonNode said = JsonMapper.shared().readTree(
            null == result || 0 == Files.size(result) ? "{}" : Files.readString(result));
        final String lower = said.path("flop").path("lower").asString("");
        return new Outcome(exitCode, output, wallNs, said.path("overhead").path("meterCpuNs").asLong(0),
            lower.isEmpty() ? null : new BigInteger(lower));
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
