/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.picture;

import java.util.List;
import org.flopmeter.graph.NodeKind;

/**
 * What is drawn: boxes and arrows, without places. Texts are as in the graph, hostile ones too: whoever draws escapes.
 *
 * @param levelCount levels of boxes: 0 holds what the picture is of, each further one causes.
 */
public record Picture(List<Box> boxes, List<Arrow> arrows, int levelCount)
{
    public Picture
    {
        boxes = List.copyOf(boxes);
        arrows = List.copyOf(arrows);
    }

    /**
     * A node of the graph, its segments together.
     *
     * @param kind  null: what was left out.
     * @param lines what stands in the box.
     * @param title the whole name, for a tooltip.
     */
    public record Box(int level, NodeKind kind, List<String> lines, String title)
    {
        public Box
        {
            lines = List.copyOf(lines);
        }
    }

    /**
     * From a cause to an effect.
     *
     * @param from  position in the boxes.
     * @param words kind of the cut and its argument; null where the edge is not cut.
     */
    public record Arrow(int from, int to, String words)
    {
    }
}
