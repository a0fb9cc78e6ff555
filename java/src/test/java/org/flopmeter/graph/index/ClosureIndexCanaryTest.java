/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Canaries: each plants one fault in one mechanism, and the comparison with plain sets must find it. */
class ClosureIndexCanaryTest
{
    private static final int GRAPHS = 40;

    @Test
    void shouldFindNothingWithoutAFault()
    {
        assertEquals(0, graphsThatDiffer(twin -> twin.flush()));
    }

    @Test
    void shouldFindABitLostFromARow()
    {
        assertFound(twin ->
        {
            final IndexState state = twin.index.state();
            for (int row = 1; row < state.rowCount(); row++)
            {
                final int[] blocks = state.coreRows.row(row);
                for (int at = 0; at < blocks.length; at++)
                {
                    blocks[at] = state.coreRows.row(row - 1).length > at ? state.coreRows.row(row - 1)[at] : 0;
                }
            }
        });
    }

    @Test
    void shouldFindAnEntryNotNoted()
    {
        assertFound(twin ->
        {
            final int[] codes = twin.index.state().codes;
            for (int node = 0; node < codes.length; node++)
            {
                codes[node] = codes[node] > 0 ? Code.NONE : codes[node];
            }
        });
    }

    @Test
    void shouldFindAClassTakenForItsFirstEntry()
    {
        assertFound(twin ->
        {
            final IndexState state = twin.index.state();
            for (int node = 0; node < state.codes.length; node++)
            {
                if (state.codes[node] > 0 && !Code.isEntry(state.codes[node]))
                {
                    state.codes[node] = Code.ofEntry(state.sets.first(Code.classId(state.codes[node])));
                }
            }
        });
    }

    @Test
    void shouldFindAPromotionLeftOut()
    {
        // Each new node is in the graph and has its row; what it reads keeps the code that it had.
        assertFound(twin ->
        {
            for (int i = 0; i < 40; i++)
            {
                final int before = twin.naive.nodeCount();
                final int[] codes = twin.index.state().codes.clone();
                twin.append();
                System.arraycopy(codes, 0, twin.index.state().codes, 0, before);
            }
        });
    }

    @Test
    void shouldFindALateEdgeLeftOut()
    {
        assertFound(twin -> twin.addEdge(false));
    }

    @Test
    void shouldFindAWeightChangeThatWasNotFlushed()
    {
        assertFound(twin ->
        {
            for (int i = 0; i < 5; i++)
            {
                twin.setWeight();
            }
            twin.naive.flush();
        });
    }

    @Test
    void shouldFindATotalOneTooHigh()
    {
        assertFound(twin ->
        {
            final IndexState.Sums sums = twin.index.state().sums(0);
            if (null != sums && twin.index.state().rowCount() > 0)
            {
                sums.totals.add(twin.index.state().rowCount() / 2, 0, 1);
            }
        });
    }

    private static void assertFound(final Consumer<TwinGraph> fault)
    {
        final int found = graphsThatDiffer(fault);
        assertTrue(found >= GRAPHS / 4, "found in " + found + " of " + GRAPHS);
    }

    private static int graphsThatDiffer(final Consumer<TwinGraph> fault)
    {
        int found = 0;
        for (int seed = 0; seed < GRAPHS; seed++)
        {
            final TwinGraph twin = new TwinGraph(seed, TwinGraph.Shape.CONVERSATIONS, 100);
            twin.buildWith(80, new IndexLimits(1L << 27, 1, 0));
            for (int step = 0; step < 40; step++)
            {
                twin.step();
            }
            twin.flush();
            assertEquals(0, twin.mismatches);
            fault.accept(twin);
            // After the fault the index lives on: what it derives from faulty rows must be found too.
            twin.append();
            twin.compareAll();
            found += twin.mismatches > 0 ? 1 : 0;
        }
        return found;
    }
}
