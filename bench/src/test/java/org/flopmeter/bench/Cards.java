/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench;

import java.util.List;
import java.util.Map;
import org.flopmeter.bench.card.Curve;
import org.flopmeter.bench.card.Distribution;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Peer;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;

/** A made-up card with everything on it. */
public final class Cards
{
    /** Text that a page or document must escape. */
    public static final String HOSTILE = "a <b> & \"c\" \u0001 ]]> </style>";

    private Cards()
    {
    }

    /** All that a card can have, in two placements. */
    public static ScoreCard full()
    {
        final ScoreCard card = new ScoreCard("JVM 17", "CPU, 2 CPUs " + HOSTILE, false);
        card.warn("load average 7: " + HOSTILE);
        card.fact("cpuCount", 2);
        card.fact("coreLatencyNs", List.of(30.5, 71.25));
        card.fact("forkFlags", HOSTILE);
        card.add(figure("endToEndBatched", "samples/s", Placement.NEAR, 8e8, 9e8, 9.5e8)
            .with("kernels", Map.of("java", Map.of("near", 7e8))));
        card.add(figure("endToEndBatched", "samples/s", Placement.FAR, 1.5e8, 1.7e8, 1.8e8));
        card.add(figure("endToEndSingle", "samples/s", Placement.NEAR, 1e8, 1.2e8, 1.3e8));
        card.add(figure("consumerOnly", "samples/s", Placement.NEAR, 9e8, 1e9, 1.1e9)
            .with("touchOnlyNsPerSample", 0.5).with("addOnlyNsPerSample", 0.625)
            .with("conservationNsPerSample", 0.0625).with("validationNsPerSample", 0.03125)
            .with("commitNsPerSample", 0.28125));
        card.add(figure("dramReadBandwidth", "B/s", Placement.NEAR, 1.7e10, 1.8e10, 1.9e10));
        card.add(figure("producerFree", "ns/sample", Placement.NEAR, 0.9, 1.0, 1.1)
            .with("loopOnlyNs", 0.25).with("batch1Ns", 10.0).with("stampedNs", 40.0));
        card.add(figure("producerLive", "ns/sample", Placement.NEAR, 2.5, 2.75, 3.0));
        card.add(figure("producerFull", "ns/sample", Placement.NEAR, 3.0, 3.25, 3.5));
        card.add(figure("interceptedCall", "ns", Placement.NEAR, -1, 30, 60));
        card.add(new Peer("otel", "ns/sample", 33.6, 12.2, false, "a long, wraps at 2^63 " + HOSTILE));
        card.add(new Peer("disruptorSingle", "ns/sample", 16.8, 15.1, true, "busy spin"));
        card.add(new Peer("baselineLoop", "ns/sample", 0.5, Double.NaN, null, "no work"));
        card.add(new Curve("throughputByBatch", "Throughput by batch", "samples per batch", "samples/s", List.of(
            new Curve.Point(1, 5e7, 4e7, 6e7, "far"),
            new Curve.Point(126, 9e8, 8e8, 9.5e8, "near"))));
        card.add(new Distribution("producerCost", "Cost in a batch", "ns/sample", List.of(
            new Distribution.Bucket(0.5, 1, 10), new Distribution.Bucket(1, 2, 980),
            new Distribution.Bucket(2, 400, 10))));
        return card;
    }

    private static Figure figure(
        final String name,
        final String unit,
        final Placement placement,
        final double p10,
        final double median,
        final double p90)
    {
        return new Figure(name, unit, placement.jsonName(), median, p10, p90, 7, true, Map.of());
    }
}
