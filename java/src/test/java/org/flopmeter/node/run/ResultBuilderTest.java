/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import static org.flopmeter.node.run.Fixtures.BEGIN_MONOTONIC_NS;
import static org.flopmeter.node.run.Fixtures.BEGIN_NS;
import static org.flopmeter.node.run.Fixtures.PEAK;
import static org.flopmeter.node.run.Fixtures.SECOND_NS;
import static org.flopmeter.node.run.Fixtures.facts;
import static org.flopmeter.node.run.Fixtures.key;
import static org.flopmeter.node.run.Fixtures.reading;
import static org.flopmeter.node.run.Fixtures.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.List;
import java.util.SplittableRandom;
import org.flopmeter.aggregate.Finding;
import org.flopmeter.aggregate.Gap;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.node.meter.ResultFiles;
import org.flopmeter.node.run.RunResult.ResultGap;
import org.flopmeter.node.text.Messages;
import org.flopmeter.sampler.CpuPeak;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.wire.GapReason;
import org.junit.jupiter.api.Test;

class ResultBuilderTest
{
    /** 100 FLOP/cycle x 2 GHz x 3 s of CPU. */
    private static final FlopCount BOUND = FlopCount.of(600_000_000_000L);

    @Test
    void shouldAddPartsToLowerPointAndUpper()
    {
        final RunResult result = build(
            key("training", Precision.FP64, Source.LAPACK, Part.COUNT, "1000", 3),
            key("training", Precision.FP64, Source.LAPACK, Part.ESTIMATE, "200", 3),
            key("training", Precision.FP64, Source.LAPACK, Part.BOUND, "50", 3),
            key(null, Precision.FP32, Source.BLAS, Part.COUNT, "7", 1));

        assertEquals(FlopInterval.of(FlopCount.of(1007), FlopCount.of(1207), BOUND), result.flop());
        assertEquals(
            FlopInterval.of(FlopCount.of(1000), FlopCount.of(1200), BOUND), result.byPrecision().get("fp64"));
        assertEquals(FlopInterval.of(FlopCount.of(7), FlopCount.of(7), BOUND), result.byNode().get("unattributed"));
        assertEquals(3, result.bySource().get("lapack").calls());
        assertEquals(FlopCount.of(1000), result.bySource().get("lapack").flopCount());
        assertEquals(FlopCount.of(1007), result.byBasis().get("EXACT_BY_SHAPE"));
        assertEquals(FlopCount.of(200), result.byBasis().get("ANALYTIC"));
    }

    @Test
    void shouldTakeStatedUpperWhereItIsAboveThePhysicalOne()
    {
        final RunResult result = build(
            key("n", Precision.FP64, Source.LAPACK, Part.COUNT, "1", 1),
            key("n", Precision.FP64, Source.LAPACK, Part.ESTIMATE, "1", 1),
            key("n", Precision.FP64, Source.LAPACK, Part.BOUND, "600000000000", 1));

        assertEquals(FlopCount.parse("600000000002"), result.flop().upper());
        assertTrue(result.findings().isEmpty(), "a bound above the physical one is weak, not wrong");
    }

    /** Canary: an estimate that slips into the lower end is what this document must never show. */
    @Test
    void shouldKeepEstimateOutOfLowerForRandomKeys()
    {
        final long seed = 20261123L;
        final SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 200; round++)
        {
            final KeyTotal[] keys = new KeyTotal[1 + random.nextInt(12)];
            final BigInteger[] sums = { BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO };
            for (int i = 0; i < keys.length; i++)
            {
                final Part part = Part.ofCode(random.nextInt(3));
                final BigInteger flopCount = new BigInteger(
                    1 + random.nextInt(100), new java.util.Random(random.nextLong()));
                keys[i] = key("n" + random.nextInt(3), Precision.ofCode(1 + random.nextInt(13)),
                    Source.ofCode(1 + random.nextInt(4)), part, flopCount.toString(), 1);
                sums[part.code()] = sums[part.code()].add(flopCount);
            }

            final RunResult result = build(keys);

            final String where = "seed " + seed + " round " + round;
            final BigInteger point = sums[0].add(sums[1]);
            assertEquals(sums[0], result.flop().lower().toBigInteger(), where);
            assertEquals(point, result.flop().point().toBigInteger(), where);
            final BigInteger unseen = BOUND.toBigInteger();
            final BigInteger stated = point.add(sums[2]);
            assertEquals(sums[0].compareTo(unseen) > 0 ? stated.add(unseen) : stated.max(unseen),
                result.flop().upper().toBigInteger(), where);
            assertEquals(sums[0], lowers(result.byNode().values()), where);
            assertEquals(sums[0], lowers(result.byPrecision().values()), where);
            assertEquals(point, result.byBasis().values().stream()
                .map(FlopCount::toBigInteger).reduce(BigInteger.ZERO, BigInteger::add), where);
        }
    }

    /** The canary sings: with an estimate filed as a count the same comparison fails. */
    @Test
    void shouldShowAnEstimateThatWasFiledAsCount()
    {
        final RunResult right = build(
            key("n", Precision.FP64, Source.LAPACK, Part.COUNT, "10", 1),
            key("n", Precision.FP64, Source.LAPACK, Part.ESTIMATE, "5", 1));
        final RunResult wrong = build(
            key("n", Precision.FP64, Source.LAPACK, Part.COUNT, "10", 1),
            key("n", Precision.FP64, Source.LAPACK, Part.COUNT, "5", 1));

        assertEquals(right.flop().point(), wrong.flop().point());
        assertEquals(FlopCount.of(10), right.flop().lower());
        assertFalse(right.flop().equals(wrong.flop()));
        assertFalse(right.byBasis().equals(wrong.byBasis()));
        assertFalse(right.bySource().get("lapack").equals(wrong.bySource().get("lapack")));
    }

    /** A nested run that names its work as a segment of this one does has done it outside of that segment. */
    @Test
    void shouldCountForANodeOnlyWhatTheRunItselfDid()
    {
        final KeyTotal own = key("segment:one", Precision.FP64, Source.BLAS, Part.COUNT, "7", 1);
        final KeyTotal both = key("segment:one", Precision.FP64, Source.BLAS, Part.COUNT, "1007", 3);
        final Reading reading = new Reading(
            List.of(both), List.of(own), 3, 3, 0, 0, List.of(), List.of(), List.of(), false);

        final RunResult result = new ResultBuilder(facts().build(), reading, PEAK).build();

        assertEquals(FlopCount.of(1007), result.flop().lower());
        assertEquals(FlopCount.of(1007), result.byNode().get("segment:one").lower());
        assertEquals(FlopInterval.exact(FlopCount.of(7)), result.countedByNode().get("segment:one").get("fp64"));
    }

    @Test
    void shouldRoundThePhysicalBoundUp()
    {
        final CpuPeak peak = new CpuPeak(1, "test", 1, "sysfs", "slow", "one FLOP per second");
        final RunResult result = new ResultBuilder(facts().cpuNs(1).build(), reading(), peak).build();

        assertEquals(FlopCount.of(1), result.flop().upper());
    }

    @Test
    void shouldUseWallTimeTimesCpusWhereCpuTimeMayBeIncomplete()
    {
        final FlopCount wallBound = FlopCount.of(200L * 10 * SECOND_NS * 4);

        final RunResult byFacts = new ResultBuilder(facts().cpuIncomplete().build(), reading(), PEAK).build();
        final Reading incomplete = new Reading(List.of(), 0, 0, 0, 0, List.of(), List.of(), List.of(), true);
        final RunResult byProcess = new ResultBuilder(facts().build(), incomplete, PEAK).build();

        assertEquals(wallBound, byFacts.flop().upper());
        assertEquals(wallBound, byProcess.flop().upper());
        assertEquals("wall time x online CPUs", byProcess.upperBasis().cpuTimeSource());
    }

    @Test
    void shouldBoundByTheTallyWhateverWasWaitedFor()
    {
        final Reading incomplete = new Reading(List.of(), 0, 0, 0, 0, List.of(), List.of(), List.of(), true);

        final RunResult hidden = new ResultBuilder(facts().taskClock(7 * SECOND_NS).build(), reading(), PEAK).build();
        final RunResult seen =
            new ResultBuilder(facts().cpuIncomplete().taskClock(7 * SECOND_NS).build(), incomplete, PEAK).build();
        final RunResult agreed = new ResultBuilder(facts().taskClock(2 * SECOND_NS).build(), reading(), PEAK).build();
        final RunResult stolen = new ResultBuilder(facts().taskClock(41 * SECOND_NS).build(), reading(), PEAK).build();

        assertEquals(FlopCount.of(200L * 7 * SECOND_NS), hidden.flop().upper());
        assertEquals("task clock", hidden.upperBasis().cpuTimeSource());
        assertEquals(FlopCount.of(200L * 7 * SECOND_NS), seen.flop().upper());
        assertEquals("task clock", seen.upperBasis().cpuTimeSource());
        assertEquals(FlopCount.of(200L * 3 * SECOND_NS), agreed.flop().upper());
        assertEquals("rusage", agreed.upperBasis().cpuTimeSource());
        assertEquals(FlopCount.of(200L * 10 * SECOND_NS * 4), stolen.flop().upper());
        assertEquals("wall time x online CPUs", stolen.upperBasis().cpuTimeSource());
    }

    @Test
    void shouldBeUnboundedWhereNothingBoundsIt()
    {
        final RunResult unknownCpu =
            new ResultBuilder(facts().build(), reading(), CpuPeak.unknown("riscv", "no figure")).build();
        final RunResult accelerator =
            new ResultBuilder(facts().accelerator("/dev/nvidia0").build(), reading(), PEAK).build();

        final RunResult orphan = new ResultBuilder(facts().exitUnknown().build(), reading(), PEAK).build();

        assertFalse(orphan.flop().isBounded());
        assertFalse(unknownCpu.flop().isBounded());
        assertFalse(accelerator.flop().isBounded());
        assertEquals("unbounded", accelerator.gaps().get(0).upperText());
        assertEquals("cuda", accelerator.gaps().get(0).source());
    }

    @Test
    void shouldRefuseTotalThatDoesNotFit()
    {
        final Reading reading = reading(
            key("n", Precision.FP64, Source.BLAS, Part.COUNT, FlopCount.MAX.toString(), 1),
            key("m", Precision.FP64, Source.BLAS, Part.COUNT, "1", 1));

        assertThrows(FlopOverflowException.class, () -> new ResultBuilder(facts().build(), reading, PEAK).build());
        final ResultFiles files = ResultFiles.of(facts().build(), reading, PEAK, Messages.english());
        assertTrue(files.document().contains("\"error\" : \"OVERFLOW\""), files.document());
        assertTrue(files.summary().contains("OVERFLOW"), files.summary());
    }

    @Test
    void shouldSayLoudlyThatConservationIsViolated()
    {
        final Reading reading = new Reading(
            List.of(), 10, 8, 1, 0, List.of(), List.of(), List.of("lane 1: tally 5, consumed 4"), false);

        final RunResult result = new ResultBuilder(facts().build(), reading, PEAK).build();

        assertFalse(result.conserved());
        assertEquals("CONSERVATION", result.findings().get(0).kind());
        assertTrue(Summary.of(result, Messages.english()).contains("!!! CONSERVATION: lane 1: tally 5, consumed 4"));
    }

    @Test
    void shouldCheckTheSumOfSamplesItself()
    {
        final Reading reading = new Reading(List.of(), 10, 8, 1, 0, List.of(), List.of(), List.of(), false);

        assertFalse(new ResultBuilder(facts().build(), reading, PEAK).build().conserved());
    }

    @Test
    void shouldSayLoudlyThatTheLowerEndIsPhysicallyImpossible()
    {
        final RunResult result = build(
            key("n", Precision.FP64, Source.API, Part.COUNT, "600000000001", 1));

        assertEquals("ABOVE_PHYSICAL_BOUND", result.findings().get(0).kind());
        // It was executed elsewhere, so what the CPU may have done unseen comes on top.
        assertEquals(FlopCount.of(1_200_000_000_001L), result.flop().upper());
        assertTrue(result.conserved());
    }

    @Test
    void shouldListGapsOfAllWitnesses()
    {
        final Reading reading = with(
            reading(),
            List.of(new Finding("BAD_LENGTH", "00aa.lane", 64, "length 3"), new Finding("NOTE", "", 0, "no lane")),
            List.of(new Gap(
                Source.BLAS, GapReason.SYMBOL, 42, BEGIN_MONOTONIC_NS + SECOND_NS,
                BEGIN_MONOTONIC_NS + SECOND_NS + 1, 9)));

        final List<ResultGap> gaps = new ResultBuilder(
            facts().leftover(77, "daemon").build(), reading, PEAK).build().gaps();

        assertEquals(3, gaps.size());
        assertEquals(BEGIN_NS + SECOND_NS, gaps.get(0).beginNs());
        assertEquals("blas", gaps.get(0).source());
        assertEquals("symbol missing", gaps.get(0).reason());
        // 200 FLOP/ns x 1 ns x 4 CPUs.
        assertEquals("800", gaps.get(0).upperText());
        assertEquals("lane quarantined", gaps.get(1).reason());
        assertEquals("still running at the end", gaps.get(2).reason());
        assertTrue(gaps.get(2).detail().contains("77"));
    }

    @Test
    void shouldKeepSourcesThatSawNothing()
    {
        final RunResult result = build();

        assertEquals(List.of("api", "blas", "lapack", "onednn"), List.copyOf(result.bySource().keySet()));
        assertEquals(FlopInterval.of(FlopCount.ZERO, FlopCount.ZERO, BOUND), result.flop());
    }

    private static BigInteger lowers(final Iterable<FlopInterval> intervals)
    {
        BigInteger sum = BigInteger.ZERO;
        for (final FlopInterval interval : intervals)
        {
            sum = sum.add(interval.lower().toBigInteger());
        }
        return sum;
    }

    private static RunResult build(final KeyTotal... keys)
    {
        return new ResultBuilder(facts().build(), reading(keys), PEAK).build();
    }
}
