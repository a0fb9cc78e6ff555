/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.graph;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.flopmeter.graph.index.ParentGraph;
import org.flopmeter.unit.FlopCount;
import org.jgrapht.alg.util.Pair;
import org.jgrapht.opt.graph.sparse.SparseIntDirectedGraph;
import org.jgrapht.traverse.BreadthFirstIterator;

/** JGraphT's compressed graph: its own iterator, or its edges with a bit set and a queue of ours, which is faster. */
final class JGraphTPeer implements Peer
{
    private final SparseIntDirectedGraph edges;
    private final FlopCount[] weights;
    private final boolean isIterator;

    JGraphTPeer(final ParentGraph graph, final boolean isIterator)
    {
        this.isIterator = isIterator;
        final List<Pair<Integer, Integer>> pairs = new ArrayList<>();
        weights = new FlopCount[graph.nodeCount()];
        for (int node = 0; node < weights.length; node++)
        {
            for (final int parent : graph.parentsOf(node))
            {
                pairs.add(Pair.of(node, parent));
            }
            weights[node] = FlopCount.of(graph.weights().high(node, 0), graph.weights().low(node, 0));
        }
        edges = new SparseIntDirectedGraph(weights.length, pairs);
    }

    @Override
    public String name()
    {
        return isIterator ? "JGraphT breadth-first iterator" : "JGraphT edges, bit set and queue";
    }

    @Override
    public BigInteger sum(final int node)
    {
        FlopCount sum = FlopCount.ZERO;
        if (isIterator)
        {
            for (final Iterator<Integer> each = new BreadthFirstIterator<>(edges, node); each.hasNext();)
            {
                sum = sum.add(weights[each.next()]);
            }
            return sum.toBigInteger();
        }
        final BitSet seen = new BitSet(weights.length);
        final Deque<Integer> open = new ArrayDeque<>();
        seen.set(node);
        open.add(node);
        while (!open.isEmpty())
        {
            final int next = open.remove();
            sum = sum.add(weights[next]);
            for (final Integer edge : edges.outgoingEdgesOf(next))
            {
                final int parent = edges.getEdgeTarget(edge);
                if (!seen.get(parent))
                {
                    seen.set(parent);
                    open.add(parent);
                }
            }
        }
        return sum.toBigInteger();
    }

    @Override
    public void close()
    {
        // Nothing outside the heap.
    }
}
