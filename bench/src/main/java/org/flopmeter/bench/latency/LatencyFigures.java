/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.latency;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.flopmeter.bench.RoundFigures;
import org.flopmeter.bench.card.Distribution;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.fork.Fork;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;

/** stalenessP99 and its distribution. */
public final class LatencyFigures
{
    private static final double NS_PER_MS = 1e6;
    /** A lane with less than that of the records of a mean one has waited for a reader that was elsewhere. */
    private static final double STARVED_SHARE_BELOW = 0.9;

    private final ScoreCard card;
    private final boolean quick;

    /** For that card; quick: for a shorter time. */
    public LatencyFigures(final ScoreCard card, final boolean quick)
    {
        this.card = card;
        this.quick = quick;
    }

    /** Measure and add them. */
    public void run() throws InterruptedException
    {
        final Settings settings = Settings.of(List.of(
            quick ? "durationMs=800" : "durationMs=3000", quick ? "warmUpMs=400" : "warmUpMs=1500"));
        final List<Double> p99Ms = new ArrayList<>();
        Results last = null;
        boolean exact = true;
        double leastShare = Double.MAX_VALUE;
        Placement placement = Placement.NEAR;
        for (int round = 0; round < (quick ? 1 : 3); round++)
        {
            last = Fork.runAsDeployed(Staleness.class, settings);
            p99Ms.add(last.number("p99Ns") / NS_PER_MS);
            exact &= last.all("exact");
            warnStarved(last.number("leastShareOfALane"));
            leastShare = Math.min(leastShare, last.number("leastShareOfALane"));
            placement = placement.slower(RoundFigures.slowest(last, "placement"));
            RoundFigures.warnInexact(card, "stalenessP99", last);
        }
        final Map<String, Object> percentilesMs = new LinkedHashMap<>();
        for (final String percentile : last.texts("percentile"))
        {
            final int at = percentile.indexOf(':');
            percentilesMs.put(percentile.substring(0, at), Long.parseLong(percentile.substring(at + 1)) / NS_PER_MS);
        }
        card.add(Figure.of(
            "stalenessP99", "ms", placement,
            p99Ms.stream().mapToDouble(Double::doubleValue).toArray(), exact)
            .with("lanes", 64).with("slotsOfAllLanes", 65_536).with("samplesPerSec", 8_000_000)
            .with("percentilesMs", percentilesMs)
            .with("worstLaneP99Ms", last.number("worstLaneP99Ns") / NS_PER_MS)
            .with("leastRecordsOfALane", last.number("leastRecordsOfALane"))
            .with("leastShareOfALane", leastShare)
            .with("foldedShare", last.number("folded") / last.number("samples")));
        card.add(distribution(last));
    }

    void warnStarved(final double leastShare)
    {
        if (leastShare < STARVED_SHARE_BELOW)
        {
            card.warn(String.format(Locale.ROOT,
                "stalenessP99: a lane starved: %.0f %% of the records that a lane had on the mean came from its ring",
                100 * leastShare));
        }
    }

    private static Distribution distribution(final Results results)
    {
        final List<Distribution.Bucket> buckets = new ArrayList<>();
        for (final String bucket : results.texts("bucket"))
        {
            final String[] words = bucket.split(":");
            final long count = Long.parseLong(words[2]);
            if (!buckets.isEmpty() || count > 0)
            {
                buckets.add(new Distribution.Bucket(
                    Long.parseLong(words[0]) / NS_PER_MS, Long.parseLong(words[1]) / NS_PER_MS, count));
            }
        }
        return new Distribution(
            "stalenessOfTotals", "From a record's last sample to its commit, 64 lanes, 8 M samples/s", "ms", buckets);
    }
}
