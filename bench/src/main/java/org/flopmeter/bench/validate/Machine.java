/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.validate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What files of the system say about it. Absent where they don't. */
public final class Machine
{
    private final Path root;

    /** Of the system below that root: "/", but for tests. */
    public Machine(final Path root)
    {
        this.root = root;
    }

    /** Model name of the CPU, or its architecture. */
    public String cpuName()
    {
        return lines("proc/cpuinfo").stream()
            .filter((line) -> line.startsWith("model name"))
            .map((line) -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst().orElse(System.getProperty("os.arch"));
    }

    /** Runnable threads, mean of the last minute. */
    public double loadAverage()
    {
        return lines("proc/loadavg").stream()
            .findFirst().map((line) -> Double.parseDouble(line.split(" ")[0])).orElse(0.0);
    }

    /** Frequency governors in use, none when the hypervisor keeps that to itself. */
    public List<String> governors()
    {
        final TreeSet<String> governors = new TreeSet<>();
        final Path cpus = root.resolve("sys/devices/system/cpu");
        try (Stream<Path> all = Files.list(cpus))
        {
            all.map((cpu) -> cpu.resolve("cpufreq/scaling_governor"))
                .filter(Files::isReadable)
                .forEach((file) -> lines(root.relativize(file).toString()).forEach(governors::add));
        }
        catch (final IOException ex)
        {
            return List.of();
        }
        return List.copyOf(governors);
    }

    /** CPUs that the control group may use up per time, by cgroup v2 or v1; empty when there is no limit. */
    public Optional<Double> cpuLimit()
    {
        final Optional<Double> second = first("sys/fs/cgroup/cpu.max").flatMap(Machine::ofCpuMax);
        if (second.isPresent())
        {
            return second;
        }
        final Optional<String> quota = first("sys/fs/cgroup/cpu/cpu.cfs_quota_us");
        final Optional<String> period = first("sys/fs/cgroup/cpu/cpu.cfs_period_us");
        return quota.isPresent() && period.isPresent() ? ofCpuMax(quota.get() + " " + period.get()) : Optional.empty();
    }

    /** Memory that can be had without swapping, in bytes. */
    public long memoryAvailableBytes()
    {
        return lines("proc/meminfo").stream()
            .filter((line) -> line.startsWith("MemAvailable:"))
            .mapToLong((line) -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
            .findFirst().orElse(0);
    }

    static Optional<Double> ofCpuMax(final String line)
    {
        final String[] words = line.strip().split(" ");
        return 2 != words.length || "max".equals(words[0]) || words[0].startsWith("-") ?
            Optional.empty() : Optional.of(Double.parseDouble(words[0]) / Double.parseDouble(words[1]));
    }

    private Optional<String> first(final String file)
    {
        return lines(file).stream().findFirst();
    }

    private List<String> lines(final String file)
    {
        try
        {
            return Files.readAllLines(root.resolve(file));
        }
        catch (final IOException ex)
        {
            return List.of();
        }
    }
}
