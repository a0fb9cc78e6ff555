/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.scale;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

import org.flopmeter.bench.RoundFigures;
import org.flopmeter.bench.card.Curve;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.endtoend.EndToEnd;
import org.flopmeter.bench.fork.Fork;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.fork.TimePlan;

/** throughputByBatch, throughputByLanes, throughputBySlots, throughputByRing. Every round's totals are compared. */
public final class Scale
{
    private static final String UNIT = "samples/s";

    private final ScoreCard card;
    private final boolean quick;

    /** For that card; quick: fewer points. */
    public Scale(final ScoreCard card, final boolean quick)
    {
        this.card = card;
        this.quick = quick;
    }

    /** Measure and add them. */
    public void run() throws InterruptedException
    {
        final String common = quick ? "samples=2000000 rounds=3 warmUp=1" : "samples=4000000 rounds=5 warmUp=1";
        final Settings settings = Settings.of(List.of(common.split(" ")));
        final TimeLimit limit = TimePlan.SCALE.begin(quick);
        final int curves = quick ? 2 : 4;
        curve("throughputByBatch", "Samples per begin .. end", "samples per batch", "batch",
            limit.share(curves).in(settings),
            quick ? new int[] { 1, 126 } : new int[] { 1, 4, 16, 63, 126, 504 });
        curve("throughputByLanes", "Lanes at once, producers on one core", "lanes", "threads",
            limit.share(curves - 1).in(settings),
            quick ? new int[] { 1, 8 } : new int[] { 1, 2, 4, 8, 16, 64 });
        if (!quick)
        {
            curve("throughputBySlots", "Keys in use", "slots", "slots", limit.share(2).in(settings),
                new int[] { 16, 128, 1024, 8192, 65000 });
            curve("throughputByRing", "Size of the ring", "bytes", "ring", limit.in(settings),
                new int[] { 1 << 16, 1 << 18, 1 << 20, 1 << 22 });
        }
    }

    private void curve(
        final String name,
        final String title,
        final String xLabel,
        final String setting,
        final Settings settings,
        final int[] values) throws InterruptedException
    {
        final List<Curve.Point> points = new ArrayList<>();
        final String list = Arrays.stream(values).mapToObj(Integer::toString).collect(Collectors.joining(","));
        // 64 rings of 4 MiB would measure the memory; the small one is what programs get.
        final Settings swept = "threads".equals(setting) ? settings.with("ring", 1 << 18) : settings;
        final Results results = Fork.run(EndToEnd.class, swept.with("sweep", setting + ":" + list));
        for (final int value : values)
        {
            points.add(point(results, value));
        }
        RoundFigures.warnInexact(card, name, results);
        card.add(new Curve(name, title, xLabel, UNIT, points));
    }

    static Curve.Point point(final Results results, final int value)
    {
        return Curve.Point.of(
            value, results.numbers("samplesPerSec." + value), RoundFigures.slowest(results, "placement." + value));
    }
}
