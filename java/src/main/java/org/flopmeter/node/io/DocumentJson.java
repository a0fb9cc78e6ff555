/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

import org.flopmeter.unit.FlopInterval;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** How documents of ours are printed: indented, one line feed at the end, FLOP as decimal strings. */
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
}
