/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.flopmeter.bench.Cards;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Peer;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.probe.Cpus;
import org.junit.jupiter.api.Test;

class PeerToolTest
{
    private static final int LAPS = 3;

    /** A tool that is used wrongly would be slow or fast for the wrong reason: each must count every sample. */
    @Test
    void shouldCountEverySampleWithEveryTool() throws Exception
    {
        final SamplePattern pattern = new SamplePattern(7);
        for (final PeerTool tool : PeerRounds.tools(pattern, anyCpu()))
        {
            tool.run(1);
            tool.run(LAPS - 1);
            if (tool.hasTotals())
            {
                // Up to 2^53 a double is exact, and a few laps stay close to it.
                final TotalsCheck check = TotalsCheck.of(tool, pattern, LAPS, 0);
                assertTrue(check.worst() < 1e-14, tool.name() + ": " + check.words());
            }
            tool.close();
        }
    }

    @Test
    void shouldFindWhoseTotalsAreWrongWhenTheyAreLarge() throws Exception
    {
        final SamplePattern pattern = new SamplePattern(7);
        final Map<String, Boolean> exact = new TreeMap<>();
        final List<PeerTool> tools = PeerRounds.tools(pattern, anyCpu());
        for (final PeerTool tool : tools)
        {
            tool.run(LAPS);
        }
        pattern.turnHeavy();
        for (final PeerTool tool : tools)
        {
            tool.run(2);
            if (tool.hasTotals())
            {
                exact.put(tool.name(), TotalsCheck.of(tool, pattern, LAPS, 2).isExact());
            }
            tool.close();
        }

        assertEquals(
            "{atomicLongArray=false, disruptorBatch=true, disruptorSingle=true, jctoolsMpsc=true, jctoolsSpsc=true, " +
            "longAdderMap=false, micrometerCached=false, micrometerTags=false, otel=false, prometheusCached=false, " +
            "prometheusLabels=false}", exact.toString());
    }

    @Test
    void shouldKnowItsOwnTotals()
    {
        final SamplePattern pattern = new SamplePattern(3);
        BigInteger sum = BigInteger.ZERO;
        BigInteger samples = BigInteger.ZERO;
        for (int i = 0; i < SamplePattern.LENGTH; i++)
        {
            samples = samples.add(BigInteger.valueOf(pattern.flopCounts[i]));
            assertTrue(pattern.flopCounts[i] >= 0 && pattern.flopCounts[i] < 1L << 50);
        }
        for (int slot = 0; slot < SamplePattern.SLOTS; slot++)
        {
            sum = sum.add(pattern.total(slot, 1, 0));
        }

        assertEquals(samples, sum);
        assertEquals(BigInteger.ONE.shiftLeft(64), pattern.total(5, 0, 2));
    }

    /** The canary of the comparison: one FLOP too few on one key. */
    @Test
    void shouldNoticeOneMissingFlop()
    {
        final SamplePattern pattern = new SamplePattern(3);
        final PeerTool planted = new CounterPeer(pattern, "planted", "one FLOP short on key 9")
        {
            @Override
            void lap(final int[] slots, final long[] flopCounts)
            {
            }

            @Override
            public BigDecimal total(final int slot)
            {
                return new BigDecimal(pattern.total(slot, LAPS, 0)).subtract(BigDecimal.valueOf(9 == slot ? 1 : 0));
            }
        };

        final TotalsCheck check = TotalsCheck.of(planted, pattern, LAPS, 0);

        assertFalse(check.isExact());
        assertEquals(1, check.wrong());
        assertTrue(check.words().contains("1 of 1024 keys wrong"), check.words());
    }

    @Test
    void shouldCompareWithinOnePlacementAndSayWithWhat()
    {
        final ScoreCard card = Cards.full();
        final Results results = new Results();
        addTool(results, "disruptorTest", true, "far", "11.764705882352942");
        addTool(results, "otelTest", false, null, "27.5");

        new PeerFigures(card, true, (line) ->
        {
        }).add(results);

        final Peer crossing = card.peers().get(card.peers().size() - 2);
        assertEquals(2.0, crossing.ratio(), 1e-9);
        assertTrue(crossing.note().contains("ratio to endToEndBatched (far, 5.88 ns/sample)"), crossing.note());
        final Peer calling = card.peers().get(card.peers().size() - 1);
        assertEquals(10.0, calling.ratio(), 1e-9);
        assertTrue(calling.note().contains("ratio to producerLive (near, 2.75 ns/sample"), calling.note());
    }

    @Test
    void shouldShowLttngWithAndWithoutATimePerSample()
    {
        final ScoreCard card = Cards.full();

        new PeerFigures(card, true, (line) ->
        {
        }).addLttng(new double[]{ 190, 200, 210 });

        final Peer plain = card.peers().get(card.peers().size() - 2);
        assertEquals(200 / 2.75, plain.ratio(), 1e-9);
        final Peer stamped = card.peers().get(card.peers().size() - 1);
        assertEquals("lttngUstStamped", stamped.name());
        assertEquals(200 / 40.0, stamped.ratio(), 1e-9, "to a batch of one there is none: its clock is the coarse one");
        assertTrue(stamped.note().contains("reads CLOCK_MONOTONIC for each sample"), stamped.note());
        assertTrue(stamped.note().contains("like for like (producerFree.stampedNs, 40.00 ns/sample)"), stamped.note());
        assertTrue(plain.note().contains("a batch of ours has one time, of the coarse clock"), plain.note());
    }

    /** Nothing else on the card reads a clock for each sample, so nothing else is like an event. */
    @Test
    void shouldNotSayLikeForLikeOfWhatHasNoTimePerSample()
    {
        final ScoreCard card = new ScoreCard("jvm", "cpu", true);
        card.add(Figure.of("producerFree", "ns/sample", Placement.NEAR, new double[]{ 1 }, true).with("batch1Ns", 9.0));

        new PeerFigures(card, true, (line) ->
        {
        }).addLttng(new double[]{ 200 });

        assertEquals(List.of("lttngUst"), card.peers().stream().map(Peer::name).toList());
        assertEquals(
            List.of("peer lttngUstStamped skipped: producerFree.stampedNs was not measured"), card.warnings());
    }

    private static void addTool(
        final Results results, final String name, final boolean crosses, final String placement, final String ns)
    {
        results.add("tool", name);
        results.add("note." + name, "configured");
        results.add("crosses." + name, crosses);
        results.add("ns." + name, ns);
        if (crosses)
        {
            results.add("placement." + name, placement);
        }
        results.add("exact." + name, true);
        results.add("totals." + name, "all right");
    }

    private static int anyCpu()
    {
        return Cpus.choose().consumer();
    }
}
