/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import static org.flopmeter.node.run.Fixtures.BEGIN_MONOTONIC_NS;
import static org.flopmeter.node.run.Fixtures.PEAK;
import static org.flopmeter.node.run.Fixtures.SECOND_NS;
import static org.flopmeter.node.run.Fixtures.facts;
import static org.flopmeter.node.run.Fixtures.key;
import static org.flopmeter.node.run.Fixtures.reading;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.flopmeter.aggregate.Gap;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.node.run.RunResult.SourceTotal;
import org.flopmeter.node.text.Messages;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.wire.ControlReader;
import org.flopmeter.wire.GapReason;
import org.junit.jupiter.api.Test;

/** What counters of the silicon do to a result: they add what no call showed, and bound the rest. */
class ResultCountersTest
{
    private static final long CPU_NS = 3 * SECOND_NS;
    private static final FlopCount CLOCK_BOUND = FlopCount.of(600_000_000_000L);

    @Test
    void shouldChargeWhatNoCallShowsToNobody()
    {
        final RunResult result = build(
            facts().counter(perf(Map.of(
                Precision.FP64, exact(1500), Precision.FP32, exact(7), Precision.INT8, upTo(90_000)))).build(),
            key("training", Precision.FP64, Source.BLAS, Part.COUNT, "1000", 3),
            key(null, Precision.FP32, Source.BLAS, Part.COUNT, "7", 1));

        assertEquals(FlopInterval.of(FlopCount.of(1507), FlopCount.of(1507), FlopCount.of(91_507)), result.flop());
        assertEquals(FlopCount.of(1000), result.byNode().get("training").lower());
        assertEquals(FlopCount.of(507), result.byNode().get("unattributed").lower());
        assertEquals(FlopCount.of(1007), result.byBasis().get("EXACT_BY_SHAPE"));
        assertEquals(FlopCount.of(500), result.byBasis().get("EXACT_EXECUTED"));
        // fp64 is told apart from all else, so its own end is what was executed of it.
        assertEquals(FlopInterval.exact(FlopCount.of(1500)), result.byPrecision().get("fp64"));
        final SourceTotal perf = result.bySource().get("perf");
        assertEquals(FlopCount.of(1507), perf.flopCount());
        assertEquals(FlopCount.of(500), perf.executed().added());
        assertFalse(perf.executed().isInTotal());
        assertEquals("perf", result.upperBasis().decidedBy());
        assertTrue(Summary.of(result, Messages.english()).contains("executed, 500 FLOP of it beyond the calls"),
            Summary.of(result, Messages.english()));
        assertTrue(Summary.of(result, Messages.chinese()).contains("实际执行"));
    }

    @Test
    void shouldBeTheLayerWhereNoCallWasSeen()
    {
        final RunResult result = build(facts().counter(perf(Map.of(Precision.UNKNOWN, exact(1500)))).build());

        assertEquals(FlopInterval.exact(FlopCount.of(1500)), result.flop());
        assertEquals(FlopCount.of(1500), result.byPrecision().get("unknown").lower());
        assertTrue(result.bySource().get("perf").executed().isInTotal());
    }

    @Test
    void shouldSayWhatWasMultiplexed()
    {
        final RunResult result = build(facts().counter(perf(Map.of(
            Precision.FP64, FlopInterval.of(FlopCount.of(500), FlopCount.of(1000), FlopCount.of(70_000))))).build(),
            key("n", Precision.FP64, Source.BLAS, Part.COUNT, "900", 1));

        assertEquals(FlopInterval.of(FlopCount.of(900), FlopCount.of(1000), FlopCount.of(70_000)), result.flop());
        assertEquals(FlopCount.of(100), result.byBasis().get("DERIVED"));
        assertNull(result.byBasis().get("EXACT_EXECUTED"));
    }

    /** Half of the CPU time was not watched: a setuid program, for one, takes the counters off itself. */
    @Test
    void shouldBoundCpuTimeThatWasNotWatchedByTheClock()
    {
        final RunResult result = build(facts().counter(new CounterFacts(
            "perf", Source.PERF, Basis.EXACT_EXECUTED, CounterFacts.AVAILABLE, "", true, 1, 2, CPU_NS / 2,
            Map.of(Precision.FP64, exact(1500)), List.of())).build());

        assertEquals(FlopCount.of(300_000_001_500L), result.flop().upper());
    }

    @Test
    void shouldFallBackToTheClockWhereTheCounterDidNotWatchAllTheTime()
    {
        final CounterFacts.CounterGap gap =
            new CounterFacts.CounterGap(BEGIN_MONOTONIC_NS + 5, BEGIN_MONOTONIC_NS + 6, "TAKEN");
        final RunResult result = build(facts().counter(new CounterFacts(
            "perf", Source.PERF, Basis.EXACT_EXECUTED, "TAKEN", "", true, 1, 2, CPU_NS,
            Map.of(Precision.FP64, exact(1500)), List.of(gap))).build());

        assertEquals(FlopInterval.of(FlopCount.of(1500), FlopCount.of(1500), CLOCK_BOUND), result.flop());
        assertEquals("clock", result.upperBasis().decidedBy());
        assertEquals("perf", result.gaps().get(0).source());
        // 200 FLOP/ns x 1 ns x 4 CPUs.
        assertEquals("800", result.gaps().get(0).upperText());
    }

    @Test
    void shouldTellAPauseAsWhatItIs()
    {
        final CounterFacts.CounterGap gap =
            new CounterFacts.CounterGap(BEGIN_MONOTONIC_NS + 5, BEGIN_MONOTONIC_NS + 6, "PAUSED");
        final RunResult result = build(facts().counter(new CounterFacts(
            "perf", Source.PERF, Basis.EXACT_EXECUTED, "PAUSED", "", true, 1, 2, CPU_NS,
            Map.of(Precision.FP64, exact(1500)), List.of(gap))).build());

        assertEquals(FlopInterval.of(FlopCount.of(1500), FlopCount.of(1500), CLOCK_BOUND), result.flop());
        assertEquals(1, result.gaps().size());
        assertEquals("counter paused", result.gaps().get(0).reason());
        assertEquals("perf: PAUSED", result.gaps().get(0).detail());
        assertEquals("800", result.gaps().get(0).upperText());
    }

    @Test
    void shouldLeaveOutACounterThatCouldNotBeUsed()
    {
        final RunResult result = build(facts().counter(new CounterFacts(
            "perf", Source.PERF, Basis.EXACT_EXECUTED, "ABSENT", "no PMU (ENOENT)", false, 0, 0, 0, Map.of(),
            List.of())).build());

        assertNull(result.bySource().get("perf"));
        assertEquals(List.of(), result.gaps());
        assertEquals("ABSENT", result.witnesses().get(0).state());
        assertNull(result.witnesses().get(0).flop());
        assertEquals(CLOCK_BOUND, result.flop().upper());
    }

    @Test
    void shouldFindCallsThatStateMoreThanWasExecuted()
    {
        final RunResult result = build(
            facts().counter(perf(Map.of(Precision.FP64, exact(1500)))).build(),
            key("n", Precision.FP64, Source.BLAS, Part.COUNT, "1501", 1));

        assertEquals("SHAPE_ABOVE_EXECUTED", result.findings().get(0).kind());
        assertEquals(FlopCount.of(1501), result.flop().lower());
        // It was done elsewhere, or saved: what the CPU executed may have been other work.
        assertEquals(FlopCount.of(3001), result.flop().upper());
        assertTrue(Summary.of(result, Messages.english()).contains("!!! SHAPE_ABOVE_EXECUTED: CPU, fp64"));
    }

    /** A runtime may record an unknown device's work: the counters can't have seen it, so it comes on top. */
    @Test
    void shouldAddRecordsOfTheProgramToWhatTheCpuCanHaveDone()
    {
        final RunResult result = build(
            facts().counter(perf(Map.of(Precision.FP64, exact(1500)))).build(),
            key("n", Precision.FP64, Source.API, Part.COUNT, "1000", 1));

        assertEquals(FlopInterval.of(FlopCount.of(1500), FlopCount.of(1500), FlopCount.of(2500)), result.flop());
        assertEquals(FlopCount.of(2500), result.byPrecision().get("fp64").upper());
    }

    @Test
    void shouldNotSumTheCountersOfAnAcceleratorWithWhatTheySaw()
    {
        final KeyTotal[] keys = {
            key("n", Precision.BF16, Source.CUDA, Part.COUNT, "1000", 4),
            lane(Precision.BF16, Basis.EXACT_EXECUTED, Part.COUNT, "1100"),
            lane(Precision.UNKNOWN, Basis.DERIVED, Part.COUNT, "600"),
            lane(Precision.UNKNOWN, Basis.DERIVED, Part.ESTIMATE, "400"),
            lane(Precision.UNKNOWN, Basis.DERIVED, Part.BOUND, "9000"),
        };
        final RunResult unwatched = build(facts().accelerator("/dev/nvidia0").build(), keys);
        final RunResult watched = build(facts().accelerator("/dev/nvidia0").counter(gpm(0)).build(), keys);
        final RunResult late = build(facts().accelerator("/dev/nvidia0").counter(gpm(1)).build(), keys);
        final RunResult other = build(
            facts().accelerator("/dev/nvidia0").accelerator("/dev/kfd").counter(gpm(0)).build(), keys);

        assertEquals(FlopCount.of(1100), unwatched.flop().lower());
        assertFalse(unwatched.flop().isBounded());
        assertEquals(1, unwatched.gaps().size());
        assertEquals(FlopInterval.of(
            FlopCount.of(1100), FlopCount.of(1100), CLOCK_BOUND.add(FlopCount.of(10_000))), watched.flop());
        assertEquals(List.of(), watched.gaps());
        assertEquals(FlopCount.of(1100), watched.bySource().get("cuda").flopCount());
        assertEquals(4, watched.bySource().get("cuda").calls());
        assertEquals(FlopCount.of(100), watched.byNode().get("unattributed").lower());
        assertFalse(late.flop().isBounded(), "what came before the counter began is not bounded by it");
        assertFalse(other.flop().isBounded());
    }

    /** A cuBLAS call of 1000 beside Triton kernels that no call shows: the card's own figure has at least 2500. */
    @Test
    void shouldShowWhatOnlyPipeActivitySees()
    {
        final RunResult result = build(
            facts().accelerator("/dev/nvidia0").counter(gpm(0)).build(),
            key("training", Precision.FP64, Source.CUDA, Part.COUNT, "1000", 1),
            lane(Precision.FP64, Basis.DERIVED, Part.COUNT, "2500"),
            lane(Precision.FP64, Basis.DERIVED, Part.ESTIMATE, "500"),
            lane(Precision.FP64, Basis.DERIVED, Part.BOUND, "9000"));

        assertEquals(FlopInterval.of(
            FlopCount.of(2500), FlopCount.of(3000), CLOCK_BOUND.add(FlopCount.of(12_000))), result.flop());
        assertEquals(FlopCount.of(1000), result.byNode().get("training").lower());
        assertEquals(FlopCount.of(1500), result.byNode().get("unattributed").lower());
        assertEquals(FlopCount.of(2000), result.byBasis().get("DERIVED"));
        assertEquals(FlopCount.of(2500), result.byPrecision().get("fp64").lower());
        assertEquals("WORK_BEYOND_SHAPES", result.findings().get(0).kind());
        assertEquals("NVIDIA, calls state 1000 FLOP, counters saw at least 1500 and likely 2000 beyond: kernels that " +
            "no call shows, or tiles filled up; in unattributed", result.findings().get(0).reason());
        final String summary = Summary.of(result, Messages.english());
        assertTrue(summary.contains("  WORK_BEYOND_SHAPES: NVIDIA"), summary);
        assertFalse(summary.contains("!!!"), "it contradicts nothing");
    }

    @Test
    void shouldSayNothingOfWorkBeyondTheCallsWithinTheCountersError()
    {
        final RunResult result = build(
            facts().accelerator("/dev/nvidia0").counter(gpm(0)).build(),
            key("training", Precision.BF16, Source.CUDA, Part.COUNT, "1000", 1),
            lane(Precision.UNKNOWN, Basis.DERIVED, Part.ESTIMATE, "1050"),
            lane(Precision.UNKNOWN, Basis.DERIVED, Part.BOUND, "9000"));

        assertEquals(List.of(), result.findings());
        assertEquals(FlopCount.of(1000), result.flop().point());
    }

    /** The API's record and the card's own figure are of the same work. */
    @Test
    void shouldNotAddAnAcceleratorsFigureToWhatItsRuntimeRecorded()
    {
        final RunResult result = build(
            facts().accelerator("/dev/nvidia0").counter(gpm(0)).build(),
            key("n", Precision.BF16, Source.API, Part.COUNT, "1000", 1),
            lane(Precision.UNKNOWN, Basis.DERIVED, Part.COUNT, "600"),
            lane(Precision.UNKNOWN, Basis.DERIVED, Part.ESTIMATE, "400"));

        // The canary: 1600 and 2000 are what it was before.
        assertEquals(FlopCount.of(1000), result.flop().lower());
        assertEquals(FlopCount.of(1000), result.flop().point());
    }

    @Test
    void shouldTakeTheDerivedFigureAsTheLayerOfAnAcceleratorThatNothingElseCounted()
    {
        final RunResult result = build(
            facts().accelerator("/dev/nvidia0").counter(gpm(0)).build(),
            lane(Precision.UNKNOWN, Basis.DERIVED, Part.COUNT, "600"),
            lane(Precision.UNKNOWN, Basis.DERIVED, Part.ESTIMATE, "400"));

        assertEquals(FlopCount.of(600), result.flop().lower());
        assertEquals(FlopCount.of(1000), result.flop().point());
        assertEquals(FlopCount.of(1000), result.byBasis().get("DERIVED"));
        assertEquals(FlopCount.of(600), result.bySource().get("cuda").flopCount());
    }

    @Test
    void shouldNotBeBoundedByACounterThatTellsAGap()
    {
        final KeyTotal[] keys = { lane(Precision.UNKNOWN, Basis.DERIVED, Part.BOUND, "9000") };
        final RunFacts facts = facts().accelerator("/dev/nvidia0").counter(gpm(0)).build();
        final Reading good = reading(keys);
        final Reading missed = withGap(good, new Gap(Source.CUDA, GapReason.COUNTER, 7, 1, 2, 0));
        final Reading elsewhere = withGap(good, new Gap(Source.BLAS, GapReason.SYMBOL, 7, 1, 2, 0));
        final Reading paused = withGap(good, new Gap(Source.CUDA, GapReason.COUNTER_PAUSED, 7,
            BEGIN_MONOTONIC_NS + 5, BEGIN_MONOTONIC_NS + 6, 0));

        final RunResult bounded = new ResultBuilder(facts, paused, PEAK).build();
        assertTrue(bounded.flop().isBounded(), "its bound is in the figures");
        assertEquals("counter paused", bounded.gaps().get(0).reason());
        assertEquals(bounded.flop().upper().toString(), bounded.gaps().get(0).upperText(), "a GPU is no CPU");
        final Reading many = withGap(good, new Gap(Source.CUDA, GapReason.COUNTER_PAUSED, 7,
            BEGIN_MONOTONIC_NS + 5, BEGIN_MONOTONIC_NS + 6, 0, 30));
        final RunResult manyTimes = new ResultBuilder(facts, many, PEAK).build();
        assertTrue(manyTimes.flop().isBounded(), "so is that of many");
        assertEquals("pid 7, and 30 more pauses within this time", manyTimes.gaps().get(0).detail());
        final Reading killed = withGap(good, new Gap(Source.CUDA, GapReason.COUNTER_PAUSED, 7,
            BEGIN_MONOTONIC_NS + 5, ControlReader.NO_END_NS, 0, 1));
        final RunResult toTheEnd = new ResultBuilder(facts, killed, PEAK).build();
        assertEquals(facts.epochNs(BEGIN_MONOTONIC_NS + 5), toTheEnd.gaps().get(0).beginNs());
        assertEquals(facts.endNs(), toTheEnd.gaps().get(0).endNs());
        assertEquals("pid 7, and 1 more pause within this time, never ended", toTheEnd.gaps().get(0).detail());
        assertTrue(new ResultBuilder(facts, good, PEAK).build().flop().isBounded());
        assertTrue(new ResultBuilder(facts, elsewhere, PEAK).build().flop().isBounded());
        assertFalse(new ResultBuilder(facts, missed, PEAK).build().flop().isBounded());
    }

    /** What a card may have done in the time of a gap is no matter of what CPUs can do in it. */
    @Test
    void shouldBoundAGapByCpusOnlyWhereNoAcceleratorMayHaveWorkedInIt()
    {
        final Reading reading = reading(lane(Precision.UNKNOWN, Basis.DERIVED, Part.BOUND, "9000"));
        final RunFacts withCard = facts().accelerator("/dev/nvidia0").counter(gpm(0)).build();

        for (final Source source : new Source[] { null, Source.API, Source.CUDA, Source.BLAS })
        {
            final Gap gap = new Gap(source, GapReason.SYMBOL, 7, BEGIN_MONOTONIC_NS, BEGIN_MONOTONIC_NS + 1, 0);
            final RunResult result = new ResultBuilder(withCard, withGap(reading, gap), PEAK).build();
            final String onlyCpus = new ResultBuilder(facts().build(), withGap(reading(), gap), PEAK).build()
                .gaps().get(0).upperText();

            // 200 FLOP/ns x 1 ns x 4 CPUs, or all that the run can have done.
            assertEquals(Source.BLAS == source ? "800" : result.flop().upper().toString(),
                result.gaps().get(0).upperText(), String.valueOf(source));
            assertEquals(Source.CUDA == source ? CLOCK_BOUND.toString() : "800", onlyCpus);
        }
    }

    private static Reading withGap(final Reading reading, final Gap gap)
    {
        return new Reading(
            reading.keys(), reading.samplesProduced(), reading.samplesConsumed(), reading.samplesFolded(),
            reading.samplesLost(), reading.findings(), List.of(gap), reading.conservationDetails(),
            reading.cpuIncomplete());
    }

    /**
     * Random worlds in which all that was executed is known: the truth is never outside, and all parts add up. Calls
     * see some of the work and state a lower end of it, counters see all of it within their own ends.
     */
    @Test
    void shouldEncloseTheTruthInRandomWorlds()
    {
        final long seed = 20261129L;
        final SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 2000; round++)
        {
            final World world = new World(random);
            final RunResult result = build(world.facts(), world.keys());

            final String where = "seed " + seed + " round " + round + " " + result.flop() + " truth " + world.truth;
            assertTrue(result.flop().lower().toBigInteger().compareTo(world.truth) <= 0, where);
            assertTrue(!result.flop().isBounded() ||
                result.flop().upper().toBigInteger().compareTo(world.truth) >= 0, where);
            world.truths.forEach((precision, truth) ->
            {
                final FlopInterval flop = result.byPrecision().get(precision.jsonName());
                assertTrue(null == flop || (flop.lower().toBigInteger().compareTo(truth) <= 0 &&
                    (!flop.isBounded() || flop.upper().toBigInteger().compareTo(truth) >= 0)),
                    where + " " + precision + " " + flop + " truth " + truth);
            });
            assertEquals(result.flop().lower().toBigInteger(), lowers(result.byNode().values()), where);
            assertEquals(result.flop().lower().toBigInteger(), lowers(result.byPrecision().values()), where);
            assertEquals(result.flop().point().toBigInteger(), result.byBasis().values().stream()
                .map(FlopCount::toBigInteger).reduce(BigInteger.ZERO, BigInteger::add), where);
            assertEquals(result.flop().lower().toBigInteger(), result.bySource().values().stream()
                .map(source -> null == source.executed() ? source.flopCount() : source.executed().added())
                .map(FlopCount::toBigInteger).reduce(BigInteger.ZERO, BigInteger::add), where);
        }
    }

    /** Work that was done, what calls tell of it, and what counters saw. */
    private static final class World
    {
        private static final Precision[] PRECISIONS = { Precision.FP64, Precision.FP32, Precision.BF16 };

        private final List<KeyTotal> keys = new ArrayList<>();
        private final Map<Precision, Long> onCpu = new EnumMap<>(Precision.class);
        private final Map<Precision, Long> onGpu = new EnumMap<>(Precision.class);
        private final Map<Precision, BigInteger> truths = new EnumMap<>(Precision.class);
        private final SplittableRandom random;
        private final boolean isLumped;
        private final boolean hasGpu;
        private BigInteger truth = BigInteger.ZERO;

        World(final SplittableRandom random)
        {
            this.random = random;
            isLumped = random.nextInt(3) == 0;
            hasGpu = random.nextInt(2) == 0;
            final int pieces = random.nextInt(8);
            for (int i = 0; i < pieces; i++)
            {
                work(hasGpu && random.nextInt(2) == 0);
            }
            if (hasGpu)
            {
                onGpu.forEach((precision, flopCount) -> gpuCounter(precision, flopCount));
            }
        }

        private void work(final boolean isGpu)
        {
            final Precision precision = PRECISIONS[random.nextInt(3)];
            final long flopCount = random.nextInt(1000);
            (isGpu ? onGpu : onCpu).merge(precision, flopCount, Long::sum);
            truth = truth.add(BigInteger.valueOf(flopCount));
            truths.merge(precision, BigInteger.valueOf(flopCount), BigInteger::add);
            if (random.nextInt(3) == 0)
            {
                return;
            }
            final long stated = random.nextInt(3) == 0 ? random.nextLong(flopCount + 1) : flopCount;
            final Source source = random.nextInt(4) == 0 ? Source.API :
                isGpu ? Source.CUDA : Source.ofCode(2 + random.nextInt(3));
            final String node = "n" + random.nextInt(3);
            keys.add(key(node, precision, source, Part.COUNT, Long.toString(stated), 1));
            if (stated < flopCount)
            {
                keys.add(key(node, precision, source, Part.ESTIMATE, Long.toString(random.nextInt(2000)), 1));
            }
        }

        private void gpuCounter(final Precision precision, final long flopCount)
        {
            final long seen = random.nextLong(flopCount + 1);
            keys.add(lane(precision, Basis.EXACT_EXECUTED, Part.COUNT, Long.toString(seen)));
            keys.add(lane(precision, Basis.DERIVED, Part.COUNT, Long.toString(random.nextLong(flopCount + 1))));
            keys.add(lane(precision, Basis.DERIVED, Part.ESTIMATE, Long.toString(random.nextLong(flopCount + 1))));
            keys.add(lane(
                precision, Basis.DERIVED, Part.BOUND, Long.toString(flopCount + random.nextInt(3000))));
        }

        RunFacts facts()
        {
            final Map<Precision, FlopInterval> figures = new EnumMap<>(Precision.class);
            onCpu.forEach((precision, flopCount) ->
            {
                final long lower = random.nextInt(2) == 0 ? flopCount : random.nextLong(flopCount + 1);
                final long point = lower + random.nextLong(flopCount - lower + 1);
                final FlopInterval flop = FlopInterval.of(FlopCount.of(lower), FlopCount.of(point),
                    FlopCount.of(flopCount + random.nextInt(2) * random.nextInt(5000)));
                figures.merge(isLumped ? Precision.UNKNOWN : precision, flop, FlopInterval::add);
            });
            for (final Precision precision : PRECISIONS)
            {
                figures.putIfAbsent(isLumped ? Precision.UNKNOWN : precision, FlopInterval.ZERO);
            }
            final Fixtures.FactsBuilder facts = Fixtures.facts().counter(perf(figures));
            if (hasGpu)
            {
                facts.accelerator("/dev/nvidia0").counter(gpm(random.nextInt(4) == 0 ? 1 : 0));
            }
            return facts.build();
        }

        KeyTotal[] keys()
        {
            return keys.toArray(new KeyTotal[0]);
        }
    }

    private static FlopInterval exact(final long flopCount)
    {
        return FlopInterval.exact(FlopCount.of(flopCount));
    }

    private static FlopInterval upTo(final long upper)
    {
        return FlopInterval.of(FlopCount.ZERO, FlopCount.ZERO, FlopCount.of(upper));
    }

    private static CounterFacts perf(final Map<Precision, FlopInterval> figures)
    {
        return new CounterFacts(
            "perf", Source.PERF, Basis.EXACT_EXECUTED, CounterFacts.AVAILABLE, "", true, 1, 2, CPU_NS, figures,
            List.of());
    }

    /** Watched from the beginning of the run + `late` ns to its end; the figures are in lanes. */
    private static CounterFacts gpm(final long late)
    {
        return new CounterFacts(
            "gpm", Source.CUDA, Basis.DERIVED, CounterFacts.AVAILABLE, "", true, BEGIN_MONOTONIC_NS + late,
            BEGIN_MONOTONIC_NS + 10 * SECOND_NS, 0, Map.of(), List.of());
    }

    private static KeyTotal lane(
        final Precision precision, final Basis basis, final Part part, final String flopCount)
    {
        return new KeyTotal(
            "r", null, precision, basis, Source.CUDA, part, FlopCount.parse(flopCount), 1, false);
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

    private static RunResult build(final RunFacts facts, final KeyTotal... keys)
    {
        return new ResultBuilder(facts, reading(keys), PEAK).build();
    }
}
