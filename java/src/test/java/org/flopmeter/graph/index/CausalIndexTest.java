/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.GraphBuilder;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.junit.jupiter.api.Test;

/** The index of a causal graph against the graph's own sums. */
class CausalIndexTest
{
    private static final String[] PRECISIONS = {"bf16", "fp32", "fp8"};
    private static final int NODES = 60;

    @Test
    void shouldSumAsTheGraphDoes()
    {
        int contracted = 0;
        int unbounded = 0;
        for (int seed = 0; seed < 200; seed++)
        {
            final CausalGraph graph = graph(new SplittableRandom(seed));
            final CausalIndex index = CausalIndex.of(graph, new IndexLimits(1L << 26, 1, 0));
            assertNull(index.index().defeat());
            for (int v = 0; v < graph.vertexCount(); v++)
            {
                final BitSet of = new BitSet();
                of.set(v);
                final CausalSum expected = CausalSum.of(graph, graph.closure(of));
                assertEquals(expected.total(), index.total(v), "seed " + seed + ", " + graph.name(v));
                assertEquals(expected.byPrecision(), index.byPrecision(v), "seed " + seed + ", " + graph.name(v));
                contracted += ClosureTotal.Path.CONTRACTED == index.path() ? 1 : 0;
                unbounded += expected.total().isBounded() ? 0 : 1;
            }
        }
        assertTrue(contracted > 1000, contracted + " contracted");
        assertTrue(unbounded > 100, unbounded + " unbounded");
    }

    private static CausalGraph graph(final SplittableRandom random)
    {
        final GraphBuilder builder = new GraphBuilder();
        final int[] order = new int[NODES];
        final boolean[] isComputation = new boolean[NODES];
        for (int i = 0; i < NODES; i++)
        {
            // The order in which nodes are named is not the order of causes.
            order[i] = (i * 37) % NODES;
            isComputation[i] = random.nextBoolean();
            if (isComputation[i])
            {
                builder.computation("n" + i, Activity.of(flop(random)));
            }
            else
            {
                builder.artifact("n" + i, random.nextInt(3) > 0 ? NodeKind.OUTPUT : NodeKind.MODEL, null);
            }
        }
        final Set<Long> seen = new HashSet<>();
        for (int i = 0; i < 3 * NODES; i++)
        {
            final int a = random.nextInt(NODES);
            final int b = random.nextInt(NODES);
            if (a < b && seen.add(a * 1000L + b))
            {
                final boolean isCut = 0 == random.nextInt(12);
                builder.edge(
                    "n" + order[a], "n" + order[b], isCut ? Cut.INDEPENDENT : Cut.NONE, isCut ? "known" : null);
            }
        }
        return builder.build();
    }

    private static Map<String, FlopInterval> flop(final SplittableRandom random)
    {
        final Map<String, FlopInterval> result = new HashMap<>();
        for (final String precision : PRECISIONS)
        {
            if (random.nextInt(3) > 0)
            {
                final FlopCount lower = FlopCount.of(random.nextLong(1 << 20), random.nextLong());
                final FlopCount point = lower.add(FlopCount.of(random.nextLong(100)));
                result.put(precision, 0 == random.nextInt(30) ? FlopInterval.unbounded(lower, point) :
                    0 == random.nextInt(5) ? FlopInterval.ZERO :
                    FlopInterval.of(lower, point, point.add(FlopCount.of(random.nextLong(100)))));
            }
        }
        return result;
    }
}
