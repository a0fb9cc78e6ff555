/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.util.Arrays;

/**
 * Parents of numbered nodes, compressed: node n has the next free number, and every parent a smaller one (time order).
 * <p>
 * A node is <em>core</em> or <em>periphery</em>. The split is free and changes no sum: it says which nodes get a row in
 * the closure index. Good periphery is numerous and feeds little: outputs, and computations that made only an output.
 * One owner thread; readers on other threads need a lock of their own.
 */
public final class ParentGraph
{
    private final WeightTable weights;
    private int[] parentBegin;
    private int[] parents;
    private long[] coreBits;
    private int nodeCount;
    private int edgeCount;
    private final LateEdges late = new LateEdges();

    /**
     * An empty graph.
     *
     * @param seriesCount weights of a node: one for each (precision, interval end) that the caller keeps.
     * @param nodesExpected room made at once; more grow it.
     * @param edgesExpected room made at once; more grow it.
     */
    public ParentGraph(final int seriesCount, final int nodesExpected, final int edgesExpected)
    {
        weights = new WeightTable(seriesCount, nodesExpected);
        parentBegin = new int[nodesExpected + 2];
        parents = new int[Math.max(1, edgesExpected)];
        coreBits = new long[(nodesExpected >>> 6) + 1];
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
        for (int i = 0; i < length; i++)
        {
            if (parentList[i] < 0 || parentList[i] >= nodeCount)
            {
                throw new IllegalArgumentException(
                    "parent " + parentList[i] + " of node " + nodeCount + ": not an earlier node");
            }
        }
        if (nodeCount + 2 > parentBegin.length)
        {
            parentBegin = Arrays.copyOf(parentBegin, Growth.length(parentBegin.length, nodeCount + 2L));
        }
        if ((long)edgeCount + length > parents.length)
        {
            parents = Arrays.copyOf(parents, Growth.length(parents.length, (long)edgeCount + length));
        }
        if ((nodeCount >>> 6) >= coreBits.length)
        {
            coreBits = Arrays.copyOf(coreBits, Growth.length(coreBits.length, (nodeCount >>> 6) + 1L));
        }
        System.arraycopy(parentList, 0, parents, edgeCount, length);
        edgeCount += length;
        if (isCore)
        {
            coreBits[nodeCount >>> 6] |= 1L << nodeCount;
        }
        parentBegin[nodeCount + 1] = edgeCount;
        nodeCount++;
        weights.growTo(nodeCount);
        return nodeCount - 1;
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
        return nodeCount;
    }

    /** Edges so far, late ones included. */
    public long edgeCount()
    {
        return (long)edgeCount + late.edgeCount();
    }

    /** Has this node a row in the closure index? */
    public boolean isCore(final int node)
    {
        return 0 != (coreBits[node >>> 6] & (1L << node));
    }

    /** Parents of a node, late ones included, as a fresh array. */
    public int[] parentsOf(final int node)
    {
        final int[] early = Arrays.copyOfRange(parents, parentBegin[checked(node)], parentBegin[node + 1]);
        final int[] more = late.parentsOf(node);
        final int[] all = Arrays.copyOf(early, early.length + more.length);
        System.arraycopy(more, 0, all, early.length, more.length);
        return all;
    }

    /** Bytes held by structure and weights. */
    public long byteCount()
    {
        return 4L * parentBegin.length + 4L * parents.length + 8L * coreBits.length + weights.byteCount() +
            late.byteCount();
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
        if (node < 0 || node >= nodeCount)
        {
            throw new IllegalArgumentException("no node " + node + " among " + nodeCount);
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

    int[] parentBegin()
    {
        return parentBegin;
    }

    int[] parents()
    {
        return parents;
    }

    LateEdges late()
    {
        return late;
    }
}
