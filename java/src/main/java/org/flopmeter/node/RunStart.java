/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** What is known of a run while it goes on: run.json. */
record RunStart(String run, List<String> command, long beginNs, int supervisorPid)
{
    static RunStart read(final Path file)
    {
        final JsonNode json = RunFacts.parse(file);
        final List<String> command = new ArrayList<>();
        json.path("command").forEach(word -> command.add(word.asString()));
        return new RunStart(
            json.path("run").asString("?"), List.copyOf(command), json.path("beginNs").asLong(0),
            json.path("supervisorPid").asInt(0));
    }
}
