/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.nio.file.Path;
import org.flopmeter.node.io.UsageException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What the counter of a host's devices says beside its lanes (native/src/counter/watch_device.c): who is on each
 * device, what counters of runs have of it, and what can't be read. Where it says nothing, nothing is bounded.
 *
 * @param writtenNs CLOCK_MONOTONIC, as the others; 0 = it is not there, or makes no sense.
 * @param coveredNs up to then everything is in the lanes.
 * @param isBounded every device is read, and what it did has an upper end.
 */
public record DeviceNote(long beginNs, long coveredNs, long writtenNs, boolean isBounded, JsonNode json)
{
    public static final String FILE = "devices.json";
    static final String SCHEMA = "flopmeter/devices/v1";
    static final DeviceNote NONE = new DeviceNote(0, 0, 0, false, JsonNodeFactory.instance.objectNode());

    /** @param directory in which the counter's lanes are. */
    public static DeviceNote read(final Path directory)
    {
        try
        {
            return of(RunFacts.parse(directory.resolve(FILE)));
        }
        catch (final UsageException notThere)
        {
            return NONE;
        }
    }

    static DeviceNote of(final JsonNode json)
    {
        final long beginNs = json.path("beginMonotonicNs").asLong(0);
        final long coveredNs = json.path("coveredMonotonicNs").asLong(0);
        final long writtenNs = json.path("writtenMonotonicNs").asLong(0);
        final boolean isSound = SCHEMA.equals(json.path("schema").asString("")) && 0 < beginNs &&
            beginNs <= coveredNs && coveredNs <= writtenNs;
        return isSound ?
            new DeviceNote(beginNs, coveredNs, writtenNs, json.path("isBounded").asBoolean(false), json) : NONE;
    }

    public boolean isThere()
    {
        return 0 != writtenNs;
    }
}
