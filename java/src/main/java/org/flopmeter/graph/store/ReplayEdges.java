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

    CausalGraph build(
        final Map<String, RecordedComputation> computations,
        final Map<String, RecordedArtifact> artifacts,
        final Map<String, Origin> origins,
        final List<CutMade> cuts)
    {
        final Times times = new Times(computations, artifacts);
        edges.forEach(times::agree);
        final GraphBuilder builder = new GraphBuilder();
        try
        {
            computations.values().forEach(computation -> builder.computation(computation.id(), new Activity(
                new TreeMap<>(computation.flop()), times.start(computation.id()), times.end(computation.id()))));
            origins.values().forEach(origin -> add(builder, origin));
            artifacts.values().forEach(artifact ->
                builder.artifact(artifact.id(), artifact.kind(), times.end(artifact.id())));
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

        Times(final Map<String, RecordedComputation> computations, final Map<String, RecordedArtifact> artifacts)
        {
            computations.forEach((id, computation) ->
            {
                starts.put(id, seconds(computation.beginNs()));
                if (computation.isEnded())
                {
                    ends.put(id, seconds(computation.endNs()));
                }
            });
            artifacts.values().stream().filter(artifact -> null != artifact.writer()).forEach(artifact ->
            {
                starts.put(artifact.id(), seconds(artifact.timeNs()));
                ends.put(artifact.id(), seconds(artifact.timeNs()));
            });
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
