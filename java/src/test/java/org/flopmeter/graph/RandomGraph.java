/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/** A graph by seed, made twice side by side: in the graph under test and in the oracle. */
public final class RandomGraph
{
    static final String[] PRECISIONS = { "fp64", "bf16", "fp8" };

    private static final NodeKind[] ARTIFACTS =
        { NodeKind.DATASET, NodeKind.MODEL, NodeKind.OUTPUT, NodeKind.HUMAN };

    private final Random random;
    private final NaiveGraph naive = new NaiveGraph();
    private final GraphBuilder builder = new GraphBuilder();
    private final List<String> names = new ArrayList<>();
    private final Map<String, NodeKind> kinds = new TreeMap<>();
    private final Map<String, Map<String, FlopInterval>> flop = new TreeMap<>();
    private final List<String[]> edges = new ArrayList<>();

    public RandomGraph(final long seed, final int nodeCountMax)
    {
        random = new Random(seed);
        final int nodeCount = 1 + random.nextInt(nodeCountMax);
        for (int i = 0; i < nodeCount; i++)
        {
            node("n" + i);
        }
        final Set<String> joined = new HashSet<>();
        for (int i = random.nextInt(nodeCount * 3); i > 0; i--)
        {
            // Only from an earlier to a later name, so that there is no cycle.
            final int effect = random.nextInt(names.size());
            final int cause = 0 == effect ? 0 : random.nextInt(effect);
            if (!id(names.get(cause)).equals(id(names.get(effect))) && joined.add(cause + " " + effect))
            {
                edge(names.get(cause), names.get(effect));
            }
        }
    }

    public CausalGraph graph()
    {
        return builder.build();
    }

    NaiveGraph naive()
    {
        return naive;
    }

    public Random random()
    {
        return random;
    }

    public List<String> names()
    {
        return names;
    }

    Map<String, NodeKind> kinds()
    {
        return kinds;
    }

    /** Weights of computations and segments, by name. */
    Map<String, Map<String, FlopInterval>> flop()
    {
        return flop;
    }

    /** Cause, effect, and "cut" where it is cut; those between segments are not listed. */
    List<String[]> edges()
    {
        return edges;
    }

    Set<String> someNames()
    {
        final Set<String> some = new HashSet<>();
        for (int i = random.nextInt(4); i >= 0; i--)
        {
            some.add(names.get(random.nextInt(names.size())));
        }
        return some;
    }

    private void node(final String id)
    {
        final int choice = random.nextInt(10);
        if (choice < 4)
        {
            computation(id, weights());
        }
        else if (choice < 5)
        {
            segments(id, 1 + random.nextInt(4));
        }
        else
        {
            final NodeKind kind = ARTIFACTS[random.nextInt(ARTIFACTS.length)];
            kinds.put(id, kind);
            names.add(id);
            builder.artifact(id, kind, null);
            naive.artifact(id);
        }
    }

    private void computation(final String id, final Map<String, FlopInterval> weights)
    {
        note(id, weights);
        builder.computation(id, Activity.of(weights));
    }

    private void segments(final String id, final int count)
    {
        final List<Activity> segments = new ArrayList<>();
        for (int k = 1; k <= count; k++)
        {
            final Map<String, FlopInterval> weights = weights();
            note(id + "@" + k, weights);
            segments.add(Activity.of(weights));
            if (k > 1)
            {
                naive.edge(id + "@" + (k - 1), id + "@" + k);
            }
        }
        builder.segmented(id, segments);
    }

    private void note(final String name, final Map<String, FlopInterval> weights)
    {
        kinds.put(name, NodeKind.COMPUTATION);
        names.add(name);
        flop.put(name, weights);
        naive.computation(name, weights);
    }

    private void edge(final String cause, final String effect)
    {
        final boolean isCut = 0 == random.nextInt(6);
        if (isCut)
        {
            builder.edge(cause, effect, NodeKind.HUMAN == kinds.get(effect) ? Cut.HUMAN_SELECTION : Cut.INDEPENDENT,
                "as argued");
        }
        else
        {
            builder.edge(cause, effect);
            naive.edge(cause, effect);
        }
        edges.add(new String[] { cause, effect, isCut ? "cut" : "" });
    }

    private Map<String, FlopInterval> weights()
    {
        final Map<String, FlopInterval> weights = new TreeMap<>();
        for (int i = random.nextInt(3); i >= 0; i--)
        {
            final FlopCount lower = count();
            final FlopCount point = lower.add(0 == random.nextInt(2) ? FlopCount.ZERO : count());
            weights.put(PRECISIONS[random.nextInt(PRECISIONS.length)], 0 == random.nextInt(25) ?
                FlopInterval.unbounded(lower, point) : FlopInterval.of(lower, point, point.add(count())));
        }
        return weights;
    }

    /** Of any size up to 120 bits: a sum of a few thousand fits. */
    private FlopCount count()
    {
        return FlopCount.of(new BigInteger(random.nextInt(115), random));
    }

    private static String id(final String name)
    {
        return name.contains("@") ? name.substring(0, name.indexOf('@')) : name;
    }
}
