/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.math.BigInteger;
import java.nio.file.Path;
import org.flopmeter.graph.index.ClosureIndex;
import org.flopmeter.graph.index.ClosureTotal;
import org.flopmeter.graph.index.IndexLimits;
import org.flopmeter.graph.index.ParentGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another engine, by another language, recomputes every total of a graph of a hundred thousand nodes. */
class DuckDbTotalsTest
{
    private static final int LABS = 200;
    private static final int EPOCHS = 5;
    private static final int CORE_PER_EPOCH = 20;
    private static final int OUTPUTS_PER_EPOCH = 80;
    /** A laboratory in four starts from nothing, so that the closure as pairs is not too large for the other engine. */
    private static final int LABS_IN_LINE = 4;

    private int nodeCount;

    @Test
    void shouldFindTheSameTotalOfEveryNode(@TempDir final Path directory) throws Exception
    {
        final ParentGraph graph = manyLabs(new ParentGraph(1, 100_000));
        final ParentGraph told = manyLabs(ParentGraph.keepingAll(1, 100_000));
        assertEquals(100_000, graph.nodeCount());
        assertTrue(graph.keptEdgeCount() < told.keptEdgeCount(), "edges that others imply are dropped");
        try (DuckDbPeer duck = open(told, directory))
        {
            final ClosureIndex index = ClosureIndex.build(graph, new IndexLimits(1L << 27, 2, 0));
            final BigInteger[] sums = duck.allSums(graph.nodeCount());
            assertEquals(0, differing(index, sums));
            assertTrue(index.classCount() > 0, "classes of entries are part of what is checked");

            // Canary: an edge that only the index knows.
            index.addEdge(0, graph.nodeCount() - 1);
            assertEquals(1, differing(index, sums));
        }
    }

    private static DuckDbPeer open(final ParentGraph graph, final Path directory) throws Exception
    {
        try
        {
            return new DuckDbPeer(graph, directory);
        }
        catch (final UnsatisfiedLinkError e)
        {
            return abort("DuckDB has no library for this platform: " + e.getMessage());
        }
    }

    private static int differing(final ClosureIndex index, final BigInteger[] sums)
    {
        final ClosureTotal total = new ClosureTotal();
        int count = 0;
        for (int node = 0; node < sums.length; node++)
        {
            index.total(node, 0, total);
            count += total.value(0).toBigInteger().equals(sums[node]) ? 0 : 1;
        }
        return count;
    }

    /** Laboratories one after the other; the first node of each reads the last core node of the one before. */
    private ParentGraph manyLabs(final ParentGraph graph)
    {
        nodeCount = 0;
        int lastCore = -1;
        for (int lab = 0; lab < LABS; lab++)
        {
            final int base = graph.nodeCount();
            final int link = 0 == lab % LABS_IN_LINE ? -1 : lastCore;
            final LabGraph made = new LabGraph(
                lab, EPOCHS, CORE_PER_EPOCH, OUTPUTS_PER_EPOCH,
                0 == lab % 2 ? LabGraph.Sharding.BY_CONVERSATION : LabGraph.Sharding.BY_OUTPUT);
            for (int epoch = 0; epoch < EPOCHS; epoch++)
            {
                made.nextEpoch((isCore, parents, length, high, low) ->
                    add(graph, isCore, shifted(parents, length, base, link), high, low));
            }
            lastCore = base + (EPOCHS - 1) * (CORE_PER_EPOCH + OUTPUTS_PER_EPOCH) + CORE_PER_EPOCH - 1;
        }
        return graph;
    }

    private int[] shifted(final int[] parents, final int length, final int base, final int link)
    {
        if (nodeCount == base && link >= 0)
        {
            return new int[] {link};
        }
        final int[] result = new int[length];
        for (int i = 0; i < length; i++)
        {
            result[i] = base + parents[i];
        }
        return result;
    }

    private void add(
        final ParentGraph graph, final boolean isCore, final int[] parents, final long high, final long low)
    {
        final int node = graph.add(isCore, parents, parents.length);
        graph.setWeight(node, 0, high, low, false);
        nodeCount++;
    }
}
