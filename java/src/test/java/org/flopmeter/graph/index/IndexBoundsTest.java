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

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.flopmeter.unit.FlopCount;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where one way of an answer ends and the next begins, and counters that come round. */
class IndexBoundsTest
{
    private static final IndexLimits ROWS_ONLY = new IndexLimits(1L << 27, 1, 0);
    private static final int MEMBERS_MAX = 1 << 16;
    private static final int ATTACHED_MAX = 1 << 10;

    @TempDir
    private Path work;

    private final ClosureTotal total = new ClosureTotal();

    /** A chain of periphery, then core nodes and who hangs on many of them. */
    @Test
    void shouldWalkUpToItsBoundsAndScanBeyond() throws IOException
    {
        final ParentGraph graph = new ParentGraph(1, 0);
        for (int node = 0; node <= MEMBERS_MAX; node++)
        {
            graph.add(false, new int[] {node - 1}, Math.min(node, 1));
        }
        final int first = graph.nodeCount();
        for (int i = 0; i <= ATTACHED_MAX; i++)
        {
            graph.add(true, new int[0], 0);
        }
        final int[] roots = IntStream.rangeClosed(first, first + ATTACHED_MAX).toArray();
        final int most = graph.add(false, roots, ATTACHED_MAX);
        final int more = graph.add(false, roots, ATTACHED_MAX + 1);
        final int leaf = graph.add(false, new int[0], 0);
        roots[ATTACHED_MAX] = leaf;
        final int withLeaf = graph.add(false, roots, ATTACHED_MAX + 1);
        for (int node = 0; node < graph.nodeCount(); node++)
        {
            graph.setWeight(node, 0, 0, 1, false);
        }
        final ClosureIndex index = ClosureIndex.build(graph, ROWS_ONLY);
        final Path file = work.resolve("index");
        IndexFile.write(file, index, List.of(), new byte[0]);
        final MappedIndex mapped = MappedIndex.open(file);
        for (final int[] each : new int[][] {
            {MEMBERS_MAX - 1, MEMBERS_MAX, 1}, {MEMBERS_MAX, MEMBERS_MAX + 1, 0},
            {most, ATTACHED_MAX + 1, 1}, {more, ATTACHED_MAX + 2, 0}, {withLeaf, ATTACHED_MAX + 2, 1}})
        {
            final ClosureTotal.Path expected = 1 == each[2] ? ClosureTotal.Path.CONTRACTED : ClosureTotal.Path.SCAN;
            for (final Consumer<ClosureTotal> query : List.<Consumer<ClosureTotal>>of(
                sum -> index.total(each[0], 0, sum), sum -> index.totals(each[0], sum),
                sum -> mapped.total(each[0], 0, sum), sum -> mapped.totals(sum, each[0])))
            {
                final ClosureTotal fresh = new ClosureTotal();
                query.accept(fresh);
                assertEquals(FlopCount.of(each[1]), fresh.value(0));
                assertEquals(expected, fresh.path(), "node " + each[0]);
            }
        }
    }

    /** Roots in many blocks, in words of their own, under outputs that read some of them. */
    @Test
    void shouldAddUpWhatManyBlocksDiffer() throws IOException
    {
        final int roots = 64 * 300;
        final ParentGraph graph = new ParentGraph(1, roots);
        for (int node = 0; node < roots; node++)
        {
            graph.add(true, new int[0], 0);
            graph.setWeight(node, 0, 1, node + 1, false);
        }
        // A root of the first block weighs more than all: its row, the shorter one, is what others add to.
        graph.setWeight(0, 0, 1 << 20, 0, false);
        final int[] spread = IntStream.range(0, 300).map(i -> 64 * i + i % 64).toArray();
        final int[][] reads = {
            spread, {1, 1000}, {0, 1000}, {0, roots - 1}, {1, roots - 1, 600}, {0, roots - 1}, spread};
        final int[] outputs = new int[reads.length];
        for (int i = 0; i < reads.length; i++)
        {
            outputs[i] = graph.add(false, reads[i], reads[i].length);
        }
        final ClosureIndex index = ClosureIndex.build(graph, ROWS_ONLY);
        final Path file = work.resolve("index");
        IndexFile.write(file, index, List.of(), new byte[0]);
        final MappedIndex mapped = MappedIndex.open(file);
        for (int i = 0; i < reads.length; i++)
        {
            final long low = Arrays.stream(reads[i]).mapToLong(root -> 0 == root ? 0 : root + 1L).sum();
            final long high = Arrays.stream(reads[i]).mapToLong(root -> 0 == root ? 1 << 20 : 1).sum();
            index.total(outputs[i], 0, total);
            assertEquals(FlopCount.of(high, low), total.value(0), "output " + i);
            assertEquals(ClosureTotal.Path.CONTRACTED, total.path());
            mapped.total(outputs[i], 0, total);
            assertEquals(FlopCount.of(high, low), total.value(0), "output " + i + ", mapped");
            assertEquals(ClosureTotal.Path.CONTRACTED, total.path());
        }
    }

    @Test
    void shouldScanASeriesWithoutWeights() throws IOException
    {
        final ParentGraph graph = new ParentGraph(2, 0);
        for (int node = 0; node < 100; node++)
        {
            graph.add(true, new int[] {node - 1}, Math.min(node, 1));
            graph.setWeight(node, 0, 0, 1, 7 == node);
        }
        final ClosureIndex index = ClosureIndex.build(graph, new IndexLimits(64, 1, 0));
        assertNotNull(index.defeat());
        final Path file = work.resolve("index");
        IndexFile.write(file, index, List.of(), new byte[0]);
        final MappedIndex mapped = MappedIndex.open(file);
        for (final int node : new int[] {6, 99, 7, 0})
        {
            mapped.totals(total, node);
            assertEquals(FlopCount.of(node + 1), total.value(0));
            assertEquals(node >= 7, total.isUnbounded(0));
            mapped.total(node, 1, total);
            assertTrue(total.value(1).isZero());
            assertFalse(total.isUnbounded(1));
            assertEquals(ClosureTotal.Path.SCAN, total.path());
        }
    }

    /** The stamp that empties a set comes round after 2^31 uses: what was in it then is not in it again. */
    @Test
    void shouldForgetWhenItsStampComesRound() throws ReflectiveOperationException
    {
        final SeenNodes seen = new SeenNodes();
        seen.forget();
        assertTrue(seen.see(7));
        assertFalse(seen.see(7));
        final Field stamp = SeenNodes.class.getDeclaredField("stamp");
        stamp.setAccessible(true);
        stamp.setInt(seen, Integer.MAX_VALUE - 1);
        // A use without a node first, so that what was seen before stays where it is.
        seen.forget();
        for (int use = 0; use < 4; use++)
        {
            seen.forget();
            for (int node = 0; node < 400; node += 7)
            {
                assertTrue(seen.see(node), "use " + use + ", node " + node);
                assertFalse(seen.see(node), "use " + use + ", node " + node);
            }
        }
    }

    /** Nodes whose places in the table collide, and a table that grows with them in it. */
    @Test
    void shouldRememberWhatItHasSeenAsItGrows()
    {
        final SeenNodes seen = new SeenNodes();
        for (int use = 0; use < 2; use++)
        {
            seen.forget();
            for (int node = 0; node < 9000; node++)
            {
                assertTrue(seen.see(node * node & Integer.MAX_VALUE));
            }
            for (int node = 0; node < 9000; node++)
            {
                assertFalse(seen.see(node * node & Integer.MAX_VALUE));
            }
        }
    }

    /** A scan that gave up leaves no mark behind, and a total that another graph's answer was in is filled anew. */
    @Test
    void shouldLeaveNothingOfAnAnswerBehind()
    {
        final ParentGraph other = new ParentGraph(3, 0);
        other.add(false, new int[0], 0);
        for (int series = 0; series < 3; series++)
        {
            other.setWeight(0, series, 9, 9, true);
        }
        final ParentGraph graph = new ParentGraph(2, 0);
        for (int node = 0; node < 1000; node++)
        {
            // Chains that begin late in their first word: what is left in it would be few enough to be scanned.
            graph.add(false, new int[] {node - 2}, node < 42 ? 0 : 1);
            graph.setWeight(node, 0, 0, 1, false);
        }
        final int alone = graph.add(false, new int[0], 0);
        graph.setWeight(alone, 0, 0, 77, false);
        final ClosureIndex index = ClosureIndex.build(graph, new IndexLimits(1L << 27, 1, 20));
        final ClosureIndex otherIndex = ClosureIndex.build(other, ROWS_ONLY);
        for (int node = 0; node < 1000; node++)
        {
            otherIndex.totals(0, total);
            assertTrue(total.isUnbounded(1));
            // Odd and even nodes have no ancestor in common.
            index.total(node, 0, total);
            final int expected = node < 40 ? 1 : (node - 40) / 2 + 1;
            assertEquals(FlopCount.of(expected), total.value(0), "node " + node);
            assertEquals(expected <= 20, ClosureTotal.Path.SCAN == total.path(), "node " + node);
            assertFalse(total.isUnbounded(0) || total.isUnbounded(1));
            index.total(alone, 0, total);
            assertEquals(FlopCount.of(77), total.value(0), "after node " + node);
            index.total(node, 1, total);
            assertTrue(total.value(1).isZero() && total.value(0).isZero());
        }
        index.totals(999, total);
        assertEquals(ClosureTotal.Path.CONTRACTED, total.path());
        new AncestorScan(graph).sums(999, total);
        assertEquals(ClosureTotal.Path.SCAN, total.path());
        assertEquals(FlopCount.of(480), total.value(0));
    }

    @Test
    void shouldWeighBlocksAnewWhenTheStampOfAFlushComesRound() throws ReflectiveOperationException
    {
        final BlockRows rows = new BlockRows(1 << 20);
        for (int column = 0; column < 601; column++)
        {
            rows.addColumn();
        }
        rows.addUnion(new int[0], 0, new int[] {0, 600}, 0, 2);
        final WideList totals = new WideList(1);
        totals.growTo(1);
        final ColumnDeltas deltas = new ColumnDeltas();
        final Field stamp = ColumnDeltas.class.getDeclaredField("stamp");
        stamp.setAccessible(true);
        // The block of column 600 has the stamp that comes next after the greatest.
        deltas.add(600, 0, 1);
        deltas.apply(rows, 0, totals);
        stamp.setInt(deltas, Integer.MAX_VALUE - 1);
        long expected = 1;
        for (final int column : new int[] {0, 600, 0, 600})
        {
            assertTrue(deltas.isEmpty());
            deltas.add(column, 0, 100 + column);
            assertFalse(deltas.isEmpty());
            deltas.apply(rows, 0, totals);
            expected += 100 + column;
            assertEquals(expected, totals.low(0));
        }
    }

    @Test
    void shouldTakeManyChangesInOneFlush()
    {
        final TwinGraph twin = new TwinGraph(8, TwinGraph.Shape.WIDE, 100);
        twin.buildWith(1500, ROWS_ONLY);
        for (int i = 0; i < 1000; i++)
        {
            twin.setWeight();
        }
        twin.compare(1400);
        twin.flush();
        for (int node = 0; node < 1500; node += 7)
        {
            twin.compare(node);
        }
        assertEquals(0, twin.mismatches);
    }

    /** However many threads sweep, and whatever was there before, the totals are those of the weights. */
    @Test
    void shouldSweepTheSameTotalsOnAnyNumberOfThreads()
    {
        final TwinGraph twin = new TwinGraph(6, TwinGraph.Shape.WIDE, 100);
        twin.buildWith(3600, ROWS_ONLY);
        final IndexState state = twin.index.state();
        assertTrue(state.rowCount() > 3072, "four parts of 1024 rows");
        final long[] expected = state.sums(0).totals.words().clone();
        for (int threads = 1; threads <= 5; threads++)
        {
            state.sums(0).totals.add(17, 0, 1);
            if (2 == threads)
            {
                Thread.currentThread().interrupt();
            }
            twin.index.sweep(0, threads);
            assertEquals(2 == threads, Thread.interrupted(), "told to whoever asks next");
            for (int at = 0; at < 2 * state.rowCount(); at++)
            {
                assertEquals(expected[at], state.sums(0).totals.words()[at], threads + " threads, word " + at);
            }
        }
    }

    @Test
    void shouldTellWhenAPartOfASweepFails()
    {
        final TwinGraph twin = new TwinGraph(6, TwinGraph.Shape.WIDE, 100);
        twin.buildWith(1500, ROWS_ONLY);
        final IndexState state = twin.index.state();
        final IndexState.Sums sums = new IndexState.Sums();
        sums.coreWeights.growTo(state.coreRows.columnCount());
        sums.classWeights.growTo(state.classRows.columnCount());
        sums.totals.growTo(1100);
        assertEquals("a part of the sweep failed", assertThrows(IllegalStateException.class,
            () -> TotalSweep.run(state, sums, 2)).getMessage());
    }
}
