/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.picture;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.Edge;
import org.flopmeter.graph.document.GraphWriter;
import org.flopmeter.graph.picture.Picture.Arrow;
import org.flopmeter.graph.picture.Picture.Box;
import org.flopmeter.unit.Plural;

/** Chooses what is drawn: the nearest causes, level by level, and one box for all the rest. */
public final class PictureBuilder
{
    /** More boxes than anybody can read; whatever is beyond is in the box for the rest. */
    static final int BOX_COUNT_MAX = 400;

    private final CausalGraph graph;
    private final BitSet of;
    private final BitSet closure;
    private final Map<String, String> jobs;
    /** Edges whose effect is in the closure, by id of the effect. */
    private final Map<String, List<Edge>> causes = new HashMap<>();
    /** Members of the closure by id, and all vertices of ids that only a cut edge leads to. */
    private final Map<String, BitSet> members = new HashMap<>();
    private final Map<String, Integer> levels = new LinkedHashMap<>();

    private PictureBuilder(final CausalGraph graph, final BitSet of, final Map<String, String> jobs)
    {
        this.graph = graph;
        this.of = of;
        this.jobs = jobs;
        closure = graph.closure(of);
    }

    /**
     * The picture of a graph.
     *
     * @param of     results whose causes are drawn; empty: of everything that causes nothing.
     * @param levels how many steps back from them.
     * @param jobs   labels of computations by id.
     */
    public static Picture of(
        final CausalGraph graph, final List<String> of, final int levels, final Map<String, String> jobs)
    {
        final BitSet results = of.isEmpty() ? sinks(graph) : graph.results(of);
        return new PictureBuilder(graph, results, jobs).picture(levels, !of.isEmpty());
    }

    private static BitSet sinks(final CausalGraph graph)
    {
        final BitSet sinks = new BitSet();
        sinks.set(0, graph.vertexCount());
        graph.edges().forEach(edge -> sinks.clear(edge.cause()));
        return sinks;
    }

    private Picture picture(final int levelMax, final boolean isTotalShown)
    {
        closure.stream().forEach(v -> members.computeIfAbsent(id(v), ignored -> new BitSet()).set(v));
        final int closureCount = members.size();
        for (final Edge edge : graph.edges())
        {
            if (closure.get(edge.effect()) && !GraphWriter.isBetweenSegments(graph, edge))
            {
                causes.computeIfAbsent(id(edge.effect()), ignored -> new ArrayList<>()).add(edge);
            }
        }
        walk(levelMax);
        final Map<String, Integer> positions = new HashMap<>();
        final List<Box> boxes = new ArrayList<>();
        for (final Map.Entry<String, Integer> entry : levels.entrySet())
        {
            positions.put(entry.getKey(), boxes.size());
            boxes.add(box(entry.getKey(), entry.getValue(), isTotalShown));
        }
        final List<Arrow> arrows = new ArrayList<>();
        final TreeSet<Integer> fed = arrows(positions, arrows);
        final long leftOut = closureCount - levels.keySet().stream().filter(this::isInClosure).count();
        int levelCount = levels.values().stream().mapToInt(level -> level + 1).max().orElse(1);
        if (leftOut > 0)
        {
            final int more = boxes.size();
            boxes.add(new Box(levelCount++, null, List.of("\u2026 " + leftOut + " more"),
                "left out: " + Plural.of(leftOut, "node")));
            fed.forEach(effect -> arrows.add(new Arrow(more, effect, null)));
        }
        return new Picture(boxes, arrows, levelCount);
    }

    /** Breadth first; what a cut edge leads to is shown, but not what lies behind it. */
    private void walk(final int levelMax)
    {
        final Deque<String> pending = new ArrayDeque<>();
        of.stream().mapToObj(this::id).distinct().limit(BOX_COUNT_MAX).forEach(id ->
        {
            levels.put(id, 0);
            pending.add(id);
        });
        while (!pending.isEmpty())
        {
            final String effect = pending.remove();
            final int level = levels.get(effect) + 1;
            for (final Edge edge : level > levelMax ? List.<Edge>of() : causes.getOrDefault(effect, List.of()))
            {
                final String cause = id(edge.cause());
                if (levels.containsKey(cause) || levels.size() >= BOX_COUNT_MAX)
                {
                    continue;
                }
                levels.put(cause, level);
                if (isInClosure(cause))
                {
                    pending.add(cause);
                }
            }
        }
    }

    /** Arrows between what is drawn; the positions of effects that have a cause which is not. */
    private TreeSet<Integer> arrows(final Map<String, Integer> positions, final List<Arrow> arrows)
    {
        final TreeSet<Integer> fed = new TreeSet<>();
        for (final Map.Entry<String, Integer> entry : positions.entrySet())
        {
            final Map<Integer, String> into = new TreeMap<>();
            for (final Edge edge : causes.getOrDefault(entry.getKey(), List.of()))
            {
                final Integer cause = positions.get(id(edge.cause()));
                final String words = edge.isFollowed() ? null : edge.cut().jsonName() + ": " + edge.argument();
                if (null != cause && (!into.containsKey(cause) || null == words))
                {
                    // Of several edges between two runs, one that is followed decides.
                    into.put(cause, words);
                }
                if (null == cause && Cut.NONE == edge.cut())
                {
                    fed.add(entry.getValue());
                }
            }
            into.forEach((cause, words) -> arrows.add(new Arrow(cause, entry.getValue(), words)));
        }
        arrows.sort((a, b) -> a.to() != b.to() ? Integer.compare(a.to(), b.to()) : Integer.compare(a.from(), b.from()));
        return fed;
    }

    private Box box(final String id, final int level, final boolean isTotalShown)
    {
        final BitSet vertices = members.getOrDefault(id, single(id));
        final int vertex = vertices.nextSetBit(0);
        final List<String> lines = new ArrayList<>();
        lines.add(PictureText.shortened(id));
        if (graph.isComputation(vertex))
        {
            if (jobs.containsKey(id))
            {
                lines.add(PictureText.shortened(jobs.get(id)));
            }
            lines.add(PictureText.flop(CausalSum.of(graph, vertices).total()));
        }
        if (isTotalShown && 0 == level)
        {
            final BitSet own = new BitSet();
            of.stream().filter(v -> id.equals(id(v))).forEach(own::set);
            lines.add("total " + PictureText.flop(CausalSum.of(graph, graph.closure(own)).total()));
        }
        return new Box(level, graph.kind(vertex), lines, graph.kind(vertex).jsonName() + " " + id);
    }

    private BitSet single(final String id)
    {
        final BitSet vertices = new BitSet();
        vertices.set(graph.result(id));
        for (int v = graph.result(id) - 1; v >= 0 && id.equals(id(v)); v--)
        {
            vertices.set(v);
        }
        return vertices;
    }

    private boolean isInClosure(final String id)
    {
        return members.containsKey(id);
    }

    private String id(final int vertex)
    {
        return GraphWriter.id(graph, vertex);
    }
}
