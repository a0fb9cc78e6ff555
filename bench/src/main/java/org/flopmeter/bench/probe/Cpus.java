/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

import org.flopmeter.bench.BenchException;

/**
 * Where producer and consumer run.
 *
 * @param producer        CPU of the metered process.
 * @param consumer        CPU of the meter's thread.
 * @param areThreadsOfOne both are hardware threads of one core: every figure is too low then.
 */
public record Cpus(int producer, int consumer, boolean areThreadsOfOne)
{
    /** "P,C" chooses the CPUs by hand. */
    public static final String PROPERTY = "flopmeter.bench.cpus";

    private static final Path TOPOLOGY = Path.of("/sys/devices/system/cpu");

    /**
     * The first two cores that this process may use.
     *
     * @throws BenchException when there is one CPU only.
     */
    public static Cpus choose()
    {
        final String chosen = System.getProperty(PROPERTY);
        if (null != chosen)
        {
            final String[] words = chosen.split(",");
            if (2 != words.length || words[0].equals(words[1]))
            {
                throw new BenchException("-D" + PROPERTY + "=" + chosen + ": two different CPUs are expected, as 0,1");
            }
            return new Cpus(Integer.parseInt(words[0]), Integer.parseInt(words[1]), false);
        }
        try
        {
            final String allowed = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter((line) -> line.startsWith("Cpus_allowed_list:"))
                .map((line) -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst().orElse("0");
            return choose(ofList(allowed), TOPOLOGY);
        }
        catch (final IOException ex)
        {
            throw new BenchException("/proc/self/status can't be read: " + ex.getMessage(), ex);
        }
    }

    static Cpus choose(final List<Integer> allowed, final Path topology) throws IOException
    {
        if (allowed.size() < 2)
        {
            throw new BenchException(
                "two CPUs are needed, one for the metered program and one for the meter; this process may use " +
                "only CPU " + allowed.get(0));
        }
        final int first = allowed.get(0);
        final List<Integer> siblings = siblings(first, topology);
        for (final int cpu : allowed.subList(1, allowed.size()))
        {
            if (!siblings.contains(cpu))
            {
                return new Cpus(first, cpu, false);
            }
        }
        return new Cpus(first, allowed.get(1), true);
    }

    private static List<Integer> siblings(final int cpu, final Path topology) throws IOException
    {
        final Path list = topology.resolve("cpu" + cpu + "/topology/thread_siblings_list");
        return Files.isReadable(list) ? ofList(Files.readString(list).strip()) : List.of(cpu);
    }

    /** Of a list as the kernel writes it: 0-3,8. */
    static List<Integer> ofList(final String text)
    {
        final TreeSet<Integer> cpus = new TreeSet<>();
        for (final String part : text.split(","))
        {
            final String[] ends = part.strip().split("-");
            for (int cpu = Integer.parseInt(ends[0]); cpu <= Integer.parseInt(ends[ends.length - 1]); cpu++)
            {
                cpus.add(cpu);
            }
        }
        return new ArrayList<>(cpus);
    }
}
