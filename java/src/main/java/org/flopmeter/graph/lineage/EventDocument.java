/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import tools.jackson.databind.JsonNode;

/** Events of one file: a single one, an array of them, or one a line. */
final class EventDocument
{
    private EventDocument()
    {
    }

    /**
     * An event and where it stands.
     *
     * @param file   comes first where there are several files: "a.json: ".
     * @param prefix comes before the JSON path: empty, or "line 3: ".
     */
    record Placed(String file, String prefix, JsonView event)
    {
        String place(final JsonView part)
        {
            return file + prefix + part.path();
        }
    }

    /** Where a line begins and ends in the file, and its number from 1. */
    private record Line(int begin, int end, int number)
    {
        byte[] of(final byte[] utf8)
        {
            return Arrays.copyOfRange(utf8, begin, end);
        }
    }

    /** The events; a file that is none of the three is a JsonFormatException with line or path. */
    static List<Placed> read(final String file, final byte[] utf8)
    {
        final List<Line> lines = lines(utf8);
        if (lines.size() > 1 && isWhole(lines.get(0).of(utf8)))
        {
            return lines.stream().map(line -> placed(file, line, utf8)).toList();
        }
        final JsonView root = JsonView.root(StrictJson.read(utf8));
        final List<JsonView> events = root.node().isArray() ? root.elements() : List.of(root);
        return events.stream().map(event -> new Placed(file, "", event.object())).toList();
    }

    private static Placed placed(final String file, final Line line, final byte[] utf8)
    {
        return new Placed(file, "line " + line.number + ": ", JsonView.root(read(line, utf8)));
    }

    private static JsonNode read(final Line line, final byte[] utf8)
    {
        try
        {
            final JsonNode value = StrictJson.read(line.of(utf8));
            JsonView.root(value).object();
            return value;
        }
        catch (final JsonFormatException ex)
        {
            // The reader saw one line and calls it the first.
            throw new JsonFormatException("line " + line.number, ex.getMessage().replaceFirst("^line 1, ", ""));
        }
    }

    private static boolean isWhole(final byte[] line)
    {
        try
        {
            return StrictJson.read(line).isObject();
        }
        catch (final JsonFormatException ex)
        {
            return false;
        }
    }

    /** Lines that hold anything. A line feed is never part of another UTF-8 character. */
    private static List<Line> lines(final byte[] utf8)
    {
        final List<Line> lines = new ArrayList<>();
        int begin = 0;
        int number = 1;
        for (int i = 0; i <= utf8.length; i++)
        {
            if (i == utf8.length || '\n' == utf8[i])
            {
                if (!isBlank(utf8, begin, i))
                {
                    lines.add(new Line(begin, i, number));
                }
                begin = i + 1;
                number++;
            }
        }
        return lines;
    }

    private static boolean isBlank(final byte[] utf8, final int begin, final int end)
    {
        for (int i = begin; i < end; i++)
        {
            if (' ' != utf8[i] && '\t' != utf8[i] && '\r' != utf8[i])
            {
                return false;
            }
        }
        return true;
    }
}
