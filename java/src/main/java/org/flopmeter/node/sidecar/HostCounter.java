/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.node.run.CounterFacts;
import org.flopmeter.unit.FlopOverflowException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks `flopmeter-counter host` once a second, from a thread of its own: an answer may take its time, and a process
 * that has died is started again where it was read last. Whoever wants to know takes the newest answer, and waits for
 * none.
 */
final class HostCounter implements AutoCloseable
{
    private static final long ASK_INTERVAL_MS = 1000;
    private static final long DEATH_PAUSE_MS = 10_000;
    private static final long REFUSED_PAUSE_MS = 60_000;
    private static final int LINE_LENGTH_MAX = 64 * 1024;

    /**
     * As of now.
     *
     * @param sum     of all processes so far; not read = none could count yet.
     * @param watched CPUs that are watched, of those that are online.
     */
    record Answer(CounterFacts sum, String remedy, long online, long watched)
    {
    }

    /** How long to wait for what; a test waits less. */
    record Pauses(long askMs, long deathMs, long refusedMs)
    {
        static final Pauses REAL = new Pauses(ASK_INTERVAL_MS, DEATH_PAUSE_MS, REFUSED_PAUSE_MS);
    }

    private final List<String> command;
    private final Pauses pauses;
    private final HostTotals totals;
    private final ChildLives lives = new ChildLives("flopmeter-sidecar-host", this::live);
    private volatile Answer newest;

    /** @param then what it goes on from; null = nothing. */
    HostCounter(final List<String> command, final CounterFacts then, final Pauses pauses)
    {
        this.command = List.copyOf(command);
        this.pauses = pauses;
        totals = new HostTotals(then);
    }

    void start()
    {
        lives.start();
    }

    /** Null when there was none yet. */
    Answer newest()
    {
        return newest;
    }

    @Override
    public void close()
    {
        lives.close();
    }

    private long live() throws InterruptedException
    {
        final boolean isRefused = serve();
        totals.ended();
        return isRefused ? pauses.refusedMs() : pauses.deathMs();
    }

    /** One life of the process. True when it said that it can't count. */
    private boolean serve() throws InterruptedException
    {
        final List<String> words = new ArrayList<>(command);
        if (0 != totals.endNs())
        {
            words.addAll(List.of("--since-ns", Long.toString(totals.endNs())));
        }
        Process child = null;
        try
        {
            child = lives.begin(new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD));
            boolean isStopped = lives.isStopped();
            while (!isStopped)
            {
                if (!takeAnswer(ask(child)))
                {
                    return true;
                }
                isStopped = lives.isStoppedWithin(pauses.askMs());
            }
        }
        catch (final IOException ex)
        {
            if (!lives.isStopped())
            {
                final Answer last = newest;
                publish(CounterFacts.FAILED, "flopmeter-counter: " + ex.getMessage(), "",
                    null == last ? 0 : last.online(), 0);
            }
        }
        finally
        {
            if (null != child)
            {
                child.destroy();
            }
        }
        return false;
    }

    private static JsonNode ask(final Process child) throws IOException
    {
        try
        {
            final OutputStream questions = child.getOutputStream();
            questions.write('\n');
            questions.flush();
        }
        catch (final IOException ended)
        {
            // What it said before it ended is still to be read.
            return answer(child.getInputStream());
        }
        return answer(child.getInputStream());
    }

    private static JsonNode answer(final InputStream answers) throws IOException
    {
        final ByteArrayOutputStream line = new ByteArrayOutputStream();
        int read = answers.read();
        while ('\n' != read && -1 != read && line.size() < LINE_LENGTH_MAX)
        {
            line.write(read);
            read = answers.read();
        }
        if ('\n' != read)
        {
            throw new EOFException(-1 == read ? "it has ended" : "its answer has no end");
        }
        try
        {
            return JsonMapper.shared().readTree(line.toString(StandardCharsets.UTF_8));
        }
        catch (final JacksonException ex)
        {
            throw new IOException("its answer is no JSON", ex);
        }
    }

    private static CounterFacts reading(final JsonNode json) throws IOException
    {
        try
        {
            return CounterFacts.of(json);
        }
        catch (final IllegalArgumentException | FlopOverflowException ex)
        {
            throw new IOException("its answer is no reading: " + ex.getMessage(), ex);
        }
    }

    /** False when it can't count. */
    private boolean takeAnswer(final JsonNode json) throws IOException
    {
        final CounterFacts reading = reading(json);
        if (reading.isRead() && !totals.take(reading))
        {
            throw new IOException("its reading is below the one before");
        }
        publish(reading.state(), reading.detail(), json.path("remedy").asString(""),
            json.path("cpusOnline").asLong(0), json.path("cpusWatched").asLong(0));
        return reading.isRead();
    }

    private void publish(
        final String state, final String detail, final String remedy, final long online, final long watched)
    {
        newest = new Answer(totals.sum(state, detail), remedy, online, watched);
    }
}
