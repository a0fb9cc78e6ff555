/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The bytes that graph and index say they hold, against a walk over the arrays that they do hold. */
class IndexMemoryTest
{
    /** Scratch of a few entries is held, and not told. */
    private static final long SCRATCH_LENGTH_MAX = 4096;
    private static final long HEADERS_LENGTH_MAX = 400;
    private static final int ARRAY_HEADER_LENGTH = 16;
    private static final int REFERENCE_LENGTH = 4;

    private final Set<Object> walked = Collections.newSetFromMap(new IdentityHashMap<>());

    private long walk(final Object from) throws IllegalAccessException
    {
        if (null == from || !walked.add(from))
        {
            // All rows without a bit are one array, and told as if each had its own.
            return null != from && from.getClass().isArray() && 0 == Array.getLength(from) ? ARRAY_HEADER_LENGTH : 0;
        }
        final Class<?> type = from.getClass();
        if (type.isArray())
        {
            final int length = Array.getLength(from);
            if (type.getComponentType().isPrimitive())
            {
                return ARRAY_HEADER_LENGTH + (long)length * (long.class == type.getComponentType() ? 8 : 4);
            }
            long sum = ARRAY_HEADER_LENGTH + (long)REFERENCE_LENGTH * length;
            for (int i = 0; i < length; i++)
            {
                sum += walk(Array.get(from, i));
            }
            return sum;
        }
        long sum = 0;
        for (final Field field : type.getDeclaredFields())
        {
            final boolean isOurs = field.getType().isArray() || field.getType().getName().startsWith("org.flopmeter");
            if (isOurs && !Modifier.isStatic(field.getModifiers()) &&
                ParentGraph.class != field.getType() && Shortcuts.class != field.getType())
            {
                field.setAccessible(true);
                sum += walk(field.get(from));
            }
        }
        return sum;
    }

    @Test
    void shouldCountWhatItHolds() throws IllegalAccessException
    {
        for (final TwinGraph.Shape shape : TwinGraph.Shape.values())
        {
            final TwinGraph twin = new TwinGraph(3, shape, 100);
            twin.buildWith(4000, new IndexLimits(1L << 28, 1, 0));
            final ParentGraph graph = twin.index.graph();
            assertNear(walk(graph), graph.byteCount(), HEADERS_LENGTH_MAX, shape + ", graph");
            assertNear(walk(twin.index.state()), twin.index.byteCount(), SCRATCH_LENGTH_MAX, shape + ", index");
            for (int step = 0; step < 600; step++)
            {
                twin.append();
                twin.addEdge(true);
            }
            walked.clear();
            assertNear(walk(twin.index.state()), twin.index.byteCount(), SCRATCH_LENGTH_MAX, shape + ", grown");
        }
    }

    private static void assertNear(final long held, final long told, final long off, final String what)
    {
        assertTrue(told <= held && held - told < off, what + " holds " + held + ", says " + told);
    }

    /** High halves are there for pages of nodes of which one needs them. */
    @Test
    void shouldHoldHighHalvesWhereThereAreSome() throws IllegalAccessException
    {
        final ParentGraph graph = new ParentGraph(2, 0);
        for (int node = 0; node < 100_000; node++)
        {
            graph.add(0 == node % 3, new int[] {node / 2}, Math.min(node, 1));
            graph.setWeight(node, 0, 0, -1, false);
        }
        final long low = graph.byteCount();
        assertNear(walk(graph), low, HEADERS_LENGTH_MAX, "low halves");
        for (int node = 0; node < 50_000; node++)
        {
            graph.setWeight(node, 0, 1, 0, false);
        }
        walked.clear();
        assertNear(walk(graph), graph.byteCount(), HEADERS_LENGTH_MAX, "high halves");
        // 98 pages of 512 nodes hold the 50 000.
        assertEquals(98 * (16 + 8 * 512), graph.byteCount() - low);
        assertEquals(1, graph.weights().high(49_999, 0));
        assertEquals(0, graph.weights().low(49_999, 0));
        assertEquals(0, graph.weights().high(50_000, 0));
        assertEquals(-1, graph.weights().low(50_000, 0));
        assertEquals(0, graph.weights().high(5, 1));
        assertEquals(0, graph.weights().low(5, 1));
        assertFalse(graph.weights().isUnbounded(5, 0));
        graph.setWeight(5, 0, 1, 2, true);
        assertTrue(graph.weights().isUnbounded(5, 0));
        assertFalse(graph.weights().isUnbounded(6, 0));
        assertFalse(graph.weights().isUnbounded(5, 1));
        graph.setWeight(6, 1, 1, 0, true);
        assertTrue(graph.weights().isUnbounded(6, 1));
    }

    @Test
    void shouldCountLateEdgesToo()
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        for (int node = 0; node < 40; node++)
        {
            graph.add(true, new int[0], 0);
        }
        final long before = graph.byteCount();
        for (int parent = 0; parent < 30; parent++)
        {
            graph.addLate(parent, 30);
            graph.addLate(0, 31 + parent % 3);
        }
        // A map entry, a key and an array each of four children; and sixty parents.
        assertTrue(graph.byteCount() - before >= 4 * 64 + 60 * 4, "too few");
        assertTrue(graph.byteCount() - before <= 4 * 96 + 60 * 4, "too many");
    }

    @Test
    void shouldSayNothingOfAnIndexThatIsDefeated()
    {
        final TwinGraph twin = new TwinGraph(59, TwinGraph.Shape.CONVERSATIONS, 100);
        twin.buildWith(60, new IndexLimits(64, 1, 0));
        final ClosureIndex index = twin.index;
        assertNotNull(index.defeat());
        assertEquals(0, index.byteCount() + index.rowCount() + index.classCount() + index.blockCount() +
            index.entrySetCount());
        index.sweep(0, 2);
        twin.compareAll();
        assertEquals(0, twin.mismatches);
    }

    @Test
    void shouldKeepLimitsThatMeanSomething()
    {
        final IndexLimits least = new IndexLimits(0, 1, 0);
        assertEquals(0, least.byteCountMax());
        assertEquals(7, least.withThreads(7).threadCount());
        final IndexLimits more = new IndexLimits(400, 3, 20).withThreads(2);
        assertEquals(400, more.byteCountMax());
        assertEquals(100, more.setIntsMax());
        assertEquals(20, more.scanFirstMax());
        assertEquals(2, more.threadCount());
        assertThrows(IllegalArgumentException.class, () -> new IndexLimits(-1, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> new IndexLimits(0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new IndexLimits(0, 1, -1));
        final IndexLimits heap = IndexLimits.ofHeap();
        assertEquals(Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 8), heap.byteCountMax());
        assertEquals(1, heap.threadCount());
    }
}
