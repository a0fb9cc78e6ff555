/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import org.flopmeter.node.run.LiveText;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.text.Messages;

/**
 * One line of figures, drawn in place under the program's own output, four times a second.
 * <p>
 * The line sits below the cursor and the cursor is put back to where the program left it, so that the program's next
 * output does not land inside ours. Drawing has its own thread: a terminal that was stopped (Ctrl-S) must not stop
 * the drain.
 */
final class LiveLine implements AutoCloseable
{
    static final long INTERVAL_NS = 250_000_000L;

    /** Clear the rest of the row (an earlier line left it), one row down, remember, clear that row ... back, one up. */
    static final String DRAW_BEGIN = "\033[K\033D\0337\r\033[2K";
    static final String DRAW_END = "\0338\033M";

    private static final int COLUMNS_DEFAULT = 80;
    private static final int COLUMNS_MIN = 20;
    private static final int COLUMNS_MAX = 500;
    private static final long CLOSE_TIMEOUT_MS = 500;

    private final Predicate<byte[]> sink;
    private final Messages messages;
    private final IntSupplier terminalColumns;
    private final int columnsDefault;
    private final boolean isColour;
    private final BlockingQueue<String> next = new ArrayBlockingQueue<>(1);
    private final Thread thread = new Thread(this::draw, "flopmeter-live");
    private BigInteger countedBefore;
    private long nsBefore;
    private volatile boolean isClosed;

    LiveLine(
        final Predicate<byte[]> sink,
        final IntSupplier terminalColumns,
        final Map<String, String> environment,
        final Messages messages,
        final long nowNs)
    {
        this.sink = sink;
        this.messages = messages;
        this.terminalColumns = terminalColumns;
        this.columnsDefault = columns(environment);
        this.isColour = environment.getOrDefault("NO_COLOR", "").isEmpty();
        this.nsBefore = nowNs;
        thread.setDaemon(true);
        thread.start();
    }

    /** Terminals that only print can't take a line back. */
    static boolean isPossible(final Map<String, String> environment)
    {
        final String term = environment.getOrDefault("TERM", "");
        return !term.isEmpty() && !"dumb".equals(term);
    }

    /** For terminals that do not tell their width. */
    static int columns(final Map<String, String> environment)
    {
        for (final String name : new String[] { "FLOPMETER_COLUMNS", "COLUMNS" })
        {
            final String value = environment.getOrDefault(name, "");
            if (value.matches("[0-9]{1,4}") && COLUMNS_MIN <= Integer.parseInt(value))
            {
                return Math.min(COLUMNS_MAX, Integer.parseInt(value));
            }
        }
        return COLUMNS_DEFAULT;
    }

    boolean isDue(final long nowNs)
    {
        return nowNs - nsBefore >= INTERVAL_NS;
    }

    /** Never blocks; a line that the terminal has not taken yet is replaced. */
    void update(final Reading reading, final long nowNs)
    {
        // Asked each time: a window may have been resized.
        final int columnsNow = terminalColumns.getAsInt();
        final int columns = COLUMNS_MIN <= columnsNow ? Math.min(COLUMNS_MAX, columnsNow) : columnsDefault;
        final BigInteger counted = LiveText.counted(reading).toBigInteger();
        // The first reading holds what was recorded before the meter was up: no rate comes from it.
        final long durationNs = null == countedBefore ? 0 : nowNs - nsBefore;
        final BigInteger delta = null == countedBefore ? counted : counted.subtract(countedBefore);
        final String line = LiveText.line(reading, delta, durationNs, columns, isColour, messages);
        countedBefore = counted;
        nsBefore = nowNs;
        next.poll();
        next.offer(DRAW_BEGIN + line + DRAW_END);
    }

    /** Takes the line away. A terminal that does not take this within half a second keeps it. */
    @Override
    public void close()
    {
        isClosed = true;
        next.poll();
        next.offer(DRAW_BEGIN + DRAW_END);
        try
        {
            thread.join(CLOSE_TIMEOUT_MS);
        }
        catch (final InterruptedException e)
        {
            Thread.currentThread().interrupt();
        }
    }

    private void draw()
    {
        try
        {
            boolean isOpen = true;
            while (isOpen && (!isClosed || !next.isEmpty()))
            {
                final String text = next.poll(CLOSE_TIMEOUT_MS / 2, TimeUnit.MILLISECONDS);
                isOpen = null == text || sink.test(text.getBytes(StandardCharsets.UTF_8));
            }
        }
        catch (final InterruptedException e)
        {
            Thread.currentThread().interrupt();
        }
    }
}
