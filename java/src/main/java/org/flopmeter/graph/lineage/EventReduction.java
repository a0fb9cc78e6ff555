/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.flopmeter.json.JsonView;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Run events without what no graph is made of: as lines of bounded length that fold to the same as the event. */
final class EventReduction
{
    private static final Set<String> RUN_FACETS = Set.of(ComputeFacet.NAME, "parent");
    private static final Set<String> DATASET_FACETS =
        Set.of("version", "symlinks", "lifecycleStateChange", ArtifactFacet.NAME);

    private EventReduction()
    {
    }

    /** None for what is no event of a run. An event with more datasets than fit a line becomes several. */
    static List<String> lines(final JsonView event, final int lengthMax)
    {
        if (!event.has("run"))
        {
            return List.of();
        }
        final List<ObjectNode> inputs = datasets(event, "inputs");
        final List<ObjectNode> outputs = datasets(event, "outputs");
        final String whole = line(event, inputs, outputs);
        if (length(whole) <= lengthMax)
        {
            return List.of(whole);
        }
        final List<String> lines = new ArrayList<>(List.of(line(event, List.of(), List.of())));
        inputs.forEach(input -> lines.add(line(event, List.of(input), List.of())));
        outputs.forEach(output -> lines.add(line(event, List.of(), List.of(output))));
        for (final String line : lines)
        {
            if (length(line) > lengthMax)
            {
                throw event.wrong("facets and names of at most " + lengthMax + " bytes a dataset");
            }
        }
        return lines;
    }

    private static int length(final String line)
    {
        return line.getBytes(StandardCharsets.UTF_8).length;
    }

    private static String line(final JsonView event, final List<ObjectNode> inputs, final List<ObjectNode> outputs)
    {
        final ObjectNode line = JsonNodeFactory.instance.objectNode();
        copy(event.node(), line, "eventType");
        copy(event.node(), line, "eventTime");
        final ObjectNode run = line.putObject("run");
        copy(event.member("run").node(), run, "runId");
        facets(event.member("run"), run, RUN_FACETS);
        final ObjectNode job = line.putObject("job");
        copy(event.member("job").node(), job, "namespace");
        copy(event.member("job").node(), job, "name");
        put(line, "inputs", inputs);
        put(line, "outputs", outputs);
        return line.toString();
    }

    private static void put(final ObjectNode line, final String name, final List<ObjectNode> datasets)
    {
        if (!datasets.isEmpty())
        {
            final ArrayNode array = line.putArray(name);
            datasets.forEach(array::add);
        }
    }

    private static List<ObjectNode> datasets(final JsonView event, final String name)
    {
        final List<ObjectNode> datasets = new ArrayList<>();
        for (final JsonView dataset : JsonFacets.list(event, name))
        {
            final ObjectNode reduced = JsonNodeFactory.instance.objectNode();
            copy(dataset.node(), reduced, "namespace");
            copy(dataset.node(), reduced, "name");
            facets(dataset, reduced, DATASET_FACETS);
            datasets.add(reduced);
        }
        return datasets;
    }

    private static void facets(final JsonView holder, final ObjectNode to, final Set<String> names)
    {
        final ObjectNode kept = JsonNodeFactory.instance.objectNode();
        for (final Map.Entry<String, JsonView> facet : JsonFacets.of(holder, "facets").entrySet())
        {
            if (names.contains(facet.getKey()))
            {
                kept.set(facet.getKey(), facet.getValue().node());
            }
        }
        if (!kept.isEmpty())
        {
            to.set("facets", kept);
        }
    }

    private static void copy(final JsonNode from, final ObjectNode to, final String name)
    {
        final JsonNode value = from.get(name);
        if (null != value)
        {
            to.set(name, value);
        }
    }
}
