/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.Presence;
import org.flopmeter.node.io.UsageException;
import tools.jackson.databind.JsonNode;

/** What is known of a run while it goes on: run.json. */
public record RunStart(String run, List<String> command, long beginNs, int supervisorPid)
{
    public static RunStart read(final Path file)
    {
        final JsonNode json = RunFacts.parse(file);
        final List<String> command = new ArrayList<>();
        json.path("command").forEach(word -> command.add(word.asString()));
        return new RunStart(
            json.path("run").asString("?"), List.copyOf(command), json.path("beginNs").asLong(0),
            json.path("supervisorPid").asInt(0));
    }

    /** Where processes put lanes for which this meter directory has no room; null when there is no such place. */
    public static Path spillDirectory(final Path meterDirectory) throws IOException
    {
        final Path file = meterDirectory.resolve(RunFacts.RUN);
        if (!Presence.isThere(file))
        {
            return null;
        }
        try
        {
            final String spill = RunFacts.parse(file).path("spillDir").asString("");
            return spill.isEmpty() ? null : Path.of(spill);
        }
        catch (final UsageException | InvalidPathException ex)
        {
            throw new IOException(ex.getMessage(), ex);
        }
    }
}
