/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.picture;

import java.util.stream.Collectors;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.picture.Picture.Arrow;
import org.flopmeter.graph.picture.Picture.Box;

/** Writes a picture in the language of Graphviz. Names stand in quoted strings only. */
public final class DotWriter
{
    private DotWriter()
    {
    }

    public static String write(final Picture picture)
    {
        final StringBuilder dot = new StringBuilder("digraph flopmeter\n{\n    node [shape=box, fontname=\"sans\"];\n");
        for (int i = 0; i < picture.boxes().size(); i++)
        {
            final Box box = picture.boxes().get(i);
            dot.append("    n").append(i)
                .append(" [label=\"").append(box.lines().stream().map(DotWriter::escaped)
                    .collect(Collectors.joining("\\n")))
                .append("\", tooltip=\"").append(escaped(box.title())).append('"').append(shape(box.kind()))
                .append("];\n");
        }
        for (final Arrow arrow : picture.arrows())
        {
            dot.append("    n").append(arrow.from()).append(" -> n").append(arrow.to());
            if (null != arrow.words())
            {
                dot.append(" [style=dashed, tooltip=\"").append(escaped(arrow.words())).append("\"]");
            }
            dot.append(";\n");
        }
        return dot.append("}\n").toString();
    }

    private static String shape(final NodeKind kind)
    {
        if (null == kind)
        {
            return ", style=dotted";
        }
        return switch (kind)
        {
            case COMPUTATION -> "";
            case HUMAN -> ", shape=hexagon";
            case MODEL -> ", shape=ellipse, style=bold";
            default -> ", shape=ellipse";
        };
    }

    /** Graphviz reads backslashes and, in labels, entities of HTML. */
    private static String escaped(final String text)
    {
        return PictureText.printable(text).replace("\\", "\\\\").replace("\"", "\\\"").replace("&", "&amp;");
    }
}
