/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.graph;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.Edge;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.Origin;
import org.flopmeter.graph.store.RecordedComputation;
import org.flopmeter.graph.store.RecordedGraph;
import org.flopmeter.node.record.GraphRecords;
import org.flopmeter.unit.FlopInterval;

/**
 * The causal total of something recorded, with all that it rests on.
 *
 * @param byNode   per name of a node, and "unknown", "declared" and "imported" for what no run recorded.
 * @param byPurpose what the work was for.
 * @param byBasis  METERED, IMPORTED, DECLARED and UNKNOWN.
 * @param counted  computations that add up to it.
 * @param origins  what is unknown or declared in it.
 * @param cuts     edges to what is counted that are not followed.
 * @param closure  all vertices that it depends on.
 * @param answer   where the figure came from; what is counted adds up to it.
 * @param isCertain false when records are lost: then there is no upper end.
 */
public record GraphTotal(
    GraphRecords.Target target,
    FlopInterval total,
    SortedMap<String, FlopInterval> byPrecision,
    SortedMap<String, FlopInterval> byNode,
    SortedMap<Purpose, FlopInterval> byPurpose,
    SortedMap<String, FlopInterval> byBasis,
    Map<String, FlopInterval> counted,
    List<Origin> origins,
    List<CutMade> cuts,
    BitSet closure,
    GraphAnswers.Answer answer,
    boolean isCertain)
{
    public static final String METERED = "METERED";
    static final String IMPORTED = "IMPORTED";
    static final String DECLARED = "DECLARED";
    public static final String UNKNOWN = "UNKNOWN";

    /** @throws org.flopmeter.graph.GraphRefusedException the total does not fit 128 bits. */
    static GraphTotal of(final GraphRecords records, final GraphRecords.Target target)
    {
        final RecordedGraph recorded = records.graph();
        final CausalGraph graph = recorded.graph();
        final BitSet results = graph.results(target.ids());
        final BitSet closure = graph.closure(results);
        final CausalSum sum = CausalSum.of(graph, closure);
        final GraphAnswers.Answer answer = GraphAnswers.of(records).total(results);
        if (!answer.total().equals(sum.total()))
        {
            throw new IllegalStateException("the " + answer.by() + " (" + answer.how() + ") says " + answer.total() +
                " for " + target.ids() + "; what is counted adds up to " + sum.total());
        }
        final boolean isCertain = records.contents().damages().isEmpty();
        final SortedMap<String, FlopInterval> byNode = new TreeMap<>();
        final SortedMap<Purpose, FlopInterval> byPurpose = new TreeMap<>();
        final SortedMap<String, FlopInterval> byBasis = new TreeMap<>();
        final Map<String, FlopInterval> counted = new LinkedHashMap<>();
        for (final String id : sum.counted())
        {
            final FlopInterval flop = whole(graph, graph.result(id));
            final RecordedComputation computation = recorded.computations().get(id);
            final String basis = basisOf(recorded, id);
            counted.put(id, flop);
            byNode.merge(
                null != computation ? computation.node() : '(' + basis.toLowerCase(Locale.ROOT) + ')', flop,
                FlopInterval::add);
            byPurpose.merge(graph.activity(graph.result(id)).purpose(), flop, FlopInterval::add);
            byBasis.merge(basis, flop, FlopInterval::add);
        }
        return new GraphTotal(
            target, isCertain ? sum.total() : unbounded(sum.total()), sum.byPrecision(), byNode, byPurpose,
            byBasis, counted, origins(recorded, closure), cuts(recorded, closure), closure, answer, isCertain);
    }

    /** What the weight of a computation rests on. */
    public static String basisOf(final RecordedGraph recorded, final String id)
    {
        final Origin origin = recorded.origins().get(id);
        return recorded.computations().containsKey(id) ? METERED : null == origin ? IMPORTED :
            null == origin.declared() ? UNKNOWN : DECLARED;
    }

    private static FlopInterval whole(final CausalGraph graph, final int vertex)
    {
        return graph.activity(vertex).flop().values().stream().reduce(FlopInterval.ZERO, FlopInterval::add);
    }

    private static FlopInterval unbounded(final FlopInterval flop)
    {
        return FlopInterval.unbounded(flop.lower(), flop.point());
    }

    private static List<Origin> origins(final RecordedGraph recorded, final BitSet closure)
    {
        return recorded.origins().values().stream()
            .filter(origin -> closure.get(recorded.graph().result(origin.id()))).toList();
    }

    private static List<CutMade> cuts(final RecordedGraph recorded, final BitSet closure)
    {
        return recorded.cuts().stream()
            .filter(cut -> closure.get(recorded.graph().result(cut.effect()))).toList();
    }

    /** Edges of the graph that were walked. */
    static List<Edge> walked(final CausalGraph graph, final BitSet closure)
    {
        final List<Edge> walked = new ArrayList<>();
        for (final Edge edge : graph.edges())
        {
            if (edge.isFollowed() && closure.get(edge.effect()))
            {
                walked.add(edge);
            }
        }
        return walked;
    }
}
