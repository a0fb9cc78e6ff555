/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.junit.jupiter.api.Test;

/** Random graphs by seed against the oracle, and the laws of docs/design/0014-graph.md, section 3. */
class QuantitiesPropertyTest
{
    /** The mutation profile runs them once a mutant, and takes fewer. */
    private static final int GRAPHS = Integer.getInteger("flopmeter.graph.count", 1500);
    private static final int QUERIES = 12;

    @Test
    void shouldEqualTheNaiveSumOnRandomGraphs()
    {
        long comparisons = 0;
        for (int seed = 0; seed < GRAPHS; seed++)
        {
            final RandomGraph random = new RandomGraph(seed, 60);
            final Quantities quantities = new Quantities(random.graph());
            for (int i = 0; i < QUERIES; i++)
            {
                comparisons += compare("seed " + seed, random, quantities);
            }
        }
        assertEquals(12L * QUERIES * GRAPHS, comparisons);
    }

    @Test
    void shouldCatchACountPerPath()
    {
        // The canary: a sum over paths, the natural mistake, differs from the oracle on most graphs.
        int caught = 0;
        for (int seed = 0; seed < 100; seed++)
        {
            final RandomGraph random = new RandomGraph(seed, 60);
            final String of = random.names().get(random.names().size() - 1);
            final BigInteger once = random.naive().sum(random.naive().closure(Set.of(of)), null)[0];
            if (!once.equals(sumOverPaths(random, of, new HashMap<>())))
            {
                caught++;
            }
        }
        assertTrue(caught > 10, caught + " of 100");
    }

    @Test
    void shouldBeMonotoneAndSubadditive()
    {
        for (int seed = 0; seed < GRAPHS; seed++)
        {
            final RandomGraph random = new RandomGraph(seed, 40);
            final Quantities quantities = new Quantities(random.graph());
            final Set<String> s = random.someNames();
            final Set<String> t = random.someNames();
            final Set<String> both = new HashSet<>(s);
            both.addAll(t);
            final BigInteger ofS = point(quantities.compute(s));
            final BigInteger ofT = point(quantities.compute(t));
            final BigInteger ofBoth = point(quantities.compute(both));

            assertTrue(ofS.compareTo(ofBoth) <= 0, "seed " + seed);
            assertTrue(ofBoth.compareTo(ofS.add(ofT)) <= 0, "seed " + seed);
            assertEquals(ofBoth, ofS.add(point(quantities.marginal(t, s))), "seed " + seed);
        }
    }

    @Test
    void shouldNotCareForNamesAndOrder()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            final RandomGraph random = new RandomGraph(seed, 40);
            final String of = random.names().get(random.names().size() - 1);
            final List<String[]> edges = new ArrayList<>(random.edges());
            Collections.shuffle(edges, new Random(seed));

            final CausalGraph relabelled = rebuilt(random, edges, "x-");

            assertEquals(new Quantities(random.graph()).compute(List.of(of)).byPrecision(),
                new Quantities(relabelled).compute(List.of("x-" + of.replace('@', '.'))).byPrecision(), "seed " + seed);
        }
    }

    @Test
    void shouldNeverLowerATotalByAnEdgeNorRaiseItByACut()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            final RandomGraph random = new RandomGraph(seed, 40);
            if (random.edges().isEmpty())
            {
                continue;
            }
            final String of = "x-" + random.names().get(random.names().size() - 1).replace('@', '.');
            final int chosen = random.random().nextInt(random.edges().size());
            final BigInteger whole = point(new Quantities(rebuilt(random, random.edges(), "x-")).compute(List.of(of)));
            final List<String[]> without = new ArrayList<>(random.edges());
            without.remove(chosen);
            final List<String[]> cut = new ArrayList<>(random.edges());
            cut.set(chosen, new String[] { cut.get(chosen)[0], cut.get(chosen)[1], "cut" });

            final BigInteger fewer = point(new Quantities(rebuilt(random, without, "x-")).compute(List.of(of)));

            assertTrue(fewer.compareTo(whole) <= 0, "seed " + seed);
            assertEquals(fewer, point(new Quantities(rebuilt(random, cut, "x-")).compute(List.of(of))), "seed " + seed);
        }
    }

    @Test
    void shouldKeepTheTotalWhenAComputationIsSplitIntoAChain()
    {
        final GraphBuilder whole = new GraphBuilder()
            .computation("c", activity(100)).artifact("m", NodeKind.MODEL, null);
        final GraphBuilder split = new GraphBuilder()
            .segmented("c", List.of(activity(30), activity(1), activity(69))).artifact("m", NodeKind.MODEL, null);

        assertEquals(new Quantities(whole.edge("c", "m").build()).compute(List.of("m")).total(),
            new Quantities(split.edge("c", "m").build()).compute(List.of("m")).total());
    }

    @Test
    void shouldCountTwoToTheFortyPathsOnce()
    {
        final GraphBuilder builder = new GraphBuilder().computation("j0", activity(1));
        for (int i = 1; i <= 40; i++)
        {
            builder.computation("a" + i, activity(1)).computation("b" + i, activity(1))
                .computation("j" + i, activity(1))
                .edge("j" + (i - 1), "a" + i).edge("j" + (i - 1), "b" + i)
                .edge("a" + i, "j" + i).edge("b" + i, "j" + i);
        }

        assertEquals(FlopInterval.exact(FlopCount.of(121)),
            new Quantities(builder.build()).compute(List.of("j40")).total());
    }

    private static int compare(final String words, final RandomGraph random, final Quantities quantities)
    {
        final NaiveGraph naive = random.naive();
        final Set<String> of = random.someNames();
        final Set<String> after = random.someNames();
        final Set<String> difference = naive.closure(of);
        difference.removeAll(naive.closure(after));
        final Set<String> others = naive.all();
        others.removeAll(naive.closure(of));
        return equal(words, naive, naive.closure(of), quantities.compute(of)) +
            equal(words, naive, difference, quantities.marginal(of, after)) +
            equal(words, naive, others, quantities.unattributed(of));
    }

    /** Compare the sum with the oracle's over this set; the number of figures compared. */
    private static int equal(
        final String words, final NaiveGraph naive, final Set<String> set, final CausalSum sum)
    {
        assertEquals(List.copyOf(naive.computations(set)), sum.counted(), words);
        assertEquals(Arrays.asList(naive.sum(set, null)), ends(sum.total()), words);
        int figures = 1;
        for (final String precision : RandomGraph.PRECISIONS)
        {
            assertEquals(Arrays.asList(naive.sum(set, precision)),
                ends(sum.byPrecision().getOrDefault(precision, FlopInterval.ZERO)), words);
            figures++;
        }
        return figures;
    }

    private static List<BigInteger> ends(final FlopInterval interval)
    {
        return Arrays.asList(interval.lower().toBigInteger(), interval.point().toBigInteger(),
            interval.isBounded() ? interval.upper().toBigInteger() : null);
    }

    private static BigInteger point(final CausalSum sum)
    {
        return sum.total().point().toBigInteger();
    }

    private static BigInteger sumOverPaths(
        final RandomGraph random, final String of, final Map<String, BigInteger> known)
    {
        if (!known.containsKey(of))
        {
            BigInteger sum = random.naive().sum(Set.of(of), null)[0];
            for (final String[] edge : random.edges())
            {
                if (edge[1].equals(of) && edge[2].isEmpty())
                {
                    sum = sum.add(sumOverPaths(random, edge[0], known));
                }
            }
            known.put(of, sum);
        }
        return known.get(of);
    }

    /** The same graph with other names and these edges; segments become computations in a chain. */
    private static CausalGraph rebuilt(final RandomGraph random, final List<String[]> edges, final String prefix)
    {
        final GraphBuilder builder = new GraphBuilder();
        final List<String> names = new ArrayList<>(random.names());
        Collections.shuffle(names, new Random(names.size()));
        for (final String name : names)
        {
            final String id = prefix + name.replace('@', '.');
            if (NodeKind.COMPUTATION == random.kinds().get(name))
            {
                builder.computation(id, Activity.of(new TreeMap<>(random.flop().get(name))));
            }
            else
            {
                builder.artifact(id, random.kinds().get(name), null);
            }
        }
        for (final String name : names)
        {
            final int at = name.indexOf('@');
            if (at > 0 && !name.endsWith("@1"))
            {
                final int number = Integer.parseInt(name.substring(at + 1));
                builder.edge(prefix + name.substring(0, at) + "." + (number - 1), prefix + name.replace('@', '.'));
            }
        }
        for (final String[] edge : edges)
        {
            builder.edge(prefix + edge[0].replace('@', '.'), prefix + edge[1].replace('@', '.'),
                edge[2].isEmpty() ? Cut.NONE : Cut.INDEPENDENT, "as argued");
        }
        return builder.build();
    }

    private static Activity activity(final long flopCount)
    {
        return Activity.of(Map.of("fp8", FlopInterval.exact(FlopCount.of(flopCount))));
    }
}
