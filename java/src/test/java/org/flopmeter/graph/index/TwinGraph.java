/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.math.BigInteger;
import java.util.Set;
import java.util.SplittableRandom;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopOverflowException;

/** A graph that grows by chance, twice: behind an index and as plain sets. Counts where the two differ. */
final class TwinGraph
{
    /** What chance may do to a graph. */
    enum Shape
    {
        /** A third of the nodes core, few parents, near and far. */
        MIXED,
        /** Chains of periphery that read one another, with core nodes that read many of them. */
        CONVERSATIONS,
        /** Mostly core: several blocks of columns. */
        WIDE
    }

    static final int SERIES = 2;

    final SplittableRandom random;
    final NaiveGraph naive = new NaiveGraph();
    final ClosureTotal total = new ClosureTotal();
    ClosureIndex index;
    AncestorScan scan;
    int comparisons;
    int mismatches;
    int contracted;
    private final Shape shape;
    private final int weightBits;
    private final int[] parents = new int[128];
    private ParentGraph graph;

    TwinGraph(final long seed, final Shape shape, final int weightBits)
    {
        random = new SplittableRandom(seed);
        this.shape = shape;
        this.weightBits = weightBits;
    }

    /** Before the index. */
    void buildWith(final int nodeCount, final IndexLimits limits)
    {
        graph = new ParentGraph(SERIES, random.nextInt(nodeCount + 1));
        for (int i = 0; i < nodeCount; i++)
        {
            final boolean isCore = nextIsCore();
            final int length = nextParents(i, isCore);
            graph.add(isCore, parents, length);
            naive.add(parents, length);
            for (int series = 0; series < SERIES; series++)
            {
                if (random.nextInt(3) > 0)
                {
                    final BigInteger weight = nextWeight();
                    final boolean isUnbounded = 0 == random.nextInt(40);
                    final FlopCount value = FlopCount.of(weight);
                    graph.setWeight(i, series, value.high(), value.low(), isUnbounded);
                    naive.set(i, series, weight, isUnbounded);
                }
            }
        }
        index = ClosureIndex.build(graph, limits);
        scan = new AncestorScan(graph);
    }

    private boolean nextIsCore()
    {
        switch (shape)
        {
            case MIXED:
                return 0 == random.nextInt(3);
            case CONVERSATIONS:
                return 0 == random.nextInt(8);
            default:
                return random.nextInt(10) > 0;
        }
    }

    private int nextParents(final int node, final boolean isCore)
    {
        if (0 == node)
        {
            return 0;
        }
        final int most = Shape.CONVERSATIONS == shape && isCore ? 12 : Shape.WIDE == shape ? 3 : 4;
        final int length = random.nextInt(most + 1);
        for (int i = 0; i < length; i++)
        {
            parents[i] = random.nextBoolean() ?
                Math.max(0, node - 1 - random.nextInt(8)) : random.nextInt(node);
        }
        return length;
    }

    private BigInteger nextWeight()
    {
        // One in eight has all its bits, so that sums of a graph with 128 of them often do not fit.
        final int bits = 0 == random.nextInt(8) ? weightBits : 1 + random.nextInt(weightBits);
        return new BigInteger(1, bytes()).mod(BigInteger.ONE.shiftLeft(bits));
    }

    private byte[] bytes()
    {
        final byte[] bytes = new byte[17];
        random.nextBytes(bytes);
        return bytes;
    }

    void append()
    {
        final boolean isCore = nextIsCore();
        final int length = nextParents(naive.nodeCount(), isCore);
        final int node = index.append(isCore, parents, length);
        naive.add(parents, length);
        for (int series = 0; series < SERIES; series++)
        {
            final BigInteger weight = nextWeight();
            final boolean isUnbounded = 0 == random.nextInt(40);
            final FlopCount value = FlopCount.of(weight);
            index.setNewest(node, series, value.high(), value.low(), isUnbounded);
            naive.set(node, series, weight, isUnbounded);
        }
    }

    /** The naive twin always gets the edge; the index when asked. */
    void addEdge(final boolean alsoToIndex)
    {
        if (naive.nodeCount() < 2)
        {
            return;
        }
        final int child = 1 + random.nextInt(naive.nodeCount() - 1);
        final int parent = random.nextInt(child);
        naive.addEdge(parent, child);
        if (alsoToIndex)
        {
            index.addEdge(parent, child);
        }
    }

    void setWeight()
    {
        final int node = random.nextInt(naive.nodeCount());
        final int series = random.nextInt(SERIES);
        final BigInteger weight = nextWeight();
        final boolean isUnbounded = 0 == random.nextInt(20);
        final FlopCount value = FlopCount.of(weight);
        index.setWeight(node, series, value.high(), value.low(), isUnbounded);
        naive.setLater(node, series, weight, isUnbounded);
    }

    void flush()
    {
        index.flush();
        naive.flush();
    }

    void step()
    {
        final int choice = random.nextInt(10);
        if (choice < 3)
        {
            append();
        }
        else if (choice < 5)
        {
            addEdge(true);
        }
        else if (choice < 7)
        {
            setWeight();
        }
        else if (choice < 8)
        {
            flush();
        }
        else
        {
            compare(random.nextInt(naive.nodeCount()));
        }
    }

    void compareAll()
    {
        for (int node = 0; node < naive.nodeCount(); node++)
        {
            compare(node);
        }
    }

    /** Index, all series and one; scan, all and one. */
    void compare(final int node)
    {
        final Set<Integer> closure = naive.closure(node);
        final String[] expected = new String[SERIES];
        boolean overflows = false;
        for (int series = 0; series < SERIES; series++)
        {
            expected[series] = naive.sum(closure, series);
            overflows |= "OVERFLOW".equals(expected[series]);
        }
        for (int series = 0; series < SERIES; series++)
        {
            final int one = series;
            check(expected[series], one, () -> index.total(node, one, total));
            contracted += ClosureTotal.Path.CONTRACTED == total.path() ? 1 : 0;
            check(expected[series], one, () -> countNodes(closure, scan.sum(node, one, total)));
            if (!overflows)
            {
                check(expected[series], one, () -> index.totals(node, total));
                check(expected[series], one, () -> countNodes(closure, scan.sums(node, total)));
            }
        }
        comparisons++;
        mismatches += closure.size() == scan.closure(node).length ? 0 : 1;
    }

    private void countNodes(final Set<Integer> closure, final int summed)
    {
        mismatches += closure.size() == summed ? 0 : 1;
    }

    private void check(final String expected, final int series, final Runnable query)
    {
        String actual;
        try
        {
            query.run();
            actual = total.value(series) + (total.isUnbounded(series) ? "+" : "");
        }
        catch (final FlopOverflowException e)
        {
            actual = "OVERFLOW";
        }
        comparisons++;
        mismatches += expected.equals(actual) ? 0 : 1;
    }
}
