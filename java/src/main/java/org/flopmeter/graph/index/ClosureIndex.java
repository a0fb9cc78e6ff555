/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import org.flopmeter.unit.FlopArithmetic;

/**
 * Exact sums of weights over the distinct ancestors of any node, in microseconds, on a graph that grows and whose
 * weights change.
 * <p>
 * From {@link #build} on, grow the graph through the index only. Weight changes wait until {@link #flush}: between two
 * flushes every answer is that of the last one, and a new node's own weight ({@link #setNewest}) is in at once. A query
 * that rows can't answer, or not faster, goes by the scan, and {@link ClosureTotal#path} says so. One owner thread.
 */
public final class ClosureIndex
{
    /** The first nodes have few ancestors, perhaps: then the scan is faster, and it soon shows when not. */
    private static final int EARLY = 1 << 17;

    private final ParentGraph graph;
    private final AncestorScan scan;
    private final ClosureQuery query;
    private final PendingWeights pending;
    private IndexState state;
    private IndexGrowth growth;
    private final int scanFirstEnd;
    private final int scanFirstMax;
    private String defeat;
    private boolean hasUnbounded;

    private ClosureIndex(final ParentGraph graph, final IndexLimits limits)
    {
        this.graph = graph;
        scan = new AncestorScan(graph);
        query = new ClosureQuery(graph);
        pending = new PendingWeights(graph.weights().listCount());
        scanFirstMax = limits.scanFirstMax();
        scanFirstEnd = 0 == scanFirstMax ? 0 : EARLY;
        try
        {
            state = new IndexBuild(graph, limits).build();
            growth = new IndexGrowth(state);
        }
        catch (final IndexDefeatedException e)
        {
            giveUp(e);
        }
    }

    /**
     * Build the index of a graph.
     *
     * @param graph is the index's from now on.
     * @param limits when they don't hold, there is no contraction and every query goes by the scan.
     */
    public static ClosureIndex build(final ParentGraph graph, final IndexLimits limits)
    {
        return new ClosureIndex(graph, limits);
    }

    /** The graph below. Read it; don't change it. */
    public ParentGraph graph()
    {
        return graph;
    }

    /**
     * Sum of one series over a node and its ancestors.
     *
     * @param node whose closure.
     * @param series summed.
     * @param total receives the value in its entry {@code series}.
     * @throws org.flopmeter.unit.FlopOverflowException when it needs more than 128 bits.
     */
    public void total(final int node, final int series, final ClosureTotal total)
    {
        final WeightTable weights = graph.weights();
        graph.checked(node);
        graph.checkedSeries(series);
        if (null == state || !weights.isExact(series))
        {
            scan.sum(node, series, total);
            return;
        }
        final int code = state.codes[node];
        if (Code.isCore(code))
        {
            total.reset(weights.seriesCount());
            store(Code.row(code), series, total);
            total.path(ClosureTotal.Path.STORED);
        }
        else if (node < scanFirstEnd && scan.sumFew(node, series, scanFirstMax, total))
        {
            return;
        }
        else if (query.find(node, state, series))
        {
            total.reset(weights.seriesCount());
            answer(series, total);
            total.path(ClosureTotal.Path.CONTRACTED);
        }
        else
        {
            scan.sum(node, series, total);
        }
    }

    /**
     * Sums of all series over a node and its ancestors.
     *
     * @param node whose closure.
     * @param total receives the values.
     * @throws org.flopmeter.unit.FlopOverflowException when one needs more than 128 bits.
     */
    public void totals(final int node, final ClosureTotal total)
    {
        final WeightTable weights = graph.weights();
        graph.checked(node);
        boolean isByRows = null != state;
        for (int series = 0; series < weights.seriesCount(); series++)
        {
            isByRows &= weights.isExact(series);
        }
        final boolean isCore = isByRows && Code.isCore(state.codes[node]);
        if (!isByRows || (!isCore && !query.find(node, state, 0)))
        {
            scan.sums(node, total);
            return;
        }
        total.reset(weights.seriesCount());
        total.path(isCore ? ClosureTotal.Path.STORED : ClosureTotal.Path.CONTRACTED);
        for (int series = 0; series < weights.seriesCount(); series++)
        {
            if (isCore)
            {
                store(Code.row(state.codes[node]), series, total);
            }
            else
            {
                answer(series, total);
            }
        }
    }

    private void store(final int row, final int series, final ClosureTotal total)
    {
        final IndexState.Sums sums = state.sums(series);
        if (null != sums)
        {
            total.set(series, sums.totals.high(row), sums.totals.low(row));
        }
        final IndexState.Sums unbounded = state.sums(graph.weights().unboundedList(series));
        if (null != unbounded && 0 != unbounded.totals.low(row))
        {
            total.unbounded(series);
        }
    }

    private void answer(final int series, final ClosureTotal total)
    {
        final long[] sum = query.sum(state, series);
        total.set(series, sum[1], sum[0]);
        if (0 != query.sum(state, graph.weights().unboundedList(series))[0])
        {
            total.unbounded(series);
        }
    }

    /**
     * Add a node; it has no weight yet.
     *
     * @param isCore has a row: a model, a data set, a computation that many things come from.
     * @param parents its parents, all there already.
     * @param length parents in the list.
     * @return its number.
     */
    public int append(final boolean isCore, final int[] parents, final int length)
    {
        final int node = graph.add(isCore, parents, length);
        if (null != state)
        {
            try
            {
                growth.addNode(node);
            }
            catch (final IndexDefeatedException e)
            {
                giveUp(e);
            }
        }
        return node;
    }

    /**
     * Set a weight of the node that was appended last, at once: nothing is below it yet.
     *
     * @param node the newest.
     * @param series of the weight.
     * @param high high half of the value.
     * @param low low half of the value.
     * @param isUnbounded no upper bound is known.
     */
    public void setNewest(
        final int node, final int series, final long high, final long low, final boolean isUnbounded)
    {
        if (node != graph.nodeCount() - 1)
        {
            throw new IllegalArgumentException("node " + node + " is not the newest of " + graph.nodeCount());
        }
        graph.checkedSeries(series);
        setAtOnce(node, series, high, low);
        setAtOnce(node, graph.weights().unboundedList(series), 0, isUnbounded ? 1 : 0);
    }

    private void setAtOnce(final int node, final int list, final long high, final long low)
    {
        final NodeWeights before = graph.weights().list(list);
        final long highOld = null == before ? 0 : before.high(node);
        final long lowOld = null == before ? 0 : before.low(node);
        graph.weights().set(node, list, high, low);
        if (null != state && Code.isCore(state.codes[node]) && null != state.sums(list))
        {
            final int row = Code.row(state.codes[node]);
            final long deltaHigh = FlopArithmetic.subtractHigh(high, low, highOld, lowOld);
            state.sums(list).coreWeights.add(row, deltaHigh, low - lowOld);
            state.sums(list).totals.add(row, deltaHigh, low - lowOld);
        }
    }

    /**
     * Record an edge between nodes that are there already.
     *
     * @param parent the earlier one.
     * @param child the later one: an edge against the numbers needs a new numbering, and is refused.
     */
    public void addEdge(final int parent, final int child)
    {
        graph.addLate(parent, child);
        if (null != state)
        {
            try
            {
                growth.addEdge(parent, child);
            }
            catch (final IndexDefeatedException e)
            {
                giveUp(e);
            }
        }
    }

    /**
     * Change the weight of any node; answers have it from the next flush on.
     *
     * @param node any.
     * @param series of the weight.
     * @param high high half of the new value.
     * @param low low half of the new value.
     * @param isUnbounded no upper bound is known.
     */
    public void setWeight(
        final int node, final int series, final long high, final long low, final boolean isUnbounded)
    {
        pending.add(graph.checked(node), graph.checkedSeries(series), high, low);
        final int list = graph.weights().unboundedList(series);
        hasUnbounded |= isUnbounded || null != graph.weights().list(list);
        if (hasUnbounded)
        {
            pending.add(node, list, 0, isUnbounded ? 1 : 0);
        }
    }

    /** Carry all pending weight changes into all totals. */
    public void flush()
    {
        pending.flush(graph.weights(), state);
    }

    /** Why every query goes by the scan; null while the index answers. */
    public String defeat()
    {
        return defeat;
    }

    /** Columns that stand for classes of periphery nodes: the figure that says how well the graph contracts. */
    public int classCount()
    {
        return null == state ? 0 : state.classRows.columnCount();
    }

    /** Different entry sets at the build, before entries that descend from others were dropped from them. */
    public int entrySetCount()
    {
        return null == state ? 0 : state.entrySetCount;
    }

    /** Core nodes: rows, and columns of their own. */
    public int rowCount()
    {
        return null == state ? 0 : state.rowCount();
    }

    /** Distinct blocks of 512 columns over all rows. */
    public int blockCount()
    {
        return null == state ? 0 : state.coreRows.blockCount() + state.classRows.blockCount();
    }

    /** Bytes of the index alone; the graph's are {@link ParentGraph#byteCount}. */
    public long byteCount()
    {
        return null == state ? 0 : state.byteCount();
    }

    /** Compute the totals of all rows of a series anew from the weights: for a check, or a measurement. */
    public void sweep(final int series, final int threadCount)
    {
        if (null != state && null != state.sums(series))
        {
            TotalSweep.run(state, state.sums(series), threadCount);
        }
    }

    /** For tests that plant faults. */
    IndexState state()
    {
        return state;
    }

    private void giveUp(final IndexDefeatedException reason)
    {
        state = null;
        growth = null;
        defeat = reason.getMessage();
    }
}
