/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.Edge;
import org.flopmeter.graph.GraphBuilder;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The index of a causal graph against the graph's own sums. */
class CausalIndexTest
{
    private static final String[] PRECISIONS = {"bf16", "fp32", "fp8"};
    private static final int NODES = 60;

    @TempDir
    private Path work;

    @Test
    void shouldSumAsTheGraphDoes()
    {
        int contracted = 0;
        int unbounded = 0;
        final int graphs = Suite.rounds(200, 200);
        for (int seed = 0; seed < graphs; seed++)
        {
            final CausalGraph graph = graph(new SplittableRandom(seed));
            final CausalIndex index = CausalIndex.of(graph, new IndexLimits(1L << 26, 1, 0));
            assertNull(index.index().defeat());
            for (int v = 0; v < graph.vertexCount(); v++)
            {
                final BitSet of = new BitSet();
                of.set(v);
                final CausalSum expected = CausalSum.of(graph, graph.closure(of));
                if (0 == v % 2)
                {
                    assertEquals(expected.total(), index.total(v), "seed " + seed + ", " + graph.name(v));
                }
                assertEquals(expected.byPrecision(), index.byPrecision(v), "seed " + seed + ", " + graph.name(v));
                assertEquals(expected.total(), index.total(v), "seed " + seed + ", " + graph.name(v));
                contracted += ClosureTotal.Path.CONTRACTED == index.path() ? 1 : 0;
                unbounded += expected.total().isBounded() ? 0 : 1;
            }
        }
        assertTrue(contracted > 5 * graphs, contracted + " contracted");
        assertTrue(unbounded > graphs / 2, unbounded + " unbounded");
    }

    @Test
    void shouldSumOverSetsBuiltAndMapped() throws IOException
    {
        for (int seed = 0; seed < Suite.rounds(60, 200); seed++)
        {
            final SplittableRandom random = new SplittableRandom(seed);
            final CausalGraph graph = graph(random);
            final CausalIndex index = CausalIndex.of(graph, new IndexLimits(1L << 26, 1, 0));
            final Path file = work.resolve("index");
            final BitSet alone = new BitSet();
            alone.set(seed % NODES);
            assertEquals(CausalSum.of(graph, graph.closure(alone)).total(), index.totals(alone).flop());
            assertEquals(graph.edges().stream().filter(Edge::isFollowed).count(), index.edgeCount());
            assertEquals(index.write(file, "stamp " + seed), Files.size(file), "one vertex makes no node");
            final MappedCausalIndex mapped = MappedCausalIndex.open(file);
            assertEquals("stamp " + seed, mapped.stamp());
            assertTrue(mapped.contains("n0"));
            assertFalse(mapped.contains("n" + NODES));
            assertEquals("no vertex n" + NODES + " in the index", assertThrows(IllegalArgumentException.class,
                () -> mapped.totals(List.of("n" + NODES))).getMessage());
            assertEquals(NODES, mapped.index().nodeCount());
            for (int i = 0; i < 40; i++)
            {
                final BitSet of = new BitSet();
                for (int left = random.nextInt(4); left >= 0; left--)
                {
                    of.set(random.nextInt(NODES));
                }
                final CausalSum expected = CausalSum.of(graph, graph.closure(of));
                final CausalTotal built = index.totals(of);
                final CausalTotal other = mapped.totals(of.stream().mapToObj(graph::name).toList());
                assertEquals(expected.total(), built.flop(), "seed " + seed);
                assertEquals(expected.byPrecision(), built.byPrecision(), "seed " + seed);
                assertEquals(expected.total(), other.flop(), "seed " + seed);
                assertEquals(expected.byPrecision(), other.byPrecision(), "seed " + seed);
                assertTrue(built.isByIndex() && other.isByIndex());
            }
            assertThrows(IllegalStateException.class, () -> index.write(file, "with nodes of questions"));
        }
    }

    /** Outputs, and computations that made nothing else, get no row: there are many of them, and they feed little. */
    @Test
    void shouldGiveRowsToWhatFeedsMuch()
    {
        final GraphBuilder builder = new GraphBuilder();
        for (final String id : List.of("prep", "serve", "mixed", "idle", "train"))
        {
            builder.computation(id, Activity.of(Map.of("fp8", FlopInterval.exact(FlopCount.of(1)))));
        }
        builder.artifact("data", NodeKind.DATASET, null).artifact("model", NodeKind.MODEL, null);
        builder.artifact("last", NodeKind.MODEL, null);
        builder.artifact("out", NodeKind.OUTPUT, null).artifact("out2", NodeKind.OUTPUT, null);
        builder.edge("data", "prep").edge("prep", "train").edge("train", "model").edge("model", "serve");
        builder.edge("serve", "out").edge("serve", "out2").edge("mixed", "out2").edge("mixed", "model");
        final CausalGraph graph = builder.build();
        final CausalIndex index = CausalIndex.of(graph, new IndexLimits(1L << 20, 1, 0));
        assertNull(index.defeat());
        final Set<String> core = new HashSet<>();
        for (int v = 0; v < graph.vertexCount(); v++)
        {
            if (index.index().graph().isCore(index.number(v)))
            {
                core.add(graph.name(v));
            }
        }
        assertEquals(Set.of("prep", "mixed", "train", "data", "model", "last"), core);

        final CausalIndex defeated = CausalIndex.of(graph, new IndexLimits(0, 1, 0));
        assertNotNull(defeated.defeat());
        final BitSet out = new BitSet();
        out.set(graph.result("out"));
        assertFalse(defeated.totals(out).isByIndex());
        assertTrue(index.totals(out).isByIndex());
        assertEquals(index.totals(out).flop(), defeated.totals(out).flop());
    }

    @Test
    void shouldRefuseAnIndexOfNoCausalGraph() throws IOException
    {
        final ParentGraph graph = new ParentGraph(3, 1);
        graph.add(true, new int[0], 0);
        final ClosureIndex index = ClosureIndex.build(graph, new IndexLimits(1L << 20, 1, 0));
        final Path file = work.resolve("other");
        for (final byte[] note : new byte[][] {{}, {0, 0, 0}, {0, 0, 0, 9, 1}, {-1, 0, 0, 0},
            {0, 0, 0, 0, 0, 0, 0, 0}})
        {
            IndexFile.write(file, index, List.of(), note);
            assertThrows(IndexFormatException.class, () -> MappedCausalIndex.open(file));
        }
        IndexFile.write(file, index, List.of(), new byte[4]);
        assertEquals("", MappedCausalIndex.open(file).stamp());
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
