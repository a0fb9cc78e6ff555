/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/**
 * Parents of numbered nodes: node n has the next free number, and every parent a smaller one (time order).
 * <p>
 * A parent that other parents imply is dropped when its node comes ({@link Shortcuts}): no closure is another by it.
 * A node is <em>core</em> or <em>periphery</em>. The split is free and changes no sum: it says which nodes get a row in
 * the closure index. Good periphery is numerous and feeds little: outputs, and computations that made only an output.
 * One owner thread; readers on other threads need a lock of their own.
 */
public final class ParentGraph
{
    private final WeightTable weights;
    private final ParentLists lists;
    private final Shortcuts shortcuts;
    private final boolean keepsAll;
    private long[] coreBits;
    private long edgesTold;
    private final LateEdges late = new LateEdges();

    /**
     * An empty graph.
     *
     * @param seriesCount weights of a node: one for each (precision, interval end) that the caller keeps.
     * @param nodesExpected room made at once; more grow it.
     */
    public ParentGraph(final int seriesCount, final int nodesExpected)
    {
        this(seriesCount, nodesExpected, false);
    }

    private ParentGraph(final int seriesCount, final int nodesExpected, final boolean keepsAll)
    {
        weights = new WeightTable(seriesCount, nodesExpected);
        lists = new ParentLists(nodesExpected);
        shortcuts = new Shortcuts(lists);
        this.keepsAll = keepsAll;
        coreBits = new long[(nodesExpected >>> 6) + 1];
    }

    /**
     * A graph that drops no parent: for whoever recomputes by edges as they were told.
     *
     * @param seriesCount weights of a node.
     * @param nodesExpected room made at once; more grow it.
     */
    public static ParentGraph keepingAll(final int seriesCount, final int nodesExpected)
    {
        return new ParentGraph(seriesCount, nodesExpected, true);
    }

    /**
     * Add the next node, with no weight yet.
     *
     * @param isCore has a row in the closure index.
     * @param parentList its parents; the same one twice counts once.
     * @param length parents in the list.
     * @return its number.
     */
    public int add(final boolean isCore, final int[] parentList, final int length)
    {
        final int nodeCount = lists.nodeCount();
        for (int i = 0; i < length; i++)
        {
            if (parentList[i] < 0 || parentList[i] >= nodeCount)
            {
                throw new IllegalArgumentException(
                    "parent " + parentList[i] + " of node " + nodeCount + ": not an earlier node");
            }
        }
        if ((nodeCount >>> 6) >= coreBits.length)
        {
            coreBits = Arrays.copyOf(coreBits, Growth.length(coreBits.length, (nodeCount >>> 6) + 1L));
        }
        final int kept = keepsAll ?
            shortcuts.distinct(parentList, length) : shortcuts.drop(parentList, length, coreBits);
        lists.add(shortcuts.kept(), kept);
        edgesTold += length;
        if (isCore)
        {
            coreBits[nodeCount >>> 6] |= 1L << nodeCount;
        }
        weights.growTo(nodeCount + 1);
        return nodeCount;
    }

    /**
     * Set a weight before an index is built on the graph; afterwards the index must know ({@link ClosureIndex}).
     *
     * @param node has the weight.
     * @param series below {@link WeightTable#seriesCount}.
     * @param high high half of the value.
     * @param low low half of the value.
     * @param isUnbounded no upper bound is known: the value is what is known of it.
     */
    public void setWeight(
        final int node, final int series, final long high, final long low, final boolean isUnbounded)
    {
        weights.set(checked(node), checkedSeries(series), high, low);
        weights.set(node, weights.unboundedList(series), 0, isUnbounded ? 1 : 0);
    }

    /** Weights of the nodes. */
    public WeightTable weights()
    {
        return weights;
    }

    /** Nodes so far. */
    public int nodeCount()
    {
        return lists.nodeCount();
    }

    /** Edges that were told so far, late ones included, dropped ones too. */
    public long edgeCount()
    {
        return edgesTold + late.edgeCount();
    }

    /** Edges that are kept: what {@link #parentsOf} gives, over all nodes. */
    public long keptEdgeCount()
    {
        return lists.edgeCount() + late.edgeCount();
    }

    /** Has this node a row in the closure index? */
    public boolean isCore(final int node)
    {
        return 0 != (coreBits[node >>> 6] & (1L << node));
    }

    /** Parents of a node that are kept, late ones included, as a fresh array. */
    public int[] parentsOf(final int node)
    {
        final int count = lists.count(checked(node));
        final int[] more = late.parentsOf(node);
        final int[] all = new int[count + more.length];
        for (int at = 0; at < count; at++)
        {
            all[at] = lists.parent(node, at);
        }
        System.arraycopy(more, 0, all, count, more.length);
        return all;
    }

    /** Bytes held by structure and weights. */
    public long byteCount()
    {
        return lists.byteCount() + 8L * coreBits.length + weights.byteCount() + late.byteCount();
    }

    void addLate(final int parent, final int child)
    {
        checked(child);
        if (parent < 0 || parent >= child)
        {
            throw new IllegalArgumentException("parent " + parent + " of node " + child + ": not an earlier node");
        }
        late.add(parent, child);
    }

    int checked(final int node)
    {
        if (node < 0 || node >= lists.nodeCount())
        {
            throw new IllegalArgumentException("no node " + node + " among " + lists.nodeCount());
        }
        return node;
    }

    int checkedSeries(final int series)
    {
        if (series < 0 || series >= weights.seriesCount())
        {
            throw new IllegalArgumentException("no series " + series + " among " + weights.seriesCount());
        }
        return series;
    }

    ParentLists lists()
    {
        return lists;
    }

    LateEdges late()
    {
        return late;
    }
}
