/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.flopmeter.aggregate.CommittedTotals;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.run.DeviceNote;
import org.flopmeter.node.run.DeviceReading;
import org.flopmeter.node.run.Reading;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.wire.LaneMapper;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What a host's devices did, for the status: totals from the account of their counter, and what it says of them. */
final class DeviceStatus
{
    private static final List<String> OF_A_DEVICE = List.of("name", "node", "product", "provider", "state", "tenant",
        "job", "gaps", "isBounded", "endMonotonicNs", "counted", "shared", "elsewhere");
    private static final List<String> OF_ONE_NOT_READ = List.of("name", "state", "detail", "remedy");
    private static final int SHOWN_MAX = 128;

    private DeviceStatus()
    {
    }

    /** Null where there never was one. */
    static ObjectNode read(final Path directory, final LaneMapper mapper)
    {
        if (!Files.isRegularFile(directory.resolve(StandingDirectory.MARK)))
        {
            return null;
        }
        final ObjectNode json = JsonNodeFactory.instance.objectNode();
        final DeviceNote note = DeviceNote.read(directory);
        json.put("directory", directory.toString());
        try
        {
            final DeviceReading reading =
                DeviceReading.of(Reading.of(CommittedTotals.read(directory, mapper)), note.isBounded());
            json.set("all", DocumentJson.interval(reading.all()));
            final ArrayNode totals = json.putArray("totals");
            reading.totals().forEach((run, nodes) -> nodes.forEach((node, flop) -> totals.addObject()
                .put("run", run).put("node", node)
                .put("sharedUpper", reading.shared().getOrDefault(run, Map.of())
                    .getOrDefault(node, FlopCount.ZERO).toString())
                .set("flop", DocumentJson.interval(flop))));
        }
        catch (final FlopOverflowException ex)
        {
            json.put("error", ex.code());
        }
        catch (final IOException ex)
        {
            json.put("error", "its totals can't be read: " + ex.getMessage());
        }
        json.put("coveredMonotonicNs", note.coveredNs()).put("writtenMonotonicNs", note.writtenNs());
        copy(note.json().path("devices"), OF_A_DEVICE, json.putArray("devices"));
        copy(note.json().path("notRead"), OF_ONE_NOT_READ, json.putArray("notRead"));
        return json;
    }

    private static void copy(final JsonNode from, final List<String> names, final ArrayNode into)
    {
        for (final JsonNode one : from)
        {
            if (into.size() < SHOWN_MAX)
            {
                final ObjectNode copied = into.addObject();
                names.stream().filter(one::has).forEach(name -> copied.set(name, one.path(name)));
            }
        }
    }
}
