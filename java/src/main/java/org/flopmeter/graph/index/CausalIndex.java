/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeSet;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Edge;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/**
 * The closure index of a causal graph: its vertices renumbered so that causes come first, followed edges only.
 * <p>
 * Series: lower, point and upper end over all precisions, then for each precision the same three and how many
 * computations name it. One owner thread.
 */
public final class CausalIndex
{
    private final CausalSeries series;
    private final List<String> names;
    private final int[] numbers;
    private final ClosureIndex index;
    private final ClosureTotal sums = new ClosureTotal();

    private CausalIndex(final CausalGraph graph, final IndexLimits limits)
    {
        final TreeSet<String> precisions = new TreeSet<>();
        for (int v = 0; v < graph.vertexCount(); v++)
        {
            if (graph.isComputation(v))
            {
                precisions.addAll(graph.activity(v).flop().keySet());
            }
        }
        series = new CausalSeries(List.copyOf(precisions));
        numbers = new int[graph.vertexCount()];
        index = ClosureIndex.build(number(graph), limits);
        final String[] ordered = new String[graph.vertexCount()];
        for (int v = 0; v < ordered.length; v++)
        {
            ordered[numbers[v]] = graph.name(v);
        }
        names = List.of(ordered);
    }

    /** Build the index of a graph; what changes in the graph later is not in it. */
    public static CausalIndex of(final CausalGraph graph, final IndexLimits limits)
    {
        return new CausalIndex(graph, limits);
    }

    /** Everything behind a vertex, itself included, over all precisions. */
    public FlopInterval total(final int vertex)
    {
        index.totals(numbers[vertex], sums);
        return CausalSeries.interval(sums, 0);
    }

    /** The same by name of the precision: those that some computation behind the vertex names. */
    public SortedMap<String, FlopInterval> byPrecision(final int vertex)
    {
        index.totals(numbers[vertex], sums);
        return series.byPrecision(sums);
    }

    /**
     * Everything behind some vertices, each computation once.
     *
     * @throws org.flopmeter.unit.FlopOverflowException when a sum needs more than 128 bits.
     */
    public CausalTotal totals(final BitSet vertices)
    {
        final int[] parents = vertices.stream().map(vertex -> numbers[vertex]).toArray();
        // Several at once are the causes of a node of their own, which weighs nothing and stays.
        index.totals(1 == parents.length ? parents[0] : index.append(false, parents, parents.length), sums);
        return new CausalTotal(CausalSeries.interval(sums, 0), series.byPrecision(sums), sums.path());
    }

    /** Edges of the graph that are followed: the index keeps those that the others don't imply. */
    public long edgeCount()
    {
        return index.graph().edgeCount();
    }

    /** Why every total goes by the scan; null while rows answer. */
    public String defeat()
    {
        return index.defeat();
    }

    /**
     * Write it as a file that {@link MappedCausalIndex} answers from.
     *
     * @param stamp what the graph was, for whoever asks whether it is still so.
     * @return bytes of the file.
     * @throws IOException the file can't be written; what was there is there still.
     */
    public long write(final Path file, final String stamp) throws IOException
    {
        if (index.graph().nodeCount() != names.size())
        {
            throw new IllegalStateException("it was asked for several vertices at once, and holds more than the graph");
        }
        return IndexFile.write(file, index, names, MappedCausalIndex.note(stamp, series));
    }

    /** How the last answer was found. */
    public ClosureTotal.Path path()
    {
        return sums.path();
    }

    /** The number of a vertex in {@link #index}. */
    public int number(final int vertex)
    {
        return numbers[vertex];
    }

    /** The index itself: for growth and live weights. */
    public ClosureIndex index()
    {
        return index;
    }

    /** Causes before effects; a vertex is taken when all its causes are. */
    private ParentGraph number(final CausalGraph graph)
    {
        final int count = graph.vertexCount();
        final int[] causesBegin = new int[count + 2];
        final int[] effectsBegin = new int[count + 2];
        int followed = 0;
        for (final Edge edge : graph.edges())
        {
            if (edge.isFollowed())
            {
                causesBegin[edge.effect() + 2]++;
                effectsBegin[edge.cause() + 2]++;
                followed++;
            }
        }
        for (int v = 0; v < count; v++)
        {
            causesBegin[v + 2] += causesBegin[v + 1];
            effectsBegin[v + 2] += effectsBegin[v + 1];
        }
        final int[] causes = new int[followed];
        final int[] effects = new int[followed];
        for (final Edge edge : graph.edges())
        {
            if (edge.isFollowed())
            {
                causes[causesBegin[edge.effect() + 1]++] = edge.cause();
                effects[effectsBegin[edge.cause() + 1]++] = edge.effect();
            }
        }
        final int[] order = order(count, causesBegin, effectsBegin, effects);
        final ParentGraph result = new ParentGraph(series.count(), count);
        int[] parents = new int[16];
        for (final int v : order)
        {
            final int length = causesBegin[v + 1] - causesBegin[v];
            parents = EntrySets.roomFor(parents, length);
            for (int i = 0; i < length; i++)
            {
                parents[i] = numbers[causes[causesBegin[v] + i]];
            }
            numbers[v] = result.add(isCore(graph, v, effects, effectsBegin), parents, length);
            weigh(graph, v, result);
        }
        return result;
    }

    private static int[] order(
        final int count, final int[] causesBegin, final int[] effectsBegin, final int[] effects)
    {
        final int[] order = new int[count];
        final int[] left = new int[count];
        int taken = 0;
        for (int v = 0; v < count; v++)
        {
            left[v] = causesBegin[v + 1] - causesBegin[v];
            if (0 == left[v])
            {
                order[taken++] = v;
            }
        }
        for (int i = 0; i < taken; i++)
        {
            for (int at = effectsBegin[order[i]]; at < effectsBegin[order[i] + 1]; at++)
            {
                if (0 == --left[effects[at]])
                {
                    order[taken++] = effects[at];
                }
            }
        }
        if (taken != count)
        {
            throw new IllegalStateException((count - taken) + " vertices lie on or below a cycle");
        }
        return order;
    }

    /** Outputs, and computations that made nothing but outputs, are many and feed little. */
    private static boolean isCore(
        final CausalGraph graph, final int vertex, final int[] effects, final int[] effectsBegin)
    {
        if (!graph.isComputation(vertex))
        {
            return NodeKind.OUTPUT != graph.kind(vertex);
        }
        for (int at = effectsBegin[vertex]; at < effectsBegin[vertex + 1]; at++)
        {
            if (graph.isComputation(effects[at]) || NodeKind.OUTPUT != graph.kind(effects[at]))
            {
                return true;
            }
        }
        return false;
    }

    private void weigh(final CausalGraph graph, final int vertex, final ParentGraph to)
    {
        if (!graph.isComputation(vertex))
        {
            return;
        }
        FlopInterval total = FlopInterval.ZERO;
        for (final var entry : graph.activity(vertex).flop().entrySet())
        {
            total = total.add(entry.getValue());
            final int first = series.of(entry.getKey());
            set(to, numbers[vertex], first, entry.getValue());
            to.setWeight(numbers[vertex], first + CausalSeries.ENDS, 0, 1, false);
        }
        set(to, numbers[vertex], 0, total);
    }

    private static void set(final ParentGraph to, final int node, final int series, final FlopInterval flop)
    {
        to.setWeight(node, series, flop.lower().high(), flop.lower().low(), false);
        to.setWeight(node, series + 1, flop.point().high(), flop.point().low(), false);
        final FlopCount upper = flop.isBounded() ? flop.upper() : FlopCount.ZERO;
        to.setWeight(node, series + 2, upper.high(), upper.low(), !flop.isBounded());
    }
}
