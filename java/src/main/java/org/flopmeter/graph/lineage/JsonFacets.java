/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.flopmeter.json.JsonView;

/** Facets of a run, job or dataset. Absent and null members are empty ones, deleted facets are not there. */
final class JsonFacets
{
    private static final int SHOWN_LENGTH_MAX = 80;

    private JsonFacets()
    {
    }

    static Map<String, JsonView> of(final JsonView holder, final String member)
    {
        final Map<String, JsonView> facets = new TreeMap<>();
        final JsonView object = ComputeFacet.present(holder, member);
        if (null != object)
        {
            for (final String name : object.names())
            {
                final JsonView facet = ComputeFacet.present(object, name);
                if (null != facet && !facet.object().node().path("_deleted").asBoolean(false))
                {
                    facets.put(name, facet);
                }
            }
        }
        return facets;
    }

    static List<JsonView> list(final JsonView holder, final String member)
    {
        final JsonView array = ComputeFacet.present(holder, member);
        return null == array ? List.of() : array.elements();
    }

    /** A name for people, short. */
    static String shown(final String name)
    {
        final String printable = printable(name);
        return printable.length() <= SHOWN_LENGTH_MAX ? printable : printable.substring(0, SHOWN_LENGTH_MAX) + "...";
    }

    /** Without what a terminal would take for a command. */
    static String printable(final String text)
    {
        return text.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
    }
}
