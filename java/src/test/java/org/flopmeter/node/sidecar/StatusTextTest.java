/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.flopmeter.node.text.Messages;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** What a person is told of figures that do not say everything by themselves. */
class StatusTextTest
{
    private static final String DEVICES = """
        {"devices": [], "notRead": [], "all": {"lower": "1", "point": "2", "upper": "9"}, "totals": [
          {"run": "7", "node": "device:x", "sharedUpper": "%s", "flop": {"lower": "0", "point": "0", "upper": "8"}},
          {"run": "host", "node": "device:x", "sharedUpper": "0",
            "flop": {"lower": "1", "point": "2", "upper": "9"}}]}""";
    private static final String HOST = """
        {"name": "perf-host", "state": "AVAILABLE", "isRead": true, "beginMonotonicNs": 1, "endMonotonicNs": 2,
          "cpusWatched": 2, "cpusOnline": 2, "coveredNs": %d, %s "figures": [], "gaps": [], "findings": []}""";

    private static JsonNode json(final String text)
    {
        return JsonMapper.shared().readTree(text);
    }

    private static String devices(final String sharedUpper, final Messages messages)
    {
        final StringBuilder text = new StringBuilder();
        DeviceText.append(
            text, json(DEVICES.formatted(sharedUpper)), JsonNodeFactory.instance.objectNode(), messages);
        return text.toString();
    }

    private static String host(final long coveredNs, final String running)
    {
        final StringBuilder text = new StringBuilder();
        HostText.append(text, json(HOST.formatted(coveredNs, running)), Messages.english());
        return text.toString();
    }

    /** Rows whose ends do not add up to the sum have a word for it, once. */
    @Test
    void shouldSayWhyTheEndsOfJobsDoNotAddUp()
    {
        final String told = devices("8", Messages.english());
        assertEquals(2, told.split("while others were there").length, told);
        assertTrue(devices("8", Messages.chinese()).contains("只在 host 下计一次"));
        assertFalse(devices("0", Messages.english()).contains("while others were there"));
    }

    @Test
    void shouldSayThatEventsTookTurns()
    {
        assertTrue(host(1000, "\"runningNs\": 999,").contains("perf-host: events took turns"), host(1000, ""));
        assertTrue(host(1000, "\"runningNs\": 999,").contains("at least 99.9 %"));
        assertTrue(host(100_000, "\"runningNs\": 99_999,".replace("_", "")).contains("at least 99.9 %"), "not 100");
        for (final String same : List.of("\"runningNs\": 1000,", ""))
        {
            assertFalse(host(1000, same).contains("took turns"), "all the time, or it can't tell");
        }
    }
}
