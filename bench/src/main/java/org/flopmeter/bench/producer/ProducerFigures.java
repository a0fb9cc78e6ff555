/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.producer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import org.flopmeter.bench.RoundFigures;
import org.flopmeter.bench.card.Distribution;
import org.flopmeter.bench.card.Figure;
import org.flopmeter.bench.card.Placement;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.fork.Fork;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.fork.TimePlan;
import org.flopmeter.bench.overload.Overload;

/** producerFree, producerFull, recordCall, producerLive and producerOverload, and the histogram of the live cost. */
public final class ProducerFigures
{
    /** Alone, read along, overload: about the same for each. */
    private static final int PARTS = 3;
    private static final String UNIT = "ns/sample";
    private static final int BUCKETS_PER_DOUBLING = 4;
    private static final long BURST_NS_MAX = 1_000_000;

    private final ScoreCard card;
    private final boolean quick;
    private final Placement here;

    /** For that card; here: the placement to note where it does not matter. */
    public ProducerFigures(final ScoreCard card, final boolean quick, final Placement here)
    {
        this.card = card;
        this.quick = quick;
        this.here = here;
    }

    /** Measure and add them. */
    public void run() throws InterruptedException
    {
        final TimeLimit limit = TimePlan.PRODUCER.begin(quick);
        alone(limit.share(PARTS));
        live(limit.share(PARTS - 1));
        overload(limit);
    }

    private void alone(final TimeLimit limit) throws InterruptedException
    {
        final Settings settings = Settings.of(List.of("rounds=" + (quick ? 7 : 15)))
            .with("samples", quick ? 1_000_000 : 2_000_000);
        final Results results = Fork.run(ProducerCost.class, limit.in(settings));
        final boolean isFreeExact = results.all("freeExact");
        card.add(figure("producerFree", results, "freeNs", isFreeExact)
            .with("loopOnlyNs", RoundFigures.median(results, "baseline"))
            .with("batch504Ns", RoundFigures.median(results, "freeLargeNs"))
            .with("batch1Ns", RoundFigures.median(results, "freeOneNs"))
            .with("stampedNs", RoundFigures.median(results, "stampedNs"))
            .with("ring4MebibytesNs", RoundFigures.median(results, "freeLargeRingNs")));
        card.add(figure("recordCall", results, "freeRecordNs", isFreeExact));
        final boolean isFullExact = results.all("fullExact");
        card.add(figure("producerFull", results, "fullNs", isFullExact)
            .with("foldedShare", results.number("fullFoldedShare")));
        card.add(figure("recordCallFull", results, "fullRecordNs", isFullExact));
        RoundFigures.warnInexact(card, "producerFull", results);
    }

    private Figure figure(final String name, final Results results, final String key, final boolean exact)
    {
        return Figure.of(name, UNIT, RoundFigures.slowest(results, "placement." + key), results.numbers(key), exact)
            .with("slots", ProducerConfig.SLOTS);
    }

    private void live(final TimeLimit limit) throws InterruptedException
    {
        final Settings settings = Settings.of(List.of("rounds=" + (quick ? 5 : 9)))
            .with("samples", quick ? 500_000 : 2_000_000);
        final Results parked = Fork.run(
            ProducerLive.class, limit.share(quick ? 1 : 2).in(settings).with("parks", true));
        final Map<String, Object> details = new LinkedHashMap<>();
        details.put("samplesPerSec", 10_000_000);
        details.put("foldedShare", RoundFigures.median(parked, "foldedShare"));
        if (!quick)
        {
            final Results spinning = Fork.run(ProducerLive.class, limit.in(settings));
            details.put("readerSpinsNs", RoundFigures.medians(spinning, "nsPerSample"));
            RoundFigures.add(card, "producerLiveSpinning", UNIT, spinning, "nsPerSample",
                Map.of("foldedShare", RoundFigures.median(spinning, "foldedShare")));
        }
        RoundFigures.add(card, "producerLive", UNIT, parked, "nsPerSample", details);
        card.add(distribution(parked));
    }

    private void overload(final TimeLimit limit) throws InterruptedException
    {
        final Results results = Fork.run(Overload.class, limit.in(Settings.of(List.of("rounds=" + (quick ? 3 : 5))))
            .with("samples", quick ? 1_000_000 : 4_000_000).with("warmUp", quick ? 40 : 100)
            .with("pausesNs", quick ? "20000,2000000" : "0,20000,200000,2000000"));
        final Map<String, Object> states = new LinkedHashMap<>();
        String worst = null;
        for (final String pauseNs : results.texts("pauseNs"))
        {
            final double median = RoundFigures.median(results, "nsPerSample." + pauseNs);
            states.put("readerAway" + Long.parseLong(pauseNs) / 1000 + "Us", Map.of(
                "nsPerSample", median, "foldedShare", RoundFigures.median(results, "foldedShare." + pauseNs)));
            if (null == worst || median > RoundFigures.median(results, "nsPerSample." + worst))
            {
                worst = pauseNs;
            }
        }
        final Placement placement = results.texts("placement").stream()
            .map(Placement::ofJson).reduce(here, Placement::slower);
        card.add(Figure.of(
            "producerOverload", UNIT, placement, results.numbers("nsPerSample." + worst), results.all("exact"))
            .with("states", states));
        RoundFigures.warnInexact(card, "producerOverload", results);
    }

    /** Of lines "ns of a burst:count". */
    static Distribution distribution(final Results results)
    {
        final int burstSamples = (int)results.number("burstSamples");
        final Histogram bursts = new Histogram(BURST_NS_MAX, 3);
        for (final String burst : results.texts("burst"))
        {
            final int at = burst.indexOf(':');
            bursts.recordValueWithCount(
                Math.max(1, Long.parseLong(burst.substring(0, at))), Long.parseLong(burst.substring(at + 1)));
        }
        final List<Distribution.Bucket> buckets = new ArrayList<>();
        for (final HistogramIterationValue value :
            bursts.logarithmicBucketValues(burstSamples / 4, Math.pow(2, 1.0 / BUCKETS_PER_DOUBLING)))
        {
            final long count = value.getCountAddedInThisIterationStep();
            if (!buckets.isEmpty() || count > 0)
            {
                buckets.add(new Distribution.Bucket(
                    (double)value.getValueIteratedFrom() / burstSamples,
                    (double)value.getValueIteratedTo() / burstSamples,
                    count));
            }
        }
        return new Distribution(
            "producerCost", "Producer, read along: time inside of a batch of " + burstSamples, UNIT, buckets);
    }
}
