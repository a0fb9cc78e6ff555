/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.gate;

import java.util.Map;
import java.util.OptionalDouble;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Peer;
import org.flopmeter.bench.card.ScoreCard;

/**
 * Finds costs on a card by name: "consumerOnly" (a figure; a rate is turned into ns),
 * "consumerOnly.touchOnlyNsPerSample" (a detail of it), "peer.otel". Of several placements it takes the slowest.
 */
final class Costs
{
    private static final double NS_PER_SEC = 1e9;
    private static final String PEER = "peer.";

    private Costs()
    {
    }

    static OptionalDouble find(final ScoreCard card, final String name)
    {
        if (name.startsWith(PEER))
        {
            return card.peers().stream()
                .filter((peer) -> peer.name().equals(name.substring(PEER.length())))
                .mapToDouble(Peer::median).findFirst();
        }
        final int dot = name.indexOf('.');
        if (dot < 0)
        {
            return card.slowest(name).map((figure) -> OptionalDouble.of(ns(figure))).orElse(OptionalDouble.empty());
        }
        return card.slowest(name.substring(0, dot))
            .map((figure) -> detail(figure.details(), name.substring(dot + 1))).orElse(OptionalDouble.empty());
    }

    private static OptionalDouble detail(final Map<String, Object> details, final String name)
    {
        return details.get(name) instanceof Number number ?
            OptionalDouble.of(number.doubleValue()) : OptionalDouble.empty();
    }

    private static double ns(final Figure figure)
    {
        return figure.unit().endsWith("/s") ? NS_PER_SEC / figure.median() : figure.median();
    }
}
