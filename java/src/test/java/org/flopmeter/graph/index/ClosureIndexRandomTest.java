/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;

/** The index against plain sets, on graphs that chance makes and changes. */
class ClosureIndexRandomTest
{
    private static final int COMPARISONS_LEAST = 100_000;

    @Test
    void shouldAgreeWithSetsOnThousandsOfGraphs()
    {
        int comparisons = 0;
        int contracted = 0;
        final int graphs = Suite.rounds(2000, 2000);
        for (int seed = 0; seed < graphs; seed++)
        {
            final TwinGraph.Shape shape = 0 == seed % 2 ? TwinGraph.Shape.MIXED : TwinGraph.Shape.CONVERSATIONS;
            final TwinGraph twin = new TwinGraph(seed, shape, 100);
            twin.buildWith(1 + seed % 60, new IndexLimits(1L << 27, 1, 0 == seed % 5 ? 20 : 0));
            assertNull(twin.index.defeat(), "seed " + seed);
            twin.compareAll();
            for (int step = 0; step < 60; step++)
            {
                twin.step();
            }
            twin.compareAll();
            assertEquals(0, twin.mismatches, "seed " + seed);
            comparisons += twin.comparisons;
            contracted += twin.contracted;
        }
        assertTrue(comparisons > COMPARISONS_LEAST / 2000 * graphs, comparisons + " comparisons");
        assertTrue(contracted > COMPARISONS_LEAST / 20_000 * graphs, contracted + " contracted answers");
    }

    @Test
    void shouldAgreeOverSeveralBlocks()
    {
        for (int seed = 0; seed < Suite.rounds(6, 6); seed++)
        {
            final TwinGraph.Shape shape = 0 == seed % 2 ? TwinGraph.Shape.WIDE : TwinGraph.Shape.CONVERSATIONS;
            final TwinGraph twin = new TwinGraph(seed, shape, 100);
            twin.buildWith(0 == seed % 2 ? 2500 : 6000, new IndexLimits(1L << 28, 1 + seed % 3, 0));
            for (int step = 0; step < 800; step++)
            {
                twin.step();
            }
            twin.flush();
            for (int i = 0; i < 200; i++)
            {
                twin.compare(twin.random.nextInt(twin.naive.nodeCount()));
            }
            assertNull(twin.index.defeat());
            assertTrue(twin.index.rowCount() > 512, "seed " + seed);
            assertEquals(0, twin.mismatches, "seed " + seed);
        }
    }

    @Test
    void shouldCallOverflowAnErrorAndNeverWrap()
    {
        int overflows = 0;
        final int graphs = Suite.rounds(300, 300);
        for (int seed = 0; seed < graphs; seed++)
        {
            // Weights up to 2^128 - 1: two of them may not fit.
            final TwinGraph twin = new TwinGraph(seed, TwinGraph.Shape.MIXED, 128);
            twin.buildWith(1 + seed * 7 % 40, new IndexLimits(1L << 27, 1, 0));
            for (int step = 0; step < 40; step++)
            {
                twin.step();
            }
            twin.compareAll();
            assertEquals(0, twin.mismatches, "seed " + seed);
            overflows += twin.index.graph().weights().isExact(0) ? 0 : 1;
        }
        assertTrue(graphs < 20 || overflows > graphs / 3, overflows + " graphs past 2^128");
    }

    @Test
    void shouldAnswerByScanWhenTheContractionIsDefeated()
    {
        int defeats = 0;
        final int graphs = Suite.rounds(100, 100);
        for (int seed = 0; seed < graphs; seed++)
        {
            final TwinGraph twin = new TwinGraph(seed, TwinGraph.Shape.CONVERSATIONS, 100);
            // Room for a few blocks: some graphs are defeated at the build, some as they grow, some never.
            twin.buildWith(1 + seed * 7 % 60, new IndexLimits(64L * (2 + seed * 11 % 48), 1, 0));
            for (int step = 0; step < 100; step++)
            {
                twin.step();
            }
            twin.compareAll();
            assertEquals(0, twin.mismatches, "seed " + seed);
            if (null != twin.index.defeat())
            {
                defeats++;
                twin.index.total(0, 0, twin.total);
                assertEquals(ClosureTotal.Path.SCAN, twin.total.path());
                assertNotNull(twin.index.defeat());
            }
        }
        assertTrue(graphs < 20 || (defeats >= graphs / 5 && defeats < graphs), defeats + " defeats");
    }
}
