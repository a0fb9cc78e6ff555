/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.meter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Messages;
import org.flopmeter.wire.ChannelLaneMapper;
import org.flopmeter.wire.LaneFixture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopViewTest
{
    private static final long BEGIN_NS = 1_700_000_000_000_000_000L;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int SUPERVISOR = 4242;

    private final ChannelLaneMapper mapper = new ChannelLaneMapper();

    @TempDir
    private Path root;
    private Path run;
    private TopView view;

    @BeforeEach
    void setUp() throws IOException
    {
        run = root.resolve("shm/20261123-0a0b0c0d");
        Files.createDirectories(run);
        Files.createDirectories(root.resolve("proc/" + SUPERVISOR));
        Files.writeString(run.resolve("run.json"),
            "{\"run\": \"job-7\", \"command\": [\"python3\", \"tr\\u001bain.py\"], \"beginNs\": " + BEGIN_NS +
            ", \"supervisorPid\": " + SUPERVISOR + "}");
        view = new TopView(new StateDirectory(root.resolve("shm"), root.resolve("state")), root.resolve("proc"),
            mapper, Messages.english());
    }

    @Test
    void shouldShowWhatARunningMeterHasCommittedAndTouchNothing() throws IOException
    {
        try (LaneFixture lane = LaneFixture.dead(run, 1, 4096))
        {
            lane.add(lane.slot("job-7"), 4_000_000_000L);
            lane.closeBatch();
            drain();
        }
        final Map<String, byte[]> before = contents();

        final String table = view.render(BEGIN_NS + 2 * SECOND_NS, 0, false);

        assertTrue(table.contains("1 running"), table);
        assertTrue(table.contains("job-7   2.00 s  4.00 GFLOP  2.00 GFLOP/s  unattributed 100.0 %"), table);
        assertTrue(table.contains("python3 tr?ain.py"), "control characters must not reach the terminal");
        final Map<String, byte[]> after = contents();
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, bytes) -> assertArrayEquals(bytes, after.get(name), name));
    }

    @Test
    void shouldShowTheRateSinceTheRefreshBefore() throws IOException
    {
        drain();
        view.render(BEGIN_NS + SECOND_NS, 0, false);
        try (LaneFixture lane = LaneFixture.dead(run, 1, 4096))
        {
            lane.add(lane.slot("job-7"), 3_000_000_000L);
            lane.closeBatch();
            drain();
        }

        final String table = view.render(BEGIN_NS + 2 * SECOND_NS, 0, false);

        assertTrue(table.contains("3.00 GFLOP/s"), table);
    }

    @Test
    void shouldLeaveOutWhatIsNotRunning() throws IOException
    {
        drain();
        Files.delete(root.resolve("proc/" + SUPERVISOR));
        Files.createDirectories(root.resolve("shm/no-run-json"));
        final Path damaged = Files.createDirectories(root.resolve("state/meter/damaged"));
        Files.writeString(damaged.resolve("run.json"), "{");

        assertEquals("no meter is running\n", view.render(BEGIN_NS, 0, false));
    }

    @Test
    void shouldKeepToTheWidthOfTheTerminal() throws IOException
    {
        drain();

        final String table = view.render(BEGIN_NS, 40, false);

        assertTrue(table.lines().allMatch(line -> line.length() < 40), table);
        assertFalse(table.contains("\033"), table);
        assertTrue(view.render(BEGIN_NS, 40, true).contains("\033[1m"));
    }

    /** As flopmeter pause leaves it, a minute ago; a holder says how far it is. */
    private String wish(final Path directory, final long untilNs) throws IOException
    {
        final Path wish = Files.writeString(Files.createDirectories(directory).resolve("pause.wish"),
            "flopmeter/wish/v1 pause 0123456789abcdef " + Long.toUnsignedString(untilNs) + "\n");
        Files.setLastModifiedTime(wish, FileTime.from(BEGIN_NS - 60 * SECOND_NS, TimeUnit.NANOSECONDS));
        return Files.getOwner(wish).getName();
    }

    private void holder(final Path directory, final int pid, final String wishSeen) throws IOException
    {
        mapper.alivePids.add(SUPERVISOR);
        Files.writeString(directory.resolve("hold-00000000000000" + pid + ".json"),
            "{\"schema\": \"flopmeter/hold/v1\", \"name\": \"played\", \"pid\": " + pid + ", \"thread\": " +
            pid + ", \"startTicks\": 1, \"pidNamespace\": 1, \"isFree\": true, \"wishes\": [\"" + wishSeen +
            "\"], \"detail\": \"\"}\n");
    }

    @Test
    void shouldSayThatARunIsPausedSinceWhenAndByWhom() throws IOException
    {
        drain();
        final String user = wish(run, -1);
        holder(run, SUPERVISOR, "0123456789abcdef");
        holder(run, SUPERVISOR + 1, "");
        final Map<String, byte[]> before = contents();

        final String table = view.render(BEGIN_NS, 0, false);

        assertTrue(table.endsWith("\npaused: job-7, for 1 min 00 s, since 2023-11-14T22:12:20Z, by " + user +
            ", until flopmeter resume; what counters of the hardware miss is a gap with a bound\n"), table);
        assertEquals(before.keySet(), contents().keySet(), "a dead holder's file is pause's to remove");
        assertTrue(view.render(BEGIN_NS, 40, false).lines().allMatch(line -> line.length() < 40), table);
    }

    /** In a run of its own in a run in the run; one that is over, and one that only looks like one, are not paused. */
    @Test
    void shouldSayThatANestedRunAloneIsPaused() throws IOException
    {
        drain();
        final Path inner = run.resolve("nested-00000001");
        final Path innermost = inner.resolve("nested-0000000a");
        final String user = wish(innermost, -1);
        Files.writeString(innermost.resolve("run.json"), "{\"run\": \"fold-\\u001b3\"}");
        wish(run.resolve("nested-00000002"), -1);
        wish(run.resolve("nested-lie"), -1);
        wish(root.resolve("elsewhere"), -1);
        Files.createSymbolicLink(run.resolve("nested-00000003"), root.resolve("elsewhere"));
        mapper.lockedDirectories.addAll(
            List.of(inner, innermost, run.resolve("nested-lie"), run.resolve("nested-00000003")));

        final String table = view.render(BEGIN_NS, 0, false);

        assertTrue(table.endsWith("\npaused: fold-?3 (nested-00000001/nested-0000000a, nested in job-7), for 1 min " +
            "00 s, since 2023-11-14T22:12:20Z, by " + user + ", until flopmeter resume; nothing there holds " +
            "counters, and what begins opens none\n"), table);
        assertEquals(1, table.lines().filter(line -> line.startsWith("paused")).count(), table);
        wish(run, -1);
        assertTrue(view.render(BEGIN_NS, 0, false).contains("\npaused: job-7, for"), "both are");
    }

    @Test
    void shouldNameWhoHasNotLetGoOfTheCounters() throws IOException
    {
        drain();
        wish(run, System.nanoTime() + 3600 * SECOND_NS);
        holder(run, SUPERVISOR, "0000000000000001");

        final String table = view.render(BEGIN_NS, 0, false);

        assertTrue(table.contains("\n!!! pausing: job-7, for 1 min 00 s"), table);
        assertTrue(table.contains(", until 2023-11-14T23:1"), table);
        assertTrue(table.endsWith("; not free yet: played (pid 4242): no answer\n"), table);
    }

    @Test
    void shouldSayThatAHostIsPausedWithoutAnyRun() throws IOException
    {
        Files.delete(run.resolve("run.json"));
        wish(root.resolve("shm/devices"), -1);
        wish(root.resolve("shm"), -1);
        wish(root.resolve("state/meter/services"), System.nanoTime() - SECOND_NS);

        final String table = view.render(BEGIN_NS, 0, false);

        assertEquals(3, table.lines().count(), table);
        assertTrue(table.startsWith("no meter is running\npaused: host counters, for 1 min"), table);
        assertTrue(table.contains("\npaused: GPUs, for 1 min"), table);
        assertTrue(table.endsWith("; nothing there holds counters, and what begins opens none\n"), table);
    }

    /** What holders take for no wish, and one that is over. */
    @Test
    void shouldNotBeLiedTo() throws Exception
    {
        drain();
        final Path wish = run.resolve("pause.wish");
        final String plain = view.render(BEGIN_NS, 0, false);
        for (final String text : List.of("", "flopmeter/wish/v1 resume 0123456789abcdef 0\n",
            "flopmeter/wish/v1 pause 0123456789abcdef 0\n", "flopmeter/wish/v1 pause 0 18446744073709551615\n",
            "flopmeter/wish/v1 pause 0123456789abcdef 1\n", "flopmeter/wish/v1 pause 0123456789abcdef 9 \n",
            "flopmeter/wish/v2 pause 0123456789abcdef 18446744073709551615\n", "x".repeat(1 << 16)))
        {
            Files.writeString(wish, text);
            assertEquals(plain, view.render(BEGIN_NS, 0, false), text);
        }
        Files.delete(wish);
        Files.createSymbolicLink(wish, Path.of("/dev/zero"));
        assertEquals(plain, view.render(BEGIN_NS, 0, false));
        Files.delete(wish);
        assertEquals(0, new ProcessBuilder("mkfifo", wish.toString()).start().waitFor());
        assertEquals(plain, view.render(BEGIN_NS, 0, false));
        Files.delete(wish);
        wish(run, -1);
        assertFalse(plain.equals(view.render(BEGIN_NS, 0, false)));
    }

    private void drain() throws IOException
    {
        try (AggregatorAgent agent = AggregatorAgent.open(run, mapper))
        {
            agent.drainToEnd();
        }
    }

    private Map<String, byte[]> contents() throws IOException
    {
        final Map<String, byte[]> contents = new TreeMap<>();
        try (var files = Files.walk(root))
        {
            for (final Path file : files.filter(Files::isRegularFile).toList())
            {
                contents.put(root.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return contents;
    }
}
