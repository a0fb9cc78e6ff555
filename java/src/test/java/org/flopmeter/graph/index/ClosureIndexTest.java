/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;

/** Cases that chance does not make. */
class ClosureIndexTest
{
    /** Deeper than any walk that pays, in mutation tests too. */
    private static final int DEEP = Math.max(200_000, Suite.rounds(1_000_000, 1_000_000));
    private static final IndexLimits ROWS_ONLY = new IndexLimits(1L << 27, 1, 0);
    private static final int[] NONE = new int[0];

    private final ClosureTotal total = new ClosureTotal();

    @Test
    void shouldSumAChainOfAMillionPeripheryNodes()
    {
        final ClosureIndex index = ClosureIndex.build(chain(false), ROWS_ONLY);
        index.total(DEEP - 1, 0, total);
        assertEquals(FlopCount.of(DEEP), total.value(0));
        assertEquals(ClosureTotal.Path.SCAN, total.path(), "a walk that long does not pay");
        index.total(1000, 0, total);
        assertEquals(FlopCount.of(1001), total.value(0));
        assertEquals(ClosureTotal.Path.CONTRACTED, total.path());
    }

    @Test
    void shouldSumAChainOfAMillionCoreNodesByScanWhenRowsDoNotFit()
    {
        final ClosureIndex index = ClosureIndex.build(chain(true), new IndexLimits(1 << 22, 1, 0));
        assertNotNull(index.defeat());
        index.total(DEEP - 1, 0, total);
        assertEquals(FlopCount.of(DEEP), total.value(0));
        assertEquals(ClosureTotal.Path.SCAN, total.path());
        final int node = index.append(true, new int[] {DEEP - 1}, 1);
        index.setNewest(node, 0, 0, 5, false);
        index.setWeight(0, 0, 0, 3, false);
        index.flush();
        index.total(node, 0, total);
        assertEquals(FlopCount.of(DEEP + 7), total.value(0));
    }

    private static ParentGraph chain(final boolean isCore)
    {
        final ParentGraph graph = new ParentGraph(1, DEEP);
        final int[] parent = new int[1];
        for (int node = 0; node < DEEP; node++)
        {
            parent[0] = node - 1;
            graph.add(isCore, parent, 0 == node ? 0 : 1);
            graph.setWeight(node, 0, 0, 1, false);
        }
        return graph;
    }

    @Test
    void shouldCountEachNodeOfFortyDiamondsOnce()
    {
        for (int coreEvery = 1; coreEvery <= 4; coreEvery++)
        {
            final ParentGraph graph = new ParentGraph(1, 0);
            graph.add(true, NONE, 0);
            for (int i = 0; i < 40; i++)
            {
                final int top = graph.nodeCount() - 1;
                graph.add(0 == graph.nodeCount() % coreEvery, new int[] {top}, 1);
                graph.add(0 == graph.nodeCount() % coreEvery, new int[] {top}, 1);
                graph.add(0 == graph.nodeCount() % coreEvery, new int[] {top + 1, top + 2}, 2);
            }
            for (int node = 0; node < graph.nodeCount(); node++)
            {
                graph.setWeight(node, 0, 1, 1, false);
            }
            final ClosureIndex index = ClosureIndex.build(graph, ROWS_ONLY);
            index.total(graph.nodeCount() - 1, 0, total);
            assertEquals(FlopCount.of(121, 121), total.value(0));
        }
    }

    @Test
    void shouldReachTheLastValueOf128BitsAndRefuseTheNext()
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        graph.add(true, NONE, 0);
        graph.setWeight(0, 0, -1L, -2L, false);
        final ClosureIndex index = ClosureIndex.build(graph, ROWS_ONLY);
        final int output = index.append(false, new int[] {0}, 1);
        index.setNewest(output, 0, 0, 1, false);
        index.total(output, 0, total);
        assertEquals(BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE), total.value(0).toBigInteger());
        assertEquals(ClosureTotal.Path.CONTRACTED, total.path());

        index.setWeight(output, 0, 0, 2, false);
        index.flush();
        assertThrows(FlopOverflowException.class, () -> index.total(output, 0, total));
        assertThrows(FlopOverflowException.class, () -> index.totals(output, total));
        index.total(0, 0, total);
        assertEquals(ClosureTotal.Path.SCAN, total.path(), "one sum that wraps may hide another");

        index.setWeight(0, 0, 0, 7, false);
        index.flush();
        index.total(output, 0, total);
        assertEquals(FlopCount.of(9), total.value(0));
        assertEquals(ClosureTotal.Path.CONTRACTED, total.path(), "rows count modulo 2^128: nothing was lost");
    }

    @Test
    void shouldPromoteAnOutputFromNoneToOneToMany()
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        graph.add(true, NONE, 0);
        graph.add(false, new int[] {0}, 1);
        graph.setWeight(0, 0, 0, 100, false);
        graph.setWeight(1, 0, 0, 10, false);
        final ClosureIndex index = ClosureIndex.build(graph, ROWS_ONLY);
        assertEquals(0, index.classCount());
        final int first = index.append(true, new int[] {1}, 1);
        assertTotal(index, first, 110);
        final int second = index.append(true, new int[] {1}, 1);
        assertEquals(1, index.classCount(), "two entries, one class");
        assertTotal(index, second, 110);
        final int both = index.append(true, new int[] {first, second}, 2);
        assertTotal(index, both, 110);
        final int below = index.append(true, new int[] {1, both}, 2);
        assertEquals(1, index.classCount(), "an entry below another adds no class");
        assertTotal(index, below, 110);
        index.setWeight(1, 0, 0, 11, false);
        assertTotal(index, both, 110);
        index.flush();
        for (int node = 1; node <= below; node++)
        {
            assertTotal(index, node, 111);
        }
    }

    @Test
    void shouldKeepUnboundedWhileAnyWeightIs()
    {
        final ParentGraph graph = new ParentGraph(2, 0);
        graph.add(true, NONE, 0);
        graph.add(true, new int[] {0}, 1);
        graph.add(false, new int[] {1}, 1);
        final ClosureIndex index = ClosureIndex.build(graph, ROWS_ONLY);
        index.setWeight(0, 1, 0, 4, true);
        index.setWeight(1, 1, 0, 5, true);
        index.flush();
        index.totals(2, total);
        assertTrue(total.isUnbounded(1));
        assertFalse(total.isUnbounded(0));
        assertEquals(FlopCount.of(9), total.value(1));
        index.setWeight(0, 1, 0, 4, false);
        index.flush();
        index.totals(2, total);
        assertTrue(total.isUnbounded(1));
        index.setWeight(1, 1, 0, 5, true);
        index.setWeight(1, 1, 0, 5, false);
        index.flush();
        index.totals(2, total);
        assertFalse(total.isUnbounded(1));
    }

    /** A weight that was unbounded before there was an index, and is known now. */
    @Test
    void shouldBoundWhatTheGraphLeftUnbounded()
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        graph.add(true, NONE, 0);
        graph.setWeight(0, 0, 0, 4, true);
        final ClosureIndex index = ClosureIndex.build(graph, ROWS_ONLY);
        index.total(0, 0, total);
        assertTrue(total.isUnbounded(0));
        index.setWeight(0, 0, 0, 6, false);
        index.flush();
        index.total(0, 0, total);
        assertFalse(total.isUnbounded(0));
        assertEquals(FlopCount.of(6), total.value(0));
    }

    /** The newest node's weight is said, and said again. */
    @Test
    void shouldReplaceTheWeightOfTheNewestNode()
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        graph.add(true, NONE, 0);
        graph.setWeight(0, 0, 7, 7, false);
        final ClosureIndex index = ClosureIndex.build(graph, ROWS_ONLY);
        for (final boolean isCore : new boolean[] {true, false})
        {
            final int node = index.append(isCore, new int[] {0}, 1);
            index.setNewest(node, 0, 3, 9, true);
            index.setNewest(node, 0, 1, 20, false);
            final ClosureTotal fresh = new ClosureTotal();
            index.total(node, 0, fresh);
            assertEquals(FlopCount.of(8, 27), fresh.value(0));
            assertFalse(fresh.isUnbounded(0));
            assertEquals(isCore ? ClosureTotal.Path.STORED : ClosureTotal.Path.CONTRACTED, fresh.path());
            index.totals(node, fresh);
            assertEquals(FlopCount.of(8, 27), fresh.value(0));
            assertEquals(isCore ? ClosureTotal.Path.STORED : ClosureTotal.Path.CONTRACTED, fresh.path());
            final int child = index.append(true, new int[] {node}, 1);
            assertTotal(index, child, FlopCount.of(8, 27));
        }

        // As what another row lacks: its column has the weight once, too.
        final int heavy = index.append(true, NONE, 0);
        index.setNewest(heavy, 0, 100, 0, false);
        final int light = index.append(true, NONE, 0);
        index.setNewest(light, 0, 3, 9, false);
        index.setNewest(light, 0, 1, 20, false);
        assertTotal(index, index.append(false, new int[] {heavy, light}, 2), FlopCount.of(101, 20));
    }

    /** Three rows and four blocks fit, the empty one included: the block after them is made, the next one is not. */
    @Test
    void shouldGiveUpWhenAnEdgeMakesItTooLarge()
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        for (int node = 0; node < 3; node++)
        {
            graph.add(true, NONE, 0);
            graph.setWeight(node, 0, 0, 1 + node, false);
        }
        final ClosureIndex index = ClosureIndex.build(graph, new IndexLimits(4 * 64 + 3 * 4, 1, 0));
        assertNull(index.defeat());
        assertEquals(5, index.blockCount(), "and that of no class");
        index.addEdge(0, 1);
        assertNull(index.defeat());
        assertTotal(index, 1, 3);
        assertEquals(ClosureTotal.Path.STORED, total.path());
        index.addEdge(1, 2);
        assertNotNull(index.defeat());
        assertTotal(index, 2, 6);
        assertTotal(index, 1, 3);
        assertEquals(ClosureTotal.Path.SCAN, total.path());
    }

    @Test
    void shouldRefuseWhatHasNoMeaning()
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        assertThrows(IllegalArgumentException.class, () -> graph.add(true, new int[] {0}, 1));
        graph.add(true, NONE, 0);
        graph.add(false, NONE, 0);
        final ClosureIndex index = ClosureIndex.build(graph, ROWS_ONLY);
        assertThrows(IllegalArgumentException.class, () -> index.addEdge(1, 0), "against the numbers");
        assertThrows(IllegalArgumentException.class, () -> index.addEdge(1, 1));
        assertThrows(IllegalArgumentException.class, () -> index.addEdge(-1, 1));
        assertThrows(IllegalArgumentException.class, () -> index.addEdge(0, 2));
        assertThrows(IllegalArgumentException.class, () -> index.setNewest(0, 0, 0, 1, false));
        assertThrows(IllegalArgumentException.class, () -> index.setWeight(2, 0, 0, 1, false));
        assertThrows(IllegalArgumentException.class, () -> index.setWeight(0, 1, 0, 1, false));
        assertThrows(IllegalArgumentException.class, () -> index.total(2, 0, total));
        assertThrows(IllegalArgumentException.class, () -> index.total(0, 1, total));
        assertThrows(IllegalArgumentException.class, () -> new ParentGraph(0, 1));
        assertNull(index.defeat());
    }

    @Test
    void shouldScanFirstWhereFewAncestorsAreLikely()
    {
        final ClosureIndex index = ClosureIndex.build(chain(false), IndexLimits.ofHeap());
        for (final int node : new int[] {0, 63, 64, 150, 199, 200, 201, 5000, (1 << 17) - 1, 1 << 17})
        {
            index.total(node, 0, total);
            assertEquals(FlopCount.of(node + 1L), total.value(0), "node " + node);
            // Long walks are scanned too, but not because the node is early.
            assertEquals(node < 200 || node > 1 << 16, ClosureTotal.Path.SCAN == total.path(), "node " + node);
        }
    }

    @Test
    void shouldListTheClosureThatProvesASum()
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        graph.add(true, NONE, 0);
        graph.add(true, NONE, 0);
        graph.add(false, new int[] {1}, 1);
        graph.add(false, new int[] {0, 1}, 2);
        final AncestorScan scan = new AncestorScan(graph);
        assertArrayEquals(new int[] {3, 1, 0}, scan.closure(3));
        assertArrayEquals(new int[] {2, 1}, scan.closure(2));
    }

    private void assertTotal(final ClosureIndex index, final int node, final long expected)
    {
        assertTotal(index, node, FlopCount.of(expected));
    }

    private void assertTotal(final ClosureIndex index, final int node, final FlopCount expected)
    {
        index.total(node, 0, total);
        assertEquals(expected, total.value(0), "node " + node);
    }
}
