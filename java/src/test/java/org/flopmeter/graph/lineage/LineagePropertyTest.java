/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.lineage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.lineage.LineageImport.Imported;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ArrayNode;

/** Random events by seed: what their order may not change, and what every graph of them must hold. */
class LineagePropertyTest
{
    private static final int SEEDS = 400;
    private static final int DATASETS = 5;

    /** What the generator knows of a run, for an oracle that shares nothing with the mapper. */
    private record Known(
        String id, int start, int end, Set<String> reads, Set<String> writes, boolean isEnded, String parent)
    {
    }

    @Test
    void shouldGiveTheSameGraphInAnyOrderAndHoweverOften()
    {
        int graphs = 0;
        for (int seed = 0; seed < SEEDS; seed++)
        {
            final Random random = new Random(seed);
            final Events events = new Events();
            runs(random, events, true);
            final List<String> shuffled = new ArrayList<>(events.lines());
            events.lines().stream().filter(line -> random.nextBoolean()).forEach(shuffled::add);
            Collections.shuffle(shuffled, random);

            final String expected = outcome(events.lines());

            assertEquals(expected, outcome(shuffled), "seed " + seed);
            graphs += expected.startsWith("{") ? 1 : 0;
        }
        assertTrue(graphs > SEEDS / 2, graphs + " graphs");
    }

    @Test
    void shouldNoticeAnEventThatIsMissing()
    {
        // The canary of the test above: without one event most graphs are others.
        int noticed = 0;
        for (int seed = 0; seed < 100; seed++)
        {
            final Random random = new Random(seed);
            final Events events = new Events();
            runs(random, events, false);
            final List<String> fewer = new ArrayList<>(events.lines());
            fewer.remove(random.nextInt(fewer.size()));
            noticed += outcome(events.lines()).equals(outcome(fewer)) ? 0 : 1;
        }
        assertTrue(noticed > 80, noticed + " of 100");
    }

    @Test
    void shouldHoldEveryWriterThatAReaderCanHaveReadAndEveryParent()
    {
        long checks = 0;
        int caught = 0;
        for (int seed = 0; seed < SEEDS; seed++)
        {
            final Events events = new Events();
            final List<Known> runs = runs(new Random(seed), events, false);

            // Without named versions nothing can contradict itself: two runs, parents too, never make a cycle.
            final Imported imported = events.imported();

            final List<String> missing = missing(runs, Events.graph(imported));
            assertEquals(List.of(), missing, "seed " + seed);
            checks += runs.size();
            final ArrayNode edges = (ArrayNode)imported.document().get("edges");
            if (!edges.isEmpty())
            {
                // The canary: with one edge less the oracle has something to say, where no other path leads there.
                edges.remove(new Random(seed).nextInt(edges.size()));
                caught += missing(runs, Events.graph(imported)).isEmpty() ? 0 : 1;
            }
        }
        assertTrue(checks > 1_000, checks + " runs");
        assertTrue(caught > SEEDS / 20, caught + " of " + SEEDS);
    }

    /** Writers and parents that should be among the causes of a run and are not. */
    private static List<String> missing(final List<Known> runs, final CausalGraph graph)
    {
        final List<String> missing = new ArrayList<>();
        for (final Known reader : runs)
        {
            final BitSet of = new BitSet();
            of.set(graph.result(reader.id));
            final Set<String> causes = new TreeSet<>();
            graph.closure(of).stream().forEach(v -> causes.add(graph.name(v).replaceAll("@.*", "")));
            for (final String dataset : reader.reads)
            {
                for (final Known writer : runs)
                {
                    final boolean isBefore = writer.end < reader.end ||
                        writer.end == reader.end && writer.id.compareTo(reader.id) < 0;
                    if (writer.writes.contains(dataset) && isBefore &&
                        (writer.end >= reader.start || isCurrent(runs, writer, reader, dataset)) &&
                        !causes.contains(writer.id))
                    {
                        missing.add(reader.id + " reads " + dataset + " of " + writer.id);
                    }
                }
            }
            final Known parent = runs.stream().filter(run -> run.id.equals(reader.parent)).findAny().orElse(null);
            if (null != parent && (parent.start <= reader.end || !reader.isEnded) && !causes.contains(parent.id))
            {
                missing.add(reader.id + " launched by " + parent.id);
            }
        }
        return missing;
    }

    /** Did nobody write after the writer and before the start of the reader? */
    private static boolean isCurrent(
        final List<Known> runs, final Known writer, final Known reader, final String dataset)
    {
        return runs.stream().noneMatch(other -> other.writes.contains(dataset) && other.end < reader.start &&
            (other.end > writer.end || other.end == writer.end && other.id.compareTo(writer.id) > 0));
    }

    private static List<Known> runs(final Random random, final Events events, final boolean isVersioned)
    {
        final List<Known> runs = new ArrayList<>();
        final int count = 1 + random.nextInt(9);
        for (int i = 0; i < count; i++)
        {
            final int start = random.nextInt(60);
            final int end = start + random.nextInt(30);
            final boolean isEnded = 0 != random.nextInt(6);
            final Set<String> reads = datasets(random);
            final Set<String> writes = datasets(random);
            final String parent = 0 < i && 0 == random.nextInt(2) ? "r" + random.nextInt(i) : null;
            final Known run = new Known("r" + i, start, end, reads, writes, isEnded, parent);
            runs.add(run);
            final String facets = (null == parent ? "" : Events.parent(parent) + ",") +
                Events.flop(random.nextInt(1000));
            events.add("START", start, run.id, Events.reads(versioned(random, reads, isVersioned)), facets);
            events.add(isEnded ? random.nextInt(4) == 0 ? "FAIL" : "COMPLETE" : "RUNNING", end, run.id,
                Events.reads(reads.toArray(String[]::new)) + "," +
                Events.writes(versioned(random, writes, isVersioned)),
                0 == random.nextInt(3) ? Events.flop(1000 + random.nextInt(3)) : "");
        }
        return runs;
    }

    private static Set<String> datasets(final Random random)
    {
        final Set<String> datasets = new TreeSet<>();
        for (int i = random.nextInt(4); i > 0; i--)
        {
            datasets.add("d" + random.nextInt(DATASETS));
        }
        return datasets;
    }

    private static String[] versioned(final Random random, final Set<String> datasets, final boolean isVersioned)
    {
        return datasets.stream().map(name -> switch (random.nextInt(8))
        {
            case 0 -> name + (isVersioned ? ":" + random.nextInt(3) : "");
            case 1 -> name + (isVersioned ? "!" : "");
            default -> name;
        }).toArray(String[]::new);
    }

    private static String outcome(final List<String> lines)
    {
        try
        {
            return Events.imported(lines).document().toString();
        }
        catch (final GraphRefusedException ex)
        {
            return ex.refusal() + " " + ex.getMessage();
        }
    }
}
