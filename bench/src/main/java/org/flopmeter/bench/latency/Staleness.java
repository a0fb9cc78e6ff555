/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.latency;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.bench.endtoend.PinnedThread;
import org.flopmeter.bench.endtoend.ShippedPace;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.probe.Probe;
import org.flopmeter.bench.producer.MeterDir;
import org.flopmeter.bench.producer.Producer;
import org.flopmeter.bench.producer.ProducerConfig;
import org.flopmeter.sampler.NativeLaneMapper;

/**
 * Many lanes at a steady rate, read by the aggregator, which sleeps in between as shipped: age of records
 * when their commit is done. A record is stamped when it is full, so its first sample is older by its own filling time;
 * that belongs to the rate, not to the meter. Settings: lanes, slots, ring, rate, durationMs, warmUpMs, plant (the
 * canary: one lane is put where no reader looks).
 */
public final class Staleness implements Measurement
{
    private static final int LANES = 64;
    private static final int RING = 256 * 1024;
    private static final long SAMPLES_PER_SEC = 8_000_000;
    private static final long DURATION_MS = 3000;
    private static final long WARM_UP_MS = 1500;
    private static final long AGE_NS_MAX = TimeUnit.SECONDS.toNanos(60);
    private static final int BUCKETS_PER_DOUBLING = 4;

    @Override
    public void run(final Settings settings, final Results out) throws Exception
    {
        final Cpus cpus = Cpus.choose();
        final int lanes = settings.count("lanes", LANES);
        try (MeterDir directory = new MeterDir())
        {
            final Path stamps = directory.path().resolve("stamps");
            final ProducerConfig config = ProducerConfig.canonical(cpus.producer()).withThreads(lanes)
                .withSlots(settings.count("slots", ProducerConfig.SLOTS))
                .withRing(settings.count("ring", RING)).stampedTo(stamps);
            try (Probe probe = new Probe(cpus);
                AggregatorAgent agent = AggregatorAgent.open(directory.path(), new NativeLaneMapper());
                Producer producer = new Producer(directory, config))
            {
                final List<Stamps> all = open(stamps, lanes, directory.path());
                if (settings.flag("plant"))
                {
                    all.get(0).hide();
                }
                PinnedThread.call(cpus.consumer(), () ->
                {
                    measure(settings, out, probe, new Rig(agent, producer, all));
                    return null;
                });
            }
        }
    }

    private record Rig(AggregatorAgent agent, Producer producer, List<Stamps> stamps)
    {
    }

    private static List<Stamps> open(final Path file, final int lanes, final Path directory) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE))
        {
            final ByteBuffer all = channel.map(FileChannel.MapMode.READ_WRITE, 0, (long)lanes * Stamps.LENGTH);
            final List<Stamps> stamps = new ArrayList<>();
            for (int i = 0; i < lanes; i++)
            {
                stamps.add(new Stamps(all, i, directory));
            }
            return stamps;
        }
    }

    private static void measure(final Settings settings, final Results out, final Probe probe, final Rig rig)
        throws Exception
    {
        final List<Histogram> ages = new ArrayList<>();
        rig.stamps().forEach((stamps) -> ages.add(new Histogram(AGE_NS_MAX, 3)));
        final long rate = settings.number("rate", SAMPLES_PER_SEC);
        final long durationMs = settings.number("durationMs", DURATION_MS);
        pace(rig, rate, settings.number("warmUpMs", WARM_UP_MS), null);
        final long foldedBefore = rig.agent().totals().samplesFolded();
        final Probe.Around<Map<String, String>> done =
            probe.around(() -> pace(rig, rate, durationMs, ages));
        rig.agent().drainToEnd();

        final Histogram all = new Histogram(AGE_NS_MAX, 3);
        double worstP99Ns = 0;
        long leastRecords = Long.MAX_VALUE;
        long lapped = 0;
        for (int i = 0; i < ages.size(); i++)
        {
            all.add(ages.get(i));
            worstP99Ns = Math.max(worstP99Ns, ages.get(i).getValueAtPercentile(99));
            leastRecords = Math.min(leastRecords, ages.get(i).getTotalCount());
            lapped += rig.stamps().get(i).lapped();
        }
        for (final double percentile : new double[] { 50, 90, 99, 99.9, 100 })
        {
            out.add("percentile", percentile + ":" + all.getValueAtPercentile(percentile));
        }
        out.add("p99Ns", all.getValueAtPercentile(99));
        out.add("worstLaneP99Ns", worstP99Ns);
        out.add("records", all.getTotalCount());
        out.add("leastRecordsOfALane", leastRecords);
        // All send the same; what a producer folds since nobody has read its ring passes in no record.
        out.add("leastShareOfALane", (double)leastRecords * ages.size() / Math.max(1, all.getTotalCount()));
        out.add("lapped", lapped);
        out.add("late", done.value().get("late"));
        out.add("samples", done.value().get("samples"));
        out.add("producerNsPerSample", done.value().get("nsPerSample"));
        out.add("folded", rig.agent().totals().samplesFolded() - foldedBefore);
        out.add("placement", done.surroundings().placement().jsonName());
        final List<String> differences = rig.producer().expected().differences(rig.agent().totals());
        out.add("exact", differences.isEmpty());
        differences.forEach((difference) -> out.add("difference", difference));
        for (final HistogramIterationValue value : all.logarithmicBucketValues(
            TimeUnit.MICROSECONDS.toNanos(1), Math.pow(2, 1.0 / BUCKETS_PER_DOUBLING)))
        {
            out.add("bucket", value.getValueIteratedFrom() + ":" + value.getValueIteratedTo() + ":" +
                value.getCountAddedInThisIterationStep());
        }
    }

    private static Map<String, String> pace(
        final Rig rig, final long rate, final long durationMs, final List<Histogram> ages)
    {
        final ShippedPace pace = new ShippedPace(rig.agent());
        final long samplesOfLane = rate / rig.stamps().size() * durationMs / 1000;
        rig.producer().ask("pace " + samplesOfLane + " " + rate);
        boolean isAnswered = false;
        while (!isAnswered)
        {
            isAnswered = rig.producer().isAnswered();
            final int work = rig.agent().doWork();
            note(rig, ages);
            pace.rest(work);
        }
        while (rig.agent().doWork() > 0)
        {
            note(rig, ages);
        }
        note(rig, ages);
        return rig.producer().answer();
    }

    private static void note(final Rig rig, final List<Histogram> ages)
    {
        final long nowNs = System.nanoTime();
        for (int i = 0; i < rig.stamps().size(); i++)
        {
            rig.stamps().get(i).note(nowNs, null == ages ? null : ages.get(i));
        }
    }
}
