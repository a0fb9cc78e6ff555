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
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.flopmeter.node.run.KernelNote.Card;
import org.flopmeter.node.run.KernelNote.Times;
import org.flopmeter.node.run.ResultCoverage.CardCoverage;
import org.flopmeter.node.text.Messages;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What ran lies within what is said of it, however much of it nobody saw. */
final class ResultCoverageTest
{
    private static final int RUNS = Suite.rounds(2000, 200_000);
    private static final int PROCESSES_MAX = 4;
    private static final long RUN_NS = 10 * SECOND_NS;
    private static final String DEVICE = "GPU-0";
    static final BigInteger FLOP_PER_SEC = BigInteger.valueOf(SECOND_NS);
    /** All processes at once. */
    private static final BigInteger CARD_FLOP_PER_SEC = FLOP_PER_SEC.multiply(BigInteger.valueOf(PROCESSES_MAX));

    /**
     * What a process did on the card, in nanoseconds of kernels one after the other, a FLOP in each: processes share
     * the card, and all together are as fast as it is.
     *
     * @param mixedCovered of {@code mixed} what counted calls launched.
     * @param unseenRan    kernels in {@code unseen}.
     * @param lostRan      kernels between its last word and its death.
     */
    private record Did(
        long length, long covered, long mixed, long mixedCovered, long uncovered, long unseen, long unseenRan,
        boolean isClosed, long lostRan)
    {
        static Did any(final SplittableRandom random)
        {
            final long length = random.nextLong(1, RUN_NS);
            final long[] cuts = random.longs(4, 0, length + 1).sorted().toArray();
            final boolean isClosed = random.nextBoolean();
            return new Did(length, cuts[0], cuts[1] - cuts[0], random.nextLong(cuts[1] - cuts[0] + 1),
                cuts[2] - cuts[1], cuts[3] - cuts[2], random.nextLong(cuts[3] - cuts[2] + 1), isClosed,
                isClosed ? 0 : random.nextLong(RUN_NS - length + 1));
        }

        KernelNote note(final boolean isUnseenTold)
        {
            final Times times = new Times(BigInteger.ONE, BigInteger.valueOf(covered), BigInteger.valueOf(mixed),
                BigInteger.valueOf(uncovered));
            return new KernelNote("AVAILABLE", isClosed || !isUnseenTold, false, BEGIN_MONOTONIC_NS,
                BEGIN_MONOTONIC_NS + length, isUnseenTold ? unseen : 0, 0,
                List.of(new Card(DEVICE, "GH100", CARD_FLOP_PER_SEC, times, List.of())));
        }

        long byCalls()
        {
            return covered + mixedCovered;
        }

        long seen()
        {
            return covered + mixed + uncovered;
        }

        long ran()
        {
            return seen() + unseenRan + lostRan;
        }
    }

    private static boolean holds(final List<Did> all, final boolean isUnseenTold)
    {
        final List<KernelNote> notes = all.stream().map(did -> did.note(isUnseenTold)).toList();
        final long calls = all.stream().mapToLong(Did::byCalls).sum();
        final ResultCoverage coverage =
            ResultCoverage.of(facts().kernels(new KernelNotes(notes, List.of())).build(), sums(calls));
        final CardCoverage card = coverage.cards().get(DEVICE);
        final BigDecimal byCalls = BigDecimal.valueOf(calls);
        final BigDecimal seen = BigDecimal.valueOf(all.stream().mapToLong(Did::seen).sum());
        final BigDecimal ran = BigDecimal.valueOf(all.stream().mapToLong(Did::ran).sum());
        return card.shareMin().multiply(ran).compareTo(byCalls) <= 0 &&
            card.shareMax().multiply(seen).compareTo(byCalls) >= 0 &&
            new BigDecimal(card.restMax()).compareTo(ran.subtract(byCalls)) >= 0 &&
            coverage.flop().lower().equals(FlopCount.of(calls)) &&
            new BigDecimal(coverage.flop().upper().toBigInteger()).compareTo(ran) >= 0;
    }

    /** A supervisor that died says not when the run was over: who told to its end is bounded, who did not is not. */
    @Test
    void shouldBoundNothingOfAProcessThatMayStillBeAtIt()
    {
        for (final boolean isClosed : new boolean[] { true, false })
        {
            final KernelNote note = new Did(5, 1, 0, 0, 2, 0, 0, isClosed, 0).note(true);
            final KernelNotes notes = new KernelNotes(List.of(note), List.of());
            final ResultCoverage known = ResultCoverage.of(facts().kernels(notes).build(), sums(1));
            final ResultCoverage unknown = ResultCoverage.of(facts().exitUnknown().kernels(notes).build(), sums(1));

            assertTrue(known.flop().isBounded());
            assertEquals(isClosed, unknown.flop().isBounded());
            assertEquals(isClosed, null != unknown.cards().get(DEVICE).restMax());
        }
    }

    /** A kernel of eight seconds beside counted ones, in a process that was killed in the ninth: no note has it. */
    @Test
    void shouldBoundAKernelThatWasAtWorkWhenItsProcessWasKilled()
    {
        final Times covered =
            new Times(BigInteger.ONE, BigInteger.valueOf(SECOND_NS), BigInteger.ZERO, BigInteger.ZERO);
        final KernelNote note = new KernelNote("AVAILABLE", false, true, BEGIN_MONOTONIC_NS,
            BEGIN_MONOTONIC_NS + 8 * SECOND_NS, 0, 0,
            List.of(new Card(DEVICE, "GH100", FLOP_PER_SEC, covered, List.of())));
        final ResultCoverage coverage = ResultCoverage.of(
            facts().kernels(new KernelNotes(List.of(note), List.of())).build(), sums(SECOND_NS));

        assertEquals(BigInteger.valueOf(10 * SECOND_NS), coverage.cards().get(DEVICE).restMax());
        assertEquals(FlopCount.of(11 * SECOND_NS), coverage.flop().upper());
    }

    /** Its last kernels had no end when it told its last: they may go on until the run is over. */
    @Test
    void shouldBoundWhatWasAtWorkWhenItsProcessEnded()
    {
        final KernelNote note = new KernelNote("AVAILABLE", true, true, BEGIN_MONOTONIC_NS,
            BEGIN_MONOTONIC_NS + 4 * SECOND_NS, SECOND_NS, 0,
            List.of(new Card(DEVICE, "GH100", FLOP_PER_SEC, Times.NONE, List.of())));
        final KernelNotes notes = new KernelNotes(List.of(note), List.of());

        final CardCoverage card =
            ResultCoverage.of(facts().kernels(notes).build(), sums(0)).cards().get(DEVICE);

        assertEquals(BigInteger.valueOf(7 * SECOND_NS), card.unseenNs());
        assertEquals(BigInteger.valueOf(7 * SECOND_NS), card.restMax());
        assertNull(ResultCoverage.of(facts().exitUnknown().kernels(notes).build(), sums(0)).cards().get(DEVICE)
            .restMax());
    }

    /** One FLOP for each nanosecond that a counted call's kernel ran: the card's peak. */
    private static Sums sums(final long calls)
    {
        final Sums sums = new Sums();
        sums.add(Part.COUNT, FlopCount.of(calls));
        return sums;
    }

    /** A process whose only kernel, of a second, no call explains. */
    static KernelNote uncovered(final String device, final BigInteger peak)
    {
        final Times times = new Times(
            BigInteger.ONE, BigInteger.ZERO, BigInteger.ZERO, BigInteger.valueOf(SECOND_NS));
        return new KernelNote("AVAILABLE", true, false, BEGIN_MONOTONIC_NS, BEGIN_MONOTONIC_NS + SECOND_NS, 0,
            0, List.of(new Card(device, "GH100", peak, times, List.of())));
    }

    static RunResult result(final List<String> faults, final KernelNote... notes)
    {
        return new ResultBuilder(
            facts().accelerator("/dev/nvidia0").kernels(new KernelNotes(List.of(notes), faults)).build(),
            reading(
                key("a", Precision.BF16, Source.CUDA, Part.COUNT, "1000", 1),
                key("a", Precision.BF16, Source.CUDA, Part.BOUND, "50", 1),
                key("b", Precision.FP32, Source.BLAS, Part.COUNT, "7", 1)),
            PEAK).build();
    }

    /** What is known of all GPUs is said beside the run's upper end, which covers processes that say nothing. */
    @Test
    void shouldBoundAllGpusWithoutTouchingTheRun()
    {
        final RunResult result =
            result(List.of(), uncovered("GPU-0", FLOP_PER_SEC), uncovered("GPU-1", FLOP_PER_SEC));

        assertEquals("unbounded", result.flop().upperText());
        assertEquals(
            FlopInterval.of(FlopCount.of(1000), FlopCount.of(1000), FlopCount.of(1050 + 2 * SECOND_NS)),
            result.coverage().flop());
        final JsonNode flop = ResultJson.document(result).path("coverage").path("flop");
        assertEquals("1000", flop.path("lower").asString());
        assertEquals("2000001050", flop.path("upper").asString());
        final String summary = Summary.of(result, Messages.of(Map.of()));
        assertTrue(summary.contains("all GPUs: 1.00 kFLOP to 2.00 GFLOP, if no process but the 2"), summary);
    }

    /** Two that share a card share its time; numbers are no names of cards. */
    @Test
    void shouldNotCountTheTimeOfACardTwice()
    {
        final RunResult shared =
            result(List.of(), uncovered("GPU-0", FLOP_PER_SEC), uncovered("GPU-0", FLOP_PER_SEC));
        final RunResult numbered = result(List.of(), uncovered("0", FLOP_PER_SEC), uncovered("0", FLOP_PER_SEC));

        assertEquals(FlopCount.of(1050 + SECOND_NS), shared.coverage().flop().upper());
        assertEquals(FlopCount.of(1050 + 2 * SECOND_NS), numbered.coverage().flop().upper());
    }

    @Test
    void shouldBeUnboundedWhereANoteLeavesRoom()
    {
        final BigInteger most = BigInteger.TEN.pow(38).subtract(BigInteger.ONE);
        for (final RunResult result : List.of(
            result(List.of("kernels-1.json: cannot be read"), uncovered("GPU-0", FLOP_PER_SEC)),
            result(List.of(), uncovered("GPU-0", FLOP_PER_SEC), uncovered("GPU-1", null)),
            result(List.of(), uncovered("GPU-0", most), uncovered("GPU-1", most), uncovered("GPU-2", most),
                uncovered("GPU-3", most))))
        {
            assertEquals(FlopInterval.unbounded(FlopCount.of(1000), FlopCount.of(1000)), result.coverage().flop());
        }
    }

    @Test
    void shouldHoldWhatRanBetweenItsEnds()
    {
        final SplittableRandom random = new SplittableRandom(20_261_128);
        int noticed = 0;
        for (int run = 0; run < RUNS; run++)
        {
            final List<Did> all = new ArrayList<>();
            for (int i = random.nextInt(PROCESSES_MAX); i >= 0; i--)
            {
                all.add(Did.any(random));
            }
            assertTrue(holds(all, true), () -> "not within: " + all);

            // Canary: notes that keep what they missed to themselves.
            noticed += holds(all, false) ? 0 : 1;
        }
        assertTrue(noticed > RUNS / 4, "noticed " + noticed + " of " + RUNS);
    }
}
