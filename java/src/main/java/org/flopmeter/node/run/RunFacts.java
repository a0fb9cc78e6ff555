/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.node.io.UsageException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What only the supervisor knows of a run: facts.json, docs/design/0002-meter-directory.md section 4.
 *
 * @param node        null when none was given.
 * @param exitCode    null when the supervisor died before it knew.
 * @param kernels     what processes tell of kernels on GPUs, in files beside this one.
 * @param pipes       what flopmeter-counter tells of pipes that lump precisions, and what was declared.
 * @param cpuComplete false: some descendant's CPU time may be missing from cpuNs.
 * @param cpuTally    a second account of the run's CPU time, that needs nobody to wait for anybody; null = none.
 */
public record RunFacts(
    String run,
    String node,
    List<String> command,
    Integer exitCode,
    long beginNs,
    long endNs,
    long beginMonotonicNs,
    long endMonotonicNs,
    long cpuNs,
    boolean cpuComplete,
    CpuTally cpuTally,
    int onlineCpus,
    List<Leftover> leftovers,
    List<String> acceleratorsOpened,
    List<CounterFacts> counters,
    KernelNotes kernels,
    PipeNotes pipes,
    int meterRestarts,
    long supervisorCpuNs,
    long aggregatorCpuNs)
{
    public static final String FACTS = "facts.json";
    public static final String RUN = "run.json";
    /** The run of all that nobody started through flopmeter. */
    public static final String SERVICES = "services";
    /** Directory of the counter that reads the devices of a host. */
    public static final String DEVICES = "devices";
    /** The run of what a device did for nobody in particular (native/src/counter/tenant.h). */
    public static final String HOST = "host";

    private static final JsonMapper JSON = JsonMapper.shared();
    /** A command line of the most that a kernel takes fits, each byte of it escaped. */
    private static final int LENGTH_MAX = 16 * 1024 * 1024;

    /** A descendant of the command that was still alive when the command had ended. */
    record Leftover(int pid, String comm)
    {
    }

    /**
     * CPU time in which the run's own code can have run, by a clock of the kernel.
     *
     * @param source "task clock", or "cgroup": of the control group, which others may have used, too.
     */
    record CpuTally(long cpuNs, String source)
    {
        static final String TASK_CLOCK = "task clock";
        static final String CGROUP = "cgroup";

        /** Of a supervisor that writes none, or one that this version does not know: null. */
        static CpuTally of(final JsonNode facts)
        {
            final JsonNode cpuNs = facts.path("cpuTallyNs");
            final String source = text(facts, "cpuTally");
            return cpuNs.isIntegralNumber() && cpuNs.canConvertToLong() && 0 <= cpuNs.asLong() &&
                (TASK_CLOCK.equals(source) || CGROUP.equals(source)) ? new CpuTally(cpuNs.asLong(), source) : null;
        }
    }

    public static RunFacts read(final Path file)
    {
        return of(file, parse(file));
    }

    /** Of a run whose supervisor died: what run.json said at its start, ended when the meter last was seen. */
    public static RunFacts recovered(final Path runFile, final long endNs, final int onlineCpus)
    {
        final JsonNode json = parse(runFile);
        final long beginNs = time(json, "beginNs", "begin");
        final long beginMonotonicNs = json.path("beginMonotonicNs").asLong(0);
        final long end = Math.max(beginNs, endNs);
        return new RunFacts(
            required(runFile, json, "run").asString(), text(json, "node"), strings(json.path("command")), null,
            beginNs, end, beginMonotonicNs, beginMonotonicNs + (end - beginNs), 0, false, null, Math.max(1, onlineCpus),
            List.of(), List.of(), List.of(), KernelNotes.read(runFile.toAbsolutePath().getParent()),
            PipeNotes.read(runFile.toAbsolutePath().getParent(), json), 0, 0, 0);
    }

    /** UNIX epoch of a CLOCK_MONOTONIC time of this run; its beginning when the time is unknown. */
    long epochNs(final long monotonicNs)
    {
        return 0 == monotonicNs ? beginNs : beginNs + (monotonicNs - beginMonotonicNs);
    }

    /** The supervisor's figure of the meter's CPU time ends when the command ends; the meter's own one ends later. */
    public RunFacts withMeterCpuNs(final long meterCpuNs)
    {
        return new RunFacts(
            run, node, command, exitCode, beginNs, endNs, beginMonotonicNs, endMonotonicNs, cpuNs, cpuComplete,
            cpuTally, onlineCpus, leftovers, acceleratorsOpened, counters, kernels, pipes, meterRestarts,
            supervisorCpuNs, Math.max(aggregatorCpuNs, meterCpuNs));
    }

    long wallNs()
    {
        return Math.max(0, endMonotonicNs - beginMonotonicNs);
    }

    public static JsonNode parse(final Path file)
    {
        try
        {
            return JSON.readTree(bytes(file));
        }
        catch (final NoSuchFileException e)
        {
            throw new UsageException(file + ": no such file");
        }
        catch (final IOException e)
        {
            throw new UsageException(file + ": cannot be read: " + e.getMessage());
        }
        catch (final JacksonException e)
        {
            throw new UsageException(file + ": not JSON: " + e.getOriginalMessage());
        }
    }

    /** A pipe would be waited for, and a file without end is one that nobody of ours wrote. */
    private static byte[] bytes(final Path file) throws IOException
    {
        if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile())
        {
            throw new IOException("not a regular file");
        }
        try (InputStream in = Files.newInputStream(file))
        {
            final byte[] bytes = in.readNBytes(LENGTH_MAX + 1);
            if (bytes.length > LENGTH_MAX)
            {
                throw new IOException("longer than " + LENGTH_MAX + " bytes");
            }
            return bytes;
        }
    }

    private static RunFacts of(final Path file, final JsonNode json)
    {
        final List<Leftover> leftovers = new ArrayList<>();
        for (final JsonNode leftover : json.path("leftovers"))
        {
            leftovers.add(new Leftover(leftover.path("pid").asInt(0), leftover.path("comm").asString("?")));
        }
        return new RunFacts(
            required(file, json, "run").asString(),
            text(json, "node"),
            strings(json.path("command")),
            required(file, json, "exitCode").asInt(),
            number(file, json, "beginNs"),
            number(file, json, "endNs"),
            number(file, json, "beginMonotonicNs"),
            number(file, json, "endMonotonicNs"),
            number(file, json, "cpuNs"),
            json.path("cpuComplete").asBoolean(false),
            CpuTally.of(json),
            Math.max(1, json.path("onlineCpus").asInt(1)),
            List.copyOf(leftovers),
            strings(json.path("acceleratorsOpened")),
            CounterFacts.read(json.path("counters")),
            KernelNotes.read(file.toAbsolutePath().getParent()),
            PipeNotes.read(file.toAbsolutePath().getParent(), json),
            json.path("meterRestarts").asInt(0),
            json.path("supervisorCpuNs").asLong(0),
            json.path("aggregatorCpuNs").asLong(0));
    }

    private static long time(final JsonNode json, final String name, final String otherName)
    {
        return json.path(name).asLong(json.path(otherName).asLong(0));
    }

    private static JsonNode required(final Path file, final JsonNode json, final String name)
    {
        final JsonNode value = json.path(name);
        if (value.isMissingNode() || value.isNull())
        {
            throw new UsageException(file + ": \"" + name + "\" is missing");
        }
        return value;
    }

    private static long number(final Path file, final JsonNode json, final String name)
    {
        final JsonNode value = required(file, json, name);
        if (!value.isIntegralNumber() || !value.canConvertToLong())
        {
            throw new UsageException(file + ": \"" + name + "\" must be an integer, is: " + value);
        }
        return value.asLong();
    }

    private static String text(final JsonNode json, final String name)
    {
        return json.path(name).isString() ? json.path(name).asString() : null;
    }

    private static List<String> strings(final JsonNode array)
    {
        final List<String> strings = new ArrayList<>();
        for (final JsonNode value : array)
        {
            strings.add(value.asString());
        }
        return List.copyOf(strings);
    }
}
