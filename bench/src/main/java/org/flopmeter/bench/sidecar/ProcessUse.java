/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** CPU time and memory of another process, from /proc. */
final class ProcessUse
{
    private static final long TICK_NS = 10_000_000;
    /** Behind the name in brackets: state is 0, utime 11, stime 12. */
    private static final int UTIME_INDEX = 11;

    private final Path proc;

    ProcessUse(final long pid)
    {
        proc = Path.of("/proc", Long.toString(pid));
    }

    /**
     * CPU time so far: per thread in ns, and of the whole process in ticks of 10 ms, ended threads included.
     */
    record CpuTime(Map<String, Long> nsByThread, long ticks)
    {
        /** Since then, in ns. Threads that have ended since are in the coarse figure only: the larger one counts. */
        long nsSince(final CpuTime before)
        {
            long sumNs = 0;
            for (final Map.Entry<String, Long> thread : nsByThread.entrySet())
            {
                sumNs += thread.getValue() - before.nsByThread.getOrDefault(thread.getKey(), 0L);
            }
            final long ticksWhole = Math.max(0, ticks - before.ticks - 1);
            return Math.max(sumNs, ticksWhole * TICK_NS);
        }
    }

    CpuTime cpuTime() throws IOException
    {
        final Map<String, Long> nsByThread = new HashMap<>();
        final List<Path> tasks;
        try (Stream<Path> all = Files.list(proc.resolve("task")))
        {
            tasks = all.toList();
        }
        for (final Path task : tasks)
        {
            try
            {
                nsByThread.put(
                    task.getFileName().toString(),
                    Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ")[0]));
            }
            catch (final IOException ended)
            {
                continue;
            }
        }
        final String stat = Files.readString(proc.resolve("stat"));
        final String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new CpuTime(nsByThread, Long.parseLong(words[UTIME_INDEX]) + Long.parseLong(words[UTIME_INDEX + 1]));
    }

    /** A line of status, in bytes: VmRSS, VmHWM. */
    long statusBytes(final String name) throws IOException
    {
        return Files.readAllLines(proc.resolve("status")).stream()
            .filter((line) -> line.startsWith(name + ":"))
            .mapToLong((line) -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
            .findFirst().orElse(0);
    }

    /** Resident pages that are the process's own, and those that it shares with files (the lanes among them). */
    long residentAnonymousBytes() throws IOException
    {
        return statusBytes("RssAnon");
    }
}
