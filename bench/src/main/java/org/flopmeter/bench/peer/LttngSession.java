/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.flopmeter.bench.BenchException;

/**
 * A session daemon of our own with one session that listens to our tracepoint: a flight recorder, so that no consumer
 * takes part. As root there is only one place for a daemon, the system's; so it, and what is traced, runs as nobody.
 */
final class LttngSession implements AutoCloseable
{
    private static final String SESSION = "flopmeter-bench";
    private static final String EVENT = "flopmeter_bench:sample";
    private static final String NOBODY = "65534";
    private static final long TIMEOUT_S = 15;
    private static final long POLL_MS = 20;
    private static final int STOP_S = 5;

    private final Path home;
    private final boolean isRoot;
    private final Process daemon;

    /** Start both; what is missing is a {@link BenchException} of one line. */
    LttngSession() throws InterruptedException
    {
        isRoot = "root".equals(System.getProperty("user.name"));
        try
        {
            home = Files.createTempDirectory("flopmeter-lttng");
            own();
            daemon = start(List.of("lttng-sessiond", "--no-kernel", "--quiet"), "daemon.log");
        }
        catch (final IOException ex)
        {
            throw new BenchException("lttng-sessiond can't be started: " + ex.getMessage(), ex);
        }
        boolean isListening = false;
        try
        {
            awaitSocket();
            client("create", SESSION, "--snapshot", "--output=" + home.resolve("snapshot"));
            // Sub-buffers that fit the cache: larger ones are slower here.
            client("enable-channel", "--userspace", "--num-subbuf=8", "--subbuf-size=256K", "--overwrite", "channel");
            client("enable-event", "--userspace", "--channel=channel", EVENT);
            client("start");
            isListening = true;
        }
        finally
        {
            if (!isListening)
            {
                close();
            }
        }
    }

    /** Words that run the program where this session sees it. */
    List<String> commandOf(final Path program, final String... arguments)
    {
        try
        {
            // As nobody it may not reach the build tree.
            final Path copy = home.resolve(program.getFileName());
            Files.copy(program, copy, StandardCopyOption.REPLACE_EXISTING);
            Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
            return words(Stream.concat(Stream.of(copy.toString()), Stream.of(arguments)).toList());
        }
        catch (final IOException ex)
        {
            throw new BenchException("can't copy " + program + ": " + ex.getMessage(), ex);
        }
    }

    /** Environment that the program needs to find this session and no other; it waits 3 s for it at its start. */
    Map<String, String> environment()
    {
        return Map.of(
            "HOME", home.toString(), "LTTNG_HOME", home.toString(), "LTTNG_UST_REGISTER_TIMEOUT", "3000");
    }

    /** End the daemon, and with it its consumers; remove every file. */
    @Override
    public void close()
    {
        daemon.destroy();
        try
        {
            if (!daemon.waitFor(STOP_S, TimeUnit.SECONDS))
            {
                daemon.descendants().forEach(ProcessHandle::destroyForcibly);
                daemon.destroyForcibly().waitFor();
            }
            remove();
        }
        catch (final InterruptedException ex)
        {
            daemon.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private void own() throws IOException
    {
        if (isRoot)
        {
            Files.setAttribute(home, "unix:uid", Integer.valueOf(NOBODY));
            Files.setAttribute(home, "unix:gid", Integer.valueOf(NOBODY));
        }
    }

    private List<String> words(final List<String> command)
    {
        final List<String> words = new ArrayList<>();
        if (isRoot)
        {
            words.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
        }
        words.addAll(command);
        return words;
    }

    private Process start(final List<String> command, final String log) throws IOException
    {
        final ProcessBuilder builder = new ProcessBuilder(words(command))
            .redirectErrorStream(true).redirectOutput(home.resolve(log).toFile());
        builder.environment().putAll(environment());
        final Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    private void awaitSocket() throws InterruptedException
    {
        final Path socket = home.resolve(".lttng/client-lttng-sessiond");
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_S);
        while (!Files.exists(socket))
        {
            if (!daemon.isAlive() || System.nanoTime() - deadlineNs > 0)
            {
                throw new BenchException("lttng-sessiond does not come up: " + said("daemon.log"));
            }
            Thread.sleep(POLL_MS);
        }
    }

    private void client(final String... arguments) throws InterruptedException
    {
        final List<String> command = new ArrayList<>(List.of("lttng", "--no-sessiond"));
        command.addAll(List.of(arguments));
        try
        {
            final Process process = start(command, "client.log");
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS))
            {
                process.destroyForcibly();
                throw new BenchException("lttng " + arguments[0] + " does not end");
            }
            if (0 != process.exitValue())
            {
                throw new BenchException("lttng " + arguments[0] + " failed: " + said("client.log"));
            }
        }
        catch (final IOException ex)
        {
            throw new BenchException("lttng can't be started: " + ex.getMessage(), ex);
        }
    }

    private String said(final String log)
    {
        try
        {
            final String text = Files.readString(home.resolve(log)).strip().replaceAll("\\s*\\R\\s*", " ");
            return text.isEmpty() ? "it says nothing" : text;
        }
        catch (final IOException ex)
        {
            return "what it said can't be read";
        }
    }

    private void remove()
    {
        try (Stream<Path> files = Files.walk(home))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.deleteIfExists(file);
            }
        }
        catch (final IOException ex)
        {
            throw new BenchException("can't remove " + home + ": " + ex.getMessage(), ex);
        }
    }
}
