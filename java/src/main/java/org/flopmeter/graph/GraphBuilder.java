/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.flopmeter.graph.CausalGraph.SegmentRange;
import org.flopmeter.unit.Ratio;

/**
 * Takes nodes, then edges, and refuses with a {@link GraphRefusedException} at the first fault, in the order in which
 * the command contract looks for them. One thread.
 */
public final class GraphBuilder
{
    private final List<Vertex> vertices = new ArrayList<>();
    private final List<Edge> edges = new ArrayList<>();
    private final Map<String, SegmentRange> ranges = new HashMap<>();
    private final Set<Long> ends = new HashSet<>();

    /** Refuse an id that can't be a new node's. */
    public void requireNewId(final String id)
    {
        if (id.indexOf('@') >= 0)
        {
            throw refused(Refusal.BAD_ID, "node \"" + id + "\": '@' separates a computation from its segment");
        }
        if (ranges.containsKey(id))
        {
            throw refused(Refusal.DUPLICATE_ID, "node \"" + id + "\" is there already");
        }
    }

    public GraphBuilder computation(final String id, final Activity activity)
    {
        requireNewId(id);
        requireOrder(id, activity);
        add(id, Vertex.computation(id, activity));
        return this;
    }

    /** A computation whose checkpoints left before it ended: parts in time order, each an effect of the one before. */
    public GraphBuilder segmented(final String id, final List<Activity> segments)
    {
        requireNewId(id);
        if (segments.isEmpty())
        {
            throw new IllegalArgumentException("node \"" + id + "\": expected at least one segment");
        }
        final int first = vertices.size();
        for (int k = 1; k <= segments.size(); k++)
        {
            final String name = id + "@" + k;
            requireOrder(name, segments.get(k - 1));
            vertices.add(Vertex.computation(name, segments.get(k - 1)));
            if (k > 1)
            {
                edges.add(new Edge(vertices.size() - 2, vertices.size() - 1, Cut.NONE, null));
            }
        }
        ranges.put(id, new SegmentRange(first, vertices.size() - 1, true));
        return this;
    }

    /** An artifact or human input. The instant, in seconds, may be null. */
    public GraphBuilder artifact(final String id, final NodeKind kind, final Ratio instant)
    {
        if (NodeKind.COMPUTATION == kind)
        {
            throw new IllegalArgumentException("node \"" + id + "\": a computation is not an artifact");
        }
        requireNewId(id);
        add(id, Vertex.artifact(id, kind, instant));
        return this;
    }

    public GraphBuilder edge(final String cause, final String effect)
    {
        return edge(cause, effect, Cut.NONE, null);
    }

    /** An edge; {@code id} without {@code @k} is the last segment as a cause and the first as an effect. */
    public GraphBuilder edge(final String cause, final String effect, final Cut cut, final String argument)
    {
        requireNewEdge(cause, effect);
        final String place = place(cause, effect);
        final int from = CausalGraph.find(ranges, cause, true);
        final int to = CausalGraph.find(ranges, effect, false);
        if (Cut.NONE != cut && isBlank(argument))
        {
            throw refused(Refusal.UNARGUED_CUT, place + " is cut (" + cut.jsonName() + ") without an argument");
        }
        if (cut.isHuman() && NodeKind.HUMAN != vertices.get(to).kind())
        {
            throw refused(Refusal.CUT_NOT_HUMAN,
                place + ": a " + cut.jsonName() + " cut ends at a human node, not at a " + kindName(to));
        }
        final Ratio start = vertices.get(from).start();
        final Ratio end = vertices.get(to).end();
        if (null != start && null != end && start.compareTo(end) > 0)
        {
            throw refused(Refusal.TIME_ORDER,
                place + ": the cause starts at " + start + " s, after the effect ended at " + end + " s");
        }
        ends.add(key(from, to));
        edges.add(new Edge(from, to, cut, Cut.NONE == cut ? null : argument));
        return this;
    }

    /** Refuse an edge whose ends are missing, the same node, or joined already. */
    public void requireNewEdge(final String cause, final String effect)
    {
        final String place = place(cause, effect);
        final int from = CausalGraph.find(ranges, cause, true);
        final int to = CausalGraph.find(ranges, effect, false);
        if (from < 0 || to < 0)
        {
            throw refused(Refusal.MISSING_NODE, place + ": no node \"" + (from < 0 ? cause : effect) + '"');
        }
        if (nodeId(from).equals(nodeId(to)))
        {
            throw refused(Refusal.SELF_EDGE, place + ": a node is not its own cause");
        }
        if (ends.contains(key(from, to)))
        {
            throw refused(Refusal.DUPLICATE_EDGE, place + " is there already");
        }
    }

    /** The graph, unless it has a cycle; cut edges count here, since they too claim an order. */
    public CausalGraph build()
    {
        final Cycle cycle = new Cycle(vertices.size(), edges);
        if (cycle.isThere())
        {
            throw refused(Refusal.CYCLE,
                "node \"" + vertices.get(cycle.vertex()).name() + "\" is among its own causes; unroll it by version");
        }
        return new CausalGraph(vertices, edges, ranges);
    }

    private void add(final String id, final Vertex vertex)
    {
        ranges.put(id, new SegmentRange(vertices.size(), vertices.size(), false));
        vertices.add(vertex);
    }

    private String nodeId(final int vertex)
    {
        final String name = vertices.get(vertex).name();
        final int at = name.indexOf('@');
        return at < 0 ? name : name.substring(0, at);
    }

    private String kindName(final int vertex)
    {
        return vertices.get(vertex).kind().jsonName();
    }

    private static void requireOrder(final String name, final Activity activity)
    {
        final Ratio start = activity.start();
        final Ratio end = activity.end();
        if (null != start && null != end && end.compareTo(start) < 0)
        {
            throw refused(Refusal.TIME_ORDER, "node \"" + name + "\" ends at " + end + " s, before its start at " +
                start + " s");
        }
    }

    private static String place(final String cause, final String effect)
    {
        return "edge \"" + cause + "\" -> \"" + effect + '"';
    }

    private static long key(final int from, final int to)
    {
        return (long)from << 32 | to;
    }

    /** Blank to a reader: every kind of white space, the no-break ones too. */
    private static boolean isBlank(final String text)
    {
        return null == text ||
            text.codePoints().allMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c) || 0x85 == c);
    }

    private static GraphRefusedException refused(final Refusal refusal, final String message)
    {
        return new GraphRefusedException(refusal, message);
    }
}
