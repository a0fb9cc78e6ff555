/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.producer;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.flopmeter.bench.BenchException;

/** A program that answers each line on stdin by one on stdout. For one thread, which may be pinned. */
public final class LineProcess implements AutoCloseable
{
    private static final long TIMEOUT_S = 120;

    private final String name;
    private final Process process;
    private final Path errors;
    private final BufferedWriter input;
    private final LinkedBlockingQueue<FutureTask<String>> asked = new LinkedBlockingQueue<>();
    private final BufferedReader output;
    private FutureTask<String> last;

    /**
     * Start it. Its replies are read by a thread of our own, which is started here: by a thread that is not pinned.
     */
    public LineProcess(final List<String> command, final Map<String, String> environment)
    {
        name = Path.of(command.get(0)).getFileName().toString();
        try
        {
            errors = Files.createTempFile("flopmeter-bench", ".err");
            final ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
            builder.environment().keySet().removeIf((key) -> key.startsWith("FLOPMETER_"));
            builder.environment().putAll(environment);
            process = builder.start();
        }
        catch (final IOException ex)
        {
            throw new BenchException("can't start " + name + ": " + ex.getMessage(), ex);
        }
        input = process.outputWriter(StandardCharsets.UTF_8);
        output = process.inputReader(StandardCharsets.UTF_8);
        final Thread reader = new Thread(this::read, name);
        reader.setDaemon(true);
        reader.start();
    }

    /** Send one line; {@link #isAnswered} and {@link #answer} tell of its reply. */
    public void ask(final String line)
    {
        expectLine();
        try
        {
            input.write(line);
            input.newLine();
            input.flush();
        }
        catch (final IOException ex)
        {
            throw failure("does not take \"" + line + "\"", ex);
        }
    }

    /** Something is to come that was not asked for: the first line. */
    public void expectLine()
    {
        last = new FutureTask<>(this::nextLine);
        asked.add(last);
    }

    /** Is the reply to the last line here? One load. */
    public boolean isAnswered()
    {
        return last.isDone();
    }

    /** Wait for the reply, words name=value by name; the first word, "done" or "ready", has no value. */
    public Map<String, String> answer()
    {
        final String line;
        try
        {
            line = last.get(TIMEOUT_S, TimeUnit.SECONDS);
        }
        catch (final InterruptedException | ExecutionException | TimeoutException ex)
        {
            throw failure("gave no answer", ex);
        }
        if (null == line)
        {
            throw failure("has ended", null);
        }
        final Map<String, String> words = new HashMap<>();
        for (final String word : line.split(" "))
        {
            final int at = word.indexOf('=');
            words.put(at < 0 ? word : word.substring(0, at), at < 0 ? "" : word.substring(at + 1));
        }
        return words;
    }

    /** Send a line and wait for its reply. */
    public Map<String, String> tell(final String line)
    {
        ask(line);
        return answer();
    }

    /** End it by the end of its input, or by force. */
    @Override
    public void close()
    {
        try
        {
            input.close();
        }
        catch (final IOException ex)
        {
            process.destroyForcibly();
        }
        try
        {
            if (!process.waitFor(5, TimeUnit.SECONDS))
            {
                process.destroyForcibly().waitFor();
            }
            Files.deleteIfExists(errors);
        }
        catch (final IOException | InterruptedException ex)
        {
            process.destroyForcibly();
        }
    }

    /** Kill it: SIGKILL, whatever it does now. */
    public void kill() throws InterruptedException
    {
        process.destroyForcibly().waitFor();
    }

    private String nextLine() throws IOException
    {
        return output.readLine();
    }

    private void read()
    {
        try
        {
            while (true)
            {
                asked.take().run();
            }
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
    }

    private BenchException failure(final String what, final Exception cause)
    {
        String said = "";
        try
        {
            said = Files.readString(errors).strip();
        }
        catch (final IOException ex)
        {
            said = "(what it said can't be read)";
        }
        return new BenchException(name + " " + what + (said.isEmpty() ? "" : ": " + said), cause);
    }
}
