/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Datasets that the events of a run name on one side, with the versions named, in whatever order they came. */
final class Mentions
{
    /** Version of a mention that names none. */
    private static final String NONE = "";

    /** By dataset and version: does the run leave nothing of what was there before? */
    private final Map<DatasetName, TreeMap<String, Boolean>> mentions = new TreeMap<>();

    void add(final DatasetName dataset, final String version, final boolean isReplaced)
    {
        mentions.computeIfAbsent(dataset, ignored -> new TreeMap<>())
            .merge(null == version ? NONE : version, isReplaced, Boolean::logicalOr);
    }

    Set<DatasetName> datasets()
    {
        return mentions.keySet();
    }

    /** Versions that are named; empty when none is. */
    Collection<String> versions(final DatasetName dataset)
    {
        final TreeMap<String, Boolean> versions = mentions.get(dataset);
        return null == versions ? List.of() : versions.tailMap(NONE, false).keySet();
    }

    /** Was what was there before replaced by this version, null for the only one? */
    boolean isReplaced(final DatasetName dataset, final String version)
    {
        final TreeMap<String, Boolean> versions = mentions.get(dataset);
        if (null == version)
        {
            return versions.getOrDefault(NONE, false);
        }
        // An event before the end often knows the change and not yet the version.
        return versions.get(version) || 1 == versions(dataset).size() && versions.getOrDefault(NONE, false);
    }

    Mentions renamed(final UnaryOperator<DatasetName> names)
    {
        final Mentions renamed = new Mentions();
        mentions.forEach((dataset, versions) -> versions.forEach((version, isReplaced) ->
            renamed.add(names.apply(dataset), version, isReplaced)));
        return renamed;
    }
}
