/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.flopmeter.node.MeteredRun;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.run.RunFacts;

/** Meter directories as supervisors make them, for tests of the sidecar: the test is the supervisor. */
public final class SidecarScene
{
    private SidecarScene()
    {
    }

    static Path newPlace(final String name) throws IOException
    {
        final Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory) ?
            Files.createTempDirectory(memory, "flopmeter-" + name) : Files.createTempDirectory("flopmeter-" + name);
    }

    static Path nameOf(final Path place, final int number)
    {
        return place.resolve(String.format(Locale.ROOT, "20261128T050000Z-%d-%08x", 1 + number, number));
    }

    static Path newDirectory(final Path place, final int number) throws IOException
    {
        return Files.createDirectory(nameOf(place, number),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    static Path newRun(final Path place, final int number) throws IOException
    {
        final Path directory = newDirectory(place, number);
        StandingDirectory.writeControl(directory);
        start(directory, number);
        return directory;
    }

    public static void start(final Path directory, final int number) throws IOException
    {
        DocumentFiles.replace(directory.resolve(RunFacts.RUN), "{\"schema\": \"flopmeter/run-start/v1\", \"run\": \"r" +
            number + "\", \"node\": null, \"command\": [\"worker\"], \"beginNs\": 1, \"beginMonotonicNs\": 1, " +
            "\"spillDir\": null, \"ownMeter\": false, \"supervisorPid\": 1}\n");
    }

    /** COMMAND has ended. A device, since no CPU could do what workers say that they did. */
    static void end(final Path directory, final int number) throws IOException
    {
        DocumentFiles.replace(directory.resolve(RunFacts.FACTS), """
            {"schema": "flopmeter/run-facts/v1", "run": "r%d", "node": null, "command": ["worker"], "exitCode": 0,
             "beginNs": 1, "endNs": 2, "beginMonotonicNs": 1, "endMonotonicNs": 2, "cpuNs": 1, "cpuComplete": true,
             "onlineCpus": 2, "acceleratorsOpened": ["/dev/worker"]}
            """.formatted(number));
    }

    /** A lane of a process that has recorded `count` samples of `flopCount` each, and has ended. */
    static Path newLane(final Path directory, final int count, final int flopCount)
        throws IOException, InterruptedException
    {
        final ProcessBuilder builder = new ProcessBuilder(
            MeteredRun.WORKER.toString(), "count", Integer.toString(count), Integer.toString(flopCount));
        builder.environment().put("FLOPMETER_LANE_DIR", directory.toString());
        builder.environment().put("FLOPMETER_LANE_SLOTS", "128");
        builder.environment().put("FLOPMETER_LANE_RING", "16384");
        final Process worker = builder.redirectErrorStream(true).start();
        final String said = new String(worker.getInputStream().readAllBytes());
        if (!worker.waitFor(60, TimeUnit.SECONDS) || 0 != worker.exitValue())
        {
            throw new IOException("worker failed: " + said);
        }
        try (Stream<Path> files = Files.list(directory))
        {
            final List<Path> lanes = files.filter(file -> file.toString().endsWith(".lane")).toList();
            return lanes.get(0);
        }
    }

    public static void delete(final Path root) throws IOException
    {
        try (Stream<Path> files = Files.walk(root))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.deleteIfExists(file);
            }
        }
    }
}
