/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.GraphRefusedException;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.Refusal;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.Purposed;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreImportTest
{
    private static final long NOW_NS = 2_000_000_030L;
    private static final int NODES = 12;

    @TempDir
    private Path state;

    private GraphStore store;

    @BeforeEach
    void open()
    {
        store = GraphStore.of(state);
    }

    private static String computation(final String id, final long flopCount)
    {
        return "{\"id\":\"" + id + "\",\"kind\":\"computation\",\"flop\":{\"fp32\":\"" + flopCount + "\"}}";
    }

    private static String artifact(final String id)
    {
        return "{\"id\":\"" + id + "\",\"kind\":\"dataset\"}";
    }

    private static String edge(final String from, final String to)
    {
        return "{\"from\":\"" + from + "\",\"to\":\"" + to + "\"}";
    }

    private static String event(final String run, final long flopCount, final String input, final String output)
    {
        return ("{'eventType':'COMPLETE','eventTime':'2026-11-28T10:00:0" + run.length() + "Z','run':{'runId':'" + run +
            "','facets':{'flopmeter_compute':{'flop':{'fp32':'" + flopCount + "'}}}}," +
            "'job':{'namespace':'j','name':'n'}," +
            "'inputs':[" + dataset(input) + "],'outputs':[" + dataset(output) + "]}").replace('\'', '"');
    }

    private static String dataset(final String version)
    {
        return version.isEmpty() ? "" :
            "{'namespace':'s3','name':'d','facets':{'version':{'datasetVersion':'" + version + "'}}}";
    }

    private StoreImport importing()
    {
        return new StoreImport(store, "me", NOW_NS);
    }

    private int take(final List<String> nodes, final List<String> edges)
    {
        return take(importing(), nodes, edges);
    }

    private static int take(final StoreImport into, final List<String> nodes, final List<String> edges)
    {
        nodes.forEach(line -> into.add(ImportFormat.NODES, "g.json", "$.nodes", line));
        edges.forEach(line -> into.add(ImportFormat.EDGES, "g.json", "$.edges", line));
        into.commit();
        return into.newCount();
    }

    private int takeEvents(final String... events)
    {
        final StoreImport into = importing();
        for (final String event : events)
        {
            into.add(ImportFormat.EVENTS, "e.jsonl", "line", event);
        }
        into.commit();
        return into.newCount();
    }

    private RecordedGraph recorded()
    {
        return RecordedGraph.of(store.read(), NOW_NS);
    }

    private CausalSum sum(final String of)
    {
        return new Quantities(recorded().graph()).compute(List.of(of));
    }

    private FlopInterval total(final String of)
    {
        return sum(of).total();
    }

    private static FlopInterval exactly(final long flopCount)
    {
        return Records.exactly(flopCount);
    }

    /** However a graph comes in parts, repeated and in whatever order, it is the same graph in the end. */
    @Test
    void shouldGiveTheSameTotalsHoweverAGraphComes() throws IOException
    {
        int comparisons = 0;
        int noticed = 0;
        for (int seed = 0; seed < 15; seed++)
        {
            final Random random = new Random(seed);
            final List<String> nodes = new ArrayList<>();
            final List<String> edges = new ArrayList<>();
            for (int i = 0; i < NODES; i++)
            {
                nodes.add(computation("n" + i, 1L << i));
                for (int from = 0; from < i; from++)
                {
                    if (0 == random.nextInt(4))
                    {
                        edges.add(edge("n" + from, "n" + i));
                    }
                }
            }
            store = GraphStore.of(Files.createDirectory(state.resolve("whole" + seed)));
            take(nodes, edges);
            final List<FlopInterval> whole = totals();
            store = GraphStore.of(Files.createDirectory(state.resolve("parts" + seed)));
            final List<String> shuffled = new ArrayList<>(edges);
            Collections.shuffle(shuffled, random);
            for (int at = 0; at < shuffled.size(); at += 3)
            {
                take(nodes, shuffled.subList(0, Math.min(shuffled.size(), at + 3)));
            }
            final List<FlopInterval> parts = shuffled.isEmpty() ? whole : totals();
            assertEquals(whole, parts, "seed " + seed);
            comparisons += NODES;

            // Canary: where one edge did not come, the totals say so.
            store = GraphStore.of(Files.createDirectory(state.resolve("fewer" + seed)));
            take(nodes, edges.subList(0, Math.max(0, edges.size() - 1)));
            noticed += totals().equals(whole) ? 0 : 1;
        }
        assertEquals(15 * NODES, comparisons);
        assertTrue(noticed > 5, noticed + " of 15");
    }

    private List<FlopInterval> totals()
    {
        final Quantities quantities = new Quantities(recorded().graph());
        final List<FlopInterval> totals = new ArrayList<>();
        for (int i = 0; i < NODES; i++)
        {
            totals.add(quantities.compute(List.of("n" + i)).total());
        }
        return totals;
    }

    /** Killed at any byte of an import, of which every 13th is tried: nothing of it is there, and again it is whole. */
    @Test
    void shouldSurviveAKillAnywhere() throws IOException
    {
        take(List.of(computation("a", 1)), List.of());
        final int before = (int)Files.size(store.file());
        take(List.of(computation("a", 1), computation("b", 2)), List.of(edge("a", "b")));
        takeEvents(event("r", 4, "", "1"));
        final byte[] whole = Files.readAllBytes(store.file());
        for (int length = before; length < whole.length; length += 13)
        {
            Files.write(store.file(), Arrays.copyOf(whole, length));
            final List<String> ids = List.copyOf(recorded().graph().ids());
            assertTrue(List.of(1, 2).contains(ids.size()), "cut at " + length + ": " + ids);

            take(List.of(computation("a", 1), computation("b", 2)), List.of(edge("a", "b")));
            takeEvents(event("r", 4, "", "1"));

            assertEquals(exactly(3), total("b"), "cut at " + length);
            assertEquals(exactly(4), total("r"), "cut at " + length);
        }
    }

    @Test
    void shouldWriteNothingThatIsThereAlready() throws IOException
    {
        assertEquals(3, take(List.of(computation("a", 1), computation("b", 2)), List.of(edge("a", "b"))));
        assertEquals(1, takeEvents(event("r", 4, "", "1"), event("r", 4, "", "1")));
        final byte[] before = Files.readAllBytes(store.file());

        assertEquals(0, take(List.of(computation("b", 2), computation("a", 1)), List.of(edge("a", "b"))));
        assertEquals(0, takeEvents(event("r", 4, "", "1")));

        assertTrue(Arrays.equals(before, Files.readAllBytes(store.file())));
    }

    @Test
    void shouldRefuseWhatContradictsAndWriteNothing() throws IOException
    {
        take(List.of(computation("a", 1), computation("b", 2)), List.of(edge("a", "b")));
        takeEvents(event("r", 4, "", "1"));
        final byte[] before = Files.readAllBytes(store.file());

        assertEquals(Refusal.DUPLICATE_ID, assertThrows(GraphRefusedException.class,
            () -> take(List.of(computation("a", 5), computation("c", 5)), List.of())).refusal());
        assertEquals(Refusal.CYCLE, assertThrows(GraphRefusedException.class,
            () -> take(List.of(computation("a", 1), computation("b", 2)), List.of(edge("b", "a")))).refusal());
        assertThrows(GraphStoreException.class, () -> take(List.of(computation("r", 5)), List.of()));
        assertThrows(GraphStoreException.class,
            () -> take(List.of(computation("x".repeat(StoreImport.LINE_LENGTH_MAX), 5)), List.of()));

        assertTrue(Arrays.equals(before, Files.readAllBytes(store.file())));
    }

    /** Events that come later tell of runs before: the store maps them all together. */
    @Test
    void shouldMapAllEventsTogether()
    {
        takeEvents(event("rr", 2, "1", "2"));
        assertTrue(!total("rr").isBounded());

        takeEvents(event("r", 1, "", "1"));

        assertEquals(exactly(3), total("s3/d#2"));
    }

    /** Metered: prep writes content 1. Imported: a run reads it, and says what it wrote. Metered: train reads that. */
    @Test
    void shouldJoinMeteredAndImportedByTheDigest()
    {
        store.append(first -> List.of(Records.begun("prep", 1), Records.written(first, 1, 2),
            Records.weighed(first, 2, exactly(100)), new Ended(first, 2, 0)));
        final String one = Records.digest(1).toString();
        final String two = Records.digest(2).toString();
        takeEvents(event("rr", 20, one, two));
        store.append(first -> List.of(Records.begun("train", 3), Records.read(first, 2, 4),
            Records.written(first, 3, 5), Records.weighed(first, 5, exactly(3)), new Ended(first, 5, 0)));

        final CausalSum sum = sum("train");
        assertEquals(exactly(123), sum.total());
        assertEquals(List.of("prep", "rr", "train"), sum.counted().stream().sorted().toList());
        assertEquals(exactly(120), total("s3/d#" + two));
        assertEquals(List.of("s3/d#" + two), recorded().versions(Records.digest(2)));
        assertEquals(2, recorded().versions(Records.digest(1)).size());
    }

    @Test
    void shouldJoinANativeGraphToo()
    {
        final String one = Records.digest(1).toString();
        take(List.of(computation("scrape", 7), artifact(one)), List.of(edge("scrape", one)));
        store.append(first -> List.of(Records.begun("train", 3), Records.read(first, 1, 4),
            Records.written(first, 1, 5), Records.weighed(first, 5, exactly(3)), new Ended(first, 5, 0)));

        assertEquals(exactly(10), total("train"));
        // What train wrote is of the same content as what was imported: one of the two ways would be a cycle.
        assertEquals(1, recorded().findings().size());
        assertEquals(exactly(7), total("imported#" + one));
    }

    /** The events' run is the metered one: it weighs what was metered, once, and depends on what the events say. */
    @Test
    void shouldTakeAComputationOfTheSameIdForTheSame()
    {
        take(List.of(computation("scrape", 7), artifact("raw"), computation("prep", 1_000_000)),
            List.of(edge("scrape", "raw"), edge("raw", "prep")));
        store.append(first -> List.of(Records.begun("prep", 1), Records.written(first, 1, 2),
            Records.weighed(first, 2, exactly(100)), new Ended(first, 2, 0)));

        assertEquals(exactly(107), total("prep"));
    }

    @Test
    void shouldShowWhoseImportACutIs()
    {
        take(List.of(computation("a", 1), computation("b", 2)),
            List.of("{\"from\":\"a\",\"to\":\"b\",\"cut\":\"independent\",\"argument\":\"never read\"}"));

        assertEquals(exactly(2), total("b"));
        assertEquals("me: never read", recorded().cuts().get(0).author() + ": " + recorded().cuts().get(0).argument());
    }

    /** Who names a segmented computation means its last segment as a cause, its first as an effect. */
    @Test
    void shouldTakeSegmentsAsTheyAreNamed()
    {
        take(List.of("{\"id\":\"s\",\"kind\":\"computation\",\"segments\":[{\"flop\":{\"fp32\":\"5\"}}," +
            "{\"flop\":{\"fp32\":\"70\"}}]}", computation("a", 1000), computation("b", 0), artifact("d"),
            artifact("e"), artifact("f"),
            "{\"id\":\"c\",\"kind\":\"computation\",\"flop\":{\"fp32\":\"3\"},\"end\":2}"),
            List.of(edge("s@1", "d"), edge("s", "e"), edge("a", "s"),
                edge("s", "b").replace("}", ",\"cut\":\"independent\",\"argument\":\"never read\"}"),
                edge("a", "c").replace("}", ",\"cut\":\"independent\",\"argument\":\"nor this\"}")));

        assertEquals(exactly(1005), total("d"));
        assertEquals(exactly(1075), total("e"));
        assertEquals(exactly(0), total("b"));
        assertEquals(List.of("me: never read", "me: nor this"), recorded().cuts().stream()
            .map(cut -> cut.author() + ": " + cut.argument()).toList());
        assertEquals(NOW_NS, recorded().cuts().get(0).timeNs());
        final CausalGraph graph = recorded().graph();
        final Activity activity = graph.activity(graph.result("c"));
        assertNull(activity.start(), "nobody said when it began");
        assertEquals(Ratio.of(2), activity.end());
    }

    /** Segments run one after the other: what leads from the last back to the first is a circle. */
    @Test
    void shouldLeaveOutAnEdgeThatLeadsBackToAnEarlierSegment()
    {
        final String one = "one#" + Records.digest(1);
        final String two = "two#" + Records.digest(2);
        take(List.of("{\"id\":\"s\",\"kind\":\"computation\",\"segments\":[{\"flop\":{\"fp32\":\"5\"}}," +
            "{\"flop\":{\"fp32\":\"70\"}}]}", artifact(one), artifact(two)),
            List.of(edge("s@2", one), edge(two, "s@1")));
        store.append(first -> List.of(Records.begun("train", 3), Records.read(first, 1, 4),
            Records.written(first, 2, 5), Records.weighed(first, 5, exactly(1000)), new Ended(first, 5, 0)));

        assertEquals(1, recorded().findings().size());
        assertEquals(exactly(1075), total("train"));
        assertEquals(Set.of("s", one, two), recorded().imported().keySet());
    }

    /** What events call a run of segments was metered as a whole. */
    @Test
    void shouldTakeAnySegmentOfAMeteredComputationForTheWhole()
    {
        take(List.of("{\"id\":\"prep\",\"kind\":\"computation\",\"segments\":[{\"flop\":{\"fp32\":\"5\"}}," +
            "{\"flop\":{\"fp32\":\"70\"}}]}", computation("scrape", 7), artifact("out"), artifact("late")),
            List.of(edge("scrape", "prep@2"), edge("prep@1", "out"), edge("prep", "late")));
        store.append(first -> List.of(Records.begun("prep", 1), Records.weighed(first, 2, exactly(100)),
            new Ended(first, 2, 0)));

        for (final String of : List.of("prep", "out", "late"))
        {
            assertEquals(exactly(107), total(of), of);
        }
    }

    @Test
    void shouldKeepTimesOfImportedArtifacts()
    {
        take(List.of("{\"id\":\"h\",\"kind\":\"human\",\"t\":3}", artifact("d")), List.of());
        final CausalGraph graph = recorded().graph();
        assertEquals(Ratio.of(3), graph.instant(graph.result("h")));
        assertNull(graph.instant(graph.result("d")));
    }

    @Test
    void shouldDeclarePeopleOnce()
    {
        final StoreImport first = importing();
        first.add(ImportFormat.EVENTS, "e", "", event("r", 4, "0", "1"));
        first.addHumanAll("typed");
        first.commit();
        final long records = store.read().entries().size();
        final StoreImport again = importing();
        again.addHuman("s3/d", "typed");
        again.commit();

        assertEquals(records, store.read().entries().size());
        assertEquals(exactly(4), total("s3/d#1"));
        assertEquals(List.of("typed"), recorded().origins().values().stream()
            .map(origin -> origin.declared().argument()).toList());
    }

    @Test
    void shouldSplitByThePurposeThatWasSaidLast()
    {
        store.append(first -> List.of(new Begun(1, "train", "run", "n", "", ""),
            Records.weighed(first, 2, exactly(100)), new Ended(first, 2, 0),
            new Purposed("train", Purpose.FAILED, "lost", "me", 20),
            new Purposed("train", Purpose.TRAINING, "run --purpose", "", 10)));

        assertEquals(List.of(Purpose.FAILED), List.copyOf(
            new Quantities(recorded().graph()).computeByPurpose(List.of("train")).keySet()));
    }

    /** Two at once: each is there whole in the end, whoever came first. */
    @Test
    void shouldTakeImportsOfTwoThreadsAtOnce() throws Exception
    {
        final ExecutorService threads = Executors.newFixedThreadPool(2);
        try
        {
            final List<Future<Integer>> imports = new ArrayList<>();
            for (int i = 0; i < 8; i++)
            {
                final String name = "n" + i;
                imports.add(threads.submit(
                    () -> take(new StoreImport(GraphStore.of(state), "me", NOW_NS),
                        List.of(computation("all", 1), computation(name, 1)), List.of(edge("all", name)))));
            }
            int taken = 0;
            for (final Future<Integer> future : imports)
            {
                taken += future.get();
            }
            assertEquals(17, taken);
        }
        finally
        {
            threads.shutdownNow();
        }
        assertEquals(9, recorded().graph().ids().size());
        assertEquals(exactly(2), total("n7"));
    }

    /** Both have read what was there when the first of them appends: the other must see it and begin again. */
    @Test
    void shouldWriteALineOnceThoughTwoBringItAtOnce() throws Exception
    {
        final ExecutorService threads = Executors.newFixedThreadPool(2);
        try
        {
            final CyclicBarrier start = new CyclicBarrier(2);
            for (int round = 0; round < 5; round++)
            {
                final List<String> nodes = new ArrayList<>();
                for (int i = 0; i < 20; i++)
                {
                    nodes.add(computation("n" + round + "-" + i, 1));
                }
                final Callable<Integer> importing = () ->
                {
                    start.await();
                    return take(new StoreImport(GraphStore.of(state), "me", NOW_NS), nodes, List.of());
                };
                final Future<Integer> other = threads.submit(importing);
                assertEquals(20, threads.submit(importing).get() + other.get(), "round " + round);
            }
        }
        finally
        {
            threads.shutdownNow();
        }
    }
}
