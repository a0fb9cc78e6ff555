/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.flopmeter.graph.CausalGraph;
import org.flopmeter.graph.CausalSum;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.Quantities;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.Purposed;
import org.flopmeter.graph.store.GraphRecord.Segment;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordedSegmentsTest
{
    private static final long NOW_NS = 2_000_000_030L;
    private static final int EARLY = 1;
    private static final int LATE = 2;
    private static final int DATA = 3;
    private static final int SCORE = 4;

    @TempDir
    private Path state;

    private GraphStore store;

    @BeforeEach
    void open()
    {
        store = GraphStore.of(state);
    }

    private long begin(final String name, final String outer)
    {
        return store.append(List.of(new Begun(10, name, "run", name, "./" + name, outer)));
    }

    private long segment(final long computation, final String name, final long beginNs)
    {
        return store.append(List.of(new Segment(computation, beginNs, name)));
    }

    private void weigh(final long computation, final long flopCount)
    {
        store.append(List.of(Records.weighed(computation, 90, Records.exactly(flopCount))));
    }

    private void end(final long computation)
    {
        store.append(List.of(new Ended(computation, 90, 0)));
    }

    /** Each digit of a sum says what is in it: 1 of the whole outside of its segments, 2 of the first, and so on. */
    private void endWeighed(final long whole, final long... segments)
    {
        final long[] flopCounts = {20, 300, 4000};
        weigh(whole, 1);
        for (int i = 0; i < segments.length; i++)
        {
            weigh(segments[i], flopCounts[i]);
        }
        end(whole);
    }

    private RecordedGraph recorded()
    {
        return RecordedGraph.of(store.read(), NOW_NS);
    }

    private CausalSum total(final int content)
    {
        final RecordedGraph recorded = recorded();
        return new Quantities(recorded.graph()).compute(recorded.versions(Records.digest(content)));
    }

    @Test
    void shouldPutOnlyWhatCameBeforeBehindAnArtifact()
    {
        final long train = begin("train", "");
        final long first = segment(train, "segment:one", 20);
        store.append(List.of(Records.written(first, EARLY, 30)));
        final long second = segment(train, "segment:two", 40);
        store.append(List.of(Records.read(second, DATA, 45), Records.written(second, LATE, 50)));
        endWeighed(train, first, second);

        assertEquals(Records.exactly(21), total(EARLY).total());
        assertEquals(List.of("train", "train#1"), total(EARLY).counted());
        assertEquals(321, total(LATE).total().lower().low());
        assertFalse(total(LATE).total().isBounded(), "nobody recorded where its data come from");
        assertEquals(List.of("train", "train#1", "train#2"), recorded().named("run"));
        assertEquals(List.of("train#1"), recorded().named("segment:one"));
        assertEquals(List.of("train#1"), recorded().named("train#1"));
        assertEquals(List.of("train", "train#1", "train#2"), recorded().named("train"));
        assertEquals(List.of(Records.digest(EARLY).toString()), recorded().named(Records.digest(EARLY).toString()));
        assertEquals("train", recorded().computations().get("train#2").wholeId());
        assertEquals(90, recorded().computations().get("train#2").endNs());
        assertTrue(recorded().findings().isEmpty());
    }

    @Test
    void shouldTakeASegmentToldAgainForTheSame()
    {
        final long train = begin("train", "");
        final long first = segment(train, "segment:one", 20);
        store.append(List.of(Records.written(first, EARLY, 30)));
        segment(train, "segment:two", 40);
        final long again = begin("train", "");
        final long firstAgain = segment(again, "segment:one", 20);
        store.append(List.of(Records.written(firstAgain, EARLY, 31)));
        final long secondAgain = segment(again, "segment:two", 40);
        weigh(firstAgain, 20);
        weigh(secondAgain, 300);
        end(again);

        assertEquals(List.of("train", "train#1", "train#2"), List.copyOf(recorded().computations().keySet()));
        assertEquals(20, total(EARLY).total().lower().low());
        assertEquals(1, recorded().artifacts().size());
    }

    /** The program says names and times, and may say the same again: what came in between came before. */
    @Test
    void shouldTellSegmentsOfOneTimeAndNameApart()
    {
        final long train = begin("train", "");
        final long first = segment(train, "segment:one", 20);
        final long second = segment(train, "segment:two", 20);
        final long third = segment(train, "segment:one", 20);
        final long again = begin("train", "");
        segment(again, "segment:one", 20);
        segment(again, "segment:two", 20);
        store.append(List.of(Records.written(third, LATE, 30)));
        store.append(List.of(Records.written(segment(again, "segment:one", 20), EARLY, 31)));
        weigh(first, 20);
        weigh(second, 300);
        end(train);

        assertEquals(Records.exactly(320), total(LATE).total());
        assertEquals(Records.exactly(320), total(EARLY).total());
        assertEquals(
            List.of("train", "train#1", "train#2", "train#3"), List.copyOf(recorded().computations().keySet()));
    }

    /** An evaluation reads what the first stretch made, the second reads its score: no cycle, nothing missed. */
    @Test
    void shouldLeadBackIntoALaterSegment()
    {
        final long train = begin("train", "");
        final long first = segment(train, "segment:one", 20);
        store.append(List.of(Records.written(first, EARLY, 30)));
        final long eval = begin("eval", "");
        store.append(List.of(Records.read(eval, EARLY, 32), Records.written(eval, SCORE, 33)));
        weigh(eval, 4000);
        end(eval);
        final long between = segment(train, "", 35);
        store.append(List.of(Records.read(between, SCORE, 36)));
        final long second = segment(train, "segment:two", 40);
        store.append(List.of(Records.written(second, LATE, 50)));
        endWeighed(train, first, second);

        assertTrue(recorded().findings().isEmpty());
        assertEquals(Records.exactly(21), total(EARLY).total());
        assertEquals(Records.exactly(4021), total(SCORE).total());
        assertEquals(Records.exactly(4321), total(LATE).total());
        assertEquals("train", recorded().computations().get("train#2").node());

        // Canary: without segments the score can't be behind the run that it judges.
        final long whole = begin("whole", "");
        store.append(List.of(Records.written(whole, 11, 30)));
        final long judge = begin("judge", "");
        store.append(List.of(Records.read(judge, 11, 32), Records.written(judge, 12, 33)));
        store.append(List.of(Records.read(whole, 12, 36)));
        assertEquals(1, recorded().findings().size());
    }

    @Test
    void shouldNotDependOnWhatALaterSegmentWrote()
    {
        final long train = begin("train", "");
        final long first = segment(train, "segment:one", 20);
        store.append(List.of(Records.read(first, LATE, 21), Records.written(first, EARLY, 30)));
        final long second = segment(train, "segment:two", 40);
        store.append(List.of(Records.read(second, EARLY, 41), Records.written(second, LATE, 50)));
        weigh(first, 20);
        weigh(second, 300);
        end(train);

        assertEquals(20, total(EARLY).total().lower().low());
        assertFalse(total(EARLY).total().isBounded(), "where the content was from before is not recorded");
        assertTrue(recorded().findings().isEmpty());
    }

    /** A run within a segment: what it read is behind what the segments write later. */
    @Test
    void shouldKeepPartsBehindLaterResults()
    {
        final long data = begin("data", "");
        store.append(List.of(Records.written(data, DATA, 12)));
        weigh(data, 50_000);
        end(data);
        final long train = begin("train", "");
        final long first = segment(train, "segment:one", 20);
        store.append(List.of(Records.written(first, EARLY, 25)));
        final long part = begin("part", "train");
        store.append(List.of(Records.read(part, DATA, 28)));
        end(part);
        final long second = segment(train, "segment:two", 40);
        store.append(List.of(Records.written(second, LATE, 50)));
        endWeighed(train, first, second);

        assertEquals(Records.exactly(21), total(EARLY).total());
        assertEquals(Records.exactly(50_321), total(LATE).total());
    }

    /** The run around counted the work of a part, in its segments. */
    @Test
    void shouldPutSegmentsBehindWhatAPartWrites()
    {
        final long train = begin("train", "");
        final long first = segment(train, "segment:one", 20);
        final long part = begin("part", "train");
        final long inner = begin("inner", "part train");
        store.append(List.of(Records.written(part, EARLY, 25)));
        final long second = segment(train, "segment:two", 40);
        store.append(List.of(Records.written(inner, LATE, 50)));
        segment(train, "segment:three", 60);
        end(inner);
        end(part);
        endWeighed(train, first, second);

        assertEquals(Records.exactly(21), total(EARLY).total());
        assertEquals(Records.exactly(321), total(LATE).total());
        final RecordedGraph recorded = recorded();
        assertEquals(Records.exactly(21), new Quantities(recorded.graph()).compute(recorded.named("part")).total());
    }

    /** The meter of the run around still hashes its data when that of the part has recorded a result. */
    @Test
    void shouldPutASegmentRecordedLateBehindWhatAPartWrote()
    {
        final long train = begin("train", "");
        final long part = begin("part", "train");
        store.append(List.of(Records.written(part, EARLY, 25)));
        final long eval = begin("eval", "");
        store.append(List.of(Records.read(eval, EARLY, 32), Records.written(eval, SCORE, 33)));
        end(eval);
        final long first = segment(train, "segment:one", 20);
        final long second = segment(train, "segment:two", 40);
        store.append(List.of(Records.read(first, SCORE, 34), Records.read(second, SCORE, 41)));
        end(part);
        endWeighed(train, first, second);

        assertEquals(21, total(EARLY).total().lower().low());
        assertEquals(21, total(SCORE).total().lower().low());
        assertFalse(total(EARLY).total().isBounded(), "where else the first segment had it from is not known");
        assertEquals(1, recorded().findings().size(), "the first segment can't have read what depends on it");
    }

    /** What a part of a part wrote comes before segments of the run around both, though the part itself goes on. */
    @Test
    void shouldNotPutLaterSegmentsBehindWhatAPartOfAPartWrote()
    {
        final long train = begin("train", "");
        final long first = segment(train, "segment:one", 20);
        final long part = begin("part", "train");
        final long inner = begin("inner", "part train");
        store.append(List.of(Records.written(inner, EARLY, 25)));
        final long second = segment(train, "segment:two", 40);
        end(inner);
        end(part);
        endWeighed(train, first, second);

        assertEquals(Records.exactly(21), total(EARLY).total());
    }

    /** Neither its record nor its time says that the segment had begun when the part wrote. */
    @Test
    void shouldNotPutASegmentBehindWhatCameBefore()
    {
        final long train = begin("train", "");
        final long part = begin("part", "train");
        store.append(List.of(Records.written(part, EARLY, 25)));
        end(part);
        final long first = segment(train, "segment:one", 26);
        endWeighed(train, first);

        assertEquals(Records.exactly(1), total(EARLY).total());
    }

    /** Either of them says so: its record alone, where a clock was set back, or its time alone. */
    @Test
    void shouldPutASegmentBehindWhatAPartWroteByRecordOrByTime()
    {
        final long train = begin("train", "");
        final long first = segment(train, "segment:one", 60);
        final long part = begin("part", "train");
        store.append(List.of(Records.written(part, EARLY, 25)));
        final long second = segment(train, "segment:two", 25);
        store.append(List.of(Records.written(part, LATE, 61)));
        final long third = segment(train, "segment:three", 70);
        store.append(List.of(Records.written(part, SCORE, 62)));
        end(part);
        endWeighed(train, first, second, third);

        assertEquals(Records.exactly(321), total(EARLY).total(), "the second had begun when it was written");
        assertEquals(Records.exactly(321), total(LATE).total());
        assertEquals(Records.exactly(4321), total(SCORE).total(), "the third is recorded before it");
    }

    @Test
    void shouldPutARecordedSegmentBehindWhatAPartWroteThoughClocksDenyIt()
    {
        final long train = begin("train", "");
        final long part = begin("part", "train");
        final long first = segment(train, "segment:one", 60);
        store.append(List.of(Records.written(part, EARLY, 25)));
        end(part);
        endWeighed(train, first);

        assertEquals(Records.exactly(21), total(EARLY).total());
    }

    /** A part of many stretches, among many results and other parts: as many edges as there are records, not pairs. */
    @Test
    void shouldDrawFewEdgesForManySegmentsOfAPart()
    {
        final int count = 400;
        final List<GraphRecord> records = new ArrayList<>(List.of(
            new Begun(10, "r", "run", "r", "./r", ""), new Begun(10, "p", "run", "p", "./p", "r"),
            new Begun(10, "q", "run", "q", "./q", "r")));
        for (int i = 0; i < count; i++)
        {
            records.add(new Segment(2, 20 + i, "segment:" + i));
            records.add(Records.read(records.size(), 1000 + i, 20 + i));
        }
        records.add(new Ended(2, 90, 0));
        for (int i = 0; i < count; i++)
        {
            records.add(new Segment(3, 20 + i, "segment:" + i));
        }
        for (int i = 0; i < count; i++)
        {
            records.add(Records.written(1, 2000 + i, 95));
        }
        records.add(Records.written(records.size() - count, LATE, 95));
        store.append(records);

        final RecordedGraph recorded = recorded();
        assertTrue(recorded.graph().edges().size() < 10 * count, recorded.graph().edges().size() + " edges");
        for (final int content : new int[] { 2000, LATE })
        {
            final List<String> counted = total(content).counted();
            assertEquals(count, counted.stream().filter(id -> id.startsWith("unknown:")).count(),
                counted::toString);
        }
    }

    /** A process that is left over notes a segment when its run has ended. */
    @Test
    void shouldStandASegmentOfAPartThatHasEnded()
    {
        begin("r", "");
        final long part = begin("part", "r");
        end(part);
        segment(part, "segment:one", 20);
        segment(part, "segment:two", 30);
        final long next = begin("next", "r");
        store.append(List.of(Records.written(next, EARLY, 40)));
        assertTrue(recorded().findings().isEmpty());
        assertEquals("part#2", recorded().named("part").get(2));
    }

    /** What a segment read of its part's result, and whatever else, closes no cycle. */
    @Test
    void shouldMakeAGraphOfWhateverPartsAndSegmentsRecord()
    {
        int comparisons = 0;
        final int rounds = Suite.rounds(300, 300);
        for (int seed = 0; seed < rounds; seed++)
        {
            final GraphStore random = GraphStore.of(state.resolve("random-" + seed));
            random.append(randomRecords(new SplittableRandom(seed)));
            final RecordedGraph recorded = RecordedGraph.of(random.read(), NOW_NS);
            comparisons += recorded.graph().vertexCount();
        }
        assertTrue(comparisons > 10 * rounds, comparisons + " vertices");
    }

    /** In one batch, the first of which is number 1. */
    private static List<GraphRecord> randomRecords(final SplittableRandom random)
    {
        final String[] outers = { "", "r0", "r1 r0", "r0", "" };
        final List<GraphRecord> records = new ArrayList<>();
        final List<Long> runs = new ArrayList<>();
        final List<Long> writers = new ArrayList<>();
        for (int step = 0; step < 60; step++)
        {
            final long number = 1 + records.size();
            final int next = runs.size();
            if (next < outers.length && (0 == next || 0 == random.nextInt(4)))
            {
                records.add(new Begun(10, "r" + next, "run", "r" + next, "./r", outers[next]));
                runs.add(number);
                writers.add(number);
                continue;
            }
            final long writer = writers.get(random.nextInt(writers.size()));
            final int content = 1 + random.nextInt(8);
            switch (random.nextInt(3))
            {
                case 0 ->
                {
                    records.add(new Segment(
                        runs.get(random.nextInt(runs.size())), 20 + random.nextInt(60), "segment:" + step));
                    writers.add(number);
                }
                case 1 -> records.add(Records.read(writer, content, 20 + step));
                default -> records.add(Records.written(writer, content, 20 + step));
            }
        }
        return records;
    }

    /** Segments of a part weigh nothing, as the part doesn't: the run around it counted their work. */
    @Test
    void shouldCountSegmentsOfAPartOnce()
    {
        final long outer = begin("outer", "");
        final long part = begin("part", "outer");
        final long first = segment(part, "segment:one", 20);
        store.append(List.of(Records.read(first, DATA, 21), Records.written(first, EARLY, 25)));
        weigh(part, 1);
        weigh(first, 20);
        end(part);
        store.append(List.of(Records.written(outer, LATE, 60)));
        weigh(outer, 300);
        end(outer);

        assertEquals(Records.exactly(300).lower(), total(EARLY).total().lower());
        assertEquals(Records.exactly(300).lower(), total(LATE).total().lower());
        assertFalse(total(LATE).total().isBounded(), "what the segment read is behind what the outer run wrote later");
    }

    @Test
    void shouldGrowWithTheWholeWhileItGoesOn()
    {
        final long train = begin("train", "");
        final long first = segment(train, "segment:one", 20);
        store.append(List.of(Records.written(first, EARLY, 30)));
        weigh(first, 20);
        assertFalse(recorded().computations().get("train#1").isEnded());
        assertTrue(recorded().computations().get("train#1").flop().get("fp32").isBounded());
        assertFalse(total(EARLY).total().isBounded(), "the run has no peak, and goes on");
        assertEquals(20, total(EARLY).total().point().low());
    }

    @Test
    void shouldBeOfTheSamePurpose()
    {
        final long train = begin("train", "");
        segment(train, "segment:one", 20);
        store.append(List.of(new Purposed("train", Purpose.TRAINING, "so it was", "", 5)));
        final CausalGraph graph = recorded().graph();
        for (int vertex = 0; vertex < graph.vertexCount(); vertex++)
        {
            assertEquals(Purpose.TRAINING, graph.activity(vertex).purpose(), graph.name(vertex));
        }
    }

    /** A record may name a segment where a computation belongs: it is one of the same run. */
    @Test
    void shouldTakeASegmentOfASegmentForTheNextOne()
    {
        final long train = begin("train", "");
        final long first = segment(train, "segment:one", 20);
        segment(first, "segment:two", 40);
        assertEquals("train", recorded().computations().get("train#2").wholeId());
    }
}
