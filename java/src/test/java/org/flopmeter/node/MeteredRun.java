/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One {@code ./flopmeter run} of the real launcher in a directory of its own, as a user would type it.
 */
public final class MeteredRun
{
    public static final Path ROOT = Path.of(System.getProperty("flopmeter.root", "."));
    public static final Path LAUNCHER = ROOT.resolve("flopmeter");
    public static final Path WORKER = Path.of(System.getProperty("flopmeter.native.build", "target/native"))
        .resolve("native/test/flopmeter_worker");

    private static final long TIMEOUT_S = 300;

    private final Path work;
    private final Path out;
    private final List<String> prefix = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private byte[] input = new byte[0];
    private int exitCode;
    private byte[] stdout;
    private String stderr;

    public MeteredRun(final Path work) throws IOException
    {
        this.work = work;
        this.out = Files.createTempFile(work, "result", ".json");
        Files.delete(out);
    }

    public MeteredRun option(final String... words)
    {
        options.addAll(Arrays.asList(words));
        return this;
    }

    /** Words that come before the launcher: a program that prepares its surroundings and then executes it. */
    public MeteredRun prefix(final String... words)
    {
        prefix.addAll(Arrays.asList(words));
        return this;
    }

    MeteredRun environment(final String name, final String value)
    {
        environment.put(name, value);
        return this;
    }

    MeteredRun input(final byte[] bytes)
    {
        input = bytes.clone();
        return this;
    }

    /** Starts COMMAND metered and returns the live process; the caller then calls {@link #await(Process)}. */
    public Process start(final String... command) throws IOException
    {
        final List<String> words = new ArrayList<>(prefix);
        words.addAll(List.of(LAUNCHER.toString(), "run", "--out", out.toString()));
        words.addAll(List.of("--dir", work.resolve("state").toString()));
        words.addAll(options);
        words.add("--");
        words.addAll(Arrays.asList(command));
        final ProcessBuilder builder = new ProcessBuilder(words);
        builder.directory(work.toFile());
        builder.environment().putAll(environment);
        builder.redirectError(work.resolve("stderr.txt").toFile());
        return builder.start();
    }

    public MeteredRun await(final Process process) throws IOException, InterruptedException
    {
        stdout = process.getInputStream().readAllBytes();
        if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS))
        {
            process.destroyForcibly();
            throw new IllegalStateException("flopmeter run did not end in " + TIMEOUT_S + " s");
        }
        exitCode = process.exitValue();
        stderr = Files.readString(work.resolve("stderr.txt"), StandardCharsets.UTF_8);
        return this;
    }

    public MeteredRun run(final String... command) throws IOException, InterruptedException
    {
        final Process process = start(command);
        final Thread feeder = new Thread(() -> feed(process));
        feeder.start();
        await(process);
        feeder.join();
        return this;
    }

    private void feed(final Process process)
    {
        try (OutputStream stdin = process.getOutputStream())
        {
            stdin.write(input);
        }
        catch (final IOException ignored)
        {
            // The program may end without reading its input.
        }
    }

    public int exitCode()
    {
        return exitCode;
    }

    byte[] stdoutBytes()
    {
        return stdout.clone();
    }

    public String stdout()
    {
        return new String(stdout, StandardCharsets.UTF_8);
    }

    public String stderr()
    {
        return stderr;
    }

    /** What the metered program itself says it did: the last line of its output. */
    BigInteger printed()
    {
        final String[] lines = stdout().strip().split("\n");
        return new BigInteger(lines[lines.length - 1].strip());
    }

    boolean hasResult()
    {
        return Files.exists(out);
    }

    public JsonNode result() throws IOException
    {
        if (!Files.exists(out))
        {
            throw new IllegalStateException("no result was written; exit code " + exitCode + ", stderr:\n" + stderr);
        }
        return JsonMapper.shared().readTree(Files.readString(out));
    }

    public BigInteger lower() throws IOException
    {
        return new BigInteger(result().at("/flop/lower").asString());
    }

    public BigInteger lowerOf(final String group, final String name) throws IOException
    {
        final JsonNode node = result().path(group).path(name).path("lower");
        return node.isMissingNode() ? BigInteger.ZERO : new BigInteger(node.asString());
    }

    BigInteger sourceFlop(final String source) throws IOException
    {
        final JsonNode node = result().path("bySource").path(source).path("flop");
        return node.isMissingNode() ? BigInteger.ZERO : new BigInteger(node.asString());
    }
}
