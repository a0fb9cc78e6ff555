/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.graph;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.flopmeter.graph.index.AncestorScan;
import org.flopmeter.graph.index.ClosureIndex;
import org.flopmeter.graph.index.ClosureTotal;
import org.flopmeter.graph.index.IndexFile;
import org.flopmeter.graph.index.IndexLimits;
import org.flopmeter.graph.index.MappedIndex;
import org.flopmeter.graph.index.ParentGraph;

/** Measures one index on one graph; every comparison that fails ends the run. */
final class IndexTrial
{
    private static final double NS_PER_US = 1e3;
    private static final double NS_PER_MS = 1e6;
    private static final double NS_PER_S = 1e9;
    private static final int SUMS = 18;

    private final Figures figures;
    private final LabGraph lab;
    private final int epochs;
    private final ParentGraph graph;
    private final ClosureIndex index;
    private final AncestorScan scan;
    private final SplittableRandom random = new SplittableRandom(11);
    private final ClosureTotal answer = new ClosureTotal();
    private final ClosureTotal expected = new ClosureTotal();
    private int checked;

    IndexTrial(final Figures figures, final LabGraph lab, final int epochs)
    {
        this.figures = figures;
        this.lab = lab;
        final long begin = System.nanoTime();
        this.epochs = epochs;
        graph = lab.make(epochs);
        figures.note("nodes", graph.nodeCount(), "");
        figures.note("edges", graph.edgeCount(), "");
        figures.note("edges kept: the others are implied", graph.keptEdgeCount(), "");
        figures.note("graph made in", (System.nanoTime() - begin) / NS_PER_S, "s");
        final long beginIndex = System.nanoTime();
        index = ClosureIndex.build(graph, IndexLimits.ofHeap().withThreads(2));
        figures.note("index built in", (System.nanoTime() - beginIndex) / NS_PER_S, "s");
        scan = new AncestorScan(graph);
        if (null != index.defeat())
        {
            throw new IllegalStateException("contraction defeated: " + index.defeat());
        }
    }

    void size(final boolean hasGoals)
    {
        figures.note("core nodes (rows)", index.rowCount(), "");
        figures.note("entry sets before reduction", index.entrySetCount(), "");
        figures.note("classes (columns beside the core nodes')", index.classCount(), "");
        figures.note("K, columns", index.rowCount() + index.classCount(), "");
        figures.note("distinct blocks", index.blockCount(), "");
        final double edges = graph.edgeCount();
        figures.note("graph with weights", graph.byteCount() / edges, "B/edge");
        figures.note("index", index.byteCount() / edges, "B/edge");
        final double both = (graph.byteCount() + index.byteCount()) / edges;
        System.gc();
        final Runtime runtime = Runtime.getRuntime();
        final double heap = (runtime.totalMemory() - runtime.freeMemory()) / (double)(1 << 30);
        if (hasGoals)
        {
            figures.atMost("graph, weights and index", both, "B/edge", 36);
            figures.atMost("heap in use with all of it", heap, "GiB", 4);
        }
        else
        {
            figures.note("graph, weights and index", both, "B/edge");
        }
    }

    /** Any output, and the scan on some of the same, in turn; all answers of the scanned ones compared. */
    double queries(final int count, final int scans, final boolean hasGoals)
    {
        final long[] took = new long[count];
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < count; i++)
            {
                final int node = anyOutput();
                final long begin = System.nanoTime();
                index.total(node, 0, answer);
                took[i] = System.nanoTime() - begin;
            }
        }
        final long[] scanTook = new long[scans];
        int faster = 0;
        for (int i = 0; i < scans; i++)
        {
            final int node = anyOutput();
            final long begin = System.nanoTime();
            index.total(node, 0, answer);
            final long indexTook = System.nanoTime() - begin;
            final long beginScan = System.nanoTime();
            scan.sum(node, 0, expected);
            scanTook[i] = System.nanoTime() - beginScan;
            faster += indexTook <= scanTook[i] ? 1 : 0;
            compare(node);
        }
        Arrays.sort(took);
        Arrays.sort(scanTook);
        final double median = at(took, 0.5) / NS_PER_US;
        if (hasGoals)
        {
            figures.atMost("any output, p50", median, "us", 10);
            figures.atMost("any output, p99", at(took, 0.99) / NS_PER_US, "us", 100);
        }
        else
        {
            figures.note("any output, p50", median, "us");
            figures.note("any output, p99", at(took, 0.99) / NS_PER_US, "us");
        }
        figures.note("any output, largest of " + count, at(took, 1) / NS_PER_US, "us");
        figures.note("scan of any output, p50", at(scanTook, 0.5) / NS_PER_MS, "ms");
        figures.note("scan p50 to index p50", at(scanTook, 0.5) / (double)at(took, 0.5), "x");
        figures.note("pairs where the index was no slower, of " + scans, faster, "");
        return median;
    }

    /** The index in a file: written, opened and validated, asked; nothing of it in the heap. */
    void mapped(final int count, final boolean hasGoals) throws IOException
    {
        final Path directory = Files.createTempDirectory("flopmeter-graph");
        final Path file = directory.resolve("closure.index");
        try
        {
            final long begin = System.nanoTime();
            final long byteCount = IndexFile.write(file, index, List.of(), new byte[0]);
            figures.note("index file written, synced in", (System.nanoTime() - begin) / NS_PER_S, "s");
            final double perEdge = byteCount / (double)graph.edgeCount();
            if (hasGoals)
            {
                figures.atMost("index file with graph and weights", perEdge, "B/edge", 36);
            }
            else
            {
                figures.note("index file with graph and weights", perEdge, "B/edge");
            }
            final long beginOpen = System.nanoTime();
            final MappedIndex mapped = MappedIndex.open(file);
            figures.note("index file mapped and validated in", (System.nanoTime() - beginOpen) / NS_PER_S, "s");
            askMapped(mapped, count, hasGoals);
        }
        finally
        {
            Files.deleteIfExists(file);
            Files.delete(directory);
        }
    }

    private void askMapped(final MappedIndex mapped, final int count, final boolean hasGoals)
    {
        final long[] took = new long[count];
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < count; i++)
            {
                final int node = anyOutput();
                final long begin = System.nanoTime();
                mapped.total(node, 0, answer);
                took[i] = System.nanoTime() - begin;
            }
        }
        for (int i = 0; i < 1000; i++)
        {
            final int node = random.nextInt(graph.nodeCount());
            mapped.total(node, 0, answer);
            index.total(node, 0, expected);
            compare(node);
        }
        Arrays.sort(took);
        if (hasGoals)
        {
            figures.atMost("any output from the file, p50", at(took, 0.5) / NS_PER_US, "us", 10);
            figures.atMost("any output from the file, p99", at(took, 0.99) / NS_PER_US, "us", 100);
        }
        else
        {
            figures.note("any output from the file, p50", at(took, 0.5) / NS_PER_US, "us");
            figures.note("any output from the file, p99", at(took, 0.99) / NS_PER_US, "us");
        }
    }

    /** The newest output: what the scan reads against what memory delivers to one thread. */
    void newest(final boolean hasGoals)
    {
        final double bytesPerNs = bandwidth();
        figures.note("sequential read, one thread", bytesPerNs, "GB/s");
        int node = graph.nodeCount() - 1;
        while (graph.isCore(node))
        {
            node--;
        }
        final long[] took = new long[7];
        int ancestors = 0;
        for (int i = 0; i < took.length; i++)
        {
            final long begin = System.nanoTime();
            ancestors = scan.sum(node, 0, expected);
            took[i] = System.nanoTime() - begin;
        }
        Arrays.sort(took);
        index.total(node, 0, answer);
        compare(node);
        final ClosureCheck closure = new ClosureCheck(scan.closure(node), graph.nodeCount());
        closure.check(lab.again(), epochs);
        figures.note("newest output: ancestors", ancestors, "");
        figures.note("newest output: edges into them", closure.edgesTold(), "");
        figures.note("newest output: of these kept", closure.edgesKept(graph), "");
        figures.note("newest output: scan", at(took, 0.5) / NS_PER_MS, "ms");
        // What was told: 16 B of weight and two offsets a node, 4 B an edge, the bit set written and read.
        final double bits = 2.0 * graph.nodeCount() / 8;
        final double bytes = 24.0 * ancestors + 4.0 * closure.edgesTold() + bits;
        final double ratio = at(took, 0.5) / (bytes / bytesPerNs);
        figures.note("newest output: scan to reading what is kept of it",
            at(took, 0.5) / ((16.0 * ancestors + 4.0 * closure.edgesInLists(graph) + bits) / bytesPerNs), "x");
        if (hasGoals)
        {
            figures.atMost("newest output: scan to reading the same bytes", ratio, "x", 3);
        }
        else
        {
            figures.note("newest output: scan to reading the same bytes", ratio, "x");
        }
    }

    private static double bandwidth()
    {
        final long[] words = new long[1 << 25];
        Arrays.fill(words, 3);
        double best = 0;
        for (int round = 0; round < 6; round++)
        {
            final long begin = System.nanoTime();
            long sum = 0;
            for (final long word : words)
            {
                sum += word;
            }
            final double rate = 8.0 * words.length / (System.nanoTime() - begin);
            if (sum != 3L * words.length)
            {
                throw new IllegalStateException("memory does not hold what was written");
            }
            best = Math.max(best, rate);
        }
        return best;
    }

    void sweeps(final boolean hasGoals)
    {
        final double one = sweep(1, 1);
        final double two = sweep(1, 2);
        figures.note("all core totals anew, 1 sum, 1 thread", one, "s");
        if (hasGoals)
        {
            figures.atMost("all core totals anew, 1 sum, 2 threads", two, "s", 2);
        }
        else
        {
            figures.note("all core totals anew, 1 sum, 2 threads", two, "s");
        }
        figures.note("all core totals anew, 18 sums, 1 thread", sweep(SUMS, 1), "s");
        figures.note("all core totals anew, 18 sums, 2 threads", sweep(SUMS, 2), "s");
        for (int i = 0; i < 10; i++)
        {
            int node = random.nextInt(graph.nodeCount());
            while (!graph.isCore(node))
            {
                node = node == 0 ? graph.nodeCount() - 1 : node - 1;
            }
            index.total(node, 0, answer);
            scan.sum(node, 0, expected);
            compare(node);
        }
    }

    private double sweep(final int sums, final int threads)
    {
        double best = Double.MAX_VALUE;
        for (int round = 0; round < 3; round++)
        {
            final long begin = System.nanoTime();
            for (int sum = 0; sum < sums; sum++)
            {
                index.sweep(0, threads);
            }
            best = Math.min(best, (System.nanoTime() - begin) / NS_PER_S);
        }
        return best;
    }

    /** One more epoch through the index, each output with its exact total before the next one comes. */
    void arrivals(final boolean hasGoals)
    {
        final Arrivals arrivals = new Arrivals();
        lab.nextEpoch(arrivals);
        final int first = graph.nodeCount();
        final long begin = System.nanoTime();
        long coreTook = 0;
        int outputs = 0;
        for (int i = 0; i < arrivals.count(); i++)
        {
            final long beginOne = arrivals.isCore(i) ? System.nanoTime() : 0;
            arrivals.append(i, index);
            if (arrivals.isCore(i))
            {
                coreTook += System.nanoTime() - beginOne;
            }
            else
            {
                index.total(first + i, 0, answer);
                outputs++;
            }
        }
        final double outputsTook = System.nanoTime() - begin - coreTook;
        final int coreCount = arrivals.count() - outputs;
        if (hasGoals)
        {
            figures.atLeast("arriving outputs with exact totals, one core",
                outputs / outputsTook * NS_PER_S, "/s", 50_000);
        }
        else
        {
            figures.note("arriving outputs with exact totals, one core", outputs / outputsTook * NS_PER_S, "/s");
        }
        figures.note("arriving core node, promotions included", coreTook / NS_PER_US / coreCount, "us");
        figures.note("classes after it", index.classCount(), "");
        for (int i = 0; i < 20; i++)
        {
            check(first + random.nextInt(arrivals.count()));
        }
    }

    /** Reports of computations that run now, the newest 10^4 core nodes; then of any node. */
    void changes(final boolean hasGoals)
    {
        final int[] recent = newestCore(10_000);
        final double inFlight = batch(recent, 10_000);
        if (hasGoals)
        {
            figures.atLeast("in-flight weight changes into all totals", 10_000 / inFlight * NS_PER_S, "/s", 100_000);
            figures.atMost("visible after, batches of 10^4", inFlight / NS_PER_MS, "ms", 100);
        }
        else
        {
            figures.note("in-flight weight changes into all totals", 10_000 / inFlight * NS_PER_S, "/s");
            figures.note("visible after, batches of 10^4", inFlight / NS_PER_MS, "ms");
        }
        figures.note("one in-flight change into all totals", batch(recent, 1) / NS_PER_US, "us");
        final int[] any = new int[10_000];
        for (int i = 0; i < any.length; i++)
        {
            any[i] = random.nextInt(graph.nodeCount());
        }
        final int[] anyCore = newestCore(index.rowCount());
        figures.note("one change of any core node into all totals", batch(anyCore, 1) / NS_PER_US, "us");
        figures.note("512 changes of any core nodes into all totals", batch(anyCore, 512) / NS_PER_MS, "ms");
        figures.note("10^4 changes of any core nodes into all totals", batch(anyCore, 10_000) / NS_PER_MS, "ms");
        figures.note("10^4 changes of any nodes into all totals", batch(any, 10_000) / NS_PER_MS, "ms");
        for (int i = 0; i < 20; i++)
        {
            check(random.nextInt(graph.nodeCount()));
            check(recent[random.nextInt(recent.length)]);
        }
    }

    private int[] newestCore(final int count)
    {
        final int[] found = new int[Math.min(count, index.rowCount())];
        int left = found.length;
        for (int node = graph.nodeCount() - 1; left > 0; node--)
        {
            if (graph.isCore(node))
            {
                found[--left] = node;
            }
        }
        return found;
    }

    /** Median time of a batch of changes from the first call to the end of the flush. */
    private double batch(final int[] nodes, final int size)
    {
        final long[] took = new long[size > 1000 ? 15 : 41];
        for (int round = 0; round < took.length; round++)
        {
            final long begin = System.nanoTime();
            for (int i = 0; i < size; i++)
            {
                index.setWeight(nodes[random.nextInt(nodes.length)], 0, random.nextLong(1 << 20), random.nextLong(),
                    false);
            }
            index.flush();
            took[round] = System.nanoTime() - begin;
        }
        Arrays.sort(took);
        return at(took, 0.5);
    }

    private void check(final int node)
    {
        index.total(node, 0, answer);
        scan.sum(node, 0, expected);
        compare(node);
    }

    private void compare(final int node)
    {
        if (!answer.value(0).equals(expected.value(0)))
        {
            throw new IllegalStateException(
                "node " + node + ": index " + answer.value(0) + ", scan " + expected.value(0));
        }
        checked++;
    }

    int checkedCount()
    {
        return checked;
    }

    ParentGraph graph()
    {
        return graph;
    }

    int anyOutput()
    {
        int node = random.nextInt(graph.nodeCount());
        while (graph.isCore(node))
        {
            node = random.nextInt(graph.nodeCount());
        }
        return node;
    }

    static long at(final long[] sorted, final double quantile)
    {
        return sorted[Math.min(sorted.length - 1, (int)(quantile * sorted.length))];
    }
}
