/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.node.text.Messages;
import org.flopmeter.wire.ChannelLaneMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The same facts in both languages, and nothing of the other one. */
class StatusReportTest
{
    private static StatusReport report(final String ledger)
    {
        final String text = """
            {"up": true, "place": "/p", "sidecar": {"pid": 1234, "version": "9.8.7", "beginNs": "1",
              "cpuPercent": "0.25", "cpuNs": 2000000000, "residentBytes": 52428800, "runsServed": 31,
              "runsOrphaned": 7, "ledger": %s},
             "serving": [{"run": "r1", "lanes": 5, "gaps": 8, "flop": "170141183460469231731687303715884105727",
               "samples": {"produced": "18446744073709551615", "lost": "6"}}],
             "quarantined": [{"directory": "/q", "reason": "why"}]}
            """.formatted(ledger);
        return new StatusReport((ObjectNode)JsonMapper.shared().readTree(text));
    }

    private static String text(final String ledger, final Messages messages)
    {
        return report(ledger).text(3_600_000_000_001L, messages);
    }

    @Test
    void shouldSayEveryFigureInBothLanguages()
    {
        for (final Messages messages : List.of(Messages.english(), Messages.chinese()))
        {
            final String text = text("{\"live\": 11, \"blocks\": 4321}", messages);
            for (final String fact : List.of("1234", "9.8.7", "0.25 %", "50 MiB", "31", "7", "11", "4321", "r1", "5",
                "18446744073709551615", "6", "8", "170141183460469231731687303715884105727", "/q", "why"))
            {
                assertTrue(text.contains(fact), fact + " is not in " + text);
            }
            assertEquals(7, text.lines().count(), text);
        }
    }

    @Test
    void shouldTranslateWhatIsNotAFact()
    {
        final String english = text("{\"failure\": \"no room\", \"unbooked\": 3}", Messages.english());
        final String chinese = text("{\"failure\": \"no room\", \"unbooked\": 3}", Messages.chinese());

        assertTrue(english.contains("!!! ledger: nothing can be written"), english);
        assertTrue(english.contains("no room; ended runs that wait: 3"), english);
        assertTrue(chinese.contains("!!! 账本：无法写入"), chinese);
        assertTrue(chinese.contains("no room；3 个"), chinese);
        for (final String word : List.of("cost", "runs", "ledger", "LANES", "quarantined", "up for"))
        {
            assertTrue(english.contains(word), word);
            assertFalse(chinese.contains(word), word + " is in " + chinese);
        }
    }

    /** A run that is served and can't be read is not left out as if it had ended. */
    @Test
    void shouldShowARunThatCanNotBeRead(@TempDir final Path place) throws IOException
    {
        final Path damaged = Files.createDirectories(place.resolve("damaged"));
        Files.createDirectory(damaged.resolve("account-1"));
        Files.writeString(place.resolve(MeterPlace.STATUS), """
            {"serving": [{"run": "gone", "directory": "%s"}, {"run": "bad", "directory": "%s"}]}
            """.formatted(place.resolve("none"), damaged));

        final StatusReport report = StatusReport.read(place, new ChannelLaneMapper(), Path.of("/proc"), true);

        assertEquals(1, report.json().path("serving").size());
        assertEquals("bad", report.json().at("/serving/0/run").asString());
        assertEquals("UNREADABLE", report.json().at("/serving/0/error").asString());
        assertTrue(report.text(0, Messages.english()).lines()
            .anyMatch(line -> line.startsWith("  bad ") && line.endsWith("UNREADABLE")));
    }

    /** The sidecar's own counters, and a run that it serves. */
    @Test
    void shouldSayWhatIsPaused(@TempDir final Path place) throws IOException
    {
        final Path served = Files.createDirectories(place.resolve("served"));
        Files.writeString(place.resolve(MeterPlace.STATUS),
            "{\"serving\": [{\"run\": \"r1\", \"directory\": \"" + served + "\"}]}");
        final Path devices = Files.createDirectories(place.resolve("devices"));
        final Path nested = Files.createDirectories(served.resolve("nested-00000001"));
        final ChannelLaneMapper mapper = new ChannelLaneMapper();
        mapper.lockedDirectories.add(nested);
        for (final Path directory : List.of(served, devices, nested))
        {
            Files.writeString(directory.resolve("pause.wish"),
                "flopmeter/wish/v1 pause 0123456789abcdef 18446744073709551615\n");
        }
        final Path lie = Files.writeString(served.resolve("hold-1.json"), "{");
        try (AggregatorAgent agent = AggregatorAgent.open(served, new ChannelLaneMapper()))
        {
            agent.drainToEnd();
        }

        final StatusReport report = StatusReport.read(place, mapper, Path.of("/proc"), true);

        final JsonNode pauses = report.json().path("pauses");
        assertEquals("nested-00000001", pauses.at("/2/folder").asString());
        assertEquals("r1", pauses.at("/2/nestedIn").asString());
        assertEquals(3, pauses.size(), pauses::toString);
        assertEquals("devices", pauses.at("/0/what").asString());
        assertEquals("PAUSED", pauses.at("/0/state").asString());
        assertEquals(0, pauses.at("/0/holders").asInt());
        assertEquals(Files.getOwner(lie).getName(), pauses.at("/0/by").asString());
        assertFalse(pauses.path(0).has("until"), pauses::toString);
        assertEquals("r1", pauses.at("/1/run").asString());
        assertEquals("PAUSING", pauses.at("/1/state").asString());
        assertEquals(lie + ": no answer of a holder: not JSON", pauses.at("/1/missing/0").asString());
        final String english = report.text(0, Messages.english());
        assertTrue(english.contains("paused: GPUs, for 0.00 s, since 20"), english);
        assertTrue(english.contains("!!! pausing: r1, for "), english);
        assertTrue(english.contains("\npaused: ? (nested-00000001, nested in r1), for "), english);
        assertTrue(report.text(0, Messages.chinese()).contains("已暂停：GPU，"), english);
    }

    @Test
    void shouldSayThatNoneIsRunning()
    {
        final StatusReport none = new StatusReport(
            (ObjectNode)JsonMapper.shared().readTree("{\"up\": false, \"place\": \"/p\"}"));

        assertEquals("sidecar: none is running for /p; each run has a meter of its own\n",
            none.text(0, Messages.english()));
        assertTrue(none.text(0, Messages.chinese()).contains("没有为 /p 运行的 sidecar"));
    }
}
