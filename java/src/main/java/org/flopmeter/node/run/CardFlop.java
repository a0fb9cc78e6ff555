/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.flopmeter.node.run.ResultCoverage.CardCoverage;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/**
 * FLOP of each card by itself, docs/design/0024-kernel-activity.md section 2: what calls counted on it, and at most
 * what no card was named for and what its kernels that calls do not explain can have been. Notes are untrusted, so
 * what they place on cards is held against what the lanes have.
 */
final class CardFlop
{
    private final Map<String, BigInteger[]> placed = new TreeMap<>();

    /** So much of the calls was on this card; null = the note does not say. */
    void add(final String card, final FlopInterval stated)
    {
        final BigInteger[] ends = placed.computeIfAbsent(card, ignored ->
            new BigInteger[]{ BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO });
        if (null != stated)
        {
            ends[0] = ends[0].add(stated.lower().toBigInteger());
            ends[1] = ends[1].add(stated.point().toBigInteger());
            ends[2] = ends[2].add(stated.upper().toBigInteger());
        }
    }

    /**
     * By card; empty where the notes state more than was counted.
     *
     * @param calls      what calls on GPUs counted.
     * @param isComplete every process said which cards it used.
     */
    Map<String, FlopInterval> of(
        final Sums calls, final Map<String, CardCoverage> cards, final boolean isComplete)
    {
        final List<BigInteger> all = List.of(
            calls.count().toBigInteger(), calls.point().toBigInteger(), calls.stated().toBigInteger());
        for (int i = 0; i < all.size(); i++)
        {
            final int end = i;
            if (0 < placed.values().stream().map(ends -> ends[end]).reduce(BigInteger.ZERO, BigInteger::add)
                .compareTo(all.get(i)))
            {
                return Map.of();
            }
        }
        final BigInteger elsewhere = all.get(2).subtract(
            placed.values().stream().map(ends -> ends[2]).reduce(BigInteger.ZERO, BigInteger::add));
        final Map<String, FlopInterval> byCard = new TreeMap<>();
        placed.forEach((name, ends) ->
        {
            final BigInteger rest = isComplete ? cards.get(name).restMax() : null;
            final BigInteger most = null == rest ? null : ends[2].add(elsewhere).add(rest);
            final FlopCount lower = FlopCount.of(ends[0]);
            final FlopCount point = FlopCount.of(ends[1]);
            byCard.put(name, null == most || 0 < most.compareTo(FlopCount.MAX.toBigInteger()) ?
                FlopInterval.unbounded(lower, point) : FlopInterval.of(lower, point, FlopCount.of(most)));
        });
        return byCard;
    }
}
