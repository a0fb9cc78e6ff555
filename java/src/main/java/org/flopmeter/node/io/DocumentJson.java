/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

import org.flopmeter.node.text.Printable;
import org.flopmeter.unit.FlopInterval;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * How documents of ours are printed: indented, one line feed at the end, FLOP as decimal strings. And how what stands
 * in one is shown to people.
 */
public final class DocumentJson
{
    private static final JsonMapper JSON = JsonMapper.shared();

    private DocumentJson()
    {
    }

    public static String print(final ObjectNode document)
    {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(document) + "\n";
    }

    public static ObjectNode interval(final FlopInterval flop)
    {
        return JSON.createObjectNode()
            .put("lower", flop.lower().toString())
            .put("point", flop.point().toString())
            .put("upper", flop.upperText());
    }

    /** A member as people may see it; "" where there is none. */
    public static String said(final JsonNode from, final String name)
    {
        return said(from, name, "");
    }

    public static String said(final JsonNode from, final String name, final String otherwise)
    {
        return Printable.of(from.path(name).asString(otherwise));
    }
}
