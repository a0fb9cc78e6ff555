/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.picture;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.picture.Picture.Arrow;
import org.flopmeter.graph.picture.Picture.Box;

/**
 * Draws a picture as SVG: a row a level, causes above, each row ordered by the mean place of its neighbours (Sugiyama
 * 1981). The document has no script and refers to nothing outside itself.
 */
public final class SvgWriter
{
    private static final int BOX_WIDTH = 280;
    private static final int LINE_HEIGHT = 16;
    private static final int BOX_HEIGHT = 4 * LINE_HEIGHT + 12;
    private static final int GAP_X = 24;
    private static final int GAP_Y = 56;
    private static final int SWEEPS = 8;

    private final Picture picture;
    private final List<List<Integer>> rows = new ArrayList<>();
    private final int[] x;
    private final int[] y;

    private SvgWriter(final Picture picture)
    {
        this.picture = picture;
        x = new int[picture.boxes().size()];
        y = new int[picture.boxes().size()];
    }

    public static String write(final Picture picture)
    {
        return new SvgWriter(picture).draw();
    }

    private String draw()
    {
        layOut();
        final int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        final int width = Math.max(1, columns) * (BOX_WIDTH + GAP_X) + GAP_X;
        final int height = rows.size() * (BOX_HEIGHT + GAP_Y) + GAP_Y;
        final StringBuilder svg = new StringBuilder();
        svg.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"")
            .append(width).append("\" height=\"").append(height).append("\" viewBox=\"0 0 ").append(width).append(' ')
            .append(height).append("\" font-family=\"sans-serif\" font-size=\"12\">\n")
            .append("<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" ")
            .append("markerHeight=\"8\" orient=\"auto\"><path d=\"M0,0 L8,4 L0,8 z\" fill=\"#444\"/></marker></defs>\n")
            .append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        picture.arrows().forEach(arrow -> arrow(svg, arrow));
        for (int i = 0; i < picture.boxes().size(); i++)
        {
            box(svg, picture.boxes().get(i), x[i], y[i]);
        }
        return svg.append("</svg>\n").toString();
    }

    private void layOut()
    {
        for (int i = 0; i < picture.levelCount(); i++)
        {
            rows.add(new ArrayList<>());
        }
        for (int i = 0; i < picture.boxes().size(); i++)
        {
            rows.get(picture.boxes().get(i).level()).add(i);
        }
        final double[] place = new double[picture.boxes().size()];
        rows.forEach(row -> spread(row, place));
        final List<List<Integer>> neighbours = neighbours();
        for (int sweep = 0; sweep < SWEEPS; sweep++)
        {
            for (int i = 0; i < rows.size(); i++)
            {
                final List<Integer> row = rows.get(0 == sweep % 2 ? i : rows.size() - 1 - i);
                final double[] wanted = place.clone();
                row.forEach(box -> wanted[box] = neighbours.get(box).stream().mapToDouble(other -> place[other])
                    .average().orElse(place[box]));
                row.sort(Comparator.comparingDouble(box -> wanted[box]));
                spread(row, place);
            }
        }
        final int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        for (int level = 0; level < rows.size(); level++)
        {
            for (final int box : rows.get(level))
            {
                x[box] = GAP_X + (int)Math.round((place[box] + (columns - 1) / 2.0) * (BOX_WIDTH + GAP_X));
                y[box] = GAP_Y + (rows.size() - 1 - level) * (BOX_HEIGHT + GAP_Y);
            }
        }
    }

    /** Side by side around the middle, 0. */
    private static void spread(final List<Integer> row, final double[] place)
    {
        for (int i = 0; i < row.size(); i++)
        {
            place[row.get(i)] = i - (row.size() - 1) / 2.0;
        }
    }

    private List<List<Integer>> neighbours()
    {
        final List<List<Integer>> neighbours = new ArrayList<>();
        picture.boxes().forEach(box -> neighbours.add(new ArrayList<>()));
        for (final Arrow arrow : picture.arrows())
        {
            neighbours.get(arrow.from()).add(arrow.to());
            neighbours.get(arrow.to()).add(arrow.from());
        }
        return neighbours;
    }

    private void arrow(final StringBuilder svg, final Arrow arrow)
    {
        final int fromX = x[arrow.from()] + BOX_WIDTH / 2;
        final int toX = x[arrow.to()] + BOX_WIDTH / 2;
        final boolean isDown = y[arrow.from()] < y[arrow.to()];
        final int fromY = y[arrow.from()] + (isDown ? BOX_HEIGHT : 0);
        final int toY = y[arrow.to()] + (isDown || y[arrow.from()] == y[arrow.to()] ? 0 : BOX_HEIGHT);
        // Within a row the arrow goes over the boxes; else it leaves and arrives upright.
        final int bend = isDown ? GAP_Y / 2 : -GAP_Y / 2;
        final int arrival = y[arrow.from()] == y[arrow.to()] ? bend : -bend;
        svg.append("<path d=\"M").append(fromX).append(',').append(fromY)
            .append(" C").append(fromX).append(',').append(fromY + bend)
            .append(' ').append(toX).append(',').append(toY + arrival)
            .append(' ').append(toX).append(',').append(toY)
            .append("\" fill=\"none\" stroke=\"#444\" marker-end=\"url(#head)\"");
        if (null == arrow.words())
        {
            svg.append("/>\n");
            return;
        }
        svg.append(" stroke-dasharray=\"5,4\"><title>").append(escaped(arrow.words())).append("</title></path>\n");
    }

    private static void box(final StringBuilder svg, final Box box, final int left, final int top)
    {
        svg.append("<g><title>").append(escaped(box.title())).append("</title><rect x=\"").append(left)
            .append("\" y=\"").append(top).append("\" width=\"").append(BOX_WIDTH).append("\" height=\"")
            .append(BOX_HEIGHT).append("\" rx=\"").append(NodeKind.COMPUTATION == box.kind() ? 2 : 20)
            .append("\" fill=\"").append(fill(box.kind())).append("\" stroke=\"#444\"")
            .append(null == box.kind() ? " stroke-dasharray=\"2,3\"" : "").append("/>");
        final int first = top + (BOX_HEIGHT - box.lines().size() * LINE_HEIGHT) / 2 + LINE_HEIGHT - 4;
        for (int i = 0; i < box.lines().size(); i++)
        {
            svg.append("<text x=\"").append(left + BOX_WIDTH / 2).append("\" y=\"").append(first + i * LINE_HEIGHT)
                .append("\" text-anchor=\"middle\">").append(escaped(box.lines().get(i))).append("</text>");
        }
        svg.append("</g>\n");
    }

    private static String fill(final NodeKind kind)
    {
        if (null == kind)
        {
            return "#f4f4f4";
        }
        return switch (kind)
        {
            case COMPUTATION -> "#dbe9f6";
            case MODEL -> "#fde2c4";
            case OUTPUT -> "#e6dcf2";
            case HUMAN -> "#f9d5d5";
            default -> "#dff0d8";
        };
    }

    private static String escaped(final String text)
    {
        return PictureText.printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            .replace("\"", "&quot;").replace("'", "&#39;");
    }
}
