/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** CPU time and memory of another process, from /proc. */
final class ProcessUse
{
    private final Path proc;

    ProcessUse(final long pid)
    {
        proc = Path.of("/proc", Long.toString(pid));
    }

    /** On a CPU so far, all threads that are alive. */
    long cpuNs() throws IOException
    {
        long sumNs = 0;
        final List<Path> tasks;
        try (Stream<Path> all = Files.list(proc.resolve("task")))
        {
            tasks = all.toList();
        }
        for (final Path task : tasks)
        {
            try
            {
                sumNs += Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ")[0]);
            }
            catch (final NoSuchFileException | java.io.UncheckedIOException ended)
            {
                continue;
            }
        }
        return sumNs;
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
