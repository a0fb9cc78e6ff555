/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import static org.flopmeter.node.run.Fixtures.key;
import static org.flopmeter.node.run.Fixtures.reading;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.flopmeter.node.run.LiveText;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.text.Messages;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;

class LiveLineTest
{
    private static final long DEADLINE_SEC = 20;
    private static final Reading READING = reading(
        key("training", Precision.FP32, Source.API, Part.COUNT, "9000000000", 1),
        key("evaluation", Precision.FP32, Source.API, Part.COUNT, "1000000000", 1),
        key("training", Precision.FP32, Source.API, Part.ESTIMATE, "77", 1));

    @Test
    void shouldShowTotalRateAndShares()
    {
        assertEquals(
            "flopmeter 10.0 GFLOP  8.00 GFLOP/s  training 90.0 %, evaluation 10.0 %",
            line(80, false));
        assertEquals("flopmeter waiting for the first FLOP",
            LiveText.line(reading(), BigInteger.ZERO, 1, 80, false, Messages.english()));
    }

    @Test
    void shouldKeepToTheWidth()
    {
        for (int columns = 20; columns < 90; columns++)
        {
            assertTrue(line(columns, false).length() < columns);
            assertEquals(
                line(columns, false), line(columns, true).replaceAll("\033\\[[0-9]*m", ""), "colour takes no column");
        }
        assertEquals("训", LiveText.cut("训练", 4));
    }

    @Test
    void shouldUseNoColourWhereNoneIsWanted()
    {
        assertFalse(drawn(Map.of("NO_COLOR", "1")).contains("\033[1m"));
        assertTrue(drawn(Map.of()).contains("\033[1m"));
        assertTrue(drawn(Map.of("NO_COLOR", "")).contains("\033[1m"), "an empty NO_COLOR does not count");
    }

    @Test
    void shouldPutTheCursorBackAndClearTheLineAtTheEnd()
    {
        final LinkedBlockingQueue<String> written = new LinkedBlockingQueue<>();
        final LiveLine live = live(written, Map.of());
        live.update(READING, LiveLine.INTERVAL_NS);
        live.close();

        String last = "";
        while (!written.isEmpty())
        {
            last = written.poll();
            assertTrue(last.startsWith(LiveLine.DRAW_BEGIN) && last.endsWith(LiveLine.DRAW_END), last);
            assertFalse(last.contains("\n"), "a line feed would move the program's output");
        }
        assertEquals(LiveLine.DRAW_BEGIN + LiveLine.DRAW_END, last);
    }

    @Test
    void shouldNeverBlockOnATerminalThatTakesNothing() throws InterruptedException
    {
        final CountDownLatch isStuck = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);
        final LiveLine live = new LiveLine(
            bytes ->
            {
                isStuck.countDown();
                return await(release);
            },
            () -> 0, Map.of(), Messages.english(), 0);
        live.update(READING, 1);
        assertTrue(isStuck.await(DEADLINE_SEC, TimeUnit.SECONDS));

        for (int i = 2; i < 1000; i++)
        {
            live.update(READING, i);
        }

        release.countDown();
        live.close();
    }

    @Test
    void shouldTakeTheWidthFromTheTerminalOrTheEnvironment()
    {
        assertEquals(80, LiveLine.columns(Map.of()));
        assertEquals(132, LiveLine.columns(Map.of("COLUMNS", "132")));
        assertEquals(40, LiveLine.columns(Map.of("COLUMNS", "132", "FLOPMETER_COLUMNS", "40")));
        assertEquals(80, LiveLine.columns(Map.of("COLUMNS", "3")));
        assertEquals(80, LiveLine.columns(Map.of("COLUMNS", "wide")));
        assertFalse(LiveLine.isPossible(Map.of("TERM", "dumb")));
        assertFalse(LiveLine.isPossible(Map.of()));
        assertTrue(LiveLine.isPossible(Map.of("TERM", "xterm")));
    }

    private static String drawn(final Map<String, String> environment)
    {
        final LinkedBlockingQueue<String> written = new LinkedBlockingQueue<>();
        try (LiveLine live = live(written, environment))
        {
            live.update(READING, LiveLine.INTERVAL_NS);
            final String first = written.poll(DEADLINE_SEC, TimeUnit.SECONDS);
            return null == first ? "" : first;
        }
        catch (final InterruptedException e)
        {
            throw new IllegalStateException(e);
        }
    }

    private static LiveLine live(final LinkedBlockingQueue<String> written, final Map<String, String> environment)
    {
        return new LiveLine(
            bytes -> written.add(new String(bytes, StandardCharsets.UTF_8)), () -> 0, environment,
            Messages.english(), 0);
    }

    private static boolean await(final CountDownLatch latch)
    {
        try
        {
            return latch.await(DEADLINE_SEC, TimeUnit.SECONDS);
        }
        catch (final InterruptedException e)
        {
            return false;
        }
    }

    private static String line(final int columns, final boolean isColour)
    {
        return LiveText.line(
            READING, BigInteger.valueOf(2_000_000_000L), LiveLine.INTERVAL_NS, columns, isColour, Messages.english());
    }
}
