/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.GraphBuilder;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;

/** Edges of a graph in the making, each once. */
final class ReplayEdges
{
    private static final BigInteger NS_PER_S = BigInteger.valueOf(1_000_000_000L);

    private final Set<Edge> edges = new LinkedHashSet<>();
    private final Map<String, List<String>> effects = new HashMap<>();

    private record Edge(String cause, String effect)
    {
    }

    void add(final String cause, final String effect)
    {
        if (edges.add(new Edge(cause, effect)))
        {
            effects.computeIfAbsent(cause, ignored -> new ArrayList<>()).add(effect);
        }
    }

    /** The order of segments, which whoever builds the graph adds himself. */
    void addImplied(final String cause, final String effect)
    {
        effects.computeIfAbsent(cause, ignored -> new ArrayList<>()).add(effect);
    }

    /** Would there be no cycle with these edges, the i-th from {@code causes(i)} to {@code ends(i)}? */
    boolean isAcyclicWith(final List<String> causes, final List<String> ends)
    {
        final Map<String, List<String>> more = new HashMap<>();
        final Map<String, Integer> pendingCauses = new HashMap<>();
        for (int i = 0; i < causes.size(); i++)
        {
            more.computeIfAbsent(causes.get(i), ignored -> new ArrayList<>()).add(ends.get(i));
        }
        for (final Map<String, List<String>> from : List.of(effects, more))
        {
            from.forEach((cause, to) ->
            {
                pendingCauses.putIfAbsent(cause, 0);
                to.forEach(effect -> pendingCauses.merge(effect, 1, Integer::sum));
            });
        }
        final Deque<String> free = new ArrayDeque<>();
        pendingCauses.forEach((name, count) ->
        {
            if (0 == count)
            {
                free.add(name);
            }
        });
        int seen = 0;
        while (!free.isEmpty())
        {
            final String name = free.pop();
            seen++;
            for (final Map<String, List<String>> from : List.of(effects, more))
            {
                for (final String effect : from.getOrDefault(name, List.of()))
                {
                    if (0 == pendingCauses.merge(effect, -1, Integer::sum))
                    {
                        free.add(effect);
                    }
                }
            }
        }
        return seen == pendingCauses.size();
    }

    /** Does the one lead to the other? */
    boolean isReachable(final String from, final String to)
    {
        final Set<String> seen = new HashSet<>(Set.of(from));
        final Deque<String> pending = new ArrayDeque<>(seen);
        while (!pending.isEmpty())
        {
            for (final String effect : effects.getOrDefault(pending.pop(), List.of()))
            {
                if (effect.equals(to))
                {
                    return true;
                }
                if (seen.add(effect))
                {
                    pending.push(effect);
                }
            }
        }
        return false;
    }

    List<CutMade> cutsInForce(final List<CutMade> cuts)
    {
        return cuts.stream().filter(cut -> edges.contains(new Edge(cut.cause(), cut.effect()))).toList();
    }

    CausalGraph build(final ReplayNodes nodes, final List<CutMade> cuts)
    {
        final Times times = new Times(nodes);
        edges.forEach(times::agree);
        final GraphBuilder builder = new GraphBuilder();
        try
        {
            nodes.computations().values().forEach(computation -> builder.computation(computation.id(), new Activity(
                new TreeMap<>(computation.flop()), times.start(computation.id()), times.end(computation.id()),
                nodes.purpose(computation.id(), nodes.purpose(computation.wholeId(), Purpose.UNSPECIFIED)))));
            nodes.origins().values().forEach(origin -> add(builder, origin));
            nodes.artifacts().values().forEach(artifact ->
                builder.artifact(artifact.id(), artifact.kind(), times.end(artifact.id())));
            nodes.imported().values().forEach(node -> add(builder, node, nodes, times));
            final Map<Edge, CutMade> cutByEdge = new HashMap<>();
            cuts.forEach(cut -> cutByEdge.put(new Edge(cut.cause(), cut.effect()), cut));
            edges.forEach(edge ->
            {
                final CutMade cut = cutByEdge.get(edge);
                builder.edge(edge.cause(), edge.effect(), null == cut ? Cut.NONE : cut.cut(),
                    null == cut ? null : cut.argument());
            });
            return builder.build();
        }
        catch (final GraphRefusedException ex)
        {
            throw new GraphStoreException(
                "the records make no graph: " + ex.refusal() + ": " + ex.getMessage(), ex);
        }
    }

    private static void add(
        final GraphBuilder builder, final ImportedNode node, final ReplayNodes nodes, final Times times)
    {
        if (!node.isComputation())
        {
            builder.artifact(node.id(), node.kind(), times.end(node.id()));
            return;
        }
        final List<Activity> parts = new ArrayList<>();
        for (int part = 1; part <= node.parts().size(); part++)
        {
            final Activity activity = node.parts().get(part - 1);
            parts.add(new Activity(activity.flop(), times.start(node.name(part)), times.end(node.name(part)),
                nodes.purpose(node.id(), activity.purpose())));
        }
        if (node.isSegmented())
        {
            builder.segmented(node.id(), parts);
        }
        else
        {
            builder.computation(node.id(), parts.get(0));
        }
    }

    private static void add(final GraphBuilder builder, final Origin origin)
    {
        if (!origin.isComputation())
        {
            builder.artifact(origin.id(), NodeKind.HUMAN, null);
            return;
        }
        final SortedMap<String, FlopInterval> flop = new TreeMap<>();
        flop.put(RecordedComputation.UNKNOWN_PRECISION, null == origin.declared() ? RecordedComputation.ANYTHING :
            FlopInterval.of(FlopCount.ZERO, FlopCount.ZERO, origin.declared().bound()));
        builder.computation(origin.id(), new Activity(flop, null, null));
    }

    /** When nodes began and ended. Clocks are set back now and then: where they deny an edge, the edge holds. */
    private static final class Times
    {
        private final Map<String, Ratio> starts = new HashMap<>();
        private final Map<String, Ratio> ends = new HashMap<>();

        Times(final ReplayNodes nodes)
        {
            nodes.computations().forEach((id, computation) ->
            {
                starts.put(id, seconds(computation.beginNs()));
                if (computation.isEnded())
                {
                    ends.put(id, seconds(computation.endNs()));
                }
            });
            nodes.artifacts().values().stream().filter(artifact -> null != artifact.writer()).forEach(artifact ->
            {
                starts.put(artifact.id(), seconds(artifact.timeNs()));
                ends.put(artifact.id(), seconds(artifact.timeNs()));
            });
            nodes.imported().values().forEach(node ->
            {
                put(node.id(), node.instant(), node.instant());
                for (int part = 1; part <= node.parts().size(); part++)
                {
                    put(node.name(part), node.parts().get(part - 1).start(), node.parts().get(part - 1).end());
                }
            });
        }

        private void put(final String name, final Ratio start, final Ratio end)
        {
            if (null != start)
            {
                starts.put(name, start);
            }
            if (null != end)
            {
                ends.put(name, end);
            }
        }

        void agree(final Edge edge)
        {
            final Ratio start = starts.get(edge.cause());
            final Ratio end = ends.get(edge.effect());
            if (null != start && null != end && start.compareTo(end) > 0)
            {
                forget(edge.cause());
                forget(edge.effect());
            }
        }

        Ratio start(final String id)
        {
            return starts.get(id);
        }

        Ratio end(final String id)
        {
            return ends.get(id);
        }

        private void forget(final String id)
        {
            starts.remove(id);
            ends.remove(id);
        }

        private static Ratio seconds(final long epochNs)
        {
            return Ratio.of(BigInteger.valueOf(epochNs), NS_PER_S);
        }
    }
}
