/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.producer;

import java.util.List;
import java.util.Map;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.bench.endtoend.Drainer;
import org.flopmeter.bench.endtoend.PinnedThread;
import org.flopmeter.bench.endtoend.ShippedPace;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.probe.Probe;
import org.flopmeter.sampler.NativeLaneMapper;

/**
 * What one sample costs the metered program while the real aggregator reads along on another CPU: the time inside of
 * each batch, at a steady rate. Settings: samples (per round), rounds, rate, batch, ring, parks (the reader sleeps as
 * shipped; otherwise it spins, which is the worst for the producer), pauseNs (between the reader's cycles).
 */
public final class ProducerLive implements Measurement
{
    private static final int ROUNDS = 7;
    private static final long SAMPLES = 1_500_000;
    private static final long SAMPLES_PER_SEC = 10_000_000;

    @Override
    public void run(final Settings settings, final Results out) throws Exception
    {
        final Cpus cpus = Cpus.choose();
        final ProducerConfig config = ProducerConfig.canonical(cpus.producer())
            .withBatch(settings.count("batch", ProducerConfig.BATCH))
            .withRing(settings.count("ring", ProducerConfig.RING_BYTES));
        try (MeterDir directory = new MeterDir();
            Probe probe = new Probe(cpus);
            AggregatorAgent agent = AggregatorAgent.open(directory.path(), new NativeLaneMapper());
            Producer producer = new Producer(directory, config))
        {
            PinnedThread.call(cpus.consumer(), () ->
            {
                rounds(settings, out, probe, agent, producer);
                return null;
            });
            producer.histogram().forEach((ns, count) -> out.add("burst", ns + ":" + count));
            out.add("burstSamples", config.batch());
        }
    }

    private static void rounds(
        final Settings settings,
        final Results out,
        final Probe probe,
        final AggregatorAgent agent,
        final Producer producer) throws Exception
    {
        final String command = settings.text("command", "pace") + " " + settings.number("samples", SAMPLES) + " " +
            settings.number("rate", SAMPLES_PER_SEC);
        final long pauseNs = settings.number("pauseNs", 0);
        final Drainer drainer = settings.flag("parks") ?
            new Drainer(agent, new ShippedPace(agent)) : new Drainer(agent, Integer.MAX_VALUE, pauseNs);
        long foldedBefore = 0;
        final TimeLimit limit = TimeLimit.of(settings);
        for (int round = -2; limit.isMore(round, settings.count("rounds", ROUNDS)); round++)
        {
            final Probe.Around<Map<String, String>> done = probe.around(() ->
            {
                producer.ask(command);
                drainer.untilAnswered(producer);
                return producer.answer();
            });
            agent.drainToEnd();
            final Totals totals = agent.totals();
            final List<String> differences = producer.expected().differences(totals);
            if (round >= 0)
            {
                final double samples = Double.parseDouble(done.value().get("samples"));
                out.add("nsPerSample", done.value().get("nsPerSample"));
                out.add("placement", done.surroundings().placement().jsonName());
                out.add("mixed", done.surroundings().isMixed());
                out.add("latencyNs", done.surroundings().before().latencyNs());
                out.add("foldedShare", (totals.samplesFolded() - foldedBefore) / samples);
                out.add("exact", differences.isEmpty());
                differences.forEach((difference) -> out.add("difference", difference));
            }
            else if (-1 == round)
            {
                producer.histogram();
            }
            foldedBefore = totals.samplesFolded();
        }
    }
}
