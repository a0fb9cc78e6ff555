/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.overload;

import java.util.List;
import java.util.Map;

import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.aggregate.Totals;
import org.flopmeter.bench.endtoend.Drainer;
import org.flopmeter.bench.endtoend.PinnedThread;
import org.flopmeter.bench.fork.Measurement;
import org.flopmeter.bench.fork.Results;
import org.flopmeter.bench.fork.Settings;
import org.flopmeter.bench.fork.TimeLimit;
import org.flopmeter.bench.probe.Cpus;
import org.flopmeter.bench.probe.Probe;
import org.flopmeter.bench.producer.MeterDir;
import org.flopmeter.bench.producer.Producer;
import org.flopmeter.bench.producer.ProducerConfig;
import org.flopmeter.sampler.NativeLaneMapper;

/**
 * A producer at full speed and a reader that looks only now and then. Settings: samples (per round), rounds, pausesNs
 * (comma-separated: how long the reader stays away after each cycle), ring.
 */
public final class Overload implements Measurement
{
    private static final int ROUNDS = 5;
    private static final long SAMPLES = 4_000_000;
    private static final int RING_DEFAULT = 256 * 1024;

    @Override
    public void run(final Settings settings, final Results out) throws Exception
    {
        final Cpus cpus = Cpus.choose();
        final ProducerConfig config =
            ProducerConfig.canonical(cpus.producer()).withRing(settings.count("ring", RING_DEFAULT));
        final String[] pausesNs = settings.text("pausesNs", "0,20000,200000,2000000").split(",");
        for (int i = 0; i < pausesNs.length; i++)
        {
            final String pauseNs = pausesNs[i];
            final TimeLimit limit = TimeLimit.of(settings).share(pausesNs.length - i);
            try (MeterDir directory = new MeterDir();
                Probe probe = new Probe(cpus);
                AggregatorAgent agent = AggregatorAgent.open(directory.path(), new NativeLaneMapper());
                Producer producer = new Producer(directory, config))
            {
                PinnedThread.call(cpus.consumer(), () ->
                {
                    final Drainer drainer = new Drainer(agent, Integer.MAX_VALUE, Long.parseLong(pauseNs));
                    rounds(settings, limit, out, pauseNs, new Rig(probe, agent, producer, drainer));
                    return null;
                });
            }
        }
    }

    private record Rig(Probe probe, AggregatorAgent agent, Producer producer, Drainer drainer)
    {
    }

    private static void rounds(
        final Settings settings, final TimeLimit limit, final Results out, final String pauseNs, final Rig rig)
        throws Exception
    {
        final String command = "push " + settings.number("samples", SAMPLES);
        long foldedBefore = 0;
        for (int round = -2; limit.isMore(round, settings.count("rounds", ROUNDS)); round++)
        {
            final Probe.Around<Map<String, String>> done = rig.probe().around(() ->
            {
                rig.producer().ask(command);
                rig.drainer().untilAnswered(rig.producer());
                return rig.producer().answer();
            });
            rig.agent().drainToEnd();
            final Totals totals = rig.agent().totals();
            final List<String> differences = rig.producer().expected().differences(totals);
            if (round >= 0)
            {
                final double samples = Double.parseDouble(done.value().get("samples"));
                out.add("nsPerSample." + pauseNs, done.value().get("nsPerSample"));
                out.add("foldedShare." + pauseNs, (totals.samplesFolded() - foldedBefore) / samples);
                out.add("placement", done.surroundings().placement().jsonName());
                out.add("exact", differences.isEmpty());
                differences.forEach((difference) -> out.add("difference", difference));
            }
            foldedBefore = totals.samplesFolded();
        }
        out.add("pauseNs", pauseNs);
    }
}
