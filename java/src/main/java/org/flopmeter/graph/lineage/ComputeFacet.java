/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.SortedMap;
import java.util.TreeMap;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.Refusal;
import org.flopmeter.graph.document.TimeReader;
import org.flopmeter.graph.document.WeightReader;
import org.flopmeter.json.JsonView;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;

/**
 * Our run facet, docs/schema/openlineage-flopmeter-compute-v1.json: FLOP of the run until the event, cumulative.
 *
 * @param id       of the node; null: the run's.
 * @param start    replaces the time of the events when {@code hasStart}; null then says unknown.
 * @param end      likewise.
 * @param argument why what the run writes does not depend on it; null where nothing is cut.
 * @param text     the facet as it came, to choose between two of one instant.
 */
record ComputeFacet(
    SortedMap<String, FlopInterval> flop,
    String id,
    boolean hasStart,
    Ratio start,
    boolean hasEnd,
    Ratio end,
    Cut cut,
    String argument,
    Purpose purpose,
    String text)
{
    static final String NAME = "flopmeter_compute";

    static ComputeFacet read(final JsonView facet)
    {
        final JsonView cut = present(facet, "cut");
        return new ComputeFacet(
            WeightReader.read(facet.member("flop")),
            text(facet, "id"),
            facet.has("start"),
            TimeReader.read(facet, "start"),
            facet.has("end"),
            TimeReader.read(facet, "end"),
            null == cut ? Cut.NONE : kind(cut.member("kind")),
            null == cut ? null : cut.member("argument").string(),
            purpose(present(facet, "purpose")),
            facet.node().toString());
    }

    /**
     * Of two facets of one instant: the larger count of each, since counts only grow, and the rest from the one whose
     * text is later. In either order it is the same.
     */
    ComputeFacet merge(final ComputeFacet other)
    {
        final SortedMap<String, FlopInterval> larger = new TreeMap<>(flop);
        other.flop.forEach((precision, weight) -> larger.merge(precision, weight, ComputeFacet::larger));
        final ComputeFacet rest = text.compareTo(other.text) >= 0 ? this : other;
        return new ComputeFacet(larger, rest.id, rest.hasStart, rest.start, rest.hasEnd, rest.end, rest.cut,
            rest.argument, rest.purpose, rest.text);
    }

    static FlopInterval larger(final FlopInterval a, final FlopInterval b)
    {
        final FlopCount lower = larger(a.lower(), b.lower());
        final FlopCount point = larger(a.point(), b.point());
        return a.isBounded() && b.isBounded() ?
            FlopInterval.of(lower, point, larger(a.upper(), b.upper())) : FlopInterval.unbounded(lower, point);
    }

    private static FlopCount larger(final FlopCount a, final FlopCount b)
    {
        return a.compareTo(b) >= 0 ? a : b;
    }

    private static Purpose purpose(final JsonView name)
    {
        final Purpose purpose = null == name ? Purpose.UNSPECIFIED : Purpose.ofName(name.string());
        if (null == purpose)
        {
            throw name.wrong("one of the purposes of docs/design/0014-graph.md");
        }
        return purpose;
    }

    private static Cut kind(final JsonView name)
    {
        final Cut cut = Cut.ofName(name.string());
        if (null == cut)
        {
            throw new GraphRefusedException(Refusal.BAD_CUT,
                name.wrong("independent, human-substantial or human-selection").getMessage());
        }
        return cut;
    }

    /** The member, or null when it is absent or null. */
    static JsonView present(final JsonView object, final String name)
    {
        final JsonView member = object.optional(name);
        return null == member || member.node().isNull() ? null : member;
    }

    static String text(final JsonView object, final String name)
    {
        final JsonView member = present(object, name);
        return null == member ? null : member.string();
    }
}
