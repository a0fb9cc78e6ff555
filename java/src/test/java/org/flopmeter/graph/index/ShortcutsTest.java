/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;

class ShortcutsTest
{
    private final ParentGraph graph = new ParentGraph(1, 0);

    @Test
    void shouldKeepOneEdgeOfAConversation()
    {
        final int model = graph.add(true, new int[0], 0);
        final int first = graph.add(false, new int[] {model}, 1);
        final int second = graph.add(false, new int[] {first, model}, 2);
        final int third = graph.add(false, new int[] {model, first, second}, 3);
        assertArrayEquals(new int[] {first}, graph.parentsOf(second));
        assertArrayEquals(new int[] {second}, graph.parentsOf(third));
        // Only by two steps: the third turn reads the second, which keeps no edge to the model.
        assertArrayEquals(new int[] {third}, graph.parentsOf(graph.add(false, new int[] {third, model}, 2)));
        assertEquals(1 + 2 + 3 + 2, graph.edgeCount());
        assertEquals(4, graph.keptEdgeCount());
    }

    @Test
    void shouldKeepWhatNobodyImpliesAndCountTwiceOnce()
    {
        final int one = graph.add(true, new int[0], 0);
        final int other = graph.add(false, new int[0], 0);
        final int both = graph.add(false, new int[] {one, other, one}, 3);
        assertArrayEquals(new int[] {other, one}, graph.parentsOf(both));
        assertArrayEquals(new int[0], graph.parentsOf(one));
        final int many = graph.add(true, new int[] {one, other, graph.add(true, new int[0], 0), both}, 4);
        assertArrayEquals(new int[] {both + 1, both}, graph.parentsOf(many));
    }

    @Test
    void shouldGoThroughPeripheryAndThroughItsOwnParents()
    {
        final int root = graph.add(true, new int[0], 0);
        final int core = graph.add(true, new int[] {root}, 1);
        final int between = graph.add(true, new int[] {core}, 1);
        assertArrayEquals(new int[] {core}, graph.parentsOf(graph.add(false, new int[] {core, root}, 2)));
        // A core node behind a parent isn't gone through: the edge stays, and is right.
        assertArrayEquals(
            new int[] {between, root}, graph.parentsOf(graph.add(false, new int[] {between, root}, 2)));
    }

    @Test
    void shouldKeepAllWhereAsked()
    {
        final ParentGraph all = ParentGraph.keepingAll(1, 0);
        all.add(true, new int[0], 0);
        all.add(true, new int[] {0}, 1);
        all.add(true, new int[] {1, 0, 1}, 3);
        assertArrayEquals(new int[] {0, 1}, all.parentsOf(2));
        assertEquals(3, all.keptEdgeCount());
        assertEquals(4, all.edgeCount());
    }

    @Test
    void shouldStopAtItsBound()
    {
        final int root = graph.add(true, new int[0], 0);
        int last = root;
        for (int i = 0; i < 200; i++)
        {
            last = graph.add(false, new int[] {last}, 1);
        }
        final int node = graph.add(false, new int[] {last, root}, 2);
        assertArrayEquals(new int[] {last, root}, graph.parentsOf(node));
        final int near = graph.add(false, new int[] {node, last - 50, root}, 3);
        assertArrayEquals(new int[] {node}, graph.parentsOf(near));
    }

    /** 64 edges for a node and four for each of its parents: what lies behind them isn't found, and stays. */
    @Test
    void shouldLookAtSoManyEdgesAndNoMore()
    {
        for (int node = 0; node <= 73; node++)
        {
            graph.add(false, new int[] {node - 1}, Math.min(node, 1));
        }
        assertArrayEquals(new int[] {72}, graph.parentsOf(graph.add(false, new int[] {72, 0}, 2)));
        assertArrayEquals(new int[] {73, 0}, graph.parentsOf(graph.add(false, new int[] {73, 0}, 2)));
    }

    @Test
    void shouldNotGoThroughANodeOfManyParents()
    {
        for (int node = 0; node < 33; node++)
        {
            graph.add(false, new int[0], 0);
        }
        final int[] all = IntStream.range(0, 33).toArray();
        final int most = graph.add(false, all, 32);
        final int more = graph.add(false, all, 33);
        assertArrayEquals(new int[] {most}, graph.parentsOf(graph.add(false, new int[] {most, 0}, 2)));
        assertArrayEquals(new int[] {more, 0}, graph.parentsOf(graph.add(false, new int[] {more, 0}, 2)));
    }

    /** More nodes wait to be gone through than it keeps in mind. */
    @Test
    void shouldGoThroughAsManyNodesAsItKeepsInMind()
    {
        final int root = graph.add(false, new int[0], 0);
        final int[] parents = new int[32];
        final int[] grandparents = new int[32];
        for (int i = 0; i < 32; i++)
        {
            for (int j = 0; j < 32; j++)
            {
                final int[] more = new int[3];
                for (int k = 0; k < 3; k++)
                {
                    more[k] = graph.add(false, new int[0], 0);
                }
                grandparents[j] = graph.add(false, more, 3);
            }
            parents[i] = graph.add(false, grandparents, 32);
        }
        final int wide = graph.add(false, parents, 32);
        assertArrayEquals(new int[] {wide, root}, graph.parentsOf(graph.add(false, new int[] {wide, root}, 2)));
    }

    /** Every way up a ladder of diamonds passes the same nodes: each is looked at once. */
    @Test
    void shouldGoThroughANodeOnce()
    {
        final int root = graph.add(false, new int[0], 0);
        int left = graph.add(false, new int[0], 0);
        int right = graph.add(false, new int[0], 0);
        for (int rung = 0; rung < 9; rung++)
        {
            final int[] both = {left, right};
            left = graph.add(false, both, 2);
            right = graph.add(false, both, 2);
        }
        final int last = graph.add(false, new int[] {root}, 1);
        final int top = graph.add(false, new int[] {left, last}, 2);
        assertArrayEquals(new int[] {top}, graph.parentsOf(graph.add(false, new int[] {top, root}, 2)));
    }

    @Test
    void shouldListEdgesThatCameLater()
    {
        for (int node = 0; node < 4; node++)
        {
            graph.add(true, new int[] {node - 1}, Math.min(node, 1));
        }
        graph.addLate(0, 3);
        graph.addLate(1, 3);
        assertArrayEquals(new int[] {2, 0, 1}, graph.parentsOf(3));
        assertArrayEquals(new int[] {1}, graph.parentsOf(2));
        assertEquals(5, graph.edgeCount());
        assertEquals(5, graph.keptEdgeCount());
    }

    @Test
    void shouldLeaveEveryClosureAsItWas()
    {
        long dropped = 0;
        final int rounds = Suite.rounds(300, 3000);
        for (int seed = 0; seed < rounds; seed++)
        {
            final SplittableRandom random = new SplittableRandom(seed);
            final ParentGraph kept = new ParentGraph(1, random.nextInt(8));
            final List<int[]> told = new ArrayList<>();
            final int nodeCount = 2 + random.nextInt(150);
            for (int node = 0; node < nodeCount; node++)
            {
                final int[] parents = parents(random, node);
                told.add(parents);
                kept.add(0 == random.nextInt(4), parents, parents.length);
            }
            assertEquals(closures(told), closures(kept), "seed " + seed);
            dropped += kept.edgeCount() - kept.keptEdgeCount();

            // Canary: one kept edge less is one closure less.
            final List<int[]> less = new ArrayList<>();
            for (int node = 0; node < nodeCount; node++)
            {
                less.add(kept.parentsOf(node));
            }
            final int victim = victim(told);
            less.set(victim, new int[0]);
            assertNotEquals(closures(told), closures(less), "seed " + seed);
        }
        assertTrue(dropped > 10L * rounds, dropped + " dropped");
    }

    private static int victim(final List<int[]> told)
    {
        int node = told.size() - 1;
        while (node > 1 && 0 == told.get(node).length)
        {
            node--;
        }
        return node;
    }

    private static int[] parents(final SplittableRandom random, final int node)
    {
        final int length = 0 == node ? 0 : 1 == node ? 1 : random.nextInt(0 == random.nextInt(10) ? 90 : 6);
        final int[] parents = new int[length];
        for (int i = 0; i < length; i++)
        {
            parents[i] = random.nextBoolean() ? Math.max(0, node - 1 - random.nextInt(6)) : random.nextInt(node);
        }
        return parents;
    }

    private static List<BitSet> closures(final ParentGraph graph)
    {
        final List<int[]> parents = new ArrayList<>();
        for (int node = 0; node < graph.nodeCount(); node++)
        {
            parents.add(graph.parentsOf(node));
        }
        return closures(parents);
    }

    private static List<BitSet> closures(final List<int[]> parents)
    {
        final List<BitSet> closures = new ArrayList<>();
        for (int node = 0; node < parents.size(); node++)
        {
            final BitSet closure = new BitSet();
            closure.set(node);
            for (final int parent : parents.get(node))
            {
                closure.or(closures.get(parent));
            }
            closures.add(closure);
        }
        return closures;
    }
}
