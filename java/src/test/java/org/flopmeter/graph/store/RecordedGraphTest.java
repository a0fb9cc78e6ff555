/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.flopmeter.graph.Activity;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.GraphRecord.Declared;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.Peaked;
import org.flopmeter.graph.store.GraphRecord.Purposed;
import org.flopmeter.graph.store.GraphRecord.Read;
import org.flopmeter.graph.store.GraphRecord.Written;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Ratio;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordedGraphTest
{
    private static final long NOW_NS = 2_000_000_030L;
    private static final int DATA = 1;
    private static final int MODEL = 2;
    private static final int OTHER = 3;

    @TempDir
    private Path state;

    private GraphStore store;

    @BeforeEach
    void open()
    {
        store = GraphStore.of(state);
    }

    /** Records that a run has begun and what it reads; returns its number. */
    private long begin(final String name, final long beginNs, final int... reads)
    {
        return begin(new Begun(beginNs, name, "run", name, "./" + name, ""), reads);
    }

    private long begin(final Begun begun, final int... reads)
    {
        return store.append(first ->
        {
            final List<GraphRecord> records = new ArrayList<>(List.of(begun));
            for (final int read : reads)
            {
                records.add(Records.read(first, read, begun.beginNs()));
            }
            return records;
        });
    }

    private void end(final long computation, final long endNs, final long flopCount, final int... writes)
    {
        final List<GraphRecord> records = new ArrayList<>();
        for (final int content : writes)
        {
            records.add(Records.written(computation, content, endNs));
        }
        records.add(Records.weighed(computation, endNs, Records.exactly(flopCount)));
        records.add(new Ended(computation, endNs, 0));
        store.append(records);
    }

    private CausalSum total(final int content)
    {
        final RecordedGraph recorded = RecordedGraph.of(store.read(), NOW_NS);
        return new Quantities(recorded.graph()).compute(recorded.versions(Records.digest(content)));
    }

    @Test
    void shouldConnectByContent()
    {
        end(begin("prep", 10), 20, 7, DATA);
        end(begin("train", 30, DATA), 40, 100, MODEL);
        end(begin("else", 30), 40, 1000, OTHER);

        assertEquals(new CausalSum(Records.exactly(107), new TreeMap<>(
            Map.of("fp32", Records.exactly(107))), List.of("prep", "train")), total(MODEL));
        assertEquals(List.of("prep"), total(DATA).counted());
        assertEquals(List.of("train"), RecordedGraph.of(store.read(), NOW_NS).named("run/train"));
        assertEquals(List.of("prep", "train", "else"), RecordedGraph.of(store.read(), NOW_NS).named("run"));
    }

    @Test
    void shouldTakeARecordSaidAgainOnce()
    {
        final long prep = begin("prep", 10);
        end(prep, 20, 7, DATA);
        final long again = begin("prep", 10);
        end(again, 20, 7, DATA);
        end(prep, 15, 3);

        assertEquals(Records.exactly(7), total(DATA).total());
        assertEquals(1, RecordedGraph.of(store.read(), NOW_NS).artifacts().size());
    }

    @Test
    void shouldTakeAnOriginThatNobodyRecordedAsUnknown()
    {
        end(begin("train", 30, DATA), 40, 100, MODEL);

        assertEquals(FlopInterval.unbounded(FlopCount.of(100), FlopCount.of(100)), total(MODEL).total());
        assertEquals(List.of("train", "unknown:" + Records.digest(DATA)), total(MODEL).counted());

        store.append(List.of(new Declared(Records.digest(DATA), FlopCount.of(5), "vendor's letter", "me", 50, "f")));
        assertEquals(FlopInterval.of(FlopCount.of(100), FlopCount.of(100), FlopCount.of(105)), total(MODEL).total());
        assertEquals(Set.of("declared:" + Records.digest(DATA)), origins());

        store.append(List.of(new Declared(Records.digest(DATA), null, "typed by hand", "me", 60, "f")));
        assertEquals(Records.exactly(100), total(MODEL).total());
        assertEquals("typed by hand",
            RecordedGraph.of(store.read(), NOW_NS).origins().values().iterator().next().declared().argument());
        assertEquals(Set.of("human:" + Records.digest(DATA)), origins());

        // Of two words at once the one that was recorded last holds; an older one changes nothing.
        store.append(List.of(new Declared(Records.digest(DATA), FlopCount.of(6), "after all", "me", 60, "f"),
            new Declared(Records.digest(DATA), FlopCount.of(7), "of old", "me", 59, "f")));
        assertEquals(FlopInterval.of(FlopCount.of(100), FlopCount.of(100), FlopCount.of(106)), total(MODEL).total());
    }

    private Set<String> origins()
    {
        return RecordedGraph.of(store.read(), NOW_NS).origins().keySet();
    }

    @Test
    void shouldGoByTheLatestWordOnAPurpose()
    {
        end(begin("train", 10), 20, 7, MODEL);
        for (final Object[] each : new Object[][] {{Purpose.TRIAL, 10L, Purpose.TRIAL},
            {Purpose.FAILED, 10L, Purpose.FAILED}, {Purpose.TRAINING, 9L, Purpose.FAILED},
            {Purpose.TRAINING, 11L, Purpose.TRAINING}})
        {
            store.append(List.of(new Purposed("train", (Purpose)each[0], "", "me", (long)each[1])));
            final CausalGraph graph = RecordedGraph.of(store.read(), NOW_NS).graph();
            assertEquals(each[2], graph.activity(graph.result("train")).purpose());
        }
    }

    /** Who writes nothing, and who reads it, has nothing to do with anybody else who does. */
    @Test
    void shouldConnectNobodyByContentThatIsEmpty()
    {
        final long touch = begin("touch", 10);
        store.append(List.of(new Written(touch, ContentDigest.EMPTY, 0, 15, NodeKind.DATASET, "f")));
        end(touch, 20, 7);
        final long train = begin("train", 30);
        store.append(List.of(new Read(train, ContentDigest.EMPTY, 0, 31, false, "g")));
        end(train, 40, 100, MODEL);

        assertEquals(Records.exactly(100), total(MODEL).total());
        assertEquals(1, RecordedGraph.of(store.read(), NOW_NS).artifacts().size());
    }

    /** What a run wrote before it read it comes from itself. */
    @Test
    void shouldTakeWhatARunReadsBackForItsOwn()
    {
        final long train = begin("train", 10);
        store.append(List.of(Records.written(train, DATA, 15), Records.read(train, DATA, 16)));
        end(train, 20, 7, MODEL);

        assertEquals(Records.exactly(7), total(MODEL).total());
    }

    /** A writer that began when its reader had ended is none; at the same moment, it may be. */
    @Test
    void shouldNotConnectToAWriterThatBeganTooLate()
    {
        end(begin("train", 15, DATA), 20, 100, MODEL);
        end(begin("later", 21), 30, 7, DATA);
        assertFalse(total(MODEL).total().isBounded());
        assertEquals(FlopCount.of(100), total(MODEL).total().lower());

        end(begin("then", 20), 30, 1000, DATA);
        assertEquals(Records.exactly(1100), total(MODEL).total());
    }

    /** Times of the graph are those of the records, and none where nobody knows or where they deny an edge. */
    @Test
    void shouldKnowWhenThingsWereThere()
    {
        end(begin("prep", 1_000_000_000L), 2_000_000_000L, 7, DATA);
        begin("train", 2_500_000_000L, DATA, OTHER);
        CausalGraph graph = RecordedGraph.of(store.read(), NOW_NS).graph();
        assertEquals(Ratio.of(1), activity(graph, "prep").start());
        assertEquals(Ratio.of(2), activity(graph, "prep").end());
        assertEquals(Ratio.of(5).divide(Ratio.of(2)), activity(graph, "train").start());
        assertNull(activity(graph, "train").end());
        assertEquals(Ratio.of(2), graph.instant(graph.result(Records.digest(DATA).toString())));
        assertNull(graph.instant(graph.result(Records.digest(OTHER).toString())), "nobody wrote it");
        assertNull(activity(graph, "unknown:" + Records.digest(OTHER)).start());

        // At one moment there is nothing to deny; a moment earlier what they say is left out, and the edge is not.
        final long same = begin("same", 900_000_000L);
        end(same, 1_000_000_000L, 1, 4);
        store.append(List.of(Records.read(same, DATA, 950_000_000L)));
        end(begin("early", 800_000_000L, 4), 850_000_000L, 1, 5);
        graph = RecordedGraph.of(store.read(), NOW_NS).graph();
        assertNull(activity(graph, "early").start());
        assertNull(activity(graph, "early").end());
        assertNull(graph.instant(graph.result(Records.digest(4).toString())));
        assertEquals(Ratio.of(1), activity(graph, "prep").start());
        assertEquals(Records.exactly(9), total(5).total());
    }

    @Test
    void shouldKeepTimesThatAreTheSame()
    {
        end(begin("prep", 10), 10, 7, DATA);
        end(begin("train", 10, DATA), 10, 1, MODEL);
        final CausalGraph graph = RecordedGraph.of(store.read(), NOW_NS).graph();
        final Ratio then = Ratio.of(1).divide(Ratio.of(100_000_000));
        for (final String id : List.of("prep", "train"))
        {
            assertEquals(then, activity(graph, id).start());
            assertEquals(then, activity(graph, id).end());
        }
        assertEquals(then, graph.instant(graph.result(Records.digest(DATA).toString())));
    }

    private static Activity activity(final CausalGraph graph, final String id)
    {
        return graph.activity(graph.result(id));
    }

    /** The id of one may be what another is called within its run. */
    @Test
    void shouldMeanByAnIdNobodyElse()
    {
        begin(new Begun(10, "x", "run", "y", "", ""));
        begin(new Begun(11, "y", "run", "z", "", ""));
        final RecordedGraph recorded = RecordedGraph.of(store.read(), NOW_NS);
        assertEquals(List.of("y"), recorded.named("y"));
        assertEquals(List.of("x"), recorded.named("run/y"));
        assertEquals(List.of("y"), recorded.named("z"));
        assertEquals(List.of("x", "y"), recorded.named("run"));
        assertEquals(List.of(), recorded.named("nobody"));
    }

    /** A declaration is about content of which nothing is recorded: it hides no recorded computation. */
    @Test
    void shouldNotLetADeclarationHideAWriter()
    {
        store.append(List.of(new Declared(Records.digest(DATA), null, "typed by hand", "me", 5, "f")));
        end(begin("prep", 10), 20, 7, DATA);
        end(begin("train", 30, DATA), 40, 100, MODEL);

        assertEquals(Records.exactly(107), total(MODEL).total());
    }

    @Test
    void shouldTakeWhatChangedOrCouldNotBeHashedAsUnknownToo()
    {
        end(begin("prep", 10), 20, 7, DATA);
        final long train = begin("train", 30);
        store.append(List.of(new Read(train, Records.digest(DATA), 10, 31, true, "f")));
        end(train, 40, 100, MODEL);
        assertEquals(FlopInterval.unbounded(FlopCount.of(107), FlopCount.of(107)), total(MODEL).total());

        final long tune = begin("tune", 50);
        store.append(List.of(new Read(tune, null, 0, 51, false, "g")));
        end(tune, 60, 1000, OTHER);
        assertEquals(FlopInterval.unbounded(FlopCount.of(1000), FlopCount.of(1000)), total(OTHER).total());
    }

    /** gunzip makes what gzip read: same content, another version, no cycle. */
    @Test
    void shouldKeepContentThatComesBackApart()
    {
        end(begin("make", 1), 2, 1, DATA);
        end(begin("pack", 10, DATA), 20, 10, OTHER);
        end(begin("unpack", 30, OTHER), 40, 100, DATA);
        end(begin("train", 50, DATA), 60, 1000, MODEL);

        assertEquals(Records.exactly(11), total(OTHER).total());
        assertEquals(Records.exactly(1111), total(MODEL).total());
        assertEquals(List.of(Records.digest(DATA).toString(), Records.digest(DATA) + "#2"),
            RecordedGraph.of(store.read(), NOW_NS).versions(Records.digest(DATA)));
    }

    /** A file that is read before its writer has ended, and recorded later. */
    @Test
    void shouldConnectToAWriterThatEndedLater()
    {
        final long prep = begin("prep", 10);
        final long train = begin("train", 15, DATA);
        end(train, 20, 100, MODEL);
        assertFalse(total(MODEL).total().isBounded());
        end(prep, 30, 7, DATA);
        assertEquals(Records.exactly(107), total(MODEL).total());

        end(begin("copy", 40), 50, 1, DATA);
        assertEquals(Records.exactly(107), total(MODEL).total(), "began after the reader had ended");
    }

    @Test
    void shouldLeaveOutAnEdgeThatClosesACycle()
    {
        final long one = begin("one", 10, DATA);
        final long two = begin("two", 10, OTHER);
        end(one, 30, 1, OTHER);
        end(two, 30, 10, DATA);

        final RecordedGraph recorded = RecordedGraph.of(store.read(), NOW_NS);

        assertEquals(1, recorded.findings().size());
        assertFalse(total(OTHER).total().isBounded());
        assertFalse(total(DATA).total().isBounded());
        assertEquals(FlopCount.of(11), total(OTHER).total().lower().max(total(DATA).total().lower()));
    }

    @Test
    void shouldNotTakeARunForItsOwnCause()
    {
        end(begin("append", 10, DATA), 20, 7, DATA);

        assertEquals(FlopInterval.unbounded(FlopCount.of(7), FlopCount.of(7)), total(DATA).total());
    }

    @Test
    void shouldHaveNoUpperEndWhileItGoesOn()
    {
        begin("train", 30);
        final RecordedGraph recorded = RecordedGraph.of(store.read(), NOW_NS);

        assertEquals(FlopInterval.unbounded(FlopCount.ZERO, FlopCount.ZERO),
            new Quantities(recorded.graph()).compute(recorded.named("train")).total());
    }

    /** [reported, reported, reported + peak x time since], until it has ended. */
    @Test
    void shouldWeighWhatGoesOnByItsLastReport()
    {
        final long train = begin("train", 30);
        store.append(List.of(new Peaked(train, FlopCount.of(1000))));
        assertEquals(FlopInterval.of(FlopCount.ZERO, FlopCount.ZERO, FlopCount.of(2000)), totalOfTrain());

        store.append(List.of(Records.weighed(train, 1_999_999_529L, Records.exactly(7))));
        assertEquals(FlopInterval.of(FlopCount.of(7), FlopCount.of(7), FlopCount.of(8)), totalOfTrain());

        end(train, NOW_NS, 9);
        assertEquals(Records.exactly(9), totalOfTrain());
    }

    private FlopInterval totalOfTrain()
    {
        final RecordedGraph recorded = RecordedGraph.of(store.read(), NOW_NS);
        return new Quantities(recorded.graph()).compute(recorded.named("train")).total();
    }

    /** What the outer meter counts contains what its parts did: once, and for all that they made. */
    @Test
    void shouldCountAPartWithItsOuterRun()
    {
        final long outer = begin("outer", 10, DATA);
        final long first = begin(new Begun(11, "first", "r", "first", "", "outer"));
        store.append(List.of(Records.written(first, OTHER, 15), new Ended(first, 15, 0)));
        final long second = begin(new Begun(16, "second", "r", "second", "", "outer"), OTHER);
        store.append(List.of(new Ended(second, 17, 0)));
        end(outer, 20, 100, MODEL);

        assertEquals(List.of("first", "outer", "second", "unknown:" + Records.digest(DATA)), total(MODEL).counted());
        assertEquals(FlopCount.of(100), total(MODEL).total().lower());
        assertEquals(FlopCount.of(100), total(OTHER).total().lower());
    }

    /** Its meter was slower to begin than that of its parts, one of which has a part itself. */
    @Test
    void shouldCountPartsWithAnOuterRunThatIsRecordedLater()
    {
        final long inner = begin(new Begun(12, "inner", "r", "inner", "", "part"));
        end(inner, 13, 3);
        end(begin(new Begun(14, "second", "r", "second", "", "outer")), 15, 20);
        end(begin(new Begun(11, "part", "r", "part", "", "outer")), 16, 23, OTHER);
        end(begin("outer", 10, DATA), 20, 100, MODEL);

        assertEquals(FlopCount.of(100), total(MODEL).total().lower());
        assertEquals(FlopCount.of(100), total(OTHER).total().lower());
    }

    /** Who says that he ran within himself, or two within each other, is taken to have run alone. */
    @Test
    void shouldTakeRunsInACircleForWholeOnes()
    {
        end(begin(new Begun(10, "self", "r", "n", "", "self")), 20, 1, DATA);
        end(begin(new Begun(10, "one", "r", "n", "", "other")), 20, 20, MODEL);
        end(begin(new Begun(10, "other", "r", "n", "", "one")), 20, 300, OTHER);
        end(begin(new Begun(10, "within", "r", "n", "", "one")), 20, 4000, 4);

        assertEquals(Records.exactly(1), total(DATA).total());
        assertEquals(Records.exactly(20), total(MODEL).total());
        assertEquals(Records.exactly(300), total(OTHER).total());
        assertEquals(Records.exactly(4000), total(4).total());
    }

    /** The program of the run around becomes a computation when it names a file, long after its part began. */
    @Test
    void shouldCountAPartOnceWhenARunFurtherOutRecordsAfterAll()
    {
        end(begin(new Begun(12, "part", "r", "part", "", "silent outer outermost")), 13, 20, OTHER);
        assertEquals(FlopCount.of(20), total(OTHER).total().lower(), "for itself while no run around it records");

        end(begin("outer", 10), 20, 100, MODEL);

        assertEquals(FlopCount.of(100), total(MODEL).total().lower());
        assertEquals(FlopCount.of(100), total(OTHER).total().lower());
        assertEquals("outer", RecordedGraph.of(store.read(), NOW_NS).computations().get("part").outer());
    }

    /** A program starts others and goes on with what they made: all of that is within it. */
    @Test
    void shouldTakeWhatItsPartsMadeForItsOwn()
    {
        final long outer = begin("outer", 10);
        final long part = begin(new Begun(11, "part", "r", "part", "", "outer"), DATA);
        end(part, 15, 30, OTHER);
        store.append(List.of(Records.read(outer, OTHER, 16)));
        end(begin(new Begun(17, "next", "r", "next", "", "outer")), 18, 20, 4);
        end(outer, 20, 100, MODEL);

        final RecordedGraph recorded = RecordedGraph.of(store.read(), NOW_NS);
        assertEquals(List.of(), recorded.findings());
        assertEquals(List.of("outer", "part", "unknown:" + Records.digest(DATA)), total(MODEL).counted().stream()
            .filter(id -> !"next".equals(id)).toList());
        assertEquals(List.of("next", "outer", "part", "unknown:" + Records.digest(DATA)), total(4).counted());
        assertEquals(FlopCount.of(100), total(OTHER).total().lower());
    }

    /** A part that goes on may be told of what another made: nothing says so, and so the origin is not known. */
    @Test
    void shouldNotTakeWhatAPartMadeForKnownWhileAnotherGoesOn()
    {
        final long outer = begin("outer", 10);
        final long part = begin(new Begun(11, "part", "r", "part", "", "outer"));
        final long other = begin(new Begun(12, "other", "r", "other", "", "outer"));
        end(part, 15, 30, OTHER);
        store.append(List.of(Records.read(outer, OTHER, 16)));
        end(other, 18, 20);
        end(outer, 20, 100, MODEL);

        assertEquals(1, RecordedGraph.of(store.read(), NOW_NS).findings().size());
        assertTrue(total(MODEL).counted().contains("unknown:" + Records.digest(OTHER) + "#unrecorded"));
    }

    @Test
    void shouldCutAnEdgeAndSayWhy()
    {
        end(begin("prep", 10), 20, 7, DATA);
        end(begin("train", 30, DATA), 40, 100, MODEL);
        store.append(List.of(
            new CutMade(Records.digest(DATA).toString(), "train", Cut.INDEPENDENT, "never opened", "me", 50),
            new CutMade("nothing", "train", Cut.INDEPENDENT, "no such edge", "me", 50)));

        assertEquals(Records.exactly(100), total(MODEL).total());
        assertEquals(List.of("never opened"),
            RecordedGraph.of(store.read(), NOW_NS).cuts().stream().map(CutMade::argument).toList());
    }

    /** Set back between two runs, a clock denies that the first came first. */
    @Test
    void shouldBelieveContentMoreThanClocks()
    {
        end(begin("prep", 1000), 2000, 7, DATA);
        end(begin("train", 10, DATA), 20, 100, MODEL);

        assertEquals(Records.exactly(107), total(MODEL).total());
    }

    @Test
    void shouldGoOnWithoutWhatDamageTook() throws IOException
    {
        end(begin("prep", 10), 20, 7, DATA);
        end(begin("train", 30, DATA), 40, 100, MODEL);
        final byte[] bytes = Files.readAllBytes(store.file());
        bytes[FrameLayout.HEADER_LENGTH + 30] ^= 1;
        Files.write(store.file(), bytes);

        assertEquals(FlopCount.of(100), total(MODEL).total().lower());
        assertFalse(total(MODEL).total().isBounded());
    }

    @Test
    void shouldRefuseAReferenceToNothing()
    {
        store.append(List.of(Records.begun("prep", 10), new Ended(77, 20, 0)));

        final String message =
            assertThrows(GraphStoreException.class, () -> RecordedGraph.of(store.read(), NOW_NS)).getMessage();
        assertTrue(message.contains("offset ") && message.contains("record 77"), message);
    }

    /** Whatever is read and written, when and by whom: there is a graph, and adding records takes nothing away. */
    @Test
    void shouldMakeAGraphOfAnyRecords()
    {
        final int contents = 4;
        final int rounds = Suite.rounds(120, 120);
        for (int seed = 0; seed < rounds; seed++)
        {
            // Where runs around others are recorded late, or in a circle, what parts weighed moves: there is a graph.
            final boolean isInOrder = 0 == seed % 2;
            store = GraphStore.of(state.resolve("seed" + seed));
            final Random random = new Random(seed);
            final List<Long> open = new ArrayList<>();
            FlopCount before = FlopCount.ZERO;
            for (int i = 0; i < 12; i++)
            {
                final String outer = i > 0 && 0 == random.nextInt(3) ?
                    "c" + random.nextInt(isInOrder ? i : 12) : "";
                open.add(begin(new Begun(random.nextInt(100), "c" + i, "r", "n", "", outer),
                    random.nextInt(contents), random.nextInt(contents)));
                if (0 != random.nextInt(3))
                {
                    end(open.remove(random.nextInt(open.size())), random.nextInt(100), 1, random.nextInt(contents));
                }
                final RecordedGraph recorded = RecordedGraph.of(store.read(), NOW_NS);
                final CausalSum all = new Quantities(recorded.graph()).compute(recorded.computations().keySet());
                assertTrue(!isInOrder || all.total().lower().compareTo(before) >= 0, "seed " + seed);
                before = all.total().lower();
            }
        }
    }
}
