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
import org.flopmeter.node.text.Messages;
import org.flopmeter.wire.ChannelLaneMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
