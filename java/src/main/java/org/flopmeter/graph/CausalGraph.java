/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.flopmeter.unit.Ratio;

/**
 * An acyclic graph of computations, artifacts and human input, checked when it was built by {@link GraphBuilder}.
 * <p>
 * Its vertices are numbered from 0: artifacts, human input, computations, and each segment of a segmented computation,
 * which is named {@code id@k} and follows the one before it. Immutable: threads may share it.
 */
public final class CausalGraph
{
    private final List<Vertex> vertices;
    private final List<Edge> edges;
    private final Map<String, SegmentRange> ranges;
    private final Adjacency causes;

    /** Vertices of one id: a single one, or the segments of a computation. */
    record SegmentRange(int first, int last, boolean isSegmented)
    {
    }

    CausalGraph(
        final List<Vertex> vertices,
        final List<Edge> edges,
        final Map<String, SegmentRange> ranges)
    {
        this.vertices = List.copyOf(vertices);
        this.edges = List.copyOf(edges);
        this.ranges = Map.copyOf(ranges);
        causes = Adjacency.of(vertices.size(), edges, Edge::effect, Edge::cause, Edge::isFollowed);
    }

    public int vertexCount()
    {
        return vertices.size();
    }

    /** The node's id, with {@code @k} for a segment. */
    public String name(final int vertex)
    {
        return vertices.get(vertex).name();
    }

    public NodeKind kind(final int vertex)
    {
        return vertices.get(vertex).kind();
    }

    /** What a computation weighs; an artifact has none. */
    public Activity activity(final int vertex)
    {
        return vertices.get(vertex).activity();
    }

    public boolean isComputation(final int vertex)
    {
        return NodeKind.COMPUTATION == kind(vertex);
    }

    /** When the result was there, in seconds; null when unknown. */
    public Ratio instant(final int vertex)
    {
        return vertices.get(vertex).end();
    }

    /** Every edge, cut ones and those between segments included, in the order of their making. */
    public List<Edge> edges()
    {
        return edges;
    }

    /** The vertex meant by a reference as a result: the last segment, where none is named. */
    public int result(final String reference)
    {
        final int vertex = find(ranges, reference, true);
        if (vertex < 0)
        {
            throw new GraphRefusedException(Refusal.MISSING_NODE, "no node \"" + reference + "\" in the graph");
        }
        return vertex;
    }

    /** The vertices meant by references as results. */
    public BitSet results(final Collection<String> references)
    {
        final BitSet set = new BitSet(vertexCount());
        references.forEach(reference -> set.set(result(reference)));
        return set;
    }

    /**
     * The least set that holds these vertices and, with each of its members, all its causes whose edge is not cut: each
     * vertex once, however many paths lead to it.
     */
    public BitSet closure(final BitSet of)
    {
        return closure(of, (effect, cause) -> true);
    }

    /** Whether a closure goes on from an effect to one of its causes. */
    @FunctionalInterface
    public interface Follower
    {
        boolean isFollowed(int effect, int cause);
    }

    /** The same where only some of the uncut edges are followed. */
    public BitSet closure(final BitSet of, final Follower follower)
    {
        final BitSet closure = new BitSet(vertexCount());
        final IntStack pending = new IntStack();
        of.stream().forEach(vertex ->
        {
            closure.set(vertex);
            pending.push(vertex);
        });
        while (!pending.isEmpty())
        {
            final int effect = pending.pop();
            for (int i = causes.begin(effect); i < causes.end(effect); i++)
            {
                final int cause = causes.neighbour(i);
                if (!closure.get(cause) && follower.isFollowed(effect, cause))
                {
                    closure.set(cause);
                    pending.push(cause);
                }
            }
        }
        return closure;
    }

    /** The vertex of a reference, or -1: {@code id@k} a segment, {@code id} the last (or first) one. */
    static int find(final Map<String, SegmentRange> ranges, final String reference, final boolean isLast)
    {
        final int at = reference.indexOf('@');
        final SegmentRange range = ranges.get(at < 0 ? reference : reference.substring(0, at));
        if (null == range)
        {
            return -1;
        }
        if (at < 0)
        {
            return isLast ? range.last : range.first;
        }
        final int number = segmentNumber(reference, at + 1);
        return range.isSegmented && number >= 1 && number <= range.last - range.first + 1 ?
            range.first + number - 1 : -1;
    }

    /** A number has one spelling: "R@01" is no segment. */
    private static int segmentNumber(final String reference, final int begin)
    {
        return reference.substring(begin).matches("[1-9][0-9]{0,8}") ? Integer.parseInt(reference.substring(begin)) : 0;
    }

    /** Ids of the graph's nodes; segments are not listed. */
    public Collection<String> ids()
    {
        return Collections.unmodifiableSet(ranges.keySet());
    }
}
