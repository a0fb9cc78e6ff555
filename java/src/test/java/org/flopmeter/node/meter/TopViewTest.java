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
import java.util.Map;
import java.util.TreeMap;
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
