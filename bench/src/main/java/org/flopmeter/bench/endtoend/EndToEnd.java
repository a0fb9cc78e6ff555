/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.endtoend;

import java.util.List;
import java.util.Map;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.probe.Probe;
import org.flopmeter.bench.producer.ExpectedTotals;
import org.flopmeter.bench.producer.MeterDir;
import org.flopmeter.bench.producer.Producer;
import org.flopmeter.bench.producer.ProducerConfig;
import org.flopmeter.sampler.NativeLaneMapper;

/**
 * Rounds of samples from a pinned C process through its lanes into the real aggregator on another CPU. A round is timed
 * from the producer's first sample to the commit of the last one, and its totals are compared with the pattern, key by
 * key. Settings: samples (per round, all lanes), rounds, warmUp, single, threads, slots, batch, ring, resume, plant,
 * workSmall and pauseNs (see {@link Drainer}), sweep (NAME:VALUE,VALUE... of another setting: all of it for each value,
 * results then end in .VALUE).
 */
public final class EndToEnd implements Measurement
{
    private static final int ROUNDS = 9;
    private static final int WARM_UP = 3;
    private static final long SAMPLES = 8_000_000;
    private static final long WORK_SMALL_MAX = 1 << 20;
    private static final long PAUSE_NS_MAX = 50_000;
    /** A quarter of the rings is worth a turn, and at 5 bytes per ns they don't fill during a pause. */
    private static final int RING_PART_OF_WORK = 4;
    private static final int RING_BYTES_PER_PAUSE_NS = 80;

    @Override
    public void run(final Settings settings, final Results out) throws Exception
    {
        final String sweep = settings.text("sweep", "");
        if (sweep.isEmpty())
        {
            measure(settings, TimeLimit.of(settings), "", out);
            return;
        }
        final String name = sweep.substring(0, sweep.indexOf(':'));
        final String[] values = sweep.substring(name.length() + 1).split(",");
        for (int i = 0; i < values.length; i++)
        {
            final TimeLimit limit = TimeLimit.of(settings).share(values.length - i);
            measure(settings.with(name, values[i]), limit, "." + values[i], out);
        }
    }

    private static void measure(
        final Settings settings, final TimeLimit limit, final String suffix, final Results out) throws Exception
    {
        final Cpus cpus = Cpus.choose();
        final ProducerConfig config = configOf(settings, cpus);
        try (MeterDir directory = new MeterDir();
            Probe probe = new Probe(cpus);
            AggregatorAgent agent = AggregatorAgent.open(directory.path(), new NativeLaneMapper());
            Producer producer = new Producer(directory, config))
        {
            PinnedThread.call(cpus.consumer(), () ->
            {
                rounds(settings, limit, suffix, out, new Rig(config, probe, agent, producer));
                return null;
            });
        }
    }

    private record Rig(ProducerConfig config, Probe probe, AggregatorAgent agent, Producer producer)
    {
    }

    /** The producer that the settings describe. */
    public static ProducerConfig configOf(final Settings settings, final Cpus cpus)
    {
        final ProducerConfig config = ProducerConfig.canonical(cpus.producer())
            .withThreads(settings.count("threads", 1))
            .withSlots(settings.count("slots", ProducerConfig.SLOTS))
            .withBatch(settings.count("batch", ProducerConfig.BATCH))
            .withRing(settings.count("ring", ProducerConfig.RING_BYTES))
            .withResume(settings.count("resume", ProducerConfig.RESUME));
        return settings.flag("plant") ? config.planted() : config;
    }

    private static Drainer drainerOf(final Settings settings, final Rig rig)
    {
        final long ringBytes = (long)rig.config().ringBytes() * rig.config().threads();
        final long workSmall = Math.min(WORK_SMALL_MAX, ringBytes / RING_PART_OF_WORK);
        final long pauseNs = Math.min(PAUSE_NS_MAX, ringBytes / RING_BYTES_PER_PAUSE_NS);
        return new Drainer(
            rig.agent(), settings.count("workSmall", (int)workSmall), settings.number("pauseNs", pauseNs));
    }

    private static void rounds(
        final Settings settings, final TimeLimit limit, final String suffix, final Results out, final Rig rig)
        throws Exception
    {
        final Drainer drainer = drainerOf(settings, rig);
        final long samples = settings.number("samples", SAMPLES) / rig.config().threads();
        final String command = (settings.flag("single") ? "flow-single " : "flow ") + samples;
        final int warmUp = settings.count("warmUp", WARM_UP);
        final int rounds = settings.count("rounds", ROUNDS);
        long foldedBefore = 0;
        // Until commits are compiled, by compilers that share the two CPUs with what is measured.
        final TimeLimit warmUpLimit = limit.share(2);
        for (int round = 0; warmUpLimit.isMoreWarmUp(round, warmUp); round++)
        {
            round(rig.producer(), drainer, command);
        }
        for (int round = 0; limit.isMore(round, rounds); round++)
        {
            final Probe.Around<Double> done = rig.probe().around(() -> round(rig.producer(), drainer, command));
            final Totals totals = rig.agent().totals();
            final ExpectedTotals expected = rig.producer().expected();
            final List<String> differences = expected.differences(totals);
            out.add("samplesPerSec" + suffix, done.value());
            out.add("placement" + suffix, done.surroundings().placement().jsonName());
            out.add("mixed", done.surroundings().isMixed());
            out.add("latencyNs", done.surroundings().before().latencyNs());
            out.add("roofBytesPerSec", done.surroundings().roofBytesPerSec());
            out.add("folded", totals.samplesFolded() - foldedBefore);
            out.add("exact", differences.isEmpty());
            differences.forEach((difference) -> out.add("difference", difference));
            foldedBefore = totals.samplesFolded();
        }
        out.add("keys", rig.agent().totals().keys().size());
    }

    /** Samples per second of one round. */
    private static double round(final Producer producer, final Drainer drainer, final String command)
    {
        producer.ask(command);
        final long endNs = drainer.untilAnswered(producer);
        final Map<String, String> answer = producer.answer();
        final long beginNs = Long.parseLong(answer.get("beginNs"));
        return Long.parseLong(answer.get("samples")) * 1e9 / (endNs - beginNs);
    }
}
