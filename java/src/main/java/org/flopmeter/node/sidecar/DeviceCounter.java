/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.flopmeter.node.run.DeviceNote;
import org.flopmeter.node.run.RunFacts;

/**
 * Keeps `flopmeter-counter devices` running, from a thread of its own: one that dies or hangs is followed by another,
 * which begins where its lanes end and bounds the time between. All that it counts goes through its lanes.
 */
final class DeviceCounter implements AutoCloseable
{
    static final String STARTING = "STARTING";
    static final String RUNNING = "RUNNING";
    static final String FAILED = "FAILED";
    private static final long STOP_PATIENCE_S = 3;
    /** What is meant for programs, and not for their meter. */
    private static final List<String> NOT_HANDED_ON =
        List.of("LD_PRELOAD", "LD_AUDIT", "FLOPMETER_RUN", "FLOPMETER_NODE", "FLOPMETER_EXECUTED");

    /**
     * For the status.
     *
     * @param state  {@link #STARTING}, {@link #RUNNING} or {@link #FAILED}.
     * @param starts processes so far.
     */
    record State(String state, String detail, long starts)
    {
    }

    /** How long to wait for what; a test waits less. */
    record Pauses(long deathMs, long lookMs, long hangMs)
    {
        static final Pauses REAL = new Pauses(
            TimeUnit.SECONDS.toMillis(10), TimeUnit.SECONDS.toMillis(1), TimeUnit.SECONDS.toMillis(60));
    }

    private final List<String> command;
    private final Path directory;
    private final Pauses pauses;
    private final LongSupplier nanoTime;
    private final Runnable onChange;
    private final ChildLives lives = new ChildLives("flopmeter-sidecar-devices", this::live);
    private volatile State state = new State(STARTING, "", 0);

    /**
     * @param directory of its lanes.
     * @param nanoTime  CLOCK_MONOTONIC.
     * @param onChange  called from another thread when the state is another one.
     */
    DeviceCounter(
        final List<String> command, final Path directory, final Pauses pauses, final LongSupplier nanoTime,
        final Runnable onChange)
    {
        this.command = List.copyOf(command);
        this.directory = directory;
        this.pauses = pauses;
        this.nanoTime = nanoTime;
        this.onChange = onChange;
    }

    /** How the process is called. Null where the build has none. @param mapping null = the environment's. */
    static List<String> command(final String nativePath, final List<Path> places, final Path mapping)
    {
        final String program = HostWatch.program(nativePath);
        if (null == program)
        {
            return null;
        }
        final List<String> words = new ArrayList<>(List.of(
            program, "devices", "--parent", Long.toString(ProcessHandle.current().pid())));
        places.forEach(place -> words.addAll(List.of("--place", place.toString())));
        if (null != mapping)
        {
            words.addAll(List.of("--job-mapping-dir", mapping.toAbsolutePath().toString()));
        }
        return words;
    }

    Path directory()
    {
        return directory;
    }

    State state()
    {
        return state;
    }

    /** Its directory is served from now on. Was it served before, it is another one by now, and its lanes are not. */
    void serve()
    {
        if (!lives.start() && !Files.exists(directory.resolve(DeviceNote.FILE)))
        {
            lives.destroy();
        }
    }

    /** Let it read a last time. What it has recorded stays in its lanes. */
    @Override
    public void close()
    {
        lives.close(STOP_PATIENCE_S);
    }

    private long live() throws InterruptedException
    {
        try
        {
            final ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD);
            final Map<String, String> environment = builder.environment();
            NOT_HANDED_ON.forEach(environment::remove);
            environment.put("FLOPMETER_LANE_DIR", directory.toString());
            final Process child = lives.begin(builder);
            say(RUNNING, "", state.starts() + 1);
            final String hang = await(child);
            if (!lives.isStopped())
            {
                say(FAILED, null == hang ? "flopmeter-counter: it has ended with " + child.exitValue() : hang,
                    state.starts());
            }
        }
        catch (final IOException ex)
        {
            say(FAILED, "flopmeter-counter: " + ex.getMessage(), state.starts());
        }
        return pauses.deathMs();
    }

    /** Until its end. Null, or how long it was silent for. */
    private String await(final Process child) throws InterruptedException
    {
        final long beginNs = nanoTime.getAsLong();
        final long hangNs = TimeUnit.MILLISECONDS.toNanos(pauses.hangMs());
        String hang = null;
        while (!child.waitFor(pauses.lookMs(), TimeUnit.MILLISECONDS))
        {
            final long saidNs = Math.max(beginNs, DeviceNote.read(directory).writtenNs());
            if (nanoTime.getAsLong() - saidNs > hangNs)
            {
                hang = "flopmeter-counter: it said nothing for " + pauses.hangMs() / 1000 + " s, and was ended";
                child.destroyForcibly();
            }
        }
        return hang;
    }

    private void say(final String newState, final String detail, final long starts)
    {
        state = new State(newState, detail, starts);
        onChange.run();
    }

    /** Where its lanes are. */
    static Path directoryIn(final Path place)
    {
        return place.resolve(RunFacts.DEVICES);
    }
}
