/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/**
 * How much of the GPUs' kernel time the counted calls explain, by card, over all processes that told of it.
 *
 * @param processes that told.
 * @param closed    of which so many told to their end.
 * @param flop      of all GPUs, if these are all processes that used one: what calls counted, and at most what the
 *                  rest can have been on top.
 * @param byCard    likewise of each card by itself; empty where the notes state more than was counted.
 */
record ResultCoverage(
    int processes,
    int closed,
    List<String> faults,
    Map<String, CardCoverage> cards,
    FlopInterval flop,
    Map<String, FlopInterval> byCard)
{
    private static final BigInteger NS_PER_SEC = BigInteger.valueOf(1_000_000_000L);
    private static final int SHARE_SCALE = 6;
    /** More than a host has; programs say which, and may say anything. */
    private static final int CARDS_MAX = 64;
    private static final String OTHERS = "unknown";
    /** Of a name that is the same card in every process; else it is a number, and each process may mean another. */
    private static final String UUID_PREFIX = "GPU-";

    /**
     * One card.
     *
     * @param unseenNs time in which kernels may have run unseen.
     * @param restMax  FLOP that what the counted calls do not explain can have been at most; null = unbounded.
     * @param nodes    by node.
     */
    record CardCoverage(
        String chip,
        KernelNote.Times times,
        BigInteger unseenNs,
        BigInteger recordsDropped,
        BigInteger restMax,
        Map<String, KernelNote.Times> nodes)
    {
        CardCoverage unbounded()
        {
            return new CardCoverage(chip, times, unseenNs, recordsDropped, null, nodes);
        }

        CardCoverage atMost(final BigInteger ofCard)
        {
            return new CardCoverage(
                chip, times, unseenNs, recordsDropped, null == restMax ? null : restMax.min(ofCard), nodes);
        }

        /** Surely so much, if all that was unseen was kernel time that calls do not explain; null = there was none. */
        BigDecimal shareMin()
        {
            return share(times.covered(), times.all().add(unseenNs), RoundingMode.FLOOR);
        }

        /** At most so much of the kernel time that was seen. */
        BigDecimal shareMax()
        {
            return share(times.covered().add(times.mixed()), times.all(), RoundingMode.CEILING);
        }

        private static BigDecimal share(final BigInteger part, final BigInteger whole, final RoundingMode mode)
        {
            return 0 == whole.signum() ?
                null : new BigDecimal(part).divide(new BigDecimal(whole), SHARE_SCALE, mode);
        }

        CardCoverage plus(final CardCoverage other)
        {
            final Map<String, KernelNote.Times> sums = new TreeMap<>(nodes);
            other.nodes.forEach((node, times) -> sums.merge(node, times, KernelNote.Times::plus));
            return new CardCoverage(
                chip, times.plus(other.times), unseenNs.add(other.unseenNs), recordsDropped.add(other.recordsDropped),
                null == restMax || null == other.restMax ? null : restMax.add(other.restMax), sums);
        }
    }

    /**
     * Null when no process told.
     *
     * @param calls what calls on GPUs counted in all processes.
     */
    static ResultCoverage of(final RunFacts facts, final Sums calls)
    {
        final KernelNotes all = facts.kernels();
        if (all.isEmpty())
        {
            return null;
        }
        final Map<String, CardCoverage> cards = new TreeMap<>();
        final Map<String, Window> windows = new TreeMap<>();
        final CardFlop cardFlop = new CardFlop();
        for (final KernelNote note : all.notes())
        {
            // Whoever was killed, or had kernels at work when it told its last, did something since then, until the run
            // was over at the latest; when that was nobody knows of a run whose supervisor died.
            final boolean isEndKnown = note.isWhole() || null != facts.exitCode();
            final BigInteger lost = note.isWhole() ? BigInteger.ZERO :
                BigInteger.valueOf(facts.endMonotonicNs()).subtract(BigInteger.valueOf(note.endMonotonicNs()))
                    .max(BigInteger.ZERO);
            final BigInteger watched =
                BigInteger.valueOf(note.endMonotonicNs() - note.beginMonotonicNs()).add(lost);
            // A kernel has its record when it ends: that of a killed process may have been at work all along.
            final BigInteger unseen =
                note.isClosed() ? BigInteger.valueOf(note.unseenNs()).add(lost).min(watched) : watched;
            for (final KernelNote.Card card : note.cards())
            {
                final boolean isKnown = cards.containsKey(card.device()) || CARDS_MAX > cards.size();
                final CardCoverage told = of(card, note, unseen, watched);
                cards.merge(
                    isKnown ? card.device() : OTHERS, isEndKnown ? told : told.unbounded(), CardCoverage::plus);
                cardFlop.add(isKnown ? card.device() : OTHERS, card.stated());
                if (isKnown && card.device().startsWith(UUID_PREFIX) && null != card.peakFlopPerSec())
                {
                    final BigInteger begin = BigInteger.valueOf(note.beginMonotonicNs());
                    windows.merge(card.device(), new Window(begin, begin.add(watched), card.peakFlopPerSec()),
                        Window::plus);
                }
            }
            if (note.cards().isEmpty())
            {
                cards.merge(OTHERS, new CardCoverage("", KernelNote.Times.NONE, unseen,
                    BigInteger.valueOf(note.recordsDropped()), null, new TreeMap<>()), CardCoverage::plus);
            }
        }
        // Processes that share a card share its time.
        windows.forEach((device, window) -> cards.computeIfPresent(device, (name, card) -> card.atMost(window.most())));
        return new ResultCoverage(
            all.notes().size(), (int)all.notes().stream().filter(KernelNote::isClosed).count(), all.faults(), cards,
            calls.interval(upper(all, cards, calls)),
            cardFlop.of(calls, cards, all.faults().isEmpty() && !cards.containsKey(OTHERS)));
    }

    /** Null = unbounded. Processes say what they like: a note that is not understood may hide anything. */
    private static FlopCount upper(
        final KernelNotes all, final Map<String, CardCoverage> cards, final Sums calls)
    {
        BigInteger sum = calls.stated().toBigInteger();
        for (final CardCoverage card : cards.values())
        {
            if (null == card.restMax())
            {
                return null;
            }
            sum = sum.add(card.restMax());
        }
        return all.faults().isEmpty() && 0 >= sum.compareTo(FlopCount.MAX.toBigInteger()) ? FlopCount.of(sum) : null;
    }

    private static CardCoverage of(
        final KernelNote.Card card, final KernelNote note, final BigInteger unseen, final BigInteger watched)
    {
        final Map<String, KernelNote.Times> nodes = new TreeMap<>();
        KernelNote.Times told = KernelNote.Times.NONE;
        for (final KernelNote.Share share : card.shares())
        {
            nodes.merge(name(share.node()), share.times(), KernelNote.Times::plus);
            told = told.plus(share.times());
        }
        final KernelNote.Times all = card.times();
        if (!told.all().equals(all.all()))
        {
            nodes.merge(RunResult.UNATTRIBUTED, new KernelNote.Times(
                all.kernels().subtract(told.kernels()).max(BigInteger.ZERO), all.covered().subtract(told.covered()),
                all.mixed().subtract(told.mixed()), all.uncovered().subtract(told.uncovered())),
                KernelNote.Times::plus);
        }
        // Kernels may overlap; the card cannot do more than it can in the time that there was.
        final BigInteger rest = all.mixed().add(all.uncovered()).add(unseen).min(watched);
        final BigInteger restMax = null == card.peakFlopPerSec() ? null : most(rest, card.peakFlopPerSec());
        return new CardCoverage(
            card.chip(), all, unseen, BigInteger.valueOf(note.recordsDropped()), restMax, nodes);
    }

    private static BigInteger most(final BigInteger ns, final BigInteger flopPerSec)
    {
        return ns.multiply(flopPerSec).add(NS_PER_SEC).subtract(BigInteger.ONE).divide(NS_PER_SEC);
    }

    /** When any process watched a card, and the highest that one says of its rate. */
    private record Window(BigInteger beginNs, BigInteger endNs, BigInteger peakFlopPerSec)
    {
        Window plus(final Window other)
        {
            return new Window(beginNs.min(other.beginNs), endNs.max(other.endNs),
                peakFlopPerSec.max(other.peakFlopPerSec));
        }

        BigInteger most()
        {
            return ResultCoverage.most(endNs.subtract(beginNs), peakFlopPerSec);
        }
    }

    private static String name(final String node)
    {
        return node.isEmpty() ? RunResult.UNATTRIBUTED : node;
    }
}
