/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import static org.flopmeter.node.run.Fixtures.BEGIN_MONOTONIC_NS;
import static org.flopmeter.node.run.Fixtures.SECOND_NS;
import static org.flopmeter.node.run.Fixtures.facts;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.flopmeter.node.run.KernelNote.Card;
import org.flopmeter.node.run.KernelNote.Times;
import org.flopmeter.node.run.ResultCoverage.CardCoverage;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;

/** What ran lies within what is said of it, however much of it nobody saw. */
final class ResultCoverageTest
{
    private static final int RUNS = Suite.rounds(2000, 200_000);
    private static final int PROCESSES_MAX = 4;
    private static final long RUN_NS = 10 * SECOND_NS;
    private static final String DEVICE = "GPU-0";
    private static final BigInteger FLOP_PER_SEC = BigInteger.valueOf(SECOND_NS);

    /**
     * What a process did on the card, in nanoseconds of kernels one after the other, each as fast as the card is.
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
            return new KernelNote("AVAILABLE", isClosed || !isUnseenTold, BEGIN_MONOTONIC_NS,
                BEGIN_MONOTONIC_NS + length, isUnseenTold ? unseen : 0, 0,
                List.of(new Card(DEVICE, "GH100", FLOP_PER_SEC, times, List.of())));
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
        final CardCoverage card = ResultCoverage.of(
            facts().kernels(new KernelNotes(notes, List.of())).build()).cards().get(DEVICE);
        final BigDecimal byCalls = BigDecimal.valueOf(all.stream().mapToLong(Did::byCalls).sum());
        final BigDecimal seen = BigDecimal.valueOf(all.stream().mapToLong(Did::seen).sum());
        final BigDecimal ran = BigDecimal.valueOf(all.stream().mapToLong(Did::ran).sum());
        return card.shareMin().multiply(ran).compareTo(byCalls) <= 0 &&
            card.shareMax().multiply(seen).compareTo(byCalls) >= 0 &&
            new BigDecimal(card.restMax()).compareTo(ran.subtract(byCalls)) >= 0;
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
