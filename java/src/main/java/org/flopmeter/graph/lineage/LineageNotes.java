/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What could not be mapped, and what had to be assumed; repetitions are counted, with the first place. */
final class LineageNotes
{
    private static final String UNMAPPED = "not mapped: ";

    private final Map<String, Occurrence> occurrences = new TreeMap<>();

    private record Occurrence(String place, int count)
    {
    }

    /** Something in the events that has no counterpart in the graph. */
    void unmapped(final String what, final String place)
    {
        occurrences.merge(UNMAPPED + what, new Occurrence(place, 1),
            (first, ignored) -> new Occurrence(first.place, first.count + 1));
    }

    /** Something that the events don't say and the graph has to. */
    void assumed(final String what)
    {
        occurrences.put(what, new Occurrence(null, 1));
    }

    List<String> unmappedLines()
    {
        return lines().stream().filter(line -> line.startsWith(UNMAPPED)).toList();
    }

    List<String> lines()
    {
        final List<String> lines = new ArrayList<>();
        occurrences.forEach((what, occurrence) -> lines.add(null == occurrence.place ? what :
            what + " (" + (1 == occurrence.count ? "" : occurrence.count + " times, first ") + "at " +
            JsonFacets.printable(occurrence.place) + ")"));
        return lines;
    }
}
