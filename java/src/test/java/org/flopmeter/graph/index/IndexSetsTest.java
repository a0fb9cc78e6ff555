/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.flopmeter.unit.FlopCount;
import org.junit.jupiter.api.Test;

/** Rows and sets of the index, each distinct one kept once: what makes it small, and never shows in a sum. */
class IndexSetsTest
{
    private static final IndexLimits ROWS_ONLY = new IndexLimits(1L << 27, 1, 0);
    private static final int[] NONE = new int[0];

    private final ClosureTotal total = new ClosureTotal();

    /** Against bit sets: the same bits, and as many blocks as there are different ones in a place. */
    @Test
    void shouldKeepEachBlockOnce()
    {
        final SplittableRandom random = new SplittableRandom(2);
        final BlockRows rows = new BlockRows(1L << 30);
        final List<BitSet> naive = new ArrayList<>();
        final Set<List<Object>> blocks = new HashSet<>();
        for (int row = 0; row < 1500; row++)
        {
            final int[] of = new int[row < 2 ? 0 : random.nextInt(3)];
            final BitSet expected = new BitSet();
            for (int i = 0; i < of.length; i++)
            {
                of[i] = random.nextInt(row);
                expected.or(naive.get(of[i]));
            }
            final int column = rows.addColumn();
            expected.set(column);
            rows.addUnion(of, of.length, new int[] {column}, 0, 1);
            naive.add(expected);
            note(expected, blocks);
        }
        assertEquals(1 + blocks.size(), rows.blockCount());
        for (int i = 0; i < 200; i++)
        {
            final int row = random.nextInt(1500);
            final int column = random.nextInt(1500);
            rows.set(row, column);
            naive.get(row).set(column);
            note(naive.get(row), blocks);
            final int other = random.nextInt(1500);
            rows.merge(row, rows.row(other).clone());
            naive.get(row).or(naive.get(other));
            note(naive.get(row), blocks);
        }
        assertEquals(1 + blocks.size(), rows.blockCount());
        for (int row = 0; row < 1500; row++)
        {
            for (int column = 0; column < 1500; column++)
            {
                assertEquals(naive.get(row).get(column), rows.test(row, column));
            }
        }
    }

    private static void note(final BitSet row, final Set<List<Object>> blocks)
    {
        for (int at = 0; 512 * at < row.length(); at++)
        {
            final BitSet block = row.get(512 * at, 512 * at + 512);
            if (!block.isEmpty())
            {
                blocks.add(List.of(at, block));
            }
        }
    }

    /** 64 bytes a block, the empty one too, and 4 a place of a row: that many and no more, whichever grows. */
    @Test
    void shouldBeDefeatedBeyondItsBytes()
    {
        final BlockRows places = rows(2 * 64 + 3 * 4);
        places.addUnion(new int[] {0}, 1, NONE, 0, 0);
        places.addUnion(new int[] {0}, 1, NONE, 0, 0);
        assertThrows(IndexDefeatedException.class, () -> places.addUnion(new int[] {0}, 1, NONE, 0, 0));

        final BlockRows blocks = rows(3 * 64 + 4);
        blocks.set(0, 1);
        blocks.set(0, 2);
        assertThrows(IndexDefeatedException.class, () -> blocks.set(0, 3));

        // A row that gets longer has more places.
        final BlockRows longer = rows(2 * 64 + 10 * 4);
        longer.set(0, 9 * 512);
        longer.set(0, 9 * 512);
        assertThrows(IndexDefeatedException.class, () -> longer.set(0, 1));
    }

    private static BlockRows rows(final long byteCountMax)
    {
        final BlockRows rows = new BlockRows(byteCountMax);
        rows.addColumn();
        rows.addUnion(NONE, 0, new int[] {0}, 0, 1);
        return rows;
    }

    /** Against sets of the JDK: the union, and one code for one set. */
    @Test
    void shouldKeepEachSetOnce()
    {
        final SplittableRandom random = new SplittableRandom(4);
        final EntrySets sets = new EntrySets(1L << 30);
        final List<Integer> codes = new ArrayList<>();
        final Map<Set<Integer>, Integer> naive = new HashMap<>();
        for (int entry = 0; entry < 40; entry++)
        {
            codes.add(sets.code(new int[] {entry}, 1));
            naive.put(Set.of(entry), Code.ofEntry(entry));
            assertEquals(Code.ofEntry(entry), codes.get(entry));
        }
        for (int i = 0; i < 4000; i++)
        {
            final int one = codes.get(random.nextInt(codes.size()));
            final int other = codes.get(random.nextInt(codes.size()));
            final Set<Integer> expected = members(sets, one);
            expected.addAll(members(sets, other));
            if (expected.size() > 12)
            {
                continue;
            }
            final int union = sets.union(one, other);
            assertEquals(expected, members(sets, union));
            assertEquals(expected.size(), sets.sizeOf(union));
            final Integer known = naive.putIfAbsent(expected, union);
            assertEquals(null == known ? union : known, union);
            codes.add(union);
        }
        assertEquals(naive.size() - 40, sets.count());
        assertTrue(sets.count() > 1000, sets.count() + " sets");
    }

    private static Set<Integer> members(final EntrySets sets, final int code)
    {
        final int[] members = new int[sets.sizeOf(code)];
        assertEquals(members.length, sets.members(code, members));
        return new TreeSet<>(Arrays.stream(members).boxed().toList());
    }

    @Test
    void shouldBeDefeatedBeyondItsMembers()
    {
        final EntrySets sets = new EntrySets(5);
        sets.code(new int[] {1, 2}, 2);
        sets.code(new int[] {1, 2, 3}, 3);
        sets.code(new int[] {1, 2}, 2);
        sets.code(new int[] {7}, 1);
        assertEquals("more than 5 entries in 2 entry sets", assertThrows(IndexDefeatedException.class,
            () -> sets.code(new int[] {1, 3}, 2)).getMessage());
    }

    /** An entry below another of the same set adds nothing; classes come in the order of their oldest entries. */
    @Test
    void shouldReduceSetsAndOrderClasses()
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        final int one = graph.add(false, NONE, 0);
        final int two = graph.add(false, NONE, 0);
        final int three = graph.add(false, NONE, 0);
        final int a = graph.add(true, new int[] {one}, 1);
        final int b = graph.add(true, new int[] {two, three}, 2);
        final int c = graph.add(true, new int[] {two}, 1);
        graph.add(true, new int[] {three, a}, 2);
        graph.add(true, new int[] {one, a}, 2);
        graph.add(true, new int[] {c, two}, 2);
        assertEquals(4, b);
        final ClosureIndex index = ClosureIndex.build(graph, ROWS_ONLY);
        // One feeds a, and what is below a: an edge that was a shortcut. Two feeds b and c, three b and the next.
        assertEquals(2, index.entrySetCount());
        assertEquals(2, index.classCount());

        final TwinGraph twin = new TwinGraph(6, TwinGraph.Shape.CONVERSATIONS, 100);
        twin.buildWith(2000, ROWS_ONLY);
        final EntrySets sets = twin.index.state().sets;
        assertTrue(sets.count() > 50 && twin.index.entrySetCount() >= sets.count());
        for (int id = 0; id < sets.count(); id++)
        {
            assertTrue(0 == id || sets.member(id, 0) >= sets.member(id - 1, 0), "class " + id);
            for (int i = 1; i < sets.size(id); i++)
            {
                for (int j = 0; j < i; j++)
                {
                    assertTrue(sets.member(id, i) > sets.member(id, j));
                    assertTrue(!twin.index.state().coreRows.test(sets.member(id, i), sets.member(id, j)));
                }
            }
        }
    }

    @Test
    void shouldKeepOnlyRowsThatNoOtherCovers()
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        for (int node = 0; node < 40; node++)
        {
            graph.add(true, new int[] {node - 1}, Math.min(node, 1));
        }
        for (int node = 40; node < 640; node++)
        {
            graph.add(true, NONE, 0);
        }
        final IndexState state = ClosureIndex.build(graph, ROWS_ONLY).state();
        final int[] few = {3, 50, 7, 5, 41};
        assertEquals(3, state.keepMaximal(few, 5));
        assertEquals(List.of(50, 41, 7), Arrays.stream(few, 0, 3).boxed().toList());
        final int[] chain = IntStream.range(0, 40).map(i -> i * 27 % 40).toArray();
        assertEquals(1, state.keepMaximal(chain, 40));
        assertEquals(39, chain[0]);
        // A square of tests is done for 512 rows, and for no more.
        final int[] most = IntStream.range(38, 550).toArray();
        assertEquals(511, state.keepMaximal(most, 512));
        final int[] more = IntStream.range(38, 551).toArray();
        assertEquals(513, state.keepMaximal(more, 513));
    }

    /** As many core parents as are not tested for covering each other, and one that gets them later. */
    @Test
    void shouldSumOverManyCoreParents()
    {
        final ParentGraph graph = new ParentGraph(2, 0);
        for (int node = 0; node < 64 * 300; node++)
        {
            graph.add(true, NONE, 0);
            graph.setWeight(node, 0, 0, 1, false);
        }
        final int[] parents = IntStream.range(0, 600).toArray();
        final int[] spread = IntStream.range(0, 300).map(i -> 64 * i + i % 64).toArray();
        final int many = graph.add(true, parents, 600);
        final int wide = graph.add(true, spread, 300);
        final int child = graph.add(true, NONE, 0);
        final ClosureIndex index = ClosureIndex.build(graph, ROWS_ONLY);
        assertTotal(index, many, 600);
        assertTotal(index, wide, 300);
        index.addEdge(wide, child);
        assertTotal(index, child, 300);
        assertTrue(index.byteCount() > 0);
        // Changes in forty blocks of columns at once.
        for (final int root : spread)
        {
            index.setWeight(root, 0, 0, 3, false);
        }
        index.flush();
        assertTotal(index, wide, 900);
        assertTotal(index, child, 900);
        assertTotal(index, many, 600 + 2 * 10);

        // Built anew on the graph as it is now: late edges are edges like others.
        final int output = index.append(false, NONE, 0);
        index.setNewest(output, 0, 0, 50, false);
        final int reader = index.append(true, NONE, 0);
        index.addEdge(output, reader);
        for (final ClosureIndex each : List.of(index, ClosureIndex.build(graph, ROWS_ONLY)))
        {
            assertTotal(each, child, 900);
            assertTotal(each, reader, 50);
            assertTotal(each, output, 50);
        }
    }

    private void assertTotal(final ClosureIndex index, final int node, final long expected)
    {
        index.total(node, 0, total);
        assertEquals(FlopCount.of(expected), total.value(0), "node " + node);
    }
}
